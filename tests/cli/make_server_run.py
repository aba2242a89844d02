#!/usr/bin/env python3
"""make_server_run.py OUT.db [options]: a run file with the server's side in it, made by plain SQL.

Requests of a client, and what a platform that starts instances on demand would have logged of them; every number is
random, but the same every time. Needs nothing but Python and src/record/*.sql.
"""
import argparse
import os
import random
import sqlite3

OUTCOMES = ["ok", "http_error", "check_failed", "timeout", "dns_error", "connect_error", "tls_error", "reset",
            "protocol_error", "not_sent", "cancelled"]
START = 1764000000_000000  # the run's 0, microseconds since 1970
OFFSET = 1500              # the server's clock is that much ahead
HOSTILE = ["`id` $(id)", "\x1b[31mred", "=CMD()", "<script>alert(1)</script>", "a|b", 'say "x"', "two\nlines", "@SUM(1)"]


def options():
    p = argparse.ArgumentParser()
    p.add_argument("out")
    p.add_argument("--seconds", type=int, default=97)
    p.add_argument("--instances", type=int, default=4)
    p.add_argument("--rate", type=float, default=10)
    p.add_argument("--start-ms", type=float, default=6000, help="of a start-up")
    p.add_argument("--step", type=int, default=1, help="seconds between points of the metrics")
    p.add_argument("--no-metrics", action="store_true")
    p.add_argument("--no-logs", action="store_true")
    p.add_argument("--no-server", action="store_true")
    p.add_argument("--hostile", action="store_true")
    p.add_argument("--unseen", action="store_true", help="every other instance started before the log did")
    p.add_argument("--newest-first", action="store_true", help="the order of gcloud logging read")
    p.add_argument("--faults", action="store_true", help="entries that are missing, twice, or say something else")
    p.add_argument("--slow-tail", action="store_true", help="one part, with a heavy tail, and no cold start")
    return p.parse_args()


def schema(db):
    here = os.path.dirname(os.path.abspath(__file__))
    db.execute("PRAGMA application_id = 0x6373776d")
    db.execute("PRAGMA user_version = 10")
    for name in "schema.sql", "reconnections.sql", "requests.sql", "server.sql", "flows.sql", "streams.sql", "scrape.sql":
        with open(os.path.join(here, "../../src/record", name), encoding="utf-8") as f:
            db.executescript(f.read())
    for i, word in enumerate(OUTCOMES):
        timed = word not in ("not_sent", "cancelled")
        db.execute("INSERT INTO outcome VALUES (?, ?, ?, ?, ?)",
                   (i, word, word != "not_sent", timed, timed and word != "ok"))


class Platform:
    """Instances that start when a request finds none idle, up to a number."""

    def __init__(self, o, rng):
        self.o, self.rng = o, rng
        self.instances = []  # [name id, started, ready, times of the ends of what is in it]

    def serve(self, at):
        """(instance, when the container begins) for a request that arrives at `at`, in microseconds."""
        for x in self.instances:
            x[3] = [t for t in x[3] if t > at]
        ready = [x for x in self.instances if not x[3] and x[2] <= at]
        if not ready and len(self.instances) < self.o.instances:
            started = at + self.rng.randint(1000, 5000)
            took = int(self.o.start_ms * 1000 * self.rng.uniform(0.9, 1.2))
            self.instances.append([len(self.instances) + 1, started, started + took, []])
            return self.instances[-1]
        if not self.instances:
            return None
        return min(self.instances, key=lambda x: (max(x[2], at), len(x[3])))


