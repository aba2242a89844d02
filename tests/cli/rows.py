"""rows: run files made row by row with plain SQL, for tests that know each request.

    with rows.File("run.db", duration_us=..., endpoints=[("/", "GET")], users=[(0, 10)]) as f:
        f.add(user=0, sent_us=0, took_us=1000)

Needs nothing but Python and src/record/*.sql.
"""
import os
import sqlite3

HERE = os.path.dirname(os.path.abspath(__file__))
OUTCOMES = {"ok": (0, 1, 1, 0), "http_error": (1, 1, 1, 1), "check_failed": (2, 1, 1, 1), "timeout": (3, 1, 1, 1),
            "dns_error": (4, 1, 1, 1), "connect_error": (5, 1, 1, 1), "tls_error": (6, 1, 1, 1), "reset": (7, 1, 1, 1),
            "protocol_error": (8, 1, 1, 1), "not_sent": (9, 0, 0, 0), "cancelled": (10, 1, 0, 0)}


class File:
    def __init__(self, path, duration_us, endpoints=((b"/", "GET"),), users=((0, 1),), users_max=None, manifest=(),
                 target="http://127.0.0.1:8080", scenario="{}"):
        self.db = db = sqlite3.connect(path)
        db.execute("PRAGMA synchronous = OFF")  # a test waits for this
        self.results, self.n = {}, 0
        db.execute("PRAGMA application_id = 0x6373776d")
        for name in "schema.sql", "reconnections.sql", "requests.sql", "server.sql", "flows.sql", "streams.sql", "scrape.sql":
            with open(os.path.join(HERE, "../../src/record", name), encoding="utf-8") as f:
                db.executescript(f.read())
        db.execute("PRAGMA user_version = 10")
        db.executemany("INSERT INTO outcome(id, word, sent, timed, failure) VALUES (?, ?, ?, ?, ?)",
                       [(i, word, sent, timed, failure) for word, (i, sent, timed, failure) in OUTCOMES.items()])
        db.execute("INSERT INTO run VALUES ('made', '2026-11-24T03:00:00.000Z', ?, ?, ?, ?, 42, '0.1.0', 'VALID', '', 0)",
                   (duration_us, users_max or max(n for _, n in users), scenario, target))
        db.executemany("INSERT INTO endpoint(id, name, method) VALUES (?, CAST(? AS TEXT), ?)",
                       [(i, name, method) for i, (name, method) in enumerate(endpoints)])
        db.executemany("INSERT INTO user_count(second, users) VALUES (?, ?)", users)
        db.execute("INSERT INTO client_second(second, cpu_max, cpu_sum, cpu_writer, queued_max, lost) VALUES (0, 0.1, 0.1, 0, 1, 0)")
        db.executemany("INSERT INTO manifest(key, value) VALUES (?, ?)", manifest)

    def add(self, sent_us, took_us, user=0, endpoint=0, outcome="ok", status=200, new=0, lag_us=None, connect_us=None,
            tls_us=None, ttfb_us=None, size=48):
        kind = (endpoint, status, OUTCOMES[outcome][0], new)
        if kind not in self.results:
            self.results[kind] = len(self.results)
            self.db.execute("INSERT INTO result(id, endpoint, status, outcome, error, new_connection, sent_again) "
                            "VALUES (?, ?, ?, ?, NULL, ?, 0)", (self.results[kind], *kind))
        self.n += 1
        rest_us = None if ttfb_us is None else took_us - ttfb_us
        self.db.execute("INSERT INTO request(id, result, user, at_us, lag_us, took_us, rest_us, connect_us, tls_us, bytes_sent, "
                        "bytes_received) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 100, ?)",
                        (self.n, self.results[kind], user, sent_us, lag_us, took_us, rest_us, connect_us, tls_us, size))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.db.commit()
        self.db.close()
