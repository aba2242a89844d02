#!/usr/bin/env python3
"""hostile_files.py [--only PART] [--fuzzed N] [--seed N] [--jobs N]: someone else's run files, given to every command that reads them.

Parts: `made`: files with triggers, views and generated columns that do not end, tables that are something else, wrong types, ids out of
order and out of range, texts of 200 MB, and b-trees whose pages are used again and again; `fuzzed`: N files with random bytes changed, pages
exchanged, or the end missing; `inputs`: all other files that commands read (logs, metrics, results of other tools, scenarios, sources to
convert, searches), each without an end, in one line, nested without an end, and others.

Good is: the file is read, or refused with a message; nothing in it is executed, nothing hangs, no process takes more than a gigabyte, and
no control character of the file reaches a terminal.
"""
import argparse
import os
import random
import re
import resource
import shutil
import signal
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
    ["report", "x.db", "-f", "html"],
    ["report", "x.db", "good.db"],
    ["report", "x.db", "--csv", "locust"],
    ["gate", "x.db", "-e", "http_req_duration p(95)<9000", "--junit", "gate.xml", "--baseline", "good.db", "--max-regression", "p(95) 5%"],
    ["run", "--replay", "x.db", "-H", "http://127.0.0.1:1", "-t", "100ms", "-o", "again.db"],
    ["import", "new.db", "--from", "oha-sqlite", "x.db"],
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
    "a trigger that calls itself": "PRAGMA recursive_triggers = ON; CREATE TRIGGER t AFTER INSERT ON server_request BEGIN"
                                   " INSERT INTO server_request(key, at_us) VALUES (new.key + 1, 1); UPDATE run SET name = 'PWNED'; END",
    "a default that computes": "ALTER TABLE server_name RENAME TO was_name; CREATE TABLE server_name(id INTEGER PRIMARY KEY, text TEXT NOT NULL"
                               " UNIQUE, more TEXT DEFAULT (instr(hex(zeroblob(30000000)), hex(zeroblob(15000000)) || '1')))",
    "an index that computes": "CREATE INDEX i ON server_request(instr(hex(zeroblob(30000000)), hex(zeroblob(15000000)) || key))",
    "a check that takes hours": "ALTER TABLE server_name RENAME TO was_name; CREATE TABLE server_name(id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE"
                                " CHECK (instr(hex(zeroblob(30000000)), hex(zeroblob(15000000)) || text) = 0))",
    "a view that takes hours": view("iterations", "SELECT id, 0 AS user, 'x' AS name, 0 AS start_us, instr(hex(zeroblob(30000000)),"
                                                  " hex(zeroblob(15000000)) || id) AS end_us, 1 AS duration_us, 1 AS ok FROM request"),
    "a view of large texts": "INSERT INTO event VALUES (0, 'stage', hex(zeroblob(30000000)));"
                             + view("checks", "SELECT 1 AS second, 'x' AS request, a.text || b.text AS name, 1 AS passes, 1 AS fails, 0 AS not_judged"
                                              " FROM event AS a, event AS b, request AS c, request AS d"),
    "views of views": "".join(f"CREATE VIEW v{i} AS SELECT * FROM {'v' + str(i - 1) if i else 'request'} UNION ALL SELECT * FROM"
                              f" {'v' + str(i - 1) if i else 'request'};" for i in range(40))
                      + view("iterations", "SELECT id, 0 AS user, 'x' AS name, 0 AS start_us, at_us AS end_us, 1 AS duration_us, 1 AS ok FROM v39"),
    "no rowid": "CREATE TABLE r2(id INTEGER PRIMARY KEY, result, user, at_us, lag_us, took_us, rest_us, dns_us, connect_us, tls_us, bytes_sent,"
                " bytes_received) WITHOUT ROWID; INSERT INTO r2 SELECT * FROM request; DROP TABLE request; ALTER TABLE r2 RENAME TO request",
    "ids twice": "CREATE TABLE r2 AS SELECT * FROM request; DROP TABLE request; ALTER TABLE r2 RENAME TO request; INSERT INTO request SELECT * FROM"
                 " request; CREATE TABLE r3 AS SELECT * FROM result; DROP TABLE result; ALTER TABLE r3 RENAME TO result; INSERT INTO result SELECT *"
                 " FROM result; CREATE TABLE i2 AS SELECT * FROM iteration; DROP TABLE iteration; ALTER TABLE i2 RENAME TO iteration; INSERT INTO"
                 " iteration SELECT * FROM iteration",
    "ids backwards": "CREATE TABLE r2 AS SELECT * FROM request ORDER BY id DESC; DROP TABLE request; ALTER TABLE r2 RENAME TO request",
    "not a number": "UPDATE client_second SET cpu_max = 9e999, cpu_sum = -9e999; INSERT INTO scrape_series VALUES (900, 'm', 'l', 'gauge'), (901, 'n',"
                    " 'l', 'cumulative'); INSERT INTO scrape_point VALUES (900, 0, 9e999), (900, 1000000, -9e999), (900, 2000000, 9e999),"
                    " (901, 0, 'x'), (901, 1000000, x'00'), (901, 9223372036854775807, 9e999)",
    "negative times": "UPDATE request SET at_us = -at_us; UPDATE run SET duration_us = -duration_us; UPDATE event SET at_us = -9223372036854775808;"
                      "UPDATE user_count SET second = -second; UPDATE check_second SET passes = -passes; UPDATE iteration SET took_us = -took_us",
    "numbers of other things": "UPDATE iteration SET task = 9223372036854775807, at_us = 9223372036854775807, took_us = 9223372036854775807;"
                               "UPDATE check_second SET id = id + 4294967296, passes = 9223372036854775807; UPDATE failed_body SET endpoint = -1,"
                               " bytes = -1, status = 99999999999",
    "controls in all texts": "".join(f"UPDATE {table} SET {column} = {{evil}};" for table, column in (
        ("run", "name"), ("run", "target"), ("run", "verdict"), ("run", "verdict_reason"), ("run", "version"), ("endpoint", "name"),
        ("endpoint", "method"), ("error", "text"), ("task", "name"), ("check_name", "name"), ("event", "text"), ("failed_body", "body"),
        ("failed_body", "error"), ("failed_body", "seen"), ("manifest", "value"))),
    "many columns": "CREATE TABLE r2(" + ", ".join(f"c{i}" for i in range(1990)) + ")",
    "many tables": "BEGIN;" + "".join(f"CREATE TABLE t{i}(a);" for i in range(5000)) + "COMMIT",
    "large names": "UPDATE endpoint SET name = hex(zeroblob(600000)) || id; UPDATE error SET text = hex(zeroblob(600000)) || id;"
                   "UPDATE task SET name = hex(zeroblob(600000)) || id; UPDATE check_name SET name = hex(zeroblob(600000)) || id;"
                   "UPDATE run SET target = hex(zeroblob(600000)), verdict_reason = hex(zeroblob(600000))",
    "one name for many": "DELETE FROM server_side; DELETE FROM server_name; DELETE FROM server_instance; INSERT INTO server_side VALUES (1, 's', 0, 0, 0, 0, 0, 'joined', 1, 0, 0, 0, 1); INSERT INTO server_name VALUES"
                         " (0, hex(zeroblob(15000000)));" + f"INSERT INTO server_instance {ENDLESS} SELECT n, 0, 0, 'x', 0, 0, 'x', 'y', 1 FROM n"
                         " LIMIT 5000;" + f"INSERT INTO server_name {ENDLESS} SELECT n, n FROM n LIMIT 5000",
    "another program's file": "PRAGMA application_id = 252006674",
    "a version of no program": "PRAGMA user_version = -1",
    "a scenario that is code": "UPDATE run SET name = '`touch PWNED`', target = '$(touch PWNED)', scenario = '\"; .shell touch PWNED'",
}


