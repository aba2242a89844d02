#!/usr/bin/env bats
# scripts/reproduce-paper, on gunicorn alone: it leaves the report and the comparison, and nothing that runs.

bats_require_minimum_version 1.5.0

setup() {
    ROOT=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
    PROGRAM=${COLDSWARM:-build/release/coldswarm}
    OUT=$BATS_TEST_TMPDIR/report
    # Every process that comes of this test inherits it.
    export MARK_OF_TEST=$BATS_TEST_TMPDIR
    cd "$ROOT" || return
}

reproduce() {
    scripts/reproduce-paper --no-cloudrun --coldswarm "$PROGRAM" --out "$OUT" --runs "$BATS_TEST_TMPDIR/runs" "$@" 3>&-
}

# services: how many gunicorns of this test there are.
services() {
    local file n=0
    for file in $(grep -lzxF "MARK_OF_TEST=$MARK_OF_TEST" /proc/[0-9]*/environ 2>/dev/null); do
        if grep -qzF gunicorn.conf.py "${file%environ}cmdline" 2>/dev/null; then
            n=$((n + 1))
        fi
    done
    echo "$n"
}

@test "the report and the table beside the paper's" {
    run --separate-stderr reproduce --run-time 3s
    [ "$status" -eq 0 ]
    [ -e "$OUT/tables.md" ]
    [ -e "$OUT/beside-the-paper.md" ]
    # The paper's numbers, and ours as report counted them.
    local requests
    requests=$(python3 -c 'import json, sys; r = json.load(open(sys.argv[1])); print(*[e["requests"] for e in r["endpoints"]], r["aggregated"]["requests"])' "$OUT/tables.json")
    # shellcheck disable=SC2086 # three numbers
    set -- $requests
    [ "$3" -gt 0 ]
    grep -qxF "| Requests | 90 | $1 | 335 | $2 | 425 | $3 |" "$OUT/beside-the-paper.md"
    grep -qE '^\| Failures \| 0 \| 0 \| 0 \| 0 \| 0 \| 0 \|$' "$OUT/beside-the-paper.md"
    grep -qE '^\| 95%ile \| 1100 \| ([0-9]+|–) \| 1300 \| ([0-9]+|–) \| 1300 \| [0-9]+ \|$' "$OUT/beside-the-paper.md"
    [ "$(services)" -eq 0 ]
}

@test "a service that cannot start: its own words, exit 3, no report" {
    MODEL=/nowhere.onnx run --separate-stderr reproduce --run-time 3s
    [ "$status" -eq 3 ]
    [[ $stderr == *"instead of listening"*"/nowhere.onnx cannot be read"* ]]
    [ ! -e "$OUT" ]
    [ "$(services)" -eq 0 ]
}

@test "no program, or one without cloudrun: said before anything starts" {
    PROGRAM=/nowhere/coldswarm run --separate-stderr reproduce
    [ "$status" -eq 3 ]
    [[ $stderr == *"/nowhere/coldswarm is not there: run make"* ]]
    run --separate-stderr scripts/reproduce-paper --coldswarm /bin/true --out "$OUT"
    [ "$status" -eq 3 ]
    [[ $stderr == *"has no command cloudrun"* ]]
}

@test "ended in the middle: nothing goes on, and there is no report" {
    local pair
    for pair in TERM:143 INT:130; do
        # A shell's background job ignores SIGINT unless its terminal's rules are on.
        set -m
        reproduce --run-time 60s >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" &
        local pid=$! i
        set +m
        for ((i = 0; i < 1200; i++)); do
            grep -q 'recording to' "$BATS_TEST_TMPDIR/err" && break
            sleep 0.1
        done
        [ "$(services)" -ge 1 ]
        kill -s "${pair%:*}" "$(pgrep -P "$pid" -f reproduce-paper)"
        local code=0
        wait "$pid" || code=$?
        [ "$code" -eq "${pair#*:}" ]
        [ "$(services)" -eq 0 ]
        [ ! -e "$OUT" ]
    done
}

@test "on the local Cloud Run: scaled from zero, and the log has what the client has" {
    run --separate-stderr scripts/reproduce-paper --coldswarm "$PROGRAM" --out "$OUT" --runs "$BATS_TEST_TMPDIR/runs" --run-time 3s \
        --linger 0 -- --pending 120s
    [ "$status" -eq 0 ]
    local db
    db=$(echo "$BATS_TEST_TMPDIR"/runs/*/run.db)
    [ "$(sqlite3 "$db" "select count(*) >= 1 from requests where outcome = 'ok'")" -eq 1 ]
    [ "$(sqlite3 "$db" 'select count(*) from server_requests')" -eq "$(sqlite3 "$db" 'select count(*) from requests')" ]
    [ "$(sqlite3 "$db" 'select count(*) >= 1, min(started_us) >= 0 from instances')" = "1|1" ]
    [ -e "$OUT/instance_count.svg" ]
    grep -qF "(\`--pending 120s\`)" "$OUT/beside-the-paper.md"
    [ "$(services)" -eq 0 ]
}
