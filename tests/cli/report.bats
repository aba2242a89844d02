#!/usr/bin/env bats
# coldswarm report: the tables of small runs, worked out by hand, and what becomes of bad files and hostile names.

bats_require_minimum_version 1.5.0

load ../support/helpers

setup() {
    cd "$BATS_TEST_TMPDIR"
}

make_run() {
    python3 "$BATS_TEST_DIRNAME/make_run.py" "$@"
}

@test "the tables of a small run, exact" {
    make_run run.db
    run --separate-stderr "$COLDSWARM" report run.db
    [ "$status" -eq 0 ]
    [ -z "$stderr" ]
    diff - <(printf '%s\n' "$output") <<'END'
Run       small
Target    http://127.0.0.1:8080
Started   2026-11-24T03:00:00.000Z
Duration  4s
Users     2
Seed      42

Request statistics (times in ms, sizes in bytes)
Method  Name        Requests  Failures  Average   Min   Max  Average size  Requests/s  Failures/s
------  ----------  --------  --------  -------  ----  ----  ------------  ----------  ----------
GET     /                  2         0      201   100   302            48        0.50        0.00
POST    /predict           4         2      889  5.00  2000            27        1.00        0.50
------  ----------  --------  --------  -------  ----  ----  ------------  ----------  ----------
        Aggregated         6         2      660  5.00  2000            34        1.50        0.50

Response time statistics (ms)
Method  Name        50%ile  60%ile  70%ile  80%ile  90%ile  95%ile  99%ile  100%ile
------  ----------  ------  ------  ------  ------  ------  ------  ------  -------
GET     /              201       –       –       –       –       –       –      302
POST    /predict       775    1210    1550       –       –       –       –     2000
------  ----------  ------  ------  ------  ------  ------  ------  ------  -------
        Aggregated     201     302     901    1500       –       –       –     2000

Errors
Count  Method  Name      Outcome     Error
-----  ------  --------  ----------  -------------------
    1  POST    /predict  http_error  status 503
    1  POST    /predict  timeout     no answer within 2s

Cancelled when the run stopped: 1 request. They have no times and are not in the tables above.
–: too few requests for this percentile (p60 needs 3, p70 4, p80 5, p90 10, p95 20, p99 100)

Verdict: SUSPECT: made by hand
END
}

@test "the same by Locust's rules" {
    make_run run.db
    run -0 "$COLDSWARM" report run.db --locust
    diff - <(printf '%s\n' "$output" | sed -n '/^Request/,/^Errors/p') <<'END'
Request statistics (times in ms, sizes in bytes)
Method  Name        Requests  Failures  Average  Min   Max  Average size  Requests/s  Failures/s
------  ----------  --------  --------  -------  ---  ----  ------------  ----------  ----------
GET     /                  2         0      200  100   301            48        0.57        0.00
POST    /predict           4         2      888    5  2000            27        1.14        0.57
------  ----------  --------  --------  -------  ---  ----  ------------  ----------  ----------
        Aggregated         6         2      659    5  2000            34        1.71        0.57

Response time statistics (ms)
Method  Name        50%ile  60%ile  70%ile  80%ile  90%ile  95%ile  99%ile  100%ile
------  ----------  ------  ------  ------  ------  ------  ------  ------  -------
GET     /              300     300     300     300     300     300     300      300
POST    /predict      1500    1500    1500    2000    2000    2000    2000     2000
------  ----------  ------  ------  ------  ------  ------  ------  ------  -------
        Aggregated     300     300    1500    1500    2000    2000    2000     2000

Errors
END
}

@test "--intervals shows between which times a percentile lies, or what that takes" {
    make_run run.db # six times; the median of six lies between the least and the greatest of them
    run -0 "$COLDSWARM" report run.db --intervals
    [[ $output == *$'        Aggregated     201     302     901    1500       –       –       –     2000\n          95% from    5.00       –'* ]]
    [[ $output == *$'          to          2000       –'* ]]
    [[ $output == *"p50 needs 6, p60 8, p70 11, p80 17, p90 36, p95 72, p99 368."* ]]
    "$COLDSWARM" report run.db -f json | python3 -c '
import json, sys
d = json.load(sys.stdin)
assert d["aggregated"]["intervals_ms"]["50"] == [5, 2000] and d["aggregated"]["intervals_ms"]["60"] is None
assert d["endpoints"][0]["intervals_ms"]["50"] is None
assert d["endpoints"][0]["requests_needed"] == {"60": 3, "70": 4, "80": 5, "90": 10, "95": 20, "99": 100}'
}

