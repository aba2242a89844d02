#!/usr/bin/env python3
"""power.py [--kills N] [--cuts N] [--seconds S] [--jobs N] [--seed N]: what is left of a run whose process or machine dies.

Killed: SIGKILL at N random moments of a run. Cut: a run's writes, truncations, syncs and removals are written down by faults.c, and N files
are made of them as a power cut could leave them: all that was synced, and of what came after any part, down to sectors of 512 bytes, with
the index of the log (-shm) full of garbage. A removal counts once any file of the folder is synced, as on file systems with a journal.

Good is: `report` reads the file, and SQLite's integrity_check passes; after a kill, every request that ended a second or more before is in
it. A file without a run is good only before the first request.
"""
import argparse
import os
import random
import shutil
import signal
import struct
import subprocess
import sys
import time

import torture

SECTOR = 512
LOST_MAX_S = 1.0
OPEN, WRITE, TRUNCATE, SYNC, REMOVE = range(5)
SCENARIO = """{ "name": "p", "target": "%s", "load": { "users": %d, "spawn_rate": 1000, "duration": "%ss" }, "wait": { "constant": "%s" },
  "tasks": [ { "path": "/" } ] }"""


def scenario(where, *values):
    with open(os.path.join(where, "s.json"), "w", encoding="utf-8") as f:
        f.write(SCENARIO % values)


def rows_and_last(db):
    """(number of requests, end of the last one as seconds of the day's clock or None)"""
    count, last, began = torture.query(db, "SELECT count(*), max(at_us + coalesce(took_us, 0)),"
                                           " (SELECT value FROM manifest WHERE key = 'started_us') FROM request")[0]
    return count, None if last is None or began is None else (last + int(began)) / 1e6


def fault_of_left(where):
    """What is wrong with run.db in a folder, for whoever comes after."""
    r = torture.execute(["report", "run.db"], where, timeout=60)
    if r.code != 0:
        return f"report ends with {r.code}: {r.err.strip()[-200:]}"
    return torture.fault_of_file(os.path.join(where, "run.db"))


# ---- killed ----

def killed(options):
    part, rng, target = torture.Part("killed"), random.Random(options.seed), torture.Target()

    def one(after):
        where = torture.folder()
        scenario(where, target.url, 10, options.seconds, "5ms")
        process = subprocess.Popen([torture.COLDSWARM, "run", "s.json", "-o", "run.db"], cwd=where, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL, env=torture.environment(None, None))
        time.sleep(after)
        at = time.time()
        process.send_signal(signal.SIGKILL)
        process.wait()
        db, lost = os.path.join(where, "run.db"), None
        if not os.path.exists(db) or (os.path.getsize(db) == 0 and not os.path.exists(db + "-wal")):
            fault = None
            part.note("before there was a run")
        else:
            fault = fault_of_left(where)
            last = None if fault else rows_and_last(db)[1]
            if fault and "contains no run" in fault or fault and "did not make it" in fault:
                part.note("before there was a run")
                fault = None
            if last is not None:
                lost = at - last
                if lost > LOST_MAX_S:
                    fault = f"the last {lost:.2f} s are missing"
        shutil.rmtree(where)
        return after, fault, lost

    losses = []
    moments = [rng.uniform(0, options.seconds + 0.3) for _ in range(options.kills)]
    for after, fault, lost in torture.each(one, moments, options.jobs):
        part.add(fault and f"after {after:.3f} s: {fault}", fault and fault[:40])
        # A run that had ended when it was killed has lost nothing.
        if lost is not None and after < options.seconds:
            losses.append(lost)
    losses.sort()
    lost = f", lost at most {losses[-1] * 1000:.0f} ms (half of them {losses[len(losses) // 2] * 1000:.0f} ms)" if losses else ""
    return part.end(f"SIGKILL at a random moment of {options.seconds} s{lost}")


# ---- the power goes ----

class Files:
    """What is on the disk for sure, and what was changed since the last sync of each file."""

    def __init__(self):
        self.names, self.durable, self.pending = {}, {}, {}

    def open(self, number, name):
        self.names[number] = name
        self.durable.setdefault(number, bytearray())
        self.pending.setdefault(number, [])

    def change(self, number, kind, offset, data):
        self.pending[number].append((kind, offset, data))

    def sync(self, number):
        for change in self.pending[number]:
            apply(self.durable[number], change)
        self.pending[number] = []
        # File systems with a journal keep the order of what changes a directory, and a sync writes that journal.
        for other, changes in self.pending.items():
            while any(kind == REMOVE for kind, *_ in changes):
                apply(self.durable[other], changes.pop(0))

    def left(self, rng, where):
        """Writes the files as a power cut could leave them."""
        manner = rng.choice(["none", "all", "changes", "sectors"])
        for number, name in self.names.items():
            path = os.path.join(where, name)
            if name.endswith("-shm"):
                content = bytearray(rng.randbytes(32768))
            else:
                content = bytearray(self.durable[number])
                for change in self.pending[number]:
                    for piece in pieces(change) if manner == "sectors" else [change]:
                        if manner == "all" or (manner != "none" and rng.random() < 0.5):
                            apply(content, piece)
            if content or name == "run.db":
                with open(path, "wb") as f:
                    f.write(content)
        return manner


