# Helpers for the bats files: servers with their ports, and queries on run files.
#
#   load ../support/helpers
#
# start_target and start_hostile wait until the server listens, set PORT and URL, and note its process; teardown (or stop_all,
# from a teardown of your own) ends them. Call them directly, not in $( ): what they set would be lost.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
COLDSWARM=${COLDSWARM:-$ROOT/build/release/coldswarm}
case $COLDSWARM in /*) ;; *) COLDSWARM=$ROOT/$COLDSWARM ;; esac
SCRATCH=${BATS_TEST_TMPDIR:-$BATS_FILE_TMPDIR}
STARTED_PIDS=()

teardown() {
    stop_all
}

# Ends every server that this test started.
stop_all() {
    local pid
    for pid in "${STARTED_PIDS[@]}"; do
        kill -TERM "$pid" 2>/dev/null || continue
        wait "$pid" 2>/dev/null || true
    done
    STARTED_PIDS=()
}

# wait_line FILE REGEX PID: until a line of FILE matches; prints it. Fails when the process ends first, or after 20 s.
wait_line() {
    local i
    for ((i = 0; i < 1000; i++)); do
        grep -m 1 -E "$2" "$1" 2>/dev/null && return 0
        kill -0 "$3" 2>/dev/null || break
        sleep 0.02
    done
    grep -m 1 -E "$2" "$1" 2>/dev/null && return 0
    echo "no line \"$2\" in $1:" >&2
    cat "$1" >&2
    return 1
}

# start_target [OPTION...]: `coldswarm target` on a free port. Sets PORT, URL, TARGET_PID, TARGET_ERR and TARGET_OUT (files).
start_target() {
    local line
    TARGET_ERR=$SCRATCH/target.${#STARTED_PIDS[@]}.err
    TARGET_OUT=$SCRATCH/target.${#STARTED_PIDS[@]}.out
    "$COLDSWARM" target --port 0 "$@" >"$TARGET_OUT" 2>"$TARGET_ERR" 3>&- &
    TARGET_PID=$!
    STARTED_PIDS+=("$TARGET_PID")
    line=$(wait_line "$TARGET_ERR" '^target: listening on ' "$TARGET_PID") || return 1
    URL=${line#target: listening on }
    PORT=${URL##*:}
}

# stop_target: ends the last target by SIGTERM; its exit code is the status.
stop_target() {
    kill -TERM "$TARGET_PID"
    wait "$TARGET_PID"
}

# start_hostile [OPTION...]: tests/support/hostile.py. Sets PORT, URL, HOSTILE_PID and HOSTILE_LOG (its JSON lines).
start_hostile() {
    local line out scheme=http
    out=$SCRATCH/hostile.${#STARTED_PIDS[@]}.out
    HOSTILE_LOG=$SCRATCH/hostile.${#STARTED_PIDS[@]}.log
    : >"$HOSTILE_LOG"
    python3 "$ROOT/tests/support/hostile.py" --log "$HOSTILE_LOG" "$@" >"$out" 2>&1 3>&- &
    HOSTILE_PID=$!
    STARTED_PIDS+=("$HOSTILE_PID")
    line=$(wait_line "$out" '^ready ' "$HOSTILE_PID") || return 1
    PORT=${line#ready }
    [[ " $* " == *" --tls "* ]] && scheme=https
    URL=$scheme://127.0.0.1:$PORT
}

# hostile_count [PATH]: the requests that the hostile server has seen, all or those of one path.
hostile_count() {
    python3 -c '
import json, sys
lines = [json.loads(line) for line in open(sys.argv[1])]
print(sum(1 for line in lines if len(sys.argv) < 3 or line["path"] == sys.argv[2]))' "$HOSTILE_LOG" "$@"
}

# free_port: prints a port that nobody listens on.
free_port() {
    python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# sql DB QUERY: the rows, a line each, columns joined by "|", NULL as nothing (as sqlite3's shell prints them).
sql() {
    python3 -c '
import sqlite3, sys, urllib.parse
db = sqlite3.connect("file:" + urllib.parse.quote(sys.argv[1]) + "?mode=rw", uri=True)
for row in db.execute(sys.argv[2]):
    print("|".join("" if value is None else str(value) for value in row))
db.commit()' "$1" "$2"
}

# fetch METHOD URL [BODY [HEADER...]]: one request; prints the status on the first line, then the body. Works where curl is not installed.
fetch() {
    python3 -c '
import http.client, sys, urllib.parse
method, url, body, *headers = (sys.argv[1:] + [""])[:3] + sys.argv[4:]
parts = urllib.parse.urlsplit(url)
c = http.client.HTTPConnection(parts.hostname, parts.port, timeout=20)
target = parts.path + ("?" + parts.query if parts.query else "")
c.request(method, target, body.encode() or None, dict(h.split(": ", 1) for h in headers))
r = c.getresponse()
print(r.status)
sys.stdout.flush()
sys.stdout.buffer.write(r.read())' "$@"
}
