#!/usr/bin/env bats
# coldswarm import --from: the results of other tools become runs. make_results.py has one load as each tool writes it.

bats_require_minimum_version 1.5.0
load ../support/helpers

setup() {
    COLDSWARM=${COLDSWARM:-$BATS_TEST_DIRNAME/../../build/release/coldswarm}
    COLDSWARM=$(realpath "$COLDSWARM")
    cd "$BATS_TEST_TMPDIR"
    python3 "$BATS_TEST_DIRNAME/make_results.py" .
}

# FORMAT=FILE
formats="jtl=jtl.csv k6-csv=k6.csv k6-json=k6.json vegeta-csv=vegeta.csv vegeta-json=vegeta.json locust-csv-requests=locust.csv oha-sqlite=oha.db"

# refuse FORMAT FILE WORDS: exit 3, no file, and the message has the words.
refuse() {
    run -3 --separate-stderr "$COLDSWARM" import bad.db --from "$1" "$2"
    [[ $stderr == *"$3"* ]] || { echo "$stderr" && false; }
    [ -z "$output" ]
    [ ! -e bad.db ]
}

@test "every row of every format is what the tool measured" {
    for pair in $formats; do
        kind=${pair%=*}
        run -0 "$COLDSWARM" import "$kind.db" --from "$kind" "${pair#*=}"
        [[ ${lines[1]} == "Lacks     "* ]]
        python3 - "$kind" <<'END'
import datetime, json, sqlite3, sys
kind = sys.argv[1]
truth = json.load(open("truth.json"))[kind]
db = sqlite3.connect(kind + ".db")
started, verdict, reason, target = db.execute("SELECT started_utc, verdict, verdict_reason, target FROM run").fetchone()
at = datetime.datetime.fromisoformat(started.replace("Z", "+00:00")).timestamp() * 1e6
# The start of a run has whole milliseconds; k6's CSV file has only whole ones of each request here.
slack = 1000
rows = db.execute("SELECT sent_us, service_us, outcome, status, name, method, bytes_received FROM requests ORDER BY id").fetchall()
assert len(rows) == len(truth), (len(rows), len(truth))
for row, want in zip(rows, truth):
    got = dict(zip(["start_us", "took_us", "outcome", "status", "name", "method", "received"], row))
    got["start_us"] += at
    assert abs(got["start_us"] - want["start_us"]) <= slack, (kind, got, want)
    assert abs(got["took_us"] - want["took_us"]) <= 1, (kind, got, want)
    for key in want:
        assert key in ("start_us", "took_us") or (got[key] or 0) == want[key] or (key == "method" and got[key] == want[key]), (kind, got, want)
assert verdict == "SUSPECT" and "not coldswarm's" in reason, reason
assert target == ("" if kind == "locust-csv-requests" else "http://h.example:81"), target
assert db.execute("SELECT count(*) FROM requests WHERE outcome NOT IN ('ok', 'http_error') AND error IS NULL").fetchone()[0] == 0
assert db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
END
    done
}

@test "what else the formats have: users, phases, rows that are no requests" {
    run -0 "$COLDSWARM" import j.db --from jtl jtl.csv
    [[ ${lines[0]} == "jtl.csv: 200 requests of 3 endpoints, 10 failed, 4 users, 4 rows are no requests" ]]
    [ "$(sqlite3 j.db 'SELECT count(DISTINCT user), sum(new_connection), max(connect_us), sum(bytes_sent) FROM requests')" = "4|10|1000|24000" ]
    "$COLDSWARM" import k.db --from k6-json k6.json >out
    [ "$(sqlite3 k.db 'SELECT sum(connect_us), group_concat(DISTINCT http_version), sum(ttfb_us > 0) FROM requests')" = "10000|2|194" ]
    "$COLDSWARM" import o.db --from oha-sqlite oha.db >out
    [ "$(sqlite3 o.db 'SELECT sum(abs(ttfb_us * 2 - service_us) > 2) FROM requests')" = 0 ]
    [ "$(sqlite3 j.db "SELECT value FROM manifest WHERE key = 'imported_from'")" = "JMeter's results (JTL, CSV)" ]
}

@test "report, gate and compare take them as any other run" {
    for kind in vegeta-csv k6-json; do
        "$COLDSWARM" import $kind.db --from $kind ${kind/-/.} >out
    done
    "$COLDSWARM" report vegeta-csv.db --out rep --no-figures >out
    [ "$(python3 -c 'import json; print(json.load(open("rep/tables.json"))["aggregated"]["requests"])')" = 200 ]
    run -0 "$COLDSWARM" gate vegeta-csv.db -e 'http_req_duration p(95)<1000' -e 'http_req_failed rate<0.06'
    [[ $output == *SUSPECT* ]]
    run -99 "$COLDSWARM" gate vegeta-csv.db -e 'http_req_failed rate<0.04'
    run "$COLDSWARM" compare vegeta-csv.db --with k6-json.db
    [ "$status" -eq 0 ] || [ "$status" -eq 99 ]
    [[ $output == *"/item/0"* ]]
}