def pieces(change):
    kind, offset, data = change
    if kind != WRITE:
        return [change]
    found, at = [], 0
    while at < len(data):
        n = min(SECTOR - (offset + at) % SECTOR, len(data) - at)
        found.append((WRITE, offset + at, data[at:at + n]))
        at += n
    return found


def apply(content, change):
    kind, offset, data = change
    if kind == REMOVE:
        del content[:]
    elif kind == TRUNCATE:
        if offset <= len(content):
            del content[offset:]
        else:
            content.extend(bytes(offset - len(content)))
    else:
        if offset > len(content):
            content.extend(bytes(offset - len(content)))
        content[offset:offset + len(data)] = data


def changes_of(journal):
    """(kind, file, offset, data, seconds of the day's clock) of each change, in their order."""
    head = struct.Struct("=IIQQq")
    with open(journal, "rb") as f:
        while True:
            raw = f.read(head.size)
            if len(raw) < head.size:
                return
            kind, file, offset, size, at_ns = head.unpack(raw)
            yield kind, file, offset, f.read(size), at_ns / 1e9


def cut(options):
    part, rng = torture.Part("cut"), random.Random(options.seed)
    target, where = torture.Target(), torture.folder()
    journal = os.path.join(torture.scratch_root, "changes")
    scenario(where, target.url, 40, options.recorded, "0s")
    r = torture.execute(["run", "s.json", "-o", "run.db", "--only-summary"], where, {"file": "run.db", "journal": journal}, timeout=600)
    if r.code not in (0, 4):
        sys.exit(f"the run to be written down failed: {r.err}")
    target.stop()
    changes = list(changes_of(journal))
    syncs = sum(kind == SYNC for kind, *_ in changes)
    cuts = sorted(rng.choices(range(1, len(changes) + 1), k=options.cuts))
    # The run and its requests are there for sure from the first checkpoint on: the sync of run.db itself.
    files, next_cut, made, made_at, losses = Files(), 0, False, 0.0, []
    todo = []
    for i, (kind, file, offset, data, at) in enumerate(changes, 1):
        if kind == OPEN:
            files.open(file, data.decode())
        elif kind == SYNC:
            files.sync(file)
            if not made:
                made_at = at
            made = made or (files.names[file] == "run.db" and "run.db-wal" in files.names.values())
        else:
            files.change(file, kind, offset, data)
        while next_cut < len(cuts) and cuts[next_cut] == i:
            left = torture.folder()
            todo.append((left, files.left(rng, left), made, at - made_at, at, i))
            next_cut += 1
        if len(todo) >= 32 or i == len(changes):
            for fault, lost, manner in torture.each(check_cut, todo, options.jobs):
                part.add(fault, fault and fault.split(': ', 1)[1][:80])
                part.note(manner)
                if lost is not None:
                    losses.append(lost)
            todo = []
    losses.sort()
    lost = f", lost {losses[len(losses) // 2]:.1f} s in the middle and {losses[-1]:.1f} s at most" if losses else ""
    return part.end(f"power cuts in {options.recorded} s of {len(changes)} changes and {syncs} syncs{lost}")


def check_cut(item):
    left, manner, made, since, at, i = item
    db = os.path.join(left, "run.db")
    fault = fault_of_left(left)
    lost = None
    if fault and not made:
        fault = None
    elif not fault:
        last = rows_and_last(db)[1]
        lost = at - last if last is not None else since if made else None
    shutil.rmtree(left)
    return fault and f"after change {i}, {manner} of what was not synced: {fault}", lost, manner


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--cuts", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=2.0, help="of a run that is killed")
    parser.add_argument("--recorded", type=float, default=20.0, help="seconds of the run that is written down")
    parser.add_argument("--jobs", type=int, default=4)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    torture.start()
    good = [part(options) for part, n in ((killed, options.kills), (cut, options.cuts)) if n > 0]
    sys.exit(0 if all(good) else 1)


main()
