#!/usr/bin/env python3
"""Compares what an OTLP receiver was sent with the rows of the run file: check_otlp.py REQUESTS.jsonl RUN.db. A line is a request of
tests/support/receiver.py; only those that got 200 count."""
import json
import sqlite3
import sys

ENDED = "outcome not in ('not_sent', 'cancelled', 'unsendable')"
requests = [r for r in map(json.loads, open(sys.argv[1])) if r["status"] == 200]
db = sqlite3.connect(sys.argv[2])
assert requests, "nothing came"
parts = []
for r in requests:
    assert r["headers"]["content-type"] == "application/json", r["headers"]
    parts += json.loads(r["body"])["resourceMetrics"]


def metrics_of(part):
    (scope,) = part["scopeMetrics"]
    assert scope["scope"]["name"] == "coldswarm"
    names = [m["name"] for m in scope["metrics"]]
    assert len(names) == len(set(names)), names
    return {m["name"]: m for m in scope["metrics"]}


def attributes(of):
    return {a["key"]: a["value"]["stringValue"] for a in of["attributes"]}


resource = attributes(parts[0]["resource"])
assert resource["service.name"] == "coldswarm" and len(resource["service.instance.id"]) == 36, resource
starts, times = set(), []
for part in parts:
    assert attributes(part["resource"]) == resource
    for m in metrics_of(part).values():
        (kind,) = set(m) & {"sum", "gauge", "histogram"}
        assert m[kind]["dataPoints"], m["name"]
        for p in m[kind]["dataPoints"]:
            assert isinstance(p["timeUnixNano"], str)
            if kind != "gauge":
                assert m[kind]["aggregationTemporality"] == 2
                starts.add(p["startTimeUnixNano"])
            assert ("asInt" in p) + ("asDouble" in p) == (kind != "histogram")
        if kind == "sum":
            assert m[kind]["isMonotonic"] is True
        if m["name"] == "coldswarm.run_elapsed":
            times.append(int(m["gauge"]["dataPoints"][0]["timeUnixNano"]))
(START_NS,) = map(int, starts)
assert all(a < b for a, b in zip(times, times[1:])), times
assert START_NS <= times[0]

last = metrics_of(parts[-1])


def by_endpoint(name, kind, value):
    return {(a["method"], a["name"]): value(p) for p in last[name][kind]["dataPoints"] for a in [attributes(p)]}


def rows(what):
    return {(m, n): x or 0 for m, n, x in db.execute(f"select endpoint.method, endpoint.name, {what} from endpoint left join requests "
            "on requests.method = endpoint.method and requests.name = endpoint.name group by 1, 2")}


def shown(names):
    return {(m, n.replace("\x1b", "\\x1b").replace("\n", "\\x0a")): x for (m, n), x in names.items()}


for name, what in (("requests", f"sum({ENDED})"), ("failures", f"sum({ENDED} and outcome <> 'ok')"), ("unsendable", "sum(outcome = 'unsendable')"),
                   ("dropped", "sum(outcome = 'not_sent')"), ("cancelled", "sum(outcome = 'cancelled')"),
                   ("received", f"coalesce(sum(case when {ENDED} then bytes_received end), 0)")):
    got = by_endpoint("coldswarm." + name, "sum", lambda p: int(p["asInt"]))
    assert got == shown(rows(what)), (name, got, rows(what))
bounds = last["coldswarm.response_time"]["histogram"]["dataPoints"][0]["explicitBounds"]
assert bounds[0] == 0.001 and bounds[-1] == 60 and bounds == sorted(bounds)
for i, bound in enumerate(bounds):
    got = by_endpoint("coldswarm.response_time", "histogram", lambda p: sum(map(int, p["bucketCounts"][:i + 1])))
    assert got == shown(rows(f"sum({ENDED} and response_us <= {round(bound * 1e6)})")), (bound, got)
assert by_endpoint("coldswarm.response_time", "histogram", lambda p: int(p["count"])) == shown(rows(f"sum({ENDED})"))
took = shown(rows(f"coalesce(sum(case when {ENDED} then response_us end), 0) / 1e6"))
for key, total in by_endpoint("coldswarm.response_time", "histogram", lambda p: p["sum"]).items():
    assert abs(total - took[key]) < 1e-6, (key, total, took[key])
since, = last["coldswarm.run_start_time"]["gauge"]["dataPoints"]
began, = db.execute("select cast(round((julianday(started_utc) - 2440587.5) * 86400000) as integer) from run").fetchone()
assert round(since["asDouble"] * 1000) == began == START_NS // 10**6, (since, began, START_NS)
ended = [m["gauge"]["dataPoints"][0]["asInt"] for p in parts for m in [metrics_of(p)["coldswarm.run_ended"]]]
assert ended == ["0"] * (len(parts) - 1) + ["1"], ended
verdict, = db.execute("select verdict from run").fetchone()
states = {attributes(p)["verdict"]: p["asInt"] for p in last["coldswarm.verdict"]["gauge"]["dataPoints"]}
assert states == {v: str(int(v == verdict)) for v in ("VALID", "SUSPECT", "INVALID")}, states
print(len(parts), "parts in", len(requests), "requests")
