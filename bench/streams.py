"""Streams of tokens: what an event costs the client, beside a bare loop in C and beside aiohttp; and whether the client's times are
those of the server's own log. The server is `coldswarm target --tokens`, whose log has the clock of this machine."""
import csv
import json
import os
import re
import signal
import sqlite3
import statistics
import subprocess

import parse
import tables
from measure import Table, Unable, measure
from servers import ROOT
from tools import COLDSWARM

STREAMS, PER_SECOND, GAP_MS, SPAWN_PER_S = 200, 50, 20, 200
MANY = 1000
SECONDS_MIN = 30  # of a stream: what a client needs to start and to end is spread over its events
ASKED = {"model": "m", "stream": True, "stream_options": {"include_usage": True}, "max_tokens": 1000000,
         "messages": [{"role": "user", "content": "one two three"}]}


class Tokens:
    """with Tokens(directory, tokens) as server: each answer has that number of tokens, one every 20 ms; after the with, server.rows is its log."""

    def __init__(self, directory, tokens, gap="20ms"):
        self.log, self.err = os.path.join(directory, "tokens.csv"), os.path.join(directory, "tokens.err")
        self.argv = [COLDSWARM, "target", "--port", "0", "--tokens", str(tokens), "--ttft", "50ms", "--token-gap", gap,
                     "--token-log", self.log]

    def __enter__(self):
        with open(self.err, "wb") as err:
            self.process = subprocess.Popen(self.argv, stdout=subprocess.DEVNULL, stderr=err, start_new_session=True)
        for _ in range(200):
            with open(self.err, encoding="utf-8") as f:
                found = re.search(r"listening on (http://\S+)", f.read())
            if found:
                self.url = found[1]
                return self
            try:
                self.process.wait(0.05)
                break
            except subprocess.TimeoutExpired:
                pass
        raise Unable("the token server does not listen")

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()
        with open(self.log, encoding="utf-8", newline="") as f:
            self.rows = list(csv.DictReader(f))

    def streams(self):
        """Of each request, in the order of arrival: when it was complete, and the time before and after each write of a token."""
        found = {}
        for row in self.rows:
            one = found.setdefault(int(row["request"]), [0, []])
            if row["what"] == "request":
                one[0] = int(row["before_ns"])
            elif row["what"] == "tokens":
                one[1].append((int(row["before_ns"]), int(row["after_ns"]), int(row["tokens"])))
        return sorted(one for one in found.values() if one[1])


def coldswarm(directory, url, users, spawn, transport, once, seconds):
    """A run of `once` streams, which end within the seconds; returns what it used and its file."""
    db, rows = os.path.join(directory, "streams.db"), os.path.join(directory, "rows.csv")
    with open(rows, "w", encoding="utf-8") as f:
        f.write("n\n" + "".join(f"{i}\n" for i in range(once)))
    scenario = {"target": url, "timeout": "10m", "load": {"users": users, "spawn_rate": spawn, "duration": f"{seconds}s"},
                "feeders": {"row": {"csv": rows, "mode": "once", "ends": "user"}},
                "tasks": [{"path": "/v1/chat/completions", "stream": "openai", "json": ASKED, "headers": {"X-Row": "${row.n}"}}]}
    path = os.path.join(directory, "streams.json")
    with open(path, "w", encoding="utf-8") as f:
        json.dump(scenario, f)
    for end in ("", "-wal", "-shm"):
        if os.path.exists(db + end):
            os.unlink(db + end)
    run = measure([COLDSWARM, "run", path, "-o", db, "--quiet", "--transport", transport], 300)
    if not os.path.exists(db):
        raise Unable(f"ended with {run.code}: {run.text[:200]}")
    return run, db


def recorded(db):
    """Of each stream of the file, in the order of sending: TTFT and gaps, in microseconds."""
    with sqlite3.connect(db) as rows:
        return [(ttft, json.loads(gaps)) for ttft, gaps in rows.execute(
            "select ttft_us, gaps_us from streams join requests on id = request_id where outcome = 'ok' order by sent_us")]


