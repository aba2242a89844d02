#!/usr/bin/env python3
"""make_run_file.py OUT.db ROWS: a run file of that many requests, made by SQL, to time reports of it.

Two endpoints, 3000 users, 4 % failures, response times of a lognormal shape with a tail of some seconds, a request every 100 us.
The same rows every time. Its tables are those of src/record/*.sql.
"""
import os
import sqlite3
import sys

OUTCOMES = ["ok", "http_error", "check_failed", "timeout", "dns_error", "connect_error", "tls_error", "reset",
            "protocol_error", "not_sent", "cancelled"]
STEP_US = 100

# A number from 0 to 2^31-1 of the row's number i and two primes of its own: SQLite's random() has no seed.
RANDOM = "((i * {0} + (i * i % 65521) * {1} + (i >> 7) * {0} * 31) % 2147483647)"
PRIMES = {"a": (1103515245, 48271), "b": (69621, 1664525), "c": (16807, 22695477), "d": (39373, 134775813),
          "e": (742938285, 950706), "f": (1226874159, 62089)}
# By the sum of four of them, which is nearly normal: 2 to 512 ms, with 45 ms in the middle; one in 500 takes eight times that.
TOOK = """CAST(1000 * pow(2, 1 + 2 * ({a} + {b} + {c} + {d}) / 2147483647.0)
          * CASE WHEN {f} % 500 = 7 THEN 8 ELSE 1 END AS INTEGER)"""


def main():
    out, rows = sys.argv[1], int(sys.argv[2])
    here = os.path.dirname(os.path.abspath(__file__))
    if os.path.exists(out):
        os.remove(out)
    db = sqlite3.connect(out)
    db.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA application_id = 0x6373776d;"
                     "PRAGMA user_version = 3;")
    for name in "schema.sql", "reconnections.sql", "requests.sql", "server.sql", "scrape.sql":
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
    db.executemany("INSERT INTO result(id, endpoint, status, outcome, error, new_connection, sent_again) "
                   "VALUES (?, ?, ?, ?, ?, 0, 0)",
                   [(i, *result) for i, result in enumerate(results, 1)])
    salted = {x: RANDOM.format(*primes) for x, primes in PRIMES.items()}
    took = TOOK.format(**salted)
    db.execute(f"""
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
        INSERT INTO request(id, result, user, at_us, lag_us, took_us, rest_us, dns_us, connect_us, tls_us, bytes_sent, bytes_received)
        SELECT i, CASE WHEN {salted['e']} % 5 = 0 THEN 1 WHEN {salted['f']} % 20 > 0 THEN 2 ELSE 3 + {salted['e']} % 2 END,
               i % 3000, i * {STEP_US}, NULL, {took}, 20, NULL, NULL, NULL, 180, 48 FROM n""", (rows,))
    db.execute("INSERT INTO user_count VALUES (0, 3000)")
    db.commit()


main()
