#!/usr/bin/env bats
# bats file_tags=more,plain
# coldswarm-mpi when something dies, is stopped or is interrupted: every file is whole, and the merged run names the part.

bats_require_minimum_version 1.5.0
load ../support/helpers
load ../support/parts
load ../support/mpi

setup_file() {
    mpi_hosts
}

teardown_file() {
    mpi_hosts_down
}

setup() {
    local host
    cd "$BATS_TEST_TMPDIR"
    for host in h1 h2 h3 h4; do
        rm -f "$(tmp_of $host)"/coldswarm-*
    done
}

# A test that has failed leaves no load behind.
teardown() {
    local pid
    if [ -n "${SWARM-}" ] && kill -0 "$SWARM" 2>/dev/null; then
        for pid in $(pgrep -g "$SWARM"); do kill -TERM "$pid" 2>/dev/null || true; done
        wait "$SWARM" || true
    fi
    stop_all
}

# start [-r] OPTION...: a load of an hour or so on four hosts, in the background; returns when each part has sent something.
start() {
    local recovery=
    [ "$1" != -r ] || { recovery=-r; shift; }
    echo "{ \"target\": \"$URL\", \"load\": { \"rate\": 80, \"duration\": \"$DURATION\", \"max_users\": 8 }, \"tasks\": [{ \"path\": \"/\" }] }" >s.json
    : >err
    # In a session of its own, as a terminal's job: signals of the test go to mpirun alone.
    setsid bash -c 'source "$1"; shift; swarm "$@"' - "$BATS_TEST_TMPDIR/swarm.sh" $recovery 4 s.json -o big.db "$@" >out 2>err 3>&- &
    SWARM=$!
    local host
    wait_line err '^coldswarm-mpi: 4 parts start together' "$SWARM"
    for host in h1 h2 h3 h4; do
        until_true sends "$host"
    done
    MPIRUN=$(pid_of h1 '^mpirun ')
}

# Whether the load process of a host has sent something.
sends() {
    local db
    db=$(echo "$(tmp_of "$1")"/coldswarm-*-part-?.db)
    # SQLite itself would follow the link of that path to another /tmp.
    [ "$(on "$1" sqlite3 -readonly "/tmp/${db##*/}" "select count(*) > 5 from requests")" = 1 ]
}

ended_swarm() {
    code=0
    wait "$SWARM" || code=$?
}

# The load process of a host ends by itself, and its file passes SQLite's check and has a verdict.
whole_part() { # HOST [VERDICT]
    local db
    until_true fails pid_of "$1" '^coldswarm run '
    db=$(local_parts "$1")
    [ "$(on "$1" sqlite3 "$db" "pragma integrity_check")" = ok ]
    [ "$(on "$1" sqlite3 "$db" "select verdict from run")" = "${2-INVALID}" ]
    on "$1" sh -c "cp '$db' '$BATS_TEST_TMPDIR/part-$1.db'; rm -f /tmp/coldswarm-*"
}

# What swarm() needs, for a shell of its own.
write_swarm() {
    declare -p ROOT HOSTS LOCAL COLDSWARM PROGRAMS OPENMPI | sed 's/^declare -x/declare/'
    declare -f swarm on
}

@test "a rank is killed, and mpirun goes on: the others send to the end, and the merged run names the part that is missing" {
    write_swarm >swarm.sh
    DURATION=25s
    start -r
    kill -KILL "$(pid_of h3 'coldswarm-mpi run')"
    ended_swarm
    grep -q '^coldswarm-mpi: part 2 (host h3) is silent$' err
    [ "$(sql big.db "select verdict from run")" = INVALID ]
    [[ "$(sql big.db "select verdict_reason from run")" == "part 2 of 4 is missing: its requests are not in this file"* ]]
    [ "$(sql big.db "select group_concat(shard) from shard where duration_us > 24900000")" = 0,1,3 ]
    [ "$(sql big.db "pragma integrity_check")" = ok ]
    grep -qE '^coldswarm-mpi: part 2 [(]host h3[)]: it is lost; its file is not merged, and stays on its host: /tmp/coldswarm-.*-part-2.db' err
    # Its load process ended in order, when its rank was gone. By hand, all four are one run.
    whole_part h3
    [[ "$(sql part-h3.db "select verdict_reason from run")" == "it was stopped before its time: the agent ended: its socket was closed" ]]
}

@test "a load process is killed: the others go on, its rows are kept, and the merged run names it" {
    write_swarm >swarm.sh
    DURATION=25s
    start
    kill -KILL "$(pid_of h2 '^coldswarm run ')"
    ended_swarm
    [ "$code" = 4 ]
    grep -q '^coldswarm-mpi: part 1 (host h2): its load process was killed by signal 9$' err
    [[ "$(sql big.db "select verdict || verdict_reason from run")" == "INVALIDpart 1 of 4 (host h2): it was interrupted: its file has no end, so requests may be missing"* ]]
    [ "$(sql big.db "select group_concat(shard) from shard where duration_us > 24900000")" = 0,2,3 ]
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

@test "a rank that was stopped for a while is named and comes back; a load process that stays stopped is lost" {
    write_swarm >swarm.sh
    DURATION=25s
    start
    local pid
    pid=$(pid_of h3 'coldswarm-mpi run')
    kill -STOP "$pid"
    wait_line err '^coldswarm-mpi: part 2 [(]host h3[)] is silent$' "$SWARM"
    kill -CONT "$pid"
    ended_swarm
    grep -q '^coldswarm-mpi: part 2 (host h3) is back$' err
    fails grep -q 'counts as lost' err
    [ "$(sql big.db "select count(*) from requests")" -gt 900 ]
    [ "$(sql big.db "select count(*) from shard where verdict_reason like '%before its time%'")" = 0 ]
    rm -rf big.db
    DURATION=35s
    start
    kill -STOP "$(pid_of h3 '^coldswarm run ')"
    ended_swarm
    [ "$code" = 4 ]
    grep -q '^coldswarm-mpi: the load process of part 2 (host h3) is silent$' err
    grep -q '^coldswarm-mpi: the load process of part 2 (host h3) has been silent for 10 s and counts as lost; the others go on$' err
    [[ "$(sql big.db "select verdict_reason from run")" == *"part 2 of 4 (host h3): it was interrupted"* ]]
    [ "$(sql big.db "select group_concat(shard) from shard where duration_us > 34900000")" = 0,1,3 ]
}
