#!/usr/bin/env bats
# bats file_tags=more
# coldswarm-mpi capacity: one search, each step by three hosts.

bats_require_minimum_version 1.5.0
load ../support/helpers
load ../support/parts
load ../support/mpi

# Four at a time, 40 ms each: with u users, a response takes u / 4 * 40 ms. 16 users wait for 160 ms, 17 for 170 ms.
setup_file() {
    mpi_hosts --service-time 40ms --concurrency 4
}

teardown_file() {
    mpi_hosts_down
}

setup() {
    cd "$BATS_TEST_TMPDIR"
    echo "{ \"target\": \"$URL\", \"load\": { \"users\": 1, \"duration\": \"5s\" }, \"tasks\": [{ \"path\": \"/\" }] }" >s.json
    SEARCH=(s.json --slo 'http_req_duration p(60)<168' --unit users --from 3 --to 48 --step 1s --settle 200ms --cool-down 0s
        --precision 20 --accept-suspect --no-figures --threads 1 -o cap)
}

# hunt OPTION...: with mpirun, on three hosts.
hunt() {
    local options=()
    [ "$1" != -r ] || { options=(-r); shift; }
    COMMAND=capacity swarm "${options[@]}" 3 "$@"
}

# Whether the load process of a host has sent something.
has_rows() { # HOST
    on "$1" sh -c 'sqlite3 -readonly /tmp/coldswarm-*-part-?.db "select 1 / (count(*) > 0) from requests"' | grep -q 1
}

nothing_is_left() {
    local host
    [ "$(ls -d cap/*.parts* 2>/dev/null || true)" = "" ]
    for host in h1 h2 h3; do
        until_true fails pid_of $host '^coldswarm run '
        [ "$(local_parts $host)" = "" ]
    done
}

@test "each step is a merged run of all ranks, the interval is that of the service, and its cost is known" {
    local before code=0 file sum=0
    before=$(served)
    hunt "${SEARCH[@]}" --slo 'http_req_failed rate<0.5' --instances 4 --billing instance >out 2>err || code=$?
    cat out err
    [ "$code" = 0 ]
    [ "$(json cap/capacity.json '$.kind' '$.limited_by')" = "found|http_req_duration p(60)<168" ]
    # A busy machine makes it less, never more than one user beyond the formula.
    [ "$(json_sql cap/capacity.json "select doc->>'$.capacity.interval[0]' <= 17 from file")" = 1 ]
    grep -q '^Capacity: between ' out
    grep -q '^Cost at ' out
    for file in cap/step-*.db; do
        [ "$(sql "$file" "select group_concat(shard || host) from shard")" = 0h1,1h2,2h3 ]
        [ "$(sql "$file" "pragma integrity_check")" = ok ]
        sum=$((sum + $(sql "$file" "select count(*) from requests where outcome <> 'not_sent'")))
    done
    # The target has seen as many. A request that the end of a step cancelled may not have reached it.
    [ "$(($(served) - before))" -le "$sum" ]
    [ "$(($(served) - before))" -ge $((sum * 9 / 10)) ]
    [ "$(ls cap/step-*.db | wc -l)" = "$(json_sql cap/capacity.json "select json_array_length(doc->'$.steps') from file")" ]
    nothing_is_left
    "$COLDSWARM" report cap >again
    cmp out again
    "$COLDSWARM" gate cap --min-capacity 2
}

@test "MPICH does the same; fewer users than ranks, and other mistakes, are said once" {
    local code=0
    COMMAND=capacity swarm -m 2 "${SEARCH[@]}" --loads 2,30 --quiet >out 2>err || code=$?
    cat out err
    [ "$code" = 2 ]
    [ "$(grep -c -- '^coldswarm: --loads names the loads, so it cannot be combined with --from' err)" = 1 ]
    code=0
    hunt s.json --slo 'http_req_duration p(60)<168' --unit users --loads 2,30 -o cap >out 2>err || code=$?
    cat err
    [ "$code" = 2 ]
    grep -q 'the lowest load is 2 users, but each of the 3 parts needs one' err
    [ ! -e cap ]
    code=0
    COMMAND=capacity swarm -m 2 s.json --slo 'http_req_duration p(60)<168' --unit users --loads 2,30 --step 1s --settle 200ms --cool-down 0s \
        --accept-suspect --no-figures --quiet -f csv -o cap >out 2>err || code=$?
    cat out err
    [ "$code" = 0 ]
    [ "$(cut -d, -f1 out | paste -sd' ')" = "load 2 30" ]
    [ "$(sql cap/step-002.db "select group_concat(shard || host) from shard")" = 0h1,1h2 ]
}

