#!/usr/bin/env bats
# coldswarm validate: load on others than the target is worth a look.

bats_require_minimum_version 1.5.0
load ../support/helpers

setup() {
    cd "$BATS_TEST_TMPDIR"
}

# of TASKS [OPTION...]: $output is what validate says; the hosts are this machine's, so that nobody is asked for their addresses.
of() {
    printf '{ "http": { "resolve": ["*:80:127.0.0.1"] }, "load": { "users": 1, "duration": 1 },\n %s }\n' "$1" >s.json
    shift
    run -0 "$COLDSWARM" validate s.json "$@"
}

@test "the target comes from COLDSWARM_HOST as in run, and --host wins" {
    export COLDSWARM_HOST=http://127.0.0.1:81
    of '"tasks": [{ "path": "/" }]' --dry-run
    [[ "$output" == *"127.0.0.1:81"* ]]
    of '"tasks": [{ "path": "/" }]' --dry-run --host http://127.0.0.1:82
    [[ "$output" == *"127.0.0.1:82"* && "$output" != *"127.0.0.1:81"* ]]
}

@test "whole URLs to other hosts than the target are named and counted" {
    of '"target": "http://127.0.0.1:8080", "tasks": [{ "path": "/" }, { "path": "http://127.0.0.2/a" }, { "path": "http://127.0.0.2:81/b" },
        { "path": "http://127.0.0.3/c" }, { "path": "http://127.0.0.1:9/d" }]'
    [[ $output == *"requests to other hosts than the target: 3 of 5: 127.0.0.2, 127.0.0.3; send load only to hosts that you may test"* ]]
    # The target that counts is that of the command line.
    of '"target": "http://127.0.0.1:8080", "tasks": [{ "path": "http://127.0.0.2/a" }]' --host http://127.0.0.2
    [[ $output != *"other hosts"* ]]
    of '"target": "http://Localhost", "setup": [{ "path": "http://127.0.0.4/login" }], "tasks": [{ "path": "http://LOCALHOST:81/a" }]'
    [[ $output == *"requests to other hosts than the target: 1 of 2: 127.0.0.4;"* ]]
}

@test "without a target several hosts are worth a look, one is not" {
    of '"tasks": [{ "path": "http://127.0.0.2/a" }, { "path": "http://127.0.0.3/b" }]'
    [[ $output == *"requests go to 2 hosts: 127.0.0.2, 127.0.0.3; send load only to hosts that you may test"* ]]
    of '"tasks": [{ "path": "http://127.0.0.2/a" }, { "path": "http://127.0.0.2:81/b" }]'
    [[ $output != *"hosts"* ]]
}

@test "the scenarios that come with coldswarm go to their target alone" {
    for file in "$ROOT"/scenarios/paper.json "$ROOT"/scenarios/demo.json; do
        run -0 "$COLDSWARM" validate "$file" --host http://127.0.0.1
        [[ $output != *"send load only to hosts that you may test"* ]]
    done
}

@test "what a run would refuse to begin, validate refuses" {
    for other in '"follow_redirects": true' '"proxy": "http://127.0.0.1:1"'; do
        echo '{ "target": "http://127.0.0.1:1", "http": { "quickack": true, '"$other"' }, "load": { "users": 1, "duration": "1s" }, "tasks": [{ "path": "/" }] }' >s.json
        run --separate-stderr "$COLDSWARM" validate s.json
        [ "$status" -eq 2 ]
        [ "$output" = "" ]
        [[ "$stderr" == *'"quickack" needs the transport direct'* ]]
        local said=$stderr
        run --separate-stderr "$COLDSWARM" run s.json -o run.db
        [ "$status" -eq 2 ]
        [ "$stderr" = "$said" ]
    done
}