@test "response and service times stand apart under an open load" {
    make_run run.db open
    run -0 "$COLDSWARM" report run.db
    [[ $output == *"Response time statistics (ms from when each was due, or first sent)"* ]]
    [[ $output == *"Service time statistics (ms from the moment of sending)"* ]]
    [[ $output == *"Scheduled but dropped: 1 request"* ]]
    [ "$("$COLDSWARM" report run.db -f json | json - '$.aggregated.average_ms' '$.aggregated.percentiles_ms.100' \
        '$.aggregated.service_percentiles_ms.100' '$.aggregated.not_sent')" = "40|60|20|1" ]
}

@test "json has the keys of the contract" {
    make_run run.db
    "$COLDSWARM" report run.db --format json >run.json
    python3 - <<'END'
import json
d = json.load(open("run.json"))
assert set(d) >= {"run", "endpoints", "aggregated", "errors"}
for e in d["endpoints"] + [d["aggregated"]]:
    assert set(e) >= {"method", "name", "requests", "failures", "average_ms", "min_ms", "max_ms", "average_size_bytes",
                      "requests_per_second", "failures_per_second", "percentiles_ms"}, e
    assert list(e["percentiles_ms"]) == ["50", "60", "70", "80", "90", "95", "99", "100"]
assert [(e["method"], e["name"]) for e in d["endpoints"]] == [("GET", "/"), ("POST", "/predict")]
post = d["endpoints"][1]
assert (post["requests"], post["failures"], post["cancelled"]) == (4, 2, 1)
assert post["average_ms"] == 888.8125 and post["average_size_bytes"] == 27
assert post["percentiles_ms"]["60"] == 1210.05 and post["percentiles_ms"]["99"] is None
assert d["errors"][1] == {"method": "POST", "name": "/predict", "outcome": "timeout",
                          "error": "no answer within 2s", "count": 1}
assert d["run"]["complete"] is True and d["run"]["verdict"] == "SUSPECT" and d["run"]["duration_ms"] == 4000
END
}

@test "csv is one row per endpoint" {
    make_run run.db
    run -0 "$COLDSWARM" report run.db --format csv
    [ "${#lines[@]}" -eq 4 ]
    [[ ${lines[0]} == method,name,requests,failures,* ]]
    [[ ${lines[2]} == POST,/predict,4,2,0,1,888.8125,5,2000,775.125,27,1,0.5,775.125,1210.05,1550* ]]
    [[ ${lines[3]} == ,Aggregated,6,2,* ]]
}

# The percentiles of 10, 20, ..., 200: p of 19 places on from 10.
@test "iterations and checks: tables in every format, and the SQL of each number" {
    make_run run.db flows
    run -0 --separate-stderr "$COLDSWARM" report run.db
    grep -qE '^browse +20 +4 +5\.00 +105 +105 +190 +– +10\.0 +200$' <<<"$output" || { echo "$output"; false; }
    grep -qE "^buy +2 +1 +0\.50 +1500 +1500 +– +– +1000 +2000$" <<<"$output" || { echo "$output"; false; }
    grep -qE '^/ +fast +2 +0 +100' <<<"$output"
    grep -qE '^/predict +fast +0 +4 +0' <<<"$output"
    grep -qE '^/predict +status is 200 +3 +1 +75' <<<"$output"
    run -0 --separate-stderr "$COLDSWARM" report run.db --out out --no-figures
    [[ $output == *"wrote out/iterations.csv"*"wrote out/checks.csv"* ]]
    [ "$(sed -n 2p out/iterations.csv)" = "browse,20,4,5,105,105,190.5,,10,200" ]
    [ "$(cat out/checks.csv)" = $'request,check,passes,fails,passed_percent,not_judged\n/,fast,2,0,100,0\n/predict,fast,0,4,0,0\n/predict,status is 200,3,1,75,0' ]
    python3 "$BATS_TEST_DIRNAME/check_numbers.py" run.db out
    grep -q '<h2 id="flows-title">Iterations and checks</h2>' out/report.html
    xmllint --noout --nonet out/report.html
    grep -q '^| browse | 20 | 4 |' out/tables.md
    [ -s out/latex/iterations.tex ] && [ -s out/latex/checks.tex ]
    # A part of the run does not pretend to know.
    run -0 "$COLDSWARM" report run.db --from 1s
    [[ $output != *"browse"* && $output == *"Iterations, checks, the server's side"* ]]
}

