#!/usr/bin/env bats
# Thresholds as users meet them: real runs against `coldswarm target`, run files made by hand, and every output format.

bats_require_minimum_version 1.5.0
load ../support/helpers

setup() {
    cd "$BATS_TEST_TMPDIR"
}

# scenario SECONDS THRESHOLDS: writes s.json.
scenario() {
    cat >s.json <<END
{ "load": {"users": 4, "spawn_rate": 100, "duration": "${1}s"}, "wait": {"constant": "20ms"},
  "tasks": [{"name": "/", "path": "/"}, {"name": "/predict", "method": "POST", "path": "/predict", "body": "x", "weight": 3}],
  "thresholds": $2 }
END
}

go() {
    run --separate-stderr "$COLDSWARM" run s.json -H "$URL" -o run.db --only-summary "$@" </dev/null
}

# go_enough CONDITION OPTION...: the same, with more time if the machine stalls so that CONDITION (SQL) does not hold of run.db.
go_enough() {
    local condition=$1
    shift
    TIMES=${TIMES:-1100ms 10s 60s} enough run.db "$condition" --separate-stderr "$COLDSWARM" run s.json -H "$URL" -o run.db --only-summary "$@" </dev/null
}

make_run() {
    python3 "$BATS_TEST_DIRNAME/make_run.py" "$@"
}

# judged FILTER: what `jq` would give of gate's JSON in $output; FILTER is Python on `t`, the thresholds, and `d`, the document.
judged() {
    python3 -c '
import json, sys
d = json.loads(sys.argv[1]); t = d["thresholds"]
print(eval(sys.argv[2]))' "$output" "$1"
}

@test "a run that keeps to its thresholds: exit 0, and the same from gate and report" {
    start_target
    scenario 60 '{"http_req_duration{name:/predict}": ["p(95)<60000"], "http_req_failed": ["rate<0.01"], "http_reqs": ["count>10"]}'
    # Its second needs an answer: a longer run would have more of them, of which the machine could stall in one.
    TIMES="1100ms 1100ms 1100ms 1100ms 1100ms 1100ms" go_enough "count(*) > 10 and sum(name = '/predict') > 0 and min(end_us) < 1000000 from requests where outcome = 'ok'" \
        --threshold 'response_time max<60000 over 1s'
    [ "$status" -eq 0 ] || { echo "$output"; false; }
    [[ "$output" == *$'\nThresholds\n'* ]]
    [[ "$output" == *"response_time"*"max<60000 over 1s"* ]]
    [[ "$output" != *FAILED* ]]
    [ "$(sql run.db 'SELECT exit_code FROM run')" = 0 ]
    run --separate-stderr "$COLDSWARM" gate run.db
    [ "$status" -eq 0 ]
    [[ "$output" == *"4 of 4 thresholds passed" ]]
    run --separate-stderr "$COLDSWARM" report run.db --format json
    [ "$(judged '[x["ok"] for x in t]')" = "[True, True, True, True]" ]
}

@test "a failed threshold: exit 99, whatever the requests did" {
    start_target
    scenario 60 '{"http_req_duration": ["p(95)<0.001", "min>=0"]}'
    # It is looked at once per second, if the machine lets it.
    go_enough "count(*) > 10 and (select count(*) from event where kind = 'threshold') > 0 from requests where outcome = 'ok'"
    [ "$status" -eq 99 ]
    [[ "$output" == *"FAILED  http_req_duration  p(95)<0.001"* ]]
    [[ "$output" == *"ok      http_req_duration  min>=0"* ]]
    [ "$(sql run.db 'SELECT exit_code FROM run')" = 99 ]
    [ "$(sql run.db "SELECT count(*) FROM event WHERE kind = 'threshold'")" = 1 ]
    run --separate-stderr "$COLDSWARM" gate run.db
    [ "$status" -eq 99 ]
    run --separate-stderr "$COLDSWARM" report run.db --format markdown
    [[ "$output" == *"## Thresholds"*"| FAILED | http\_req\_duration | p(95)&lt;0.001 |"* ]]
    run --separate-stderr "$COLDSWARM" report run.db --out out --no-figures
    [[ "$output" == *"wrote out/thresholds.csv"* ]]
    python3 - <<'END'
import csv, json, math
rows = list(csv.DictReader(open("out/thresholds.csv", newline="")))
want = json.load(open("out/tables.json"))["thresholds"]
assert [r["result"] for r in rows] == ["CROSSED", "ok"] and len(want) == 2, rows
for r, w in zip(rows, want):
    assert (r["metric"], r["expression"], r["unit"], int(r["samples"])) == (w["metric"], w["expression"], w["unit"], w["samples"])
    low, high = w["interval"] or ("", "")
    for key, value in ("value", w["value"]), ("low", low), ("high", high), ("limit", w["limit"]), ("margin", w["margin"]):
        assert r[key] == str(value) or math.isclose(float(r[key]), value, rel_tol=1e-12), (key, r, w)
END
}

