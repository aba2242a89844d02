#!/usr/bin/env bats
# bats file_tags=more
# coldswarm-mpi when something dies, is stopped or is interrupted: every file is whole, and the merged run names the part.

bats_require_minimum_version 1.5.0
load ../support/helpers
load ../support/parts
load ../support/mpi
load ../support/mpi_losses

@test "a rank is killed, and mpirun goes on: the others send to the end, and the merged run names the part that is missing" {
    write_swarm >swarm.sh
    DURATION=1h
    start -r --web 0
    kill -KILL "$(pid_of h3 'coldswarm-mpi run')"
    wait_line err '^coldswarm-mpi: part 2 [(]host h3[)] has been silent for 10 s and counts as lost; the others go on$' "$SWARM"
    go_on h1 h2 h4
    stop_load
    grep -q '^coldswarm-mpi: part 2 (host h3) is silent$' err
    [ "$(sql big.db "select verdict from run")" = INVALID ]
    [[ "$(sql big.db "select verdict_reason from run")" == *"part 2 of 4 is missing: its requests are not in this file"* ]]
    [ "$(to_the_end)" = 0,1,3 ]
    [ "$(sql big.db "pragma integrity_check")" = ok ]
    grep -qE '^coldswarm-mpi: part 2 [(]host h3[)]: it is lost; its file is not merged, and stays on its host: /tmp/coldswarm-.*-part-2.db' err
    # Its load process ended in order, when its rank was gone. By hand, all four are one run.
    whole_part h3
    [[ "$(sql part-h3.db "select verdict_reason from run")" == "it was stopped before its time: the agent ended: its socket was closed" ]]
}

@test "a load process is killed: the others go on, its rows are kept, and the merged run names it" {
    write_swarm >swarm.sh
    DURATION=1h
    start --web 0
    kill -KILL "$(pid_of h2 '^coldswarm run ')"
    wait_line err '^coldswarm-mpi: part 1 [(]host h2[)]: its load process was killed by signal 9$' "$SWARM"
    go_on h1 h3 h4
    stop_load
    [ "$code" = 4 ]
    [[ "$(sql big.db "select verdict || verdict_reason from run")" == "INVALID"*"part 1 of 4 (host h2): it was interrupted: its file has no end, so requests may be missing"* ]]
    [ "$(to_the_end)" = 0,2,3 ]
    [ "$(sql big.db "select requests > 5 from shard where shard = 1")" = 1 ]
    [ "$(sql big.db "pragma integrity_check")" = ok ]
    local host
    for host in h1 h2 h3 h4; do
        [ "$(local_parts $host)" = "" ]
    done
}

@test "--on-lost stop: when a load process is killed, all end" {
    write_swarm >swarm.sh
    DURATION=1h
    start --on-lost stop
    kill -KILL "$(pid_of h2 '^coldswarm run ')"
    ended_swarm
    [ "$code" = 4 ]
    [ "$(sql big.db "select verdict from run")" = INVALID ]
    [ "$(sql big.db "select count(*) from shard where shard <> 1 and verdict_reason like 'it was stopped before its time: part 1 (host h2) is lost'")" = 3 ]
}

