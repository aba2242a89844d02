#!/usr/bin/python3
"""Measures what the service costs on this machine: start-up, first and warm answers, memory. Prints a markdown table.

    examples/classifier/measure.py [STARTS]      5 unless given; medians of that many starts, 100 warm responses after each

Each start is the container's own command, for each way of loading the model. "listens" is when the port opens, "first answer" when
the first picture has its answer, both from the moment the process was started.
"""

import json
import os
import pathlib
import http.client
import platform
import signal
import socket
import statistics
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
DESK = (HERE.parents[1] / "scenarios" / "images" / "desk.jpg").read_bytes()
COMMAND = json.loads((HERE / "Dockerfile").read_text().split("\nCMD ")[-1])
WARM = 100


def processes(pid):
    """The process and those that it started."""
    return [str(pid)] + pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


def memory_mib(pid):
    """Resident memory, what the processes share counted once (PSS)."""
    lines = [line for p in processes(pid) for line in pathlib.Path(f"/proc/{p}/smaps_rollup").read_text().splitlines()]
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


def cpu_seconds(pid):
    """What they have computed so far, user and system."""
    fields = [pathlib.Path(f"/proc/{p}/stat").read_text().rsplit(")", 1)[1].split() for p in processes(pid)]
    return sum(int(f[11]) + int(f[12]) for f in fields) / os.sysconf("SC_CLK_TCK")


def ask(connection):
    start = time.monotonic()
    connection.request("POST", "/predict", DESK, {"Authorization": "Bearer t", "Content-Type": "image/jpeg"})
    answer = connection.getresponse()
    answer.read()
    if answer.status != 200:
        sys.exit(f"measure: the service answered {answer.status}")
    return time.monotonic() - start


def one_start(load):
    """Seconds until it listens, until the first answer, of CPU until then and per warm answer; MiB after all; warm answers in ms."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    env = {**os.environ, "PORT": str(port), "HOST": "127.0.0.1", "TOKEN": "t", "LOAD": load}
    start = time.monotonic()
    process = subprocess.Popen(COMMAND, cwd=HERE, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                if process.poll() is not None:
                    sys.exit(f"measure: the service ended with code {process.returncode}")
                time.sleep(0.002)
        listens = time.monotonic() - start
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        ask(connection)
        first = time.monotonic() - start
        cpu_start = cpu_seconds(process.pid)
        warm = [ask(connection) * 1000 for _ in range(WARM)]
        cpu_each = (cpu_seconds(process.pid) - cpu_start) / WARM
        return listens, first, cpu_start, cpu_each, memory_mib(process.pid), warm
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def cpu():
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":")[1].strip()
    return platform.machine()


def main():
    starts = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    print(f"{time.strftime('%Y-%m-%d')}, {cpu()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, Python {platform.python_version()}\n")
    print("| `LOAD` | listens (s) | first answer (s) | CPU until then (s) | warm p50 (ms) | warm p99 (ms) | CPU each (ms) | memory (MiB) |")
    print("|---|--:|--:|--:|--:|--:|--:|--:|")
    for load in ("start", "worker", "lazy"):
        runs = [one_start(load) for _ in range(starts)]
        listens, first, cpu_start, cpu_each, memory = (statistics.median(run[i] for run in runs) for i in range(5))
        warm = sorted(ms for run in runs for ms in run[5])
        p50, p99 = statistics.median(warm), warm[int(len(warm) * 0.99)]
        print(
            f"| {load} | {listens:.2f} | {first:.2f} | {cpu_start:.2f} | {p50:.1f} | {p99:.1f} | {cpu_each * 1000:.1f} | {memory:.0f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
