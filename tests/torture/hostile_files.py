#!/usr/bin/env python3
"""hostile_files.py [--only PART] [--fuzzed N] [--seed N] [--jobs N]: someone else's run files, given to every command that reads them.

Parts: `made`: files with triggers, views and generated columns that do not end, tables that are something else, wrong types, ids out of
order and out of range, texts of 200 MB, and b-trees whose pages are used again and again; `fuzzed`: N files with random bytes changed, pages
exchanged, or the end missing.

Good is: the file is read, or refused with a message; nothing in it is executed, nothing hangs, and no process takes more than a gigabyte.
"""
import argparse
import os
import random
import re
import resource
import shutil
import sqlite3
import struct
import subprocess
import sys
import time

import torture

CLI = os.path.join(torture.ROOT, "tests/cli")
MEMORY_MAX = 1 << 30
SECONDS_MAX = 60
PAGE = 4096
COMMANDS = [
    ["report", "x.db"],
    ["report", "x.db", "-f", "json", "--from", "0.1"],
    ["report", "x.db", "--out", "out", "--no-figures"],
    ["report", "x.db", "-f", "csv"],
    ["report", "x.db", "-f", "jtl"],
    ["gate", "x.db", "-e", "http_req_duration p(95)<9000"],
    ["compare", "x.db", "--with", "good.db", "--force"],
    ["compare", "good.db", "--with", "x.db", "--force"],
    ["merge", "merged.db", "x.db", "part.db"],
    ["manifest", "x.db"],
    ["import", "x.db", "--logs", "log.json"],
]
ENDLESS = "WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n)"


def replaced(name, select):
    """A table becomes a view of the same columns, as far as the select says."""
    return f"ALTER TABLE {name} RENAME TO was_{name}; CREATE VIEW {name} AS {select}"


def view(name, select):
    return f"DROP VIEW {name}; CREATE VIEW {name} AS {select}"


def rewritten(table, old, new):
    """The schema says something else of a table than what its pages hold."""
    return (f"PRAGMA writable_schema = ON; UPDATE sqlite_master SET sql = replace(sql, '{old}', '{new}') WHERE name = '{table}';"
            "PRAGMA writable_schema = RESET")


REQUEST_COLUMNS = "1 AS result, 0 AS user, n AS at_us, 0 AS lag_us, 1 AS took_us, 1 AS rest_us, 1 AS dns_us, 1 AS connect_us, 1 AS tls_us," \
                  " 1 AS bytes_sent, 1 AS bytes_received"
