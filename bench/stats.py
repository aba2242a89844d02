#!/usr/bin/env python3
"""stats.py: what the verdicts of `coldswarm compare` are worth. Run by `make bench-stats`.

First on simulated services (bench/compare_stats.c), then on real runs against `coldswarm target`: pairs of short runs of the
same service, where every verdict is false, and of one that is 10 % slower, where p95 should be found. Prints Markdown.
Exits with 1 where the simulation has more false verdicts than chance allows, or misses too many slowdowns.
"""
import argparse
import json
import os
import re
import subprocess
import sys
import tempfile

SCENARIO = {"name": "stats", "load": {"users": 40, "spawn_rate": 1000, "duration": "4s"}, "tasks": [{"method": "GET", "path": "/"}]}


def target(coldswarm, median_ms, seed):
    p = subprocess.Popen([coldswarm, "target", "--port", "0", "--seed", str(seed), "--service-time", f"lognormal:{median_ms}ms,0.4"],
                         stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    for line in p.stderr:
        m = re.match(r"target: listening on (\S+)", line)
        if m:
            return p, m.group(1)
    raise SystemExit("stats: the target did not start")


def real(coldswarm, pairs, folder):
    def path(name):
        return os.path.join(folder, name)

    with open(path("s.json"), "w", encoding="utf-8") as f:
        json.dump(SCENARIO, f)
    made = {}
    for i in range(pairs):
        # A seed of its own for each target: the same one would answer both sides with the same service times.
        for seed, (which, median) in enumerate((("a", 20), ("b", 20), ("c", 22)), 1 + 3 * i):
            p, url = target(coldswarm, median, seed)
            try:
                made[which, i] = path(f"{which}{i}.db")
                subprocess.run([coldswarm, "run", path("s.json"), "-H", url, "-o", made[which, i], "--quiet"],
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
            finally:
                p.terminate()
                p.wait()
    print("\n| real runs | pairs | requests a side | with a verdict | intervals alone | p95 slower |")
    print("| :--- | ---: | ---: | ---: | ---: | ---: |")
    for name, other in (("A/A", "b"), ("10 % slower", "c")):
        told = alone = slower = compared = requests = 0
        for i in range(pairs):
            out = subprocess.run([coldswarm, "compare", made["a", i], "--with", made[other, i], "--format", "json", "--force"],
                                 capture_output=True, check=False).stdout
            if not out:
                continue
            d = json.loads(out)
            every = [c for c in d["comparisons"] if c["name"] == ""]
            compared += 1
            requests += d["mann_whitney"][-1]["requests"][0]
            told += any(c["verdict"] in ("slower", "faster") for c in every)
            alone += sum(c["verdict_alone"] in ("slower", "faster") for c in every)
            slower += any(c["statistic"] == "p95" and c["verdict"] == "slower" for c in every)
        if compared:
            print(f"| {name} | {compared} | {requests // compared} | {told} | {alone} of {7 * compared} | {slower} |")


def main():
    a = argparse.ArgumentParser()
    a.add_argument("--simulation", required=True)
    a.add_argument("--coldswarm", required=True)
    a.add_argument("--pairs", type=int, default=500)
    a.add_argument("--real-pairs", type=int, default=20)
    o = a.parse_args()
    code = subprocess.run([o.simulation, str(o.pairs)], check=False).returncode
    sys.stdout.flush()
    with tempfile.TemporaryDirectory() as folder:
        real(os.path.abspath(o.coldswarm), o.real_pairs, folder)
    return code


sys.exit(main())
