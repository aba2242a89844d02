#!/usr/bin/env bats
# The tables at the end of a run, counted while it went on, are those of its file, to the digit.

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

# same OUT: what a run printed is what report prints of its file. Only report guesses at cold starts, and only run says where the file is.
same() {
    "$COLDSWARM" report "$DB" >report.txt
    python3 - "$1" report.txt <<'END'
import sys
run, report = (open(name, encoding="utf-8").read() for name in sys.argv[1:])
run = run.split("\nEvery request is in ")[0]
guess = report.find("\nCold starts")
report = report if guess < 0 else report[:guess] + "\n".join(report[guess + 1:].split("\n\n")[1:])
assert "Aggregated" in run and "Response time statistics" in run, run
lines = lambda text: [x for x in text.splitlines() if x]
missing = [x for x in lines(run) if x not in lines(report)]
assert not missing, (missing, run, report)
tables = lambda text: text[text.index("Request statistics"):].split("\n\n")[:2]
assert tables(run) == tables(report), (tables(run), tables(report))
END
}

MIX="'tasks':[{'path':'/','weight':3},{'path':'/status/503','name':'bad'},
              {'name':'visit','steps':[{'path':'/','name':'login','capture':{'token':{'json':'/none'}}},{'path':'/','name':'needs','auth':{'bearer':'\${token}'}}]}]"

@test "answers, failures and what could not be sent, closed and open, by each transport" {
    start_hostile
    local transport load
    for transport in direct curl; do
        for load in "'users':5,'spawn_rate':100,'duration':'1h'" "'rate':200,'duration':'1h','max_users':2"; do
            scenario "{'target':'$URL','load':{$load},'timeout':'2s','wait':{'constant':'5ms'},$MIX}"
            TIMES="700ms 5s 60s" enough "$DB" "count(distinct outcome) > 1 from requests" --separate-stderr \
                "$COLDSWARM" run s.json -o "$DB" --transport "$transport"
            [ "$status" -le 4 ]
            printf '%s\n' "$output" >out.txt
            same out.txt
        done
    done
}

@test "many endpoints" {
    start_target
    python3 - "$URL" >s.json <<'END'
import json, sys
tasks = [{"path": "/", "name": f"n{i * 37 % 300}"} for i in range(400)]
print(json.dumps({"target": sys.argv[1], "load": {"users": 10, "spawn_rate": 1000, "duration": "1s"}, "tasks": tasks}))
END
    "$COLDSWARM" run s.json -o "$DB" --threads 2 >out.txt 2>err.txt || [ $? -le 4 ]
    same out.txt
}

@test "a run that Ctrl-C ends, with requests that were cancelled" {
    start_hostile
    scenario "{'target':'$URL','load':{'users':5,'spawn_rate':100,'duration':'1h'},'wait':{'constant':'5ms'},
        'tasks':[{'path':'/','weight':50},{'path':'/silent'}]}"
    : >out.txt
    "$COLDSWARM" run s.json -o "$DB" --stop-timeout 100ms >out.txt 2>err.txt 3>&- &
    pid=$!
    STARTED_PIDS+=("$pid")
    for ((i = 0; i < 1000; i++)); do
        [ "$(sql "$DB" "select count(*) > 200 from requests" 2>/dev/null)" != 1 ] || break
        pause
    done
    kill -INT "$pid"
    wait "$pid" || [ $? -eq 130 ]
    same out.txt
}

@test "a full disk: the tables are those of the rows that are in the file" {
    start_target
    scenario "{'target':'$URL','load':{'users':20,'spawn_rate':1000,'duration':'1h'},'wait':{'constant':'10ms'},'tasks':[{'path':'/'}]}"
    # The limit on the size of a file stands in for the disk's end.
    run bash -c 'ulimit -f 400; exec "$@"' - "$COLDSWARM" run s.json -o "$DB"
    [ "$status" -eq 3 ]
    rows=$(sql "$DB" "select count(*) from requests where outcome = 'ok'")
    [[ "$output" =~ Aggregated\ +$rows\ + ]]
}

@test "a report into a full folder: the tables are there, and what did not fit is named" {
    python3 "$BATS_TEST_DIRNAME/make_run.py" many.db many
    run bash -c 'ulimit -f 120; exec "$@"' - "$COLDSWARM" report many.db --out full --no-figures
    [ "$status" -eq 3 ]
    [[ "$output" == *"cannot write full/requests.jtl: File too large"* ]]
    "$COLDSWARM" report many.db --out whole --no-figures
    cmp full/tables.txt whole/tables.txt
    cmp full/report.html whole/report.html
}

@test "a file that does not fit does not stay from an earlier report" {
    python3 "$BATS_TEST_DIRNAME/make_run.py" run.db
    python3 "$BATS_TEST_DIRNAME/make_run.py" many.db many
    "$COLDSWARM" report run.db --out full --no-figures
    run bash -c 'ulimit -f 120; exec "$@"' - "$COLDSWARM" report many.db --out full --no-figures
    [ "$status" -eq 3 ]
    [ ! -e full/requests.jtl ]
    [ -z "$(find full -name '*.tmp')" ]
}

@test "thresholds of an earlier report do not stay in its folder" {
    start_target
    "$COLDSWARM" run -H "$URL" -t 200ms -o a.db --quiet --threshold 'http_reqs count >= 0' --report out --no-figures
    [ -s out/thresholds.csv ] && [ -s out/latex/thresholds.tex ]
    python3 "$BATS_TEST_DIRNAME/make_run.py" run.db
    "$COLDSWARM" report run.db --out out --no-figures
    [ ! -e out/thresholds.csv ] && [ ! -e out/latex/thresholds.tex ]
}