@test "abortOnFail ends the run early, cleanly and with its text" {
    start_target
    scenario 60 '{"http_req_duration": [{"threshold": "p(95)<0.001", "abortOnFail": true, "delayAbortEval": "1s"}]}'
    go
    [ "$status" -eq 99 ]
    local ended='threshold http_req_duration p\(95\)<0.001 abortOnFail delayAbortEval 1s failed at ([1-9][0-9]*\.[0-9]+s), which ended the run'
    [[ $stderr =~ $ended ]]
    ended=${BASH_REMATCH[1]}
    [ "$(sql run.db 'SELECT duration_us BETWEEN 1000000 AND 30000000 FROM run')" = 1 ]
    [ "$(sql run.db "SELECT count(*) FROM requests WHERE outcome = 'cancelled'")" = 0 ]
    [ "$(sql run.db "SELECT text FROM event WHERE kind = 'threshold' ORDER BY at_us DESC LIMIT 1")" = \
        "http_req_duration p(95)<0.001 abortOnFail delayAbortEval 1s failed, which ends the run" ]
    run --separate-stderr "$COLDSWARM" gate run.db
    [ "$status" -eq 99 ]
    [[ "$output" == *"it failed at $ended, which ended the run"* ]]
}

# Two tasks, one of two steps; "gone" holds for every answer, "there" for none.
flows() { # SECONDS THRESHOLD: runs so long unless it ends the run
    cat >s.json <<END
{ "load": {"users": 2, "spawn_rate": 100, "duration": "${1}s"}, "wait": {"constant": "20ms"},
  "tasks": [{"name": "browse", "steps": [{"path": "/"}, {"path": "/x", "checks": [{"name": "gone", "status": 404}, {"name": "there", "status": 200}]},
                                         {"wait": {"constant": "100ms"}}]}] }
END
    go --threshold "$2 abortOnFail"
    ended=$(sql run.db "SELECT count(*) FROM event WHERE kind = 'threshold' AND text LIKE '%which ends the run'")
    rm run.db
}

@test "abortOnFail of iterations and checks: what steps are, and what a check found" {
    start_target
    flows 1.2 'iterations{name:browse} rate<1000'
    [ "$ended" = 0 ]
    flows 60 'iterations{name:browse} rate>1000'
    [ "$status" -eq 99 ] && [ "$ended" = 1 ]
    flows 1.2 'iteration_duration p(50)>90'
    [ "$ended" = 0 ]
    flows 60 'iteration_duration p(50)<90'
    [ "$status" -eq 99 ] && [ "$ended" = 1 ]
    flows 1.2 'checks{name:gone} rate>0.99'
    [ "$ended" = 0 ]
    flows 60 'checks{name:there} rate>0.99'
    [ "$status" -eq 99 ] && [ "$ended" = 1 ]
}