@test "coldswarm's own JTL comes back: the same requests, in whole milliseconds" {
    "$COLDSWARM" import a.db --from vegeta-csv vegeta.csv >out
    "$COLDSWARM" report a.db --format jtl >a.jtl
    "$COLDSWARM" import b.db --from jtl a.jtl >out
    for db in a b; do
        sqlite3 $db.db 'SELECT name, outcome, status, service_us / 1000, error IS NULL FROM requests ORDER BY id' >$db.txt
    done
    # JMeter's columns keep no kind of a failed response without a status but its own words.
    diff <(cut -d'|' -f1-4 a.txt) <(cut -d'|' -f1-4 b.txt)
}

@test "names that are different for each request do not fill the memory" {
    python3 -c '
print("timestamp,request_type,name,response_time")
for i in range(12000): print(f"{1764000000 + i / 1000},GET,/n/{i},1.5")' >many.csv
    run -0 "$COLDSWARM" import m.db --from locust-csv-requests many.csv
    [[ $output == *'12000 requests of 10001 endpoints, 2000 under "(other names)", because there are more than 10000 names'* ]]
    [ "$(sqlite3 m.db "SELECT count(*) FROM requests WHERE name = '(other names)'")" = 2000 ]
}

@test "bad files: what is wrong, and in which row; no run file stays" {
    refuse jtl nothing.csv "cannot read nothing.csv: No such file or directory"
    case $stderr in *scenario*) false ;; esac
    : >empty.csv
    refuse jtl empty.csv "empty.csv is empty"
    refuse jtl k6.csv 'k6.csv has no column "timeStamp", so it is not JMeter'
    refuse k6-csv jtl.csv 'has no column "metric_name", so it is not k6'
    refuse k6-json vegeta.json 'has no column "metric", so it is not k6'
    refuse vegeta-json k6.json 'so it is not vegeta'
    refuse vegeta-csv jtl.csv "jtl.csv:1: 17 fields, but the header has"
    refuse oha-sqlite jtl.csv "jtl.csv: file is not a database"
    gzip -k k6.csv
    refuse k6-csv k6.csv.gz "k6.csv.gz is compressed; decompress it first"
    sed 1d jtl.csv >rows.csv
    refuse jtl rows.csv "rows.csv begins with a row; its first line must be the header with the column names"
    printf '<?xml version="1.0"?>\n<testResults version="1.2">\n</testResults>\n' >results.xml
    refuse jtl results.xml "results.xml is XML, not CSV; for JMeter, set jmeter.save.saveservice.output_format=csv"
    sed '3s/^[0-9]*/noon/' jtl.csv >time.csv
    refuse jtl time.csv 'row 2: timeStamp "noon" is not a time; set jmeter.save.saveservice.timestamp_format=ms'
    sed '4s/,[0-9]*,/,-5,/' jtl.csv >negative.csv
    refuse jtl negative.csv "row 3: elapsed is not a number of milliseconds"
    head -c 5000 jtl.csv >cut.csv
    refuse jtl cut.csv "fields, but the header has 17 columns"
    sed '5s/,200,/,1e400,/' vegeta.csv >code.csv
    refuse vegeta-csv code.csv "code is not a status of HTTP"
    sed '2s/"value": 1,/"value": "x",/; 3s/"value": [0-9.]*/"value": 1e300/' k6.json >value.json
    refuse k6-json value.json "http_req_duration is not a number of milliseconds"
    sqlite3 view.db "CREATE TABLE t (start, duration, status, len_bytes); CREATE VIEW oha AS SELECT * FROM t"
    refuse oha-sqlite view.db 'view.db has no table "oha"'
    sqlite3 odd.db "CREATE TABLE oha (start, duration, status, len_bytes); INSERT INTO oha VALUES ('x', -1, 200, 1)"
    refuse oha-sqlite odd.db "row 1: start or duration is not a number of seconds"
}

@test "names and errors may be hostile: they are text" {
    printf 'timestamp,request_type,name,response_time,exception\n1764000000,"G\x1b[31mT","/<b>\xff,"",1.5,"\x1b]0;x\x07 timeout"\n' |
        sed 's/,"",1.5/""",1.5/' >hostile.csv
    run -0 "$COLDSWARM" import h.db --from locust-csv-requests hostile.csv
    [[ $output != *$'\x1b'* ]]
    run -0 "$COLDSWARM" report h.db
    [[ $output != *$'\x1b'* ]]
    [ "$(sqlite3 h.db 'SELECT outcome FROM requests')" = timeout ]
}

@test "wrong arguments" {
    run -2 "$COLDSWARM" import x.db --from jtl
    [[ $output == *"--from needs two files"* ]]
    run -2 "$COLDSWARM" import x.db --from nmon jtl.csv
    [[ $output == *"jtl"*"oha-sqlite"* ]]
    run -2 "$COLDSWARM" import x.db --from jtl jtl.csv --logs l.json
    [[ $output == *"--from makes a new run file; --logs is for the server's side"* ]]
    run -2 "$COLDSWARM" import x.db jtl.csv
    [[ $output == *"results of another tool --from"* ]]
    echo kept >taken.db
    run -3 "$COLDSWARM" import taken.db --from jtl jtl.csv
    [[ $output == *"taken.db"*"already exists"* ]]
    [ "$(cat taken.db)" = kept ]
}
