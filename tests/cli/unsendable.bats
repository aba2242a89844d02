#!/usr/bin/env bats
# Requests that cannot be built from their values: the scenario's or the target's failure, never the client's.

load ../support/helpers
bats_require_minimum_version 1.5.0

setup() {
    DB=$SCRATCH/run.db
    cd "$SCRATCH"
}

# scenario JSON: writes it to s.json, with ' for ".
scenario() {
    printf '%s' "${1//\'/\"}" >s.json
}

# For each transport, in a fresh file: go OPTIONS...
go() {
    rm -f "$DB" "$DB"-*
    run --separate-stderr "$COLDSWARM" run s.json -o "$DB" "$@"
}

LOGIN="{'path':'/','name':'login',$ONE,'capture':{'token':{'json':'/none'}}}"
NEEDS="{'path':'/predict','name':'needs','auth':{'bearer':'\${token}'}}"

@test "a step whose value was never captured is unsendable, and the client is not blamed" {
    start_target
    local transport load
    for transport in direct curl; do
        only 20
        for load in "'users':2,'spawn_rate':100,'duration':'1h'" "'rate':40,'duration':'1h','max_users':4"; do
            scenario "{'target':'$URL','load':{$load},$FEED,'wait':{'constant':'10ms'},'tasks':[{'name':'visit','steps':[$LOGIN,$NEEDS]}]}"

            go --transport "$transport"
            ended 1 "$DB"
            not_blamed "$DB"
            [[ "$output" == *"unsendable"*"the header Authorization: \${token} has no value yet"* ]]
            [[ "$stderr" == *"requests could not be built"*"see Errors above"* ]]
            # As many as there were logins (the end may come between the two); each has its user and the moment, and no time.
            # Arrivals that came behind the last row of the feeder were not sent.
            [ "$(sql "$DB" "select count(*) > 0, sum(name = 'login') - sum(outcome = 'unsendable') between 0 and 4,
                sum(name = 'needs' and outcome <> 'unsendable'), count(distinct error) from requests where outcome <> 'not_sent'")" = "1|1|0|2" ]
            [ "$(sql "$DB" "select count(*) from requests where outcome = 'unsendable' and (user is null or end_us is null or
                sent_us not null or intended_us not null or service_us not null or response_us not null or bytes_sent > 0)")" -eq 0 ]
        done
    done
}

@test "where no request at all can be built it is exit 1 with its reason, not a silent target" {
    start_target
    scenario "{'target':'$URL','load':{'rate':40,'duration':'500ms','max_users':4},'feeders':{'f':{'csv':'f.csv'}},
        'tasks':[{'path':'/predict','name':'latin','json':{'name':'\${f.name}'}}]}"
    printf 'name\nJos\351\n\344\n\303\n' >f.csv
    local transport
    for transport in direct curl; do
        go --transport "$transport"
        [ "$status" -eq 1 ]
        [[ "$output" == *Errors*"20  POST    latin  unsendable  the body: the value of \${f.name} is not UTF-8"* ]]
        [[ "$stderr" == *"20 of 20 requests could not be built"* ]]
        [[ "$stderr$output" != *"never answered"* ]]
        # Due at its time, of one kind whatever the row; which rows they were is told for the first ones.
        [ "$(sql "$DB" "select count(*), count(distinct error), count(intended_us), max(end_us) >= max(intended_us) from requests")" = "20|1|20|1" ]
        [ "$(sql "$DB" "select text from event where kind = 'unsendable' limit 1 offset 2")" = \
            "POST latin: the body: the value of \${f.name} is not UTF-8, which JSON requires (row 3 of f.csv)" ]
        [ "$(sql "$DB" "select count(*) from event where kind = 'unsendable'")" -eq 10 ]
        [ "$(sql "$DB" "select verdict <> 'INVALID' from run")" -eq 1 ]
        [ "$(sql "$DB" "select value from manifest where key = 'dispatch_scheduled'" | grep -v '^0$')" = "" ]
    done
    go --exit-code-on-error 7 --quiet
    [ "$status" -eq 7 ]
}

@test "http_req_failed counts them as failed: in a run, in gate and in k6's summary" {
    start_target
    # Half of the rows cannot go into a header.
    for _ in 1 2 3 4 5 6 7 8 9 10; do printf '{"v":"fine"}\n{"v":"two\\r\\nlines"}\n'; done >f.jsonl
    scenario "{'target':'$URL','load':{'users':1,'duration':'60s'},'wait':{'constant':'5ms'},'feeders':{'f':{'jsonl':'f.jsonl','mode':'once'}},
        'tasks':[{'path':'/','headers':{'X-V':'\${f.v}'}}]}"
    go --threshold 'http_req_failed rate<0.2' --threshold 'http_req_failed{outcome:unsendable} rate<0.9'
    [ "$status" -eq 99 ]
    go --threshold 'http_req_failed rate<0.7'
    [ "$status" -eq 0 ]
    run "$COLDSWARM" gate "$DB" -e 'http_req_failed rate<0.2' --format json
    [ "$status" -eq 99 ]
    "$COLDSWARM" report "$DB" --format k6-summary >k6.json
    "$COLDSWARM" report "$DB" --format json >r.json
    run python3 - "$DB" k6.json r.json "$output" <<'END'