@test "one that ended its run stays failed, even where the last requests mended it" {
    make_run run.db
    sql run.db "INSERT INTO manifest VALUES ('thresholds', 'http_reqs count>1 abortOnFail' || char(10)),
                                            ('thresholds_end', '2.0 http_reqs count>1 abortOnFail')"
    run --separate-stderr "$COLDSWARM" gate run.db --format json
    [ "$status" -eq 99 ]
    [ "$(judged 't[0]["value"], t[0]["ok"], t[0]["reason"]')" = "(6, False, 'it failed at 2.0s, which ended the run')" ]
}

@test "a typo, a wrong fit or a duplicate ends with 2 before anything is sent" {
    start_target
    scenario 1 '{"http_req_failed": ["rate<0.01"]}'
    for text in 'http_req_duraton p(95)<5' 'http_reqs p(95)<5' 'http_reqs{name:/predikt} count>1' 'http_req_failed rate<0.01' \
        'vus max<9 over 2s' 'checks rate>0.5' 'http_reqs rate>1 stage 1'; do
        go --threshold "$text"
        [ "$status" -eq 2 ]
        [ -z "$output" ]
        [ ! -e run.db ]
    done
    [[ "$stderr" == *"--threshold: http_reqs: stage 1: there are no stages"* ]]
    go --threshold 'http_reqs{name:/predikt} count>1'
    [[ "$stderr" == *"did you mean /predict?"* ]]
    scenario 1 '{"http_reqz": ["rate<0.01"]}'
    go
    [ "$status" -eq 2 ]
    [[ "$stderr" == *'s.json:3:18: unknown metric "http_reqz"; did you mean "http_reqs"?'* ]]
    run "$COLDSWARM" validate s.json -H "$URL"
    [ "$status" -eq 2 ]
    make_run run.db
    run --separate-stderr "$COLDSWARM" gate run.db -e 'http_reqs{name:/predikt} count>1'
    [ "$status" -eq 2 ]
    [ -z "$output" ]
    [[ "$stderr" == *"name:/predikt matches nothing that the run has; did you mean /predict?"* ]]
    run --separate-stderr "$COLDSWARM" gate run.db
    [ "$status" -eq 2 ]
    [[ "$stderr" == *"ran without thresholds"* ]]
    run --separate-stderr "$COLDSWARM" gate missing.db -e 'http_reqs count>1'
    [ "$status" -eq 3 ]
}

@test "no data is a failure, at run time and afterwards" {
    start_target
    scenario 0.3 '{"http_req_duration{status:503}": ["p(95)<500"], "http_reqs{status:503}": ["count<1"]}'
    go
    [ "$status" -eq 99 ]
    [[ "$output" == *"FAILED  http_req_duration{status:503}"*"no data: there was no such request"* ]]
    [[ "$output" == *"ok      http_reqs{status:503}"* ]]
}

@test "failures that a threshold judges do not make exit 1; others do" {
    start_target --fail-rate 0.5
    scenario 60 '{"http_req_failed{name:/}": ["rate<=1"]}'
    local some="sum(outcome = 'http_error' AND name = '/predict') > 0 AND sum(name = '/') > 0 FROM requests"
    go_enough "$some"
    [ "$status" -eq 1 ]
    go_enough "$some" --threshold 'http_req_failed rate<=1'
    [ "$status" -eq 0 ]
    go_enough "$some" --threshold 'http_req_failed{expected_response:false} rate<=1'
    [ "$status" -eq 1 ]
}

