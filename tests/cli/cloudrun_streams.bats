#!/usr/bin/env bats
# coldswarm cloudrun with streamed answers: a stream keeps its place in the instance to its end, its events go through one by one, a client
# that leaves ends it, and the log counts to its end or to its head. The witnesses are the token log of the target behind it and a service
# that sends an event only when its reader has the one before.

bats_require_minimum_version 1.5.0
load ../support/helpers
load ../support/cloudrun

setup_file() {
    find_python
}

setup() {
    case ${TRANSPORT:-} in curl) TRANSPORTS=curl ;; *) TRANSPORTS="direct curl" ;; esac
}

teardown() {
    stop_all
}

# start_tokens [EMULATOR OPTION...] -- [TARGET OPTION...]: `coldswarm target` behind the emulator; each instance logs its tokens to
# $SCRATCH/tokens.PORT.csv. An instance without CPU could not write its log, so it is not held.
start_tokens() {
    local options=()
    while [ "$1" != -- ]; do
        options+=("$1")
        shift
    done
    rm -f "$SCRATCH"/tokens.*.csv
    start_cloudrun --no-hold "${options[@]}" -- sh -c 'exec "$0" target --token-log "'"$SCRATCH"'/tokens.$PORT.csv" "$@"' "$COLDSWARM" "${@:2}"
}

# tokens CODE [ARG...]: client() with read_tokens.py, and lives(): for each instance's log, (begin, end, how it ended) of each request in ns.
tokens() {
    local code=$1
    shift
    PYTHONPATH="$ROOT/tests/cli" PYTHONDONTWRITEBYTECODE=1 client '
import glob, read_tokens
def lives():
    found = {}
    for path in glob.glob(args[0] + "/tokens.*.csv"):
        rows = read_tokens.log(path).values()
        found[path] = sorted((r[0]["before_ns"], r[-1]["before_ns"], r[-1]["text"]) for r in rows if r[-1]["what"] == "over")
    return found
def most_at_once(spans):
    steps = sorted([(a, 1) for a, b, _ in spans] + [(b, -1) for a, b, _ in spans])
    return max(sum(step for _, step in steps[:i + 1]) for i in range(len(steps)))
'"$code" "$SCRATCH" "$@"
}

@test "a stream keeps its place of the concurrency to its end: the next waits, or another instance takes it" {
    local ask='
answers = together(3, lambda i: [read_tokens.ask(port, "chat") for _ in range(2)])
assert all(len(a.text) == 30 and a.done for two in answers for a in two)'
    start_tokens --concurrency 1 --max-instances 1 --pending 60s -- --tokens 30 --ttft 50ms --token-gap 10ms
    tokens "$ask"
    stop_cloudrun
    tokens '
logs = list(lives().values())
assert len(logs) == 1 and len(logs[0]) == 6, logs
assert most_at_once(logs[0]) == 1, logs'
    grep -q ' 6 reached an instance' "$OUT"
    # Two instances: never two streams in one of them, and both had some.
    start_tokens --concurrency 1 --max-instances 2 --pending 60s -- --tokens 30 --ttft 50ms --token-gap 10ms
    # Until the second one has started, and has answered too.
    tokens '
def ask(_):
    answers, end = [], time.monotonic() + 60
    while len(answers) < 2 or (sum(map(bool, lives().values())) < 2 and time.monotonic() < end):
        answers.append(read_tokens.ask(port, "chat"))
    return answers
answers = [a for three in together(3, ask) for a in three]
assert all(len(a.text) == 30 and a.done for a in answers)
open(args[0] + "/answers", "w").write(str(len(answers)))'
    stop_cloudrun
    tokens '
logs = list(lives().values())
assert len(logs) == 2 and sum(map(len, logs)) == int(open(args[0] + "/answers").read()), logs
assert all(most_at_once(log) == 1 for log in logs), logs'
    # This witness can tell: with a concurrency of 3 there are several at once.
    start_tokens --concurrency 3 --max-instances 1 --pending 60s -- --tokens 30 --ttft 500ms --token-gap 10ms
    tokens "$ask"
    stop_cloudrun
    tokens 'assert most_at_once(*lives().values()) > 1, lives()'
}

@test "an event is with the client before the next one is sent, however the answer is framed" {
    start_cloudrun -- "$PYTHON" "$SERVICE" good
    client '
for framing in ["chunks", "length", "close"]:
    go = args[0] + "/go." + framing
    open(go, "wb").close()
    with connect() as s:
        s.sendall(b"GET /steps?%s&20&%s HTTP/1.1\r\nHost: x\r\n\r\n" % (go.encode(), framing.encode()))
        got = b""
        for i in range(20):
            while b"data: %06d\n\n" % i not in got:
                piece = s.recv(65536)  # a proxy that holds an event back makes us wait for ever: 20 s
                assert piece, (framing, i, got)
                got += piece
            assert b"data: %06d" % (i + 1) not in got
            with open(go, "ab") as f:
                f.write(b".")
        if framing == "chunks":
            while not got.endswith(b"\r\n0\r\n\r\n"):
                got += s.recv(65536)
            body = got.partition(b"\r\n\r\n")[2]
            assert body == b"".join(b"e\r\ndata: %06d\n\n\r\n" % i for i in range(20)) + b"0\r\n\r\n", body' "$SCRATCH"
    stop_cloudrun
}

