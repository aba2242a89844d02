#!/usr/bin/env bats
# Kept connections over TLS that a server ends: hostile.py's sends close_notify first and ends TCP only when it has ours. What is lost with
# them goes out once more where "retry" allows it, on both transports, and never else.

load ../support/helpers

setup() {
    cd "$BATS_TEST_TMPDIR"
    "$ROOT/tests/support/make-certs" certs >/dev/null
    start_hostile --tls --cert certs/server.pem --key certs/server.key
}

# go RETRY TRANSPORT
go() {
    only 300
    cat >s.json <<END
{ "target": "$URL", "load": { "users": 3, "spawn_rate": 100, "duration": "1h" }, "wait": { "constant": "10ms" }, $FEED,
  "http": { "retry": "$1", "ca": "certs/ca.pem" },
  "tasks": [ { "path": "/ok", "weight": 2, $ONE }, { "path": "/drop", $ONE }, { "path": "/lose-kept", $ONE }, { "path": "/reset-kept", $ONE },
             { "name": "post", "path": "/lose-kept", "method": "POST", "body": "x", $ONE } ] }
END
    rm -f r.db
    : >"$HOSTILE_LOG"
    "$COLDSWARM" run s.json -o r.db --transport "$2" --quiet >/dev/null 2>&1 || true
    # All that came to an end is known; of what was given up the server may have seen some.
    posts=$(sql r.db "select count(*) from requests where method = 'POST'")
    [ "$posts" -gt 0 ]
    [ "$(grep -c '"POST"' "$HOSTILE_LOG")" -le "$posts" ]
}

@test "over TLS, safe loses no idempotent request, and no POST goes out twice" {
    for transport in direct curl; do
        go safe "$transport"
        [ "$(sql r.db "select count(*) from requests where method = 'GET' and outcome not in ('ok', 'cancelled')")" = 0 ]
        [ "$(sql r.db 'select sum(sent_again) > 0 from requests')" = 1 ]
        [ "$(sql r.db "select sum(sent_again) from requests where method = 'POST' and outcome = 'reset'")" = 0 ]
        [ "$(sql r.db "select count(*) from requests where previous_end = 'client'")" = 0 ]
    done
}

@test "over TLS, never sends nothing twice" {
    for transport in direct curl; do
        go never "$transport"
        [ "$(sql r.db 'select sum(sent_again) from requests')" = 0 ]
        [ "$(sql r.db "select distinct error from requests where outcome = 'reset'")" = "connection lost before a response" ]
        [ "$(wc -l <"$HOSTILE_LOG")" -le "$(sql r.db 'select count(*) from requests')" ]
    done
}
