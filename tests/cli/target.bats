#!/usr/bin/env bats
# coldswarm target, from outside: each knob does what it says, hostile clients change nothing, and its counts are exact.

load ../support/helpers

# client CODE [ARG...]: Python with `get(path, method, body, headers)` -> (status, headers, body) on a connection of its own, `raw(bytes)`
# -> all that comes back, `together(n, function)` -> results of n threads, `stats()` -> GET /stats, and `args`.
client() {
    local code=$1
    shift
    python3 -c '
import collections, http.client, json, socket, struct, sys, time
from concurrent.futures import ThreadPoolExecutor
port, args = int(sys.argv[1]), sys.argv[2:]
def get(path="/", method="GET", body=None, headers={}, timeout=60):
    c = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        c.request(method, path, body, headers)
        r = c.getresponse()
        return r.status, r.headers, r.read()
    finally:
        c.close()
def connect():
    return socket.create_connection(("127.0.0.1", port), timeout=60)
def raw(data):
    with connect() as s:
        s.sendall(data)
        try:
            s.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # closed by the other side already
        back = b""
        while piece := s.recv(65536):
            back += piece
        return back
def together(n, function):
    with ThreadPoolExecutor(n) as pool:
        return list(pool.map(function, range(n)))
def stats():
    return json.loads(get("/stats")[2])
def row(method, path):
    # Before the first of them there is no row.
    return next((r for r in stats()["requests"] if (r["method"], r["path"]) == (method, path)), collections.defaultdict(int))
def until(condition):
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end, "did not happen in 60 s"
        time.sleep(0.01)
def took(function):
    start = time.monotonic()
    function()
    return time.monotonic() - start
'"$code" "$PORT" "$@"
}

@test "the routes answer, with 48 bytes where the paper's service does" {
    start_target
    client '
status, headers, body = get("/")
assert (status, len(body)) == (200, 48)
answers = set()
for _ in range(40):
    status, headers, body = get("/predict", "POST", b"{}")
    assert (status, len(body), headers["content-type"]) == (200, 48, "application/json")
    assert sorted(json.loads(body)) == ["class", "score"]
    answers.add(body)
assert len(answers) == 16
for path in ["/health", "/healthz", "/?x=1"]:
    assert get(path)[0] == 200, path
    status, headers, body = get(path, "HEAD")
    assert (status, body) == (200, b"") and int(headers["content-length"]) > 0
for body in [b"\xff\xd8\xff" * 100000, b"x"]:
    assert get("/predict", "POST", body, {"Content-Type": "image/jpeg"})[0] == 200
multipart = b"--b\r\nContent-Disposition: form-data; name=\"image\"; filename=\"c.jpg\"\r\n\r\n...\r\n--b--\r\n"
assert get("/predict", "POST", multipart, {"Content-Type": "multipart/form-data; boundary=b"})[0] == 200
assert get("/predict", "POST", iter([b"ab", b"cd"]))[0] == 200'
}

@test "what it cannot do it refuses with words that help" {
    start_target
    client '
status, headers, body = get("/predict", "POST")
assert status == 400 and b"body" in body
status, headers, body = get("/predict")
assert status == 405 and headers["allow"] == "POST" and b"POST" in body
status, headers, body = get("/", "DELETE")
assert status == 405 and headers["allow"] == "GET, HEAD"
status, headers, body = get("/nowhere")
assert status == 404 and b"/predict" in body
assert get("/nowhere", "PROPFIND")[0] == 404'
}

@test "with a token POST /predict needs it, by option or environment, and nothing else does" {
    start_target --token s3cret
    check='
def post(headers):
    return get("/predict", "POST", b"x", headers)[0]
assert post({}) == 401 and post({"Authorization": "Bearer wrong"}) == 401 and post({"Authorization": "s3cret"}) == 401
assert post({"Authorization": "Bearer s3cret!"}) == 401 and post({"Authorization": "Bearer s3cre"}) == 401
assert post({"Authorization": "Bearer s3cret"}) == 200 and post({"Authorization": "bearer s3cret"}) == 200
assert get("/")[0] == 200'
    client "$check"
    stop_all
    COLDSWARM_TOKEN=s3cret start_target
    client "$check"
}

@test "a port in use is a clear error, exit 3" {
    start_target
    run "$COLDSWARM" target --port "$PORT"
    [ "$status" -eq 3 ]
    [[ "$output" == *"port $PORT of 127.0.0.1 is in use"* ]]
}

