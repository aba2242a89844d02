#!/usr/bin/env bats
# bats file_tags=more,plain
# A Slurm cluster of four nodes: srun with both MPIs, a job array without MPI, scancel.

bats_require_minimum_version 1.5.0
load ../support/helpers
load ../support/parts
load ../support/mpi

CLUSTER=$ROOT/tests/support/cluster

setup_file() {
    [ "$(id -u)" -eq 0 ] && unshare --uts --mount true 2>/dev/null || skip "a cluster on one machine needs root"
    chmod 755 "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR/file" "$BATS_FILE_TMPDIR"
    "$CLUSTER" up "$BATS_FILE_TMPDIR/slurm" 4 "$BATS_RUN_TMPDIR"
}

teardown_file() {
    "$CLUSTER" down "$BATS_FILE_TMPDIR/slurm"
}

setup() {
    export SLURM_CONF=$BATS_FILE_TMPDIR/slurm/slurm.conf COLDSWARM
    cd "$BATS_TEST_TMPDIR"
    start_target
}

scenario() { # LOAD
    echo "{ \"target\": \"$URL\", \"load\": $1, \"tasks\": [{ \"name\": \"a\", \"path\": \"/\", \"weight\": 2 }, { \"name\": \"b\", \"path\": \"/?b\" }] }" >s.json
}

# The merged run is the schedule of one machine, one part a node.
is_whole() { # DB
    "$COLDSWARM" run s.json --seed 7 --threads 2 -o one.db --quiet >one.out 2>&1 || fine $? one.db
    sql "$1" "select intended_us, name from requests" | sort >got
    [ "$(wc -l <got)" -gt 100 ]
    sql one.db "select intended_us, name from requests" | sort | cmp got -
    [ "$(sql "$1" "select group_concat(host) from (select host from shard order by host)")" = n1,n2,n3,n4 ]
    [ "$(sql "$1" "pragma integrity_check")" = ok ]
}

@test "srun --mpi=pmix with Open MPI, and --mpi=pmi2 with MPICH: one run of four nodes" {
    scenario '{ "rate": 200, "duration": "3s", "max_users": 40, "arrivals": "poisson" }'
    local code=0
    srun -N4 -n4 --mpi=pmix "$PROGRAMS/mpicc.openmpi/coldswarm-mpi" run s.json --seed 7 -o big.db >out 2>err 3>&- || code=$?
    fine "$code" big.db
    is_whole big.db
    grep -q '^Every request is in big.db' out
    rm -f one.db
    code=0
    srun -N4 -n4 --mpi=pmi2 "$PROGRAMS/mpicc.mpich/coldswarm-mpi" run s.json --seed 7 -o pich.db >out 2>err 3>&- || code=$?
    fine "$code" pich.db
    is_whole pich.db
    # srun has rank 0's exit code: the file is there.
    code=0
    srun -N4 -n4 --mpi=pmix "$PROGRAMS/mpicc.openmpi/coldswarm-mpi" run s.json -o big.db >out 2>err 3>&- || code=$?
    [ "$code" = 3 ] || { cat err; return 1; }
    grep -q 'cannot create big.db: it already exists' err
    # Without --mpi, each rank would be alone.
    code=0
    srun -N4 -n4 "$PROGRAMS/mpicc.mpich/coldswarm-mpi" run s.json -o alone.db >out 2>err 3>&- || code=$?
    [ "$code" -ne 0 ]
    grep -q 'the launcher has started 4 ranks, but MPI finds only this one' err
    [ ! -e alone.db ]
}

@test "sbatch --array runs the parts without MPI; merge makes one run of them" {
    scenario '{ "rate": 200, "duration": "3s", "max_users": 40 }'
    local wait at i
    for wait in 5 30 90; do
        rm -f part-*.db
        at=$(date -u -d "+$wait seconds" +%FT%TZ)
        printf '#!/bin/sh\nexec "%s" run s.json --seed 7 --shard auto --start-at %s -o part-$SLURM_ARRAY_TASK_ID.db --quiet\n' "$COLDSWARM" "$at" >job.sh
        sbatch --wait --array=5-8 -N1 -n1 -o job-%a.out job.sh >out 2>err 3>&- || true
        [ "$(ls part-*.db | wc -l)" != 4 ] || break
    done
    "$COLDSWARM" merge big.db part-[5-8].db || [ $? = 4 ]
    is_whole big.db
}

@test "scancel ends all parts in order: each file is whole" {
    scenario '{ "rate": 80, "duration": "1h", "max_users": 8 }'
    mkdir tmp
    : >err
    # The parts' folder is seen by all nodes here, so that the test can look; srun is the job.
    TMPDIR=$PWD/tmp srun -N4 -n4 --mpi=pmix "$PROGRAMS/mpicc.openmpi/coldswarm-mpi" run s.json -o big.db >out 2>err 3>&- &
    local pid=$! part code=0
    until_true bash -c 'for i in 0 1 2 3; do [ "$(sqlite3 -readonly tmp/coldswarm-*-part-$i.db "select count(*) > 5 from requests")" = 1 ] || exit 1; done'
    scancel "$(squeue -h -o %i)"
    wait "$pid" || code=$?
    [ "$code" -ne 0 ]
    # Rank 0 may have collected the files before Slurm killed it, or not.
    if [ -e big.db ]; then
        [ "$(sql big.db "select verdict from run")" = INVALID ]
        [ "$(sql big.db "select count(*) from shard where requests > 5")" = 4 ]
    else
        until_true bash -c '! pgrep -f "^coldswarm run .*--out=$0/" ' "$PWD/tmp"
        for part in 0 1 2 3; do
            part=$(ls tmp/coldswarm-*-part-$part.db)
            [ "$(sql "$part" "pragma integrity_check")" = ok ]
            [ "$(sql "$part" "select verdict is not null from run")" = 1 ]
        done
        run -4 "$COLDSWARM" merge all.db tmp/coldswarm-*-part-?.db
        [[ $output == *"INVALID: part 0 of 4 "* ]]
    fi
}

@test "scancel ends a search for capacity: the steps before are kept, and it goes on with srun" {
    echo '{ "load": { "users": 1, "duration": "5s" }, "wait": { "constant": "20ms" }, "tasks": [{ "path": "/" }] }' >s.json
    mkdir tmp
    : >err
    local pid code=0
    TMPDIR=$PWD/tmp srun -N2 -n2 --mpi=pmix "$PROGRAMS/mpicc.openmpi/coldswarm-mpi" capacity s.json -H "$URL" --unit users --from 2 --to 64 \
        --slo 'http_req_failed rate<0.5' --step 1s --settle 200ms --cool-down 0s --accept-suspect --no-figures -o cap >out 2>err 3>&- &
    pid=$!
    wait_line err '^step 2: ' "$pid"
    scancel "$(squeue -h -o %i)"
    wait "$pid" || code=$?
    [ "$code" -ne 0 ]
    [ "$(json cap/capacity.json '$.steps[1].load')" = 4 ]
    [[ $(json cap/capacity.json '$.end') == @(stopped|interrupted) ]]
    until_true fails pgrep -f "^coldswarm run .*--out=$PWD/tmp/"
    code=0
    srun -N2 -n2 --mpi=pmix "$PROGRAMS/mpicc.openmpi/coldswarm-mpi" capacity --resume cap --to 8 --quiet >out 2>err 3>&- || code=$?
    cat out err
    [ "$code" = 0 ]
    [ "$(json cap/capacity.json '$.kind' '$.capacity.interval[0]')" = "above|8" ]
}
