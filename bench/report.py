#!/usr/bin/env python3
"""report.py RUN.db PROGRAM…: what reports of a run file cost, of one build or of several side by side; prints a markdown table.

Each round takes all programs in turn, so that what else the machine does meets all of them. gnuplot is kept out of sight: it is not
what is measured here, and older builds cannot be told to leave it. bench/make_run_file.py makes the file.
"""
import argparse
import os
import statistics
import sys
import tempfile
import time

sys.dont_write_bytecode = True

from measure import measure  # noqa: E402  (after the line above, so that no bench/__pycache__ is left)

WHAT = {"tables": [], "json": ["--format", "json"], "html": ["--format", "html"], "hgrm": ["--format", "hgrm"],
        "jtl": ["--format", "jtl"], "k6-summary": ["--format", "k6-summary"], "out": None}


def once(program, db, what, folder):
    args = ["--out", os.path.join(folder, "report")] if WHAT[what] is None else WHAT[what]
    start = time.monotonic()
    # Output goes into a file, as measure() takes it; a JTL of ten million lines is a gigabyte, so it goes elsewhere.
    run = measure(["/bin/sh", "-c", 'exec "$0" "$@" >/dev/null', program, "report", db, *args], 600, env={"PATH": folder})
    if run.code != 0:
        sys.exit(f"{program} report {' '.join(args)} ended with {run.code}: {run.text}")
    return time.monotonic() - start, run.cpu, run.memory


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    p.add_argument("db")
    p.add_argument("programs", nargs="+", metavar="PROGRAM")
    p.add_argument("--rounds", type=int, default=5, help="medians of these [5]")
    p.add_argument("--what", default="tables,out", help=f"of {', '.join(WHAT)} [tables,out]")
    a = p.parse_args()
    print("| what | program | seconds | CPU seconds | to the first | peak memory MB |\n|---|---|---|---|---|---|")
    for what in a.what.split(","):
        got = {program: [] for program in a.programs}
        with tempfile.TemporaryDirectory() as folder:
            for _ in range(a.rounds):
                for program in a.programs:
                    got[program].append(once(program, a.db, what, folder))
        first = None
        for program, runs in got.items():
            wall, cpu, memory = (statistics.median(x) for x in zip(*runs))
            first = first or cpu
            print(f"| {what} | {program} | {wall:.2f} | {cpu:.2f} | {cpu / first:.2f} | {memory:.1f} |", flush=True)


main()
