#!/usr/bin/env python3
"""writes.py [--only PART] [--sample N] [--jobs N]: each call that opens or changes a run file fails while the run goes on.

Parts: `once` and `forever`: the n-th open, write, truncation, sync or removal of run.db, its log or its index fails with each of several
errors, alone or with all that follow; `short`: a write takes half of its bytes; `room`: the disk is full after any byte; `tmpfs`: a real
disk that is full; `gone`: the file is removed, truncated or replaced under the run. --sample N takes N of each, evenly spread.

Good is: the file opens and SQLite's integrity_check passes; every request that ended a second or more before the failure is in it; either
the file has all requests and its end, or the exit code is 3 and the message names the file and counts its rows truly.
"""
import argparse
import errno
import os
import queue
import random
import re
import shutil
import sqlite3
import subprocess
import sys
import threading
import time

import torture

LOST_MAX_US = 1_000_000
SCENARIO = """{ "name": "w", "target": "%s", "load": { "users": 10, "spawn_rate": 1000, "duration": "%s" }, "wait": { "constant": "5ms" },
  "tasks": [ { "path": "/" } ] }"""
ERRORS = {"ENOSPC": errno.ENOSPC, "EIO": errno.EIO, "EROFS": errno.EROFS}


def fault_of(r, db, sent):
    """`sent`: requests that the server has seen. Returns what is wrong, or None."""
    if r.code is None:
        return "hangs"
    if r.code < 0 or r.sanitiser():
        return r.sanitiser() or f"ends by signal {-r.code}"
    if not os.path.exists(db):
        if r.code != 3 or "run.db" not in r.err:
            return f"exit code {r.code}, no file, and it is not named"
        return f"no file, but {sent} requests were sent" if sent else None
    if sent == 0 and r.code == 3 and "run.db" in r.err:
        return None  # it never began; a disk that takes no change keeps even the empty file
    if torture.fault_of_file(db):
        return torture.fault_of_file(db)
    kept = torture.kept(db)
    complete = torture.query(db, "SELECT verdict IS NOT NULL FROM run") == [(1,)]
    counted = re.search(r"requests in the file: (\d+), missing: (\d+)", r.err)
    if counted and int(counted[1]) != kept:
        return f"says {counted[0]}, but there are {kept}"
    if counted and int(counted[1]) + int(counted[2]) < sent:
        return f"says {counted[0]}, but the server has seen {sent}"
    if r.code in (0, 4):
        if kept < sent or not complete:
            return f"exit code {r.code}, and {kept} of {sent} requests and {'an' if complete else 'no'} end are in the file"
        return None
    if r.code != 3:
        return f"exit code {r.code}"
    if "run.db" not in r.err:
        return "the message does not name the file"
    return fault_of_loss(r, db) if sent else None


def fault_of_loss(r, db):
    """More than a second before the failure is missing."""
    if r.failed_ns == 0:
        return None
    rows = torture.query(db, "SELECT max(at_us + coalesce(took_us, 0)), (SELECT value FROM manifest WHERE key = 'started_us') FROM request")
    last, began = rows[0]
    failed_us = r.failed_ns // 1000 - int(began or 0)
    lost = failed_us - (last or 0)
    return f"{lost / 1e6:.2f} s before the failure are missing" if began and lost > LOST_MAX_US else None


class Runs:
    """Runs with faults, each with a target of its own, so that what the server has seen is this run's."""

    def __init__(self, jobs, duration):
        self.targets, self.duration = queue.Queue(), duration
        for _ in range(jobs):
            self.targets.put(torture.Target())

    def execute(self, faults, during=None, where=None):
        """(result, fault). `during(folder, stopped)` acts beside it; where: an existing folder for the file."""
        target = self.targets.get()
        made = torture.folder()
        try:
            with open(os.path.join(made, "s.json"), "w", encoding="utf-8") as f:
                f.write(SCENARIO % (target.url, self.duration))
            db = os.path.join(where or made, "run.db")
            before, stopped = target.served("/"), threading.Event()
            beside = threading.Thread(target=during, args=(os.path.dirname(db), stopped)) if during else None
            if beside:
                beside.start()
            r = torture.execute(["run", "s.json", "-o", db, "--only-summary"], made, dict(faults, file="run.db"), timeout=90)
            stopped.set()
            if beside:
                beside.join()
            return r, fault_of(r, db, target.served("/") - before), db
        finally:
            self.targets.put(target)
            shutil.rmtree(made, ignore_errors=True)