@test "the server's metrics wait during a run, and are judged by gate" {
    start_target
    scenario 1 '{"cold_start_duration": ["p(95)<4000"], "instance_count": ["max<=3"]}'
    go
    [ "$status" -eq 0 ]
    [[ "$output" == *"pending "*"cold_start_duration"*"coldswarm import"* ]]
    run --separate-stderr "$COLDSWARM" report run.db --format json
    [ "$(judged '[x["ok"] for x in t]')" = "[None, None]" ]
    run --separate-stderr "$COLDSWARM" gate run.db
    [ "$status" -eq 99 ]
    [[ "$output" == *"no data: the server's side is not in the run file"* ]]
    # As an import leaves it: instances ready after 2 and 4 s, one whose start was not seen, 1 and then 2 of them.
    start=$(date -u +%s)000000
    sql run.db "INSERT INTO server_side VALUES (1, 's', $start, 0, NULL, NULL, 0, 'no_trace', 0, 0, 0, 900000000, 1000000)"
    sql run.db "INSERT INTO server_name VALUES (1, 'a'), (2, 'b'), (3, 'c')"
    sql run.db "INSERT INTO server_instance VALUES
        (1, NULL, $start - 1500000, 'log', $start + 500000, NULL, NULL, 'open', 1),
        (2, NULL, $start - 3500000, 'log', $start + 500000, NULL, NULL, 'open', 1),
        (3, NULL, $start, 'first_seen', $start + 900000, NULL, NULL, 'open', 1)"
    sql run.db "INSERT INTO server_derived VALUES (1, 'container/instance_count', 'active', 'gauge', 'logs'),
                                                  (2, 'container/instance_count', 'idle', 'gauge', 'logs')"
    sql run.db "INSERT INTO server_derived_point VALUES (1, $start, NULL, 1), (2, $start, NULL, 0), (1, $start + 600000, NULL, 1),
        (2, $start + 600000, NULL, 1)"
    run --separate-stderr "$COLDSWARM" gate run.db --format json
    echo "$output"
    [ "$status" -eq 0 ]
    [ "$(judged '[x["value"] for x in t], t[0]["samples"]')" = "([3900, 2], 2)" ]
}

@test "values by hand on a small run" {
    make_run run.db
    run --separate-stderr "$COLDSWARM" gate run.db --format json -e 'service_time{name:/predict} p(50)<100' \
        -e 'service_time avg<660' -e 'http_req_failed rate<0.4' -e 'http_reqs rate>=1.5' -e 'data_received count==204' \
        -e 'http_reqs{outcome:timeout,status:0} count<=1' -e 'vus value==2' -e 'service_time max<2000 over 1s' \
        -e 'http_reqs count>0 over 1s from 500ms'
    [ "$status" -eq 99 ]
    # Service times of /predict: 50.25 1500 5 2000; all: those, 100 and 301.75. Two of six failed in four seconds.
    # Ends: 100 550.25 1301.75 1505 2000 3500 ms. Windows from 0.5 s on hold 2, 2 and 0 of them; 3.5 s is the end of the last.
    [ "$(judged '[x["value"] for x in t]')" = "[775.125, 659.5, 0.333333333333333, 1.5, 204, 1, 2, 2000, 0]" ]
    [ "$(judged '[x["ok"] for x in t]')" = "[False, True, True, True, True, True, True, False, False]" ]
    [ "$(judged '[round(x, 6) for x in t[2]["interval"]]')" = "[0.096771, 0.700007]" ]
    [ "$(judged 't[7]["windows"], t[7]["windows_crossed"], t[7]["range_s"]')" = "(4, 1, [2, 3])" ]
    [ "$(judged 't[8]["windows"]')" = 3 ]
    [ "$(judged 't[0]["margin"], t[3]["margin"], t[4]["margin"]')" = "(-675.125, 0, None)" ]
}

@test "iterations and checks are those of the run file" {
    make_run run.db
    sql run.db "DELETE FROM task; INSERT INTO task VALUES (0, 'browse', NULL), (1, 'buy', NULL);
        INSERT INTO iteration(task, user, at_us, took_us, ok) VALUES (0, 1, 0, 1000000, 1), (1, 1, 1000000, 2000000, 0);
        INSERT INTO check_name SELECT 0, id, 'is json' FROM endpoint WHERE name = '/';
        INSERT INTO check_name SELECT 1, id, 'is fast' FROM endpoint WHERE name = '/predict';
        INSERT INTO check_second VALUES (0, 0, 3, 1, 0), (1, 1, 4, 0, 0)"
    run --separate-stderr "$COLDSWARM" gate run.db --format json -e 'iterations count==2' -e 'iteration_duration{name:buy} max<=2000' \
        -e 'checks rate>=0.875' -e 'checks{name:is json} rate>=0.75' -e 'checks{request:/predict} rate==1'
    echo "$output"
    [ "$status" -eq 0 ]
    run --separate-stderr "$COLDSWARM" gate run.db -e 'checks{name:is jsom} rate>=0.75'
    [ "$status" -eq 2 ]
    [[ "$stderr" == *"did you mean is json?"* ]]
}

