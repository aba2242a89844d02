#!/usr/bin/env python3
"""make_served_run.py OUT.db KIND: rows in which some users get little, or answers take 40 to 45 ms, or only seem to. tests/cli/served.bats
has each kind's numbers, worked out by hand."""
import sys

import rows

SECOND = 1000000
out, kind = sys.argv[1], sys.argv[2]
made, users, seconds, manifest, scenario, event = [], [(0, 10)], 60, [], "{}", []
endpoints = [(b"/", "GET")]
CLASSES = '{"load": {"users": 10}, "users": [{"name": "a", "tasks": []}, {"name": "b", "tasks": []}]}'


def regular(user, n, every_us, took_us=100000, first_us=0, **more):
    made.extend({"user": user, "sent_us": first_us + i * every_us, "took_us": took_us, **more} for i in range(n))


def pending(user, from_us):
    made.append({"user": user, "sent_us": from_us, "took_us": seconds * SECOND - from_us, "outcome": "cancelled", "status": None})


if kind == "held":  # connections that are accepted and not served
    users = [(0, 200)]
    for u in range(98):
        regular(u, 100, 600000)
    for u in range(98, 102):
        regular(u, 1, 1)
        pending(u, 200000)
    for u in range(102, 200):
        pending(u, 0)
elif kind == "rowless":  # of the last four there is no row at all
    for u in range(6):
        regular(u, 50, SECOND)
elif kind == "ramp":  # one more each second, who do one request a second: the last ones have little time
    users = [(s, s + 1) for s in range(60)]
    for u in range(60):
        regular(u, 60 - u, SECOND, first_us=u * SECOND)
elif kind == "down":  # eight leave after a second
    users = [(0, 10), (1, 2)]
    for u in range(10):
        regular(u, 60 if u < 2 else 1, SECOND)
elif kind == "slow":  # long pauses: three requests in a minute are what everyone does, and one has its first answer only
    for u in range(10):
        regular(u, 1 if u == 9 else 3, 20 * SECOND)
elif kind in ("on-start-pause", "feeder-ends", "feeder-goes-on"):  # four pause at first, or end when no row is left for them
    scenario = {"on-start-pause": '{"load": {"users": 10}, "on_start": [{"wait": {"between": ["0s", "90s"]}}], "tasks": [{"path": "/"}]}',
                "feeder-ends": '{"load": {"users": 10}, "feeders": {"f": {"csv": "f.csv", "mode": "unique"}}, "tasks": [{"path": "/"}]}',
                "feeder-goes-on": '{"load": {"users": 10}, "feeders": {"f": {"csv": "f.csv"}}, "tasks": [{"path": "/"}]}'}[kind]
    for u in range(10):
        regular(u, 60 if u < 6 else u % 2, SECOND)
elif kind in ("no-descriptor", "refused"):  # four never get a connection: of this machine, or of the server
    event = [(0, "client_limit", "this client has no file descriptor left")] if kind == "no-descriptor" else []
    for u in range(10):
        regular(u, 60, SECOND, **({} if u < 6 else {"outcome": "connect_error", "status": None}))
elif kind in ("classes", "classes-held"):  # one class does one request in a minute; or waits for it
    scenario = CLASSES
    for u in range(5):
        regular(u, 60, SECOND)
    for u in range(5, 10):
        regular(u, 1, SECOND)
        if kind == "classes-held":
            pending(u, SECOND)
elif kind == "rate":
    manifest = [("load_rate_max", "2")]
    regular(0, 120, 500000, lag_us=0)
elif kind == "paced":  # a pace is a schedule, too, but of users
    manifest = [("load_spawn_rate", "10")]
    for u in range(9):
        regular(u, 60, SECOND, lag_us=0)
    regular(9, 1, SECOND, lag_us=0)
elif kind in ("late", "late-half", "late-few", "late-tls", "slow-42", "other-42", "new-42"):
    endpoints = [(b"/", "GET"), (b"/first", "GET")]
    for u in range(10):
        first, rest = (4000, 44000) if kind != "slow-42" else (43000, 42000)
        opening = {"connect_us": 20000, "tls_us": 40000} if kind in ("late-tls", "slow-42") else {}
        first += sum(opening.values())
        regular(u, 1, 1, took_us=42500 if kind == "new-42" else first, new=1, endpoint=1 if kind == "other-42" else 0, **opening)
        n = 1 if kind == "late-few" else 30
        late = 14 if kind == "late-half" else n
        regular(u, late, SECOND, took_us=rest, first_us=SECOND)
        regular(u, n - late, SECOND, took_us=5000, first_us=(1 + late) * SECOND)
else:
    sys.exit(f"no kind {kind}")

with rows.File(out, duration_us=seconds * SECOND, users=users, manifest=manifest, endpoints=endpoints, scenario=scenario) as f:
    for row in sorted(made, key=lambda r: r["sent_us"] + r["took_us"]):
        f.add(**row)
    f.db.executemany("INSERT INTO event(at_us, kind, text) VALUES (?, ?, ?)", event)
