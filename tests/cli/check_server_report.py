#!/usr/bin/env python3
"""check_server_report.py RUN.db REPORT: works out again, from the views of the run file alone, every number that
`coldswarm report RUN.db --out REPORT` says about the server's side. Shares no code with it; needs nothing but Python.
"""
import csv
import json
import math
import os
import sqlite3
import sys

NOT_TIMED = ("not_sent", "cancelled")
HERE = os.path.dirname(os.path.abspath(__file__))


def quantile(v, p):
    v, at = sorted(v), p * (len(v) - 1)
    return v[int(at)] + (v[min(int(at) + 1, len(v) - 1)] - v[int(at)]) * (at % 1)


def median_interval(v):
    """The largest k for which at most 2.5% of all ways to toss n coins show fewer than k heads: ranks k-1 and n-k."""
    n, k, ways = len(v), 0, 0
    while 1000 * (ways + math.comb(n, k)) <= 25 * 2 ** n:
        ways += math.comb(n, k)
        k += 1
    return (None, None) if k == 0 else (sorted(v)[k - 1], sorted(v)[n - k])


def same(what, got, want):
    if want is None or got is None or isinstance(want, str):
        assert got == want, f"{what}: {got!r}, not {want!r}"
    else:
        assert abs(got - want) <= 1e-9 + 1e-9 * abs(want), f"{what}: {got!r}, not {want!r}"


def row_is(what, row, us):
    """A row of times in ms beside the values in microseconds."""
    n = len(us)
    ms = [x / 1000 for x in us]
    want = {"requests": n, "instances": n, "mean_ms": sum(ms) / n if n else None, "median_ms": quantile(ms, 0.5) if n else None,
            "p95_ms": quantile(ms, 0.95) if n >= 20 else None, "p99_ms": quantile(ms, 0.99) if n >= 100 else None,
            "min_ms": min(ms, default=None), "max_ms": max(ms, default=None)}
    want["tmr"] = want["p99_ms"] / want["median_ms"] if want["p99_ms"] else None
    want["median_low_ms"], want["median_high_ms"] = median_interval(ms)
    for key, got in row.items():
        if key in want:
            same(f"{what} {key}", got, want[key])


class Run:
    def __init__(self, path):
        db = sqlite3.connect(path)
        db.row_factory = sqlite3.Row
        self.db = db
        self.instances = {r["instance"]: dict(r) for r in db.execute("SELECT * FROM instances")}
        self.log = [dict(r) for r in db.execute(
            "SELECT s.*, c.sent_us, c.end_us, c.ttfb_us, c.status AS client_status, c.outcome FROM server_requests AS s "
            "LEFT JOIN requests AS c ON c.id = s.request_id ORDER BY s.at_us")]
        self.client = [dict(r) for r in db.execute("SELECT * FROM requests")]
        self.side = dict(db.execute("SELECT * FROM server_side").fetchone())
        self.duration = db.execute("SELECT duration_us FROM run").fetchone()[0]
        for r in self.log:
            self.weigh(r)

    def weigh(self, r):
        x = self.instances.get(r["instance"])
        known = r["latency_us"] is not None
        r["answer"] = r["at_us"] + r["latency_us"] if known else None
        r["label"], r["wait"], r["container"] = "unknown", None, None
        if x is not None and x["ready_us"] is not None:
            r["label"] = "cold" if r["at_us"] < x["ready_us"] else "warm"
        elif x is not None and any(o["instance"] == r["instance"] and o["latency_us"] is not None and
                                   o["at_us"] + o["latency_us"] <= r["at_us"] for o in self.log):
            r["label"] = "warm"
        if known and r["label"] == "cold":
            r["wait"] = min(x["ready_us"] - r["at_us"], r["latency_us"])
        if known and r["label"] != "unknown":
            r["container"] = r["latency_us"] - (r["wait"] or 0)
        r["begin"] = max(r["at_us"], x["ready_us"]) if r["label"] == "cold" else r["at_us"]
        timed = r["request_id"] is not None and r["outcome"] not in NOT_TIMED
        r["client"] = r["end_us"] - r["sent_us"] if timed else None