@test "events that come fast keep their framing and their text, on both transports" {
    start_tokens --concurrency 10 -- --tokens 200 --ttft 20ms --token-gap 0 --usage last
    tokens '
c = connect()
c.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
assert b" 200 " in read_all(c)
body = json.dumps(dict(read_tokens.BODIES["chat"])).encode()
s = connect()
s.sendall(b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
rest, chunks = read_all(s).partition(b"\r\n\r\n")[2], []
while rest:
    size, _, rest = rest.partition(b"\r\n")
    chunks.append(rest[:int(size, 16)])
    rest = rest[int(size, 16) + 2:]
# Each event was a write of the target, and no two of them are in one chunk. (One that is longer than a read may be in two.)
until(lambda: any(lives().values()))
rows = next(iter(read_tokens.log(glob.glob(args[0] + "/tokens.*.csv")[0]).values()))
joined = [c[:300] for c in chunks if c.count(b"\"content\":") > 1]
assert not joined, joined[:3]
assert b"".join(chunks).count(b"\"content\":") == 200
assert sum(r["what"] == "tokens" for r in rows) == 200'
    for transport in $TRANSPORTS; do
        printf '%s' '{"load": {"users": 2, "duration": "60s"}, "tasks": [{"name": "chat", "steps": [{"repeat": 2, "steps": [{"path": "/v1/chat/completions",
            "json": {"stream": true, "messages": [{"role": "user", "content": "hello"}]}, "stream": "openai"}]}, {"wait": {"constant": "59s"}}]}]}' \
            >"$SCRATCH/s.json"
        run_until 4 "$transport"
        [ "$(sql "$SCRATCH/run.db" "select count(*), min(token_events), max(token_events), min(output_tokens), min(finish) from streams")" = "4|200|200|200|stop" ]
    done
    stop_cloudrun
}

# run_until N TRANSPORT: runs $SCRATCH/s.json until N requests are recorded.
run_until() {
    rm -f "$SCRATCH"/run.db*
    "$COLDSWARM" run "$SCRATCH/s.json" -H "$URL" -o "$SCRATCH/run.db" --transport "$2" --quiet --stop-timeout 1s >"$SCRATCH/run.out" 2>"$SCRATCH/run.err" 3>&- &
    local pid=$! i
    STARTED_PIDS+=("$pid")
    for ((i = 0; i < 3000; i++)); do
        [ -e "$SCRATCH/run.db" ] && [ "$(sqlite3 "$SCRATCH/run.db" 'select count(*) from requests' 2>/dev/null || echo 0)" -ge "$1" ] && break
        kill -0 "$pid" 2>/dev/null || break
        pause
    done
    kill -INT "$pid" 2>/dev/null || true
    wait "$pid" || true
    [ -e "$SCRATCH/run.db" ] || cat "$SCRATCH/run.err" >&2
}

@test "a client that leaves ends the stream at the instance and frees its place" {
    printf '%s' '{"load": {"users": 2, "spawn_rate": 100, "duration": "1h"}, "tasks": [{"path": "/v1/chat/completions",
        "json": {"stream": true, "messages": [{"role": "user", "content": "hello"}]},
        "stream": {"format": "openai", "cancel_after": {"tokens": 3}}}]}' >"$SCRATCH/s.json"
    for transport in $TRANSPORTS; do
        # Each would go on for half an hour and more.
        start_tokens --concurrency 1 --max-instances 1 --pending 60s -- --tokens 100000 --ttft 20ms --token-gap 20ms
        run_until 6 "$transport"
        stop_cloudrun
        [ "$(sql "$SCRATCH/run.db" "select count(*) >= 6, min(finish), max(finish) from streams where request_id in
            (select id from requests where outcome = 'ok')")" = "1|cancel_after|cancel_after" ]
        [ "$(sql "$SCRATCH/run.db" "select count(*) from requests where outcome not in ('ok', 'cancelled')")" = 0 ]
        "$COLDSWARM" import "$SCRATCH/run.db" --logs "$LOG" --metrics "$METRICS" >/dev/null
        "$COLDSWARM" report "$SCRATCH/run.db" --format json >"$SCRATCH/report.json"
        tokens '
import sqlite3
good = sqlite3.connect(args[0] + "/run.db").execute("select count(*) from requests where outcome = \"ok\"").fetchone()[0]
(ends,) = [[end for _, _, end in log] for log in lives().values()]
assert good >= 6 and ends.count("client left") >= good and "sent" not in ends, (good, ends)
# The client had its 200, so that is the status of the log, too; the summary says that it left.
assert {r["httpRequest"]["status"] for r in requests()} <= {200, 499}, requests()
assert all("instanceId" in r["labels"] for r in requests() if r["httpRequest"]["status"] == 200)
assert int(re.search(r"(\d+) clients disconnected", open(args[1]).read())[1]) >= good
r = json.load(open(args[0] + "/report.json"))["server"]["reconciliation"]
assert r["unexplained"] == 0 and r["joined"] >= good, r' "$OUT"
    done
}

