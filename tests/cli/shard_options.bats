#!/usr/bin/env bats
# run --shard: which part it is, what a part leaves to the whole, and what cannot be a part.

bats_require_minimum_version 1.5.0
load ../support/helpers
load ../support/parts

setup() {
    cd "$BATS_TEST_TMPDIR"
}

@test "only part 0 sends setup and teardown; no part evaluates thresholds or fails for failed requests" {
    start_hostile
    echo "{ \"target\": \"$URL\", \"load\": { \"rate\": 40, \"duration\": \"2s\", \"max_users\": 4 },
        \"setup\": [{ \"path\": \"/ok?up\" }], \"teardown\": [{ \"path\": \"/ok?down\" }],
        \"thresholds\": { \"http_reqs\": [{ \"threshold\": \"rate>30\", \"abortOnFail\": true }], \"http_req_failed\": [\"rate<0.01\"] },
        \"tasks\": [{ \"path\": \"/status/500\" }] }" >s.json
    parts "2" 1
    [ "$(all 2 "select count(*) from requests where outcome = 'http_error'" | sum)" = 80 ]
    [ "$(hostile_count '/ok?up') $(hostile_count '/ok?down')" = "1 1" ]
    [ "$(all 2 "select count(*) from manifest where key = 'thresholds'" | sum)" = 2 ]
    "$COLDSWARM" report p2-1.db | grep -qE '^Part +1/2 [(]from 0[)] of a load'
    run -2 "$COLDSWARM" gate p2-1.db -e 'http_reqs rate>1'
    [[ $output == *"p2-1.db is part 1/2 of a load; thresholds are evaluated on the whole: coldswarm merge"* ]]
    "$COLDSWARM" report p2-0.db | fails grep -qi threshold
    fails grep -qi threshold err2-0 out2-0
}

@test "--shard auto takes the part from the launcher; a job array comes before Slurm's own numbers" {
    start_target
    echo "{ \"target\": \"$URL\", \"load\": { \"users\": 9, \"spawn_rate\": 100, \"duration\": \"1s\" }, $TASKS }" >s.json
    auto() { # the variables; the part is printed, or why not
        env "$@" "$COLDSWARM" run s.json --seed 7 --shard auto --start-at 2001-01-01T00:00:00Z 2>&1 || true
    }
    part() { # what the file of a part says
        local at want=$1 wait
        shift
        for wait in 3 20 60; do
            at=$(date -u -d "+$wait seconds" +%FT%TZ)
            rm -f a.db
            env "$@" "$COLDSWARM" run s.json --seed 7 --shard auto --start-at "$at" -o a.db --quiet >out 2>err || grep -q INVALID err out || true
            [ ! -e a.db ] || break
        done
        [ "$(sql a.db "select value from manifest where key = 'shard'")" = "$want" ] || { cat err; return 1; }
    }
    part 2/4 SLURM_ARRAY_TASK_ID=7 SLURM_ARRAY_TASK_MIN=5 SLURM_ARRAY_TASK_COUNT=4 SLURM_PROCID=0 SLURM_NTASKS=1
    part 1/3 OMPI_COMM_WORLD_RANK=1 OMPI_COMM_WORLD_SIZE=3
    part 4/5 JOB_COMPLETION_INDEX=4 COLDSWARM_SHARDS=5
    refuse() { # words variables...
        local words=$1
        shift
        run -2 env "$@" "$COLDSWARM" run s.json --seed 7 --shard auto --start-at "$(date -u -d '+1 hour' +%FT%TZ)" -o a.db
        [[ $output == *"$words"* ]] || { echo "$output"; return 1; }
    }
    rm -f a.db
    refuse "the environment has no SLURM_NTASKS" SLURM_PROCID=1
    refuse "Kubernetes does not give the number of pods" JOB_COMPLETION_INDEX=4
    refuse 'PMI_SIZE is "many", which is no whole number' PMI_RANK=1 PMI_SIZE=many
    refuse "CLOUD_RUN_TASK_INDEX: part 3 of 3 does not exist; parts are numbered from 0 to 2" CLOUD_RUN_TASK_INDEX=3 CLOUD_RUN_TASK_COUNT=3
    refuse "COLDSWARM_SHARDS: the number of parts must be from 1 to 10000, not 0" JOB_COMPLETION_INDEX=0 COLDSWARM_SHARDS=0
    refuse "no launcher has set" NOTHING=1
    [ ! -e a.db ]
}

