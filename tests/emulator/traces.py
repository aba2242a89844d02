#!/usr/bin/env python3
"""Prints what the documented scaling rules answer to made-up loads, for test_autoscaler.c to compare.

Written from the rules (docs/cloud-run-emulation.md), not from the C code: exact fractions, and each mean is taken anew from the
whole history, second by second. The number of instances follows the answers, so the traces are closed loops: an instance that
is started is ready two ticks later, one that is to go is gone at the next tick.
A line "trace ..." has the options, a line "row ..." a tick: its time and sample, and the answers.
"""
import math
import random
from fractions import Fraction

TICKS = 170
PERIODS = {"cloudrun": 1, "cloudrun-2022": 5, "kpa": 2}


def mean(history, seconds):
    newest = history[-seconds:]
    return sum(newest, Fraction(0)) / len(newest) if newest else Fraction(0)


class CloudRun:
    def __init__(self, o):
        self.o, self.load, self.cpu = o, [], []

    def driver(self, history, capacity, target, have):
        if target == 0:
            return -1
        want = mean(history, 60) / (capacity * target)
        if have > 0 and abs(want / have - 1) <= self.o["tolerance"]:
            return have
        return math.ceil(want)

    def tick(self, t, passed, s):
        self.load += [s["load"]] * passed
        self.cpu += [s["cpu"]] * passed
        o, have = self.o, s["ready"] + s["starting"]
        cpu = self.driver(self.cpu, o["cpus"], o["cpu_target"], have)
        concurrency = self.driver(self.load, o["concurrency"], o["concurrency_target"], have)
        wanted = max(cpu, concurrency, 0)
        if wanted <= 1 or (have == 0 and s["pending"] == 0):
            wanted = 1 if s["pending"] or s["busy"] else 0
        # Requests that neither a ready nor a starting instance has room for call for new ones.
        room = s["ready"] * o["concurrency"] - s["busy"] + s["starting"] * o["concurrency"]
        missing = max(s["pending"] - max(room, 0), 0)
        if s["pending"] > 0:
            wanted = max(wanted, have + math.ceil(Fraction(missing, o["concurrency"])))
        return {"a": cpu, "b": concurrency, "panic": 0, "wanted": min(max(wanted, o["min"]), o["max"])}


class Kpa:
    """Knative's stable and panic windows, rates, delay, and the way to zero."""

    def __init__(self, o):
        self.o, self.load, self.wants = o, [], []
        self.panic_at, self.panic_max, self.fresh = None, 0, True
        self.active, self.inactive, self.proxy = None, None, None

    def tick(self, t, passed, s):
        self.load += [s["load"] + s["pending"]] * passed
        o, have = self.o, s["ready"] + s["starting"]
        ready = max(1, s["ready"])
        full = o["concurrency"] or 100
        target = Fraction(7, 10) * full
        S, P = mean(self.load, 60), mean(self.load, 6)
        up, down = 1000 * ready, ready // 2
        dspc, dppc = math.ceil(S / target), math.ceil(P / target)
        stable, panic = min(max(dspc, down), up), min(max(dppc, down), up)
        if o["activation"] > 0:
            stable = max(stable, o["activation"]) if stable > 0 else stable
            panic = max(panic, o["activation"]) if panic > 0 else panic
        if self.fresh and s["ready"] > 1:
            self.panic_at, self.panic_max = t, s["ready"]
        self.fresh = False
        if Fraction(dppc, ready) >= 2:
            self.panic_at = t
        elif self.panic_at is not None and self.panic_at + 60 < t:
            self.panic_at, self.panic_max = None, 0
        want = stable
        if self.panic_at is not None:
            want = self.panic_max = max(self.panic_max, stable, panic)
        self.wants.append((t, want))
        want = max([want] + [w for at, w in self.wants if at > t - o["delay"]])
        if have == 0 and s["pending"] > 0:
            want = max(want, 1, o["activation"])
        want = self.to_zero(t, s, have, want, math.floor(s["ready"] * full - 200 - P) < 0)
        return {"a": stable, "b": panic, "panic": int(self.panic_at is not None), "wanted": min(max(want, o["min"]), o["max"])}

    def to_zero(self, t, s, have, want, burst_short):
        if s["ready"] > 0:
            if want > 0:
                self.inactive = None
            if self.inactive is None and self.active is None:
                self.active = t
        else:
            self.active = self.inactive = None
        in_path = burst_short or s["ready"] == 0 or self.inactive is not None
        self.proxy = (self.proxy if self.proxy is not None else t) if in_path else None
        if want > 0 or have == 0 or self.o["min"] > 0:
            return want
        if self.inactive is None:
            if self.active is None or t - self.active < 60:
                return 1
            self.active, self.inactive = None, t
            self.proxy = self.proxy if self.proxy is not None else t
        return 0 if t - self.proxy >= 30 else 1


