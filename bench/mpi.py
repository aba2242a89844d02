#!/usr/bin/env python3
"""mpi.py [--runs N] [--seconds S]: what coldswarm-mpi costs, over four hosts that are network namespaces (tests/support/hosts; root).

start   How far apart the parts start. The hosts have one kernel, so the true difference of their CLOCK_MONOTONIC is 0, and what was
        measured is the error of the common start. To it comes how late each part sent its first request. The skew of a run is the
        largest sum less the smallest.
agent   CPU of the ranks while each load process reports 1000 histograms a second (1000 endpoints, a threshold with abortOnFail on
        each), as a share of a core; first alone, then while one rank is stopped (SIGSTOP). The load process's own CPU is next to it.

It needs `make mpi MPICC=mpicc.openmpi`, `make`, and a machine that does nothing else.
"""

import argparse
import json
import os
import pathlib
import signal
import sqlite3
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
HOSTS = ROOT / "tests/support/hosts"
COLDSWARM = ROOT / "build/release/coldswarm"
AGENT = ROOT / "build/release/mpicc.openmpi/coldswarm-mpi"
URL = "http://10.99.0.254:18080"
TICKS = os.sysconf("SC_CLK_TCK")


class Hosts:
    def __init__(self, folder):
        self.folder = folder
        subprocess.run([HOSTS, "up", folder, "4", folder], check=True)
        (folder / "hostfile").write_text("".join(f"h{i} slots=1\n" for i in range(1, 5)))
        rsh = folder / "rsh"
        rsh.write_text(f'#!/bin/bash\nwhile [ "${{1:0:1}}" = - ]; do shift; done\nhost=$1; shift\nexec {HOSTS} in {folder} "$host" sh -c "$*"\n')
        rsh.chmod(0o755)
        self.target = self.start("net", COLDSWARM, "target", "--bind", "0.0.0.0", "--port", "18080")
        time.sleep(1)

    def start(self, host, *command):
        return subprocess.Popen([HOSTS, "in", self.folder, host, *map(str, command)], cwd=self.folder, stdout=subprocess.DEVNULL,
                                stderr=open(self.folder / "err", "ab"))

    def swarm(self, *options):
        return self.start("h1", "env", f"COLDSWARM={COLDSWARM}", "mpirun", "--allow-run-as-root", "--hostfile", "hostfile", "--map-by", "node", "--bind-to", "none", "--mca",
                          "plm_rsh_agent", self.folder / "rsh", "--mca", "btl_tcp_if_include", "10.99.0.0/24", "--mca", "oob_tcp_if_include",
                          "10.99.0.0/24", "-x", "COLDSWARM", "-n", "4", AGENT, "run", *options)

    def pids(self, word):
        """{host: pid} of processes whose command line begins so."""
        found = {}
        spaces = {os.readlink(f"/proc/{(self.folder / f'h{i}.pid').read_text().strip()}/ns/net"): f"h{i}" for i in range(1, 5)}
        for entry in os.listdir("/proc"):
            if not entry.isdigit():
                continue
            try:
                line = pathlib.Path(f"/proc/{entry}/cmdline").read_bytes().replace(b"\0", b" ").decode()
                host = spaces.get(os.readlink(f"/proc/{entry}/ns/net"))
            except OSError:
                continue
            if host and line.startswith(word):
                found[host] = int(entry)
        return found

    def down(self):
        self.target.terminate()
        subprocess.run([HOSTS, "down", self.folder])


def cpu_s(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def quantile(values, p):
    values = sorted(values)
    at = p * (len(values) - 1)
    low = int(at)
    return values[low] + (values[min(low + 1, len(values) - 1)] - values[low]) * (at - low)


def start_skew(hosts, runs):
    load = {"target": URL, "load": {"rate": 200, "duration": "1s", "max_users": 40}, "tasks": [{"path": "/"}]}
    (hosts.folder / "skew.json").write_text(json.dumps(load))
    skews, errors, lags = [], [], []
    for i in range(runs):
        db = hosts.folder / f"skew-{i}.db"
        hosts.swarm("skew.json", "-o", db, "--quiet").wait()
        if not db.exists():
            print(f"run {i}: no file")
            continue
        with sqlite3.connect(db) as sql:
            offset = dict(sql.execute("select shard, value / 1000.0 from shard_manifest where key = 'clock_monotonic_offset_ns'"))
            # SQLite takes the other columns from the row with the least value.
            first = {part: lag for part, lag, _ in
                     sql.execute("select user % 4, sent_us - intended_us, min(intended_us) from requests group by user % 4")}
        starts = [offset[s] + first[s] for s in range(4)]
        skews.append(max(starts) - min(starts))
        errors += [abs(offset[s]) for s in range(1, 4)]
        lags += first.values()
        db.unlink()
    for name, values in (("skew of the first requests", skews), ("of it, error of the common start", errors), ("of it, late sending", lags)):
        print(f"{name}: p50 {quantile(values, .5):.1f} us, p99 {quantile(values, .99):.1f} us, largest {max(values):.1f} us ({len(values)} values)", flush=True)


def agent_cost(hosts, seconds, stop):
    endpoints = [{"name": f"/e{i}", "path": f"/?{i}"} for i in range(1000)]
    thresholds = {f"http_req_duration{{name:/e{i}}}": [{"threshold": "p(95)<60000", "abortOnFail": True}] for i in range(1000)}
    load = {"target": URL, "load": {"rate": 8000, "duration": f"{seconds + 8}s", "max_users": 400}, "tasks": endpoints, "thresholds": thresholds}
    (hosts.folder / "agent.json").write_text(json.dumps(load))
    db = hosts.folder / f"agent-{stop}.db"
    begun = (hosts.folder / "err").read_text().count("start together")
    job = hosts.swarm("agent.json", "-o", db)
    while (hosts.folder / "err").read_text().count("start together") == begun:
        time.sleep(0.1)
    time.sleep(3)
    agents, loads = hosts.pids(f"{AGENT} run"), hosts.pids("coldswarm run ")
    if stop:
        os.kill(agents["h3"], signal.SIGSTOP)
    before = {pid: cpu_s(pid) for pid in (*agents.values(), *loads.values())}
    began = time.monotonic()
    time.sleep(seconds)
    took = time.monotonic() - began
    share = {pid: 100 * (cpu_s(pid) - before[pid]) / took for pid in before}
    if stop:
        os.kill(agents["h3"], signal.SIGCONT)
    job.wait()
    what = f"rank of h3 stopped for {seconds} s" if stop else "nobody stopped"
    print(f"{what}: CPU of the ranks, % of a core: " + ", ".join(f"{host} {share[pid]:.2f}" for host, pid in sorted(agents.items())))
    print("  and of the load processes: " + ", ".join(f"{host} {share[pid]:.1f}" for host, pid in sorted(loads.items())))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=30)
    parser.add_argument("--seconds", type=int, default=20, help="of each measurement of the ranks' CPU")
    parser.add_argument("--only", choices=["start", "agent"])
    options = parser.parse_args()
    print(f"load average at the start: {os.getloadavg()[0]:.1f} on {os.cpu_count()} CPUs")
    with tempfile.TemporaryDirectory() as folder:
        hosts = Hosts(pathlib.Path(folder))
        try:
            if options.only != "agent":
                start_skew(hosts, options.runs)
            if options.only != "start":
                agent_cost(hosts, options.seconds, False)
                agent_cost(hosts, options.seconds, True)
        finally:
            hosts.down()


main()
