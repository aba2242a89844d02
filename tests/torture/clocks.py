#!/usr/bin/env python3
"""clocks.py [--only PART] [--seconds S]: the time of day is set during a run, the processes are stopped, and summer time ends.

Parts: `set`: the clock of the day goes forward and back by an hour and by 0.3 s, with the kernel's stamps, in the process of the run only
(faults.c; libfaketime leaves the stamps, and its waits hang if the clock goes back); `stop`: SIGSTOP and SIGCONT of the run and its target;
`dst`: a run over the end of summer time, in a time zone that has it.

Good is: times in the file are monotone and within the run, none is longer than it can be, the file has as many requests as the target has
seen, and an event says what happened.
"""
import argparse
import os
import re
import shutil
import signal
import struct
import subprocess
import sys
import time

import torture

HOUR = 3600.0
TRANSPORTS = ("direct", "curl")
SCENARIO = """{ "name": "t", "target": "%s", "load": { "users": 5, "spawn_rate": 1000, "duration": "1h" }, "wait": { "constant": "20ms" },
  "tasks": [ { "path": "/" } ] }"""


class Timed:
    """A run in its own process, with environment variables more; act(process) happens once requests are in the file, and the end some seconds
    later."""

    def __init__(self, transport, seconds, env, act):
        self.target, self.where = torture.Target(), torture.folder()
        with open(os.path.join(self.where, "s.json"), "w", encoding="utf-8") as f:
            f.write(SCENARIO % self.target.url)
        began = time.monotonic()
        argv = [torture.COLDSWARM, "run", "s.json", "-o", "run.db", "--only-summary", "--transport", transport]
        process = subprocess.Popen(argv, cwd=self.where, env=dict(torture.environment(None, None), **env), stdout=subprocess.DEVNULL,
                                   stderr=subprocess.PIPE, text=True)
        self.db = os.path.join(self.where, "run.db")
        if self.wait_for_rows(process):
            act(process, self.target)
            time.sleep(seconds)
            process.send_signal(signal.SIGINT)
        try:
            _, self.err = process.communicate(timeout=120)
            self.took_us = (time.monotonic() - began) * 1_000_000
            self.code = process.returncode
        except subprocess.TimeoutExpired:
            process.kill()
            self.code, self.err = None, process.communicate()[1]

    def wait_for_rows(self, process):
        for _ in range(3000):
            time.sleep(0.02)
            try:
                if os.path.exists(self.db) and torture.kept(self.db) > 20:
                    return True
            except torture.sqlite3.Error:
                pass
            if process.poll() is not None:
                return False
        return False

    def fault(self, events):
        """`events`: (kind, regular expression of its text) that must be there, once."""
        if self.code != 130:
            return f"exit code {self.code}: {self.err[-300:]}"
        fault = torture.fault_of_file(self.db)
        if fault:
            return fault
        rows = torture.query(self.db, "SELECT sent_us, end_us, service_us, ttfb_us FROM requests WHERE outcome = 'ok' ORDER BY id")
        duration = torture.query(self.db, "SELECT duration_us FROM run")[0][0]
        for sent, end, service, ttfb in rows:
            if not (0 <= sent <= end <= duration + 1_000_000 and service >= 0 and 0 <= ttfb <= service):
                return f"times out of order: sent {sent}, end {end}, service {service}, first byte {ttfb} of {duration}"
            if service > self.took_us:
                return f"a request of {service} us"
        ends = [end for _, end, *_ in rows]
        if any(b < a - 1_000_000 for a, b in zip(ends, ends[1:])):
            return "ends of requests jump back"
        sent = torture.query(self.db, "SELECT count(*) FROM requests WHERE sent_us IS NOT NULL")[0][0]
        seen = self.target.served("/")
        if sent != seen:
            return f"{sent} requests in the file, the target has seen {seen}"
        for kind, text in events:
            found = [t for (t,) in torture.query(self.db, f"SELECT text FROM event WHERE kind = '{kind}'")]
            if len(found) != 1 or not re.search(text, found[0]):
                return f"events {kind}: {found}, not one that says {text}"
        return None

    def done(self):
        self.target.stop()
        shutil.rmtree(self.where)


def put_shift(path, seconds):
    with open(path, "r+b" if os.path.exists(path) else "wb") as f:
        f.write(struct.pack("=q", int(seconds * 1e9)))


def word(step):
    return f"set {'forward' if step > 0 else 'back'} by {abs(step):.1f} s"


def clock_set(options):
    part = torture.Part("set")
    for transport in TRANSPORTS:
        for step in (HOUR, -HOUR, 0.3, -0.3):
            path = os.path.join(torture.folder(), "clock")
            put_shift(path, 0)
            run = Timed(transport, options.seconds, {"LD_PRELOAD": torture.FAULTS, "FAULTS_CLOCK": path},
                        lambda process, target, step=step, path=path: put_shift(path, step))
            fault = run.fault([("clock_set", word(step))])
            part.add(fault and f"{transport}, {step:+} s: {fault}")
            run.done()
    return part.end("runs whose clock was set by an hour and by 0.3 s, both ways, both transports")


def stop(options):
    part, held = torture.Part("stop"), 1.5

    def suspend(process, target):
        for p in (process.pid, target.process.pid):
            os.kill(p, signal.SIGSTOP)
        time.sleep(held)
        for p in (target.process.pid, process.pid):
            os.kill(p, signal.SIGCONT)

    for transport in TRANSPORTS:
        run = Timed(transport, options.seconds, {}, suspend)
        fault = run.fault([])
        stalls = torture.query(run.db, "SELECT count(*) FROM event WHERE kind = 'stall'")[0][0] if fault is None else 1
        if stalls == 0:
            fault = "no event says that the client did not run"
        part.add(fault and f"{transport}: {fault}")
        run.done()
    return part.end(f"runs that were stopped for {held} s with their target")


def summer_time(options):
    """Berlin, 25 October 2026: at 01:00 UTC three o'clock becomes two o'clock."""
    part = torture.Part("dst")
    for transport in TRANSPORTS:
        path = os.path.join(torture.folder(), "clock")
        put_shift(path, 1792889999 - 1 - time.time())  # 2026-10-25T00:59:58Z
        run = Timed(transport, options.seconds, {"LD_PRELOAD": torture.FAULTS, "FAULTS_CLOCK": path, "TZ": "Europe/Berlin"}, lambda p, t: None)
        fault = run.fault([])
        if fault is None:
            began = torture.query(run.db, "SELECT started_utc FROM run")[0][0]
            told = torture.execute(["report", "run.db"], run.where).out
            if not began.startswith("2026-10-25T0") or began not in told:
                fault = f"started_utc is {began}, the report says {re.findall('Started.*', told)}"
            elif torture.query(run.db, "SELECT count(*) FROM event WHERE kind IN ('clock_set', 'suspend')") != [(0,)]:
                fault = "an event says that the clock was set"
        part.add(fault and f"{transport}: {fault}")
        run.done()
    return part.end("runs over the end of summer time")


PARTS = {"set": clock_set, "stop": stop, "dst": summer_time}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--only", action="append", choices=list(PARTS))
    parser.add_argument("--seconds", type=float, default=2.5)
    options = parser.parse_args()
    torture.start()
    good = [part(options) for name, part in PARTS.items() if not options.only or name in options.only]
    sys.exit(0 if all(good) else 1)


main()
