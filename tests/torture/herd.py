#!/usr/bin/env python3
"""herd.py [--users N] [--transport KIND]: many users, each on a connection of its own, over several source addresses on loopback.

One process has them all if the hard limit of open files allows it, or can be raised; else as many as it takes, each with a part of the load
(run --shard), and `merge` makes one run of their files. The server is nginx.

Good is: all are connected and served within 60 s, and the client takes at most 3 kB of memory for each user above the first. Memory is
that of the processes (VmRSS) with N users minus that of as many with one each; the kernel's sockets are not in it.
"""
import argparse
import datetime
import http.client
import os
import re
import resource
import shutil
import subprocess
import sys
import time

import nginx
import torture

START_MAX_S = 60
USER_MAX_BYTES = 3000
SPARE_FILES = 500
SCENARIO = """{ "name": "herd", "target": "http://127.0.0.1:%d", "load": { "users": %d, "spawn_rate": %d, "duration": "%ds" },
  "wait": { "constant": "%ds" }, "timeout": "60s", "tasks": [ { "path": "/" } ] }"""
HTTP = """server { listen 127.0.0.1:PORT reuseport backlog=16384; location / { return 200 "an answer"; } location /status { stub_status; } }"""


def requests(port):
    """What nginx has served so far, this question included."""
    c = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    c.request("GET", "/status")
    text = c.getresponse().read().decode()
    c.close()
    return int(re.search(r"\n *\d+ +\d+ +(\d+)", text)[1])


def memory_of(pid):
    """(resident bytes, open files)"""
    with open(f"/proc/{pid}/status", encoding="ascii") as f:
        resident = int(re.search(r"VmRSS:\s+(\d+)", f.read())[1]) * 1024
    return resident, len(os.listdir(f"/proc/{pid}/fd"))


def start(where, parts, options):
    begin = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=4)
    sources = ",".join(f"127.0.0.{i}" for i in range(1, options.sources + 1))
    for i in range(parts):
        argv = [torture.COLDSWARM, "run", "s.json", "-o", f"{i}.db", "--quiet", "--transport", options.transport, "--source", sources, "-s", "60s"]
        if parts > 1:
            argv += ["--shard", f"{i}/{parts}", "--seed", "1", "--start-at", begin.strftime("%Y-%m-%dT%H:%M:%SZ")]
        yield subprocess.Popen(argv, cwd=where, env=torture.environment(None, None), stdout=subprocess.DEVNULL,
                               stderr=open(os.path.join(where, f"{i}.err"), "wb"))


def run(n, parts, files, options):
    """A run of n users that keep their connections. Returns (seconds until all were served, bytes, open files, fault)."""
    workers = n // (files // 2) + 2  # connections are not spread evenly over them
    server, where = nginx.Nginx(HTTP, workers, files), torture.folder()
    rate = max(1, min(n, options.rate))
    seconds = n // rate + (20 if n > parts else 6)
    with open(os.path.join(where, "s.json"), "w", encoding="utf-8") as f:
        f.write(SCENARIO % (server.port, n, rate, seconds, seconds))
    before, processes = requests(server.port), list(start(where, parts, options))
    most, open_files = 0, 0
    while any(p.poll() is None for p in processes):
        try:
            now = [memory_of(p.pid) for p in processes]
            most, open_files = max(most, sum(m for m, _ in now)), max(open_files, sum(o for _, o in now))
        except (FileNotFoundError, TypeError, PermissionError):
            pass  # one has ended
        time.sleep(0.5)
    asked = requests(server.port) - before - 1
    server.stop()
    said = "".join(open(os.path.join(where, f"{i}.err"), encoding="utf-8", errors="replace").read()[-300:] for i in range(parts))
    db, fault, served = os.path.join(where, "0.db"), None, 0.0
    if parts > 1:
        db = os.path.join(where, "whole.db")
        r = torture.execute(["merge", "whole.db", *[f"{i}.db" for i in range(parts)]], where)
        said += r.out + r.err
    if not os.path.exists(db) or torture.fault_of_file(db):
        fault = f"no file: {said}"
    else:
        users, bad, last, sent = torture.query(db, "SELECT count(DISTINCT user), sum(outcome <> 'ok'), (SELECT max(e) FROM"
                                                   " (SELECT min(end_us) AS e FROM requests GROUP BY user)), count(sent_us) FROM requests")[0]
        served = (last or 0) / 1e6
        if users != n or bad:
            fault = f"{users} users were served, {bad} requests failed: {said}"
        elif sent != asked:
            fault = f"{sent} requests in the file, the server has seen {asked}"
    shutil.rmtree(where)
    return served, most, open_files, fault


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--users", type=int, default=50000)
    parser.add_argument("--rate", type=int, default=2500, help="users started per second")
    parser.add_argument("--sources", type=int, default=4)
    parser.add_argument("--transport", choices=["direct", "curl"], default="direct")
    options = parser.parse_args()
    torture.start()
    need = options.users + SPARE_FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(hard, need), max(hard, need)))
    except (ValueError, PermissionError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    parts = -(-options.users // (files - SPARE_FILES))
    part = torture.Part("herd")
    _, one, _, fault = run(parts, parts, files, options)
    part.add(fault)
    took, many, open_files, fault = run(options.users, parts, files, options)
    each = (many - one) / max(1, options.users - parts)
    if fault is None and took > START_MAX_S:
        fault = f"the last user was served after {took:.1f} s"
    if fault is None and each > USER_MAX_BYTES:
        fault = f"{each:.0f} bytes for each user"
    part.add(fault)
    good = part.end(f"{options.users} users ({options.transport}) in {parts} process{'es' if parts > 1 else ''}: all served after {took:.1f} s,"
                    f" {each:.0f} bytes each above the first ({one / parts / 1e6:.1f} MB), {open_files} open files")
    sys.exit(0 if good else 1)


main()
