#!/usr/bin/env bats
# What coldswarm says about itself: rows by second, the report's section, and --calibrate.

load ../support/helpers
bats_require_minimum_version 1.5.0

setup() {
    DB=$SCRATCH/run.db
}

@test "every second of a run has a row, with shares that can be" {
    start_target
    # As many as the run has seconds; one less where the machine hung for a second, so that one look covers two. It may hang for longer, but not
    # each time.
    for _ in 1 2 3 4 5; do
        rm -f "$DB"
        run "$COLDSWARM" run --host "$URL" -u 4 -r 100 -t 1500ms -o "$DB" --threads 2 --quiet
        [ "$status" -eq 0 ]
        [ "$(sql "$DB" 'select (select count(*) from seconds) - count(*) in (0, 1) from client')" -ne 1 ] || break
    done
    [ "$(sql "$DB" 'select (select count(*) from seconds) - count(*) in (0, 1) from client')" -eq 1 ]
    [ "$(sql "$DB" 'select count(*) from client where cpu_max between 0 and 1 and cpu_sum between cpu_max and 2
         and cpu_writer between 0 and 1 and lost = 0 and open_files between 5 and 200 and ports >= 0')" \
        -eq "$(sql "$DB" 'select count(*) from client')" ]
    [ "$(sql "$DB" 'select count(*) > 0 from client where loop_lag_max_us >= loop_lag_mean_us')" -eq 1 ]
    # A closed load has no schedule to be late for.
    [ "$(sql "$DB" 'select sum(scheduled), count(dispatch_max_us) from client')" = "0|0" ]
    [ "$(sql "$DB" "select count(*) from manifest where key like 'dispatch%' or key like 'calibration%'")" -eq 0 ]
}

@test "a run at full speed shows a busy core" {
    start_target
    printf '{"target":"%s","load":{"users":20,"spawn_rate":1000,"duration":"1200ms"},"tasks":[{"path":"/"}]}' "$URL" >"$SCRATCH/s.json"
    # More time where the machine gives a core to others.
    TIMES="1200ms 10s 60s" enough "$DB" "max(cpu_max) > 0.05 and max(queued_max) > 0 from client" "$COLDSWARM" run "$SCRATCH/s.json" -o "$DB" --quiet
    [ "$status" -eq 0 ]
}

@test "the report tells of the client, in each format" {
    start_target
    run "$COLDSWARM" run --host "$URL" -u 2 -r 100 -t 1s -o "$DB"
    [ "$status" -eq 0 ]
    [[ "$output" == *"Client"*"Client CPU (peak)"*"Verdict:"* ]]
    [[ "$("$COLDSWARM" report "$DB" --format markdown)" == *"| Client CPU (peak) |"* ]]
    [ "$("$COLDSWARM" report "$DB" --format json | json_sql - "select doc->>'$.client.busiest_core' between 0 and 1, doc->>'$.client.lost',
        json_type(doc, '$.client.dispatch'), json_type(doc, '$.client.calibration') from file")" = "1|0|null|null" ]
}

@test "a file of a version that did not watch itself is reported without it" {
    python3 "$ROOT/tests/cli/make_run.py" "$DB"
    sql "$DB" 'drop view client' && sql "$DB" 'drop table client_second' && sql "$DB" 'pragma user_version = 1'
    run "$COLDSWARM" report "$DB"
    [ "$status" -eq 0 ]
    [[ "$output" == *"Request statistics"* ]]
    [[ "$output" != *"Client CPU (peak)"* ]]
}

@test "--calibrate says what the client adds, keeps it, and leaves the run's rows alone" {
    start_target
    mkdir "$SCRATCH/tmp"
    TMPDIR=$SCRATCH/tmp run --separate-stderr "$COLDSWARM" run --host "$URL" -u 3 -r 100 -t 1s -o "$DB" --calibrate
    [ "$status" -eq 0 ]
    [[ "$stderr" =~ the\ client\ adds\ ([0-9]+)\ \(p50\)\ to\ ([0-9]+)\ \(p99\)\ microseconds\ at\ this\ rate ]]
    p50=${BASH_REMATCH[1]} p99=${BASH_REMATCH[2]}
    # A loopback takes some microseconds, and no machine that can run this a second.
    [ "$p50" -ge 5 ] && [ "$p50" -le "$p99" ] && [ "$p99" -lt 1000000 ]
    [ "$(sql "$DB" "select value from manifest where key = 'calibration_p50_us'")" -eq "$p50" ]
    [ "$(sql "$DB" "select value from manifest where key = 'calibration_p99_us'")" -eq "$p99" ]
    [[ "$output" == *"the client adds $p50 (p50) to $p99 (p99) microseconds at "* ]]
    # What the target saw is what is in the file, and nothing is left where it was measured.
    [ "$(sql "$DB" 'select count(*) from requests')" -eq $(($(served GET /) + $(served POST /predict))) ]
    [ -z "$(ls -A "$SCRATCH/tmp")" ]
}

@test "--calibrate without a place to write says what to set" {
    TMPDIR=$SCRATCH/none run "$COLDSWARM" run --host http://127.0.0.1:1 -t 1s -o "$DB" --calibrate
    [ "$status" -eq 3 ]
    [[ "$output" == *"$SCRATCH/none"*"TMPDIR"* ]]
    [ ! -e "$DB" ]
}

@test "--calibrate is stopped by a signal before there is a file" {
    exec_run() { "$COLDSWARM" run --host http://127.0.0.1:1 -t 9s -o "$DB" --calibrate 2>"$SCRATCH/err" 3>&- & }
    exec_run
    pid=$!
    STARTED_PIDS+=("$pid")
    wait_line "$SCRATCH/err" '^calibrating' "$pid"
    sleep 0.3
    kill -TERM "$pid"
    code=0
    wait "$pid" || code=$?
    [ "$code" -eq 143 ]
    [ ! -e "$DB" ]
}

@test "--calibrate misspelt or with a value is refused with a hint" {
    run "$COLDSWARM" run --host http://127.0.0.1:1 --calibrat -o "$DB"
    [ "$status" -eq 2 ]
    [[ "$output" == *"--calibrate"* ]]
    run "$COLDSWARM" run --host http://127.0.0.1:1 --calibrate=yes -o "$DB"
    [ "$status" -eq 2 ]
    [[ "$output" == *"--calibrate"* ]]
    [ ! -e "$DB" ]
    [[ "$("$COLDSWARM" run --help)" == *"--calibrate"* ]]
}