@test "a rank is killed: the search ends with the interval so far, and --resume goes on with the others" {
    local code pid steps
    # On a busy machine the step may be over before the rank is killed.
    for _ in 1 2 3 4 5; do
        rm -rf cap
        : >err
        code=0
        hunt -r "${SEARCH[@]}" >out 2>err &
        pid=$!
        wait_line err '^step 2: ' "$pid"
        until_true pid_of h2 '^coldswarm run '
        until_true has_rows h2
        kill -KILL "$(pid_of h2 '^[^ ]*/coldswarm-mpi capacity')"
        wait "$pid" || code=$? # Open MPI exits with 0 in any case
        cat out err
        # What the killed rank had stays on its host.
        until_true fails pid_of h2 '^coldswarm run '
        [ "$(grep -c 'so the step is not whole' err)" -eq 0 ] || break
        on h2 sh -c 'rm -f /tmp/coldswarm-*'
    done
    on h2 sh -c 'rm /tmp/coldswarm-*-part-1.db*'
    grep -q 'part 1 (host h2) is lost.*so the step is not whole, and the search ends' err
    [ "$(json cap/capacity.json '$.end' '$.steps[1].load')" = "stopped|6" ]
    grep -q '^Capacity: ' out
    steps=$(json_sql cap/capacity.json "select json_array_length(doc->'$.steps') from file")
    [ "$steps" -ge 2 ]
    [ "$(ls cap/step-*.db | wc -l)" = "$steps" ]
    code=0
    COMMAND=capacity swarm 2 --resume cap --quiet >out 2>err || code=$?
    cat out err
    [ "$code" = 0 ]
    [ "$(json cap/capacity.json '$.kind')" = found ]
    [ "$(sql cap/step-002.db "select count(*) from shard")" = 3 ]
    [ "$(sql "$(ls cap/step-*.db | tail -1)" "select count(*) from shard")" = 2 ]
}

@test "a rank is killed between two steps: that is noticed at once, and the search ends with the interval so far" {
    local code=0 pid
    # A pause of an hour between them, instead of none.
    hunt -r "${SEARCH[@]/#0s/1h}" >out 2>err &
    pid=$!
    wait_line err '^step 1: ' "$pid"
    kill -KILL "$(pid_of h2 '^[^ ]*/coldswarm-mpi capacity')"
    wait "$pid" || code=$?
    cat out err
    grep -q '^coldswarm-mpi: part 1 (host h2) is silent$' err
    grep -q '^coldswarm: part 1 (host h2) has been silent for 10 s and counts as lost, so the search ends$' err
    [ "$(json cap/capacity.json '$.end' '$.steps[0].load')" = "stopped|3" ]
    [ "$(ls cap/step-*.db)" = cap/step-001.db ]
    grep -q '^Capacity: ' out
    nothing_is_left
}

@test "a signal at rank 0: the interval so far at once, the step that went on is not kept, and no part is left" {
    local code=0 pid
    hunt "${SEARCH[@]}" >out 2>err &
    pid=$!
    wait_line err '^step 2: ' "$pid"
    kill -TERM "$(pid_of h1 '^[^ ]*/coldswarm-mpi capacity')"
    wait "$pid" || code=$?
    cat out err
    [ "$code" = 143 ]
    [ "$(json cap/capacity.json '$.end' '$.steps[1].load')" = "stopped|6" ]
    grep -q '^Capacity: ' out
    [ "$(ls cap/step-*.db | wc -l)" = "$(json_sql cap/capacity.json "select json_array_length(doc->'$.steps') from file")" ]
    nothing_is_left
}

@test "Ctrl-C of mpirun, which kills the ranks a second later: the steps before are kept, and the parts end" {
    local code=0 pid host
    hunt "${SEARCH[@]}" >out 2>err &
    pid=$!
    wait_line err '^step 2: ' "$pid"
    kill -INT "$(pid_of h1 '^mpirun ')"
    wait "$pid" || code=$?
    [ "$code" -ne 0 ]
    [ "$(json cap/capacity.json '$.steps[1].load')" = 6 ]
    [[ $(json cap/capacity.json '$.end') == @(stopped|interrupted) ]]
    for host in h1 h2 h3; do
        until_true fails pid_of $host '^coldswarm run '
    done
    "$COLDSWARM" report cap >/dev/null
    on h1 sh -c 'rm -f /tmp/coldswarm-*'; on h2 sh -c 'rm -f /tmp/coldswarm-*'; on h3 sh -c 'rm -f /tmp/coldswarm-*'
}
