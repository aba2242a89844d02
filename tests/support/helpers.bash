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

# pause: 20 ms, without a process of its own: machines are busy when tests wait. Opened here, because it would change $! there.
exec {PAUSE_FD}<> <(:)
pause() {
    read -r -t 0.02 -u "$PAUSE_FD" || true
}

# wait_line FILE REGEX PID: until a line of FILE matches; prints it. Fails when the process ends first, or after a minute or so.
# FILE must be empty before the process is started: what redirects it empties it only when it runs.
wait_line() {
    local i line lines ended=
    for ((i = 0; i < 3000; i++)); do
        lines=()
        [ ! -e "$1" ] || mapfile lines <"$1"
        for line in "${lines[@]}"; do
            # A line without its end is still being written.
            [[ $line == *$'\n' && ${line%$'\n'} =~ $2 ]] && printf '%s' "$line" && return 0
        done
        [ -z "$ended" ] || break
        kill -0 "$3" 2>/dev/null || ended=1 # one look more: it may have written and gone since
        pause
    done
    echo "no line \"$2\" in $1:" >&2
    cat "$1" >&2
    return 1
}

# start_target [OPTION...]: `coldswarm target` on a free port. Sets PORT, URL, TARGET_PID, TARGET_ERR and TARGET_OUT (files).
start_target() {
    local line
    TARGET_ERR=$SCRATCH/target.${#STARTED_PIDS[@]}.err
    TARGET_OUT=$SCRATCH/target.${#STARTED_PIDS[@]}.out
    : >"$TARGET_ERR"
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
    : >"$HOSTILE_LOG" >"$out"
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
    grep -cF "${1:+\"path\": \"$1\"}" "$HOSTILE_LOG" || [ $? -eq 1 ]
}

# free_port: prints a port that nobody listens on. It is none of those that the system gives to connections and to port 0: one of these could
# be gone by the time that it is used. Tests that ask at the same time get different ones, because their processes have different numbers.
free_port() {
    python3 -c '
import os, socket
low = int(open("/proc/sys/net/ipv4/ip_local_port_range").read().split()[0])
first = max(low - 16000, 1024)
for port in [first + (os.getpid() + i) % (low - first) for i in range(0, low - first, 61)] + [0]:
    with socket.socket() as s:
        try:
            s.bind(("127.0.0.1", port))
        except OSError:
            continue
        print(s.getsockname()[1])
        break'
}

# fails COMMAND [ARG...]: it must end with 1, as grep without a match and cmp of two that differ do; 2 is an error of their own. Bash lets a
# test go on after a line "! COMMAND", whatever became of it.
fails() {
    local status=0
    "$@" || status=$?
    [ "$status" -eq 1 ] || { echo "status $status of: $*" >&2; return 1; }
}

# sql DB QUERY: the rows, a line each, columns joined by "|", NULL as nothing.
sql() {
    [ -e "$1" ] || { echo "no such file: $1" >&2; return 1; }
    sqlite3 -batch -init /dev/null -cmd '.timeout 5000' "$1" "$2"
}

# json FILE PATH...: what a JSON document has there (SQLite's paths, as $.run.seed or $.endpoints[0].name), joined by "|": null and what is
# missing as nothing, true as 1, an array or object as JSON without blanks. "-" is stdin.
json() {
    local file=$1 path columns=
    shift
    for path; do
        columns+=", doc->>'$path'"
    done
    json_sql "$file" "select ${columns#, } from file"
}

# json_sql FILE QUERY: a query on the document, which is the only row of the table file(doc): `select value->>'$.name' from file,
# json_each(doc, '$.endpoints')`.
json_sql() {
    local file=$1
    if [ "$file" = - ]; then
        file=$SCRATCH/stdin.json
        cat >"$file"
    fi
    sqlite3 -batch -init /dev/null :memory: \
        "create temp table file as select cast(readfile('${file//\'/\'\'}') as text) as doc; $2"
}

# stats_of URL: what the target says of itself at URL/stats, as JSON. By bash alone, because tests ask again and again.
stats_of() {
    local address=${1#http://} socket text
    exec {socket}<>"/dev/tcp/${address%:*}/${address##*:}" || return 1
    printf 'GET /stats HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n' "$address" >&"$socket"
    text=$(tr -d '\r' <&"$socket")
    exec {socket}>&-
    printf '%s\n' "${text#*$'\n\n'}"
}

# served METHOD PATH: the target's own count of the requests that it received.
served() {
    stats_of "$URL" | json_sql - "select coalesce(sum(value->>'$.received'), 0) from file, json_each(doc, '$.requests')
        where value->>'$.method' = '$1' and value->>'$.path' = '$2'"
}

# The judge of a run finds fault with a client that was late, and on a busy machine it is right: that is tested with numbers given to it
# (tests/cli/test_verdict.c). The tests here ask no machine to be punctual. They look at exit codes through these two.

# was_late DB: the verdict is that this machine kept the client from sending on time or stalled it, and nothing else.
was_late() {
    local why head tail late='^(the client (sent .* late|missed the rate|stalled)|thread [0-9]+ of the client used)'
    why=$(sql "$1" 'select verdict_reason from run')
    # A merged run may say it of several parts.
    while [[ $why =~ ^(.*)part\ [0-9]+\ of\ [0-9]+\ \(host\ [^\)]*\):\ (.*)$ ]]; do
        head=${BASH_REMATCH[1]} tail=${BASH_REMATCH[2]}
        [[ $tail =~ $late ]] || return 1
        [ -n "$head" ] || return 0
        why=$head
    done
    [[ $why =~ $late ]]
}

# ended CODE DB: the last `run` ended with CODE; or with 4, because the client was late.
ended() {
    if [ "$status" -ne "$1" ] && ! { [ "$status" -eq 4 ] && was_late "$2"; }; then
        echo "exit code $status, not $1: $(sql "$2" 'select verdict, verdict_reason from run')" >&2
        echo "$output" >&2
        return 1
    fi
}

# run_ended CODE DB: the same of the run in the background, RUN_PID.
run_ended() {
    status=0 output=
    wait "$RUN_PID" || status=$?
    ended "$@"
}

# not_blamed DB: the verdict is not INVALID; or only because requests were sent late, and not because any were not sent.
not_blamed() {
    [ "$(sql "$1" "select verdict <> 'INVALID' or verdict_reason like 'the client sent % late%' from run")" -eq 1 ] || {
        sql "$1" 'select verdict, verdict_reason from run' >&2
        return 1
    }
}

# good_run DB: its verdict is VALID, or that the client was late.
good_run() {
    [ "$(sql "$1" 'select verdict from run')" = VALID ] || was_late "$1" || {
        sql "$1" 'select verdict, verdict_reason from run' >&2
        return 1
    }
}

# file_holds DB CONDITION: whether a condition (SQL) holds of a run file, which may not be there yet.
file_holds() {
    [ "$(sqlite3 -readonly "$1" "select $2" 2>/dev/null)" = 1 ]
}

# enough DB CONDITION [RUN OPTION...] COMMAND...: `run` of a command that makes the file DB, with `-t 1s` at its end. Where the machine stalled so
# long that CONDITION (SQL) does not hold of DB, it is made again with more time. TIMES has other times, for one call.
enough() {
    local db=$1 condition=$2 time
    shift 2
    for time in ${TIMES:-1s 10s 60s}; do
        rm -f "$db" "$db"-*
        run "$@" -t "$time"
        if file_holds "$db" "$condition"; then return 0; fi
    done
    echo "never: $condition" >&2
    echo "$output" >&2
    return 1
}

# run_till DB CONDITION OPTION...: `coldswarm run` into DB, interrupted when CONDITION (SQL) holds of it. Users end what they have sent.
run_till() {
    local db=$1 condition=$2 pid i
    shift 2
    rm -f "$db" "$db"-*
    "$COLDSWARM" run "$@" -o "$db" -t 1h -s 60s --quiet >"$SCRATCH/till.out" 2>&1 3>&- &
    pid=$!
    STARTED_PIDS+=("$pid")
    for ((i = 0; i < 6000; i++)); do
        if file_holds "$db" "$condition"; then break; fi
        kill -0 "$pid" 2>/dev/null || break
        pause
    done
    kill -INT "$pid" || true
    wait "$pid" || [ $? -eq 130 ] || { cat "$SCRATCH/till.out" >&2; return 1; }
}

# only N: only.csv, beside the scenario, with N rows. A load whose tasks draw one each ends with the last of them, on a slow machine as on a quick
# one: FEED is the scenario's feeder, ONE a header for each of the tasks.
only() {
    { echo n; seq "$1"; } >only.csv
}
FEED='"feeders": { "only": { "csv": "only.csv", "mode": "once" } }'
ONE='"headers": { "X-Only": "${only.n}" }'

# until_rows N DB [CONDITION]: until the file of a run has that many requests; fails after 60 s.
until_rows() {
    local i n=0
    for ((i = 0; i < 3000; i++)); do
        n=$(sql "$2" "select count(*) from requests where ${3:-true}" 2>/dev/null) || n=0
        [ "$n" -lt "$1" ] || return 0
        pause
    done
    echo "only $n rows" >&2
    return 1
}

# fetch METHOD URL [BODY [HEADER...]]: one request; prints the status on the first line, then the body. Works where curl is not installed.
fetch() {
    python3 -c '
import http.client, sys, urllib.parse
method, url, body, *headers = (sys.argv[1:] + [""])[:3] + sys.argv[4:]
parts = urllib.parse.urlsplit(url)
c = http.client.HTTPConnection(parts.hostname, parts.port, timeout=60)
target = parts.path + ("?" + parts.query if parts.query else "")
c.request(method, target, body.encode() or None, dict(h.split(": ", 1) for h in headers))
r = c.getresponse()
print(r.status)
sys.stdout.flush()
sys.stdout.buffer.write(r.read())' "$@"
}

# start_receiver [OPTION...]: tests/support/receiver.py. Sets RECEIVER and RECEIVED, the file of what came.
start_receiver() {
    local line out=$SCRATCH/receiver.${#STARTED_PIDS[@]}.out scheme=http
    RECEIVED=$SCRATCH/receiver.${#STARTED_PIDS[@]}.jsonl
    : >"$RECEIVED" >"$out"
    python3 "$ROOT/tests/support/receiver.py" --log "$RECEIVED" "$@" >"$out" 2>&1 3>&- &
    STARTED_PIDS+=("$!")
    line=$(wait_line "$out" '^ready ' "$!") || return 1
    [[ " $* " != *" --tls "* ]] || scheme=https
    RECEIVER=$scheme://127.0.0.1:${line#ready }
}

# start_stream_server [OPTION...]: sets URL and STREAM_LOG.
start_stream_server() {
    local line scheme=http out=$SCRATCH/stream.out
    STREAM_LOG=$SCRATCH/stream.log
    : >"$STREAM_LOG" >"$out"
    python3 "$ROOT/tests/support/stream_server.py" --log "$STREAM_LOG" "$@" >"$out" 2>&1 3>&- &
    STARTED_PIDS+=("$!")
    line=$(wait_line "$out" '^ready ' "$!") || return 1
    [[ " $* " == *" --tls "* ]] && scheme=https
    URL=$scheme://127.0.0.1:${line#ready }
}

# start_metrics [OPTION...]: sets METRICS, the beginning of its URLs, and METRICS_LOG.
start_metrics() {
    local line scheme=http
    METRICS_LOG=$SCRATCH/metrics.log
    : >"$METRICS_LOG" >"$SCRATCH/metrics.out"
    python3 "$ROOT/tests/support/metrics_server.py" --log "$METRICS_LOG" "$@" >"$SCRATCH/metrics.out" 2>&1 3>&- &
    STARTED_PIDS+=($!)
    line=$(wait_line "$SCRATCH/metrics.out" '^ready ' $!) || return 1
    [[ " $* " == *" --tls "* ]] && scheme=https
    METRICS=$scheme://127.0.0.1:${line#ready }
}

# once STEPS [MORE [OPTION...]]: a user of $URL runs the steps once; r.db has a row for each of their requests. MORE: other members of the
# scenario, with a comma at their end. The run is interrupted as soon as the rows are there.
once() {
    local steps=$1 more=${2-} wanted pid i
    shift
    [ $# -eq 0 ] || shift
    cat >s.json <<END
{ "target": "$URL", "timeout": "60s", "load": { "users": 1, "duration": "60s" }, "wait": { "constant": "100s" }, $more
  "tasks": [{ "name": "t", "steps": [ $steps, { "wait": { "constant": "100s" } } ] }] }
END
    wanted=$(grep -oE '"(grpc|path)":' s.json | wc -l)
    rm -f r.db*
    "$COLDSWARM" run s.json -o r.db --quiet "$@" >out.txt 2>&1 3>&- &
    pid=$!
    for ((i = 0; i < 3000; i++)); do
        [ -e r.db ] && [ "$(sql r.db 'select count(*) from requests' 2>/dev/null || echo 0)" -ge "$wanted" ] && break
        kill -0 "$pid" 2>/dev/null || break
        sleep 0.02
    done
    kill -INT "$pid" || { cat out.txt; return 1; }
    wait "$pid" || true
}