# Texts that a terminal, a page, a spreadsheet, LaTeX, XML or gnuplot would take for more than a text.
EVIL = b"\x1b]0;PWNED\x07\x1b[31m\x00\r\n\t\x7f\xc2\x9b\xff\xfe\xed\xa0\x80<script>alert(1)</script>]]>&\"'=cmd|' /C touch PWNED'!A1`touch PWNED`$(touch PWNED)" \
       b"\\input{/etc/passwd}\\write18{touch PWNED}%n%s\xe2\x80\xae"
MADE["controls in all texts"] = MADE["controls in all texts"].format(evil="CAST(x'" + EVIL.hex() + "' AS TEXT)")


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


# ---- what is no run file, or has something beside it ----

def write(path, data):
    with open(path, "wb") as f:
        f.write(data)


def instead(data):
    return lambda path: write(path, data)


def another_node(make):
    def change(path):
        os.unlink(path)
        make(path)
    return change


def changed(at, data):
    def change(path):
        with open(path, "r+b") as f:
            f.seek(at)
            f.write(data)
    return change


def beside(ending, data):
    return lambda path: write(path + ending, data)


def in_utf_16(path):
    old = sqlite3.connect(path)
    lines = [line for line in old.iterdump() if "sqlite_sequence" not in line]
    marks = [(name, old.execute(f"PRAGMA {name}").fetchone()[0]) for name in ("application_id", "user_version")]
    old.close()
    os.unlink(path)
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA encoding = 'UTF-16le'")
    db.executescript("".join(f"PRAGMA {name} = {value};" for name, value in marks) + "\n".join(lines))
    db.close()


