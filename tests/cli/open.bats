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
    run --separate-stderr "$COLDSWARM" run --host "$URL" --rate 100 -t 600ms -u 40 -o "$DB" --seed 3 --exit-code-on-error 0
    ended 0 "$DB"
    [[ "$stderr" == *"100 requests per second, up to 40 at once, for 600ms"* ]]
    [ "$(sql "$DB" "select count(*), count(distinct intended_us), max(intended_us) from requests")" = "60|60|590000" ]
    [ "$(sql "$DB" "select users_max, max(user) < 40 from run, requests")" = "40|1" ]
    [ "$(hostile_count)" -eq "$(sql "$DB" "select count(*) from requests where outcome <> 'not_sent'")" ]
    [ "$(sql "$DB" "select count(*) from requests where method = 'POST'")" -gt 36 ]
}

@test "both times and what was not sent are in the report" {
    start_hostile
    scenario "{'target':'$URL','load':{'rate':100,'duration':'1s','max_users':2,'queue_timeout':'500ms'},'tasks':[{'path':'/slow/50'}]}"
    run --separate-stderr "$COLDSWARM" run "$SCRATCH/s.json" -o "$DB" --report "$SCRATCH/report" --no-figures
    [ "$(sql "$DB" "select count(*) from requests")" -eq 100 ]
    not_sent=$(sql "$DB" "select count(*) from requests where outcome = 'not_sent'")
    [ "$not_sent" -gt 20 ]
    [ "$(sql "$DB" "select count(*) from requests where outcome = 'ok'")" -eq "$(hostile_count /slow/50)" ]
    [[ "$output" == *"Scheduled but dropped: $not_sent requests ($not_sent % of all), so the load was lower than asked for."* ]]
    # That is no failure by itself; a threshold makes it one.
    run "$COLDSWARM" gate "$DB" -e 'dropped_iterations count<=0'
    ended 99 "$DB"
    run "$COLDSWARM" run "$SCRATCH/s.json" -o "$DB.2" --quiet --threshold 'dropped_iterations count<=0'
    ended 99 "$DB.2"
    output=$("$COLDSWARM" report "$DB")
    [[ "$output" == *"Response time statistics (ms from when each was due, or first sent)"* ]]
    [[ "$output" == *"Service time statistics (ms from the moment of sending)"* ]]
    [ -s "$SCRATCH/report/data/response_time.gp" ]
    [ "$(json "$SCRATCH/report/tables.json" '$.aggregated.not_sent' '$.aggregated.requests')" = "$not_sent|$((100 - not_sent))" ]
    [ "$(json_sql "$SCRATCH/report/tables.json" "select doc->>'$.aggregated.percentiles_ms.50' > 150 from file")" -eq 1 ]
}

@test "a run without any free user ends, and says what it is" {
    start_hostile
    scenario "{'target':'$URL','load':{'rate':200,'duration':'300ms','max_users':1,'queue_timeout':0},'tasks':[{'path':'/hang'}]}"
    run --separate-stderr "$COLDSWARM" run "$SCRATCH/s.json" -o "$DB" -s 200ms
    [ "$(sql "$DB" "select outcome, count(*) from requests group by 1 order by 1")" = $'cancelled|1\nnot_sent|59' ]
    [[ "$output" == *"dropped: 59 requests"* ]]
}

@test "Ctrl-C keeps every arrival up to it" {
    start_hostile
    scenario "{'target':'$URL','load':{'rate':100,'duration':'1h'},'tasks':[{'path':'/ok'}]}"
    : >"$SCRATCH/err"
    "$COLDSWARM" run "$SCRATCH/s.json" -o "$DB" >"$SCRATCH/out" 2>"$SCRATCH/err" 3>&- &
    pid=$!
    STARTED_PIDS+=("$pid")
    wait_line "$SCRATCH/err" 'recording to' "$pid"
    until_rows 41 "$DB"
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
    run --separate-stderr "$COLDSWARM" run --host "$URL" --rate 10000001 -o "$DB"
    [ "$status" -eq 2 ]
    [[ "$stderr" == *"--rate"*"10000000"* ]]
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
    ended 0 "$DB"
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