import json, sqlite3, sys
db = sqlite3.connect(sys.argv[1])
sent, bad = db.execute("select sum(outcome = 'ok'), sum(outcome = 'unsendable') from requests").fetchone()
assert (sent, bad) == (10, 10), (sent, bad)
k6, report, gate = json.load(open(sys.argv[2]))["metrics"], json.load(open(sys.argv[3])), json.loads(sys.argv[4])
assert k6["http_req_failed"]["passes"] == bad and k6["http_req_failed"]["fails"] == sent
assert k6["http_reqs"]["count"] == sent == report["aggregated"]["requests"]
assert report["aggregated"]["failures"] == 0 and report["aggregated"]["unsendable"] == bad
assert [(e["outcome"], e["count"]) for e in report["errors"]] == [("unsendable", bad)]
assert abs(gate["thresholds"][0]["value"] - bad / (sent + bad)) < 1e-9, gate
END
    [ "$status" -eq 0 ]
}

@test "every format lists them" {
    start_target
    only 10
    scenario "{'target':'$URL','load':{'users':1,'duration':'1h'},$FEED,'wait':{'constant':'5ms'},'tasks':[{'name':'visit','steps':[$LOGIN,$NEEDS]}]}"
    go --csv live --quiet
    local n format
    n=$(sql "$DB" "select count(*) from requests where outcome = 'unsendable'")
    "$COLDSWARM" report "$DB" --out out --no-figures --csv again --no-figures >/dev/null
    for format in tables.txt tables.md tables.tex report.html errors.csv tables.json junit.xml; do
        grep -q unsendable "out/$format"
    done
    grep -q "^$n,GET needs: the header Authorization: \${token} has no value yet.*,,local" live_exceptions.csv
    grep -q "maximum [0-9]*, of 1 user$" out/tables.txt
    grep -q "^Without a response  *0 users; only one" out/tables.txt
    cmp live_exceptions.csv again_exceptions.csv
    cmp live_failures.csv again_failures.csv
    python3 - "$DB" out/requests.jtl <<'END'
import csv, sqlite3, sys
db = sqlite3.connect(sys.argv[1])
start = int(db.execute("select value from manifest where key = 'started_us'").fetchone()[0]) // 1000 * 1000
want = [((start + at) // 1000, user) for at, user in db.execute("select end_us, user from requests where outcome = 'unsendable' order by id")]
lines = [x for x in csv.DictReader(open(sys.argv[2], newline="")) if x["label"] == "needs"]
assert [(int(x["timeStamp"]), int(x["threadName"].split("-")[1]) - 1) for x in lines] == want, lines
for x in lines:
    assert x["success"] == "false" and x["responseCode"] == "Non HTTP response code: unsendable", x
    assert "${token} has no value yet" in x["failureMessage"] and "${token} has no value yet" in x["responseMessage"], x
    assert [x[k] for k in ("elapsed", "bytes", "sentBytes", "Latency", "IdleTime", "Connect")] == ["0"] * 6, x
END
    [ "$(head -1 out/tables.csv | tr , '\n' | tail -1)" = unsendable ]
    [ "$(tail -1 out/tables.csv | tr , '\n' | tail -1)" = "$n" ]
    [[ "$(cat out/tables.txt)" == *"Could not be built from their values: $n request"* ]]
    # Side by side with another run, too: beside no request and no failure it would look like a good one.
    cp "$DB" other.db
    [ "$("$COLDSWARM" report "$DB" other.db --format json | json - '$.runs[1].unsendable')" = "$n" ]
    "$COLDSWARM" report "$DB" other.db | grep -qE "^other.db .* $n  *$(sql other.db 'select verdict from run')"
    # A number with its query, which gives it.
    python3 - "$DB" out/numbers.json "$n" <<'END'
import json, sqlite3, sys
db = sqlite3.connect(sys.argv[1])
found = [x for x in json.load(open(sys.argv[2]))["numbers"] if x["key"] == "unsendable" and x["name"] == "needs"]
assert [db.execute(x["sql"]).fetchone()[0] for x in found] == [int(sys.argv[3])], found
END
}

@test "values that a file's name, a ceiling or a changed file refuses are of one kind each" {
    start_target
    mkdir pictures
    echo x >pictures/a.txt
    printf 'name\na.txt\nb.txt\nc.txt\n../s.json\n' >f.csv
    scenario "{'target':'$URL','load':{'users':1,'duration':'60s'},'wait':{'constant':'2ms'},'feeders':{'f':{'csv':'f.csv','mode':'once'}},
        'tasks':[{'path':'/predict','name':'send','method':'POST','body_file':'pictures/\${f.name}'}]}"
    go
    [ "$status" -eq 1 ]
    [ "$(sql "$DB" "select distinct error from requests where outcome = 'unsendable' order by 1" | sed "s|$SCRATCH|.|g")" = \
"the body: cannot open a file in ./pictures/: No such file or directory
the body: file name refused: \"..\" points outside the folder" ]
    [[ "$(sql "$DB" "select text from event where kind = 'unsendable' limit 2")" == \
*"file b.txt, row 2 of "*"f.csv)"*"file c.txt, row 3 of "* ]]
}

@test "an arrival that finds its user without a row is nobody's fault" {
    start_target
    printf 'v\n1\n2\n3\n' >f.csv
    scenario "{'target':'$URL','load':{'rate':50,'duration':'1s','max_users':4},'feeders':{'f':{'csv':'f.csv','mode':'once'}},
        'tasks':[{'path':'/','query':{'v':'\${f.v}'}}]}"
    go
    ended 0 "$DB"
    not_blamed "$DB"
    # On a busy machine several arrivals are due at once, and each of the 4 users may find that, once.
    [ "$(sql "$DB" "select sum(outcome = 'ok'), sum(error like '% for this user') between 1 and 4, sum(outcome not in ('ok', 'not_sent'))
        from requests where outcome <> 'not_sent' or error like 'a feeder has no row%'")" = "3|1|0" ]
}