@test "--shard auto: a job array in steps is numbered from 0, and one with gaps is refused by every task" {
    start_target
    echo "{ \"target\": \"$URL\", \"load\": { \"users\": 9, \"spawn_rate\": 100, \"duration\": \"1s\" }, $TASKS }" >s.json
    task() { # words, then the numbers of the task, the first and the last, the step and how many
        run -2 env SLURM_ARRAY_TASK_ID="$2" SLURM_ARRAY_TASK_MIN="$3" SLURM_ARRAY_TASK_MAX="$4" SLURM_ARRAY_TASK_STEP="$5" SLURM_ARRAY_TASK_COUNT="$6" \
            "${@:7}" "$COLDSWARM" run s.json --seed 7 --shard auto --start-at "$(date -u -d '+1 hour' +%FT%TZ)" -o a.db
        [[ $output == *"$1"* ]] || { echo "$output"; return 1; }
    }
    local n
    for n in 1 5 9; do
        task "the numbers have gaps; use --array=0-2" $n 1 9 1 3
    done
    task "the numbers have gaps" 2 1 7 2 4
    task "several processes may be the same part" 1 0 3 1 4 SLURM_PROCID=1 SLURM_NTASKS=2
    [ ! -e a.db ]
}

@test "--shard auto: the innermost launcher counts, and one that is started by several tasks of another is refused" {
    start_target
    echo "{ \"target\": \"$URL\", \"load\": { \"users\": 9, \"spawn_rate\": 100, \"duration\": \"1s\" }, $TASKS }" >s.json
    is() { # the part that a machine says it is, then the variables
        local at want=$1 wait
        shift
        for wait in 2 20 60; do
            at=$(date -u -d "+$wait seconds" +%FT%TZ)
            rm -f a.db
            env "$@" "$COLDSWARM" run s.json --seed 7 --shard auto --start-at "$at" -o a.db --quiet >out 2>err || grep -q INVALID err out || true
            [ ! -e a.db ] || break
        done
        [ "$(sql a.db "select value from manifest where key = 'shard'")" = "$want" ] || { cat err; return 1; }
    }
    # mpirun in a job of Slurm: all of its processes have the numbers of the step that it is.
    is 2/4 SLURM_PROCID=0 SLURM_NTASKS=4 OMPI_COMM_WORLD_RANK=2 OMPI_COMM_WORLD_SIZE=4
    is 1/3 SLURM_PROCID=0 SLURM_NTASKS=1 PMI_RANK=1 PMI_SIZE=3
    is 3/4 SLURM_ARRAY_TASK_ID=7 SLURM_ARRAY_TASK_MIN=1 SLURM_ARRAY_TASK_MAX=7 SLURM_ARRAY_TASK_STEP=2 SLURM_ARRAY_TASK_COUNT=4
    is 6/8 SLURM_ARRAY_TASK_ID=1234566 SLURM_ARRAY_TASK_MIN=1234560 SLURM_ARRAY_TASK_COUNT=8
    rm a.db
    run -2 env JOB_COMPLETION_INDEX=1 COLDSWARM_SHARDS=4 OMPI_COMM_WORLD_RANK=0 OMPI_COMM_WORLD_SIZE=2 \
        "$COLDSWARM" run s.json --seed 7 --shard auto --start-at "$(date -u -d '+1 hour' +%FT%TZ)" -o a.db
    [[ $output == *"this is OMPI_COMM_WORLD_RANK 0 and also JOB_COMPLETION_INDEX 1"* ]]
    [ ! -e a.db ]
}

