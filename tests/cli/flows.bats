#!/usr/bin/env bats
# The worked examples of scenarios/ against `coldswarm target`, held against its own count; tags; what runs are told about flows.

bats_require_minimum_version 1.5.0

load ../support/helpers

setup() {
    cd "$BATS_TEST_TMPDIR"
}

# The rows of run.db.
rows() {
    sql run.db "$1"
}

# example NAME CONDITION OPTIONS...: runs it, or the copy of it that is here, against a target with target_options, until CONDITION holds of its rows;
# every request is good and the target has seen as many.
example() {
    local name=$1 condition=$2 time
    shift 2
    [ -e "$name.json" ] || cp -R "$ROOT/scenarios/." .
    for time in ${TIMES:-1s 10s 60s}; do
        start_target --stats stats.json "${target_options[@]}"
        TIMES=$time enough run.db "$condition" --separate-stderr "$COLDSWARM" run "$name.json" --host "$URL" -o run.db --quiet "$@" && break
        stop_target
    done
    ended 0 run.db
    stop_target
    [ "$(rows "select count(*) from requests where outcome <> 'ok'")" -eq 0 ]
    [ "$(rows 'select count(*) from requests')" -eq "$(json stats.json '$.total.received')" ]
    [ "$(rows 'select coalesce(sum(fails), 0) from checks')" -eq 0 ]
}

@test "example: login, then predict with the token" {
    local target_options=(--login)
    example login-predict 'count(distinct name) = 5 from checks'
    [ "$(rows "select count(*) from requests where name = '/login'")" -eq "$(rows 'select count(distinct user) from requests')" ]
    [ "$(rows "select count(distinct name) from checks")" -eq 5 ]
    # The token is needed: without it nothing is predicted.
    start_target --login
    echo '{"load":{"users":1,"duration":"100ms"},"tasks":[{"path":"/predict","body":"x"}]}' >bare.json
    run --separate-stderr "$COLDSWARM" run bare.json --host "$URL" -o bare.db --quiet
    [ "$(sql bare.db "select count(*) from requests where status <> 401")" -eq 0 ]
}

@test "example: the images of a folder" {
    example images 'count(distinct bytes_sent) = 2 from requests'
    # Each is as long as its file and the parts around it, so two lengths come up.
    [ "$(rows 'select count(distinct bytes_sent) from requests')" -eq 2 ]
}

@test "example: browsing in steps, by classes of users" {
    TIMES="2s 10s 60s" example browse "sum(name = 'predict and compare' and ok) > 0 and (select count(*) > 0 from checks where name like '%target is up%')
        and (select count(distinct user) = 2 from requests where name = '/predict') from iterations" -r 20
    [ "$(rows "select count(*) from iterations where name = 'predict and compare' and ok")" -gt 0 ]
    [ "$(rows "select count(distinct user) from requests where name = '/predict'")" -eq 2 ]
    [ "$(rows "select count(*) from checks where name like '%target is up%'")" -gt 0 ]
}

@test "example: a spike beside the usual load" {
    # As it is, but for the time of quiet before the crowd.
    sed 's/"start": "10s"/"start": "1s"/' "$ROOT/scenarios/spike.json" >spike.json
    grep -q '"start": "1s"' spike.json
    TIMES="2s 10s 30s" example spike "count(*) > 0 from requests where name = '/predict'"
    [ "$(rows "select min(sent_us) >= 1000000 from requests where name = '/predict'")" -eq 1 ]
    [ "$(rows "select count(*) from event where kind = 'load_start'")" -eq 2 ]
}

@test "example: soak and breakpoint" {
    example soak 'count(*) > 0 from requests'
    example breakpoint 'count(*) > 0 from requests'
}

@test "tags choose tasks and steps, and exclusion wins" {
    start_target
    cat >s.json <<'END'
{ "load": { "users": 8, "spawn_rate": 1000, "duration": "300ms" }, "wait": { "constant": "5ms" }, "tasks": [
  { "path": "/", "tags": ["x"] },
  { "path": "/health", "tags": ["y", "x"] },
  { "name": "both", "tags": ["z"], "steps": [{ "path": "/healthz" }, { "path": "/", "name": "inner", "tags": ["y"] }] } ] }
END
    names() {
        run_till t.db 'count(*) > 100 from requests' s.json --host "$URL" "$@" # draws among three tasks
        sql t.db 'select group_concat(name) from (select distinct name from requests order by 1)'
    }
    [ "$(names)" = "/,/health,/healthz,inner" ]
    [ "$(names -T x)" = "/,/health" ]
    [ "$(names --tags y)" = "/health,inner" ]
    [ "$(names -T x,z -E y)" = "/,/healthz" ]
    [ "$(names -E x -E y)" = "/healthz" ]
    run --separate-stderr "$COLDSWARM" run s.json --host "$URL" -o t2.db -T x -E x
    [ "$status" -eq 2 ]
    [[ $stderr == *"no task matches the tags"* ]]
}

@test "several loads take --run-time and none of the options about one" {
    run --separate-stderr "$COLDSWARM" run "$ROOT/scenarios/spike.json" -u 3
    [ "$status" -eq 2 ]
    [[ $stderr == *'--users applies to a single load, but this scenario has 2; change its "loads"'* ]]
    run --separate-stderr "$COLDSWARM" run "$ROOT/scenarios/spike.json" -t 2h
    [ "$status" -eq 2 ]
    [[ $stderr == *"--run-time is longer than the loads of the scenario"* ]]
}

@test "a setup that fails ends the run with its reason" {
    start_target
    echo '{"load":{"users":1,"duration":"1s"},"tasks":[{}],"setup":[{"path":"/nowhere","name":"prepare"}]}' >s.json
    run --separate-stderr "$COLDSWARM" run s.json --host "$URL" -o run.db --quiet
    [ "$status" -eq 3 ]
    [[ $stderr == *"setup: GET prepare: HTTP 404"* ]]
    [ "$(rows 'select count(*) from requests')" -eq 0 ]
}

@test "100 000 tasks are read and drawn from" {
    start_target
    only 3000
    python3 - <<'END'
import json
tasks = [{"path": "/?${only.n}", "name": f"task {i}"} for i in range(100000)]
with open("many.json", "w") as f:
    json.dump({"load": {"users": 20, "duration": "1h"}, "feeders": {"only": {"csv": "only.csv", "mode": "once"}}, "tasks": tasks}, f)
END
    # Its table has a line for each of them: not for bash to keep.
    "$COLDSWARM" run many.json --host "$URL" -r 1000 -o run.db --quiet >/dev/null
    [ "$(rows 'select count(*) from requests')" -eq 3000 ]
    [ "$(rows 'select count(*) > 0.9 * (select count(*) from requests) from (select distinct name from requests)')" -eq 1 ]
    [ "$(rows "select max(cast(substr(name, 6) as integer)) > 65535 from requests")" -eq 1 ]
}
