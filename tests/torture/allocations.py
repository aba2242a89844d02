#!/usr/bin/env python3
"""allocations.py [--only JOB] [--each allocation|stack] [--sample N] [--forever] [--jobs N]: each allocation of a command fails, one by one.

The n-th malloc(), calloc(), realloc() or strdup() after the start of main() fails, those of SQLite, libcurl, cJSON and OpenSSL too; with
--forever all that follow fail as well. `--each stack` (the default) takes the first and the last allocation of each different call stack,
`--each allocation` every n. Of these, --sample N takes N, evenly spread.

Good is: no crash, no hang, no leak (with a build of SAN=address), and either the output to the byte that is made without a fault, or an
exit code that is neither 0 nor 2 (see `coldswarm help`) with a message on stderr. Of a run: what is recorded is kept, in a file that is whole.
"""
import argparse
import os
import re
import shutil
import struct
import subprocess
import sys

import torture

CLI = os.path.join(torture.ROOT, "tests/cli")
SCENARIO = """{
  "name": "small", "target": "%s", "load": { "users": 4, "spawn_rate": 100, "duration": "300ms" }, "wait": { "constant": "20ms" },
  "headers": { "X-Key": "${env.KEY}" },
  "feeders": { "row": { "csv": "rows.csv" } },
  "tasks": [
    { "name": "visit", "steps": [
      { "path": "/", "checks": [ { "status": 200 }, { "body": { "contains": "target" } } ], "capture": { "word": { "regex": "(\\\\w+)" } } },
      { "method": "POST", "path": "/predict", "json": { "who": "${row.name}", "word": "${word}" }, "checks": [ { "json": "/class", "matches": "." } ] } ] },
    { "path": "/health", "weight": 2 } ],
  "thresholds": { "http_req_duration": ["p(95)<60000"] }
}
"""


def tool(name, *args, cwd, out=None):
    """One of tests/cli's makers of files."""
    with open(os.path.join(cwd, out), "wb") if out else open(os.devnull, "wb") as f:
        subprocess.run([sys.executable, os.path.join(CLI, name), *args], cwd=cwd, stdout=f, check=True)


def write(path, text):
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)


def make_inputs(where, url):
    write(os.path.join(where, "s.json"), SCENARIO % url)
    write(os.path.join(where, "rows.csv"), "name,age\na,1\nb,2\n\"c, d\",3\n")
    write(os.path.join(where, "cat.bin"), "a cat")
    write(os.path.join(where, "access.log"), "".join(
        f'127.0.0.1 - - [24/Nov/2026:03:00:{i:02} +0000] "GET /a/{i % 7}?k={i} HTTP/1.1" 200 {i} "-" "x"\n' for i in range(50)))
    write(os.path.join(where, "curl.txt"), "curl -X POST http://h/a -H 'A: b' --data-urlencode 'x=1 2' -u u:p --compressed\ncurl 'http://h/b?c=d'\n")
    for kind in ("plain", "flows"):
        tool("make_run.py", f"{kind}.db", kind, cwd=where)
    tool("make_pair.py", "base.db", "requests=400", cwd=where)
    tool("make_pair.py", "new.db", "requests=400", "seed=2", "factor=1.1", cwd=where)
    tool("make_whole_run.py", "whole.db", "flows", cwd=where)
    os.mkdir(os.path.join(where, "parts"))
    tool("split_run.py", "whole.db", "2", "parts", cwd=where)
    tool("make_log.py", "run", "served.db", "20", cwd=where)
    tool("make_log.py", "log", "20", cwd=where, out="log.json")
    for name in ("shop.har", "api.yaml", "shop.postman.json"):
        with open(os.path.join(CLI, "convert", name), encoding="utf-8") as f:
            write(os.path.join(where, name), f.read().replace("@PORT@", "80"))