@test "what cannot be a part is refused with exit code 2, and leaves no file" {
    start_target
    echo "{ \"target\": \"$URL\", \"load\": { \"users\": 3, \"spawn_rate\": 100, \"duration\": \"1s\" }, $TASKS }" >s.json
    local later
    later=$(date -u -d '+1 hour' +%FT%TZ)
    refuse() { # words options...
        local words=$1
        shift
        run -2 "$COLDSWARM" run s.json -o a.db "$@"
        [[ $output == *"$words"* ]] || { echo "$output"; return 1; }
        [ ! -e a.db ]
    }
    refuse "--shard needs --seed, the same for all parts" --shard 0/2 --start-at $later
    refuse "--shard needs --start-at, the same for all parts" --shard 0/2 --seed 1
    refuse "part 3 of 3 does not exist; parts are numbered from 0 to 2" --shard 3/3 --seed 1 --start-at $later
    refuse "the number of parts must be from 1 to 10000" --shard 0/0 --seed 1 --start-at $later
    for part in 1 /2 1/ -1/2 1/2x 1/99999999999 1.5/2 ''; do
        refuse "write I/N, such as 2/8" --shard "$part" --seed 1 --start-at $later
    done
    refuse "the load has 3 users, which is too few for 4 parts" --shard 0/4 --seed 1 --start-at $later
    refuse "--start-at 2999-01-01T00:00:00Z: write a UTC time" --shard 0/2 --seed 1 --start-at 2999-01-01T00:00:00Z
    refuse "--start-at tomorrow: write a UTC time" --shard 0/2 --seed 1 --start-at tomorrow
    # A date that does not exist, and a time that is another one in each time zone.
    refuse "write a UTC time" --shard 0/2 --seed 1 --start-at "$(date -u +%Y)-02-30T00:00:00Z"
    refuse "write a UTC time with its Z" --shard 0/2 --seed 1 --start-at "$(date -u -d '+1 hour' +%FT%T)"
    refuse "that is in 9 days; a run waits 7 days at most, so check the date" --shard 0/2 --seed 1 --start-at "$(date -u -d '+9 days +2 hours' +%FT%TZ)"
    refuse "a run waits 7 days at most" --start-at 2200-01-01T00:00:00Z
    refuse "s ago; nothing is sent" --shard 0/2 --seed 1 --start-at 2001-01-01T00:00:00Z
    refuse "s ago; nothing is sent" --start-at 2001-01-01T00:00:00Z
    for option in "--csv x" "--html x" "--report x" "--repeat 2" --calibrate; do
        # shellcheck disable=SC2086
        refuse "${option%% *} is of a whole run; leave it out" --shard 0/2 --seed 1 --start-at $later $option
    done
    refuse "leave --repeat out" --start-at $later --repeat 2
    echo "{ \"target\": \"$URL\", \"load\": { \"rate\": 3, \"duration\": \"1s\", \"max_users\": 1 }, $TASKS }" >s.json
    refuse 'too few for 2 parts; each part needs one ("max_users")' --shard 0/2 --seed 1 --start-at $later
    echo "{ \"target\": \"$URL\", \"load\": { \"users\": 3, \"spawn_rate\": 100, \"duration\": \"1s\" },
        \"setup\": [{ \"name\": \"login\", \"path\": \"/\", \"capture\": { \"t\": { \"header\": \"Date\" } } }], $TASKS }" >s.json
    refuse 'the setup captures values (login), which the other parts cannot know' --shard 1/2 --seed 1 --start-at $later
    printf 'n\n1\n2\n' >rows.csv
    unique() { # what ends
        echo "{ \"target\": \"$URL\", \"load\": { \"users\": 3, \"spawn_rate\": 100, \"duration\": \"1s\" },
            \"feeders\": { \"f\": { \"csv\": \"rows.csv\", \"mode\": \"unique\", \"ends\": \"$1\" } }, \"tasks\": [{ \"path\": \"/?\${f.n}\" }] }" >s.json
    }
    unique run
    refuse 'the feeder f has 2 rows for 3 users, and a user without one ends the run, of which other parts would not know; add rows, or write "ends": "user"' \
        --shard 1/2 --seed 1 --start-at $later
    # If only users end, it is a part.
    unique user
    : >err
    "$COLDSWARM" run s.json -o a.db --seed 1 --shard 1/2 --start-at "$later" >out 2>err 3>&- &
    wait_line err "^part 1 of 2, starts at" $!
    kill -INT $!
    wait $! || [ $? -eq 130 ]
}

