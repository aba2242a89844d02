#!/usr/bin/env bats
# coldswarm target as a language model: what a reader of another make (read_tokens.py: Python's http.client and json) receives,
# compared with the token log.

load ../support/helpers

# tokens CODE [ARG...]: Python with all of read_tokens.py, `port`, `args`, and together(n, function) -> results of n threads.
tokens() {
    local code=$1
    shift
    PYTHONPATH="$ROOT/tests/cli" PYTHONDONTWRITEBYTECODE=1 python3 -c '
import os, signal, socket, struct, sys, threading
from concurrent.futures import ThreadPoolExecutor
from read_tokens import *
port, args = int(sys.argv[1]), sys.argv[2:]
def together(n, function):
    with ThreadPoolExecutor(n) as pool:
        return list(pool.map(function, range(n)))
def until(condition):
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end, "did not happen in 60 s"
        time.sleep(0.01)
def stats():
    c = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    c.request("GET", "/stats")
    return json.loads(c.getresponse().read())
def over(number):
    return lambda: log(args[0]).get(number, [{"what": ""}])[-1]["what"] == "over"
'"$code" "$PORT" "$@"
}

@test "every interface streams all tokens, with its text, order, usage and end" {
    start_target --tokens 40 --ttft 30ms --token-gap 1ms --token-log "$SCRATCH/log.csv"
    tokens '
for n, api in enumerate(PATHS):
    a = ask(port, api)
    until(over(n))
    assert check_log(log(args[0])[n], 30_000_000, 1_000_000) == 40
    assert check(a, log(args[0])[n]) == 40
    assert len(a.text) == 40 and a.done and a.error is None and a.broken is None, api
    assert a.finish == "stop", (api, a.finish)
    # Only the two older interfaces of OpenAI leave the usage to the request.
    assert a.usage.get("prompt") == (None if api in ("chat", "completions") else 10), (api, a.usage)
    assert a.type == ("application/x-ndjson" if api.startswith("ollama") else "text/event-stream; charset=utf-8")
    assert number_of(a) in (n, None)
    # Some words have characters beyond ASCII.
    assert not "".join(a.text).isascii()
# The connection lives on after a stream.
c = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
for _ in range(3):
    assert len(ask(port, "chat", connection=c).text) == 40
c.request("GET", "/v1/models")
assert json.loads(c.getresponse().read())["data"][0]["id"] == "coldswarm"' "$SCRATCH/log.csv"
    stop_target
    grep -q '10 streams, 400 tokens' "$TARGET_OUT"
}

@test "curl -N reads the same bytes; HTTP/1.0 too, without chunks" {
    start_target --tokens 30 --ttft 5ms --token-gap 1ms --role-first
    body='{"messages":[{"role":"user","content":"hello"}],"stream":true}'
    for version in --http1.1 --http1.0; do
        curl -sSN $version -H 'Connection: close' -d "$body" "$URL/v1/chat/completions" >"$SCRATCH/out"
        [ "$(grep -c '^data: {' "$SCRATCH/out")" -eq 32 ]
        [ "$(tail -n 2 "$SCRATCH/out" | head -n 1)" = "data: [DONE]" ]
        [ "$(grep -vc '^data: ' "$SCRATCH/out")" -eq 33 ]
    done
}

@test "the same seed gives the same text, another seed another" {
    text() {
        start_target --tokens uniform:20,30 --ttft 1ms --token-gap 0 --seed "$1"
        tokens 'print([ask(port, "chat").text for _ in range(5)])'
        stop_target
    }
    text 5 >"$SCRATCH/a"
    text 5 >"$SCRATCH/b"
    text 6 >"$SCRATCH/c"
    cmp "$SCRATCH/a" "$SCRATCH/b"
    fails cmp "$SCRATCH/a" "$SCRATCH/c"
}

