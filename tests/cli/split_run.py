#!/usr/bin/env python3
"""split_run.py RUN.db N FOLDER: splits a run file by user into the parts 0.db ... of a load that N machines ran.

Each part has the rows of the users whose number modulo N is the part, in their order, with its own numbers of requests, results and
errors (the latter in another order than in the run). What is measured per second is split so that its sum, or its worst value, is that of
the run. So the run itself is what a merge of the parts must make. Needs nothing but Python; the parts are made from copies of the run.
"""
import os
import shutil
import sqlite3
import sys

START = "2026-11-24T03:00:00.000Z"
REQUEST = "result, user, at_us, lag_us, took_us, rest_us, dns_us, connect_us, tls_us, bytes_sent, bytes_received"
RESULT = "endpoint, status, outcome, error, new_connection, sent_again, http_version, previous_end"


def copy(db, run, i, n):
    """Rows of the part's users, with new numbers."""
    errors = {old: new for new, (old,) in enumerate(run.execute("SELECT id FROM error ORDER BY text DESC, id"), 1 + i)}
    results = {old: new for new, (old,) in enumerate(run.execute("SELECT id FROM result ORDER BY id DESC"), 1 + 2 * i)}
    for old, text in run.execute("SELECT id, CAST(text AS BLOB) FROM error"):
        db.execute("INSERT INTO error VALUES (?, CAST(? AS TEXT))", (errors[old], text))
    for old, *row in run.execute(f"SELECT id, {RESULT} FROM result"):
        row[3] = errors.get(row[3])
        db.execute(f"INSERT INTO result(id, {RESULT}) VALUES (?{', ?' * len(row)})", (results[old], *row))
    ids = {}
    for old, *row in run.execute(f"SELECT id, {REQUEST} FROM request WHERE user % ? = ? ORDER BY id", (n, i)):
        row[0] = results[row[0]]
        ids[old] = db.execute(f"INSERT INTO request({REQUEST}) VALUES (?{', ?' * (len(row) - 1)})", row).lastrowid
    for table in "stream", "reconnection":
        for old, *row in run.execute(f"SELECT * FROM {table} ORDER BY request"):
            if old in ids:
                db.execute(f"INSERT INTO {table} VALUES (?{', ?' * len(row)})", (ids[old], *row))
    db.executemany("INSERT INTO iteration(task, user, at_us, took_us, ok) VALUES (?, ?, ?, ?, ?)",
                   run.execute("SELECT task, user, at_us, took_us, ok FROM iteration WHERE user % ? = ? ORDER BY id", (n, i)))


def share(total, i, n):
    """Of a count; all shares together are the count."""
    return None if total is None else total // n + (i < total % n)


def seconds(db, run, i, n):
    worst = lambda value, second: value if value is None or second % n == i else value * 0.5 if isinstance(value, float) else value // 2
    for second, users in run.execute("SELECT second, users FROM user_count ORDER BY second"):
        db.execute("INSERT INTO user_count VALUES (?, ?)", (second, share(users, i, n)))
    for second, *c in run.execute("SELECT * FROM client_second ORDER BY second"):
        row = [worst(c[0], second), c[1] / n, worst(c[2], second), worst(c[3], second), worst(c[4], second), worst(c[5], second),
               share(c[6], i, n), share(c[7], i, n), c[8], c[9]]  # the last two are of the machine, the same for all
        db.execute(f"INSERT INTO client_second VALUES (?{', ?' * len(row)})", (second, *row))
    for second, sent, late, *lags in run.execute("SELECT * FROM dispatch_second ORDER BY second"):
        db.execute("INSERT INTO dispatch_second VALUES (?, ?, ?, ?, ?, ?)",
                   (second, share(sent, i, n), share(late, i, n), *(worst(x, second) for x in lags)))
    for second, check, *counts in run.execute("SELECT second, id, passes, fails, not_judged FROM check_second"):
        db.execute("INSERT INTO check_second VALUES (?, ?, ?, ?, ?)", (second, check, *(share(x, i, n) for x in counts)))


SUMS = "dispatch_scheduled", "dispatch_waited_for_user", "dispatch_late", "dispatch_not_sent"


def manifest(db, run, i, n):
    db.execute("DELETE FROM manifest")
    all_of_it = dict(run.execute("SELECT key, value FROM manifest"))
    all_of_it.update({"shard": f"{i}/{n}", "start_at": START, "boot_id": "one", "clock_synchronized": "1", "clock_maxerror_us": "500",
                      "host": chr(97 + i), "argv": f"coldswarm run --shard {i}/{n}", "started_us": str(1795489200000000 + i)})
    for key in SUMS:
        if key in all_of_it:
            all_of_it[key] = str(share(int(all_of_it[key]), i, n))
    db.executemany("INSERT INTO manifest VALUES (?, ?)", all_of_it.items())


def split(path, n, folder):
    run = sqlite3.connect(path)
    run.text_factory = bytes
    for i in range(n):
        to = os.path.join(folder, f"{i}.db")
        shutil.copy(path, to)
        db = sqlite3.connect(to)
        db.execute("PRAGMA synchronous = OFF")
        for table in "request", "stream", "reconnection", "iteration", "result", "error", "user_count", "client_second", "dispatch_second", "check_second":
            db.execute("DELETE FROM " + table)
        run.text_factory = str
        manifest(db, run, i, n)
        copy(db, run, i, n)
        seconds(db, run, i, n)
        db.execute("DELETE FROM failed_body WHERE user % ? <> ?", (n, i))
        if i > 0:  # one of them reads the target's metrics
            db.execute("DELETE FROM scrape_point")
            db.execute("DELETE FROM scrape_series")
        db.execute("UPDATE run SET users_max = ?", (share(db.execute("SELECT users_max FROM run").fetchone()[0], i, n),))
        db.commit()
        db.execute("VACUUM")
        db.close()


split(sys.argv[1], int(sys.argv[2]), sys.argv[3])