@test "--out writes a report and says where each thing went" {
    make_run run.db
    run -0 "$COLDSWARM" report run.db --out some/where
    [[ $output == *"Verdict: SUSPECT"*"wrote some/where/tables.txt, .md, .csv, .json"* ]]
    for f in tables.txt tables.md tables.csv errors.csv tables.json data/requests_per_second.csv data/response_time.csv \
        data/users.csv data/latency_distribution.csv; do
        [ -s "some/where/$f" ]
    done
    "$COLDSWARM" report run.db | diff - some/where/tables.txt
    "$COLDSWARM" report run.db -f markdown | diff - some/where/tables.md
    "$COLDSWARM" report run.db -f csv | diff - some/where/tables.csv
    "$COLDSWARM" report run.db -f json | diff - some/where/tables.json
    [ "$(cat some/where/data/users.csv)" = $'second,users\n0,1\n1,1\n2,2\n3,2' ]
    [ "$(cat some/where/data/response_time.csv)" = $'second,median_ms,p95_ms\n0,75.125,97.5125\n1,153.375,286.9125\n2,2000,2000\n3,1500,1500' ]
}

@test "what a program reads stays alone on stdout with --out" {
    make_run run.db
    run -0 --separate-stderr "$COLDSWARM" report run.db --format json --out report --no-figures
    [ "$(json_sql - 'select json_valid(doc) from file' <<<"$output")" -eq 1 ]
    [[ $stderr == *"wrote report/tables.txt"* ]]
}

@test "without gnuplot the tables and data still come, and a line says what to install" {
    make_run run.db
    mkdir empty
    run -0 --separate-stderr env PATH="$PWD/empty" "$COLDSWARM" report run.db --out report
    [ -s report/tables.md ]
    [ -s report/data/latency_distribution.csv ]
    [ ! -e report/users.svg ]
    [[ $stderr == *gnuplot* ]]
}

@test "--no-figures leaves the pictures out, and those of an earlier report go" {
    make_run run.db
    run -0 --separate-stderr "$COLDSWARM" report run.db --out report
    [ -s report/users.svg ] && [ -s report/users.png ]
    [[ $output == *"wrote report/users.svg, .png"* ]]
    run -0 --separate-stderr "$COLDSWARM" report run.db --out report --no-figures
    [ -z "$stderr" ]
    [[ $output == *"wrote report/report.html"* && $output != *.svg* ]]
    [ -s report/tables.md ] && [ -s report/data/users.gp ] && [ -s report/data/users.dat ]
    [ -z "$(find report -name '*.svg' -o -name '*.png' -o -name '*.pdf')" ]
    # They can be drawn afterwards.
    (cd report/data && gnuplot users.gp)
    [ -s report/users.svg ]
    run -2 "$COLDSWARM" report run.db --no-figures
    [[ $output == *"--no-figures needs --out DIR"* ]]
    run -2 "$COLDSWARM" run -H http://127.0.0.1:9 -o new.db --no-figures
    [[ $output == *"--no-figures needs --report DIR"* ]]
    [ ! -e new.db ]
}