@test "an answer in one piece has the same tokens, after the same time" {
    start_target --tokens 20 --ttft 100ms --token-gap 10ms --reasoning 5 --cached 0.5 --token-log "$SCRATCH/log.csv"
    tokens '
where = {"chat": lambda d: d["choices"][0]["message"]["content"], "completions": lambda d: d["choices"][0]["text"],
         "responses": lambda d: d["output"][-1]["content"][0]["text"], "messages": lambda d: d["content"][-1]["text"],
         "ollama_chat": lambda d: d["message"]["content"], "ollama_generate": lambda d: d["response"]}
count = {"responses": lambda d: d["usage"]["output_tokens"], "messages": lambda d: d["usage"]["output_tokens"],
         "ollama_chat": lambda d: d["eval_count"], "ollama_generate": lambda d: d["eval_count"]}
for n, api in enumerate(where):
    start = time.monotonic()
    status, body = post(port, PATHS[api], {**BODIES[api], "stream": False})
    assert time.monotonic() - start >= 0.29, api
    document = json.loads(body)
    text = where[api](document)
    assert status == 200 and len(text.split()) == (20 if api == "completions" else 15), (api, text)
    assert count.get(api, lambda d: d["usage"]["completion_tokens"])(document) == 20, api
    until(over(n))
    assert log(args[0])[n][1]["text"].endswith(text) and log(args[0])[n][1]["tokens"] == 20
d = json.loads(post(port, PATHS["chat"], {**BODIES["chat"], "stream": False})[1])
assert d["usage"]["prompt_tokens_details"]["cached_tokens"] == 5 and d["usage"]["completion_tokens_details"]["reasoning_tokens"] == 5
assert len(d["choices"][0]["message"]["reasoning_content"].split()) == 5' "$SCRATCH/log.csv"
}

@test "max_tokens by every name is a limit; ignore_eos makes it exact" {
    start_target --tokens 12 --ttft 1ms --token-gap 0
    tokens '
names = [("chat", {"max_tokens": 5}), ("chat", {"max_completion_tokens": 5}), ("completions", {"n_predict": 5}), ("responses",
    {"max_output_tokens": 5}), ("messages", {"max_tokens": 5}), ("tgi", {"parameters": {"max_new_tokens": 5}}), ("ollama_chat",
    {"options": {"num_predict": 5}})]
for api, limit in names:
    a = ask(port, api, **limit)
    assert len(a.text) == 5 and a.finish == "length", (api, a.finish)
a = ask(port, "chat", max_tokens=30)
assert len(a.text) == 12 and a.finish == "stop"
a = ask(port, "chat", max_tokens=30, ignore_eos=True)
assert len(a.text) == 30 and a.finish == "length"
assert len(ask(port, "chat", min_tokens=20).text) == 20'
}

@test "--tokens-per-event, --events-per-write: as many events and writes, at the times of their tokens" {
    start_target --tokens 25 --ttft 20ms --token-gap 2ms --tokens-per-event 4 --events-per-write 3 --usage last \
        --token-log "$SCRATCH/log.csv"
    tokens '
a = ask(port, "chat")
until(over(0))
rows = log(args[0])[0]
assert check_log(rows, 20_000_000, 2_000_000, per_event=4) == 25 and check(a, rows) == 25
assert [len(t.split()) for t in a.text] == [4] * 6 + [1]
assert [r["tokens"] for r in rows if r["what"] == "tokens"] == [12, 12, 1]
assert a.usage["output"] == 25' "$SCRATCH/log.csv"
}

@test "--split-bytes, --crlf, --no-space, --ping, --role-first: the same answer in other bytes" {
    start_target --tokens 40 --ttft 100ms --token-gap 0 --usage last
    tokens '
open(args[0], "w").write(json.dumps({api: ask(port, api).text for api in PATHS}))' "$SCRATCH/plain.json"
    stop_target
    for options in "--split-bytes 1" "--split-bytes 7 --crlf" "--no-space --role-first" "--crlf --no-space --ping 10ms" \
        "--split-bytes 100000"; do
        # shellcheck disable=SC2086
        start_target --tokens 40 --ttft 100ms --token-gap 0 --usage last $options
        tokens '
plain, options = json.load(open(args[0])), args[1].split()
for api in PATHS:
    a = ask(port, api)
    assert a.text == plain[api] and a.done and a.usage["output"] == 40, (api, options)
    lines = api.startswith("ollama")
    assert (b"\r\n" in a.raw) == ("--crlf" in options)
    assert lines or (b"data:{" in a.raw) == ("--no-space" in options)
    assert lines or (b"data: {" in a.raw) != ("--no-space" in options)
    assert (a.pings == 9 if "--ping" in options and not lines else a.pings == 0), (api, a.pings)
    if api == "chat":
        assert a.role_alone == (True if "--role-first" in options else None)' "$SCRATCH/plain.json" "$options"
        stop_target
    done
}

