# For bats suites of coldswarm cloudrun: an emulator on a free port, and Python on what it wrote. Load it behind helpers.bash.

SERVICE=$ROOT/tests/support/service.py

# find_python, in setup_file: the interpreter itself, and no wrapper that needs seconds to find it: these tests wait for starts.
find_python() {
    PYTHON=$(python3 -c 'import sys; print(sys.executable)')
    export PYTHON
}

# start_cloudrun [OPTION...] -- COMMAND...: sets PORT, URL, PID, LOG, METRICS, ERR and OUT (files).
start_cloudrun() {
    local line
    LOG=$SCRATCH/log.json METRICS=$SCRATCH/metrics.json ERR=$SCRATCH/cloudrun.err OUT=$SCRATCH/cloudrun.out
    : >"$ERR"
    "$COLDSWARM" cloudrun --port 0 --log "$LOG" --metrics "$METRICS" "$@" >"$OUT" 2>"$ERR" 3>&- &
    PID=$!
    STARTED_PIDS+=("$PID")
    line=$(wait_line "$ERR" '^cloudrun: listening on ' "$PID") || return 1
    URL=${line#cloudrun: listening on }
    PORT=${URL##*:}
}

# How much memory the emulator may take, in kB. A sanitised one keeps what was freed, hundreds of MB of it: that tells nothing.
peak_kb() {
    case $COLDSWARM in */build/address/*) echo 4000000 ;; *) echo 60000 ;; esac
}

stop_cloudrun() {
    kill -INT "$PID"
    wait "$PID"
}

# client CODE [ARG...]: Python with the helpers below; `entries()` are the log's, `args` the arguments.
client() {
    local code=$1
    shift
    "$PYTHON" -c '
import hashlib, http.client, json, os, re, socket, subprocess, sys, time
from concurrent.futures import ThreadPoolExecutor
port, log, args = int(sys.argv[1]), sys.argv[2], sys.argv[3:]
def get(path="/", method="GET", body=None, headers={}, timeout=60, **more):
    c = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        c.request(method, path, body, headers, **more)
        r = c.getresponse()
        return r.status, r.headers, r.read()
    finally:
        c.close()
def connect():
    return socket.create_connection(("127.0.0.1", port), timeout=20)
def read_all(s):
    back = b""
    try:
        while piece := s.recv(65536):
            back += piece
    except ConnectionResetError:
        pass
    return back
def raw(data):
    with connect() as s:
        s.sendall(data)
        return read_all(s)
def together(n, function):
    with ThreadPoolExecutor(n) as pool:
        return list(pool.map(function, range(n)))
def entries(kind=None):
    found = [json.loads(line) for line in open(log) if line.endswith("\n")] # the last one may still be being written
    return [e for e in found if kind is None or e["logName"].endswith(kind)]
def events():
    return [e["textPayload"] for e in entries("varlog%2Fsystem")]
def requests():
    return [e for e in entries("2Frequests")]
def until(condition, seconds=30):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "did not happen"
        time.sleep(0.02)
def processes(word):
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            line = open(f"/proc/{pid}/cmdline", "rb").read()
        except OSError:
            continue
        if word.encode() in line and b"\0cloudrun\0" not in line and int(pid) != os.getpid():
            found.append(int(pid))
    return found
'"$code" "${PORT:-0}" "${LOG:-none}" "$@"
}
