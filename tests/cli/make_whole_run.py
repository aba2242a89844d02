#!/usr/bin/env python3
"""make_whole_run.py OUT.db KIND [SEED]: a run file of ten users with everything that a merge has to add up, for merge.bats.

KIND is one of make_run.py (many, flows, hostile, attack, worst, ...), or streams (make_streams.py many) or rate. The rows get users and are in
the order of their ends, as a run writes them. Seconds of the client, checks, failed bodies, events, series and a manifest are added.
"""
import os
import random
import sqlite3
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))


def order(db, rng):
    """Rows by their ends; users are new but for streams, whose rows have some."""
    rows = db.execute("SELECT * FROM request ORDER BY coalesce(at_us, 0) + coalesce(took_us, 0), id").fetchall()
    streams = {row[0]: row[1:] for row in db.execute("SELECT * FROM stream")}
    db.execute("DELETE FROM request")
    db.execute("DELETE FROM stream")
    for new, (old, result, user, *rest) in enumerate(rows, 1):
        user = user if streams else rng.randrange(10)
        db.execute(f"INSERT INTO request VALUES (?, ?, ?{', ?' * len(rest)})", (new, result, user, *rest))
        if old in streams:
            db.execute(f"INSERT INTO stream VALUES (?{', ?' * len(streams[old])})", (new, *streams[old]))
    rows = db.execute("SELECT task, at_us, took_us, ok FROM iteration ORDER BY at_us + took_us, id").fetchall()
    db.execute("DELETE FROM iteration")
    for task, at, took, ok in rows:
        db.execute("INSERT INTO iteration(task, user, at_us, took_us, ok) VALUES (?, ?, ?, ?, ?)", (task, rng.randrange(10), at, took, ok))


def reconnections(db, rng):
    """Some requests on a new connection: sent again, or after one that had been idle, or both."""
    for request, in db.execute("SELECT id FROM request WHERE took_us > 10 ORDER BY id").fetchall():
        resent, idle = (rng.randrange(1, 10) if rng.random() < 0.1 else None for _ in range(2))
        if resent is not None or idle is not None:
            db.execute("INSERT INTO reconnection VALUES (?, ?, ?)", (request, resent, idle))


def one_of_each(db):
    """Results in order of first use, each once, as a run numbers them."""
    rows, new = db.execute("SELECT id, result FROM request ORDER BY id").fetchall(), {}
    old = {row[0]: row[1:] for row in db.execute("SELECT * FROM result")}
    for at, result in rows:
        number = new.setdefault(old[result], len(new) + 1)
        db.execute("UPDATE request SET result = ? WHERE id = ?", (number, at))
    db.execute("DELETE FROM result")
    for content, number in new.items():
        db.execute(f"INSERT INTO result VALUES (?{', ?' * len(content)})", (number, *content))


def seconds(db, rng):
    for second in range(db.execute("SELECT duration_us / 1000000 FROM run").fetchone()[0]):
        if second == 7:  # the client was stopped
            continue
        lag = rng.randrange(2000)
        db.execute("INSERT INTO client_second VALUES (?, ?, ?, ?, ?, ?, ?, 0, ?, ?, ?)",
                   (second, rng.randrange(90) / 128, rng.randrange(120) / 64, rng.randrange(20) / 128, lag, lag * 3, rng.randrange(50),
                    rng.randrange(30, 60), rng.randrange(200), rng.randrange(5)))
        if second % 3:
            sent = rng.randrange(1, 200)
            db.execute("INSERT INTO dispatch_second VALUES (?, ?, ?, ?, ?, ?)", (second, sent, sent // 10, lag, lag * 2, lag * 5))
    db.execute("DELETE FROM user_count")
    db.executemany("INSERT INTO user_count VALUES (?, ?)", [(0, 4), (1, 10), (3, 9), (6, 0)])


def notes(db, rng):
    endpoints = [x for x, in db.execute("SELECT id FROM endpoint")]
    if not db.execute("SELECT 1 FROM task").fetchone():
        db.execute("INSERT INTO task VALUES (0, 'steps', NULL)")
        db.executemany("INSERT INTO iteration(task, user, at_us, took_us, ok) VALUES (0, ?, ?, ?, ?)",
                       [(i % 10, 5000 * i, 7, i % 4 > 0) for i in range(200)])
    if not db.execute("SELECT 1 FROM check_name").fetchone():
        db.execute("INSERT INTO check_name VALUES (0, ?, 'status is 200')", (endpoints[0],))
        db.executemany("INSERT INTO check_second VALUES (?, 0, ?, ?, ?)", [(i, rng.randrange(90), rng.randrange(9), i % 2) for i in range(5)])
    db.executemany("INSERT INTO failed_body(endpoint, user, at_us, status, error, bytes, body, seen) VALUES (?, ?, ?, 200, 'check x', 5, ?, ?)",
                   [(endpoints[0], i, 1000 * i + 5, "b\u00fcdy %d" % i, None if i % 2 else "%d" % i) for i in range(10)])
    db.executemany("INSERT INTO event VALUES (?, ?, ?)", [(500000, "spawning_complete", "all 10 users are active"), (900000, "stall", "1 s")])
    db.execute("INSERT INTO scrape_series VALUES (0, 'queue', 'a=\"1\"', 'gauge')")
    db.executemany("INSERT INTO scrape_point VALUES (0, ?, ?)", [(1000000 * i, i / 3) for i in range(4)])
    db.executemany("INSERT OR REPLACE INTO manifest VALUES (?, ?)", {
        "coldswarm": "0.1.0", "cpu": "Z80", "cpus": "2", "kernel": "Linux 6", "libcurl": "8", "libuv": "1", "openssl": "3", "sqlite": "3",
        "threads": "2", "load_seconds": "30", "load_users_max": "10", "receive_clock": "kernel", "transport": "direct", "scenario_file": "s.json",
        "scenario_folder": "/tmp", "replay": "1", "option_users": "10", "scrapes": "4", "scrapes_failed": "0", "scrape_series": "1",
        "dispatch_scheduled": "1234", "dispatch_waited_for_user": "7", "dispatch_late": "13", "dispatch_not_sent": "3",
        "dispatch_p50_us": "11", "dispatch_p99_us": "222", "dispatch_max_us": "3333", "loop_lag_p99_us": "99"}.items())


def main():
    out, kind = sys.argv[1], sys.argv[2]
    rng = random.Random(int(sys.argv[3]) if len(sys.argv) > 3 else 1)
    made = ["make_streams.py", out, "rate" if kind == "rate" else "many"] if kind in ("streams", "rate") else ["make_run.py", out, kind]
    subprocess.check_call([sys.executable, os.path.join(HERE, made[0]), *made[1:]])
    db = sqlite3.connect(out)
    db.execute("PRAGMA synchronous = OFF")
    order(db, rng)
    reconnections(db, rng)
    one_of_each(db)
    seconds(db, rng)
    notes(db, rng)
    # The streams of a run by rate come in bursts.
    db.execute("UPDATE run SET users_max = 10, verdict = iif((SELECT count(*) FROM stream) > 0, 'SUSPECT', 'VALID'), "
               "verdict_reason = 'made by hand', exit_code = EXISTS (SELECT 1 FROM request AS r JOIN result AS t ON t.id = r.result JOIN outcome AS o ON o.id = t.outcome WHERE o.failure)")
    db.commit()
    db.close()


main()
