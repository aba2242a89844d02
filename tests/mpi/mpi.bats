#!/usr/bin/env bats
# bats file_tags=more
# coldswarm-mpi on four hosts: one load, one file, one stop; and what keeps it from starting.

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
    cd "$BATS_TEST_TMPDIR"
}

scenario() { # LOAD [MORE KEYS]
    echo "{ \"target\": \"$URL\", \"load\": $1, \"tasks\": [{ \"name\": \"a\", \"path\": \"/\", \"weight\": 2 }, { \"name\": \"b\", \"path\": \"/?b\" }] ${2-} }" >s.json
}

# The merged run is the schedule of one machine, whole, and the target has counted as many. A busy machine may make the client late.
is_whole() { # DB SERVED-BEFORE
    fine "$code" "$1"
    on net "$COLDSWARM" run s.json --seed 7 --threads 2 -o one.db --quiet >one.out 2>&1 || fine $? one.db
    local both
    both=$(sql "$1" "select count(*) from requests")
    [ "$both" -gt 100 ]
    sql "$1" "select intended_us, name from requests" | sort >got
    sql one.db "select intended_us, name from requests" | sort | cmp got -
    [ "$(sql "$1" "select count(*) from requests where outcome <> 'ok'")" = 0 ]
    [ "$(($(served) - $2))" = $((2 * both)) ]
    [ "$(sql "$1" "select group_concat(shard || host) from shard")" = 0h1,1h2,2h3,3h4 ]
    [ "$(sql "$1" "select count(*) from shard where offset_us is null or offset_bound_us not between 0 and 1000000")" = 0 ]
    [ "$(sql "$1" "pragma integrity_check")" = ok ]
}

# Nothing was sent, and there is no file.
nothing() { # SERVED-BEFORE
    [ "$(served)" = "$1" ]
    [ "$(ls | grep -c '\.db' || true)" = 0 ]
    local host
    for host in h1 h2 h3 h4; do
        [ "$(local_parts $host)" = "" ]
    done
}

@test "help and man page are those of coldswarm, with the options of a whole load" {
    "$PROGRAMS/mpicc.openmpi/coldswarm-mpi" run --help >help
    grep -q '^usage: coldswarm-mpi run ' help
    for option in --rate --threshold --out --keep-parts --on-lost --report; do
        grep -qE -- "^ +(-., )? *$option( |$)" help
    done
    fails grep -qE -- '--(shard|control|start-at|csv|repeat) ' help
    "$PROGRAMS/mpicc.openmpi/coldswarm-mpi" --man >page
    run --separate-stderr groff -man -ww -Tascii -P-cbou page
    [ -z "$stderr" ]
    [[ $output == "COLDSWARM-MPI(1)"*"coldswarm-mpi run [SCENARIO.json]"* ]]
    [ -z "$(mandoc -T lint -W warning page | grep -v 'WARNING: missing date')" ]
    [ "$("$PROGRAMS/mpicc.openmpi/coldswarm-mpi" --version)" = "$("$COLDSWARM" --version)" ]
    [ "$("$PROGRAMS/mpicc.openmpi/coldswarm-mpi" --version --json)" = "$("$COLDSWARM" --version --json)" ]
    "$PROGRAMS/mpicc.openmpi/coldswarm-mpi" capacity --help >help
    grep -q '^usage: coldswarm-mpi capacity ' help
    for option in --slo --unit --max-time --resume --ready-timeout; do
        grep -qE -- "^ +(-., )? *$option( |$)" help
    done
    run -2 "$PROGRAMS/mpicc.openmpi/coldswarm-mpi" report
    [[ $output == *"the first word must be run or capacity"* ]]
}

@test "Open MPI: four hosts send the schedule of one machine, and rank 0 has one file; no part stays behind" {
    scenario '{ "rate": 200, "duration": "3s", "max_users": 40, "arrivals": "poisson" }'
    local before code=0 host
    before=$(served)
    swarm 4 s.json --seed 7 -o runs/big.db >out 2>err || code=$?
    is_whole runs/big.db "$before"
    grep -q '^coldswarm-mpi: 4 parts start together' err
    grep -q '^Part .* Clock offset (ms)' out
    grep -q '^Every request is in runs/big.db' out
    [ "$(ls runs)" = big.db ]
    for host in h1 h2 h3 h4; do
        [ "$(local_parts $host)" = "" ]
    done
}

