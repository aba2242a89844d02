#!/usr/bin/env bats
# "quickack": the kernel's own count of acknowledgements that were put off, in a network where only this test is.

bats_require_minimum_version 1.5.0

load ../support/helpers

setup() {
    cd "$BATS_TEST_TMPDIR"
    unshare -n true 2>/dev/null || skip "this user may not make a network namespace"
}

# share TRUE-OR-FALSE N: of 1000 answers, those that waited for an acknowledgement that was put off, as seen with N of them.
share() {
    only "$2"
    cat >inside <<END
echo '{ "target": "'\$URL'", "http": { "quickack": $1 }, "load": { "users": 1, "duration": "1h" }, $FEED, "tasks": [{ "path": "/", $ONE }] }' >s.json
rm -f run-$1.db
"$COLDSWARM" run s.json --transport direct -o run-$1.db --quiet >out 2>&1 || { cat out >&2; exit 1; }
END
    unshare -n "$ROOT/tests/support/split_server.py" sh inside >delayed-$1 || return 1
    local delayed requests
    delayed=$(sed -n 's/^delayed: //p' delayed-$1)
    requests=$(sqlite3 run-$1.db "SELECT count(*) FROM requests WHERE outcome = 'ok'")
    [ "$requests" -ge 10 ] || { echo "only $requests requests" >&2; return 1; }
    echo $((1000 * delayed / requests))
}

@test "quickack: a server that writes head and body apart does not wait for an acknowledgement that was put off" {
    # A server that is held up puts its own off: some runs may have many.
    local i
    for i in 1 2 3 4 5; do
        [ "$(share true 400)" -ge 200 ] || return 0
    done
    return 1
}

@test "without quickack most answers on a kept connection wait for one" {
    [ "$(share false 40)" -gt 500 ]
}