@test "--split-bytes: each piece is a chunk of its own, and some end within a character" {
    start_target --tokens 60 --ttft 1ms --token-gap 1ms --split-bytes 5
    tokens '
body = json.dumps(BODIES["completions"]).encode()
with socket.create_connection(("127.0.0.1", port), timeout=60) as s:
    s.sendall(b"POST /v1/completions HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
    back = b""
    while piece := s.recv(65536):
        back += piece
rest, split, sizes = back.partition(b"\r\n\r\n")[2], 0, set()
while True:
    size, _, rest = rest.partition(b"\r\n")
    size = int(size, 16)
    if size == 0:
        break
    sizes.add(size)
    try:
        rest[:size].decode()
    except UnicodeDecodeError:
        split += 1
    assert rest[size:size + 2] == b"\r\n"
    rest = rest[size + 2:]
assert max(sizes) == 5 and split > 0, (sizes, split)'
}

@test "--usage: last, each, none, and as asked" {
    for usage in last each none asked; do
        start_target --tokens 10 --ttft 1ms --token-gap 0 --usage $usage
        tokens '
usage = args[0]
for api in PATHS:
    a = ask(port, api)
    openai_two = api in ("chat", "completions")
    # ten tokens, the finish reason, and the chunk without choices
    expected = {"last": 1, "each": 12 if openai_two else 1, "none": 0, "asked": 0 if openai_two else 1}[usage]
    assert a.usages == expected, (api, usage, a.usages)
    assert expected == 0 or a.usage["output"] == 10 and a.usage["prompt"] == 10
a = ask(port, "chat", stream_options={"include_usage": True})
assert a.usages == {"last": 1, "each": 12, "none": 0, "asked": 1}[usage]
a = ask(port, "chat", stream_options={"include_usage": True, "continuous_usage_stats": True})
assert a.usages == {"last": 1, "each": 12, "none": 0, "asked": 12}[usage]
assert usage not in ("each", "asked") or [json.loads(e)["usage"]["completion_tokens"] for e in a.events[:3]] == [1, 2, 3]' $usage
        stop_target
    done
}

@test "--reasoning and --cached are in each interface that knows them" {
    start_target --tokens 12 --ttft 1ms --token-gap 0 --reasoning 5 --cached 0.75 --usage last
    tokens '
for api in PATHS:
    a = ask(port, api)
    knows = api not in ("completions", "tgi")
    assert len(a.reasoning) == (5 if knows else 0) and len(a.text) == (7 if knows else 12), api
    assert a.usage["output"] == 12 and a.usage.get("cached", 7) == 7 and a.usage["prompt"] == 10, (api, a.usage)
    assert a.usage.get("reasoning", 5 if knows else 0) == (5 if knows else 0)'
}

@test "--end close, error, reset, stall: half of the tokens, then what the name says, and counted" {
    for end in close error reset stall; do
        start_target --tokens 20 --ttft 5ms --token-gap 20ms --end $end --usage last --token-log "$SCRATCH/log.csv"
        tokens '
end = args[1]
for n, api in enumerate(PATHS):
    if end == "stall":
        # It stays open and silent: this client leaves, and the server sees it.
        body = json.dumps(BODIES[api]).encode()
        with socket.create_connection(("127.0.0.1", port), timeout=60) as s:
            s.sendall(b"POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % (PATHS[api].encode(), len(body)) + body)
            until(lambda: any(r["what"] == "break" for r in log(args[0]).get(n, [])))
            s.settimeout(0.3)
            try:
                while s.recv(65536):
                    pass
                raise SystemExit("it ended")
            except TimeoutError:
                pass
    else:
        a = ask(port, api)
        assert len(a.text) == 10 and not a.done and a.finish is None and not a.usage, api
        assert (a.error is not None) == (end == "error")
        assert (a.broken is not None) == (end == "reset"), (api, a.broken)
    until(over(n))
    rows = log(args[0])[n]
    assert check_log(rows, 5_000_000, 20_000_000) == 10
    assert rows[-1]["text"] == {"close": "sent", "error": "sent", "reset": "reset", "stall": "client left"}[end], rows[-1]
until(lambda: stats()["total"]["in_flight"] == 0)
total = stats()["total"]
counted = {"reset": total["reset"], "stall": total["hang"]}.get(end, total["answered"].get("200"))
assert counted == 7 == total["received"] and total["aborted"] == 0, total' "$SCRATCH/log.csv" $end
        stop_target
    done
}

@test "a client that leaves ends its stream, which is aborted; one that does not read loses nothing" {
    start_target --tokens 200000 --tokens-per-event 100 --ttft 1ms --token-gap 10us --token-log "$SCRATCH/log.csv"
    tokens '
body = json.dumps(BODIES["chat"]).encode()
head = b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body)
with socket.create_connection(("127.0.0.1", port), timeout=60) as s:
    s.sendall(head + body)
    assert s.recv(100)
until(over(0))
assert log(args[0])[0][-1]["text"] == "client left"
until(lambda: stats()["total"]["aborted"] == 1)
# More than the buffers of the kernel take: 2000 events of 1 kB, and a small window.
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
s.settimeout(60)
s.connect(("127.0.0.1", port))
s.sendall(head.replace(b"Host: x", b"Host: x\r\nConnection: close") + body)
time.sleep(1)
back = b""
while piece := s.recv(65536):
    back += piece
a = Answer("chat")
rest = back.partition(b"\r\n\r\n")[2]
while (size := int(rest.partition(b"\r\n")[0], 16)) > 0:
    at = rest.index(b"\r\n") + 2
    a.raw += rest[at:at + size]
    rest = rest[at + size + 2:]
understand(a)
assert a.done and len("".join(a.text).split()) == 200000
until(over(1))
assert check(a, log(args[0])[1]) == 200000' "$SCRATCH/log.csv"
}

@test "200 streams at once: each has its own text, complete and in order" {
    start_target --tokens uniform:20,60 --ttft 50ms --token-gap 5ms --usage last --token-log "$SCRATCH/log.csv"
    tokens '
apis = [api for api in PATHS if api in ("chat", "completions", "messages", "responses")]
answers = together(200, lambda k: ask(port, apis[k % 4], headers={"X-Request-Id": f"client-{k}"}))
until(lambda: len(log(args[0])) == 200 and all(rows[-1]["what"] == "over" for rows in log(args[0]).values()))
rows = log(args[0])
numbers = set()
for k, a in enumerate(answers):
    n = number_of(a)
    numbers.add(n)
    assert a.done and check(a, rows[n]) == a.usage["output"] and 20 <= a.usage["output"] <= 60
    assert check_log(rows[n], 50_000_000, 5_000_000) == a.usage["output"]
    assert {row["client_id"] for row in rows[n]} == {f"client-{k}"} and a.headers["X-Request-Id"] == f"client-{k}"
assert len(numbers) == 200' "$SCRATCH/log.csv"
}

@test "1000 streams at once: every token of each arrives" {
    start_target --tokens 20 --ttft 2s --token-gap 10ms --usage last
    tokens '
import asyncio, resource
resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
body = json.dumps(BODIES["completions"]).encode()
async def user():
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"POST /v1/completions HTTP/1.0\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
    back = await reader.read()
    writer.close()
    a = Answer("completions")
    a.raw = back.partition(b"\r\n\r\n")[2]
    return understand(a)
async def main():
    return await asyncio.gather(*(user() for _ in range(1000)))
answers = asyncio.run(main())
assert all(a.done and len(a.text) == 20 and a.usage["output"] == 20 for a in answers)
assert len({"".join(a.text) for a in answers}) > 990
assert stats()["streams"] == 1000 and stats()["tokens"] == 20000 and stats()["total"]["answered"] == {"200": 1000}
threads = int(next(l.split()[1] for l in open(f"/proc/{args[0]}/status") if l.startswith("Threads")))
assert threads < 10, threads' "$TARGET_PID"
}

@test "--concurrency, given, counts streams until their end; a cold start and failures apply to them" {
    start_target --tokens 10 --ttft 100ms --token-gap 10ms --concurrency 1 --token-log "$SCRATCH/log.csv"
    tokens '
together(3, lambda k: ask(port, "chat"))
until(lambda: len(log(args[0])) == 3 and all(rows[-1]["what"] == "over" for rows in log(args[0]).values()))
rows = sorted(log(args[0]).values(), key=lambda rows: rows[0]["after_ns"])
for before, after in zip(rows, rows[1:]):
    assert after[0]["after_ns"] >= before[-2]["after_ns"], "one began before the other had ended"
    check_log(after, 100_000_000, 10_000_000)' "$SCRATCH/log.csv"
    stop_target
    start_target --tokens 5 --ttft 1ms --token-gap 200ms --cold-start 300ms --idle-timeout 250ms
    tokens '
start = time.monotonic()
assert len(ask(port, "chat").text) == 5 and time.monotonic() - start >= 1.1
assert stats()["cold_starts"] == 1
# A stream keeps it warm, which lasts longer than we look: this request comes 0.4 s after the last one did.
body = json.dumps({**BODIES["chat"], "max_tokens": 1000, "ignore_eos": True}).encode()
with socket.create_connection(("127.0.0.1", port), timeout=60) as s:
    s.sendall(b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
    until(lambda: stats()["streams"] == 2)
    before = stats()["cold_starts"]
    time.sleep(0.4)
    post(port, "/predict", "x")
    assert stats()["cold_starts"] == before'
    stop_target
    start_target --tokens 5 --fail-rate 1 --fail status:503
    tokens 'assert post(port, PATHS["chat"], BODIES["chat"])[0] == 503'
}

@test "what a request lacks is refused in the words of its interface; a token is needed where there is one" {
    start_target --tokens 5 --ttft 1ms --token secret
    tokens '
bearer, key = {"Authorization": "Bearer secret"}, {"X-Api-Key": "secret"}
for api, path in PATHS.items():
    for headers in {}, {"X-Api-Key": "wrong"}:
        status, body = post(port, path, BODIES[api], headers)
        assert status == 401 and "error" in json.loads(body), (api, status)
    status, body = post(port, path, "{}", bearer)
    assert status == 400 and "missing" in str(json.loads(body)["error"]), body
    status, body = post(port, path, "{\"", key)
    assert status == 400 and "body:1" in str(json.loads(body)["error"]), body
    assert post(port, path, b"\xff\xfe\x00", key)[0] == 400
    assert post(port, path, "", key)[0] == 400
    assert post(port, path, BODIES[api], key)[0] == 200
c = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
c.request("GET", "/v1/chat/completions", headers=bearer)
r = c.getresponse()
assert r.status == 405 and r.headers["allow"] == "POST"'
}

@test "SIGTERM ends streams at once; they are aborted, and the log is complete" {
    start_target --tokens 1000 --ttft 1ms --token-gap 1h --token-log "$SCRATCH/log.csv" --stats "$SCRATCH/stats.json"
    tokens '
t = [threading.Thread(target=lambda: ask(port, "chat")) for _ in range(5)]
for each in t: each.start()
until(lambda: stats()["tokens"] == 5)
os.kill(int(args[0]), signal.SIGTERM)
for each in t: each.join()' "$TARGET_PID"
    wait "$TARGET_PID"
    [ "$(json_sql "$SCRATCH/stats.json" "select doc->>'$.total.received', doc->>'$.total.aborted' from file")" = "5|5" ]
    [ "$(grep -c ',over,.*"stopped"' "$SCRATCH/log.csv")" -eq 5 ]
}

@test "mistakes are exit 2 and say what to write; a log that cannot be written is exit 3" {
    while read -r expected options; do
        # shellcheck disable=SC2086
        run "$COLDSWARM" target --port 0 $options
        echo "$options: $output"
        [ "$status" -eq 2 ]
        [[ "$output" == *"$expected"* ]]
    done <<END
--tokens: --tokens many
1000000 --tokens 1000001
larger --tokens uniform:9,3
lognormal:120,0.4 --tokens gamma:1,2
--ttft: --ttft fast
--token-gap: --token-gap uniform:1ms
asked, --usage sometimes
"reset"? --end rest
1ms --ping 10us
--cached --cached 0.5 --usage none
--cached --cached 2
--reasoning --tokens 10 --reasoning 11
tokens-per-event --tokens-per-event 0
events-per-write --events-per-write 0
split-bytes --split-bytes -1
END
    run "$COLDSWARM" target --port 0 --token-log /nowhere/log.csv
    [ "$status" -eq 3 ]
    [[ "$output" == *"--token-log: cannot write /nowhere/log.csv"* ]]
    start_target --tokens 5000 --ttft 1ms --token-gap 0 --token-log /dev/full
    tokens 'assert len(ask(port, "chat").text) == 5000'
    status=0
    stop_target || status=$?
    [ "$status" -eq 3 ]
    grep -q '/dev/full: No space left' "$TARGET_ERR"
}