def sampled(all_of_them, n):
    return all_of_them if n <= 0 or n >= len(all_of_them) else [all_of_them[i * len(all_of_them) // n] for i in range(n)]


def calls_fail(runs, options, name, errors, forever):
    """The n-th call fails, for all n that a run without faults makes."""
    calls = runs.execute({"call": 0})[0].calls
    part, todo = torture.Part(name), [(n, e) for n in range(1, calls + 1) for e in errors]
    todo = sampled(todo, options.sample)

    def one(item):
        n, e = item
        return (*item, *runs.execute({"call": n, "errno": errors[e], "forever": int(forever)})[:2])

    for n, e, r, fault in torture.each(one, todo, options.jobs):
        if r.failed == 0:
            part.note("not reached")
        else:
            part.note(f"exit code {r.code}")
            part.add(fault and f"call {n}, {e}: {fault}", fault, r.err[-600:] if fault else "")
    return part.end(f"{len(todo)} failures of {calls} calls")


def room(runs, options):
    """The disk has room for a number of bytes; every step of the file's growth is tried, and places within pages."""
    part = torture.Part("room")
    journal = os.path.join(torture.scratch_root, "journal")
    runs.execute({"call": 0, "journal": journal})
    most = 700_000
    rng = random.Random(1)
    sizes = sorted({*range(0, 140_000, 4096), *(rng.randrange(most) for _ in range(200))})
    sizes = sampled(sizes, options.sample)

    def one(size):
        return (size, *runs.execute({"room": size})[:2])

    for size, r, fault in torture.each(one, sizes, options.jobs):
        part.note(f"exit code {r.code}")
        part.add(fault and f"{size} bytes: {fault}", fault, r.err[-600:] if fault else "")
    return part.end("disks of 0 to 700 000 bytes")


def tmpfs(runs, options):
    part = torture.Part("tmpfs")
    if os.geteuid() != 0:
        print("tmpfs: skipped: mounting needs root")
        return True
    for kilobytes in sampled([16, 40, 64, 100, 128, 200, 300, 400, 600], options.sample):
        where = torture.folder()
        if subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "none", where], check=False, stderr=subprocess.DEVNULL).returncode:
            print("tmpfs: skipped: mounting is not permitted here")
            return True
        try:
            r, fault, _ = runs.execute({"call": 0}, where=where)
        finally:
            subprocess.run(["umount", "-l", where], check=True)
        part.note(f"exit code {r.code}")
        part.add(fault and f"{kilobytes} kB: {fault}", fault, r.err[-600:] if fault else "")
    return part.end("disks of 16 to 600 kB")


def remove(db):
    os.unlink(db)


def truncate(db):
    os.truncate(db, 0)


def replace(db):
    with open(db + ".new", "wb") as f:
        f.write(b"another file")
    os.rename(db + ".new", db)


def remove_log(db):
    os.unlink(db + "-wal")


def truncate_log(db):
    os.truncate(db + "-wal", 0)


def gone(runs, options):
    """What someone else does to the file cannot be undone; it must be said, and what is lost must not be called saved."""
    part = torture.Part("gone")
    for act in sampled([remove, truncate, replace, remove_log, truncate_log], options.sample):

        def during(where, stopped, act=act):
            db = os.path.join(where, "run.db")
            while not stopped.is_set():
                try:
                    if os.path.exists(db + "-wal") and torture.kept(db) > 50:
                        act(db)
                        return
                except (sqlite3.Error, OSError):
                    pass
                time.sleep(0.02)

        r, fault, _ = runs.execute({"call": 0}, during)
        if fault and r.code == 3 and "run.db" in r.err:
            fault = None  # it was said
        part.note(f"exit code {r.code}")
        part.add(fault and f"{act.__name__}: {fault}", None, r.err[-600:] if fault else "")
    return part.end("acts of another process")


PARTS = {
    "once": lambda runs, o: calls_fail(runs, o, "once", ERRORS, False),
    "forever": lambda runs, o: calls_fail(runs, o, "forever", ERRORS, True),
    "short": lambda runs, o: calls_fail(runs, o, "short", {"half": 0}, False),
    "room": room,
    "tmpfs": tmpfs,
    "gone": gone,
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--only", action="append", choices=list(PARTS))
    parser.add_argument("--sample", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=4)
    parser.add_argument("--duration", default="800ms")
    options = parser.parse_args()
    torture.start()
    runs = Runs(options.jobs, options.duration)
    good = [part(runs, options) for name, part in PARTS.items() if not options.only or name in options.only]
    sys.exit(0 if all(good) else 1)


main()
