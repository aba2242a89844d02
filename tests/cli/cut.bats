#!/usr/bin/env bats
# Every number of a report, of a whole run or a part of it, held against numpy and SQL; and what cannot be cut.

bats_require_minimum_version 1.5.0

setup() {
    COLDSWARM=${COLDSWARM:-$BATS_TEST_DIRNAME/../../build/release/coldswarm}
    COLDSWARM=$(realpath "$COLDSWARM")
    cd "$BATS_TEST_TMPDIR"
    mkdir empty # a PATH without gnuplot: no figure is asked for here
}

# The first Python that has numpy: another one may stand before Debian's.
numpys_python() {
    for python in python3 /usr/bin/python3; do
        "$python" -c 'import numpy' 2>/dev/null && echo "$python" && return
    done
    echo "no python3 has numpy" >&2
    return 1
}

# report and check with the same options
check() {
    rm -rf out
    PATH="$PWD/empty" "$COLDSWARM" report run.db --out out "$@" >out.txt 2>err.txt
    "$(numpys_python)" "$BATS_TEST_DIRNAME/check_values.py" run.db out "$@"
}

@test "every number of a whole run is numpy's" {
    python3 "$BATS_TEST_DIRNAME/make_run.py" run.db many
    check
    python3 "$BATS_TEST_DIRNAME/make_run.py" small.db plain
    mv small.db run.db
    check
}

@test "so is every number of a part of it" {
    python3 "$BATS_TEST_DIRNAME/make_run.py" run.db many
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
    python3 "$BATS_TEST_DIRNAME/make_run.py" run.db many
    "$COLDSWARM" report run.db -f csv --stage 2 >stage.csv
    "$COLDSWARM" report run.db -f csv --from 20.5 --to 41 | diff - stage.csv
    "$COLDSWARM" report run.db -f csv --stage 3 >stage.csv
    "$COLDSWARM" report run.db -f csv --from 41 --to 59 | diff - stage.csv
    run -2 "$COLDSWARM" report run.db --stage 4
    [[ $output == *"no stage 4; 3 of them began"* ]]
    python3 "$BATS_TEST_DIRNAME/make_run.py" plain.db
    run -2 "$COLDSWARM" report plain.db --stage 1
    [[ $output == *"has no stages"* ]]
}

@test "parts of a run add up to the whole" {
    python3 "$BATS_TEST_DIRNAME/make_run.py" run.db many
    sum=0
    for part in "--to 7" "--from 7 --to 33.3" "--from 33.3"; do
        # shellcheck disable=SC2086
        n=$("$COLDSWARM" report run.db -f json $part | python3 -c 'import json, sys; print(json.load(sys.stdin)["aggregated"]["requests"])')
        sum=$((sum + n))
    done
    [ "$sum" -eq "$(python3 -c 'import sqlite3; print(sqlite3.connect("run.db").execute("select sum(requests) from seconds").fetchone()[0])')" ]
}

@test "--warm-only leaves out what the server's log labels cold, and says why it cannot" {
    python3 "$BATS_TEST_DIRNAME/make_server_run.py" run.db
    check --warm-only
    cold=$(python3 -c 'import json; print([x["requests"] for x in json.load(open("all.json"))["server"]["cold_starts"] if x["label"] == "cold" and x["times_of"] == "client"][0])' 2>/dev/null ||
        { "$COLDSWARM" report run.db -f json >all.json; python3 -c 'import json; print([x["requests"] for x in json.load(open("all.json"))["server"]["cold_starts"] if x["label"] == "cold" and x["times_of"] == "client"][0])'; })
    python3 - "$cold" <<'END'
import json, sys
whole, warm = json.load(open("all.json"))["aggregated"], json.load(open("out/tables.json"))["aggregated"]
assert int(sys.argv[1]) > 0 and whole["requests"] - warm["requests"] == int(sys.argv[1]), (whole, warm, sys.argv)
END
    python3 "$BATS_TEST_DIRNAME/make_server_run.py" bare.db --no-server
    run -2 "$COLDSWARM" report bare.db --warm-only
    [[ $output == *"no request log of the server"*"coldswarm import"* ]]
}

@test "a part that cannot be is an error" {
    python3 "$BATS_TEST_DIRNAME/make_run.py" run.db many
    run -2 "$COLDSWARM" report run.db --from 2m
    [[ $output == *"begins at 2m, but the run in run.db lasted 60s"* ]]
    run -2 "$COLDSWARM" report run.db --from 3s --to 3s
    run -2 "$COLDSWARM" report run.db --name /predikt
    [[ $output == *"no endpoint of run.db is called /predikt; did you mean /predict?"* ]]
    run -2 "$COLDSWARM" report run.db --stage 1 --to 3s
    run -2 "$COLDSWARM" report run.db --stage 0
}

@test "a part of a run says so in every format" {
    python3 "$BATS_TEST_DIRNAME/make_run.py" run.db many
    run -0 "$COLDSWARM" report run.db --from 1 --name /
    [[ $output == *"Of a part of the run"*"Verdict"* ]]
    "$COLDSWARM" report run.db --from 1 --name / -f json | python3 -c '
import json, sys
assert json.load(sys.stdin)["run"]["cut"] == {"from_ms": 1000, "to_ms": None, "names": ["/"], "warm_only": False}'
    "$COLDSWARM" report run.db -f json | python3 -c 'import json, sys; assert json.load(sys.stdin)["run"]["cut"] is None'
}