@test "stages of a real run" {
    start_target
    # Longer stages where the machine stalls, so that one of them has hardly a request.
    local s
    for s in 1 8 30; do
        rm -f run.db
        cat >s.json <<END
{ "load": {"stages": [{"duration": "${s}s", "users": 2}, {"duration": "${s}s", "users": 2}]}, "wait": {"constant": "20ms"},
  "tasks": [{"path": "/"}],
  "thresholds": { "vus": ["min>=2 stage 2", "max<=2"], "http_reqs": ["rate>1 stage 2", "count>1 stage 1"] } }
END
        go
        [ "$(sql run.db "SELECT min(sum(end_us < ${s}000000), sum(end_us BETWEEN ${s}000000 AND 2 * ${s}000000)) > 5 * $s FROM requests")" != 1 ] || break
    done
    [ "$status" -eq 0 ]
    run --separate-stderr "$COLDSWARM" gate run.db --format json -e 'http_reqs count>1 stage 2'
    [ "$(judged 't[0]["range_s"]')" = "[$s, $((2 * s))]" ]
    [ "$(judged 't[0]["value"]')" = "$(sql run.db "SELECT count(*) FROM requests WHERE service_us NOT NULL AND end_us >= ${s}000000 AND end_us < 2 * ${s}000000")" ]
    run "$COLDSWARM" gate run.db -e 'http_reqs count>1 stage 3'
    [ "$status" -eq 2 ]
    [[ "$output" == *"stage 3: there are only 2"* ]]
}

@test "an INVALID run and an interrupted one prove nothing: exit 4" {
    make_run run.db
    sql run.db "UPDATE run SET verdict = 'INVALID', verdict_reason = 'samples were lost'"
    run --separate-stderr "$COLDSWARM" gate run.db -e 'http_reqs count>1'
    [ "$status" -eq 4 ]
    [[ "$output" == *"1 of 1 threshold passed"* ]]
    [[ "$stderr" == *"the run is INVALID: samples were lost"* ]]
    make_run killed.db killed
    run --separate-stderr "$COLDSWARM" gate killed.db -e 'http_reqs count>100'
    [ "$status" -eq 4 ]
    [[ "$stderr" == *"interrupted"* ]]
}

@test "a SUSPECT run: the verdict and its reason are above the thresholds, which decide the exit code" {
    make_run run.db
    sql run.db "UPDATE run SET verdict = 'SUSPECT', verdict_reason = 'answers are *short*'"
    run --separate-stderr "$COLDSWARM" gate run.db -e 'http_reqs count>1'
    [ "$status" -eq 0 ]
    [[ "$output" == "Verdict: SUSPECT: answers are *short*"*"Thresholds"*"1 of 1 threshold passed" ]]
    run --separate-stderr "$COLDSWARM" gate run.db -e 'http_reqs count<1'
    [ "$status" -eq 99 ]
    [[ "$output" == "Verdict: SUSPECT: answers are *short*"* ]]
    run --separate-stderr "$COLDSWARM" gate run.db -e 'http_reqs count>1' --format markdown
    [ "$status" -eq 0 ]
    [[ "$output" == *"Verdict: SUSPECT: answers are \*short\*"*"|"* ]]
    run --separate-stderr "$COLDSWARM" gate run.db -e 'http_reqs count>1' --format json
    [ "$(json - '$.verdict' '$.verdict_reason' '$.ok' <<<"$output")" = "SUSPECT|answers are *short*|1" ]
    sql run.db "UPDATE run SET verdict = 'VALID', verdict_reason = 'fine'"
    run --separate-stderr "$COLDSWARM" gate run.db -e 'http_reqs count>1'
    [[ "$output" != *Verdict* ]]
}