# What is done to a good file. PWNED in the file's tables or in a file of this name would show that something was executed.
MADE = {
    "trigger on server_request": "CREATE TRIGGER t AFTER INSERT ON server_request BEGIN UPDATE run SET name = 'PWNED'; END",
    "trigger on server_name": "CREATE TRIGGER t BEFORE INSERT ON server_name BEGIN DELETE FROM request; UPDATE run SET name = 'PWNED'; END",
    "trigger on manifest": "CREATE TRIGGER t BEFORE DELETE ON server_side BEGIN UPDATE run SET name = 'PWNED'; END;"
                           "CREATE TRIGGER u AFTER INSERT ON server_side BEGIN UPDATE run SET name = 'PWNED'; END",
    "view client without end": view("client", f"{ENDLESS} SELECT n AS second, 0 AS cpu_max, 0 AS cpu_sum, 0 AS cpu_writer, 0 AS loop_lag_mean_us,"
                                              " 0 AS loop_lag_max_us, 0 AS queued_max, 0 AS lost, 0 AS open_files, 0 AS ports, 0 AS retransmits,"
                                              " 0 AS scheduled, 0 AS late, 0 AS dispatch_p50_us, 0 AS dispatch_p99_us, 0 AS dispatch_max_us FROM n"),
    "view iterations without end": view("iterations", f"{ENDLESS} SELECT n AS id, 0 AS user, 'x' AS name, 0 AS start_us, n AS end_us,"
                                                      " 1 AS duration_us, 1 AS ok FROM n"),
    "view checks that loads a library": view("checks", "SELECT load_extension('./pwned.so') AS second, 'x' AS request, 'y' AS name, 1 AS passes,"
                                                       " 1 AS fails, 0 AS not_judged"),
    "table run as a view without end": replaced("run", f"{ENDLESS} SELECT w.* FROM n, was_run AS w"),
    "table request as a view without end": replaced("request", f"{ENDLESS} SELECT n AS id, {REQUEST_COLUMNS} FROM n"),
    "table endpoint as a view that counts": replaced("endpoint", f"{ENDLESS} SELECT count(*) AS id, 'x' AS name, 'GET' AS method FROM n"),
    "table result as a view that changes": replaced("result", "SELECT abs(random()) % 100000 AS id, 0 AS endpoint, 200 AS status, 0 AS outcome,"
                                                              " NULL AS error, 1 AS new_connection, 0 AS sent_again, NULL AS http_version,"
                                                              " NULL AS previous_end, NULL AS grpc_status FROM was_result"),
    "table error as a view that changes": replaced("error", "SELECT abs(random()) % 60000 AS id, 'x' AS text FROM was_request"),
    "table task as a view that changes": replaced("task", "SELECT abs(random()) % 60000 AS id, 'x' AS name, 0 AS endpoint FROM was_request"),
    "generated column": "ALTER TABLE event RENAME TO was_event;"
                        "CREATE TABLE event(at_us INTEGER, kind TEXT, n, text TEXT AS (hex(zeroblob(100000000))) VIRTUAL);"
                        "INSERT INTO event(at_us, kind) SELECT at_us, kind FROM was_event",
    "virtual table": "DROP TABLE event; CREATE VIRTUAL TABLE event USING fts5(at_us, kind, text)",
    "ids that are no numbers": "PRAGMA writable_schema = ON; CREATE TABLE r2 AS SELECT * FROM result; DROP TABLE result;"
                               "ALTER TABLE r2 RENAME TO result; INSERT INTO result SELECT 'a', endpoint, status, outcome, error, new_connection,"
                               " sent_again, http_version, previous_end, grpc_status FROM result LIMIT 1; UPDATE result SET id = 900000 WHERE rowid = 1",
    "errors that are no numbers": "CREATE TABLE e2 AS SELECT * FROM error; DROP TABLE error; ALTER TABLE e2 RENAME TO error;"
                                  "INSERT INTO error VALUES ('a', 'b'), (600000000, 'c')",
    "endpoints that are no numbers": "CREATE TABLE e2 AS SELECT * FROM endpoint; DROP TABLE endpoint; ALTER TABLE e2 RENAME TO endpoint;"
                                     "INSERT INTO endpoint VALUES ('a', 'b', 'c'), (600000000, 'c', 'd')",
    "tasks that are no numbers": "CREATE TABLE e2 AS SELECT * FROM task; DROP TABLE task; ALTER TABLE e2 RENAME TO task;"
                                 "INSERT INTO task VALUES ('a', 'b', 0), (600000000, 'c', 0)",
    "largest ids": "INSERT INTO result SELECT 268435455, endpoint, status, outcome, error, new_connection, sent_again, http_version, previous_end,"
                   " grpc_status FROM result LIMIT 1; INSERT INTO error VALUES (65535, 'x'); INSERT INTO request SELECT 9223372036854775807,"
                   " result, user, at_us, lag_us, took_us, rest_us, dns_us, connect_us, tls_us, bytes_sent, bytes_received FROM request LIMIT 1",
    "ids beyond": "INSERT INTO error VALUES (9223372036854775807, 'x')",
    "ids below": "INSERT INTO error VALUES (-5, 'x'); INSERT INTO endpoint VALUES (-7, 'x', 'y'); UPDATE result SET endpoint = -7",
    "largest numbers": "UPDATE request SET at_us = 9223372036854775807, took_us = 9223372036854775807, lag_us = -9223372036854775808,"
                       " rest_us = -9223372036854775808, user = 9223372036854775807, bytes_received = -1",
    "smallest numbers": "UPDATE request SET at_us = -9223372036854775808, took_us = -9223372036854775808, lag_us = 9223372036854775807",
    "large seconds": "INSERT INTO user_count VALUES (4294967295, 4294967295), (9223372036854775807, -1), (-5, 3);"
                     "INSERT INTO client_second SELECT 4294967290, 9e999, -9e999, 1, 2, 3, 4, 5, 6, 7, 8; UPDATE run SET duration_us = 9223372036854775807",
    "wrong types": "UPDATE request SET at_us = 'x', took_us = x'00ff', lag_us = 1e300, user = 'y', bytes_sent = 'z';"
                   "UPDATE run SET duration_us = 'long', users_max = x'00', seed = x'ff', exit_code = 'q', started_utc = 'yesterday'",
    "texts instead of words": "UPDATE run SET verdict = char(27) || '[31m' || hex(zeroblob(1000000)), scenario = '{{{{', target = x'fffe00'",
    "deep scenario": "UPDATE run SET scenario = replace(hex(zeroblob(2000000)), '0', '[')",
    "a text of 200 MB": "UPDATE run SET name = hex(zeroblob(100000000))",
    "a manifest of 200 MB": "INSERT INTO manifest VALUES ('x', hex(zeroblob(100000000)))",
    "many events": f"INSERT INTO event {ENDLESS} SELECT n, 'stage', 'x' FROM n LIMIT 300000",
    "two runs": "INSERT INTO run SELECT * FROM run",
    "no run": "DELETE FROM run",
    "no tables": "DROP TABLE request",
    "a newer version": "PRAGMA user_version = 99",
    "an older version than it is": "PRAGMA user_version = 3",
    "no index of the manifest": rewritten("manifest", "PRIMARY KEY", "NOT NULL"),
    "a column less than said": rewritten("request", "tls_us", "no_us"),
    "a check that computes": rewritten("request", "user           INTEGER NOT NULL",
                                       "user INTEGER NOT NULL CHECK (length(hex(zeroblob(100000000))) > 0)"),
    "a scenario that is code": "UPDATE run SET name = '`touch PWNED`', target = '$(touch PWNED)', scenario = '\"; .shell touch PWNED'",
}