@test "hostile names do nothing in any format" {
    make_run run.db hostile
    for format in table markdown csv json; do
        "$COLDSWARM" report run.db --format $format >out.$format
        # Nothing but printable characters and line ends; valid UTF-8.
        python3 - out.$format <<'END'
import sys
text = open(sys.argv[1], "rb").read().decode("utf-8")
assert all(c == "\n" or (c.isprintable() and not "\x80" <= c < "\xa0") for c in text), repr(text)
END
    done
    run -1 grep '<script' out.markdown
    grep -qF '| a\|b |' out.markdown
    python3 - <<'END'
import csv, json
names = [r["name"] for r in csv.DictReader(open("out.csv", newline=""))]
assert "'=CMD()" in names and "'@SUM(1)" in names and "say \"x\", 'y'" in names, names
errors = [e["error"] for e in json.load(open("out.json"))["errors"]]
assert "\x1b[31mred" in errors and "two\nlines" in errors and "`id` $(id)" in errors, errors
END
    run -0 "$COLDSWARM" report run.db --out report
    [ -s report/tables.md ]
}

@test "a run that was killed is reported as far as it got" {
    make_run run.db killed
    [ -s run.db-wal ]
    run -0 "$COLDSWARM" report run.db
    [[ $output == *"Duration  4s (interrupted or in progress)"* ]]
    [[ $output == *"        Aggregated         6         2 "* ]]
    [[ $output == *"This run was interrupted"* ]]
    [[ $output != *Verdict* ]]
    [ "$("$COLDSWARM" report run.db -f json | json_sql - "select json_type(doc, '$.run.complete'), json_type(doc, '$.run.verdict'),
        json_type(doc, '$.run.exit_code') from file")" = "false|null|null" ]
}

@test "a run without requests" {
    make_run run.db empty
    run -0 "$COLDSWARM" report run.db --out report
    [[ $output == *"No request completed"* ]]
    [ "$(wc -l <report/data/users.csv)" -eq 5 ]
}

@test "a file that is missing, or no run: exit 3 and its name" {
    run -3 "$COLDSWARM" report missing.db
    [[ $output == *missing.db*"No such file"* ]]
    echo "hello, this is not a database at all" >text.db
    run -3 "$COLDSWARM" report text.db
    [[ $output == *text.db*"not a run file"* ]]
    sqlite3 other.db 'create table t(x)'
    run -3 "$COLDSWARM" report other.db
    [[ $output == *other.db* ]]
    run -3 "$COLDSWARM" report .
    : >empty.db
    run -3 "$COLDSWARM" report empty.db
}

@test "a damaged time is an error, not a crash" {
    make_run run.db
    sql run.db 'update request set took_us = 4000000000000000000 where id = 1'
    run -3 "$COLDSWARM" report run.db --out report
    [[ $output == *damaged* ]]
}

@test "usage: exit 2" {
    run -2 "$COLDSWARM" report
    run -2 "$COLDSWARM" report a.db b.db --format jtl
    run -2 "$COLDSWARM" report a.db --format xml
    run -2 "$COLDSWARM" report a.db --lokust
    [[ $output == *--locust* ]]
}

@test "a place that cannot be written: exit 3 and its path" {
    make_run run.db
    echo taken >file
    run -3 "$COLDSWARM" report run.db --out file
    [[ $output == *"file"* ]]
    run -3 "$COLDSWARM" report run.db --out file/below
    [[ $output == *"file"* ]]
    run "$COLDSWARM" report run.db --out ""
    [ "$status" -ge 2 ]
    [ ! -e /tables.txt ]
    run -3 bash -c '"$0" report run.db >/dev/full' "$COLDSWARM"
    [[ $output == *"No space left"* ]]
}

@test "several runs: what is of one run only is refused, and not ignored" {
    make_run plain.db
    for option in '--from 1s' '--to 1s' '--stage 1' '--name /' --warm-only --intervals '--csv x' '--cpu 2' '--memory 1G' '--billing instance' '--region x' '--prices x'; do
        run -2 "$COLDSWARM" report plain.db plain.db $option
        [[ "$output" == *"${option%% *} needs exactly one run file"* ]]
    done
    run -2 "$COLDSWARM" report plain.db --csv-full-history
    [[ "$output" == *"--csv-full-history needs --csv PREFIX"* ]]
    run -2 "$COLDSWARM" run -H http://127.0.0.1:1 --csv-full-history
    [[ "$output" == *"--csv-full-history needs --csv PREFIX"* ]]
}