# What others may call an endpoint; JSON strings, for the scenario.
HOSTILE='["`touch pwned`", "=cmd|'"'"'/C calc'"'"'!A0", "<script>alert(1)</script>", "\\input{/etc/passwd}", "]]>", "\"; DROP TABLE request;",
  "two\nlines\r::error::x", "\u202eright to left", "esc\u001b[31m", "100%25 %0A", "a, b}: \"c\"", "\uffff\ufffe", "LONG"]'

@test "hostile names in every output" {
    start_target
    python3 - "$HOSTILE" <<'END'
import json, sys
names = json.loads(sys.argv[1])
names[-1] = "x" * 1000
rules = {}
for name in names:
    quoted = "".join({'"': '\\"', "\\": "\\\\", "\n": "\\n"}.get(c, c) for c in name)
    rules['http_req_duration{name:"%s"}' % quoted] = ["p(95)<0"]
json.dump({"load": {"users": 4, "spawn_rate": 100, "duration": "600ms"}, "wait": {"constant": "2ms"},
           "tasks": [{"name": n, "path": "/"} for n in names], "thresholds": rules}, open("s.json", "w"))
json.dump(names, open("names.json", "w"))
END
    go --quiet
    [ "$status" -eq 99 ]
    [[ "$output" == *Thresholds* ]]
    run --separate-stderr "$COLDSWARM" gate run.db --junit gate.xml --github
    [ "$status" -eq 99 ]
    printf '%s\n' "$output" >gate.txt
    xmllint --noout gate.xml
    run --separate-stderr "$COLDSWARM" gate run.db --format json --github
    printf '%s\n' "$output" >gate.json
    printf '%s\n' "$stderr" >gate.err
    run --separate-stderr "$COLDSWARM" gate run.db --format markdown
    printf '%s\n' "$output" >gate.md
    python3 - <<'END'
import json, re, xml.etree.ElementTree as ET
names = json.load(open("names.json"))
raw = {f: open("gate." + f, "rb").read() for f in ("txt", "json", "err", "md", "xml")}
for f, b in raw.items():
    assert not re.search(rb"[\x00-\x09\x0b-\x1f\x7f]", b), f      # no control character but line ends
    b.decode("utf-8")
assert raw["json"].isascii()
# JSON gives each name back as it was.
d = json.loads(raw["json"])
assert len(d["thresholds"]) == len(names)
for name, t in zip(names, d["thresholds"]):
    m = re.fullmatch(r'http_req_duration\{name:(.*)\}', t["metric"], re.S).group(1)
    if m.startswith('"'):
        m = re.sub(r'\\(n|x..|.)', lambda k: "\n" if k[1] == "n" else chr(int(k[1][1:], 16)) if k[1][0] == "x" else k[1], m[1:-1])
    assert m == name, (m, name)
# JUnit: a test for each, each failed.
cases = ET.fromstring(raw["xml"].decode()).findall("testsuite/testcase")
assert len(cases) == len(names) and all(c.find("failure") is not None for c in cases)
assert any("<script>alert(1)</script>" in c.get("name") for c in cases)
# GitHub: one command a line, none that a name began.
for text in raw["txt"], raw["err"]:
    commands = [line for line in text.decode().splitlines() if line.startswith("::")]
    assert len(commands) == len(names), commands
    assert all(c.startswith("::error title=Threshold failed::http_req_duration{name:") for c in commands)
    assert any("100%2525 %250A" in c for c in commands)
# Markdown: no HTML, no cell beyond the eight.
md = raw["md"].decode()
assert "<" not in md and "`" not in re.sub(r"\\`", "", md)
rows = [line for line in md.splitlines() if line.startswith("| FAILED")]
assert len(rows) == len(names) and all(len(re.findall(r"(?<!\\)\|", r)) == 9 for r in rows), rows
END
    [ ! -e pwned ]
}