def bomb(path, table, depth):
    """The b-tree of a table becomes `depth` levels of pages, each with hundreds of entries for the same next page: a small file with more rows
    than anybody can read."""
    db = sqlite3.connect(path)
    root = db.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (table,)).fetchone()[0]
    db.close()
    with open(path, "r+b") as f:
        data = bytearray(f.read())
        leaf = data[(root - 1) * PAGE:root * PAGE]
        kind = leaf[0]
        while kind == 5:  # down to a leaf of the table
            child = struct.unpack(">I", leaf[8:12])[0]
            leaf = data[(child - 1) * PAGE:child * PAGE]
            kind = leaf[0]
        pages, count = [bytes(leaf)], len(data) // PAGE
        for level in range(depth):
            at = root if level == depth - 1 else count + level + 2
            below = count + level + 1
            page, cells, start = bytearray(PAGE), [], PAGE
            for i in range(400):
                cell = struct.pack(">I", below) + bytes([i % 127])
                start -= len(cell)
                page[start:start + len(cell)] = cell
                cells.append(start)
            page[0:12] = struct.pack(">BHHHBI", 5, 0, len(cells), start, 0, below)
            page[12:12 + 2 * len(cells)] = b"".join(struct.pack(">H", c) for c in cells)
            if at == root:
                data[(root - 1) * PAGE:root * PAGE] = page
            else:
                pages.append(bytes(page))
        data += b"".join(pages)
        data[28:32] = struct.pack(">I", len(data) // PAGE)
        f.seek(0)
        f.write(data)


def overflow_circle(path):
    """A text whose pages are in a circle."""
    db = sqlite3.connect(path)
    db.execute("UPDATE run SET scenario = hex(zeroblob(50000))")
    db.commit()
    db.close()
    with open(path, "r+b") as f:
        data = bytearray(f.read())
        count = len(data) // PAGE
        for page in range(2, count):  # overflow pages begin with the number of the next one
            following = struct.unpack(">I", data[(page - 1) * PAGE:(page - 1) * PAGE + 4])[0]
            if following == page + 1 and data[(page - 1) * PAGE + 4:(page - 1) * PAGE + 8] == b"0000":
                data[(page - 1) * PAGE:(page - 1) * PAGE + 4] = struct.pack(">I", max(2, page - 1))
        f.seek(0)
        f.write(data)


PAGES = {f"b-tree of {table} that is {depth} times itself": (lambda p, t=table, d=depth: bomb(p, t, d))
         for table in ("request", "event", "result", "error", "manifest", "user_count") for depth in (2, 4)}
PAGES["overflow pages in a circle"] = overflow_circle


def limit():
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 30, 1 << 30))


def execute(argv, where):
    """(result, its peak of resident memory in bytes)"""
    wrote, until, code = os.path.join(where, "stderr"), time.monotonic() + SECONDS_MAX, None
    with open(wrote, "wb") as err:
        process = subprocess.Popen([torture.COLDSWARM, *argv], cwd=where, env=torture.environment(None, None), stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, stderr=err, start_new_session=True, preexec_fn=limit)
        while True:
            pid, status, usage = os.wait4(process.pid, os.WNOHANG)
            if pid != 0:
                process.returncode = os.waitstatus_to_exitcode(status)
                break
            if time.monotonic() > until and code is None:
                code = "late"
                process.kill()
            time.sleep(0.01)
    with open(wrote, encoding="utf-8", errors="replace") as f:
        text = f.read()
    return torture.Result(None if code else process.returncode, "", text, (0, 0, 0, 0)), usage.ru_maxrss * 1024


def fault_of(r, peak, where, argv):
    if r.code is None:
        return f"takes more than {SECONDS_MAX} s"
    if r.sanitiser():
        return r.sanitiser().split(": ", 1)[-1][:120]
    if r.code < 0:
        return f"ends by signal {-r.code}"
    if peak > MEMORY_MAX and "address" not in torture.COLDSWARM:
        return f"takes {peak >> 20} MiB"
    if r.code not in (0, 1, 2, 3, 4, 99):
        return f"exit code {r.code}"
    if r.code in (2, 3) and not re.search(r"^coldswarm: .", r.err, re.M):
        return f"exit code {r.code} without a message"
    if os.path.exists(os.path.join(where, "PWNED")):
        return "executed what the file says"
    if argv[0] == "import":
        try:
            if torture.query(os.path.join(where, "x.db"), "SELECT 1 FROM run WHERE name = 'PWNED'"):
                return "executed a trigger of the file"
        except sqlite3.Error:
            pass
    return None