def cost(a):
    """CPU per token event of each client."""
    tokens = PER_SECOND * max(a.seconds, SECONDS_MIN)
    floor = os.path.join(a.directory, "stream_floor")
    subprocess.run(["cc", "-O2", "-o", floor, os.path.join(ROOT, "bench/stream_floor.c")], check=True)
    body, request = os.path.join(a.directory, "body"), os.path.join(a.directory, "request")
    text = json.dumps(ASKED)
    with open(body, "w", encoding="utf-8") as f:
        f.write(text)
    with open(request, "w", encoding="utf-8", newline="") as f:
        f.write("POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nConnection: close\r\n"
                f"Content-Length: {len(text)}\r\n\r\n{text}")

    def ours(url, transport):
        run, db = coldswarm(a.directory, url, STREAMS, SPAWN_PER_S, transport, STREAMS,
                            STREAMS / SPAWN_PER_S + tokens / PER_SECOND + 2)
        events = sum(1 + len(gaps) for _, gaps in recorded(db))
        return run, events

    def other(argv):
        run = measure(argv, 300)
        if run.code:
            raise Unable(f"ended with {run.code}: {run.text.strip().splitlines()[-1][:200] if run.text.strip() else ''}")
        return run, STREAMS * tokens

    clients = {"coldswarm direct": lambda url: ours(url, "direct"), "coldswarm curl": lambda url: ours(url, "curl"),
               "a bare loop in C": lambda url: other([floor, url.rpartition(":")[2], str(STREAMS), str(SPAWN_PER_S), request]),
               "aiohttp": lambda url: other([os.path.join(ROOT, "bench/stream_aiohttp.py"), url + "/v1/chat/completions",
                                             str(STREAMS), str(SPAWN_PER_S), body])}
    cells = {}
    for number in range(a.rounds):
        tables.say(f"streams, round {number + 1} of {a.rounds}")
        for name, client in clients.items():
            try:
                with Tokens(a.directory, tokens) as server:
                    run, events = client(server.url)
                sent = sum(n for _, writes in server.streams() for _, _, n in writes)
                if events != sent:
                    raise Unable(f"WRONG: {events} token events, but the server sent {sent}")
                cells.setdefault(name, []).append((run.cpu / events * 1e6, run.memory))
                tables.say(f"  {name}: {cells[name][-1][0]:.2f} us CPU a token event")
            except Unable as e:
                cells.setdefault(name, []).append(str(e))
                tables.say(f"  {name}: {e}")
    print(f"### Streams: cost of a token event\n\n{STREAMS} streams of {tokens} tokens, {PER_SECOND} a second each; coldswarm records "
          "every token. aiohttp splits and parses the events and keeps their times.\n")
    table = Table("client", "CPU us a token event", "to the bare loop", "to aiohttp", "peak memory MB")
    for name, results in cells.items():
        seen = tables.good(results)
        if not seen:
            table.dash(results[0], name)
            continue
        table.row(name, f"{statistics.median(s[0] for s in seen):.2f}", tables.ratio(results, cells["a bare loop in C"]),
                  tables.ratio(results, cells["aiohttp"]), f"{statistics.median(s[1] for s in seen):.0f}")
    print(table)


def paired(server, db):
    """Each stream of the file with the server's, in the order of sending, which is that of arrival where few are sent at once."""
    mine, theirs = recorded(db), server.streams()
    if len(mine) != len(theirs):
        raise Unable(f"WRONG: {len(mine)} streams, but the server had {len(theirs)}")
    return list(zip(mine, theirs))


def add_quantiles(table, name, values, goal):
    values.sort()
    table.row(name, len(values), *(f"{parse.quantile(values, q):.0f}" for q in (0.5, 0.99)), f"{values[0]:.0f}", goal)


def accuracy(a):
    """The client's times less the server's, of streams one after the other, and of many at once."""
    table = Table("time", "values", "p50 us", "p99 us", "least us", "goal")
    for transport in ("direct", "curl"):
        first, last = [], []
        with Tokens(a.directory, 5) as server:
            _, db = coldswarm(a.directory, server.url, 1, 1, transport, 100, 20)
        for (ttft, gaps), (came, writes) in paired(server, db):
            first.append(ttft - (writes[0][0] - came) / 1000)
            last.append(ttft + sum(gaps) - (writes[-1][0] - came) / 1000)
        add_quantiles(table, f"{transport}: time to first token", first, "p50 30, p99 200, least 0")
        add_quantiles(table, f"{transport}: last token", last, "p50 30, p99 200, least 0")
    for transport in ("direct", "curl"):
        errors = []
        with Tokens(a.directory, PER_SECOND * max(a.seconds, 3)) as server:
            run, db = coldswarm(a.directory, server.url, MANY, SPAWN_PER_S, transport, MANY,
                                MANY / SPAWN_PER_S + max(a.seconds, 3) + 3)
        for (_, gaps), (_, writes) in paired(server, db):
            own = [(y[0] - x[0]) / 1000 for x, y in zip(writes, writes[1:])]
            if len(own) != len(gaps):
                raise Unable(f"WRONG: {len(gaps)} gaps, but the server had {len(own)}")
            errors += [abs(g - o) for g, o in zip(gaps, own)]
        add_quantiles(table, f"{transport}: gaps of {MANY} streams, apart from the server's", errors, "p99 200")
        tables.say(f"  {transport}: {MANY} streams, peak memory {run.memory:.0f} MB")
    print("### Streams: times beside the server's own log\n\nThe server's moment is the one before the call that sends a token.\n")
    print(table)


def streams(_clients, a):
    try:
        cost(a)
        accuracy(a)
    except Unable as e:
        print(f"Streams: {e}\n")