def check_tables(run, s):
    log, client = run.log, run.client
    sent = [c for c in client if c["sent_us"] is not None]
    answered = [c for c in sent if c["status"] is not None]
    seen = {r["request_id"] for r in log if r["request_id"] is not None}
    want = {
        "sent": len(sent), "answered": len(answered), "unanswered": len(sent) - len(answered), "logged": len(log),
        "without_instance": sum(r["instance"] is None for r in log), "joined": len(seen),
        "others": sum(r["request_id"] is None for r in log) - run.side["astray"] - run.side["repeated"],
        "missing": sum(c["id"] not in seen for c in answered),
        "lost": sum(c["status"] is None and c["id"] not in seen for c in sent),
        "seen_unanswered": sum(c["status"] is None and c["id"] in seen for c in sent),
        "status_differs": sum(r["client_status"] is not None and r["status"] not in (None, r["client_status"])
                              for r in log if r["request_id"] is not None),
        "astray": run.side["astray"], "repeated": run.side["repeated"], "clock_offset_ms": run.side["offset_us"] / 1000,
        "clock_offset_low_ms": run.side["lower_us"] / 1000, "clock_offset_high_ms": run.side["upper_us"] / 1000,
        "clock_pairs": run.side["pairs"]}
    want["unexplained"] = want["missing"] + want["astray"] + want["repeated"] + want["status_differs"]
    assert set(want) == set(s["reconciliation"]), set(want) ^ set(s["reconciliation"])
    for key, value in want.items():
        same(key, s["reconciliation"][key], value)

    text = lambda x: "none" if x is None else str(x)
    statuses = {text(x) for x in [c["status"] for c in sent] + [r["status"] for r in log]}
    assert {r["status"] for r in s["statuses"]} == statuses
    for r in s["statuses"]:
        same("client " + r["status"], r["client"], sum(text(c["status"]) == r["status"] for c in sent))
        same("server " + r["status"], r["server"], sum(text(x["status"]) == r["status"] for x in log))

    column = lambda key, rows=log: [r[key] for r in rows if r[key] is not None]
    network = [max(0, r["client"] - r["latency_us"]) for r in log
               if r["client"] is not None and r["client_status"] is not None and r["latency_us"] is not None]
    for row, us in zip(s["times"], [column("client"), column("latency_us"), network, column("wait"), column("container")]):
        row_is(row["time"], row, us)
    labels = [(r["label"], r["times_of"]) for r in s["cold_starts"]]
    assert len(set(labels)) == len(labels) and ("cold", "server") in labels and ("warm", "server") in labels
    for row in s["cold_starts"]:
        of = [r for r in log if r["label"] == row["label"]]
        row_is("cold_starts " + row["label"], row, column("latency_us" if row["times_of"] == "server" else "client", of))


def busy(spans):
    """Length of the union, the union, and how many at once at most, by walking over all begins and ends."""
    union, most, depth, since = [], 0, 0, None
    for at, step in sorted([(a, 1) for a, b in spans if b > a] + [(b, -1) for a, b in spans if b > a]):
        if depth == 0 and step == 1:
            if union and union[-1][1] == at:
                since = union.pop()[0]
            else:
                since = at
        depth += step
        most = max(most, depth)
        if depth == 0:
            union.append((since, at))
    return sum(b - a for a, b in union), union, most


def check_instances(run, s):
    assert sorted(r["instance"] for r in s["instances"]) == sorted(run.instances)
    total, hours, crashes, phases = 0, 0, 0, ([], [], [])
    for row in s["instances"]:
        x = run.instances[row["instance"]]
        of = [r for r in run.log if r["instance"] == row["instance"]]
        spans = [(r["begin"], r["answer"]) for r in of if r["answer"] is not None]
        length, union, most = busy(spans)
        start = [(x["started_us"], x["ready_us"])] if x["ready_us"] is not None and x["start_kind"] != "first_seen" else []
        billable = sum(math.ceil((b - a) / 100000) for a, b in busy(spans + start)[1]) / 10
        latencies = [r["latency_us"] for r in of if r["latency_us"] is not None]
        in_all = sum(b - a for a, b in spans if b > a)
        for key, want in {
                "requests": len(of), "cold": sum(r["label"] == "cold" for r in of), "concurrency_max": most,
                "concurrency_mean": in_all / length if length else None, "billable_s": billable,
                "median_ms": quantile(latencies, 0.5) / 1000 if latencies else None,
                "p95_ms": quantile(latencies, 0.95) / 1000 if len(latencies) >= 20 else None,
                "started_s": x["started_us"] / 1e6, "end": x["end_kind"], "revision": x["revision"]}.items():
            same(f"{row['instance']} {key}", row[key], want)
        last = max([r["answer"] for r in of if r["answer"] is not None] + [run.duration])
        hours += ((last if x["ended_us"] is None else x["ended_us"]) - x["started_us"]) / 3.6e9
        total += billable
        crashes += x["end_kind"] in ("memory", "signal", "exit", "probe_failed", "probe")
        cold = [r for r in of if r["label"] == "cold"]
        if start:
            phases[1].append(x["ready_us"] - x["started_us"])
            if cold:
                if x["started_us"] >= cold[0]["at_us"]:
                    phases[0].append(x["started_us"] - cold[0]["at_us"])
                first = min(r["answer"] - (r["end_us"] - r["sent_us"] - r["ttfb_us"] if r["ttfb_us"] is not None else 0)
                            for r in of if r["answer"] is not None)
                phases[2].append(first - x["ready_us"])
    for row, us in zip(s["start_up"], phases):
        row_is(row["step"], row, us)
    same("crashes", s["balance"]["crashes"], crashes)
    same("per hour", s["balance"]["crashes_per_instance_hour"], crashes / hours)
    same("per 1000", s["balance"]["crashes_per_1000_requests"], crashes * 1000 / len(run.log))
    same("hours", s["balance"]["instance_hours"], hours)
    check_cost(s, total, sum(r["instance"] is not None for r in run.log))


