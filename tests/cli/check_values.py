#!/usr/bin/env python3
"""check_values.py RUN.db REPORT [--from S] [--to S] [--name NAME]... [--warm-only]: works out again, with numpy from the
view `requests`, every number of the client's tables that `coldswarm report RUN.db --out REPORT` wrote with these options
into tables.json, tables.csv and the data behind the figures. Shares no code with it. Intervals: by sums of
whole numbers.
"""
import argparse
import csv
import json
import math
import sqlite3

import numpy as np

UNTIMED = ("not_sent", "cancelled", "unsendable")
LEVELS = [50, 60, 70, 80, 90, 95, 99, 100]


def options():
    p = argparse.ArgumentParser()
    p.add_argument("run")
    p.add_argument("report")
    p.add_argument("--from", dest="begin", type=float, default=0)
    p.add_argument("--to", dest="end", type=float, default=math.inf)
    p.add_argument("--name", action="append")
    p.add_argument("--warm-only", action="store_true")
    return p.parse_args()


def rows_of(db, o):
    """The rows of the cut, as (method, name, end, response, service, size, failed, outcome), times from its begin."""
    cold = {id for id, in db.execute(
        "SELECT request_id FROM server_requests AS s JOIN instances AS i ON i.instance = s.instance "
        "WHERE request_id NOT NULL AND s.at_us < i.ready_us")} if o.warm_only else set()
    rows = []
    for r in db.execute("SELECT * FROM requests"):
        when = r["intended_us"] if r["outcome"] == "not_sent" else r["end_us"]
        if not o.begin * 1e6 <= when < o.end * 1e6 or (o.name and r["name"] not in o.name) or r["id"] in cold:
            continue
        rows.append(dict(r, when=when - o.begin * 1e6))
    return rows


def tail(percent, n):
    """How many of the least values of a binomial (n, percent/100) have at most 2.5 % together; in whole numbers."""
    one, together, k = (100 - percent) ** n, 0, 0
    while 1000 * (together + one) <= 25 * 100 ** n:
        together += one
        one = one * (n - k) * percent // ((k + 1) * (100 - percent))
        k += 1
    return k


TAILS = {}


def interval(values, level):
    n = len(values)
    if level == 100 or n == 0:
        return None
    if (level, n) not in TAILS:
        TAILS[level, n] = tail(level, n), tail(100 - level, n)
    below, above = TAILS[level, n]
    return None if below == 0 or above == 0 else [values[below - 1] / 1000, values[n - above] / 1000]


def same(what, got, want):
    if want is None or got is None or isinstance(want, str):
        assert got == want, f"{what}: {got!r}, not {want!r}"
    elif isinstance(want, list):
        assert isinstance(got, list) and len(got) == len(want), f"{what}: {got!r}, not {want!r}"
        for a, b in zip(got, want):
            same(what, a, b)
    else:
        assert abs(got - want) <= 1e-9 * max(1, abs(want)), f"{what}: {got!r}, not {want!r}"


def percentile(values, level):
    n = len(values)
    shown = n > 0 if level == 100 else n * (100 - level) >= 100
    return float(np.percentile(values, level)) / 1000 if shown else None


def numbers(rows, seconds):
    timed = [r for r in rows if r["outcome"] not in UNTIMED]
    failures = sum(r["outcome"] != "ok" for r in timed)
    response = np.sort([r["response_us"] for r in timed]) if timed else np.array([])
    service = np.sort([r["service_us"] for r in timed]) if timed else np.array([])
    size = np.array([r["bytes_received"] for r in timed])
    none = len(timed) == 0
    return {
        "requests": len(timed), "failures": failures,
        "not_sent": sum(r["outcome"] == "not_sent" for r in rows),
        "cancelled": sum(r["outcome"] == "cancelled" for r in rows),
        "unsendable": sum(r["outcome"] == "unsendable" for r in rows),
        "average_ms": None if none else float(response.mean()) / 1000,
        "min_ms": None if none else float(response.min()) / 1000,
        "max_ms": None if none else float(response.max()) / 1000,
        "median_ms": None if none else float(np.median(response)) / 1000,
        "average_size_bytes": None if none else float(size.mean()),
        "requests_per_second": len(timed) / seconds, "failures_per_second": failures / seconds,
        "percentiles_ms": {str(x): percentile(response, x) for x in LEVELS},
        "service_percentiles_ms": {str(x): percentile(service, x) for x in LEVELS},
        "intervals_ms": {str(x): interval(response, x) for x in LEVELS},
        "service_intervals_ms": {str(x): interval(service, x) for x in LEVELS},
    }