@test "what is too long for a head, and a file that changes, are the scenario's failures" {
    start_target
    python3 -c '
row = "x" * 300000 + "," + "y" * 300000
open("f.csv", "w").write("a,b\n" + row + "\nshort,short\n")
open("large.csv", "w").write("v\n" + "0123456789\n" * 1600000)'
    scenario "{'target':'$URL','load':{'users':1,'duration':'60s'},'wait':{'constant':'5ms'},'feeders':{'f':{'csv':'f.csv','mode':'once'}},
        'tasks':[{'path':'/','headers':{'X-A':'\${f.a}\${f.a}','X-B':'\${f.b}\${f.b}'}}]}"
    local transport
    for transport in direct curl; do
        go --transport "$transport"
        [ "$status" -eq 1 ]
        [ "$(sql "$DB" "select outcome, error from requests where outcome <> 'ok' group by 1, 2")" = \
            "unsendable|the values of its path and headers are longer than 1048576 bytes together" ]
        [ "$(sql "$DB" "select verdict <> 'INVALID' from run")" -eq 1 ]
    done
    # Too large to be kept in memory: read row by row.
    scenario "{'target':'$URL','load':{'users':1,'duration':'60s'},'wait':{'constant':'50ms'},'feeders':{'f':{'csv':'large.csv'}},
        'tasks':[{'path':'/','query':{'v':'\${f.v}'}}]}"
    rm -f "$DB"
    "$COLDSWARM" run s.json -o "$DB" --threshold 'http_req_failed rate<=0 abortOnFail' >out 2>err 3>&- &
    local pid=$!
    STARTED_PIDS+=("$pid")
    for _ in $(seq 3000); do
        [ -s "$DB" ] && [ "$(sqlite3 -readonly "$DB" "select count(*) > 2 from requests" 2>/dev/null)" = 1 ] && break
        sleep 0.02
    done
    echo more >>large.csv
    wait "$pid" && status=0 || status=$?
    [ "$status" -eq 99 ]
    [ "$(sql "$DB" "select count(*) > 0, count(distinct error), min(error) like '%large.csv has changed since it was opened%' from requests where outcome = 'unsendable'")" = "1|1|1" ]
    [ "$(sql "$DB" "select verdict <> 'INVALID' from run")" -eq 1 ]
}

@test "a rate whose requests cannot be built: a row for each arrival, however many users there are" {
    start_target
    for users in 1 3; do
        rm -f run.db*
        scenario "{'target':'$URL','load':{'rate':20000,'duration':'500ms','max_users':$users},
            'tasks':[{'path':'/','headers':{'X-A':'\${never}'},'capture':{'never':{'json':'/never'}}}]}"
        run -1 "$COLDSWARM" run s.json -o run.db --quiet
        [ "$(sqlite3 run.db 'SELECT DISTINCT outcome FROM requests')" = unsendable ]
        # An arrival every 50 us: none twice, none left out.
        [ "$(sqlite3 run.db 'SELECT count(*), count(DISTINCT intended_us) FROM requests')" = '10000|10000' ]
    done
    [ "$(served GET /)" -eq 0 ]
}
