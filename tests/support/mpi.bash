# For the suites of coldswarm-mpi: four hosts (tests/support/hosts) and a target on a fifth. Load it behind helpers.bash.

HOSTS=$ROOT/tests/support/hosts
LOCAL=$BATS_FILE_TMPDIR/hosts

# mpi_hosts [SERVICE OPTIONS...]: starts the hosts and the target, from setup_file. Skips where namespaces cannot be made.
mpi_hosts() {
    [ "$(id -u)" -eq 0 ] && unshare --net --uts --mount true 2>/dev/null || skip "network namespaces need root"
    "$HOSTS" up "$LOCAL" 4 "$BATS_RUN_TMPDIR"
    watch_hosts
    printf '%s slots=4\n' h1 h2 h3 h4 >"$LOCAL/hostfile"
    { echo '#!/bin/bash'; echo 'while [ "${1:0:1}" = - ]; do shift; done'; echo 'host=$1; shift'
        echo "exec '$HOSTS' in '$LOCAL' \"\$host\" sh -c \"\$*\""; } >"$LOCAL/rsh"
    chmod +x "$LOCAL/rsh"
    "$HOSTS" in "$LOCAL" net "$COLDSWARM" target --bind 0.0.0.0 --port 18080 "$@" >"$LOCAL/target.out" 2>"$LOCAL/target.err" 3>&- &
    echo $! >"$LOCAL/target.number"
    wait_line "$LOCAL/target.err" '^target: listening on ' $!
}

# Sanitisers of all hosts report into one folder that they all see; at the end the reports go where scripts/run-tests looks for them.
# Leaks are not looked for: the libraries of MPI have thousands, in modules that they have unloaded by then.
watch_hosts() {
    local name
    mkdir -p "$LOCAL/reports"
    for name in ASAN_OPTIONS UBSAN_OPTIONS; do
        [[ ${!name-} =~ log_path=([^:]*) ]] || continue
        REPORTS=${BASH_REMATCH[1]%/*}
        export "$name=${!name/log_path=$REPORTS/log_path=$LOCAL/reports}" REPORTS
    done
    export ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0"
}

mpi_hosts_down() {
    [ -z "${REPORTS-}" ] || cp "$LOCAL"/reports/* "$REPORTS" 2>/dev/null || true
    [ ! -s "$LOCAL/target.number" ] || kill "$(cat "$LOCAL/target.number")" || true
    "$HOSTS" down "$LOCAL" || true
}

PROGRAMS=$(dirname "$COLDSWARM")
URL=http://10.99.0.254:18080

on() { # HOST COMMAND...
    "$HOSTS" in "$LOCAL" "$@"
}

# fine CODE DB: a run ended well; or the only fault is that the client was late.
fine() {
    local why
    [ "$1" -ne 0 ] || return 0
    why=$(sql "$2" "select verdict_reason from run")
    [ "$1" -eq 4 ] && [[ $why =~ (the\ client\ (sent\ .*late|missed\ the\ rate|stalled)|of\ the\ client\ used) ]] &&
        [[ ! $why =~ (missing|interrupted|stopped|before\ its\ time) ]] && return 0
    echo "exit code $1: $why" >&2
    cat err >&2
    return 1
}

# How many requests the target has got.
served() {
    on net curl -s "$URL/stats" | json_sql - "select coalesce(sum(value->>'$.received'), 0) from file, json_each(doc)"
}

OPENMPI=(mpirun --allow-run-as-root --hostfile "$LOCAL/hostfile" --map-by node --bind-to none --mca plm_rsh_agent "$LOCAL/rsh"
    --mca btl_tcp_if_include 10.99.0.0/24 --mca oob_tcp_if_include 10.99.0.0/24)
MPICH=(mpiexec.mpich -launcher ssh -launcher-exec "$LOCAL/rsh" -hosts h1,h2,h3,h4 -iface eth0)

# swarm N OPTION...: coldswarm-mpi run (or $COMMAND) on N hosts, with Open MPI. In front, -m: with MPICH; -r: the launcher goes on when a rank dies.
swarm() {
    local mpi=openmpi recovery=--enable-recovery launcher=("${OPENMPI[@]}" -x COLDSWARM)
    [ "$1" != -m ] || { mpi=mpich recovery=-disable-auto-cleanup launcher=("${MPICH[@]}"); shift; }
    [ "$1" != -r ] || { launcher+=("$recovery"); shift; }
    local n=$1
    shift
    on h1 env "COLDSWARM=$COLDSWARM" "${launcher[@]}" -n "$n" ${WRAPPER:+"$WRAPPER"} "$PROGRAMS/mpicc.$mpi/coldswarm-mpi" "${COMMAND:-run}" "$@" 3>&-
}

# The processes of a command line in which all words are, by the words: "coldswarm-mpi" "part-2". Those of this suite have its folder.
pid_of() { # HOST PATTERN
    local pid ns
    ns=$(readlink "/proc/$(cat "$LOCAL/$1.pid")/ns/net")
    for pid in $(pgrep -f -- "$2"); do
        [ "$(readlink "/proc/$pid/ns/net" 2>/dev/null)" != "$ns" ] || { echo "$pid"; return 0; }
    done
    return 1
}

# until_true COMMAND...: waits until it succeeds, a minute or so at most.
until_true() {
    local i
    for ((i = 0; i < 3000; i++)); do
        ! "$@" >/dev/null 2>&1 || return 0
        pause
    done
    echo "never: $*" >&2
    return 1
}

# The /tmp of a host, seen from here.
tmp_of() {
    echo "/proc/$(cat "$LOCAL/$1.pid")/root/tmp"
}

# The local files of parts on a host.
local_parts() {
    on "$1" sh -c 'ls /tmp/coldswarm-*-part-*.db 2>/dev/null' || true
}
