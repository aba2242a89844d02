# For suites in which parts of a load on four hosts are lost: what each test begins and ends with. Load it behind mpi.bash.

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

# start [-m] [-r] OPTION...: a load of an hour or so on four hosts, in the background; returns when each part has sent something. -m and -r as
# for swarm.
start() {
    local how=()
    while [ "${1-}" = -m ] || [ "${1-}" = -r ]; do how+=("$1"); shift; done
    echo "{ \"target\": \"$URL\", \"load\": { \"rate\": ${RATE-80}, \"duration\": \"$DURATION\", \"max_users\": 8 }, \"tasks\": [{ \"path\": \"/\" }] }" >s.json
    : >err
    # In a session of its own, as a terminal's job: signals of the test go to mpirun alone.
    setsid bash -c 'source "$1"; shift; swarm "$@"' - "$BATS_TEST_TMPDIR/swarm.sh" "${how[@]}" 4 s.json -o big.db "$@" >out 2>err 3>&- &
    SWARM=$!
    local host
    wait_line err '^coldswarm-mpi: 4 parts start together' "$SWARM"
    for host in ${SEEN-h1 h2 h3 h4}; do
        until_true sends "$host"
    done
    MPIRUN=$(pid_of h1 '^mpi(run|exec)')
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

# How many rows a host has so far.
rows_of() { # HOST
    local db
    db=$(echo "$(tmp_of "$1")"/coldswarm-*-part-?.db)
    on "$1" sqlite3 -readonly "/tmp/${db##*/}" "select count(*) from requests"
}

has_more() { # HOST ROWS
    [ "$(rows_of "$1")" -gt "$2" ]
}

# go_on HOST...: waits until each of them has sent more than it had.
go_on() {
    local host before
    for host; do
        before=$(rows_of "$host")
        until_true has_more "$host" $((before + 20))
    done
}

# stop_load: Stop on the page, which ends all parts in order, as the end of the load does. The load has --web 0.
stop_load() {
    local page
    page=$(sed -n 's/^page: //p' err)
    on h1 curl -fsS -X POST "${page}api/stop" >stopped
    ended_swarm
}

# The parts that were not ended before their time, and are in the merged file.
to_the_end() {
    sql big.db "select group_concat(shard) from (select shard from shard where duration_us > 0 and verdict_reason not like '%before its time%' and verdict_reason not like '%interrupted%' order by shard)"
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
    : "${WRAPPER=}"
    declare -p ROOT HOSTS LOCAL COLDSWARM PROGRAMS OPENMPI MPICH WRAPPER | sed 's/^declare -x/declare/'
    declare -f swarm on
}
