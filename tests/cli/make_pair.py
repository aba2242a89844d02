#!/usr/bin/env python3
"""make_pair.py OUT.db [KEY=VALUE...]: a run file of simulated requests, 100 a second, for compare and gate.

requests=4000, factor=1 (of the times of /predict), seed=1, users=2, full=2 (second in which all users are on), verdict=VALID,
scenario={}, spread=0.4, failing=0.01, manifest=KEY:VALUE,..., name=/predict (as Python escapes it).
"""
import math
import os
import random
import sqlite3
import sys

here = os.path.dirname(os.path.abspath(__file__))
with open(os.path.join(here, "make_run.py"), encoding="utf-8") as f:
    made = {"__file__": os.path.join(here, "make_run.py"), "__name__": "make_run"}
    exec(compile(f.read().rsplit("\nmain()", 1)[0], "make_run.py", "exec"), made)

given = dict(a.split("=", 1) for a in sys.argv[2:])


def get(key, default):
    return type(default)(given.get(key, default))


n, factor, rnd = get("requests", 4000), get("factor", 1.0), random.Random(get("seed", 1))
db = sqlite3.connect(sys.argv[1])
db.execute("PRAGMA synchronous = OFF")  # a test waits for this
made["marks"](db)
verdict = get("verdict", "VALID")
db.execute("INSERT INTO run VALUES ('pair', '2026-11-24T03:00:00.000Z', ?, ?, ?, 'http://127.0.0.1:1', 1, '0.1.0', ?, ?, 0)",
           (n * 10000, get("users", 2), get("scenario", "{}"), verdict or None, "made by hand"))
name = get("name", "/predict").encode().decode("unicode_escape").encode("latin-1")
for i, endpoint in enumerate((b"/", name)):
    db.execute("INSERT INTO endpoint VALUES (?, CAST(? AS TEXT), ?)", (i, endpoint, "GET"))
    db.execute("INSERT INTO result(id, endpoint, status, outcome, error, new_connection, sent_again) "
                   "VALUES (?, ?, 200, 0, NULL, 0, 0)", (2 * i + 1, i))
    db.execute("INSERT INTO result(id, endpoint, status, outcome, error, new_connection, sent_again) "
                   "VALUES (?, ?, 503, 1, NULL, 0, 0)", (2 * i + 2, i))
for i in range(n):
    e = int(rnd.random() < 0.7)
    took = int(20000 * (factor if e else 1) * math.exp(get("spread", 0.4) * rnd.gauss(0, 1)))
    result = 2 * e + 1 + int(rnd.random() < get("failing", 0.01))
    db.execute("INSERT INTO request(id, result, user, at_us, lag_us, took_us, "
               "rest_us, dns_us, connect_us, tls_us, bytes_sent, bytes_received) "
               "VALUES (?, ?, 1, ?, NULL, ?, NULL, NULL, NULL, NULL, 100, 48)",
               (i + 1, result, i * 10000, took))
for pair in filter(None, get("manifest", "").split(",")):
    db.execute("INSERT INTO manifest VALUES (?, ?)", pair.split(":", 1))
db.execute("INSERT INTO user_count VALUES (0, 1), (?, ?)", (get("full", 2), get("users", 2)))
db.commit()
