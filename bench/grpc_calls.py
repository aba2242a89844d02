"""gRPC: what a unary call of 100 bytes costs the client, beside a bare loop over nghttp2 and beside grpcio's client. The server is
`coldswarm target --grpc`, whose counts the calls must be."""
import base64
import json
import os
import re
import signal
import sqlite3
import statistics
import subprocess
import urllib.request

import tables
from measure import Table, Unable, measure
from servers import ROOT
from tools import COLDSWARM

USERS, BYTES = 50, 100
PATH = "/inference.GRPCInferenceService/ModelInfer"


class Target:
    """with Target(directory) as server: it answers at once."""

    def __init__(self, directory):
        self.err = os.path.join(directory, "grpc.err")

    def __enter__(self):
        with open(self.err, "wb") as err:
            self.process = subprocess.Popen([COLDSWARM, "target", "--grpc", "--port", "0"], stdout=subprocess.DEVNULL, stderr=err, start_new_session=True)
        for _ in range(200):
            with open(self.err, encoding="utf-8") as f:
                found = re.search(r"listening on (http://\S+)", f.read())
            if found:
                self.url, self.port = found[1], found[1].rpartition(":")[2]
                return self
            try:
                self.process.wait(0.05)
                break
            except subprocess.TimeoutExpired:
                pass
        raise Unable("the target does not listen")

    def answered(self):
        with urllib.request.urlopen(self.url + "/stats") as f:
            stats = json.load(f)
        return sum(x["received"] for x in stats["requests"] if x["path"] == PATH)

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()


def message(a):
    """A ModelInferRequest of BYTES bytes, as JSON and in protobuf's wire format."""
    text = {"model_name": "m", "inputs": [{"name": "x", "datatype": "BYTES", "shape": [1], "contents": {"bytes_contents": ["${fill}"]}}]}
    # 1: model_name, 5: inputs (1: name, 2: datatype, 3: shape, 5: contents (8: bytes_contents))
    fill = BYTES - 22
    contents = bytes([0x42, fill]) + b"x" * fill
    tensor = b"\x0a\x01x\x12\x05BYTES\x1a\x01\x01" + bytes([0x2a, len(contents)]) + contents
    wire = b"\x0a\x01m" + bytes([0x2a, len(tensor)]) + tensor
    plain = json.dumps(text).replace("${fill}", base64.b64encode(b"x" * fill).decode())
    path = os.path.join(a.directory, "message")
    with open(path, "wb") as f:
        f.write(b"\0" + len(wire).to_bytes(4, "big") + wire)
    return json.loads(plain), path, len(wire)


def ours(a, server, text):
    # What a run does once, such as protoc, would be a part of each call.
    subprocess.run(["protoc", "-o", os.path.join(a.directory, "kserve.set"), "-I", os.path.join(ROOT, "scenarios"), "kserve.proto"], check=True)
    path, db = os.path.join(a.directory, "grpc.json"), os.path.join(a.directory, "grpc.db")
    with open(path, "w", encoding="utf-8") as f:
        json.dump({"target": server.url, "load": {"users": USERS, "spawn_rate": 10 * USERS, "duration": f"{a.seconds}s"},
                   "tasks": [{"name": "infer", "grpc": PATH[1:], "descriptor_set": "kserve.set", "message": text}]}, f)
    for end in ("", "-wal", "-shm"):
        if os.path.exists(db + end):
            os.unlink(db + end)
    run = measure([COLDSWARM, "run", path, "-o", db, "--quiet"], 300)
    if not os.path.exists(db):
        raise Unable(f"ended with {run.code}: {run.text[:200]}")
    with sqlite3.connect(db) as rows:
        good, = rows.execute("select count(*) from requests where outcome = 'ok'").fetchone()
    return run, good


def other(argv):
    run = measure(argv, 300)
    found = re.match(r"(\d+) calls", run.text)
    if run.code or not found:
        raise Unable(f"ended with {run.code}: {run.text.strip().splitlines()[-1][:200] if run.text.strip() else ''}")
    return run, int(found[1])


def grpc_calls(_, a):
    floor = os.path.join(a.directory, "grpc_floor")
    subprocess.run(["cc", "-O2", "-o", floor, os.path.join(ROOT, "bench/grpc_floor.c"), "-lnghttp2"], check=True)
    text, file, size = message(a)
    python = os.path.join(ROOT, "bench/grpc_python.py")
    clients = {"coldswarm": lambda s: ours(a, s, text),
               "a bare loop over nghttp2": lambda s: other([floor, s.port, str(USERS), str(a.seconds), PATH, file]),
               "grpcio, sync": lambda s: other([python, "sync", s.port, str(a.seconds), PATH, file]),
               "grpcio, futures": lambda s: other([python, "future", s.port, str(a.seconds), PATH, file])}
    cells = {}
    for number in range(a.rounds):
        tables.say(f"grpc, round {number + 1} of {a.rounds}")
        for name, client in clients.items():
            try:
                with Target(a.directory) as server:
                    run, calls = client(server)
                    seen = server.answered()
                if not calls <= seen <= calls + USERS:
                    raise Unable(f"WRONG: {calls} calls, but the server saw {seen}")
                cells.setdefault(name, []).append((run.cpu / calls * 1e6, run.memory, calls / a.seconds))
                tables.say(f"  {name}: {cells[name][-1][0]:.2f} us CPU a call")
            except Unable as e:
                cells.setdefault(name, []).append(str(e))
                tables.say(f"  {name}: {e}")
    print(f"### gRPC: cost of a unary call\n\nMessages of {size} bytes, {USERS} connections with a call each (grpcio: one connection). "
          "coldswarm records every call.\n")
    table = Table("client", "calls/s", "CPU us a call", "to the bare loop", "to grpcio, futures", "peak memory MB")
    for name, results in cells.items():
        seen = tables.good(results)
        if not seen:
            table.dash(results[0], name)
            continue
        table.row(name, *(f"{statistics.median(x[i] for x in seen):.{d}f}" for i, d in ((2, 0), (0, 1))),
                  tables.ratio(results, cells["a bare loop over nghttp2"]), tables.ratio(results, cells["grpcio, futures"]),
                  f"{statistics.median(x[1] for x in seen):.0f}")
    print(table)
