#!/usr/bin/env bats
# coldswarm cloudrun, from outside: the front end passes requests on unharmed, instances come and go, bad ones and bad clients
# are survived, and nothing is left running, however the emulator ends.

bats_require_minimum_version 1.5.0
load ../support/helpers
load ../support/cloudrun

setup_file() {
    find_python
}

teardown() {
    stop_all
}

@test "a request comes to the instance as it was sent, with its trace and the client's address, and its answer goes back" {
    start_cloudrun --service shop -- "$PYTHON" "$SERVICE" good
    client '
status, headers, body = get("/a%20b?x=1&y", headers={"X-One": "1", "Connection": "X-Hop, close", "X-Hop": "gone", "TE": "trailers",
    "Keep-Alive": "5", "X-Forwarded-For": "10.0.0.1", "traceparent": "00-0123456789abcdef0123456789abcdef-00f067aa0ba902b7-01"})
assert status == 200 and headers["X-Twice"] == "yes", (status, headers)
head = json.loads(body)
fields = dict(head["fields"])
assert head["method"] == "GET" and head["path"] == "/a%20b?x=1&y" and head["version"] == "HTTP/1.1", head
assert fields["x-one"] == "1" and fields["x-forwarded-for"] == "10.0.0.1, 127.0.0.1" and fields["x-forwarded-proto"] == "http"
assert not {"x-hop", "te", "keep-alive", "connection"} & set(fields), fields
version, trace, span, flags = fields["traceparent"].split("-")
assert trace == "0123456789abcdef0123456789abcdef" and flags == "01" and span != "00f067aa0ba902b7"
assert fields["x-cloud-trace-context"] == f"{trace}/{int(span, 16)};o=1", fields
fields = dict(json.loads(get("/", headers={"X-Cloud-Trace-Context": "a" * 32 + "/12;o=0"})[2])["fields"])
assert fields["traceparent"].startswith("00-" + "a" * 32) and fields["traceparent"].endswith("-00")
fields = dict(json.loads(get("/")[2])["fields"])
assert re.fullmatch("00-[0-9a-f]{32}-[0-9a-f]{16}-00", fields["traceparent"])
env = json.loads(get("/env")[2])
assert (env["K_SERVICE"], env["K_CONFIGURATION"], env["K_REVISION"]) == ("shop", "shop", "shop-00001-dev")
assert int(env["PORT"]) != port
status, headers, body = get("/x", "HEAD")
assert status == 200 and body == b"" and int(headers["Content-Length"]) > 50'
    stop_cloudrun
    client '
first = requests()[0]
assert first["trace"] == "projects/local/traces/0123456789abcdef0123456789abcdef" and first["traceSampled"] is True
assert first["httpRequest"]["requestUrl"] == f"http://127.0.0.1:{port}/a%20b?x=1&y", first
assert first["labels"]["instanceId"] and first["httpRequest"]["status"] == 200
assert len(requests()) == 5
assert events()[0].startswith("Starting new instance. Reason: AUTOSCALING"), events()
assert events()[1].startswith("Default STARTUP TCP probe succeeded after 1 attempt"), events()'
}

