#!/usr/bin/env python3
"""make_run.py OUT.db [plain|flows|open|hostile|worst|attack|killed|empty|many]: a small run file made by hand, row by row, with plain SQL.

`plain` is what tests/cli/report.bats has worked out by hand. Needs nothing but Python and src/record/*.sql.
"""
import os
import random
import shutil
import sqlite3
import sys

OUTCOMES = ["ok", "http_error", "check_failed", "timeout", "dns_error", "connect_error", "tls_error", "reset",
            "protocol_error", "not_sent", "cancelled", "unsendable", "stream_cut", "stream_error", "no_tokens", "stream_idle",
            "grpc_error"]
HOSTILE = [b"`id` $(id)", b"\x1b[31mred", b"=CMD()", b"<script>alert(1)</script>", b"a|b", b"say \"x\", 'y'",
           b"two\nlines", b"bad \xff\xfe bytes", b"@SUM(1)", b"\\input{/etc/passwd}", b"\\write18{touch pwned}",
           b"$x_1^2$ 100% ~#&{} \\\\ %", b"[tl] *", b"\\end{tabular}\\end{document}", b"--,, ?` !` << >> ^^M",
           "gr\u00fc\u00df \u65e5\u672c \U0001f600 \u202e\u200b".encode(), b"long-" + b"x%" * 5000,
           b"set title \"x\"; system('id')"]
# What markup is attacked with; a long one at the end.
WORST = [b"`touch pwned`", b"=cmd|'/C calc'!A0", b"<script>alert(1)</script>", b"<img src=x onerror=alert(1)>",
         b"</style></script><svg onload=alert(1)>", b"<!-- -->]]><![CDATA[", b"&lt;b&gt;&#0;", b"\" onclick=\"alert(1)",
         b"' onclick='alert(1)", b"javascript:alert(1)", b"\\input{/etc/passwd}", b"\"; DROP TABLE request; --",
         b"two\nlines\r\n\ttab", b"nul \0 byte", b"bad \xff\xc3( \xed\xa0\x80", "\u202eevil\u2066 \u200f\u061c".encode(),
         "\u05d0\u05d1\u05d2 123 \u0627".encode(), b"\x1b[31mred\x1b]0;t\x07", "\ufffe\uffff\x9b".encode(), b"", b"n" * 10000]

# Everything that the formats of a report must survive, as names and as error texts.
ATTACK = [b"`touch pwned`", b"=cmd|'/C calc'!A0", b"+1+1", b"-2+3", b"@SUM(1)", b"<script>alert(1)</script>",
          b"\\input{/etc/passwd}", b"]]>", b'"; DROP TABLE run; --', b"two\nlines\r\nand\ttab", b"nul \x00 inside",
          b"bad \xff\xfe\xc3( bytes", "right-to-left \u202eoverride \u2066x\u2069".encode(), b"\x1b[31mred\x1b]0;t\x07",
          b"long " + b"x" * 10000, "\ufffe\uffff \u00fc \u65e5\u672c \U0001f600".encode(), b"a,b;c|d 'e' & f", b"' or 1=1"]

# endpoint, outcome, status, error, sent ms, took ms, lag ms, bytes
PLAIN = [
    (0, "ok", 200, None, 0, 100, None, 48),
    (0, "ok", 200, None, 1000, 301.75, None, 48),
    (1, "ok", 200, None, 500, 50.25, None, 48),
    (1, "ok", 200, None, 2000, 1500, None, 48),
    (1, "http_error", 503, None, 1500, 5, None, 12),
    (1, "timeout", None, "no answer within 2s", 0, 2000, None, 0),
    (1, "cancelled", None, None, 3900, 100, None, 0),
]
OPEN = [
    (0, "ok", 200, None, 10, 20, 0, 48),
    (0, "ok", 200, None, 50, 20, 40, 48),
    (1, "not_sent", None, None, 60, None, None, 0),
]


# 3000 requests that end over 60 s; nothing in it is round.
def many():
    rng = random.Random(3)
    rows = []
    for _ in range(3000):
        outcome = rng.choices(["ok", "http_error", "timeout", "not_sent", "cancelled"], [90, 4, 2, 2, 2])[0]
        sent, took = rng.randrange(57000000) / 1000, int(rng.lognormvariate(11, 1)) % 2900000 / 1000
        lag = rng.randrange(5000) / 1000
        rows.append((rng.randrange(2), outcome, {"ok": 200, "http_error": 503}.get(outcome),
                     "no answer within 3s" if outcome == "timeout" else None, sent,
                     None if outcome == "not_sent" else took, 0 if outcome == "not_sent" else lag, rng.randrange(3000)))
    # Every third with a time that the schedule called for.
    rows += [(i % 2, "unsendable", None, "the body: ${token} has no value yet", 700.5 * i, 0, 1.5 if i % 3 == 0 else None, 0)
             for i in range(1, 81)]
    return rows


def marks(db):
    here = os.path.dirname(os.path.abspath(__file__))
    db.execute("PRAGMA application_id = 0x6373776d")
    db.execute("PRAGMA user_version = 10")
    for name in "schema.sql", "reconnections.sql", "requests.sql", "server.sql", "flows.sql", "streams.sql", "scrape.sql":
        with open(os.path.join(here, "../../src/record", name), encoding="utf-8") as f:
            db.executescript(f.read())
    for i, word in enumerate(OUTCOMES):
        timed = word not in ("not_sent", "cancelled", "unsendable")
        db.execute("INSERT INTO outcome VALUES (?, ?, ?, ?, ?)",
                   (i, word, timed or word == "cancelled", timed, word not in ("ok", "not_sent", "cancelled")))


