#!/usr/bin/env python3
"""make_run_file.py OUT.db ROWS: a run file of that many requests, made by SQL, to time reports of it.

Two endpoints, 3000 users, 5 % failures, response times of a lognormal shape from 1 ms to some seconds, a request every 100 us.
The same rows every time. Its tables are those of src/record/*.sql.
"""
import os
import sqlite3
import sys

OUTCOMES = ["ok", "http_error", "check_failed", "timeout", "dns_error", "connect_error", "tls_error", "reset",
            "protocol_error", "not_sent", "cancelled"]
STEP_US = 100

# A number from 0 to 2^31-1 of the row's number i and a salt: SQLite's random() has no seed.
RANDOM = "((({i} * 1103515245 + {salt} * 12345) & 2147483647) * 48271 % 2147483647)"
# Of the sum of four such numbers, as a share of 1: nearly normal. 2^(8 * that): 1 to 256, in ms; the few largest go to 4 s.
TOOK = """CAST(1000 * pow(2, 2 * ({a} + {b} + {c} + {d}) / 2147483647.0)
          * CASE WHEN {a} % 1000 < 2 THEN 16 ELSE 1 END AS INTEGER)"""


def main():
    out, rows = sys.argv[1], int(sys.argv[2])
    here = os.path.dirname(os.path.abspath(__file__))
    if os.path.exists(out):
        os.remove(out)
    db = sqlite3.connect(out)
    db.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA application_id = 0x6373776d;"
                     "PRAGMA user_version = 3;")
    for name in "schema.sql", "requests.sql", "server.sql":
        with open(os.path.join(here, "../src/record", name), encoding="utf-8") as f:
            db.executescript(f.read())
    for i, word in enumerate(OUTCOMES):
        timed = word not in ("not_sent", "cancelled")
        db.execute("INSERT INTO outcome VALUES (?, ?, ?, ?, ?)",
                   (i, word, word != "not_sent", timed, timed and word != "ok"))
    seconds = rows * STEP_US // 1000000 + 5
    db.execute("INSERT INTO run VALUES ('rows', '2026-11-24T03:00:00.000Z', ?, 3000, '{}', 'http://127.0.0.1:8080', 1, "
               "'0.1.0', 'VALID', '', 1)", (seconds * 1000000,))
    db.executemany("INSERT INTO endpoint VALUES (?, ?, ?)", [(0, "/", "GET"), (1, "/predict", "POST")])
    db.execute("INSERT INTO error VALUES (1, 'no answer within 4s')")
    results = [(0, 200, 0, None), (1, 200, 0, None), (1, 503, 1, None), (1, None, 3, 1)]
    db.executemany("INSERT INTO result VALUES (?, ?, ?, ?, ?, 0, 0)",
                   [(i, *result) for i, result in enumerate(results, 1)])
    salted = {x: RANDOM.format(i="i", salt=n) for n, x in enumerate("abcdef", 1)}
    took = TOOK.format(**salted)
    db.execute(f"""
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
        INSERT INTO request
        SELECT i, CASE WHEN {salted['e']} % 5 = 0 THEN 1 WHEN {salted['f']} % 20 > 0 THEN 2 ELSE 3 + {salted['a']} % 2 END,
               i % 3000, i * {STEP_US}, NULL, {took}, 20, NULL, NULL, NULL, 180, 48 FROM n""", (rows,))
    db.execute("INSERT INTO user_count VALUES (0, 3000)")
    db.commit()


main()
