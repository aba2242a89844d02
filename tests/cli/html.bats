#!/usr/bin/env bats
# coldswarm report --format html: one page, held against the JSON, a parser of XML and a real browser.

bats_require_minimum_version 1.5.0

load ../support/helpers

HERE=$ROOT/tests/cli

setup() {
    cd "$BATS_TEST_TMPDIR"
}

page() { # NAME KIND...: NAME.html and NAME.json of a run of that kind
    python3 "$HERE/make_run.py" "$1.db" "${@:2}"
    "$COLDSWARM" report "$1.db" --format html >"$1.html"
    "$COLDSWARM" report "$1.db" --format json >"$1.json"
}

check() {
    python3 "$HERE/page.py" "$@"
}

@test "the page is one file, readable, and has the numbers of the JSON" {
    for kind in plain open killed empty hostile worst; do
        page $kind $kind
        xmllint --noout --nonet $kind.html
        check alone $kind.html
        check equal $kind.html $kind.json
    done
    check readable plain.html
    check names plain.html "SUSPECT made by hand" http://127.0.0.1:8080 "no answer within 2s" "Cancelled when the run stopped: 1 request"
    check names killed.html "NO VERDICT This run was interrupted"
    check names empty.html "No request completed"
}

@test "by Locust's rules too" {
    python3 "$HERE/make_run.py" run.db
    "$COLDSWARM" report run.db --locust -f html >run.html
    check names run.html "By Locust's rules"
    [[ $(cat run.html) == *'<data value="300">300</data>'* ]]
    [[ $(cat run.html) != *'linear interpolation'* ]]
}

@test "with the server's side" {
    python3 "$HERE/make_server_run.py" run.db --seconds 30 --hostile
    "$COLDSWARM" report run.db -f html >run.html
    "$COLDSWARM" report run.db -f json >run.json
    xmllint --noout --nonet run.html
    check alone run.html
    check equal run.html run.json
    for figure in latency_heatmap latency_distribution response_time requests_per_second users instance_count \
        billable_instance_time request_count request_latency cpu_utilization memory_utilization cold_starts; do
        grep -q "<figure id=\"figure-$figure\">" run.html
    done
}