def flows(db, names, iterations, checks):
    """Tasks with steps, how often users went through them, and checks of the requests. Of (task, at ms, took ms, ok) and
    (name, request, second, passes, fails)."""
    db.executemany("INSERT INTO task VALUES (?, CAST(? AS TEXT), NULL)", enumerate(names))
    db.executemany("INSERT INTO iteration(task, user, at_us, took_us, ok) VALUES (?, 1, ?, ?, ?)",
                   [(task, int(at * 1000), int(took * 1000), ok) for task, at, took, ok in iterations])
    for i, (name, request, second, passes, fails) in enumerate(checks):
        db.execute("INSERT INTO check_name VALUES (?, ?, CAST(? AS TEXT))", (i, request, name))
        db.execute("INSERT INTO check_second(second, id, passes, fails) VALUES (?, ?, ?, ?)", (second, i, passes, fails))


# Of one task 20 times, 10, 20, ..., 200 ms; of the other twice.
ITERATIONS = [(0, 100 * i, 10 * i, i % 5 > 0) for i in range(1, 21)] + [(1, 500, 1000.5, 1), (1, 900, 2000.25, 0)]
CHECKS = [(b"status is 200", 1, 0, 3, 1), (b"fast", 0, 0, 2, 0), (b"fast", 1, 2, 0, 4)]


def fill(db, rows, endpoints, complete):
    end = (60000000 if len(rows) > 100 else 4000000, "SUSPECT", "made by hand", 1) if complete else (None, None, None, None)
    db.execute("INSERT INTO run VALUES ('small', '2026-11-24T03:00:00.000Z', ?, 2, '{}', 'http://127.0.0.1:8080', 42, "
               "'0.1.0', ?, ?, ?)", end)
    for i, (name, method) in enumerate(endpoints):
        db.execute("INSERT INTO endpoint VALUES (?, CAST(? AS TEXT), ?)", (i, name, method))
    errors = {}
    for i, (endpoint, outcome, status, error, sent, took, lag, size) in enumerate(rows, 1):
        if error is not None and error not in errors:
            errors[error] = len(errors) + 1
            db.execute("INSERT INTO error VALUES (?, CAST(? AS TEXT))", (errors[error], error))
        db.execute("INSERT INTO result(id, endpoint, status, outcome, error, new_connection, sent_again) "
                   "VALUES (?, ?, ?, ?, ?, 0, 0)",
                   (i, endpoint, status, OUTCOMES.index(outcome), errors.get(error)))
        us = [None if x is None else int(x * 1000) for x in (sent, lag, took)]
        db.execute("INSERT INTO request(id, result, user, at_us, lag_us, took_us, "
               "rest_us, dns_us, connect_us, tls_us, bytes_sent, bytes_received) "
               "VALUES (?, ?, 1, ?, ?, ?, NULL, NULL, NULL, NULL, 100, ?)", (i, i, *us, size))
    db.execute("INSERT INTO user_count VALUES (0, 1), (2, 2)")
    if len(rows) > 100:
        db.executemany("INSERT INTO event VALUES (?, ?, ?)",
                       [(0, "stage", "stage 1 of 3"), (20500000, "stage", "stage 2 of 3"),
                        (41000000, "stage", "stage 3 of 3"), (59000000, "load_end", "no new requests")])
    db.commit()


def main():
    out, kind = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "plain"
    path = out + ".making" if kind == "killed" else out
    db = sqlite3.connect(path)
    db.execute("PRAGMA synchronous = OFF")  # a test waits for this
    if kind == "killed":
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA wal_autocheckpoint = 0")
    marks(db)
    endpoints = [(b"/", "GET"), (b"/predict", "POST")]
    rows = PLAIN
    if kind == "open":
        rows = OPEN
    elif kind == "many":
        rows = many()
    elif kind == "empty":
        rows = []
    elif kind == "hostile":
        endpoints = [(name, "GET") for name in HOSTILE]
        rows = [(i, "reset", None, name, i * 100, 10 + i, None, 1) for i, name in enumerate(HOSTILE)]
    elif kind == "worst":
        endpoints = [(name, "GET") for name in WORST]
        rows = [(i, "reset", None, name, i * 100, 10 + i, None, 1) for i, name in enumerate(WORST)]
    elif kind == "attack":
        endpoints = [(name, "GET") for name in ATTACK]
        rows = [(i, "reset", None, text, i * 100, 10 + i, None, 1) for i, text in enumerate(ATTACK)]
        rows += [(i, "ok", 200, None, i * 100, 20 + i, None, 1) for i in range(len(ATTACK))]
    if kind == "flows":
        flows(db, [b"browse", b"buy"], ITERATIONS, CHECKS)
    elif kind in ("hostile", "worst", "attack"):
        texts = [name for name, _ in endpoints]
        flows(db, texts, [(i, 100 * i, 10, 1) for i in range(len(texts))], [(x, i, 0, 1, 1) for i, x in enumerate(texts)])
    fill(db, rows, endpoints, kind != "killed")
    if kind == "killed":  # as kill -9 leaves it: all that was committed is in the log beside the file
        shutil.copy(path, out)
        shutil.copy(path + "-wal", out + "-wal")
    db.close()


main()
