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
    local transport seconds pid child
    for transport in direct curl; do
        # More time where the machine stalls, so that all have their connection before the limit comes.
        for seconds in 2 20 60; do
            echo "{ \"target\": \"$URL\", \"load\": { \"users\": 60, \"spawn_rate\": $((60 / seconds)), \"duration\": \"${seconds}s\" }, \"tasks\": [{ \"path\": \"/\" }] }" >s.json
            rm -f run.db run.db-*
            timeout -s KILL 120 "$COLDSWARM" run s.json -o run.db --only-summary --transport "$transport" >out 2>err 3>&- &
            pid=$!
            STARTED_PIDS+=("$pid")
            for _ in $(seq 3000); do
                [ "$(sqlite3 -readonly run.db "SELECT count(DISTINCT user) > 3 FROM requests" 2>/dev/null)" = 1 ] && break
                sleep 0.02
            done
            child=
            read -r child _ <"/proc/$pid/task/$pid/children" || true # it has no line end, and none if it is over
            [ -z "$child" ] || prlimit --pid "$child" --nofile=40:40 || true
            wait "$pid" && status=0 || status=$?
            [ "$status" -eq 0 ] || break
        done
        [ "$status" -eq 4 ]
        grep -q 'Verdict: INVALID: this machine could not send .*no file descriptor left' out
    done
}
