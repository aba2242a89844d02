#!/usr/bin/env bats
# bats file_tags=more
# coldswarm-mpi when a rank or a load process is stopped, and comes back or does not.

bats_require_minimum_version 1.5.0
load ../support/helpers
load ../support/parts
load ../support/mpi
load ../support/mpi_losses

@test "a rank that was stopped for a while is named and comes back; a load process that stays stopped is lost" {
    write_swarm >swarm.sh
    DURATION=1h
    local pid before
    before=$(served)
    start --web 0
    pid=$(pid_of h3 'coldswarm-mpi run')
    kill -STOP "$pid"
    wait_line err '^coldswarm-mpi: part 2 [(]host h3[)] is silent$' "$SWARM"
    # Its load goes on.
    go_on h3
    kill -CONT "$pid"
    wait_line err '^coldswarm-mpi: part 2 [(]host h3[)] is back$' "$SWARM"
    stop_load
    fails grep -q 'counts as lost' err
    [ "$(sql big.db "select count(*) from requests where outcome = 'ok'")" = $(($(served) - before)) ]
    [ "$(to_the_end)" = 0,1,2,3 ]
    rm -rf big.db
    start --web 0
    kill -STOP "$(pid_of h3 '^coldswarm run ')"
    wait_line err '^coldswarm-mpi: the load process of part 2 [(]host h3[)] has been silent for 10 s and counts as lost; the others go on$' "$SWARM"
    grep -q '^coldswarm-mpi: the load process of part 2 (host h3) is silent$' err
    go_on h1 h2 h4
    stop_load
    [ "$code" = 4 ]
    [[ "$(sql big.db "select verdict_reason from run")" == *"part 2 of 4 (host h3): it was interrupted"* ]]
    [ "$(to_the_end)" = 0,1,3 ]
}

@test "rank 0 is stopped for a while: the load goes on, nobody counts as lost, and all is in the file" {
    write_swarm >swarm.sh
    DURATION=1h
    local pid before got
    # A rank that the machine stalls for 3 s is silent by itself; not each time.
    for _ in 1 2 3; do
        rm -f big.db
        got=$(served)
        start --web 0
        pid=$(pid_of h1 '^[^ ]*/coldswarm-mpi run')
        before=$(rows_of h3)
        kill -STOP "$pid"
        # 20 a second: for about 12 s, which is longer than a rank may be silent.
        until_true has_more h3 $((before + 240))
        kill -CONT "$pid"
        stop_load
        grep -qE 'silent|lost' err || break
    done
    fails grep -qE 'silent|lost' err
    [ "$(to_the_end)" = 0,1,2,3 ]
    [ "$(sql big.db "select count(*) from requests where outcome = 'ok'")" = $(($(served) - got)) ]
    [ "$(sql big.db "select min(requests) > 240 from shard")" = 1 ]
}

@test "rank 0 stays stopped: after a minute the others end in order, and say where their files are" {
    write_swarm >swarm.sh
    DURATION=1h
    start
    kill -STOP "$(pid_of h1 '^[^ ]*/coldswarm-mpi run')"
    local host i
    for host in h2 h3 h4; do
        for i in 1 2 3; do
            if until_true fails pid_of $host '^coldswarm run '; then break; fi
        done
        whole_part $host
        [ "$(sql part-$host.db "select verdict_reason from run")" = "it was stopped before its time: rank 0 is silent" ]
    done
    # mpirun ends the job, and with rank 0 its own part.
    ended_swarm
    [ "$code" -ne 0 ]
    whole_part h1
    grep -qE 'rank 0 has been silent for 60 s; this part ends, and its file stays: /tmp/coldswarm-.*-part-[123].db' err
    run -4 "$COLDSWARM" merge merged.db part-h?.db
    [ "$(sql merged.db "select min(requests) > 5 from shard")" = 1 ]
}