@test "bodies of any size and framing go through both ways, unharmed" {
    start_cloudrun -- "$PYTHON" "$SERVICE" good
    client '
for size in [0, 1, 65536, 200000, 30_000_001]:
    data = os.urandom(size)
    want = {"bytes": size, "sha256": hashlib.sha256(data).hexdigest()}
    assert json.loads(get("/", "POST", data)[2]) == want, size
    pieces = (data[i:i + 50021] for i in range(0, size, 50021))
    assert json.loads(get("/", "PUT", pieces, {"Transfer-Encoding": "chunked"}, encode_chunked=True)[2]) == want, size
assert get("/chunks?5000")[2] == b"".join(b"%06d" % i for i in range(5000))
assert len(get("/big?50")[2]) == 50 << 20
assert get("/until-close")[2] == b"to the end"
back = raw(b"GET /chunks?3 HTTP/1.0\r\n\r\n")
assert back.endswith(b"\r\n\r\n000000000001000002") and b"chunked" not in back, back
# 100-continue: asked for the body only when an instance is there to take it.
with connect() as s:
    s.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 3\r\nConnection: close\r\n\r\n")
    assert s.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
    s.sendall(b"abc")
    assert b"\"bytes\": 3" in read_all(s)
# Pipelined requests are answered in their order.
back = raw(b"GET /1 HTTP/1.1\r\nHost: x\r\n\r\nPOST /2 HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nabGET /3 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
places = [back.find(word) for word in [b"\"path\": \"/1\"", b"\"bytes\": 2", b"\"path\": \"/3\""]]
assert -1 not in places and places == sorted(places), places
assert back.count(b"HTTP/1.1 200 ") == 3, back
# An answer before the body is whole: the client gets it.
assert get("/early", "POST", b"x" * 100)[0] == 413
with connect() as s:
    s.sendall(b"POST /early HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000\r\n\r\nabc")
    assert b" 413 " in s.recv(1000)
# A connection is kept for many requests.
c = http.client.HTTPConnection("127.0.0.1", port)
for i in range(50):
    c.request("GET", "/")
    assert c.getresponse().read()
' && stop_cloudrun
}

@test "what two readers could read differently is refused, and so are heads without end" {
    start_cloudrun -- "$PYTHON" "$SERVICE" good
    client '
def status(data):
    back = raw(data)
    return int(back.split(b" ")[1]) if back.startswith(b"HTTP/1.1 ") else back
H = b"Host: x\r\n"
cases = [
    (b"POST / HTTP/1.1\r\n" + H + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    (b"POST / HTTP/1.1\r\n" + H + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", 400),
    (b"POST / HTTP/1.1\r\n" + H + b"Content-Length: 3, 4\r\n\r\nabcd", 400),
    (b"POST / HTTP/1.1\r\n" + H + b"Content-Length: -1\r\n\r\n", 400),
    (b"POST / HTTP/1.1\r\n" + H + b"Content-Length: 99999999999999999999\r\n\r\n", 400),
    (b"POST / HTTP/1.1\r\n" + H + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501),
    (b"POST / HTTP/1.1\r\n" + H + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 501),
    (b"POST / HTTP/1.1\r\n" + H + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n", 400),
    (b"POST / HTTP/1.0\r\n" + H + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    (b"POST / HTTP/1.1\r\n" + H + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
    (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
    (b"GET / HTTP/1.1\r\n\r\n", 400),
    (b"GET / HTTP/1.1\r\n" + H + b"X: a\x00b\r\n\r\n", 400),
    (b"GET / HTTP/1.1\r\n" + H + b"X y: 1\r\n\r\n", 400),
    (b"GET nowhere HTTP/1.1\r\n" + H + b"\r\n", 400),
    (b"GET / HTTP/2.0\r\n" + H + b"\r\n", 505),
    (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
    (b"BREW / HTTP/1.1\r\n" + H + b"\r\n", 400),
    (b"CONNECT a:1 HTTP/1.1\r\n" + H + b"\r\n", 400),
    (b"GET / HTTP/1.1\r\n" + H + b"Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n", 501),
    (b"GET / HTTP/1.1\r\n" + H + b"X: " + b"a" * 70000 + b"\r\n\r\n", 431),
    (b"GET /" + b"a" * 70000 + b" HTTP/1.1\r\n" + H + b"\r\n", 431),
    (b"GET / HTTP/1.1\r\n" + H + b"".join(b"X%d: 1\r\n" % i for i in range(200)) + b"\r\n", 431),
]
wrong = [(data[:90], status(data), want) for data, want in cases]
wrong = [w for w in wrong if w[1] != w[2]]
assert not wrong, wrong
# An upgrade that may be ignored is.
assert b"HTTP/1.1 200 " in raw(b"GET / HTTP/1.1\r\n" + H + b"Connection: Upgrade, HTTP2-Settings, close\r\nUpgrade: h2c\r\nHTTP2-Settings: AA\r\n\r\n")
assert get()[0] == 200'
    stop_cloudrun
}

@test "more requests than instances may take wait, and instances are added up to the maximum" {
    start_cloudrun --concurrency 2 --max-instances 3 --no-hold -- "$PYTHON" "$SERVICE" good
    client '
answers = together(12, lambda i: get("/sleep?0.5")[0])
assert answers == [200] * 12
'
    stop_cloudrun
    client '
starts = [e for e in events() if e.startswith("Starting new instance")]
assert 2 <= len(starts) <= 3, events()
per = {}
for r in requests():
    per[r["labels"]["instanceId"]] = per.get(r["labels"]["instanceId"], 0) + 1
assert sum(per.values()) == 12
assert len(per) >= 2, per
'
    grep -q '12  (2xx 12' "$OUT"
}

@test "a request that finds no instance in time gets 429 at the maximum and 500 below it, with Cloud Run's words" {
    start_cloudrun --concurrency 1 --min-instances 1 --max-instances 1 --pending 500ms -- "$PYTHON" "$SERVICE" good
    client '
until(lambda: get()[0] == 200)
go = args[0] + "/go"
def later(i):
    if i == 0:
        return get("/hold?" + go)
    until(lambda: os.path.exists(go + ".held"))
    return get()
with ThreadPoolExecutor(3) as pool:
    answers = [pool.submit(later, i) for i in range(3)]
    late = [a.result() for a in answers[1:]]
    open(go, "w").close()
    assert [answers[0].result()[0]] + [a[0] for a in late] == [200, 429, 429] and late[0][2] == b"Rate exceeded.", late' "$SCRATCH"
    stop_cloudrun
    client '
aborted = [r for r in requests() if r["httpRequest"]["status"] == 429]
assert len(aborted) >= 2 and all(r["severity"] == "WARNING" and "instanceId" not in r.get("labels", {}) for r in aborted)
assert all(r["textPayload"].startswith("The request was aborted because there was no available instance.") for r in aborted)'
    start_cloudrun --pending 300ms -- "$PYTHON" "$SERVICE" late 30
    client 'status, headers, body = get()
assert status == 500 and b"Server Error" in body, (status, body)'
    stop_cloudrun
}

@test "a start and a request have their time limits: 504 is told, and an instance that never listens is given up" {
    start_cloudrun --timeout 700ms --startup-timeout 1500ms --grace 1s -- "$PYTHON" "$SERVICE" never
    client '
status, headers, body = get()
assert (status, body) == (504, b"upstream request timeout"), (status, body)
until(lambda: any("probe failed 1 time" in e for e in events()))'
    stop_cloudrun
    grep -q 'did not listen on port' "$ERR"
    start_cloudrun --timeout 2s --min-instances 1 -- "$PYTHON" "$SERVICE" good
    client '
until(lambda: get()[0] == 200)
assert get("/sleep?5")[0] == 504
until(lambda: get()[0] == 200)  # a busy machine may need more than one such time
'
    stop_cloudrun
    client '
# The instance lives on.
logged = requests()
(at,) = [i for i, r in enumerate(logged) if "/sleep" in r["httpRequest"]["requestUrl"]]
before, late, after = logged[at - 1], logged[at], logged[-1]
assert [r["httpRequest"]["status"] for r in (before, late, after)] == [200, 504, 200]
assert len({r["labels"]["instanceId"] for r in (before, late, after)}) == 1'
}

@test "an instance that listens late is waited for, and the wait is in the log's latency" {
    start_cloudrun -- "$PYTHON" "$SERVICE" late 1
    client 'assert get()[0] == 200'
    stop_cloudrun
    client '
assert float(requests()[0]["httpRequest"]["latency"].rstrip("s")) >= 1
doc = json.load(open(args[0]))
def mean(name):
    points = [p["value"]["distributionValue"] for s in doc["timeSeries"] if s["metric"]["type"] == "run.googleapis.com/" + name for p in s["points"]]
    return next(float(p["mean"]) for p in points if int(p["count"]) > 0)
assert mean("request_latency/e2e_latencies") - mean("request_latencies") >= 1000
assert mean("container/startup_latencies") >= 1000' "$METRICS"
}

@test "a command that is not there, or no command, is a mistake of usage" {
    run -2 "$COLDSWARM" cloudrun --port 0 -- ./no-such-program
    [[ $output == *"COMMAND ./no-such-program: No such file"* ]]
    run -2 "$COLDSWARM" cloudrun --port 0 -- no-such-program-at-all
    [[ $output == *"is not in PATH"* ]]
    run -2 "$COLDSWARM" cloudrun --port 0
    [[ $output == *"COMMAND is missing"* ]]
    run -2 "$COLDSWARM" cloudrun --port 0 --min-instances 5 --max-instances 2 -- true
    [[ $output == *"min instances"* ]]
    run -2 "$COLDSWARM" cloudrun --port 0 --require-auth -- true
    [[ $output == *"COLDSWARM_TOKEN"* ]]
}

@test "an instance that exits at once: the request is told, the reason is on the screen and in the log, starts slow down" {
    start_cloudrun --pending 1500ms -- "$PYTHON" "$SERVICE" exit 3
    client '
assert get()[0] == 500
until(lambda: "Container called exit(3)." in events())'
    stop_cloudrun
    grep -q 'exited with code 3 before it was ready: "cannot find the model"' "$ERR"
    client '
assert "Container called exit(3)." in events(), events()
assert len([e for e in events() if e.startswith("Starting")]) <= 5
assert any(e.get("textPayload") == "cannot find the model" and e["logName"].endswith("2Fstderr") for e in entries())'
}

@test "an instance that crashes under load takes only its own requests with it" {
    start_cloudrun -- "$PYTHON" "$SERVICE" good
    client '
get()
held = args[0] + "/never.held"
def one(i):
    if i:
        return get("/hold?" + args[0] + "/never")[0]
    until(lambda: os.path.exists(held) and os.path.getsize(held) == 5)
    return get("/exit?7")[0]
assert together(6, one) == [503] * 6  # all of them were in it
assert get()[0] == 200
assert get("/kill?11")[0] == 503
assert get("/garbage")[0] == 503
assert get()[0] == 200
try:
    get("/cut")
    sys.exit("an answer cut off came as whole")
except http.client.IncompleteRead:
    pass
' "$SCRATCH"
    stop_cloudrun
    client '
assert "Container called exit(7)." in events() and "Container terminated on signal 11." in events(), events()
bad = [r for r in requests() if r["httpRequest"]["status"] == 503]
assert bad and all(r["textPayload"].startswith("The request failed because either the HTTP response was malformed") for r in bad)
assert all(r["severity"] == "ERROR" for r in bad)'
    grep -q '2 crashed' "$OUT"
}

@test "an instance beyond its memory is killed, with Cloud Run's words and 500" {
    start_cloudrun --memory 64M -- "$PYTHON" "$SERVICE" good
    client '
get()
assert get("/leak?100")[0] == 500
assert get()[0] == 200'
    stop_cloudrun
    client '
text = next(e for e in events() if e.startswith("Memory limit"))
used = int(re.fullmatch(r"Memory limit of 64 MiB exceeded with (\d+) MiB used\. Consider increasing the memory limit, see https://.*", text)[1])
assert 64 < used < 400, text
assert next(r for r in requests() if r["httpRequest"]["status"] == 500)["labels"]["instanceId"]'
}

@test "an instance that ignores SIGTERM is killed after the grace" {
    # A machine that stalls may need longer than the 10 s of the default once, and not three times.
    local before i
    for i in 1 2 3; do
        start_cloudrun --grace 700ms -- "$PYTHON" "$SERVICE" ignore
        client 'assert get()[0] == 200'
        before=$SECONDS
        stop_cloudrun
        [ $((SECONDS - before)) -gt 8 ] || break
        [ "$i" -lt 3 ]
    done
    client '
assert "Container terminated on signal 9." in events()
assert not processes("service.py ignore")'
}

@test "70 MB of output are logged, line by line, in bounded memory" {
    start_cloudrun --memory 256M --pending 60s -- "$PYTHON" "$SERVICE" shout 70
    client '
assert get()[0] == 200
peak = int(re.search(r"VmHWM:\s+(\d+)", open(f"/proc/{args[0]}/status").read())[1])
assert peak < int(args[1]), f"{peak} kB"' "$PID" "$(peak_kb)"
    stop_cloudrun
    client '
lines = 0
for line in open(log):
    if "run.googleapis.com%2Fstdout" in line:
        lines += 1
        if lines == 1:
            assert json.loads(line)["textPayload"] == "x" * 1023
assert lines == 70 * 1024, lines'
    rm -f "$LOG"
}

@test "children of an instance go with it, also those that ran away; idle instances go, down to none" {
    start_cloudrun --time-scale 600 --idle 10m -- "$PYTHON" "$SERVICE" family "$$"
    client '
child, go = f"sleep\x001000.{args[0]}\x00", args[1] + "/go"
with ThreadPoolExecutor(1) as pool:
    answer = pool.submit(get, "/hold?" + go)  # it is not idle meanwhile
    until(lambda: os.path.exists(go + ".held"))
    assert len(processes(child)) == 3
    open(go, "w").close()
    assert answer.result()[0] == 200
until(lambda: not processes(f"family\x00{args[0]}\x00"))
until(lambda: not processes(child))
assert get()[0] == 200' "$$" "$SCRATCH"
    stop_cloudrun
    client '
assert not processes(f"sleep\x001000.{args[0]}\x00")
ends = [e["jsonPayload"]["end"] for e in entries("coldswarm%2Finstances")]
assert ends[0] == "idle" and set(ends) <= {"idle", "shutdown"}, ends' "$$"
}

@test "kill -9 of the emulator leaves no instance, and what was in the log is whole" {
    start_cloudrun --min-instances 2 -- "$PYTHON" "$SERVICE" family "$$"
    client '
child = f"sleep\x001000.{args[1]}\x00"
assert get()[0] == 200
until(lambda: len(processes(child)) == 6)
until(requests)
# The guard has another name, so that pkill -9 cloudrun does not hit it too.
guards = [pid for pid in processes("instance-guard") if f"PPid:\t{args[0]}\n" in open(f"/proc/{pid}/status").read()]
assert len(guards) == 1 and b"cloudrun" not in open(f"/proc/{guards[0]}/cmdline", "rb").read()
os.kill(int(args[0]), 9)
until(lambda: not processes(child) and not processes(f"family\x00{args[1]}\x00"))
assert requests()[0]["httpRequest"]["status"] == 200' "$PID" "$$"
    wait "$PID" || [ $? -eq 137 ]
    # The guard removes their groups once they are dead.
    for _ in $(seq 600); do
        left=$(find /sys/fs/cgroup -maxdepth 4 -name "coldswarm-$PID-*" 2>/dev/null)
        [ -n "$left" ] || break
        sleep 0.1
    done
    [ -z "$left" ]
}

@test "a second signal ends it at once" {
    start_cloudrun --grace 60s -- "$PYTHON" "$SERVICE" ignore
    client 'assert get()[0] == 200'
    kill -INT "$PID"
    sleep 0.3
    kill -0 "$PID"
    kill -INT "$PID"
    wait "$PID"
    client 'assert not processes("service.py\x00ignore") and entries("coldswarm%2Finstances")'
}

@test "clients that leave or stall cost an instance nothing but their own request" {
    start_cloudrun --concurrency 3 --max-instances 1 -- "$PYTHON" "$SERVICE" good
    client '
get()
for i in range(3):  # leave in the middle of the work
    s = connect()
    s.sendall(b"GET /hold?%s HTTP/1.1\r\nHost: x\r\n\r\n" % (args[0] + f"/never{i}").encode())
    until(lambda: os.path.exists(args[0] + f"/never{i}.held"))
    s.close()
assert get()[0] == 200  # their places are free' "$SCRATCH"
    stop_cloudrun
    client '
statuses = sorted(r["httpRequest"]["status"] for r in requests())
assert statuses == [200, 200, 499, 499, 499], statuses'
    # 2.5 s may be too short for anything if the machine stalls: what is well then comes in the end, and what stalls never does.
    start_cloudrun --concurrency 3 --max-instances 1 --timeout 2500ms -- "$PYTHON" "$SERVICE" good
    client '
until(lambda: get()[0] == 200)
stalled = connect()
stalled.sendall(b"POST /stalled HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc")
slow = connect()  # takes nothing of its answer
slow.sendall(b"GET /big?100 HTTP/1.1\r\nHost: x\r\n\r\n")
until(lambda: get()[0] == 200)
back = read_all(stalled)
assert back.startswith(b"HTTP/1.1 504 "), back
peak = int(re.search(r"VmHWM:\s+(\d+)", open(f"/proc/{args[0]}/status").read())[1])
assert peak < int(args[1]), f"{peak} kB for an answer of 100 MB"
until(lambda: any("/big" in r["httpRequest"]["requestUrl"] for r in requests()))
slow.close()
until(lambda: get()[0] == 200)' "$PID" "$(peak_kb)"
    stop_cloudrun
    client '
(status,) = [r["httpRequest"]["status"] for r in requests() if "/stalled" in r["httpRequest"]["requestUrl"]]
assert status == 504, status'
}

@test "without the token nobody gets in, and no instance starts for it" {
    COLDSWARM_TOKEN=secret-word start_cloudrun --require-auth -- "$PYTHON" "$SERVICE" good "$$"
    client '
assert get()[0] == 403 and get(headers={"Authorization": "Bearer wrong"})[0] == 403
assert not processes(f"service.py\x00good\x00{args[0]}")
assert get(headers={"Authorization": "Bearer secret-word"})[0] == 200
assert get(headers={"X-Serverless-Authorization": "bearer secret-word", "Authorization": "its own"})[0] == 200
assert b"<script>" not in get("/<script>")[2]' "$$"
    stop_cloudrun
    fails grep -q secret-word "$LOG" "$ERR" "$OUT"
}

@test "two emulators on a port: the second says so" {
    start_cloudrun -- "$PYTHON" "$SERVICE" good
    run -3 "$COLDSWARM" cloudrun --port "$PORT" -- true
    [[ $output == *"port $PORT of 127.0.0.1 is in use"* ]]
    stop_cloudrun
}

@test "an instance without requests gets no CPU, and wakes for the next one; instance-based billing leaves it the CPU" {
    start_cloudrun -- "$PYTHON" "$SERVICE" good
    client '
pid = int(get("/pid")[2])
state = lambda: open(f"/proc/{pid}/stat").read().rpartition(")")[2].split()[0]
until(lambda: state() == "T")
assert int(get("/pid")[2]) == pid
until(lambda: state() == "T")'
    stop_cloudrun
    start_cloudrun --billing instance -- "$PYTHON" "$SERVICE" good
    client '
pid = int(get("/pid")[2])
time.sleep(0.5)
assert open(f"/proc/{pid}/stat").read().rpartition(")")[2].split()[0] != "T"'
    stop_cloudrun
    grep -q 'billable   60.0 s' "$OUT"
}

@test "the client's count, the instances' count and the emulator's are one" {
    start_cloudrun --max-instances 2 -- "$COLDSWARM" target --service-time 5ms
    # It ends once there are requests, however long the instances take to start, and lets those in flight finish.
    "$COLDSWARM" run --host "$URL" -u 20 -r 40 -t 10m -s 10m --quiet -o "$SCRATCH/run.db" >"$SCRATCH/run.out" 2>&1 3>&- &
    local pid=$! i
    for ((i = 0; i < 6000; i++)); do
        [ ! -e "$SCRATCH/run.db" ] || [ "$(sql "$SCRATCH/run.db" 'select count(*) from requests' || echo 0)" -lt 60 ] || break
        pause
    done
    kill -INT "$pid"
    wait "$pid" || [ $? -eq 130 ]
    stop_cloudrun
    client '
import sqlite3
db = sqlite3.connect(args[0])
sent, = db.execute("select count(*) from requests where outcome not in (\"not_sent\", \"cancelled\")").fetchone()
good, = db.execute("select count(*) from requests where status = 200").fetchone()
logged = requests()
assert sent >= 60 and sent == len(logged), (sent, len(logged))
assert good == sum(r["httpRequest"]["status"] == 200 for r in logged), good
lives = entries("coldswarm%2Finstances")
# On a busy machine one may be given up before an instance took it.
taken = [r for r in logged if "instanceId" in r.get("labels", {})]
assert sum(int(e["jsonPayload"]["requests"]) for e in lives) == len(taken)
served = sum(int(re.match(r" +Total +(\d+)", e["textPayload"])[1]) for e in entries("2Fstdout") if e["textPayload"].startswith("         Total"))
assert served == len(taken), (served, len(taken))
doc = json.load(open(args[1]))
counted = sum(int(p["value"]["int64Value"]) for s in doc["timeSeries"] if s["metric"]["type"] == "run.googleapis.com/request_count" for p in s["points"])
assert counted == len(logged), (counted, len(logged))
# The bill, made once more from the log by a script that knows only the log.
bill = json.loads(subprocess.run([sys.executable, args[2], "--cpus", "1", "--memory", "512Mi", log], capture_output=True, check=True).stdout)
told = float(re.search(r"billable +([\d.]+) s", open(args[3]).read())[1])
assert abs(bill["billable_ns"] / 1e9 - told) < 0.1 * len(lives) + 0.06, (bill, told)
assert bill["requests"] == len(taken) and bill["instances"] == len(lives), (bill, len(taken), len(lives))' "$SCRATCH/run.db" "$METRICS" "$ROOT/scripts/bill.py" "$OUT"
}

@test "nothing is unexplained in a run with cold starts, crashes and 429s" {
    start_cloudrun --concurrency 2 --max-instances 1 --pending 100ms -- "$PYTHON" "$SERVICE" good
    printf '%s' '{"load": {"users": 8, "spawn_rate": 100, "duration": "1h"}, "wait": {"constant": "20ms"}, "tasks": [
        {"path": "/sleep?0.05", "weight": 20}, {"path": "/exit?3"}, {"path": "/kill?11"}]}' >"$SCRATCH/s.json"
    run_till "$SCRATCH/run.db" "count(*) > 300 and sum(status = 429) > 0 and sum(status = 503) > 0 and sum(status = 200) > 0 from requests" \
        "$SCRATCH/s.json" --host "$URL" --seed 3
    stop_cloudrun
    "$COLDSWARM" import "$SCRATCH/run.db" --logs "$LOG" --metrics "$METRICS"
    "$COLDSWARM" report "$SCRATCH/run.db" --format json >"$SCRATCH/report.json"
    client '
import sqlite3
db = sqlite3.connect(args[0])
told = json.load(open(args[1]))["server"]
r = told["reconciliation"]
lost, = db.execute("select count(*) from requests where status is null and outcome <> \"not_sent\"").fetchone()
logged = requests()
statuses = [x["httpRequest"]["status"] for x in logged]
assert statuses.count(429) > 0 and statuses.count(503) > 0, statuses
assert any(e["end"] in ("exit", "signal") for e in told["instances"]), told["instances"]
assert r["logged"] == len(logged) and r["without_instance"] == sum("instanceId" not in x.get("labels", {}) for x in logged)
assert r["sent"] == db.execute("select count(*) from requests where outcome <> \"not_sent\"").fetchone()[0]
assert r["unexplained"] == r["astray"] == r["status_differs"] == r["repeated"] == r["missing"] == 0, r
for status in set(statuses):
    answered, = db.execute("select count(*) from requests where status = ?", (status,)).fetchone()
    assert answered <= statuses.count(status) <= answered + lost, status' "$SCRATCH/run.db" "$SCRATCH/report.json"
}

@test "the status page shows the instances, as HTML and JSON" {
    start_cloudrun --admin-port 0 --min-instances 1 -- "$PYTHON" "$SERVICE" good
    client '
address = args[0]
where = int(re.search(r":(\d+)/", next(l for l in open(args[1]) if "status page" in l))[1])
def page(path):
    c = http.client.HTTPConnection("127.0.0.1", where, timeout=10)
    c.request("GET", path)
    r = c.getresponse()
    return r.status, r.read()
def now():
    return json.loads(page("/status.json")[1])
until(lambda: [i["state"] for i in now()["instances"]] == ["idle"])
assert get()[0] == 200
until(lambda: now()["requests"] == 1)
status, html = page("/")
assert status == 200 and b"<table>" in html
assert page("/other")[0] == 404' "$URL" "$ERR"
    stop_cloudrun
}

@test "whatever an instance answers, the client gets a right answer or a clear failure" {
    start_cloudrun -- "$PYTHON" "$SERVICE" canned
    client '
for name, want in {"interim": (200, b"ok"), "empty": (204, b""), "unchanged": (304, b""), "extra": (200, b"ok"), "trailer": (200, b"ok"),
                   "old": (200, b"ok"), "none": (404, b"")}.items():
    status, headers, body = get("/" + name)
    assert (status, body) == want, (name, status, body)
for name in ["switch", "both", "lengths", "large", "nul", "nothing", "half-head", "bad-chunk", "http2"]:
    try:
        assert get("/" + name)[0] == 503, (name, get("/" + name))
    except http.client.IncompleteRead:
        assert name == "bad-chunk"
assert "ETag" in get("/unchanged")[1] and "Link" not in get("/interim")[1]
# The second answer on a connection was for nobody: the next request does not get it.
c = http.client.HTTPConnection("127.0.0.1", port)
for _ in range(3):
    c.request("GET", "/extra")
    assert c.getresponse().read() == b"ok"
'
    stop_cloudrun
}

@test "an instance that closes idle connections costs no request, not even just then" {
    start_cloudrun --no-hold -- "$PYTHON" "$SERVICE" impatient 0.05
    client '
get()
def many(i):
    bad = 0
    for k in range(20):
        time.sleep(0.048 + 0.0005 * ((k + i) % 8))
        bad += get("/", "POST", b"abc")[0] != 200
    return bad
assert sum(together(4, many)) == 0'
    stop_cloudrun
    client 'assert {r["httpRequest"]["status"] for r in requests()} == {200}'
}

@test "Knative's policy scales out in a panic and to zero after its windows" {
    start_cloudrun --policy kpa --concurrency 2 --time-scale 60 --max-instances 4 --no-hold -- "$PYTHON" "$SERVICE" good "$$"
    client '
get()
together(16, lambda i: get("/sleep?1"))
until(lambda: not processes(f"service.py\x00good\x00{args[0]}"))
assert get()[0] == 200' "$$"
    stop_cloudrun
    client '
lives = [e["jsonPayload"] for e in entries("coldswarm%2Finstances")]
assert len(lives) > 2 and all(e["end"] in ("idle", "scale-in", "shutdown") for e in lives), lives
assert all(r["httpRequest"]["status"] == 200 for r in requests()) and len(requests()) == 18'
}

@test "a service's file gives the options, the command line wins, what is not known is named" {
    cat >"$SCRATCH/service.yaml" <<END
apiVersion: serving.knative.dev/v1
kind: Service
metadata: {name: classify, annotations: {run.googleapis.com/ingress: all}}
spec:
  template:
    metadata:
      annotations: {autoscaling.knative.dev/minScale: '1', autoscaling.knative.dev/maxScale: '2'}
    spec:
      containerConcurrency: 7
      containers:
      - image: IMG
        command: ["$PYTHON", "$SERVICE"]
        args: [good]
        ports: [{containerPort: 5000}]
        env: [{name: COLOUR, value: blue}]
        resources: {limits: {cpu: 500m, memory: 256Mi}}
END
    start_cloudrun -f "$SCRATCH/service.yaml" --service other --admin-port 0
    client '
env = json.loads(get("/env")[2])
assert env["COLOUR"] == "blue" and env["K_SERVICE"] == "other" and env["PORT"] != "5000"'
    stop_cloudrun
    client 'assert any("MANUAL_OR_CUSTOMER_MIN_INSTANCE" in e for e in events())'
    grep -q 'not supported, ignored: metadata > annotations > run.googleapis.com/ingress' "$ERR"
    grep -q 'not containerPort 5000' "$ERR"
    sed -i 's/500m/lots/' "$SCRATCH/service.yaml"
    run -2 "$COLDSWARM" cloudrun -f "$SCRATCH/service.yaml" --port 0
    [[ $output == *"service.yaml:16:35: "*"cpu: \"lots\" is not a quantity"* ]]
}