def check_json(entry, want, what):
    for key, value in want.items():
        if isinstance(value, dict):
            assert list(entry[key]) == list(value), f"{what} {key}"
            for level, x in value.items():
                same(f"{what} {key} {level}", entry[key][level], x)
        else:
            same(f"{what} {key}", entry[key], value)


def check_csv(row, want, what):
    def cell(key):
        return None if row[key] == "" else float(row[key])
    for key, value in want.items():
        if not isinstance(value, dict):
            same(f"{what} {key}", cell(key), value)
            continue
        prefix = "service_" if key.startswith("service") else ""
        for level, x in value.items():
            if "intervals" not in key:
                same(f"{what} {key} {level}", cell(f"{prefix}p{level}_ms"), x)
            elif level != "100":
                low, high = x or (None, None)
                same(f"{what} {key} {level}", cell(f"{prefix}p{level}_low_ms"), low)
                same(f"{what} {key} {level}", cell(f"{prefix}p{level}_high_ms"), high)


def check_seconds(report, rows):
    by_second = {}
    for r in rows:
        if r["outcome"] not in UNTIMED:
            by_second.setdefault(int(r["when"] // 1000000), []).append(r)
    rates = list(csv.DictReader(open(report + "/data/requests_per_second.csv", newline="")))
    times = list(csv.DictReader(open(report + "/data/response_time.csv", newline="")))
    assert len(rates) == len(times) > max(by_second, default=0)
    for second, (rate, time) in enumerate(zip(rates, times)):
        these = by_second.get(second, [])
        same(f"second {second}", float(rate["requests_per_second"]), len(these))
        same(f"second {second}", float(rate["failures_per_second"]), sum(r["outcome"] != "ok" for r in these))
        for column, level in ("median_ms", 50), ("p95_ms", 95):
            want = float(np.percentile([r["response_us"] for r in these], level)) / 1000 if these else None
            same(f"second {second} {column}", float(time[column]) if time[column] else None, want)


def check_distribution(report, entries):
    for r in csv.DictReader(open(report + "/data/latency_distribution.csv", newline="")):
        values = [x["response_us"] for x in entries[r["endpoint"]] if x["outcome"] not in UNTIMED]
        same(f"{r}", float(r["latency_ms"]), float(np.percentile(values, float(r["percentile"]))) / 1000)


def main():
    o = options()
    db = sqlite3.connect(o.run)
    db.row_factory = sqlite3.Row
    rows = rows_of(db, o)
    whole, = db.execute("SELECT duration_us FROM run").fetchone()
    seconds = (min(whole, o.end * 1e6) - o.begin * 1e6) / 1e6
    report = json.load(open(o.report + "/tables.json"))
    table = list(csv.DictReader(open(o.report + "/tables.csv", newline="")))
    same("duration", report["run"]["duration_ms"], seconds * 1000)
    names = {(r["name"], r["method"]) for r in db.execute("SELECT name, method FROM endpoint")
             if not o.name or r["name"] in o.name}
    entries = {}
    assert len(table) == len(names) + 1 == len(report["endpoints"]) + 1
    for (name, method), entry, row in zip(sorted(names), report["endpoints"], table):
        these = [r for r in rows if (r["name"], r["method"]) == (name, method)]
        entries[f"{method} {name}"] = these
        assert (entry["name"], entry["method"]) == (name, method) == (row["name"], row["method"])
        check_json(entry, numbers(these, seconds), f"{method} {name}")
        check_csv(row, numbers(these, seconds), f"{method} {name}")
    entries["Aggregated"] = rows
    check_json(report["aggregated"], numbers(rows, seconds), "Aggregated")
    check_csv(table[-1], numbers(rows, seconds), "Aggregated")
    assert sum(e["count"] for e in report["errors"]) == report["aggregated"]["failures"] + report["aggregated"]["unsendable"]
    check_seconds(o.report, rows)
    check_distribution(o.report, entries)
    print(f"{len(rows)} requests: every number is numpy's")


main()