@test "files and formats that cannot be" {
    make_run run.db
    run --separate-stderr "$COLDSWARM" gate run.db -e 'http_reqs count>1' --junit /nowhere/gate.xml
    [ "$status" -eq 3 ]
    [[ "$stderr" == *"cannot write /nowhere/gate.xml: No such file or directory"* ]]
    run --separate-stderr "$COLDSWARM" gate run.db -e 'http_reqs count>1' --format xml
    [ "$status" -eq 2 ]
    run --separate-stderr "$COLDSWARM" gate run.db -e 'http_reqs count>1' -e 'http_reqs count > 1'
    [ "$status" -eq 2 ]
    [[ "$stderr" == *'-e: duplicate threshold "http_reqs count>1", also at -e; remove one'* ]]
    run --separate-stderr "$COLDSWARM" run --host http://127.0.0.1:9 -o r.db --threshold 'http_reqs count>1' --threshold 'http_reqs rate>1' \
        --threshold 'http_reqs  count > 1'
    [ "$status" -eq 2 ]
    [[ "$stderr" == *'--threshold: duplicate threshold "http_reqs count>1", also at --threshold; remove one'* ]]
    run --separate-stderr "$COLDSWARM" gate
    [ "$status" -eq 2 ]
}

@test "what docs/thresholds.md shows works" {
    start_target
    mkdir runs
    ln -s "$ROOT/scenarios" scenarios
    # Its scenario is one that the program takes, and the schema says the same.
    python3 - "$ROOT/docs/thresholds.md" <<'END'
import re, sys
text = open(sys.argv[1]).read()
open("doc.json", "w").write(re.search(r"```json\n(.*?)```", text, re.S).group(1))
lines = [line for block in re.findall(r"```sh\n(.*?)```", text, re.S) for line in block.splitlines()]
assert len(lines) >= 6
open("doc.sh", "w").write("\n".join(lines) + "\n")
END
    "$COLDSWARM" validate doc.json -H "$URL"
    "$COLDSWARM" run scenarios/paper.json -H "$URL" -t 1500ms -r 20 --quiet -o runs/paper.db --threshold 'http_req_failed rate<0.01'
    coldswarm() { COLDSWARM_HOST=$URL COLDSWARM_RUN_TIME=500ms "$COLDSWARM" "$@"; }
    while read -r line; do
        echo "$line"
        run eval "$line"
        echo "$output"
        [ "$status" -eq 0 ] || [ "$status" -eq 99 ]
    done <doc.sh
    # It has every metric. (The error for a word that is near none lists them all.)
    run "$COLDSWARM" gate runs/paper.db -e 'qqqqqqqqqqqqqqqq count>1'
    local known=${output##*known are: }
    [ "$(wc -w <<<"$known")" -ge 25 ]
    for metric in ${known//,/}; do
        grep -q "^| .*\`$metric\(\`\|{\)" "$ROOT/docs/thresholds.md" || { echo "$metric is not in docs/thresholds.md"; false; }
    done
    # Every metric and key that it names is one.
    for metric in $(sed -n 's/^| `\([a-z_]*\)`\(, `\([a-z_]*\)`\)\? | \(times\|counter\|share\|gauge\) .*/\1 \3/p' "$ROOT/docs/thresholds.md"); do
        echo "$metric"
        run "$COLDSWARM" gate runs/paper.db -e "$metric xyz<1"
        [[ "$output" == *'unknown aggregation "xyz"'* ]]
    done
}

@test "users are those of the load, not of its end; an allowed regression given twice is refused" {
    start_target
    scenario 1.2 '{}'
    go
    run --separate-stderr "$COLDSWARM" gate run.db -e 'vus value==4' -e 'vus min==4' -e 'vus max==4'
    [ "$status" -eq 0 ] || { echo "$output"; false; }
    run --separate-stderr "$COLDSWARM" gate run.db --baseline run.db --max-regression 'med 5%' --max-regression 'med 5%'
    [ "$status" -eq 2 ]
    [[ "$stderr" == *"is given twice"* ]]
}
