#!/usr/bin/env bats
# Requests that fail before anything is sent, of users without a pause: the run still ends when it is to, and says why.

load ../support/helpers
bats_require_minimum_version 1.5.0

# ends TRANSPORT: a run of half a second does, with its rows.
ends() {
    rm -f run.db run.db-*
    run --separate-stderr timeout -s KILL 60 "$COLDSWARM" run s.json -o run.db --only-summary --transport "$1"
    [ "$status" -eq 3 ]
    [ "$(sqlite3 run.db "SELECT count(*) > 1, count(DISTINCT error), min(outcome) FROM requests")" = "1|1|connect_error" ]
}

@test "a target of another family than the sources" {
    cd "$SCRATCH"
    echo '{ "target": "http://[::1]:9", "http": { "source": ["127.0.0.1"] }, "load": { "users": 2, "spawn_rate": 100, "duration": "500ms" },
        "tasks": [{ "path": "/" }] }' >s.json
    for transport in direct curl; do
        ends "$transport"
        [[ "$output" == *'no address of "source" has the same family (IPv4 or IPv6) as the target'* ]]
    done
}

@test "no descriptor left while users send without a pause" {
    start_target
    cd "$SCRATCH"
    echo '{ "target": "'"$URL"'", "load": { "users": 60, "spawn_rate": 30, "duration": "2s" }, "tasks": [{ "path": "/" }] }' >s.json
    for transport in direct curl; do
        rm -f run.db run.db-*
        timeout -s KILL 60 "$COLDSWARM" run s.json -o run.db --only-summary --transport "$transport" >out 2>err 3>&- &
        local pid=$! child
        STARTED_PIDS+=("$pid")
        for _ in $(seq 3000); do
            [ "$(sqlite3 -readonly run.db "SELECT count(DISTINCT user) > 3 FROM requests" 2>/dev/null)" = 1 ] && break
            sleep 0.02
        done
        read -r child _ <"/proc/$pid/task/$pid/children" || [ -n "$child" ] # it has no line end
        prlimit --pid "$child" --nofile=40:40
        wait "$pid" && status=0 || status=$?
        [ "$status" -eq 4 ]
        grep -q 'Verdict: INVALID: this machine could not send .*no file descriptor left' out
    done
}