@test "a load that is too large for one machine says how many parts it needs; each of them runs its own" {
    start_hostile
    echo "{ \"target\": \"$URL\", \"load\": { \"rate\": 10000000, \"duration\": \"100ms\", \"max_users\": 10000000 }, \"tasks\": [{ \"path\": \"/ok\" }] }" >rate.json
    echo "{ \"target\": \"$URL\", \"load\": { \"users\": 10000000, \"spawn_rate\": 10000000, \"duration\": \"1100ms\" },
        \"wait\": { \"constant\": \"1h\" }, \"tasks\": [{ \"path\": \"/ok\" }] }" >users.json
    "$COLDSWARM" validate rate.json
    refuse() { # words options...
        run -2 "$COLDSWARM" run "${@:2}" -o a.db
        [[ $output == *"$1"* ]] || { echo "$output" && false; }
        [ ! -e a.db ]
    }
    local later n
    later=$(date -u -d '+1 hour' +%FT%TZ)
    refuse "the load has 10000000 users, and one machine runs at most 1000000: split it into 10 or more parts (--shard I/N" users.json
    refuse "split it into 10 or more parts" users.json --shard 0/9 --seed 1 --start-at "$later"
    refuse "the load has up to 10000000 requests per second, and one machine sends at most 100000: split it into 100 or more parts" \
        rate.json --shard 0/99 --seed 1 --start-at "$later"
    refuse "split it into 2 or more parts" --host "$URL" --rate 100001
    fails grep -q path "$HOSTILE_LOG"
    # Part 7 of 10000 has the arrivals 7, 10007, ... and the users 9999, 19999, ...: one each millisecond.
    part() {
        local wait code
        for wait in 3 20 60; do
            rm -f "$2"
            code=0
            "$COLDSWARM" run "$1" --shard "$3/10000" --seed 1 --start-at "$(date -u -d "+$wait seconds" +%FT%TZ)" -o "$2" --quiet >out 2>err || code=$?
            [ $code -eq 2 ] || break
        done
        [ $code -eq 0 ] || [ $code -eq 4 ] || { cat err && false; }
    }
    part rate.json rate.db 7
    [ "$(sql rate.db "select count(*), min(intended_us), max(intended_us), min(user % 10000), max(user % 10000) from requests")" = "100|0|99000|7|7" ]
    part users.json users.db 9999
    [ "$(sql users.db "select count(*), count(distinct user), min(user), max(user) from requests")" = "1000|1000|9999|9999999" ]
}

@test "a setup that outlasts the start ends the part: nothing of the load is sent, and no file is left" {
    start_target --service-time 4s
    echo "{ \"target\": \"$URL\", \"load\": { \"users\": 3, \"spawn_rate\": 100, \"duration\": \"1s\" }, \"setup\": [{ \"path\": \"/predict\", \"method\": \"POST\", \"body\": \"x\" }], $TASKS }" >s.json
    run -2 "$COLDSWARM" run s.json -o a.db --seed 1 --shard 0/2 --start-at "$(date -u -d '+3 seconds' +%FT%TZ)"
    [[ $output == *"s ago; nothing was sent"* || $output == *"s ago; nothing is sent"* ]]
    [ ! -e a.db ]
}

@test "a part says when it starts; a signal before that ends it: nothing was sent, and no file is in the way of the next try" {
    start_hostile
    echo "{ \"target\": \"$URL\", \"load\": { \"users\": 3, \"spawn_rate\": 100, \"duration\": \"1s\" }, \"tasks\": [{ \"path\": \"/ok\" }] }" >s.json
    local at signal pid code
    for signal in INT TERM HUP; do
        for shard in "--shard 1/2" ""; do
            : >err
            at=$(date -u -d '+2 hours' +%FT%TZ)
            # shellcheck disable=SC2086
            "$COLDSWARM" run s.json -o a.db --seed 1 $shard --start-at "$at" >out 2>err 3>&- &
            pid=$!
            wait_line err "${shard:+part 1 of 2, }starts at ${at%Z}.000Z, in 1h 59m" $pid
            [ -e a.db ]
            kill -$signal $pid
            code=0
            wait $pid || code=$?
            [ $code -eq $((128 + $(kill -l $signal))) ]
            [ ! -e a.db ]
            grep -q "not started: SIG$signal" err
        done
    done
    fails grep -q path "$HOSTILE_LOG"
}