@test "MPICH does the same; --keep-parts keeps the files of the parts, which can be merged again" {
    scenario '{ "rate": 200, "duration": "3s", "max_users": 40 }'
    local before code=0
    before=$(served)
    on h1 env "COLDSWARM=$COLDSWARM" "${MPICH[@]}" -n 4 "$PROGRAMS/mpicc.mpich/coldswarm-mpi" run s.json --seed 7 -o big.db \
        --keep-parts >out 2>err 3>&- || code=$?
    is_whole big.db "$before"
    [ "$(ls big.db.parts)" = "$(printf 'part-%d.db\n' 0 1 2 3)" ]
    "$COLDSWARM" merge again.db big.db.parts/*.db || fine $? again.db
    [ "$(sql again.db "select count(*) from requests")" = "$(sql big.db "select count(*) from requests")" ]
    code=0
    on h1 env "COLDSWARM=$COLDSWARM" "${MPICH[@]}" -n 2 "$PROGRAMS/mpicc.openmpi/coldswarm-mpi" run s.json -o no.db >out 2>&1 3>&- || code=$?
    [ "$code" -ne 0 ]
    grep -q 'the launcher has started 2 ranks, but MPI finds only this one' out
    [ ! -e no.db ]
}

@test "a threshold with abortOnFail is evaluated on the sum: what no part holds alone, all hold together" {
    scenario '{ "rate": 200, "duration": "6s", "max_users": 40 }' \
        ', "thresholds": { "http_reqs": [{ "threshold": "rate>150", "abortOnFail": true }], "http_req_failed": ["rate<0.01"] }'
    local code
    # A machine that stalls for seconds has less; not each time.
    for _ in 1 2 3; do
        rm -f good.db
        code=0
        swarm 4 s.json -o good.db >out 2>err || code=$?
        grep -q 'which ends the run' err || break
    done
    fine "$code" good.db
    [ "$(sql good.db "select duration_us >= 5900000 from run")" = 1 ]
    grep -q '^ok  *http_reqs  *rate>150 abortOnFail' out
    # The whole has 200/s. After about 2 s it is certain that this is not above 250.
    code=0
    scenario '{ "rate": 200, "duration": "1h", "max_users": 40 }' ', "thresholds": { "http_reqs": [{ "threshold": "rate>250", "abortOnFail": true }] }'
    swarm 4 s.json -o bad.db >out 2>err || code=$?
    [ "$(sql bad.db "select verdict from run")" = INVALID ] || [ "$code" = 99 ] || { cat err; return 1; }
    [ "$(sql bad.db "select duration_us < 120000000 from run")" = 1 ]
    grep -q '^coldswarm-mpi: threshold http_reqs rate>250 abortOnFail failed at .*s, which ends the run' err
    [[ "$(sql bad.db "select value from manifest where key = 'thresholds_end'")" == *" http_reqs rate>250 abortOnFail" ]]
    [ "$(sql bad.db "select count(*) from shard where verdict_reason like '%before its time%'")" = 0 ]
}

@test "what the setup of part 0 captures, all parts send; setup and teardown come once" {
    local log=$LOCAL/hostile.log pid code=0
    : >"$log" >"$LOCAL/hostile.out"
    on net python3 "$ROOT/tests/support/hostile.py" --log "$log" --bind 0.0.0.0 >"$LOCAL/hostile.out" 2>&1 3>&- &
    pid=$!
    STARTED_PIDS+=("$pid")
    local line
    line=$(wait_line "$LOCAL/hostile.out" '^ready ' "$pid")
    echo "{ \"target\": \"http://10.99.0.254:${line#ready }\", \"load\": { \"rate\": 40, \"duration\": \"2s\", \"max_users\": 8 },
        \"setup\": [{ \"path\": \"/echo?secret-4711\", \"capture\": { \"token\": { \"regex\": \"secret-([0-9]+)\", \"group\": 1 } } }],
        \"teardown\": [{ \"path\": \"/ok?down-\${token}\" }], \"tasks\": [{ \"name\": \"x\", \"path\": \"/ok?\${token}\" }] }" >s.json
    swarm 4 s.json -o big.db >out 2>err || code=$?
    fine "$code" big.db
    [ "$(grep -c '/ok?4711' "$log")" = 80 ]
    [ "$(grep -cF '/echo?secret-4711' "$log") $(grep -cF '/ok?down-4711' "$log")" = "1 1" ]
    # The teardown is the last of all.
    tail -1 "$log" | grep -qF '/ok?down-4711'
}

@test "a part that does not confirm the start in time is named, the start is put off, and then it is that of all" {
    local log=$LOCAL/hostile.log server swarm held code=0
    : >"$log" >"$LOCAL/hostile.out"
    on net python3 "$ROOT/tests/support/hostile.py" --log "$log" --bind 0.0.0.0 >"$LOCAL/hostile.out" 2>&1 3>&- &
    server=$!
    STARTED_PIDS+=("$server")
    local line
    line=$(wait_line "$LOCAL/hostile.out" '^ready ' "$server")
    # Its load process is stopped while all wait for the setup.
    echo "{ \"target\": \"http://10.99.0.254:${line#ready }\", \"load\": { \"rate\": 40, \"duration\": \"2s\", \"max_users\": 8 },
        \"setup\": [{ \"path\": \"/ok?first\" }, { \"path\": \"/hold\" }], \"tasks\": [{ \"name\": \"x\", \"path\": \"/ok?x\" }] }" >s.json
    : >err
    swarm 4 s.json -o big.db >out 2>err &
    swarm=$!
    wait_line "$log" '/ok[?]first' "$swarm"
    held=$(pid_of h3 '^coldswarm run ')
    kill -STOP "$held"
    pkill -USR1 -f "hostile.py --log $log"
    wait_line err '^coldswarm-mpi: the start is put off, because these parts did not confirm it in time: part 2 [(]host h3[)]$' "$swarm"
    kill -CONT "$held"
    wait "$swarm" || code=$?
    fine "$code" big.db
    grep -q '^coldswarm-mpi: 4 parts start together' err
    [ "$(grep -cF '/ok?x' "$log")" = 80 ]
    [ "$(sql big.db "select count(distinct shard) from shard where requests > 0")" = 4 ]
}

@test "a rank without the program, or with another scenario: rank 0 names the host, and nothing is sent" {
    scenario '{ "rate": 200, "duration": "3s", "max_users": 40 }'
    local before code=0
    before=$(served)
    # Only h3 cannot run it.
    mkdir bin
    cp "$COLDSWARM" bin/coldswarm
    on h3 mount --bind /dev/null bin/coldswarm
    COLDSWARM=$PWD/bin/coldswarm
    on h1 env "COLDSWARM=$COLDSWARM" "${OPENMPI[@]}" -x COLDSWARM -n 4 "$PROGRAMS/mpicc.openmpi/coldswarm-mpi" run s.json -o big.db >out 2>err 3>&- || code=$?
    on h3 umount bin/coldswarm
    [ "$code" = 3 ] || { cat err; return 1; }
    grep -qE "^coldswarm-mpi: not started: part 2 [(]host h3[)]: cannot start $PWD/bin/coldswarm: Permission denied" err
    nothing "$before"
    # h2 has another file.
    sed 's/200/100/' s.json >other.json
    on h2 mount --bind other.json s.json
    code=0
    on h1 env "COLDSWARM=$COLDSWARM" "${OPENMPI[@]}" -x COLDSWARM -n 4 "$PROGRAMS/mpicc.openmpi/coldswarm-mpi" run s.json -o big.db >out 2>err 3>&- || code=$?
    on h2 umount s.json
    [ "$code" = 2 ] || { cat err; return 1; }
    grep -qE '^coldswarm-mpi: not started: part 0 [(]host h1[)] and part 1 [(]host h2[)] would not run one load: "load_[a-z_]*" differs' err
    nothing "$before"
}

@test "mistakes that all hosts make are said once, and the exit code is that of one machine" {
    local before code=0
    before=$(served)
    scenario '{ "rate": 200, "duration": "3s", "max_users": 3 }'
    swarm 4 s.json -o big.db >out 2>err || code=$?
    [ "$code" = 2 ]
    [ "$(grep -c '^coldswarm-mpi: not started: all 4 parts: --shard: the load has 3 users, which is too few for 4 parts' err)" = 1 ]
    [ "$(grep -c '^coldswarm' err)" = 1 ]
    code=0
    echo '{ "load": 1 }' >s.json
    swarm 4 s.json -o big.db >out 2>err || code=$?
    [ "$code" = 2 ]
    [ "$(grep -c '^coldswarm-mpi: not started: all 4 parts: s.json:1:1: "tasks" is missing' err)" = 1 ]
    code=0
    swarm 2 s.json --thresholt x >out 2>err || code=$?
    [ "$code" = 2 ]
    [ "$(grep -c 'unknown option --thresholt; did you mean --threshold' err)" = 1 ]
    for option in --shard=0/2 --control=3 --start-at=2026-11-29T12:00:00Z --csv=x --repeat=3 --replay=x --calibrate; do
        run -2 "$PROGRAMS/mpicc.openmpi/coldswarm-mpi" run s.json $option
        [[ $output == *"unknown option ${option%=*}"* ]]
    done
    nothing "$before"
    # A file that is there is not overwritten, nor are parts of an earlier run.
    scenario '{ "rate": 200, "duration": "3s", "max_users": 40 }'
    echo precious >big.sqlite
    code=0
    swarm 2 s.json -o big.sqlite >out 2>err || code=$?
    [ "$code" = 3 ]
    grep -q 'cannot create big.sqlite: it already exists' err
    [ "$(cat big.sqlite)" = precious ]
    [ "$(served)" = "$before" ]
}

@test "an environment that is wrong on one host: rank 0 names the host, and nothing is sent" {
    scenario '{ "rate": 200, "duration": "3s", "max_users": 40 }'
    local before code
    before=$(served)
    WRAPPER=$PWD/other
    try() { # CODE TEXT VARIABLE=VALUE
        printf '#!/bin/sh\n[ "$(hostname)" != h2 ] || export "%s"\nexec "$@"\n' "$3" >other
        chmod +x other
        code=0
        swarm 4 s.json -o big.db >out 2>err || code=$?
        [ "$code" = "$1" ] && grep -q "^coldswarm-mpi: not started: part 1 (host h2): $2" err && [ "$(grep -c '^coldswarm' err)" = 1 ] || { cat err; return 1; }
        nothing "$before"
    }
    try 3 'environment variable COLDSWARM_RATE (for --rate): "lots" is not a number' COLDSWARM_RATE=lots
    try 3 'its file cannot be written to the folder /no/such: No such file or directory; set TMPDIR to one on a local disk of this host$' TMPDIR=/no/such
}

@test "a part that does not become ready, or a full disk on one host: named, and nothing is sent" {
    scenario '{ "rate": 200, "duration": "3s", "max_users": 40 }'
    local before code ready
    before=$(served)
    # h4: a program that never says anything.
    printf '#!/bin/sh\n[ "$(hostname)" != h4 ] || exec sleep 60\nexec %s "$@"\n' "$COLDSWARM" >slow
    chmod +x slow
    # More time where the machine stalls, so that the others need it.
    for ready in 3s 20s 50s; do
        code=0
        on h1 env "${OPENMPI[@]}" -x "COLDSWARM=$PWD/slow" -n 4 "$PROGRAMS/mpicc.openmpi/coldswarm-mpi" run s.json -o big.db --ready-timeout $ready >out 2>err 3>&- || code=$?
        grep -q 'not ready in time: .*part [012] ' err || break
    done
    [ "$code" = 3 ] || { cat err; return 1; }
    grep -q '^coldswarm-mpi: not started: these parts were not ready in time: part 3 (host h4)$' err
    nothing "$before"
    on h2 sh -c "mkdir -p $PWD/tmp && mount -t tmpfs -o size=64k tmpfs $PWD/tmp && dd if=/dev/zero of=$PWD/tmp/full bs=1k count=60 status=none"
    code=0
    printf '#!/bin/sh\n[ "$(hostname)" != h2 ] || export TMPDIR=%s/tmp\nexec "$@"\n' "$PWD" >small
    chmod +x small
    on h1 env "COLDSWARM=$COLDSWARM" "${OPENMPI[@]}" -x COLDSWARM -n 4 ./small "$PROGRAMS/mpicc.openmpi/coldswarm-mpi" run s.json -o big.db >out 2>err 3>&- || code=$?
    on h2 umount "$PWD/tmp"
    [ "$code" = 3 ] || { cat err; return 1; }
    grep -qE '^coldswarm-mpi: not started: part 1 [(]host h2[)]: .*(disk|space|full)' err
    [ "$(served)" = "$before" ]
    [ ! -e big.db ]
}

# bats test_tags=plain
@test "the folder of a part on a network file system: rank 0 says so, with the host, and the load is sent" {
    scenario '{ "rate": 40, "duration": "1s", "max_users": 8 }'
    echo '#include <sys/vfs.h>
        int statfs(const char *path, struct statfs *s) { (void)path; *s = (struct statfs){.f_type = 0x6969}; return 0; }' >statfs.c
    cc -shared -fPIC -o nfs.so statfs.c
    printf '#!/bin/sh\n[ "$(hostname)" != h2 ] || export LD_PRELOAD=%s/nfs.so\nexec "$@"\n' "$PWD" >shared
    chmod +x shared
    local code=0
    WRAPPER=$PWD/shared swarm 4 s.json -o big.db >out 2>err || code=$?
    fine "$code" big.db
    cat err
    [ "$(grep -c 'is on NFS' err)" = 1 ]
    grep -q '^coldswarm-mpi: part 1 (host h2): /tmp is on NFS: run files that are being written belong on a local disk; set TMPDIR$' err
    [ "$(sql big.db "select count(*) from requests")" = 40 ]
}

# libfaketime and the sanitisers both have to be loaded first.
# bats test_tags=plain
@test "clocks 5 s apart, and one that counts from elsewhere: found, and the start is common all the same" {
    scenario '{ "rate": 100, "duration": "3s", "max_users": 40 }'
    # h3: the time of day is 5 s ahead. h4: the machine has been up for 1234 s longer.
    { echo '#!/bin/sh'; echo '[ "$(hostname)" != h4 ] || exec unshare --time --fork --monotonic 1234 "$@"'
        echo '[ "$(hostname)" != h3 ] || export FAKETIME=+5s FAKETIME_DONT_FAKE_MONOTONIC=1 LD_PRELOAD='"$(dpkg -L libfaketime | grep 'libfaketime.so.1$')"
        echo 'exec "$@"'; } >shifted
    chmod +x shifted
    local code=0
    on h1 env "COLDSWARM=$COLDSWARM" "${OPENMPI[@]}" -x COLDSWARM -n 4 ./shifted "$PROGRAMS/mpicc.openmpi/coldswarm-mpi" run s.json --seed 7 -o big.db >out 2>err 3>&- || code=$?
    fine "$code" big.db
    # Found to within what it says, and what it says is less than the difference.
    [ "$(sql big.db "select abs(offset_us - 5000000) <= offset_bound_us + 20000, offset_bound_us < 1000000 from shard where shard = 2")" = "1|1" ]
    [ "$(sql big.db "select count(*) from shard where shard <> 2 and abs(offset_us) > offset_bound_us + 20000")" = 0 ]
    [ "$(sql big.db "select count(*) from run where verdict_reason like '%clock%'")" = 0 ]
    [ "$(sql big.db "select abs(value - 1234000000000) <= 1000000000 from shard_manifest where shard = 3 and key = 'clock_monotonic_offset_ns'")" = 1 ]
    # All parts call the same moment their start.
    [ "$(sql big.db "select count(distinct value) from shard_manifest where key = 'started_us'")" = 1 ]
    # The machine is one: the requests of all parts were there in the order of the schedule, not 5 s apart.
    [ "$(sql big.db "select max(duration_us) < 60000000 from shard")" = 1 ]
}