@test "mpirun is killed, or ends all ranks because one died: all parts end in order, and their files can be merged" {
    write_swarm >swarm.sh
    DURATION=1h
    local host how
    for how in mpirun rank; do
        start
        if [ $how = mpirun ]; then
            kill -KILL "$MPIRUN"
        else
            kill -KILL "$(pid_of h3 'coldswarm-mpi run')"
        fi
        ended_swarm
        [ "$code" -ne 0 ]
        for host in h1 h2 h3 h4; do
            whole_part $host
        done
        run -4 "$COLDSWARM" merge merged.db part-h?.db
        [[ $output == *"INVALID: part 0 of 4 (host h1): it was stopped before its time: "* ]]
        [ "$(sql merged.db "select min(requests) > 5 from shard")" = 1 ]
        rm -rf ./*.db big.db.parts
    done
}

@test "Ctrl-C and SIGTERM: all parts end in order" {
    write_swarm >swarm.sh
    DURATION=1h
    local host number
    for number in INT TERM; do
        start
        kill -$number "$MPIRUN"
        ended_swarm
        [ "$code" -ne 0 ]
        # mpirun ends its ranks within a second or so: rank 0 may have had the time to collect, or not.
        if [ -e big.db ]; then
            [ "$(sql big.db "select verdict from run")" = INVALID ]
            [ "$(sql big.db "select count(*) from shard where requests > 5")" = 4 ]
        else
            for host in h1 h2 h3 h4; do
                [ "$(local_parts $host)" = "" ] || whole_part $host
            done
        fi
        rm -rf ./*.db big.db.parts
    done
    # A signal to one rank alone, as from `scancel --signal`: all stop, and rank 0 has the file.
    start
    kill -TERM "$(pid_of h4 'coldswarm-mpi run')"
    ended_swarm
    [ "$code" = 143 ]
    grep -q '^coldswarm-mpi: signal 15: the parts send no new requests' err
    [ "$(sql big.db "select count(*) from shard where verdict_reason like 'a signal ended it before its time%' and exit_code = 143")" = 4 ]
}

@test "MPICH: a rank or its load process is killed" {
    write_swarm >swarm.sh
    DURATION=1h
    local host
    # mpiexec ends all ranks if one dies: all parts end in order.
    start -m
    kill -KILL "$(pid_of h3 '^[^ ]*/coldswarm-mpi run')"
    ended_swarm
    [ "$code" -ne 0 ]
    for host in h1 h2 h3 h4; do
        whole_part $host
    done
    run -4 "$COLDSWARM" merge merged.db part-h?.db
    rm -rf ./*.db big.db.parts
    # If it is not to, the others go on.
    start -m -r --web 0
    kill -KILL "$(pid_of h3 '^[^ ]*/coldswarm-mpi run')"
    wait_line err '^coldswarm-mpi: part 2 [(]host h3[)] has been silent for 10 s and counts as lost; the others go on$' "$SWARM"
    go_on h1 h2 h4
    stop_load
    [[ "$(sql big.db "select verdict || verdict_reason from run")" == "INVALID"*"part 2 of 4 is missing: its requests are not in this file"* ]]
    [ "$(to_the_end)" = 0,1,3 ]
    whole_part h3
    rm -rf ./*.db
    start -m --web 0
    kill -KILL "$(pid_of h2 '^coldswarm run ')"
    wait_line err '^coldswarm-mpi: part 1 [(]host h2[)]: its load process was killed by signal 9$' "$SWARM"
    go_on h1 h3 h4
    stop_load
    [ "$code" = 4 ]
    [[ "$(sql big.db "select verdict || verdict_reason from run")" == "INVALID"*"part 1 of 4 (host h2): it was interrupted"* ]]
}

@test "the disk of one host becomes full: that part ends with its rows so far, the others go on, and the run names it" {
    on h2 sh -c "mkdir -p $PWD/tmp && mount -t tmpfs -o size=1m tmpfs $PWD/tmp"
    printf '#!/bin/sh\n[ "$(hostname)" != h2 ] || export TMPDIR=%s/tmp\nexec "$@"\n' "$PWD" >small
    chmod +x small
    WRAPPER=$PWD/small
    write_swarm >swarm.sh
    # Its file is elsewhere, so start() does not look at it.
    DURATION=1h RATE=4000 SEEN="h1 h3 h4"
    start --keep-parts --web 0
    wait_line err '^coldswarm-mpi: part 1 [(]host h2[)]: cannot write .*: the disk is full' "$SWARM"
    go_on h1 h3 h4
    stop_load
    [ "$code" = 4 ]
    grep -qE '^coldswarm-mpi: part 1 [(]host h2[)]: cannot write .*-part-1.db: the disk is full .*; requests in the file: [1-9]' err
    grep -qE '^coldswarm-mpi: part 1 [(]host h2[)]: .*the disk is full.*; its file is not merged, and stays on its host: .*-part-1.db' err
    [[ "$(sql big.db "select verdict || verdict_reason from run")" == "INVALID"*"part 1 of 4 is missing: its requests are not in this file"* ]]
    [ "$(to_the_end)" = 0,2,3 ]
    # On another disk its file is whole, and can be merged with the others.
    on h2 sh -c "cd $PWD/tmp; for i in *-part-1.db*; do cp \$i ../h2.\${i#*-part-1.}; done"
    on h2 umount "$PWD/tmp"
    [ "$(sql h2.db "pragma integrity_check")" = ok ]
    run -4 "$COLDSWARM" merge all.db big.db.parts/*.db h2.db
    [ "$(sql all.db "select requests from shard where shard = 1")" -gt 100 ]
}
