#!/usr/bin/env python3
"""make_connections_run.py OUT.db [small|apache|idle|alike|http2|rate|shared]: a run file whose rows are about connections, for connections.bats, which has the
numbers of `small` worked out by hand. Each row: user, new connection, end of the one before, how long that was idle (ms), outcome, status,
HTTP version, first try (ms; None: sent once).
"""
import os
import sqlite3
import subprocess
import sys

OUTCOMES = ["ok", "http_error", "check_failed", "timeout", "dns_error", "connect_error", "tls_error", "reset", "protocol_error", "not_sent",
            "cancelled"]
SMALL = [
    (0, 1, None, None, "ok", 200, "1.1", None),         # user 0: three requests on its first connection,
    (1, 1, None, None, "ok", 200, "1.1", None),         # user 1: one, of HTTP/1.0,
    (0, 0, None, None, "ok", 200, "1.1", None),
    (0, 0, None, None, "ok", 200, "1.1", None),
    (1, 1, "announced", None, "ok", 200, "1.0", None),
    (0, 1, "idle", 5000, "ok", 200, "1.1", None),       # which the server ended after 5 s idle; two on its next,
    (0, 0, None, None, "reset", None, None, None),      # of which the second was lost
    (0, 1, "lost", 1, "ok", 200, "1.1", None),          # 1 ms after an answer
    (0, 1, "lost", 7250, "ok", 200, "1.1", 4),          # lost after 7.25 s idle, sent again after 4 ms
    (1, 1, "idle", 2, "ok", 200, "2", 8),               # ended 2 ms after an answer, sent again after 8 ms
    (2, 0, None, None, "connect_error", None, None, None),
    (2, 1, None, None, "cancelled", None, None, None),  # opened, and then given up
    (1, 1, "expired", 4600, "ok", 200, "1.1", None),
    (1, 1, "client", None, "timeout", None, None, None),
    (1, 1, "goaway", None, "ok", 200, "1.1", None),
    (1, 1, "cut", None, "ok", 200, "1.1", None),
    (1, 1, "reset", 30, "http_error", 500, "1.1", None),
]


def rows(kind):
    if kind == "small":
        return SMALL
    if kind == "apache":  # 7 connections of 101 requests, and one of 60
        return [(0, i % 101 == 0, "announced" if i % 101 == 0 and i > 0 else None, None, "ok", 200, "1.1", None) for i in range(767)]
    if kind == "idle":  # 31 of 100 were lost, 6 connections ended after 5.0 to 5.5 s
        out = [(0, 1, None, None, "ok", 200, "1.1", None)]
        for i in range(31):
            out += [(0, 0, None, None, "reset", None, None, None), (0, 1, "lost", 1, "ok", 200, "1.1", None)]
        out += [(0, 1, "idle", 5000 + 100 * i, "ok", 200, "1.1", None) for i in range(6)]
        return out + [(0, 0, None, None, "ok", 200, "1.1", None)] * (100 - len(out))
    if kind == "rate":  # by a rate, over one connection
        return [(0, i == 0, None, None, "ok", 200, "1.1", None) for i in range(120)]
    if kind == "shared":  # 3 connections, 8 requests on them, one of them sent twice
        return [(0, 1, None, None, "ok", 200, "2", None), (1, 0, None, None, "ok", 200, "2", None), (2, 1, None, None, "ok", 200, "2", None),
                (3, 0, None, None, "ok", 200, "2", None), (0, 0, None, None, "ok", 200, "2", None), (1, 0, None, None, "reset", None, None, None),
                (1, 1, "goaway", None, "ok", 200, "2", 5), (2, 0, None, None, "timeout", None, None, None),
                (3, 0, None, None, "cancelled", None, None, None)]
    if kind == "alike":
        good, lost = (0, 0, None, None, "ok", 200, "1.1", None), (0, 0, None, None, "reset", None, None, None)
        out = [(0, 1, None, None, "ok", 200, "1.1", None), good, good]
        for end, first in [("idle", None)] * 3 + [("lost", None)] * 2 + [("lost", 4)]:
            out += [lost] if end == "lost" and first is None else []
            out += [(0, 1, end, 1, "ok", 200, "1.1", first), good, good]
        return out + [(0, 1, "idle", 2000 + i, "ok", 200, "1.1", None) for i in range(6)]
    return [(0, i == 0, None, None, "ok", 200, "1.1" if i % 4 else "2", None) for i in range(8)]


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    kind = sys.argv[2] if len(sys.argv) > 2 else "small"
    subprocess.check_call(["python3", os.path.join(here, "make_run.py"), sys.argv[1], "empty"])
    db = sqlite3.connect(sys.argv[1])
    db.execute("INSERT INTO manifest VALUES ('http_version_asked', ?)", ("2" if kind == "http2" else "1.1",))
    for i, (user, new, end, idle, outcome, status, version, first) in enumerate(rows(kind), 1):
        db.execute("INSERT INTO result(id, endpoint, status, outcome, error, new_connection, sent_again, http_version, previous_end) "
                   "VALUES (?, 0, ?, ?, NULL, ?, ?, ?, ?)",
                   (i, status, OUTCOMES.index(outcome), bool(new), first is not None, version, end))
        db.execute("INSERT INTO request(id, result, user, at_us, took_us, bytes_sent, bytes_received) VALUES (?, ?, ?, ?, 20000, 0, 0)",
                   (i, i, user, i * 1000))
        if first is not None or idle is not None:
            db.execute("INSERT INTO reconnection(request, resent_us, previous_idle_us) VALUES (?, ?, ?)",
                       (i, None if first is None else first * 1000, None if idle is None else idle * 1000))
    if kind == "rate":
        db.execute("UPDATE request SET lag_us = 50")
        db.execute("UPDATE run SET users_max = 1000")
    db.commit()
    db.close()


main()
