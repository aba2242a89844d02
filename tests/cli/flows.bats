#!/usr/bin/env bats
# The worked examples of scenarios/ against `coldswarm target`, held against its own count; tags; what runs are told about flows.

bats_require_minimum_version 1.5.0

setup() {
    ROOT=$(realpath "$BATS_TEST_DIRNAME/../..")
    COLDSWARM=$(realpath "${COLDSWARM:-$ROOT/build/release/coldswarm}")
    cd "$BATS_TEST_TMPDIR"
}

teardown() {
    [ -z "${TARGET_PID:-}" ] || kill "$TARGET_PID" 2>/dev/null || true
}

# start_target OPTIONS...: sets URL.
start_target() {
    "$COLDSWARM" target --port 0 --stats stats.json "$@" >target.out 2>target.err 3>&- &
    TARGET_PID=$!
    for _ in $(seq 200); do
        URL=$(grep -oh 'http://127.0.0.1:[0-9]*' target.out target.err | head -1) && [ -n "$URL" ] && return
        sleep 0.05
    done
    return 1
}

stop_target() {
    kill "$TARGET_PID"
    wait "$TARGET_PID" || true
    TARGET_PID=
}

sql() {
    sqlite3 run.db "$1"
}

# example NAME OPTIONS...: runs it for a second or as said; every request is good and the target has seen as many.
example() {
    local name=$1
    shift
    run --separate-stderr "$COLDSWARM" run "$ROOT/scenarios/$name.json" --host "$URL" -o run.db --quiet "$@"
    [ "$status" -eq 0 ] || [ "$status" -eq 4 ] # 4: good requests, but this machine was too busy
    stop_target
    [ "$(sql "select count(*) from requests where outcome <> 'ok'")" -eq 0 ]
    [ "$(sql 'select count(*) from requests')" -eq "$(python3 -c 'import json; print(json.load(open("stats.json"))["total"]["received"])')" ]
    [ "$(sql 'select coalesce(sum(fails), 0) from checks')" -eq 0 ]
}

@test "example: login, then predict with the token" {
    start_target --login
    example login-predict -t 2s
    [ "$(sql "select count(*) from requests where name = '/login'")" -eq "$(sql 'select count(distinct user) from requests')" ]
    [ "$(sql "select count(distinct name) from checks")" -eq 5 ]
    # The token is needed: without it nothing is predicted.
    start_target --login
    echo '{"load":{"users":1,"duration":"100ms"},"tasks":[{"path":"/predict","body":"x"}]}' >bare.json
    run --separate-stderr "$COLDSWARM" run bare.json --host "$URL" -o bare.db --quiet
    [ "$(sqlite3 bare.db "select count(*) from requests where status <> 401")" -eq 0 ]
}

@test "example: the images of a folder" {
    start_target
    example images -t 1s
    # Each is as long as its file and the parts around it, so two lengths come up.
    [ "$(sql 'select count(distinct bytes_sent) from requests')" -eq 2 ]
}

@test "example: browsing in steps, by classes of users" {
    start_target
    example browse -t 3s -r 20
    [ "$(sql "select count(*) from iterations where name = 'predict and compare' and ok")" -gt 0 ]
    [ "$(sql "select count(distinct user) from requests where name = '/predict'")" -eq 2 ]
    [ "$(sql "select count(*) from checks where name like '%target is up%'")" -gt 0 ]
}

@test "example: a spike beside the usual load" {
    start_target
    example spike -t 11s
    [ "$(sql "select min(sent_us) >= 10000000 from requests where name = '/predict'")" -eq 1 ]
    [ "$(sql "select count(*) from event where kind = 'load_start'")" -eq 2 ]
}

@test "example: soak and breakpoint" {
    start_target
    example soak -t 1s
    start_target
    rm -f run.db
    example breakpoint -t 2s
}

@test "tags choose tasks and steps, and exclusion wins" {
    start_target
    cat >s.json <<'END'
{ "load": { "users": 1, "duration": "300ms" }, "wait": { "constant": "5ms" }, "tasks": [
  { "path": "/", "tags": ["x"] },
  { "path": "/health", "tags": ["y", "x"] },
  { "name": "both", "tags": ["z"], "steps": [{ "path": "/healthz" }, { "path": "/", "name": "inner", "tags": ["y"] }] } ] }
END
    names() {
        rm -f t.db
        "$COLDSWARM" run s.json --host "$URL" -o t.db --quiet "$@" >/dev/null
        sqlite3 t.db 'select group_concat(name) from (select distinct name from requests order by 1)'
    }
    [ "$(names)" = "/,/health,/healthz,inner" ]
    [ "$(names -T x)" = "/,/health" ]
    [ "$(names --tags y)" = "/health,inner" ]
    [ "$(names -T x,z -E y)" = "/,/healthz" ]
    [ "$(names -E x -E y)" = "/healthz" ]
    run --separate-stderr "$COLDSWARM" run s.json --host "$URL" -o t2.db -T x -E x
    [ "$status" -eq 2 ]
    [[ $stderr == *"the tags leave no task"* ]]
}

@test "several loads take --run-time and none of the options about one" {
    run --separate-stderr "$COLDSWARM" run "$ROOT/scenarios/spike.json" -u 3
    [ "$status" -eq 2 ]
    [[ $stderr == *'--users is about one load, and this scenario has 2; change its "loads"'* ]]
    run --separate-stderr "$COLDSWARM" run "$ROOT/scenarios/spike.json" -t 2h
    [ "$status" -eq 2 ]
    [[ $stderr == *"--run-time is longer than the scenario's loads"* ]]
}

@test "a setup that fails ends the run with its reason" {
    start_target
    echo '{"load":{"users":1,"duration":"1s"},"tasks":[{}],"setup":[{"path":"/nowhere","name":"prepare"}]}' >s.json
    run --separate-stderr "$COLDSWARM" run s.json --host "$URL" -o run.db --quiet
    [ "$status" -eq 3 ]
    [[ $stderr == *"setup: GET prepare: HTTP 404"* ]]
    [ "$(sql 'select count(*) from requests')" -eq 0 ]
}

@test "100 000 tasks are read and drawn from" {
    start_target
    python3 - <<'END'
import json
tasks = [{"path": "/", "name": f"task {i}"} for i in range(100000)]
with open("many.json", "w") as f:
    json.dump({"load": {"users": 20, "duration": "1s"}, "wait": {"constant": "2ms"}, "tasks": tasks}, f)
END
    run --separate-stderr "$COLDSWARM" run many.json --host "$URL" -o run.db --quiet -r 1000
    [ "$status" -eq 0 ]
    [ "$(sql 'select count(*) > 0.9 * (select count(*) from requests) from (select distinct name from requests)')" -eq 1 ]
    [ "$(sql "select max(cast(substr(name, 6) as integer)) > 65535 from requests")" -eq 1 ]
}