@test "the request timeout cuts a stream, and the log and the summary say why" {
    start_tokens --timeout 700ms -- --tokens 100000 --ttft 20ms --token-gap 20ms
    tokens '
body = json.dumps(read_tokens.BODIES["chat"]).encode()
def cut():
    until(lambda: get("/health")[0] == 200)
    with connect() as a:
        a.sendall(b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
        back = read_all(a)
    if not back.startswith(b"HTTP/1.1 200 "):
        return False
    assert not back.endswith(b"0\r\n\r\n"), back
    return True
until(cut)  # a busy machine may need more than one such time to start, and to begin an answer
ends = lambda: {end for log in lives().values() for _, _, end in log}
until(ends)
assert ends() == {"client left"}, ends()'
    stop_cloudrun
    client '
cut = requests()[-1]
assert cut["textPayload"].startswith("The request has been terminated because it has reached the maximum request timeout."), cut
assert float(cut["httpRequest"]["latency"].rstrip("s")) >= 0.7 and cut["httpRequest"]["status"] == 200, cut
late = sum(r.get("textPayload") == cut["textPayload"] for r in requests())
assert f" {late} timed out, 0 clients disconnected" in open(args[0]).read(), late' "$OUT"
}

@test "the log's latency goes to the end of the stream, or to its headers with --log-latency headers" {
    # Bounds that hold on any machine: the client sees the head before it lets the events go, and all happens on one clock.
    local code='
go = args[0] + "/go"
open(go, "wb").close()
begin = time.monotonic()
with connect() as s:
    s.sendall(b"GET /steps?%s&2&chunks HTTP/1.1\r\nHost: x\r\n\r\n" % go.encode())
    got = b""
    while b"data: 000000" not in got:
        got += s.recv(65536)
    head = time.monotonic()
    time.sleep(0.3)
    last = time.monotonic()
    with open(go, "ab") as f:
        f.write(b"..")
    while not got.endswith(b"\r\n0\r\n\r\n"):
        piece = s.recv(65536)
        assert piece, got
        got += piece
json.dump([head - begin, last - head], open(args[0] + "/bounds", "w"))'
    for until in end headers; do
        start_cloudrun --log-latency "$until" -- "$PYTHON" "$SERVICE" good
        client "$code" "$SCRATCH"
        stop_cloudrun
        client '
to_head, stream = json.load(open(args[0] + "/bounds"))
latency = float(requests()[0]["httpRequest"]["latency"].rstrip("s"))
ok = latency >= stream >= 0.3 if args[1] == "end" else 0 < latency <= to_head + 0.001
assert ok, (args[1], latency, to_head, stream)' "$SCRATCH" "$until"
    done
    run -2 "$COLDSWARM" cloudrun --port 0 --log-latency middle -- true
    [[ $output == *"--log-latency"*"end"*"headers"* ]]
}

@test "import, join and report work with both, and the report says if the log's times stop at the headers" {
    printf '%s' '{"load": {"users": 2, "spawn_rate": 100, "duration": "60s"}, "tasks": [{"name": "chat", "steps": [{"repeat": 4, "steps": [{"path": "/v1/chat/completions",
        "json": {"stream": true, "messages": [{"role": "user", "content": "hello"}]}, "stream": "openai"}]}, {"wait": {"constant": "59s"}}]}]}' >"$SCRATCH/s.json"
    for until in end headers; do
        start_tokens --log-latency "$until" -- --tokens 50 --ttft 50ms --token-gap 20ms
        run_until 8 "${TRANSPORT:-direct}"
        stop_cloudrun
        "$COLDSWARM" import "$SCRATCH/run.db" --logs "$LOG" --metrics "$METRICS" >/dev/null
        "$COLDSWARM" report "$SCRATCH/run.db" --format json >"$SCRATCH/report.json"
        "$COLDSWARM" report "$SCRATCH/run.db" --format markdown >"$SCRATCH/report.md"
        tokens '
import sqlite3
document = json.load(open(args[0] + "/report.json"))
server, notes = document["server"], [n["key"] for n in document["notes"]]
r = server["reconciliation"]
assert r["joined"] == r["sent"] == 8 and r["unexplained"] == 0, r
rows = sqlite3.connect(args[0] + "/run.db").execute("select s.latency_us, r.ttfb_us, r.service_us, t.first, t.last from server_requests as s "
    "join requests as r on r.id = s.request_id join (select request_id, ttft_us as first, last_token_us as last from streams) as t on t.request_id = r.id").fetchall()
assert len(rows) == 8, rows
for latency, head, whole, first, last in rows:
    # 49 gaps of 20 ms lie between the first token and the last, and both were sent when due or later.
    assert (latency >= 980000) if args[1] == "end" else (latency <= head + 100), (args[1], latency, head, whole)
    assert last >= 980000
told = "log_latency_to_headers" in notes
assert told == (args[1] == "headers"), (args[1], notes)
assert ("to its headers, not to its end" in open(args[0] + "/report.md").read()) == told' "$until"
    done
}
