#!/usr/bin/env bats
# Loads by rate, from outside: what the schedule calls for is in the file, sent or not, and the tables tell both times.

load ../support/helpers
bats_require_minimum_version 1.5.0

setup() {
    DB=$SCRATCH/run.db
}

# scenario JSON: writes it to $SCRATCH/s.json, with ' for ".
scenario() {
    printf '%s' "${1//\'/\"}" >"$SCRATCH/s.json"
}

@test "--rate sends the paper's mix at a rate; -t and -u say how long and by how many" {
    start_hostile
    # /predict may fail here, which is not the question.
    run --separate-stderr "$COLDSWARM" run --host "$URL" --rate 100 -t 1500ms -u 40 -o "$DB" --seed 3 --exit-code-on-error 0
    [ "$status" -eq 0 ]
    [[ "$stderr" == *"100 requests per second, up to 40 at once, for 1.5s"* ]]
    [ "$(sql "$DB" "select count(*), count(distinct intended_us), max(intended_us) from requests")" = "150|150|1490000" ]
    [ "$(sql "$DB" "select users_max, max(user) < 40 from run, requests")" = "40|1" ]
    [ "$(hostile_count)" -eq 150 ]
    [ "$(sql "$DB" "select count(*) from requests where method = 'POST'")" -gt 90 ]
}

@test "both times and what was not sent are in the report" {
    start_hostile
    scenario "{'target':'$URL','load':{'rate':100,'duration':'1s','max_users':2,'queue_timeout':'500ms'},'tasks':[{'path':'/slow/50'}]}"
    run --separate-stderr "$COLDSWARM" run "$SCRATCH/s.json" -o "$DB" --report "$SCRATCH/report"
    [ "$(sql "$DB" "select count(*) from requests")" -eq 100 ]
    not_sent=$(sql "$DB" "select count(*) from requests where outcome = 'not_sent'")
    [ "$not_sent" -gt 20 ]
    [ "$(sql "$DB" "select count(*) from requests where outcome = 'ok'")" -eq "$(hostile_count /slow/50)" ]
    [[ "$output" == *"Called for by the schedule and not sent: $not_sent requests"* ]]
    [[ "$output" == *"Response time statistics (ms from the moment the schedule called for)"* ]]
    [[ "$output" == *"Service time statistics (ms from the moment of sending)"* ]]
    [ -s "$SCRATCH/report/response_time.svg" ]
    python3 - "$SCRATCH/report/tables.json" "$not_sent" <<'END'
import json, sys
e = json.load(open(sys.argv[1]))["aggregated"]
assert e["not_sent"] == int(sys.argv[2]) and e["requests"] == 100 - e["not_sent"], e
assert e["percentiles_ms"]["50"] > 150, e
END
}

@test "a run without any free user ends, and says what it is" {
    start_hostile
    scenario "{'target':'$URL','load':{'rate':200,'duration':'300ms','max_users':1,'queue_timeout':0},'tasks':[{'path':'/hang'}]}"
    run --separate-stderr "$COLDSWARM" run "$SCRATCH/s.json" -o "$DB" -s 200ms
    [ "$(sql "$DB" "select outcome, count(*) from requests group by 1 order by 1")" = $'cancelled|1\nnot_sent|59' ]
    [[ "$output" == *"not sent: 59 requests"* ]]
}

@test "Ctrl-C keeps every arrival up to it" {
    start_hostile
    scenario "{'target':'$URL','load':{'rate':100,'duration':'1h'},'tasks':[{'path':'/ok'}]}"
    "$COLDSWARM" run "$SCRATCH/s.json" -o "$DB" >"$SCRATCH/out" 2>"$SCRATCH/err" 3>&- &
    pid=$!
    STARTED_PIDS+=("$pid")
    wait_line "$SCRATCH/err" 'recording to' "$pid"
    for ((i = 0; i < 500; i++)); do
        [ "$(sql "$DB" 'select count(*) from requests' 2>/dev/null || echo 0)" -gt 40 ] && break
        sleep 0.04
    done
    kill -INT "$pid"
    code=0
    wait "$pid" || code=$?
    [ "$code" -eq 130 ]
    [ "$(sql "$DB" "select count(*) = max(intended_us) / 10000 + 1, count(*) > 40 from requests")" = "1|1" ]
    # Those that were due when the signal came, but not sent yet, come last and say so.
    [ "$(sql "$DB" "select count(*) from requests where outcome not in ('ok', 'not_sent')")" -eq 0 ]
    [ "$(sql "$DB" "select count(*) from requests where outcome = 'not_sent' and
        intended_us < (select max(intended_us) from requests where outcome = 'ok')")" -eq 0 ]
}

@test "options that do not fit the load are exit 2, and nothing is sent" {
    start_hostile
    stages="{'target':'$URL','load':{'stages':[{'duration':'1s','rate':5}]},'tasks':[{'path':'/ok'}]}"
    run --separate-stderr "$COLDSWARM" run --host "$URL" --rate 0 -o "$DB"
    [ "$status" -eq 2 ]
    run --separate-stderr "$COLDSWARM" run --host "$URL" --rate 100001 -o "$DB"
    [ "$status" -eq 2 ]
    [[ "$stderr" == *"--rate"*"100000"* ]]
    run --separate-stderr "$COLDSWARM" run --host "$URL" --rate 5 -r 3 -o "$DB"
    [ "$status" -eq 2 ]
    [[ "$stderr" == *"--spawn-rate"* ]]
    scenario "$stages"
    run --separate-stderr "$COLDSWARM" run "$SCRATCH/s.json" --rate 5 -o "$DB"
    [ "$status" -eq 2 ]
    [[ "$stderr" == *"stages"* ]]
    run --separate-stderr "$COLDSWARM" run "$SCRATCH/s.json" -t 2s -o "$DB"
    [ "$status" -eq 2 ]
    [ ! -e "$DB" ]
    [ "$(hostile_count)" -eq 0 ]
    run --separate-stderr "$COLDSWARM" run "$SCRATCH/s.json" -t 500ms -u 3 -o "$DB"
    [ "$status" -eq 0 ]
    # 5 t^2 / 2 arrivals after t s: 0.625 at the cut, so the one at the start.
    [ "$(sql "$DB" "select count(*), min(intended_us), users_max from requests, run")" = "1|0|3" ]
}

@test "arrivals whose user is still starting when the load ends are rows all the same" {
    start_hostile
    scenario "{'target':'$URL','load':{'rate':20,'duration':'200ms','max_users':9},'on_start':[{'path':'/slow/600'}],'tasks':[{'path':'/ok'}]}"
    run "$COLDSWARM" run "$SCRATCH/s.json" -o "$DB" --quiet
    [ "$(sql "$DB" "select count(*), sum(outcome = 'not_sent'), max(error) from requests where name = '/ok'")" = \
        "4|4|the load ended before this user had started" ]
    [ "$(sql "$DB" "select count(*) from requests where name = '/slow/600' and outcome = 'ok'")" -eq 4 ]
}