WAL = struct.pack(">IIIIIIII", 0x377f0682, 3007000, PAGE, 0, 1, 2, 3, 4)
NODES = {
    "zeros without end": another_node(lambda p: os.symlink("/dev/zero", p)),
    "a folder": another_node(os.mkdir),
    "a pipe": another_node(os.mkfifo),
    "a link to itself": another_node(lambda p: os.symlink("x.db", p)),
    "no bytes": instead(b""),
    "one byte": instead(b"S"),
    "a header alone": instead(b"SQLite format 3\0" + bytes(84)),
    "an encrypted file": instead(random.Random(7).randbytes(40 * PAGE)),
    "zeros": instead(bytes(40 * PAGE)),
    "pages of 512 bytes": changed(16, b"\x02\x00"),
    "pages of 64 KiB": changed(16, b"\x00\x01"),
    "pages of 3 bytes": changed(16, b"\x00\x03"),
    "more reserved than there is": changed(20, b"\xff"),
    "a format of tomorrow": changed(18, b"\x09\x09"),
    "a list of free pages that is a circle": changed(32, struct.pack(">II", 2, 1000)),
    "a root page beyond": changed(52, struct.pack(">I", 7)),
    "UTF-16": in_utf_16,
    "a log of something else": beside("-wal", random.Random(8).randbytes(100000)),
    "a log with a header": beside("-wal", WAL + random.Random(9).randbytes(20 * (PAGE + 24))),
    "a log of zeros": beside("-wal", bytes(100000)),
    "an index of a log": beside("-shm", random.Random(10).randbytes(32768)),
    "a journal": beside("-journal", bytes.fromhex("d9d505f920a163d7") + random.Random(11).randbytes(50000)),
}


def limit():
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 30, 1 << 30))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS_MAX, 2 * SECONDS_MAX))


def peak_of(pid):
    """Its peak of resident memory so far, in bytes. That of wait4() begins with what this process had when it forked."""
    try:
        with open(f"/proc/{pid}/status", encoding="ascii") as f:
            return int(re.search(r"^VmHWM:\s*(\d+) kB", f.read(), re.M)[1]) * 1024
    except (OSError, TypeError):
        return 0


def execute(argv, where):
    """(result, its peak of resident memory in bytes)"""
    wrote, until, code, peak = os.path.join(where, "stderr"), time.monotonic() + 10 * SECONDS_MAX, None, 0
    with open(wrote, "wb") as err, open(os.path.join(where, "stdout"), "wb") as out:
        process = subprocess.Popen([torture.COLDSWARM, *argv], cwd=where, env=torture.environment(None, None), stdin=subprocess.DEVNULL,
                                   stdout=out, stderr=err, start_new_session=True, preexec_fn=limit)
        while process.poll() is None:
            peak = max(peak, peak_of(process.pid))
            if time.monotonic() > until and code is None:
                code = "late"
                process.kill()
            time.sleep(0.005)
    with open(wrote, encoding="utf-8", errors="replace") as f:
        text = f.read()
    return torture.Result(None if code else process.returncode, "", text, (0, 0, 0, 0)), peak


CONTROLS = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\xc2[\x80-\x9f]")


def fault_of(r, peak, where, argv):
    if r.code is None:
        return f"takes more than {10 * SECONDS_MAX} s"
    if r.code == -signal.SIGXCPU:
        return f"takes more than {SECONDS_MAX} s of CPU"
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
    for name in ("stdout", "stderr"):
        with open(os.path.join(where, name), "rb") as f:
            found = CONTROLS.search(f.read(1 << 24))
        if found:
            return f"writes the control character {found[0]!r} to its {name}"
    if argv[0] == "import" and argv[1] == "x.db":
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
        subprocess.run(["cp", "-a", made + "/.", where], check=True)  # links, pipes and folders, too
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


# ---- other files ----