def requests(o, db, rng):
    """Fills request and server_request; returns the platform."""
    platform = Platform(o, rng)
    for i, (endpoint, status, outcome, new) in enumerate(
            [(0, 200, "ok", 0), (1, 200, "ok", 0), (0, 200, "ok", 1), (1, 200, "ok", 1), (1, 500, "http_error", 0),
             (1, 429, "http_error", 0), (1, None, "timeout", 0), (1, None, "connect_error", 1)]):
        db.execute("INSERT INTO result(id, endpoint, status, outcome, error, new_connection, sent_again) "
                   "VALUES (?, ?, ?, ?, ?, ?, 0)",
                   (i, endpoint, status, OUTCOMES.index(outcome), 1 if status is None else None, new))
    rows, server = [], []
    at, n = 0.0, 0
    while True:
        at += rng.expovariate(o.rate) * 1e6
        if at >= o.seconds * 1e6:
            break
        n += 1
        sent = int(at)
        endpoint = 0 if rng.random() < 0.2 else 1
        network = rng.randint(8000, 20000)
        fate = rng.random()
        arrived = sent + network // 2
        if fate < 0.003:  # it never came there
            rows.append((n, 7, n % 10, sent, 2000, None, 0))
            continue
        x = None if fate < 0.006 else platform.serve(arrived)
        if x is None:
            server.append((n, arrived, 300, 429, None, n))
            rows.append((n, 5, n % 10, sent, network + 300, 100, 20))
            continue
        work = int(1000 * rng.lognormvariate(4.5 if endpoint == 0 else 6, 0.9 if o.slow_tail else 0.25))
        begin = max(arrived, x[2])
        latency = begin + work - arrived
        x[3].append(begin + work)
        failed = fate > 0.995
        server.append((n, arrived, latency, 500 if failed else 200, x[0], n))
        result = 4 if failed else endpoint + (2 if n <= 10 else 0)
        if latency > 60_000_000:
            rows.append((n, 6, n % 10, sent, 60_000_000, None, 0))
        else:
            rows.append((n, result, n % 10, sent, latency + network, 500, 48))
    db.executemany("INSERT INTO request(id, result, user, at_us, lag_us, took_us, "
               "rest_us, dns_us, connect_us, tls_us, bytes_sent, bytes_received) "
               "VALUES (?, ?, ?, ?, NULL, ?, ?, NULL, NULL, NULL, 100, ?)", rows)
    if o.faults:
        server = [x for x in server if x[0] % 50 != 0]
        server = [(n, a, l, 503 if n % 77 == 0 else s, i, r) for n, a, l, s, i, r in server]
    if o.newest_first:
        server = [(k + 1, *x[1:]) for k, x in enumerate(server[::-1])]
    if not o.no_logs and not o.no_server:
        db.executemany("INSERT INTO server_request VALUES (?, ?, ?, ?, ?, 'POST', '/predict', ?, ?, NULL, 100, 48, "
                       "NULL, ?)", [(k, k, START + OFFSET + a, l, s, i, None if i is None else 1000, r)
                                    for k, a, l, s, i, r in server])
        # Others' requests, and an entry without a latency.
        db.execute("INSERT INTO server_request VALUES (NULL, -1, ?, 5000, 200, 'GET', '/health', 1, 1000, NULL, 1, 1, NULL,"
                   " NULL)", (START + OFFSET + int(o.seconds * 9e5),)) if platform.instances else None
    if o.faults:
        db.executemany("INSERT INTO server_request VALUES (NULL, ?, ?, 7000, 200, 'GET', '/', 1, 1000, NULL, 1, 1, NULL,"
                       " NULL)", [(-2 - i, START + OFFSET + int(o.seconds * 8e5) + i) for i in range(3)])
    return platform


def names(o, db, platform):
    for i in range(len(platform.instances)):
        name = HOSTILE[i % len(HOSTILE)] + str(i) if o.hostile else f"0069c7a9{i:04d}" + "ab12" * 28 + f"{i:04d}"
        db.execute("INSERT INTO server_name VALUES (?, ?)", (i + 1, name))
    db.execute("INSERT INTO server_name VALUES (1000, ?)", (HOSTILE[3] if o.hostile else "classify-00001-abc",))
    if o.no_logs:
        return
    for i, (name, started, ready, _) in enumerate(platform.instances):
        crash = i % 5 == 3
        if o.unseen and i % 2 == 1:
            db.execute("INSERT INTO server_instance VALUES (?, 1000, ?, 'first_seen', NULL, NULL, NULL, 'open', 0)",
                       (name, START + OFFSET + started))
            continue
        db.execute("INSERT INTO server_instance VALUES (?, 1000, ?, 'log', ?, ?, 'AUTOSCALING', ?, 0)",
                   (name, START + OFFSET + started, START + OFFSET + ready,
                    START + OFFSET + ready + 30_000_000 if crash else None, "memory" if crash else "open"))


