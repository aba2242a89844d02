"""What it costs to split a load: four parts of one thread each beside one process with four threads, and the merge of the parts beside
SQLite's own way. All of it on one machine, so that only the split differs."""
import datetime
import glob
import json
import math
import os
import sqlite3
import statistics
import subprocess
import time

import tables
from measure import Table, Unable, measure
from servers import Truth
from tools import COLDSWARM

PARTS, PAIRS, AHEAD_S = 4, 15, 3
USERS, SPAWN_PER_S = 200, 10000
# The 97.5th percentile of Student's t, by degrees of freedom up to 15; beyond that the normal one is near enough.
T = [12.71, 4.30, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26, 2.23, 2.20, 2.18, 2.16, 2.14, 2.13]


def remove(pattern):
    for path in glob.glob(pattern):
        os.unlink(path)


def run(a, url, parts, threads, kind):
    """CPU seconds per request of all processes, and the files."""
    scenario = os.path.join(a.directory, "split.json")
    with open(scenario, "w", encoding="utf-8") as f:
        json.dump({"target": url, "load": {"users": USERS, "spawn_rate": SPAWN_PER_S, "duration": f"{max(a.seconds, 5)}s"}, "tasks": [{"path": "/"}]}, f)
    remove(os.path.join(a.directory, kind + "-*.db*"))
    start = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=AHEAD_S)
    files = [os.path.join(a.directory, f"{kind}-{i}.db") for i in range(parts)]
    children = [subprocess.Popen([COLDSWARM, "run", scenario, "--seed", "7", "--threads", str(threads), "--shard", f"{i}/{parts}",
                                  "--start-at", start.strftime("%Y-%m-%dT%H:%M:%S.%fZ"), "-o", file, "--quiet"],
                                 stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) for i, file in enumerate(files)]
    cpu, errors = 0.0, []
    for child in children:
        errors.append(child.stderr.read())
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        cpu += usage.ru_utime + usage.ru_stime
        if child.returncode not in (0, 4):  # 4: the client was late, which a busy machine is
            raise Unable(f"exit code {child.returncode}: {errors[-1].strip()}")
    rows = 0
    for file in files:
        with sqlite3.connect(file) as db:
            rows += db.execute("SELECT count(*) FROM requests WHERE outcome = 'ok'").fetchone()[0]
        db.close()
    if rows == 0:
        raise Unable("no request was answered")
    return cpu / rows, files


def interval(ratios):
    """The mean ratio and its 95 % interval, by Student's t on the logarithms."""
    logs = [math.log(x) for x in ratios]
    mean = statistics.mean(logs)
    if len(logs) < 2:
        return math.exp(mean), float("nan"), float("nan")
    half = (T[len(logs) - 2] if len(logs) - 2 < len(T) else 1.96) * statistics.stdev(logs) / math.sqrt(len(logs))
    return tuple(math.exp(mean + x) for x in (0, -half, half))


def running(a):
    whole, split = [], []
    with Truth() as server:
        for number in range(PAIRS):
            pair = [(1, PARTS, "whole", whole), (PARTS, 1, "part", split)]
            for parts, threads, kind, results in pair[::1 if number % 2 == 0 else -1]:
                cost, files = run(a, server.url, parts, threads, kind)
                results.append(cost * 1e6)
            tables.say(f"  pair {number + 1} of {PAIRS}: {whole[-1]:.1f} and {split[-1]:.1f} us CPU per request")
    mean, low, high = interval([s / w for s, w in zip(split, whole)])
    print(f"### Splitting: {USERS} users, as fast as the answers come\n")
    table = Table("client", "CPU us/request", "to one process", "95 % interval", "goal")
    table.row(f"one process, {PARTS} threads", f"{statistics.median(whole):.1f}", "1.00", "–", "–")
    table.row(f"{PARTS} parts of one thread", f"{statistics.median(split):.1f}", f"{mean:.3f}", f"{low:.3f} to {high:.3f}", "1.05")
    print(table)
    return glob.glob(os.path.join(a.directory, "part-*.db"))


def attach(files, out):
    """What SQLite would do alone: one insert, in the order of the ends."""
    code = ("import sqlite3, sys\n"
            "db = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
            "db.execute('PRAGMA journal_mode = OFF'); db.execute('PRAGMA synchronous = OFF'); db.execute('PRAGMA page_size = 4096')\n"
            "for i, path in enumerate(sys.argv[2:]): db.execute(f'ATTACH ? AS p{i}', (path,))\n"
            "columns = [x[1] for x in db.execute('PRAGMA p0.table_info(request)') if x[1] != 'id']\n"
            "db.execute('CREATE TABLE request(id INTEGER PRIMARY KEY, ' + ', '.join(columns) + ')')\n"
            "names = ', '.join(columns)\n"
            "all = ' UNION ALL '.join(f'SELECT {names} FROM p{i}.request' for i in range(len(sys.argv) - 2))\n"
            "db.execute(f'INSERT INTO request({names}) SELECT * FROM ({all}) ORDER BY at_us + took_us')\n")
    return measure(["python3", "-c", code, out, *files], 600)


def merging(a, files):
    files = sorted(files)
    out, mine, theirs, sizes = os.path.join(a.directory, "merged.db"), [], [], []
    for _ in range(max(a.rounds, 3)):
        remove(out + "*")
        done = measure([COLDSWARM, "merge", out, *files], 600)
        if done.code not in (0, 4):
            raise Unable(done.text.strip())
        sizes.append((os.path.getsize(out), done.memory))
        mine.append(done.cpu)
        remove(out + "*")
        theirs.append(attach(files, out).cpu)
    rows = 0
    for file in files:
        with sqlite3.connect(file) as db:
            rows += db.execute("SELECT count(*) FROM request").fetchone()[0]
        db.close()
    print(f"### Merging {PARTS} parts, {rows} requests\n")
    table = Table("way", "CPU s", "us/request", "to SQLite", "peak memory MB", "bytes a row")
    m, t = statistics.median(mine), statistics.median(theirs)
    table.row("SQLite: ATTACH, one insert with ORDER BY", f"{t:.2f}", f"{t / rows * 1e6:.2f}", "1.00", "–", "–")
    table.row("coldswarm merge", f"{m:.2f}", f"{m / rows * 1e6:.2f}", f"{statistics.median(x / y for x, y in zip(mine, theirs)):.2f}",
              f"{max(x[1] for x in sizes):.0f}", f"{sizes[0][0] / rows:.1f}")
    print(table)


def split(_clients, a):
    try:
        before = time.monotonic()
        merging(a, running(a))
        tables.say(f"  split: {time.monotonic() - before:.0f} s")
    except Unable as e:
        print(f"Splitting: {e}\n")