READERS = [["import", "good.db", "--logs", "x"], ["import", "good.db", "--metrics", "x"],
           *(["import", "new.db", "--from", word, "x"] for word in ("jtl", "k6-csv", "k6-json", "locust-csv-requests", "vegeta-csv", "vegeta-json", "oha-sqlite")),
           *(["convert", "x", "-f", word, "-H", "http://127.0.0.1:1", "-o", "made.json"] for word in ("har", "curl", "openapi", "postman", "urls", "access-log", "grpcurl", "proto")),
           ["validate", "x"], ["run", "x", "-o", "new.db"], ["validate", "feeder.json"], ["validate", "trace.json"], ["gate", "search", "--min-capacity", "1"],
           ["report", "search"], ["compare", "search", "--with", "search"]]


def without_end(path):
    os.symlink("/dev/zero", path)


def line_of(piece, size):
    return lambda path: write(path, piece * (size // len(piece)))


TEXTS = {
    "zeros without end": without_end, "a folder": os.mkdir, "no bytes": line_of(b"x", 0), "a line of 700 MB": line_of(b"a" * 1000, 700_000_000),
    "100 MB of lines": line_of(b"a,b,c\n" * 1000, 100_000_000), "nested without end": line_of(b"[" * 1000, 50_000_000),
    "objects without end": line_of(b'{"a":' * 1000, 50_000_000), "spaces": line_of(b" " * 1000, 300_000_000), "quotes": line_of(b'"' * 1000, 100_000_000),
    "random bytes": instead(random.Random(12).randbytes(1_000_000)), "UTF-16": instead('{"a": 1}'.encode("utf-16") * 1000),
    "a document of numbers": lambda path: write(path, b"[" + b"[1e999,-1e999,99999999999999999999999999,1e-999]," * 1_000_000 + b"0]"),
    "not a number": instead(b'{"value": NaN, "b": Infinity}'), "evil": instead(EVIL * 100),
}


def other_inputs(inputs, jobs):
    part = torture.Part("inputs")

    def one(argv, made):
        where = torture.folder()
        shutil.copytree(inputs, where, dirs_exist_ok=True)
        os.mkdir(os.path.join(where, "search"))
        os.symlink(made, os.path.join(where, "x"))
        os.symlink("../x", os.path.join(where, "search/capacity.json"))
        write(os.path.join(where, "feeder.json"), b'{"target": "http://127.0.0.1:1", "feeders": {"f": {"csv": "x"}}, "tasks": [{"path": "/${f.a}"}]}')
        write(os.path.join(where, "trace.json"), b'{"target": "http://127.0.0.1:1", "load": {"trace": "x"}, "tasks": [{"path": "/"}]}')
        r, peak = execute(argv, where)
        fault = fault_of(r, peak, where, argv)
        shutil.rmtree(where)
        return argv, r, fault

    for name, make in TEXTS.items():
        made = os.path.join(torture.folder(), "x")
        make(made)
        # What is read line by line has no largest size: one without an end, as of a pipe, is read until its writer or the user ends it.
        readers = [argv for argv in READERS if make is not without_end or not {"--logs", "--metrics", "urls", "access-log"} & set(argv)]
        for argv, r, fault in torture.each(lambda argv, made=made: one(argv, made), readers, jobs):
            part.note("read" if r.code in (0, 1, 4, 99) else "refused")
            part.add(fault and f"{name}: {' '.join(argv)}: {fault}", fault and f"{' '.join(argv)}: {fault}", r.err[-1500:] if fault else "")
        shutil.rmtree(os.path.dirname(made))
    return part.end(f"{len(TEXTS)} files, up to {len(READERS)} commands each")


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
    parser.add_argument("--only", choices=["made", "fuzzed", "inputs"])
    parser.add_argument("--file", help="only the made files with this in their names")
    parser.add_argument("--fuzzed", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    torture.start()
    inputs, good, rng = torture.folder(), [], random.Random(options.seed)
    make_inputs(inputs)
    if options.only in (None, "made"):
        part = torture.Part("made")
        files = {**{name: by_sql(sql) for name, sql in MADE.items()}, **PAGES, **NODES}
        files = {name: make for name, make in files.items() if options.file is None or options.file in name}
        for name, make in files.items():
            tried(part, name, make, inputs, options.jobs)
        good.append(part.end(f"{len(files)} files, {len(COMMANDS)} commands each"))
    if options.only in (None, "inputs"):
        good.append(other_inputs(inputs, options.jobs))
    if options.only in (None, "fuzzed"):
        part = torture.Part("fuzzed")
        for i in range(options.fuzzed):
            tried(part, f"file {i} of seed {options.seed}", fuzz(rng), inputs, options.jobs)
        good.append(part.end(f"{options.fuzzed} files, {len(COMMANDS)} commands each"))
    sys.exit(0 if all(good) else 1)


main()
