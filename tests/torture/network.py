#!/usr/bin/env python3
"""network.py [--only PART] [--sample N] [--jobs N]: a proxy before the target that does what bad networks and servers do.

Parts: `cut`: the n-th connection ends after n bytes of the answer, for all n, in order (FIN) or by RST, on new and on kept connections, over
HTTP/1.1 and HTTP/2; `state`: a RST or nothing at all when the connection is accepted, within and after the request; `drip`: a byte every
second, a head without end, interim answers without end; `pieces`: answers byte by byte; `delay`: 50 ms each way, with jitter.

Good is: each request has the outcome that its answer deserves, no user is stuck, the run ends in time, and the file has as many requests as
the target has seen. Both transports.
"""
import argparse
import os
import random
import re
import shutil
import socket
import struct
import subprocess
import sys
import threading
import time

import torture

TRANSPORTS = ("direct", "curl")
ANSWER_WAIT_S = 20


class Proxy:
    """Gives each connection, by its number from 0, to plan(number, connection), on a thread of its own."""

    def __init__(self, port, plan):
        self.to, self.plan, self.count, self.open = port, plan, 0, set()
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            number, self.count = self.count, self.count + 1
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self.serve, args=(number, client), daemon=True).start()

    def serve(self, number, client):
        link = Link(client, self.to)
        try:
            self.plan(number, link)
        except OSError:
            pass
        link.close()

    def close(self):
        self.listener.close()


class Link:
    """A client's connection and, once it is needed, one to the target."""

    def __init__(self, client, port):
        self.client, self.port, self.up = client, port, None

    def target(self):
        if self.up is None:
            self.up = socket.create_connection(("127.0.0.1", self.port))
            self.up.settimeout(ANSWER_WAIT_S)
        return self.up

    def request(self):
        """One request without a chunked body; b"" at the end of the connection."""
        data = b""
        while b"\r\n\r\n" not in data:
            more = self.client.recv(65536)
            if not more:
                return b""
            data += more
        head, _, body = data.partition(b"\r\n\r\n")
        found = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
        left = int(found[1]) - len(body) if found else 0
        while left > 0:
            more = self.client.recv(65536)
            if not more:
                return b""
            data, left = data + more, left - len(more)
        return data

    def answer(self, request):
        """The target's answer to it."""
        up = self.target()
        up.sendall(request)
        data = b""
        while b"\r\n\r\n" not in data:
            data += up.recv(65536)
        head, _, body = data.partition(b"\r\n\r\n")
        left = int(re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)[1]) - len(body)
        while left > 0:
            more = up.recv(65536)
            data, left = data + more, left - len(more)
        return data

    def reset(self):
        self.client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.client.close()

    def close(self):
        for s in (self.client, self.up):
            if s is not None:
                s.close()


def answered(link, _number=0):
    """All requests of a connection, as they come."""
    while request := link.request():
        link.client.sendall(link.answer(request))


class Run:
    """A run through a proxy: its rows, and what the target has seen."""

    def __init__(self, plan, transport, load, http="", task='{ "path": "/" }', timeout="30s", wait="1ms", port=None, limit=120):
        target = torture.Target() if port is None else None
        proxy = Proxy(int(target.port) if target else port, plan)
        where = torture.folder()
        with open(os.path.join(where, "s.json"), "w", encoding="utf-8") as f:
            f.write(f'{{ "name": "n", "target": "http://127.0.0.1:{proxy.port}", "load": {load}, "wait": {{ "constant": "{wait}" }},'
                    f' "timeout": "{timeout}", {http} "tasks": [ {task} ] }}')
        began = time.monotonic()
        r = torture.execute(["run", "s.json", "-o", "run.db", "--only-summary", "--transport", transport, "--stop-timeout", "40s"], where,
                            timeout=limit)
        self.seconds = time.monotonic() - began
        self.code, self.err = r.code, r.err
        proxy.close()
        self.rows = []
        if r.code is not None and os.path.exists(os.path.join(where, "run.db")):
            self.rows = torture.query(os.path.join(where, "run.db"), "SELECT outcome, status, service_us, sent_again, new_connection, error"
                                                                     " FROM requests ORDER BY sent_us, id")
        self.connections = proxy.count
        self.seen = sum(target.served(path) for path in ("/", "/predict")) if target else None
        if target:
            target.stop()
        shutil.rmtree(where)

    def fault(self, seen_by_all=True):
        """What is wrong whatever was done; seen_by_all: the proxy has passed each request on. Else some may have met a closed connection."""
        if self.code is None:
            return "the run does not end"
        if self.code not in (0, 1, 3, 4):
            return f"exit code {self.code}: {self.err[-300:]}"
        if not self.rows:
            return f"no requests: {self.err[-300:]}"
        if seen_by_all and self.seen is not None and len(self.rows) != self.seen:
            return f"{len(self.rows)} requests in the file, the target has seen {self.seen}"
        if self.seen is not None and not sum(row[0] == "ok" for row in self.rows) <= self.seen <= len(self.rows):
            return f"{len(self.rows)} requests in the file, the target has seen {self.seen}"
        return None


