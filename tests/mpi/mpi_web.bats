#!/usr/bin/env bats
# bats file_tags=more
# coldswarm-mpi --web: the page of rank 0 shows the whole load and each part. The ranks are processes of this machine.

bats_require_minimum_version 1.5.0
load ../support/helpers
load ../support/mpi_here
load ../support/page

setup() {
    cd "$BATS_TEST_TMPDIR"
    mpi_here
}

# swarm N OPTION...: in the background; sets PAGE and RUN_PID.
swarm() {
    local n=$1
    shift
    : >run.err
    "${MPIRUN[@]}" -n "$n" "$PROGRAM" run "$@" >run.out 2>run.err 3>&- &
    RUN_PID=$!
    STARTED_PIDS+=("$RUN_PID")
    page_at run.err "$RUN_PID"
}

# code_of CODE DB: how the job ended. A busy machine may make the client late.
code_of() {
    local code=0
    wait "$RUN_PID" || code=$?
    [ "$code" -eq "$1" ] || { [ "$code" -eq 4 ] && [ "$1" -ne 4 ] && was_late "$2"; } || { echo "exit code $code" >&2; cat run.err >&2; return 1; }
}

# Rank 0, when the others have ended: it keeps the page.
rank_0() {
    local i
    for ((i = 0; i < 3000; i++)); do
        [ "$(pgrep -c -P "$RUN_PID" coldswarm-mpi)" -gt 1 ] || break
        pause
    done
    pgrep -P "$RUN_PID" coldswarm-mpi
}

# The process of a part's load, by its file.
load_of() { # PART
    pgrep -f -- "--shard=$1/.*--out=$TMPDIR/"
}

@test "at the end the page, the state and the metrics have the rows of the merged file, of all and of each part" {
    start_hostile
    cat >s.json <<'END'
{"name": "s", "load": {"users": 8, "spawn_rate": 100, "duration": "1h"}, "wait": {"constant": "20ms"},
 "thresholds": {"http_req_failed": ["rate<0.9"], "http_reqs": [{"threshold": "count>1", "abortOnFail": true}]},
 "tasks": [{"path": "/status/200", "weight": 3}, {"path": "/status/503"}, {"path": "/close"}]}
END
    swarm 3 s.json -H "$URL" -o big.db --web 0 --web-linger 300s --keep-parts
    until_phase running
    [ "$(json_sql state.json "select json_array_length(doc, '\$.parts') from file")" = 3 ]
    [ "$(status_of -d '{"users": 20}' "$PAGE/api/load")" = 409 ]
    [[ $(json body '$.error') == "the load of this run cannot be changed: several processes run it together"* ]]
    until_state "doc->>'\$.total.requests' > 200" # draws among three tasks
    [ "$(status_of -X POST "$PAGE/api/stop")" = 202 ]
    until_phase ended
    curl -fsS "$PAGE/metrics" >metrics.txt
    curl -fsS "$PAGE/" >page.html
    # Locust's calls: exact counts, and the CSV files of `report --csv`, but for percentiles.
    [ "$(curl -fsS "$PAGE/stats/requests" | json_sql - "select doc->>'\$.state', doc->>'\$.user_count', group_concat(value->>'\$.name' || ' ' || (value->>'\$.num_requests') || ' ' || (value->>'\$.num_failures'), ',') from file, json_each(doc, '\$.stats')")" = \
        "stopped|0|$(sql big.db "select group_concat(x, ',') from (select name || ' ' || count(*) || ' ' || sum(outcome <> 'ok') as x from requests where outcome <> 'cancelled' group by name order by name)"),Aggregated $(sql big.db "select count(*) || ' ' || sum(outcome <> 'ok') from requests where outcome <> 'cancelled'")" ]
    [ "$(curl -fsS "$PAGE/stats/requests" | json_sql - "select sum(value->>'\$.occurrences') from file, json_each(doc, '\$.errors')")" = "$(sql big.db "select sum(outcome <> 'ok') from requests where outcome <> 'cancelled'")" ]
    "$COLDSWARM" report big.db --csv want >/dev/null || true
    curl -fsS "$PAGE/stats/requests/csv" | cut -d, -f1-4,7-9 >got.csv
    cut -d, -f1-4,7-9 want_stats.csv | cmp - got.csv || { diff got.csv <(cut -d, -f1-4,7-9 want_stats.csv); false; }
    [ "$(status_of "$PAGE/stats/reset")" = 409 ]
    kill -INT "$(rank_0)"
    code_of 0 big.db
    python3 "$ROOT/tests/mpi/check_page.py" big.db state.json metrics.txt page.html
}

