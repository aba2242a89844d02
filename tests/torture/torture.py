"""torture: what the programs of this folder share: the program under test, its failing library, a target, and how faults are counted.

Each program prints one line for each part, "NAME: N of N good, WHAT", and what was wrong before it. It ends with 1 if anything was.
"""
import atexit
import concurrent.futures
import contextlib
import http.client
import json
import os
import re
import shutil
import signal
import sqlite3
import struct
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
COLDSWARM = os.path.abspath(os.environ.get("COLDSWARM") or os.path.join(ROOT, "build/release/coldswarm"))
FAULTS = os.path.join(os.path.dirname(COLDSWARM), "tests/torture/faults.so")
SANITISER_CODE = 86  # as in scripts/run-tests
SHOWN = 12  # faults of a part that are printed in full

scratch_root = tempfile.mkdtemp(prefix="coldswarm-torture-")
atexit.register(shutil.rmtree, scratch_root, ignore_errors=True)
numbers = iter(range(1 << 62))


def folder():
    """A new empty folder, removed at the end if not before."""
    path = os.path.join(scratch_root, str(next(numbers)))
    os.mkdir(path)
    return path


class Result:
    """How a process ended: code (negative: a signal; None: it had to be killed), stdout, stderr, and what the library counted."""

    def __init__(self, code, out, err, counts):
        self.code, self.out, self.err = code, out, err
        self.allocations, self.calls, self.failed, self.failed_ns = counts

    def sanitiser(self):
        """The first line of a sanitiser's report, or None."""
        found = re.search(r"^.*(?:ERROR: \w+Sanitizer|runtime error).*$", self.err, re.M)
        return found[0] if found else None


def environment(faults, where):
    env = {k: v for k, v in os.environ.items() if not k.startswith(("COLDSWARM_", "FAULTS_"))}
    env["ASAN_OPTIONS"] = f"exitcode={SANITISER_CODE}:verify_asan_link_order=0:allocator_may_return_null=1"
    env["UBSAN_OPTIONS"] = "print_stacktrace=1"
    if faults is not None:
        env["LD_PRELOAD"] = FAULTS
        env["FAULTS_COUNTS"] = os.path.join(where, "counts")
        env.update({f"FAULTS_{key.upper()}": str(value) for key, value in faults.items()})
    return env


def execute(argv, cwd, faults=None, timeout=120.0, stdin=subprocess.DEVNULL):
    """Runs coldswarm with these arguments. `faults` are settings of faults.c without their FAULTS_, in lower case; None: no library."""
    where = folder()
    process = subprocess.Popen([COLDSWARM, *argv], cwd=cwd, env=environment(faults, where), stdin=stdin, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True, errors="replace", start_new_session=True)
    try:
        out, err = process.communicate(timeout=timeout)
        code = process.returncode
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGABRT)
        out, err = process.communicate()
        code = None
    counts = counts_at(where)
    shutil.rmtree(where)
    return Result(code, out, err, counts)


def counts_at(where):
    try:
        with open(os.path.join(where, "counts"), "rb") as f:
            return struct.unpack("=QQQq", f.read(32))
    except (FileNotFoundError, struct.error):
        return 0, 0, 0, 0


class Target:
    """`coldswarm target`, without faults."""

    def __init__(self, *options):
        self.err_path = os.path.join(scratch_root, f"target.{next(numbers)}")
        with open(self.err_path, "wb") as err:
            self.process = subprocess.Popen([COLDSWARM, "target", "--port", "0", *options], stdout=subprocess.DEVNULL, stderr=err,
                                            env=environment(None, None))
        atexit.register(self.stop)
        self.url = None
        while self.url is None:
            with open(self.err_path, encoding="utf-8") as f:
                found = re.search(r"^target: listening on (\S+)\n", f.read(), re.M)
            if found:
                self.url = found[1]
            elif self.process.poll() is not None:
                sys.exit("the target did not start")
            else:
                time.sleep(0.02)
        self.host, self.port = self.url.removeprefix("http://").split(":")

    def stats(self):
        connection = http.client.HTTPConnection(self.host, int(self.port), timeout=60)
        connection.request("GET", "/stats")
        return json.loads(connection.getresponse().read())

    def served(self, path):
        return sum(r["received"] for r in self.stats()["requests"] if r["path"] == path)

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait()


class Part:
    """One part of a program: it counts what was good, and shows the first of what was not, one of each kind."""

    def __init__(self, name):
        self.name, self.good, self.bad, self.kinds, self.notes = name, 0, 0, {}, {}

    def add(self, fault, kind=None, detail=""):
        """`fault` None: it was good."""
        if fault is None:
            self.good += 1
            return
        self.bad += 1
        kind = kind or fault
        first = kind not in self.kinds
        self.kinds[kind] = self.kinds.get(kind, 0) + 1
        if first and len(self.kinds) <= SHOWN:
            print(f"{self.name}: {fault}{chr(10) if detail else ''}{detail}", flush=True)

    def note(self, what, n=1):
        self.notes[what] = self.notes.get(what, 0) + n

    def end(self, what):
        """Prints the line of this part; returns whether all was good."""
        notes = "".join(f"; {key}: {value}" for key, value in sorted(self.notes.items()))
        print(f"{self.name}: {self.good} of {self.good + self.bad} good, {what}{notes}", flush=True)
        for kind, n in sorted(self.kinds.items(), key=lambda item: -item[1])[:SHOWN]:
            print(f"    {n} times: {kind}")
        return self.bad == 0 and self.good > 0


def each(function, items, jobs):
    """function(item) of all, some at once, as they come."""
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        yield from pool.map(function, items)


def query(path, sql):
    """The rows of a query on a run file; its log is read, too. It fails after 30 s: hostile files can have rows without end."""
    until = time.monotonic() + 30
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=rw", uri=True, timeout=20)) as db:
        db.set_progress_handler(lambda: time.monotonic() > until, 100000)
        return db.execute(sql).fetchall()


def fault_of_file(path):
    """Why a run file is not whole, or None."""
    try:
        found = query(path, "PRAGMA integrity_check")
        if found != [("ok",)]:
            return f"integrity_check says {found[:3]}"
        marks = query(path, "PRAGMA application_id")[0][0], query(path, "SELECT count(*) FROM run")[0][0]
        return None if marks == (0x6373776D, 1) else f"application_id and rows of run are {marks}"
    except sqlite3.Error as e:
        return f"SQLite says: {e}"


def kept(path):
    """The requests that are in the file; 0 if there is none."""
    return query(path, "SELECT count(*) FROM request")[0][0] if os.path.exists(path) and os.path.getsize(path) > 0 else 0


def start():
    """For the begin of each program: long loops leave the machine to others."""
    os.nice(10)
    if not os.path.exists(FAULTS):
        sys.exit(f"{FAULTS} is not there: make torture-tools")
    print(f"{os.path.basename(sys.argv[0])} {' '.join(sys.argv[1:])}".rstrip(), flush=True)