def metric(db, name, label, kind, points, fold="sum"):
    """points: (end in seconds, start or None, value)"""
    m = db.execute("INSERT INTO server_metric (metric, labels, label, kind, fold) VALUES (?, ?, ?, ?, ?)",
                   (name, label, label, kind, fold)).lastrowid
    us = lambda s: None if s is None else START + OFFSET + int(s * 1e6)
    db.executemany("INSERT INTO server_point VALUES (?, ?, ?, ?)", [(m, us(e), us(s), v) for e, s, v in points])


def distribution(db, name, points):
    m = db.execute("INSERT INTO server_metric (metric, labels, label, kind, fold) VALUES (?, '', '', 'delta', 'mean')",
                   (name,)).lastrowid
    us = lambda s: START + OFFSET + int(s * 1e6)
    db.executemany("INSERT INTO server_distribution VALUES (?, ?, ?, ?, ?, '')",
                   [(m, us(e), us(s), c, v) for e, s, c, v in points])


def metrics(o, db, platform, rng):
    # Not at whole seconds of the run: a platform's minutes begin when they like.
    steps = [t - 0.3 for t in range(o.step, o.seconds + 2 * o.step, o.step)]
    alive = lambda t: sum(x[1] / 1e6 <= t for x in platform.instances)
    active = {t: min(alive(t), round(alive(t) * (0.6 if t < 0.8 * o.seconds else 0.2))) for t in steps}
    metric(db, "container/instance_count", "active", "gauge", [(t, None, active[t]) for t in steps])
    metric(db, "container/instance_count", "idle", "gauge", [(t, None, alive(t) - active[t]) for t in steps])
    metric(db, "container/billable_instance_time", "", "delta",
           [(t, t - o.step, active[t] * o.step * rng.uniform(0.9, 1)) for t in steps])
    metric(db, "request_count", "2xx", "delta", [(t, t - o.step, round(o.rate * o.step)) for t in steps])
    some = [t for t in steps if alive(t)]
    distribution(db, "container/cpu/utilizations",
                 [(t, t - o.step, 5, min(1, 0.15 + 0.7 * active[t] / alive(t) * rng.uniform(0.8, 1.2))) for t in some])
    distribution(db, "container/memory/utilizations", [(t, t - o.step, 5, 0.31 + 0.01 * rng.random()) for t in some])
    distribution(db, "request_latencies", [(t, t - o.step, 5, 400 * rng.uniform(0.9, 1.1)) for t in some])
    distribution(db, "request_latency/e2e_latencies", [(t, t - o.step, 5, 420 + 9000 / t) for t in some])


def main():
    o = options()
    if os.path.exists(o.out):
        os.remove(o.out)
    rng = random.Random(7)
    db = sqlite3.connect(o.out)
    db.execute("PRAGMA synchronous = OFF")  # a test waits for this
    schema(db)
    db.execute("INSERT INTO run VALUES ('server', '2025-11-24T16:00:00.000Z', ?, 10, '{}', 'http://127.0.0.1:8080', 42, "
               "'0.1.0', 'VALID', 'made by a script', 0)", (o.seconds * 1000000,))
    db.execute("INSERT INTO endpoint VALUES (0, '/', 'GET'), (1, '/predict', 'POST')")
    db.execute("INSERT INTO error VALUES (1, 'no answer')")
    db.execute("INSERT INTO user_count VALUES (0, 1), (1, 10)")
    platform = requests(o, db, rng)
    if not o.no_server:
        names(o, db, platform)
        joined = db.execute("SELECT count(*) FROM server_request WHERE request IS NOT NULL").fetchone()[0]
        db.execute("INSERT INTO server_side VALUES (1, 'classify', ?, ?, ?, ?, ?, ?, ?, ?, ?, 900000000, 1000000)",
                   (START, OFFSET, OFFSET - 4000, OFFSET + 4000, joined, "joined" if joined else "no_requests", joined,
                    2 if o.faults else 0, 1 if o.faults else 0))
        if not o.no_metrics:
            metrics(o, db, platform, rng)
    db.commit()


if __name__ == "__main__":
    main()
