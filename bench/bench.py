#!/usr/bin/env python3
"""Client cost, side by side: coldswarm, which records every request, and wrk, which records none, against nginx.

Each round runs every tool once at every number of connections, so that a busy neighbour disturbs all alike; the table shows
medians and the ratio to wrk in the same round. CPU is user + system of the whole client process (for coldswarm also
its tables at the end), from wait4(). Needs nginx and wrk: scripts/install-deps bench.
"""
import argparse
import os
import re
import signal
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BODY = "0" * 48
NGINX = """
worker_processes 1; daemon off; pid {dir}/nginx.pid; error_log {dir}/error.log;
worker_rlimit_nofile 20000;
events {{ worker_connections 10000; }}
http {{
    access_log off; keepalive_requests 1000000000; keepalive_timeout 600s;
    server {{ listen 127.0.0.1:{port} backlog=8192; location / {{ return 200 "{body}"; }}
             location = /served {{ stub_status; }} }}
}}
"""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def measure(argv):
    """Runs argv; returns (output, CPU seconds, peak memory in MB)."""
    with tempfile.TemporaryFile() as out:
        child = subprocess.Popen(argv, stdout=out, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        text = out.read().decode()
    if child.returncode != 0:
        sys.exit(f"{' '.join(argv)} ended with {child.returncode}:\n{text}")
    return text, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def served(url):
    """Requests that nginx has answered so far, this question included."""
    import urllib.request
    text = urllib.request.urlopen(url + "served").read().decode()
    return int(re.search(r"\n\s*\d+ \d+ (\d+)", text).group(1))


def run_wrk(url, connections, seconds, _):
    text, cpu, memory = measure(["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", url])
    return int(re.search(r"(\d+) requests in", text).group(1)), cpu, memory, {}


def run_coldswarm(url, connections, seconds, directory):
    db = os.path.join(directory, "bench.db")
    scenario = os.path.join(directory, "bench.json")
    with open(scenario, "w") as f:
        f.write('{"target":"%s","load":{"users":%d,"spawn_rate":1000000,"duration":"%ds"},"tasks":[{"path":"/"}]}'
                % (url.rstrip("/"), connections, seconds))
    before = served(url)
    _, cpu, memory = measure([os.path.join(ROOT, "build/release/coldswarm"), "run", scenario, "-o", db, "--quiet"])
    counted = served(url) - before - 1
    with sqlite3.connect(db) as rows:
        n, good = rows.execute("select count(*), sum(outcome = 'ok') from requests").fetchone()
        verdict, reason = rows.execute("select verdict, verdict_reason from run").fetchone()
    size = os.path.getsize(db) / n
    os.unlink(db)
    if n != good or n != counted:
        sys.exit(f"coldswarm has {n} rows ({good} ok), nginx counted {counted}: {verdict}, {reason}")
    return n, cpu, memory, {"bytes a row": size}


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--rounds", type=int, default=5)
    p.add_argument("--seconds", type=int, default=8, help="of each run")
    p.add_argument("--connections", default="50,1000,3000")
    a = p.parse_args()
    tools = {"coldswarm": run_coldswarm, "wrk": run_wrk}
    cells = {}
    with tempfile.TemporaryDirectory() as directory:
        port = free_port()
        with open(os.path.join(directory, "nginx.conf"), "w") as f:
            f.write(NGINX.format(dir=directory, port=port, body=BODY))
        server = subprocess.Popen(["nginx", "-c", os.path.join(directory, "nginx.conf")])
        try:
            time.sleep(0.5)
            url = f"http://127.0.0.1:{port}/"
            for r in range(a.rounds):
                for n in map(int, a.connections.split(",")):
                    for name, tool in tools.items():
                        requests, cpu, memory, more = tool(url, n, a.seconds, directory)
                        cells.setdefault((name, n), []).append((requests / a.seconds, cpu / requests * 1e6, memory, more))
                        print(f"round {r + 1}/{a.rounds}: {name} at {n}: {requests} requests, "
                              f"{cpu / requests * 1e6:.1f} us each", file=sys.stderr)
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait()
    print("| client | connections | requests/s | CPU us/request | CPU to wrk | peak memory MB | bytes a row |")
    print("|---|---|---|---|---|---|---|")
    for (name, n), rounds in sorted(cells.items(), key=lambda c: (c[0][1], c[0][0])):
        rate, cpu, memory = (statistics.median(x[i] for x in rounds) for i in range(3))
        ratio = statistics.median(x[1] / y[1] for x, y in zip(rounds, cells[("wrk", n)]))
        size = statistics.median(x[3]["bytes a row"] for x in rounds) if "bytes a row" in rounds[0][3] else None
        print(f"| {name} | {n} | {rate:.0f} | {cpu:.1f} | {ratio:.2f} | {memory:.0f} | {f'{size:.1f}' if size else '–'} |")


if __name__ == "__main__":
    main()