# Name, arguments, files that it writes. What a command prints is compared with what it prints without a fault.
COMMANDS = [
    ("validate", ["validate", "s.json"], []),
    ("validate --dry-run", ["validate", "s.json", "--dry-run"], []),
    ("report", ["report", "flows.db"], []),
    ("report json", ["report", "plain.db", "-f", "json"], []),
    ("report html", ["report", "plain.db", "-f", "html"], []),
    ("report --out", ["report", "plain.db", "--out", "out", "--no-figures"], ["out"]),
    ("gate", ["gate", "flows.db", "-e", "http_req_duration p(95)<9000"], []),
    ("compare", ["compare", "base.db", "--with", "new.db"], []),
    ("import", ["import", "served.db", "--logs", "log.json"], []),
    ("merge", ["merge", "out.db", "parts/0.db", "parts/1.db"], []),
    ("convert har", ["convert", "shop.har"], []),
    ("convert openapi", ["convert", "api.yaml"], []),
    ("convert postman", ["convert", "shop.postman.json"], []),
    ("convert curl", ["convert", "curl.txt", "-f", "curl"], []),
    ("convert log", ["convert", "access.log", "-f", "access-log", "-H", "http://h"], []),
]
RUNS = [(f"run {t}", ["run", "s.json", "-o", "run.db", "--transport", t, "--seed", "1"]) for t in ("direct", "curl")]


def contents(where, names):
    """What was written: the bytes of each file of these folders."""
    found = {}
    for name in names:
        for base, _, files in os.walk(os.path.join(where, name)):
            for file in files:
                path = os.path.join(base, file)
                with open(path, "rb") as f:
                    found[os.path.relpath(path, where)] = f.read()
    return found


def fault_of_end(r):
    """What is wrong however a command ends."""
    if r.code is None:
        return "hangs"
    if r.sanitiser():
        return r.sanitiser().split(": ", 1)[-1][:100] if "Leak" not in r.sanitiser() else "leak"
    if r.code < 0 or r.code == torture.SANITISER_CODE:
        return f"ends by signal {-r.code}"
    return None


def fault_of_message(r):
    said = re.findall(r"^coldswarm: (.*)$", r.err, re.M)
    if not said:
        return f"exit code {r.code} without a message"
    if r.code == 2:
        return f"exit code 2, which is for command lines and scenarios: {said[0]}"
    return None if said[0].strip() else f"exit code {r.code} with an empty message"


def fault_of_command(r, clean, written, clean_written):
    if fault_of_end(r):
        return fault_of_end(r)
    if r.code == clean.code:
        if r.out != clean.out or written != clean_written:
            return f"exit code {r.code}, and other output than without a fault"
        return None
    return fault_of_message(r)


def fault_of_run(r, db):
    """The rows of a run are compared with what it says, since how many there are depends on time."""
    if fault_of_end(r):
        return fault_of_end(r)
    if r.code != 0 and fault_of_message(r):
        return fault_of_message(r)
    if not os.path.exists(db):
        return None if r.code == 3 else f"exit code {r.code}, and no file"
    if torture.fault_of_file(db):
        return torture.fault_of_file(db)
    counted = re.search(r"requests in the file: (\d+), missing: (\d+)", r.err)
    if counted and int(counted[1]) != torture.kept(db):
        return f"says {counted[0]}, but there are {torture.kept(db)}"
    if r.code == 0 and torture.query(db, "SELECT exit_code FROM run") != [(0,)]:
        return "exit code 0, and a run without its end"
    return None