def users(n, seconds):
    return f'{{ "users": {n}, "spawn_rate": 1000, "duration": "{seconds}s" }}'


# ---- cut ----

def answer_size():
    """Bytes of the target's answer to a request of this program."""
    target, sizes = torture.Target(), []

    def plan(_number, link):
        while request := link.request():
            data = link.answer(request)
            sizes.append(len(data))
            link.client.sendall(data)

    proxy = Proxy(int(target.port), plan)
    with socket.create_connection(("127.0.0.1", proxy.port)) as s:
        s.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        s.recv(65536)
    proxy.close()
    target.stop()
    return sizes[0]


def cut(options):
    part, size = torture.Part("cut"), answer_size()

    def one(item):
        transport, reset, kept = item

        def plan(number, link):
            if kept:  # the first request of each connection has a whole answer
                link.client.sendall(link.answer(link.request()))
            request = link.request()
            if request:
                data = link.answer(request)
                link.client.sendall(data[:number])
                if reset:
                    link.reset()

        return item, Run(plan, transport, users(1, options.seconds))

    for (transport, reset, kept), run in torture.each(one, [(t, r, k) for t in TRANSPORTS for r in (False, True) for k in (False, True)], options.jobs):
        name = f"{transport}, {'RST' if reset else 'FIN'}, {'kept' if kept else 'new'} connection"
        fault = run.fault(False)
        rows = [row for row in run.rows if not (kept and row[4])]
        if fault is None and len(rows) <= size:
            fault = f"only {len(rows)} answers were cut, of {size} places"
        part.add(fault and f"{name}: {fault}")
        for n, (outcome, status, _, again, _, error) in enumerate(rows[:size + 1]):
            # A RST may overtake what came before it: then the end is all that the client sees.
            good = (outcome == "ok" and status == 200) if n >= size else outcome == "reset"
            if reset and n >= size and outcome == "reset":
                part.note("a RST that overtook a whole answer")
                good = True
            part.add(None if good and not again else f"{name}, {n} of {size} bytes: {outcome} {status} again={again} {error}", f"{name}: {outcome}")
    return part.end(f"ends of connections, after each of {size} bytes")


def h2_server():
    """tests/support/h2.js without TLS: its port and its process."""
    log = os.path.join(torture.scratch_root, "h2.log")
    process = subprocess.Popen(["node", os.path.join(torture.ROOT, "tests/support/h2.js"), "-", "-", log], stdout=subprocess.PIPE, text=True)
    return int(process.stdout.readline().split()[1]), process, log


def cut_h2(options):
    """Bytes of all frames are counted, so where the answer is complete is not known before; but it is at one place."""
    part = torture.Part("cut h2")
    port, process, log = h2_server()

    def one(item):
        transport, reset = item

        def plan(number, link):
            up, left = link.target(), number
            up.settimeout(0.02)
            link.client.settimeout(0.02)
            until = time.monotonic() + ANSWER_WAIT_S
            quiet = 0
            while left > 0 and time.monotonic() < until and quiet < 25:
                quiet += 1
                try:
                    data = link.client.recv(65536)
                    if not data:
                        return
                    up.sendall(data)
                    quiet = 0
                except TimeoutError:
                    pass
                try:
                    data = up.recv(left)
                    link.client.sendall(data)
                    left -= len(data)
                    quiet = 0
                except TimeoutError:
                    pass
            if reset:
                link.reset()

        return item, Run(plan, transport, users(1, options.seconds * 2), http='"http": { "version": "2-prior-knowledge" },', task='{ "path": "/ok" }',
                         timeout="10s", port=port)

    for (transport, reset), run in torture.each(one, [(t, r) for t in TRANSPORTS for r in (False, True)], options.jobs):
        name = f"{transport}, {'RST' if reset else 'FIN'}"
        outcomes = [row[0] for row in run.rows]
        fault = run.fault(False)
        first = outcomes.index("ok") if "ok" in outcomes else None
        if fault is None and first is None:
            fault = f"no answer is whole, of {len(outcomes)}"
        bad = [] if fault else [f"{n}: {o} {run.rows[n][5]}" for n, o in enumerate(outcomes[:first]) if o not in ("reset", "protocol_error")]
        if not fault and bad:
            fault = f"answers that were cut: {bad[:3]}"
        part.note(f"{name}: whole after {first} bytes")
        part.add(fault and f"{name}: {fault}")
    process.terminate()
    process.wait()
    return part.end("ends of HTTP/2 connections, after each byte")


# ---- other states ----

def nothing(_number, link):
    """Accepted, and then the other side is gone without telling."""
    time.sleep(ANSWER_WAIT_S)


def reset_at_once(_number, link):
    link.reset()


def reset_in_request(_number, link):
    link.client.recv(1)
    link.reset()


def reset_after_head(_number, link):
    data = b""
    while b"\r\n\r\n" not in data:
        data += link.client.recv(64)
    link.reset()