@test "a part that is stopped is shown as silent, then lost, and the others go on; Stop on the page ends them in order" {
    start_target
    echo '{"name": "s", "load": {"rate": 60, "duration": "1h", "max_users": 30}, "tasks": [{"path": "/"}]}' >s.json
    swarm 3 s.json -H "$URL" -o big.db --web 0 --web-linger 300s
    until_state "doc->>'\$.parts[1].requests' > 0 and doc->>'\$.phase' = 'running'"
    local stopped
    stopped=$(load_of 1)
    kill -STOP "$stopped"
    until_state "doc->>'\$.parts[1].state' = 'silent'"
    [ "$(json state.json '$.parts[0].state' '$.parts[2].state')" = "running|running" ]
    [ "$(json_sql state.json "select count(*) from file, json_each(doc, '\$.events') where value->>'\$.text' like 'the load process of part 1 (host %) is silent'")" = 1 ]
    # The charts go on without it: there is a second that the others had and it had not.
    until_state "(select sum(value is not null) from json_each(doc, '\$.part_course.parts[0].requests')) > (select sum(value is not null) from json_each(doc, '\$.part_course.parts[1].requests')) + 2"
    until_state "doc->>'\$.parts[1].state' = 'lost'"
    [ "$(json state.json '$.verdict')" = INVALID ]
    [[ $(json state.json '$.reason') == "part 1 of 3 ("*") is lost" ]]
    curl -fsS "$PAGE/metrics" | grep -q '^coldswarm_part_up{part="1",host=".*"} 0$'
    kill -CONT "$stopped"
    until_state "doc->>'\$.parts[1].state' = 'running'"
    [ "$(status_of -X POST "$PAGE/api/stop")" = 202 ]
    until_phase ended
    kill -INT "$(rank_0)"
    code_of "$(sql big.db 'select exit_code from run')" big.db
    [ "$(sql big.db "select count(*) from shard")" = 3 ]
    # What only rank 0 knows is in the merged file.
    [ "$(sql big.db "select count(*) from event where kind = 'mpi' and text like 'the load process of part 1 (host %) is silent' and at_us > 0")" = 1 ]
    [ "$(sql big.db "select count(*) from event where kind = 'mpi' and text like '%counts as lost; the others go on'")" = 1 ]
    [ "$(json state.json '$.total.requests')" = "$(sql big.db "select count(*) from requests where outcome not in ('not_sent', 'cancelled', 'unsendable')")" ]
    [ "$(json state.json '$.verdict')" = "$(sql big.db 'select verdict from run')" ]
    [ -z "$(ls tmp)" ]
}

@test "Stop on the page leaves the run VALID, as on one machine; again it cancels, and scripts for Locust see it" {
    start_hostile
    echo '{"name": "s", "load": {"users": 4, "spawn_rate": 100, "duration": "1h"}, "tasks": [{"path": "/hang"}]}' >s.json
    swarm 2 s.json -H "$URL" -o big.db --stop-timeout 1h --web 0 --web-linger 300s
    until_state "doc->>'\$.users' = 4"
    [ "$(curl -fsS -X POST "$PAGE/api/stop")" = '{"stopping":true}' ]
    until_phase stopping
    [ "$(curl -fsS -X POST "$PAGE/api/stop")" = '{"stopping":true,"cancelling":true}' ]
    until_phase ended
    kill -INT "$(rank_0)"
    wait "$RUN_PID" || true
    [ "$(sql big.db "select count(*) from requests where outcome = 'cancelled'")" = 4 ]
    [ "$(sql big.db "select count(*) from shard where verdict_reason like '%before its time%'")" = 0 ]
    rm big.db
    start_target
    echo '{"name": "s", "load": {"users": 4, "spawn_rate": 100, "duration": "1h"}, "wait": {"constant": "20ms"}, "tasks": [{"path": "/"}]}' >s.json
    swarm 2 s.json -H "$URL" -o big.db --web 0 --web-linger 300s
    until_state "doc->>'\$.total.requests' > 10"
    [ "$(curl -fsS "$PAGE/stop" | json - '$.success')" = 1 ]
    until_phase ended
    [ "$(json state.json '$.exit_code')" = "$(sql big.db 'select exit_code from run')" ]
    kill -INT "$(rank_0)"
    code_of 0 big.db
}

@test "in a browser: the table and the chart of the parts, and a silent one stands out" {
    start_target --service-time uniform:2ms,30ms
    cat >s.json <<'END'
{"name": "shop", "load": {"users": 12, "spawn_rate": 20, "duration": "1h"}, "wait": {"constant": "30ms"},
 "tasks": [{"path": "/", "weight": 3}, {"path": "/predict", "method": "POST", "body": "x"}, {"path": "/nothing"}]}
END
    swarm 3 s.json -H "$URL" -o big.db --web 0 --web-linger 300s
    until_state "doc->>'\$.users' = 12"
    python3 "$ROOT/tests/mpi/parts_in_browser.py" "$PAGE/" big.db "$(load_of 2)" ${PICTURES:+"$PICTURES"}
    kill -INT "$(rank_0)"
    wait "$RUN_PID" || true
}

@test "mistakes of the page's options are errors before anything is sent" {
    start_hostile
    echo '{"name": "s", "load": {"users": 2, "duration": "1s"}, "tasks": [{"path": "/"}]}' >s.json
    local all=("${MPIRUN[@]}" -n 2 "$PROGRAM" run s.json -H "$URL" -o big.db)
    run -2 "${all[@]}" --web nowhere
    [[ $output == *'coldswarm-mpi: --web: "nowhere" is not a port'* || $output == *'--web: "nowhere" is not a port'* ]]
    run -2 "${all[@]}" --web-linger 5s
    [[ $output == *"--web-linger needs --web"* ]]
    local port
    port=$(free_port)
    python3 -c '
import socket, sys, time
s = socket.socket(); s.bind(("127.0.0.1", int(sys.argv[1]))); s.listen()
print("ready", flush=True); time.sleep(60)' "$port" >taken.out 3>&- &
    STARTED_PIDS+=($!)
    wait_line taken.out ready $!
    run -3 "${all[@]}" --web "$port"
    [[ $output == *"--web: port $port of \"$port\" is in use"* ]]
    [ ! -e big.db ] && [ ! -e big.db.parts ]
    [ "$(hostile_count)" -eq 0 ]
}