class Job:
    def __init__(self, name, argv, outputs, inputs, options):
        self.name, self.argv, self.outputs, self.inputs, self.options = name, argv, outputs, inputs, options
        self.is_run = argv[0] == "run"

    def execute(self, faults):
        """(result, fault of it or None) for a command, in a copy of the inputs."""
        where = torture.folder()
        shutil.copytree(self.inputs, where, dirs_exist_ok=True)
        trace = os.path.join(where, "trace")
        r = torture.execute(self.argv, where, dict(faults, trace=trace), timeout=self.options.timeout)
        if self.is_run:
            fault = fault_of_run(r, os.path.join(where, "run.db"))
        elif faults["allocation"] == 0:
            self.clean, self.clean_written, fault = r, contents(where, self.outputs), fault_of_end(r)
        else:
            fault = fault_of_command(r, self.clean, contents(where, self.outputs), self.clean_written)
        detail = describe(trace, r) if fault else ""
        shutil.rmtree(where)
        return r, fault, detail

    def chosen(self):
        """The numbers of the allocations that are to fail."""
        stacks = os.path.join(torture.scratch_root, "stacks")
        r, fault, detail = self.execute({"allocation": 0, "stacks": stacks})
        if fault or r.code not in (0, 4, 99):
            sys.exit(f"{self.name}: without any fault: {fault or r.code}\n{r.err}\n{detail}")
        with open(stacks, "rb") as f:
            sums = struct.unpack(f"={r.allocations}Q", f.read(8 * r.allocations))
        numbers = list(range(1, r.allocations + 1))
        if self.options.each == "stack":
            first, last = {}, {}
            for n, s in enumerate(sums, 1):
                first.setdefault(s, n)
                last[s] = n
            numbers = sorted({*first.values(), *last.values()})
        if 0 < self.options.sample < len(numbers):
            numbers = [numbers[i * len(numbers) // self.options.sample] for i in range(self.options.sample)]
        return numbers, r.allocations

    def torture(self):
        numbers, of = self.chosen()
        part = torture.Part(self.name + (" (all that follow fail, too)" if self.options.forever else ""))

        def one(n):
            return (n, *self.execute({"allocation": n, "forever": int(self.options.forever)}))

        for n, r, fault, detail in torture.each(one, numbers, self.options.jobs):
            if r.failed == 0:
                part.note("not reached")
                continue
            crashed = r.code is not None and (r.code < 0 or "AddressSanitizer: SEGV" in r.err)
            if fault and crashed and "in libcrypto's own start" in detail:
                part.note("crashes of libcrypto, which cannot start without memory")
                continue
            part.note(f"exit code {r.code}")
            part.add(fault and f"allocation {n}: {fault}", fault and f"{fault}{detail.split(chr(10), 1)[0]}", detail)
        return part.end(f"{len(numbers)} of {of} allocations failed")


def describe(trace, r):
    """Where the failed allocation was, as far as it is ours, and what was said."""
    lines, libraries = [], 0
    try:
        with open(trace, encoding="utf-8", errors="replace") as f:
            frames = f.read().splitlines()
    except FileNotFoundError:
        frames = []
    for frame in frames[2:]:
        own = re.match(r".*/coldswarm\(\+(0x[0-9a-f]+)\)", frame)
        if own and len(lines) < 16:
            at = hex(int(own[1], 16) - 1)
            told = subprocess.run(["addr2line", "-f", "-s", "-e", torture.COLDSWARM, at], capture_output=True, text=True, check=False).stdout
            lines.append("in " + " ".join(told.split()))
        elif not own and libraries < 5:
            libraries += 1
            lines.append(re.sub(r"^.*/|\[.*$", "", frame))
    own = [line for line in lines if line.startswith("in ")][:4]
    starts = ("CRYPTO_THREAD_run_once", "CRYPTO_THREAD_lock_new")
    if any(s in f for f in frames for s in starts) and any("libcrypto" in f for f in frames[2:5]):
        own.insert(0, "in libcrypto's own start")
    report = r.err[-4000:] if r.sanitiser() else r.err[-300:]
    return f": {' < '.join(own)}\n    " + "\n    ".join(lines) + "\n  said: " + report


def main():
    names = [name for name, *_ in COMMANDS + RUNS]
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--only", action="append", choices=names)
    parser.add_argument("--each", choices=["stack", "allocation"], default="stack")
    parser.add_argument("--sample", type=int, default=0)
    parser.add_argument("--forever", action="store_true")
    parser.add_argument("--jobs", type=int, default=3)
    parser.add_argument("--timeout", type=float, default=120)
    options = parser.parse_args()
    torture.start()
    os.environ["KEY"] = "secret"
    target = torture.Target()
    inputs = torture.folder()
    make_inputs(inputs, target.url)
    jobs = [Job(name, argv, outputs, inputs, options) for name, argv, outputs in COMMANDS]
    jobs += [Job(name, argv, [], inputs, options) for name, argv in RUNS]
    good = [job.torture() for job in jobs if not options.only or job.name in options.only]
    sys.exit(0 if all(good) else 1)


main()