def reset_after_request(_number, link):
    link.request()
    link.reset()


def half_closed(_number, link):
    """The other side ends its direction at once, and reads on."""
    link.client.shutdown(socket.SHUT_WR)
    while link.client.recv(65536):
        pass


def drip(_number, link):
    data = link.answer(link.request())
    for i in range(len(data)):
        link.client.sendall(data[i:i + 1])
        time.sleep(1)


def endless_head(_number, link):
    link.request()
    link.client.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        link.client.sendall(b"X-A: b\r\n")
        time.sleep(0.05)


def endless_interim(_number, link):
    link.request()
    while True:
        link.client.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        time.sleep(0.05)


def fast_interim(_number, link):
    link.request()
    while True:
        link.client.sendall(b"HTTP/1.1 102 Processing\r\n\r\n" * 1000)


def endless_chunks(_number, link):
    link.request()
    link.client.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        link.client.sendall(b"1\r\nx\r\n")
        time.sleep(0.05)


# What is done, the outcomes that are right, and whether the request reaches the target.
STATES = {
    "nothing after accept": (nothing, {"timeout"}),
    "RST at once": (reset_at_once, {"reset", "connect_error"}),
    "RST within the request": (reset_in_request, {"reset"}),
    "RST after the head": (reset_after_head, {"reset"}),
    "RST after the request": (reset_after_request, {"reset"}),
    "half closed": (half_closed, {"reset"}),
}
DRIPS = {
    "a byte every second": (drip, {"timeout"}),
    "a head without end": (endless_head, {"timeout", "protocol_error"}),
    "interim answers without end": (endless_interim, {"timeout", "protocol_error"}),
    "interim answers without pause": (fast_interim, {"timeout", "protocol_error"}),
    "chunks without end": (endless_chunks, {"timeout"}),
}
POST = '{ "method": "POST", "path": "/predict", "body": "%s" }' % ("x" * 200000)


def by_table(part_name, table, options):
    part = torture.Part(part_name)
    items = [(name, transport) for name in table for transport in TRANSPORTS]

    def one(item):
        plan, right = table[item[0]]
        # A machine that stands still must not make a timeout of another end.
        return item, Run(plan, item[1], users(5, options.seconds), task=POST if "RST" in item[0] else '{ "path": "/" }',
                         timeout="2s" if "timeout" in right else "30s", wait="20ms")

    for (name, transport), run in torture.each(one, items, options.jobs):
        fault = run.fault(False)
        outcomes = {row[0] for row in run.rows} - {"cancelled"}
        if fault is None and not outcomes <= table[name][1]:
            fault = f"outcomes {outcomes}, not {table[name][1]}: {[row[5] for row in run.rows if row[0] not in table[name][1]][:2]}"
        late = [row[2] for row in run.rows if row[0] == "timeout" and not 2_000_000 <= row[2] < 12_000_000]
        if fault is None and late:
            fault = f"timeouts after {late[:3]} us instead of 2 s"
        part.note("/".join(sorted(outcomes)))
        part.add(fault and f"{transport}, {name}: {fault}")
    return part.end("users whose server does so, both transports")


def whole(part_name, plan, options, check=lambda rows: None, n=20):
    """Answers that come late or in pieces, and are good."""
    part = torture.Part(part_name)
    for transport in TRANSPORTS:
        run = Run(plan, transport, users(n, options.seconds))
        fault = run.fault() or check(run.rows)
        bad = {row[0] for row in run.rows} - {"ok"}
        part.note(f"requests ({transport})", len(run.rows))
        part.add(f"{transport}: {fault}" if fault else f"{transport}: outcomes {bad}" if bad else None)
    return part.end("runs of users whose answers come so")


def pieces(_number, link):
    while request := link.request():
        for byte in link.answer(request):
            link.client.sendall(bytes([byte]))


def delayed(_number, link):
    rng = random.Random(_number)
    while request := link.request():
        time.sleep(0.05 + rng.random() * 0.02)
        data = link.answer(request)
        time.sleep(0.05 + rng.random() * 0.02)
        link.client.sendall(data)


def over_100_ms(rows):
    early = [row[2] for row in rows if row[2] < 100_000]
    return f"answers after {early[:3]} us, before the proxy sent them" if early else None


PARTS = {
    "cut": cut,
    "cut h2": cut_h2,
    "state": lambda o: by_table("state", STATES, o),
    "drip": lambda o: by_table("drip", DRIPS, o),
    "pieces": lambda o: whole("pieces", pieces, o, n=5),
    "delay": lambda o: whole("delay", delayed, o, over_100_ms),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--only", action="append", choices=list(PARTS))
    parser.add_argument("--seconds", type=float, default=5, help="of each run")
    parser.add_argument("--jobs", type=int, default=4)
    options = parser.parse_args()
    torture.start()
    good = [part(options) for name, part in PARTS.items() if not options.only or name in options.only]
    sys.exit(0 if all(good) else 1)


main()