def check_cost(s, billable, requests):
    """1 vCPU, 512 MiB, tier 1: the numbers of the public price list."""
    cost = {r["item"]: r for r in s["cost"]}
    cpu, memory, per = billable * 0.000024, billable / 2 * 0.0000025, requests * 0.4e-6
    free = max(0, billable - 180000) * 0.000024 + max(0, billable / 2 - 360000) * 0.0000025 + max(0, requests - 2e6) * 0.4e-6
    same("billable", cost["billable instance time"]["amount"], billable)
    same("vCPU-s", cost["CPU"]["amount"], billable)
    same("GiB-s", cost["memory"]["amount"], billable / 2)
    same("$ CPU", cost["CPU"]["usd"], cpu)
    same("$ memory", cost["memory"]["usd"], memory)
    same("$ requests", cost["requests"]["usd"], per)
    same("$", cost["all"]["usd"], cpu + memory + per)
    same("$ after the free tier", cost["all"]["usd_after_free_tier"], free)
    same("$ per 1000", cost["per 1000 requests"]["usd"], (cpu + memory + per) / requests * 1000)


def check_figures(run, out):
    def rows(name, head):
        with open(f"{out}/data/{name}.csv", newline="") as f:
            assert f.readline() == head + "\n", name
            return [[float(x) if x else None for x in r] for r in csv.reader(f)]
    users = rows("users", "second,users")
    counts = rows("request_count", "second,client,server")
    assert len(users) == len(counts)
    for s, client, server in counts:
        same(f"second {s} client", client, sum(c["sent_us"] is not None and c["sent_us"] // 1000000 == s for c in run.client))
        same(f"second {s} server", server, sum(r["at_us"] // 1000000 == s for r in run.log))
    for s, with_start, without in rows("request_latency", "second,with_startup_p95_ms,without_startup_p95_ms"):
        of = [r for r in run.log if r["instance"] is not None and r["answer"] is not None and r["answer"] // 1000000 == s]
        container = [r["container"] for r in of if r["container"] is not None]
        same(f"second {s} with", with_start, quantile([r["latency_us"] for r in of], 0.95) / 1000 if of else None)
        same(f"second {s} without", without, quantile(container, 0.95) / 1000 if container else None)
    points = lambda metric, label: list(run.db.execute(
        "SELECT start_us, at_us, value FROM server_series WHERE metric = ? AND label = ? ORDER BY at_us", (metric, label)))
    gauges = {label: points("container/instance_count", label) for label in ("active", "idle")}
    if gauges["active"]:
        for s, *values in rows("instance_count", "second,active,idle"):
            for label, value in zip(("active", "idle"), values):
                later = [p for p in gauges[label] if p[1] >= s * 1000000 + 500000]
                same(f"second {s} {label}", value, later[0][2] if later else None)
        billable = rows("billable_instance_time", "second,billable_s")
        end = len(billable) * 1000000
        want = sum(v * max(0, min(b, end) - max(a, 0)) / (b - a) for a, b, v in points("container/billable_instance_time", ""))
        assert abs(sum(r[1] or 0 for r in billable) - want) <= 1e-6 * want
    with open(f"{out}/data/cold_starts.csv", newline="") as f:
        assert f.readline() == "time_s,latency_ms,label\n"
        dots = list(csv.reader(f))
    assert dots.pop() == [str(len(users)), "", ""]
    known = {(f"{r['at_us'] / 1e6:.10g}", f"{r['latency_us'] / 1e3:.10g}", r["label"]) for r in run.log
             if r["instance"] is not None and r["latency_us"] is not None}
    assert dots and {tuple(d) for d in dots} <= known
    # The slowest cold one is marked.
    cold = [r["latency_us"] / 1e3 for r in run.log if r["label"] == "cold" and 0 <= r["at_us"] < run.duration]
    assert not cold or max(float(d[1]) for d in dots if d[2] == "cold") >= max(cold) / 1.1


def check_csv(s, out):
    """The CSV of each table says what the JSON says."""
    for key, table in s.items():
        path = f"{out}/server_{key}.csv"
        if not isinstance(table, (dict, list)) or key == "cost_basis":
            continue
        with open(path, newline="") as f:
            rows = list(csv.DictReader(f))
        want = [{"key": k, "value": v} for k, v in table.items()] if isinstance(table, dict) else table
        assert len(rows) == len(want), path
        for got, row in zip(rows, want):
            for k, v in row.items():
                if not isinstance(v, str):
                    same(f"{path} {k}", float(got[k]) if got[k] else None, v)


def main():
    run = Run(sys.argv[1])
    with open(sys.argv[2] + "/tables.json") as f:
        server = json.load(f)["server"]
    check_tables(run, server)
    check_instances(run, server)
    check_figures(run, sys.argv[2])
    check_csv(server, sys.argv[2])


if __name__ == "__main__":
    main()