def tried(part, name, make, inputs, jobs):
    """Gives a file to all commands. `make(path)` changes a good file."""
    made = torture.folder()
    path = os.path.join(made, "x.db")
    shutil.copy(os.path.join(inputs, "good.db"), path)
    try:
        make(path)
    except sqlite3.Error as e:
        part.add(f"{name}: the file could not be made: {e}")
        return

    def one(argv):
        where = torture.folder()
        shutil.copytree(inputs, where, dirs_exist_ok=True)
        shutil.copy(path, where)
        r, peak = execute(argv, where)
        fault = fault_of(r, peak, where, argv)
        shutil.rmtree(where)
        return argv, r, fault

    for argv, r, fault in torture.each(one, COMMANDS, jobs):
        part.note("read" if r.code in (0, 1, 4, 99) else "refused")
        part.add(fault and f"{name}: {' '.join(argv)}: {fault}", fault and f"{argv[0]}: {fault}", r.err[-1500:] if fault else "")
    shutil.rmtree(made)


def by_sql(sql):
    def make(path):
        db = sqlite3.connect(path)
        db.executescript("PRAGMA legacy_alter_table = ON;" + sql)
        db.commit()
        db.close()
    return make


def fuzz(rng):
    """A function that damages a file, the same for the same generator."""
    seed = rng.random()

    def make(path):
        r = random.Random(seed)
        with open(path, "r+b") as f:
            data = bytearray(f.read())
            pages = len(data) // PAGE
            manner = r.randrange(5)
            if manner == 0:
                for _ in range(r.choice([1, 3, 30, 300])):
                    data[r.randrange(len(data))] = r.randrange(256)
            elif manner == 1:  # in the heads of pages, and in their lists of cells
                for _ in range(r.choice([1, 3, 10])):
                    data[r.randrange(pages) * PAGE + r.randrange(40)] = r.choice([0, 1, 2, 5, 10, 13, 127, 128, 255, r.randrange(256)])
            elif manner == 2:
                a, b = r.randrange(1, pages), r.randrange(1, pages)
                data[a * PAGE:(a + 1) * PAGE] = data[b * PAGE:(b + 1) * PAGE]
            elif manner == 3:
                del data[r.randrange(len(data)):]
            else:  # a number of four bytes: pointers to pages
                at = r.randrange(len(data) - 4)
                data[at:at + 4] = struct.pack(">I", r.choice([0, 1, 2, pages, pages + 1, 0xFFFFFFFF, r.randrange(pages)]))
            f.seek(0)
            f.truncate()
            f.write(data)
    return make


def make_inputs(where):
    def tool(name, *args, out=None):
        with open(os.path.join(where, out), "wb") if out else open(os.devnull, "wb") as f:
            subprocess.run([sys.executable, os.path.join(CLI, name), *args], cwd=where, stdout=f, check=True)

    tool("make_whole_run.py", "whole.db", "flows")
    os.mkdir(os.path.join(where, "parts"))
    tool("split_run.py", "whole.db", "2", "parts")
    os.rename(os.path.join(where, "parts/0.db"), os.path.join(where, "good.db"))
    os.rename(os.path.join(where, "parts/1.db"), os.path.join(where, "part.db"))
    os.rmdir(os.path.join(where, "parts"))
    os.unlink(os.path.join(where, "whole.db"))
    tool("make_log.py", "log", "20", out="log.json")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--only", choices=["made", "fuzzed"])
    parser.add_argument("--fuzzed", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    torture.start()
    inputs, good, rng = torture.folder(), [], random.Random(options.seed)
    make_inputs(inputs)
    if options.only in (None, "made"):
        part = torture.Part("made")
        for name, sql in MADE.items():
            tried(part, name, by_sql(sql), inputs, options.jobs)
        for name, make in PAGES.items():
            tried(part, name, make, inputs, options.jobs)
        good.append(part.end(f"{len(MADE) + len(PAGES)} files, {len(COMMANDS)} commands each"))
    if options.only in (None, "fuzzed"):
        part = torture.Part("fuzzed")
        for i in range(options.fuzzed):
            tried(part, f"file {i} of seed {options.seed}", fuzz(rng), inputs, options.jobs)
        good.append(part.end(f"{options.fuzzed} files, {len(COMMANDS)} commands each"))
    sys.exit(0 if all(good) else 1)


main()
