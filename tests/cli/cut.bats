#!/usr/bin/env bats
# Every number of a report, of a whole run or a part of it, held against numpy and SQL; and what cannot be cut.

bats_require_minimum_version 1.5.0

load ../support/helpers

# The first Python that has numpy, since another one may stand before Debian's, and the run that most tests look at.
setup_file() {
    local python
    for python in python3 /usr/bin/python3; do
        "$python" -c 'import numpy' 2>/dev/null && export NUMPYS_PYTHON=$python && break
    done
    [ -n "${NUMPYS_PYTHON:-}" ] || { echo "no python3 has numpy" >&2; return 1; }
    python3 "$BATS_TEST_DIRNAME/make_run.py" "$BATS_FILE_TMPDIR/many.db" many
}

setup() {
    cd "$BATS_TEST_TMPDIR"
    cp "$BATS_FILE_TMPDIR/many.db" run.db
}

# report and check with the same options
check() {
    rm -rf out
    "$COLDSWARM" report run.db --out out --no-figures "$@" >out.txt 2>err.txt
    "$NUMPYS_PYTHON" "$BATS_TEST_DIRNAME/check_values.py" run.db out "$@"
}

@test "every number of a whole run is numpy's" {
    check
    python3 "$BATS_TEST_DIRNAME/make_run.py" small.db plain
    mv small.db run.db
    check
}

@test "so is every number of a part of it" {
    check --from 10.5 --to 20.25
    grep -q '^Cut *a part of the run: from 10.5 s to 20.25 s$' out.txt
    grep -q '^Started *2026-11-24T03:00:10.500Z$' out.txt
    check --from 30
    check --to 12
    check --name /predict
    grep -q '^Cut .*; only /predict$' out.txt
    run -1 grep -q '^GET ' out/tables.txt
    check --from 5 --to 50 --name /predict --name /
    check --from 3 --to 3.2 --name /
}

@test "a stage is the time from its begin to the next one's" {
    "$COLDSWARM" report run.db -f csv --stage 2 >stage.csv
    "$COLDSWARM" report run.db -f csv --from 20.5 --to 41 | diff - stage.csv
    "$COLDSWARM" report run.db -f csv --stage 3 >stage.csv
    "$COLDSWARM" report run.db -f csv --from 41 --to 59 | diff - stage.csv
    run -2 "$COLDSWARM" report run.db --stage 4
    [[ $output == *"no stage 4; only 3 began"* ]]
    python3 "$BATS_TEST_DIRNAME/make_run.py" plain.db
    run -2 "$COLDSWARM" report plain.db --stage 1
    [[ $output == *"has no stages"* ]]
}

@test "parts of a run add up to the whole" {
    sum=0
    for part in "--to 7" "--from 7 --to 33.3" "--from 33.3"; do
        # shellcheck disable=SC2086
        n=$("$COLDSWARM" report run.db -f json $part | json - '$.aggregated.requests')
        sum=$((sum + n))
    done
    [ "$sum" -eq "$(sql run.db 'select sum(requests) from seconds')" ]
}

@test "--warm-only leaves out what the server's log labels cold, and says why it cannot" {
    python3 "$BATS_TEST_DIRNAME/make_server_run.py" run.db
    check --warm-only
    "$COLDSWARM" report run.db -f json >all.json
    cold=$(json_sql all.json "select value->>'$.requests' from file, json_each(doc, '$.server.cold_starts')
        where value->>'$.label' = 'cold' and value->>'$.times_of' = 'client'")
    [ "$cold" -gt 0 ]
    [ $(($(json all.json '$.aggregated.requests') - $(json out/tables.json '$.aggregated.requests'))) -eq "$cold" ]
    python3 "$BATS_TEST_DIRNAME/make_server_run.py" bare.db --no-server
    run -2 "$COLDSWARM" report bare.db --warm-only
    [[ $output == *"no request log of the server"*"coldswarm import"* ]]
}

@test "a part that cannot be is an error" {
    run -2 "$COLDSWARM" report run.db --from 2m
    [[ $output == *"the part starts at 2m, but the run in run.db lasted only 60s"* ]]
    run -2 "$COLDSWARM" report run.db --from 3s --to 3s
    run -2 "$COLDSWARM" report run.db --name /predikt
    [[ $output == *"no endpoint of run.db is named /predikt; did you mean /predict?"* ]]
    run -2 "$COLDSWARM" report run.db --stage 1 --to 3s
    run -2 "$COLDSWARM" report run.db --stage 0
}

@test "a part of a run says so in every format" {
    run -0 "$COLDSWARM" report run.db --from 1 --name /
    [[ $output == *"This report covers a part of the run"*"Verdict"* ]]
    [ "$("$COLDSWARM" report run.db --from 1 --name / -f json | json - '$.run.cut')" = \
        '{"from_ms":1000,"to_ms":null,"names":["/"],"warm_only":false}' ]
    [ "$("$COLDSWARM" report run.db -f json | json_sql - "select json_type(doc, '$.run.cut') from file")" = null ]
}