def load_at(rng, kind, t):
    """Requests that users keep under way."""
    if kind == "burst":
        return 400 if 20 <= t < 50 else 5 if t < 90 else 0
    if kind == "ramp":
        return max(0, 3 * min(t, 120) - 2 * max(0, t - 140) * 5)
    if kind == "single":
        return 1 if t in (10, 11, 12) else 0
    return rng.choice([0, 0, 1, 30, 90, 400])


def run(name, model, o, kind, period):
    rng = random.Random(name)
    ready, starting, t, rows = o.get("ready", 0), [], 1000, []
    m = model(o)
    for tick in range(TICKS):
        passed = period * rng.choice([1, 1, 1, 2]) if tick else 0
        t += passed
        users = load_at(rng, kind, t - 1000)
        room = ready * (o["concurrency"] or 100000)
        busy = min(users, room)
        pending = users - busy
        load = Fraction(busy * rng.randrange(4, 9), 8)
        cpu = min(Fraction(busy, 40), Fraction(ready * o["cpus"]))
        s = {"ready": ready, "starting": len(starting), "busy": busy, "pending": pending, "load": load, "cpu": cpu}
        d = m.tick(t, passed, s)
        rows.append((t, s, d))
        starting = [n - 1 for n in starting]
        have = ready + len(starting)
        ready += sum(n <= 0 for n in starting)
        starting = [n for n in starting if n > 0]
        if d["wanted"] > have:
            starting += [2] * (d["wanted"] - have)
        elif busy == 0 or model is Kpa or rng.random() < 0.2:
            go = have - d["wanted"]
            kept = max(0, len(starting) - go)
            ready -= go - (len(starting) - kept)
            starting = starting[:kept]
    return rows


BASE = {"min": 0, "max": 100, "concurrency": 80, "cpus": 1, "cpu_target": Fraction(6, 10), "concurrency_target": Fraction(6, 10),
        "tolerance": Fraction(1, 10), "activation": 0, "delay": 0}
TRACES = [
    ("cloudrun", "ramp", {}), ("cloudrun", "burst", {"concurrency": 10}), ("cloudrun", "random", {"concurrency": 8, "cpus": 2}),
    ("cloudrun", "ramp", {"cpu_target": Fraction(0), "concurrency": 7}), ("cloudrun", "ramp", {"concurrency_target": Fraction(0)}),
    ("cloudrun", "random", {"cpu_target": Fraction(0), "concurrency_target": Fraction(0), "concurrency": 20}),
    ("cloudrun", "burst", {"min": 3, "max": 3}), ("cloudrun", "random", {"min": 2, "max": 9, "concurrency": 5}),
    ("cloudrun", "ramp", {"cpu_target": Fraction(95, 100), "concurrency_target": Fraction(1, 10)}),
    ("cloudrun-2022", "burst", {"tolerance": Fraction(0)}), ("cloudrun-2022", "ramp", {"tolerance": Fraction(0), "concurrency": 4}),
    ("kpa", "ramp", {}), ("kpa", "burst", {}), ("kpa", "burst", {"concurrency": 4}), ("kpa", "single", {}),
    ("kpa", "random", {"concurrency": 10}), ("kpa", "random", {"concurrency": 0}), ("kpa", "burst", {"delay": 20}),
    ("kpa", "single", {"activation": 3}), ("kpa", "random", {"min": 2, "max": 6, "concurrency": 3}),
    ("kpa", "single", {"ready": 5}), ("kpa", "single", {"ready": 1, "concurrency": 1000}), ("kpa", "burst", {"min": 4, "max": 4}),
]


def main():
    for i, (policy, kind, more) in enumerate(TRACES):
        o = BASE | more
        print("trace", f"{policy}/{kind}/{i}", policy, o["min"], o["max"], o["concurrency"], o["cpus"], float(o["cpu_target"]),
              float(o["concurrency_target"]), float(o["tolerance"]), o["activation"], o["delay"])
        for t, s, d in run(f"{policy} {kind} {i}", Kpa if policy == "kpa" else CloudRun, o, kind, PERIODS[policy]):
            print("row", t, s["ready"], s["starting"], s["busy"], s["pending"], float(s["load"]), float(s["cpu"]), d["a"], d["b"],
                  d["panic"], d["wanted"])


main()