@test "mistakes on the command line are exit 2 and say what to write" {
    while read -r expected options; do
        # shellcheck disable=SC2086
        run "$COLDSWARM" target $options
        echo "$options: $output"
        [ "$status" -eq 2 ]
        [[ "$output" == *"$expected"* ]]
    done <<END
lognormal:120ms,0.4 --service-time gamma:1,2
durations --get-service-time uniform:10ms
sigma --service-time lognormal:10ms,x
status:503 --fail-rate 0.5 --fail explode
--fail-rate --fail reset
fail-rate --fail-rate 1.5
--cold-start --idle-timeout 1s
port --port 65536
concurrency --concurrency 0
END
}

@test "an address that is none, a stats file that cannot be: exit 3" {
    run "$COLDSWARM" target --port 0 --bind not-an-address
    [ "$status" -eq 3 ]
    [[ "$output" == *"not-an-address"* ]]
    start_target --stats /nowhere/stats.json
    status=0
    stop_target || status=$?
    [ "$status" -eq 3 ]
    grep -q /nowhere/stats.json "$TARGET_ERR"
}

@test "service time is waited for, GET may have its own" {
    start_target --service-time 300ms --get-service-time 0
    client '
assert took(lambda: get("/predict", "POST", b"x")) >= 0.3
assert min(took(get) for _ in range(20)) < 0.3'
}

@test "a service time of 20 ms is kept closely" {
    start_target --service-time 20ms
    # A busy machine makes some of them slow, and none of them fast.
    client '
least = 1
for _ in range(2000):
    least = min(least, took(get))
    assert least >= 0.02, least
    if _ >= 20 and least < 0.03:
        break
assert least < 0.03, least'
}

@test "--cpu really burns CPU" {
    start_target --cpu 50ms
    ticks() { awk '{ print $14 + $15 }' "/proc/$TARGET_PID/stat"; }
    before=$(ticks)
    client 'together(4, lambda k: [get() for _ in range(3)])'
    used=$((($(ticks) - before) * 1000 / $(getconf CLK_TCK)))
    echo "used $used ms for 12 x 50 ms"
    [ "$used" -ge 580 ]
}

@test "--concurrency: the others queue" {
    start_target --service-time 100ms --concurrency 2
    client 'assert took(lambda: together(6, lambda k: get())) >= 0.3'
    stop_all
    start_target --service-time 300ms --concurrency 6
    client 'assert min(took(lambda: together(6, lambda k: get())) for _ in range(10)) < 6 * 0.3'
}

@test "--cold-start: the first wait for one start, later ones do not; cold again after --idle-timeout" {
    start_target --cold-start 500ms
    client '
assert stats()["cold_starts"] == 0
assert took(lambda: together(5, lambda k: get())) >= 0.5
time.sleep(0.3); get()
assert stats()["cold_starts"] == 1'
    stop_all
    start_target --cold-start 200ms --idle-timeout 300ms
    client '
get()
assert stats()["cold_starts"] == 1
time.sleep(0.6)
assert took(get) >= 0.2
assert stats()["cold_starts"] == 2'
}

@test "--listen-after: refused first, served then" {
    # It may listen before we have looked.
    local after
    for after in 2s 20s 60s; do
        PORT=$(free_port)
        : >"$SCRATCH/err"
        "$COLDSWARM" target --port "$PORT" --listen-after "$after" 2>"$SCRATCH/err" 3>&- &
        STARTED_PIDS+=($!)
        wait_line "$SCRATCH/err" '^target: will listen on ' $!
        bash -c 'exec {socket}<>"/dev/tcp/127.0.0.1/$1"' - "$PORT" 2>"$SCRATCH/refused" || break
    done
    grep -q 'Connection refused' "$SCRATCH/refused"
    wait_line "$SCRATCH/err" '^target: listening on ' $!
    client 'assert get()[0] == 200'
}

@test "SIGTERM while it does not listen yet ends it" {
    : >"$SCRATCH/err"
    "$COLDSWARM" target --port 0 --listen-after 1h 2>"$SCRATCH/err" 3>&- &
    pid=$!
    STARTED_PIDS+=("$pid")
    wait_line "$SCRATCH/err" '^target: will listen on ' "$pid"
    kill -TERM "$pid"
    wait "$pid"
}