@test "what the page is attacked with is shown, and is text" {
    page run worst
    check names run.html '<script>alert(1)</script>' '<img src=x onerror=alert(1)>' '<!-- -->]]><![CDATA[' '&lt;b&gt;&#0;' \
        '" onclick="alert(1)' 'two\x0alines\x0d\x0a\x09tab' 'bad \xff\xc3( \xed\xa0\x80' '\xe2\x80\xaeevil\xe2\x81\xa6' \
        $'\u05d0\u05d1\u05d2 123 \u0627' '\x1b[31mred\x1b]0;t\x07' '\xef\xbf\xbe\xef\xbf\xbf\xc2\x9b'
    # 10 kB of a name do not make the page long: each place folds it.
    [ "$(wc -c <run.html)" -lt 200000 ]
    # Where the name is not folded, its direction stays inside.
    python3 - <<'END'
import re
page = open("run.html", encoding="utf-8").read()
for m in re.finditer("\u05d0", page):
    assert page.rfind("<bdi>", 0, m.start()) > page.rfind("</bdi>", 0, m.start()), page[m.start() - 80:m.start()]
END
    # The pictures of a report too.
    "$COLDSWARM" report run.db --out out >/dev/null
    xmllint --noout --nonet out/*.svg
    run ! grep -lE '<script>alert|onerror=alert\(1\)>' out/*.svg
    [ ! -e pwned ] && [ ! -e out/data/pwned ]
    "$COLDSWARM" report run.db -f html | diff - out/report.html
}

# bats test_tags=more
@test "in a browser: nothing runs but the page, nothing is fetched, tables sort, it fits a phone" {
    page plain plain
    page worst worst
    python3 "$HERE/make_server_run.py" server.db --seconds 20 --hostile
    "$COLDSWARM" report server.db -f html >server.html
    "$COLDSWARM" report plain.db --intervals -f html >intervals.html
    grep -q data-row-height intervals.html
    start_target --tokens 5 --ttft 1ms --token-gap 0
    "$COLDSWARM" run --host "$URL" --stream openai --max-tokens 5 -t 500ms -o streams.db --quiet >out.txt 2>err.txt || [ $? -eq 4 ]
    "$COLDSWARM" report streams.db -f html >streams.html
    grep -q '<bdi>time_per_token</bdi>' streams.html
    run python3 "$HERE/page_in_browser.py" plain.html worst.html server.html intervals.html streams.html
    [ "$status" -eq 0 ] || { echo "$output" && false; }
}

@test "the heat map has every request, at its time and latency" {
    python3 "$HERE/make_server_run.py" run.db --seconds 97 --rate 20
    "$COLDSWARM" report run.db --out out --no-figures >/dev/null
    (cd out/data && gnuplot latency_heatmap.gp)
    [ -s out/latency_heatmap.svg ] && [ -s out/latency_heatmap.png ]
    python3 - <<'END'
import csv, math, sqlite3
from collections import Counter
rows = list(csv.DictReader(open("out/data/latency_heatmap.csv", newline="")))
end = rows.pop()
seconds = int(end.pop("from_s"))
assert seconds in (97, 98, 99) and set(end.values()) == {""}, end
timed = list(sqlite3.connect("run.db").execute(
    "SELECT end_us / 1e6, response_us / 1e3 FROM requests WHERE outcome NOT IN ('not_sent', 'cancelled')"))
assert sum(int(r["requests"]) for r in rows) == len(timed)
edges = sorted({float(r["from_ms"]) for r in rows} | {float(r["to_ms"]) for r in rows})
assert all(float(r["to_s"]) - float(r["from_s"]) == 1 for r in rows)
ratio = float(rows[0]["to_ms"]) / float(rows[0]["from_ms"])
assert all(abs(float(r["to_ms"]) / float(r["from_ms"]) / ratio - 1) < 1e-6 for r in rows) and 1 < ratio < 1.3, ratio
count = Counter()
for at, ms in timed:
    count[int(at), math.floor(math.log(ms * 1000) / math.log(ratio) + 1e-7)] += 1
mine = {(int(float(r["from_s"])), round(math.log(float(r["from_ms"]) * 1000) / math.log(ratio))): int(r["requests"]) for r in rows}
assert mine == dict(count), set(mine.items()) ^ set(count.items())
END
    # The fields on the page are as many.
    "$COLDSWARM" report run.db -f html | python3 -c '
import re, sys
heat = re.search(r"<g class=\"heat\">(.*?)</g>", sys.stdin.read(), re.S).group(1)
assert 3 <= heat.count("<path") <= 12 and heat.count("z") > 100'
}

@test "run --html writes the page, with users, rate and time in its name" {
    start_target
    run -0 "$COLDSWARM" run -H "$URL" -u 3 -r 5.5 -t 1s -o run.db --html 'pages/u{u}-r{r}-t{t}-{x}{.html'
    [[ $output == *'wrote pages/u3-r5-t1-{x}{.html (the report as a page)'* ]]
    check alone 'pages/u3-r5-t1-{x}{.html'
    "$COLDSWARM" report run.db --format html | diff - 'pages/u3-r5-t1-{x}{.html'
    run --separate-stderr env COLDSWARM_HTML='{u}_{r}_{t}.html' "$COLDSWARM" run -H "$URL" --rate 7 -u 4 -t 1s --quiet -o open.db
    ended 0 open.db
    [ -s 4_7_1.html ]
    [ -z "$stderr" ]
}

@test "--html where no file can be: said before the run" {
    mkdir folder
    run -2 "$COLDSWARM" run -H http://127.0.0.1:9 -t 1s -o run.db --html folder
    [[ $output == *"--html folder is a directory"* ]]
    touch file
    run -2 "$COLDSWARM" run -H http://127.0.0.1:9 -t 1s -o run.db --html file/page.html
    [[ $output == *"file"* ]]
    run -2 "$COLDSWARM" run -H http://127.0.0.1:9 -t 1s -o run.db --html ''
    [[ $output == *"empty"* ]]
    [ ! -e run.db ]
}

@test "a --report that fails does not take the page with it" {
    start_target
    mkdir -p rep/tables.txt
    echo '{ "load": {"users": 1, "duration": "100ms"}, "tasks": [{"path": "/"}] }' >s.json
    run -3 "$COLDSWARM" run s.json -H "$URL" -o r.db --quiet --report rep --no-figures --html page.html
    [[ "$output" == *"rep/tables.txt"* ]]
    xmllint --noout --nonet page.html
}
