#!/usr/bin/env python3
"""builds.py PROGRAM OTHER: what requests and reports cost another build of coldswarm, in pairs; prints a markdown table.

Of the other build beside the first: the mean of the ratios of CPU time and its 95 % interval. The two runs of a pair follow each other, and
every second pair begins with the other build, so that what else the machine does meets both. The server answers at once. --instructions
counts instructions outside of the kernel instead (valgrind), which other programs hardly change.
"""
import argparse
import json
import os
import re
import sqlite3
import statistics
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True

from measure import Table, Unable, measure  # noqa: E402  (after the line above, so that no bench/__pycache__ is left)
from servers import ROOT, Truth  # noqa: E402
from split import interval  # noqa: E402


def requests(program, a, folder, url):
    """CPU microseconds of a request: as many as come in the time, of users that do not wait."""
    scenario, db = os.path.join(folder, "s.json"), os.path.join(folder, "run.db")
    with open(scenario, "w", encoding="utf-8") as f:
        json.dump({"target": url, "load": {"users": 50, "spawn_rate": 10000, "duration": f"{a.seconds}s"}, "tasks": [{"path": "/"}]}, f)
    if os.path.exists(db):
        os.unlink(db)
    run = measure([program, "run", scenario, "--seed", "7", "--threads", "1", "-o", db, "--quiet"], a.seconds + 60)
    if run.code not in (0, 4):  # 4: the client was late, which a busy machine is
        raise Unable(f"{program} ended with {run.code}: {run.text.strip()}")
    with sqlite3.connect(db) as rows:
        count = rows.execute("SELECT count(*) FROM request").fetchone()[0]
    rows.close()
    return run.cpu / count * 1e6


def report(program, a, folder, _url):
    """CPU milliseconds of a report's tables."""
    run = measure([program, "report", os.path.join(folder, "rows.db")], 600)
    if run.code != 0:
        raise Unable(f"{program} report ended with {run.code}: {run.text.strip()}")
    return run.cpu * 1e3


def counted(program, folder, *arguments):
    """Instructions outside of the kernel."""
    out = os.path.join(folder, "counts")
    done = subprocess.run(["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", program, *arguments], capture_output=True, text=True)
    found = re.search(r"Collected : (\d+)", done.stderr)
    if done.returncode not in (0, 4) or not found:
        sys.exit(f"builds.py: valgrind failed: {done.stderr.strip()}")
    return int(found.group(1))


def request_instructions(program, folder, url):
    """Of a request: what a longer run has more than a shorter one."""
    ends = []
    for seconds in 2, 20:
        db = os.path.join(folder, "counted.db")
        scenario = os.path.join(folder, "s.json")
        with open(scenario, "w", encoding="utf-8") as f:
            json.dump({"target": url, "load": {"users": 4, "spawn_rate": 1000, "duration": f"{seconds}s"}, "wait": {"constant": "2ms"},
                       "tasks": [{"path": "/"}]}, f)
        if os.path.exists(db):
            os.unlink(db)
        count = counted(program, folder, "run", scenario, "--seed", "7", "--threads", "1", "-o", db, "--quiet")
        with sqlite3.connect(db) as rows:
            ends.append((rows.execute("SELECT count(*) FROM request").fetchone()[0], count))
        rows.close()
    return (ends[1][1] - ends[0][1]) / (ends[1][0] - ends[0][0])


def compare(what, a, folder, url):
    got = {program: [] for program in (a.program, a.other)}
    for number in range(a.pairs):
        for program in (a.program, a.other)[::1 if number % 2 == 0 else -1]:
            got[program].append(what(program, a, folder, url))
        print(f"  {what.__name__}, pair {number + 1} of {a.pairs}: {got[a.program][-1]:.2f} and {got[a.other][-1]:.2f}", file=sys.stderr, flush=True)
    mean, low, high = interval([y / x for x, y in zip(got[a.program], got[a.other])])
    return [f"{statistics.median(got[p]):.2f}" for p in (a.program, a.other)] + [f"{mean:.3f}", f"{low:.3f} to {high:.3f}"]


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("program")
    p.add_argument("other")
    p.add_argument("--pairs", type=int, default=15, help="[15]")
    p.add_argument("--seconds", type=int, default=3, help="of each run [3]")
    p.add_argument("--rows", type=int, default=200000, help="of the file that is reported [200000]")
    p.add_argument("--instructions", action="store_true", help="count the instructions of a report and of a request")
    a = p.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, os.path.join(ROOT, "bench/make_run_file.py"), os.path.join(folder, "rows.db"), str(a.rows)], check=True)
        if a.instructions:
            table = Table("what", "first", "other", "other to first")
            first, other = (counted(program, folder, "report", os.path.join(folder, "rows.db")) for program in (a.program, a.other))
            table.row(f"report of {a.rows} rows, instructions", first, other, f"{other / first:.4f}")
            with Truth() as server:
                first, other = (request_instructions(program, folder, server.url) for program in (a.program, a.other))
            table.row("request, instructions", f"{first:.0f}", f"{other:.0f}", f"{other / first:.4f}")
            print(table)
            return
        table = Table("what", "first", "other", "other to first", "95 % interval")
        with Truth() as server:
            table.row("request, CPU us", *compare(requests, a, folder, server.url))
        table.row("report, CPU ms", *compare(report, a, folder, None))
        print(table)


main()