@test "each kind of failure looks to the client as it should, and is counted" {
    for kind in status:503 reset hang garbage short; do
        start_target --fail-rate 1 --fail $kind
        client '
kind = args[0]
def hangs():
    before = row("POST", "/predict")["hang"]
    with connect() as s:
        s.sendall(b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n" + b"x" * 1000)
        until(lambda: row("POST", "/predict")["hang"] > before)
        s.settimeout(0.3)
        try:
            return repr(s.recv(100))
        except TimeoutError:
            return "hang"
def seen():
    if kind == "hang":
        return hangs()
    try:
        return str(get("/predict", "POST", b"x" * 1000)[0])
    except ConnectionResetError: return "reset"
    except http.client.BadStatusLine: return "garbage"
    except http.client.IncompleteRead as e:
        assert len(e.partial) == 10
        return "short"
expected = "503" if kind == "status:503" else kind
for _ in range(5):
    came = seen()
    assert came == expected, (came, expected)
until(lambda: row("POST", "/predict")["in_flight"] == 0)
r = row("POST", "/predict")
assert r["received"] == 5 and r["bytes_in"] == 5000 and r["aborted"] == 0 and r["in_flight"] == 0, r
assert (r["answered"].get("503", 0) if expected == "503" else r[kind]) == 5, r' $kind
        stop_target
    done
}

@test "a reset begins with no orderly end: the client gets ECONNRESET from its first read" {
    start_target --fail-rate 1 --fail reset --service-time 50ms
    client '
for _ in range(20):
    with connect() as s:
        s.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        try:
            raise SystemExit(f"read {s.recv(100)}")
        except ConnectionResetError:
            pass'
}

@test "clients that give up a hung request cost no descriptor" {
    start_target --fail-rate 1 --fail hang
    client '
import os
held = [connect() for _ in range(100)]
for s in held:
    s.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
until(lambda: row("GET", "/")["hang"] == 100)
count = lambda: len(os.listdir(f"/proc/{args[0]}/fd"))
assert count() >= 100
for s in held:
    s.close()
until(lambda: count() < 50)' "$TARGET_PID"
    stop_target
}

@test "the same seed fails the same requests, another seed others" {
    outcomes() {
        start_target --fail-rate 0.3 --seed "$1"
        client 'print("".join("x" if get()[0] == 503 else "." for _ in range(60)))'
        stop_target
    }
    outcomes 5 >"$SCRATCH/a"
    outcomes 5 >"$SCRATCH/b"
    outcomes 6 >"$SCRATCH/c"
    cmp "$SCRATCH/a" "$SCRATCH/b"
    fails cmp "$SCRATCH/a" "$SCRATCH/c"
    grep -q x "$SCRATCH/a"
    grep -q '\.' "$SCRATCH/a"
}

@test "a body over the ceiling is 413, announced or not; one at the ceiling is taken" {
    start_target --max-body 100k
    client '
assert get("/predict", "POST", b"x" * 102400)[0] == 200
assert get("/predict", "POST", iter([b"x" * 51200, b"x" * 51200]))[0] == 200
back = raw(b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 102401\r\n\r\n")
assert back.startswith(b"HTTP/1.1 413") and b"--max-body" in back
with connect() as s:
    s.sendall(b"POST /predict HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n19001\r\n" + b"x" * 102401)
    assert s.recv(100).startswith(b"HTTP/1.1 413")
r = row("POST", "/predict")
assert r["answered"] == {"200": 2, "413": 2} and r["in_flight"] == 0, r'
}

@test "hostile requests: huge head, half a head, half a body, garbage, 200 idle connections" {
    start_target
    client '
idle = [connect() for _ in range(200)]
back = raw(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX: " + b"x" * 30000 + b"\r\n\r\n")
assert back == b"" or back[9:12] in (b"200", b"431"), back[:50]
try:
    back = raw(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX: " + b"x" * 3000000 + b"\r\n\r\n")
    assert back == b"" or back.startswith(b"HTTP/1.1 4"), back[:50]
except ConnectionError:
    pass
before = stats()["total"]["received"]
for part in b"GET / HTTP/1.1\r\nHo", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500):
    with connect() as s:
        s.sendall(part)  # and goes, without waiting for what the server makes of it
assert stats()["total"]["received"] == before
with connect() as s:
    s.sendall(b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n" + b"x" * 300)
    until(lambda: row("POST", "/predict")["in_flight"] == 1)
until(lambda: row("POST", "/predict")["aborted"] == 1)
r = row("POST", "/predict")
assert (r["received"], r["in_flight"], r["answered"], r["bytes_in"]) == (1, 0, {}, 300), r
assert get()[0] == 200'
}

@test "keep-alive and pipelined requests are served in order, each counted" {
    start_target --service-time 5ms --threads 2
    client '
back = raw(b"".join(b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx" for _ in range(20)))
assert back.count(b"HTTP/1.1 200") == 20, back
assert row("POST", "/predict")["answered"] == {"200": 20}
assert stats()["connections"] == 3  # this one is the third'
}

@test "table, --stats and what the clients counted agree, under resets and many threads" {
    start_target --service-time uniform:0,4ms --fail-rate 0.2 --fail reset --threads 3 --stats "$SCRATCH/stats.json"
    client '
from collections import Counter
def user(k):
    seen = Counter()
    for n in range(50):
        post = (n + k) % 5 != 0
        name = "POST /predict" if post else "GET /"
        try:
            seen[name, str(get("/predict", "POST", b"x" * 77)[0] if post else get()[0])] += 1
        except ConnectionResetError:
            seen[name, "reset"] += 1
    return seen
total = sum(together(16, user), Counter())
json.dump({f"{name} {what}": n for (name, what), n in total.items()}, open(args[0], "w"))
assert total["POST /predict", "reset"] > 50 and total["GET /", "200"] > 50, total' "$SCRATCH/client.json"
    stop_target
    python3 -c '
import json, sys
client, server, table = json.load(open(sys.argv[1])), json.load(open(sys.argv[2])), open(sys.argv[3]).read().splitlines()
seen = {}
for r in server["requests"]:
    name = r["method"] + " " + r["path"]
    ends = {**r["answered"], "reset": r["reset"]}
    seen.update({f"{name} {what}": n for what, n in ends.items() if n})
    assert r["received"] == sum(ends.values()) and r["aborted"] == r["in_flight"] == r["hang"] == 0, r
    if r["method"] == "POST":
        assert r["bytes_in"] == 77 * r["received"] and r["bytes_out"] == 48 * r["answered"]["200"], r
    line = next(l.split() for l in table if l.startswith(r["method"]) )
    assert line[1:5] == [r["path"], str(r["received"]), str(r["answered"]["200"]), str(r["reset"])], line
assert seen == client, (seen, client)
assert server["total"]["received"] == 800 and server["connections"] == 800, server
total = next(l.split() for l in table if "Total" in l)
assert total[1] == "800", total' "$SCRATCH/client.json" "$SCRATCH/stats.json" "$TARGET_OUT"
}

@test "--requests N ends it by itself, exit 0, with the N-th answer sent" {
    start_target --requests 25 --stats "$SCRATCH/stats.json"
    client 'assert [get()[0] for _ in range(25)] == [200] * 25'
    wait "$TARGET_PID"
    grep -q 'Total *25 *25' "$TARGET_OUT"
}

@test "SIGTERM and SIGINT with requests waiting, queued, working and hung: exit 0 at once, all are counted as aborted" {
    for options in "--service-time 1h --concurrency 3" "--cold-start 1h" "--cpu 1h" "--fail-rate 1 --fail hang"; do
        # shellcheck disable=SC2086
        start_target $options --stats "$SCRATCH/stats.json"
        client '
import os, signal
held = [connect() for _ in range(10)]
for s in held:
    s.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
until(lambda: row("GET", "/")["received"] == 10)
os.kill(int(args[0]), signal.SIGTERM)
for s in held:
    try:
        assert s.recv(100) == b""
    except ConnectionResetError:
        pass' "$TARGET_PID"
        wait "$TARGET_PID"
        [ "$(json_sql "$SCRATCH/stats.json" "select doc->>'$.total.received', doc->>'$.total.aborted' + doc->>'$.total.hang',
            doc->>'$.total.in_flight' from file")" = "10|10|0" ]
    done
}

@test "a thousand connections wait at once without a thread each" {
    start_target --service-time 20ms --concurrency 1000
    client '
import asyncio, resource
resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
async def user():
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for _ in range(3):
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200") and len(await reader.readexactly(48)) == 48
    writer.close()
async def main():
    await asyncio.gather(*(user() for _ in range(1000)))
asyncio.run(main())
assert row("GET", "/")["answered"] == {"200": 3000}
threads = int(next(l.split()[1] for l in open(f"/proc/{args[0]}/status") if l.startswith("Threads")))
assert threads < 10, threads' "$TARGET_PID"
}

@test "the help names both kinds of cold start" {
    run "$COLDSWARM" target --help
    [ "$status" -eq 0 ]
    [[ "$output" == *"--cold-start"* && "$output" == *"--listen-after"* && "$output" == *"two kinds"* ]]
}
