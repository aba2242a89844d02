#!/usr/bin/env python3
"""check_stream_thresholds.py RUN.db RESULTS.json: each threshold on streams in RESULTS.json ("thresholds" of gate or report) has the value, the
count and the verdict that docs/thresholds.md and docs/streams.md give for the rows of the run. Prints how many there were."""
import json
import math
import re
import sqlite3
import sys

db = sqlite3.connect(sys.argv[1])
db.row_factory = sqlite3.Row
results = json.load(open(sys.argv[2], encoding="utf-8"))["thresholds"]
rows = [dict(r) for r in db.execute("SELECT r.id, r.name, r.method, r.status, r.outcome, r.end_us, r.service_us, s.* FROM requests AS r"
                                    " LEFT JOIN streams AS s ON s.request_id = r.id WHERE r.end_us IS NOT NULL")]
duration = db.execute("SELECT duration_us FROM run").fetchone()[0]
manifest = dict(db.execute("SELECT key, value FROM manifest").fetchall())
endpoints = {i: (name, method) for i, name, method in db.execute("SELECT id, name, method FROM endpoint")}
if "stream_endpoints" in manifest:
    streaming = {endpoints[i] for i in json.loads(manifest["stream_endpoints"])}
else:
    streaming = {(r["name"], r["method"]) for r in rows if r["request_id"] is not None}
OPS = {"<": lambda a, b: a < b, "<=": lambda a, b: a <= b, ">": lambda a, b: a > b, ">=": lambda a, b: a >= b, "==": lambda a, b: a == b}


def gaps(r):
    return json.loads(r["gaps_us"]) if r["gaps_us"] else []


def per_token(r):
    """Microseconds a token, after the first event."""
    tokens = r["output_tokens"] - r["first_tokens"]
    return (r["last_token_us"] - r["ttft_us"]) / tokens if r["token_events"] >= 2 and r["output_tokens"] >= 2 and tokens >= 1 else None


TIMES = {"ttft": lambda r: [r["ttft_us"]], "ttfo": lambda r: [r["ttfo_us"]], "time_per_token": lambda r: [per_token(r)], "token_gap": gaps}
LIMITS = {"ttft": lambda r: r["ttft_us"], "ttfo": lambda r: r["ttfo_us"], "time_per_token": per_token, "token_gap": lambda r: max(gaps(r), default=None),
          "e2e": lambda r: r["service_us"]}


def fits(r, filters):
    known = {"name": r["name"], "method": r["method"], "status": str(r["status"] or 0), "outcome": r["outcome"],
             "expected_response": "true" if r["outcome"] == "ok" else "false"}
    return all(known[key] == value for key, value in filters)


def good(r, limits):
    if r["outcome"] != "ok" or r["request_id"] is None:
        return False
    for word, op, limit in limits:
        us = LIMITS[word](r)
        if us is None and word in ("ttft", "ttfo") or us is not None and not OPS[op](us / 1000, float(limit)):
            return False
    return True


def quantile(values, p):
    s, at = sorted(values), p * (len(values) - 1)
    low = int(at)
    return s[low] + (s[min(low + 1, len(s) - 1)] - s[low]) * (at - low)


def value(metric, filters, limits, aggregation, begin, end):
    """The value and how many were behind it; None if there is none."""
    here = [r for r in rows if fits(r, filters) and begin <= r["end_us"] and (r["end_us"] < end or end == duration == r["end_us"])]
    streams = [r for r in here if r["request_id"] is not None]
    if metric == "goodput":
        asked = [r for r in here if r["outcome"] != "cancelled" and (r["request_id"] is not None or (r["name"], r["method"]) in streaming)]
        return (sum(good(r, limits) for r in asked) / len(asked) if asked else None), len(asked)
    if metric == "output_tokens":
        tokens = sum(r["output_tokens"] for r in streams)
        return (tokens if aggregation == "count" else tokens / ((end - begin) / 1e6)), len(streams)
    us = [t for r in streams if r["outcome"] not in ("cancelled", "unsendable") for t in TIMES[metric](r) if t is not None]
    if not us:
        return None, 0
    named = {"avg": lambda: sum(us) / len(us), "min": lambda: min(us), "max": lambda: max(us), "med": lambda: quantile(us, 0.5)}
    return (named[aggregation]() if aggregation in named else quantile(us, float(aggregation[2:-1]) / 100)) / 1000, len(us)


def check(x):
    metric, braces = re.fullmatch(r"(\w+)(?:\{(.*)\})?", x["metric"]).groups()
    parts = (braces or "").split(",") if braces else []
    filters = [p.split(":", 1) for p in parts if ":" in p]
    limits = [re.fullmatch(r"(\w+)(<=?)(.*)", p).groups() for p in parts if ":" not in p]
    aggregation, op, limit, words = re.fullmatch(r"([a-z]+(?:\([\d.]+\))?)(<=?|>=?|==)([-\d.e+]+)(.*)", x["expression"]).groups()
    begin = int(float((re.search(r"from ([\d.]+)s", words) or [0, "0"])[1]) * 1e6)
    over = int((re.search(r"over (\d+)s", words) or [0, "0"])[1])
    holds = lambda v: v is not None and OPS[op](v, float(limit))
    if not any(r["request_id"] is not None and begin <= r["end_us"] and fits(r, [f for f in filters if f[0] in ("name", "method")]) for r in rows) \
            and metric != "goodput":
        assert x["value"] is None and not x["ok"] and "read as a stream" in x["reason"], x
        return
    if over == 0:
        want, n = value(metric, filters, limits, aggregation, begin, duration)
        assert x["samples"] == n, (x, n)
        ok = holds(want)
    else:
        windows = [value(metric, filters, limits, aggregation, at, at + over * 1000000)[0]
                   for at in range(begin, duration - over * 1000000 + 1, 1000000)]
        assert x["windows"] == len(windows) and x["windows_crossed"] == sum(not holds(w) for w in windows), (x, windows)
        ok = all(map(holds, windows))
        want = (max if "<" in op else min)([w for w in windows if w is not None], default=None)
    assert (x["value"] is None) == (want is None), (x, want)
    assert want is None or math.isclose(x["value"], want, rel_tol=1e-9, abs_tol=1e-6), (x, want)
    # A run that one of them ended has failed it, whatever came after.
    assert x["ok"] == ok or "which ended the run" in x["reason"], (x, want)
    assert x["interval"] is None or x["interval"][0] <= x["value"] <= x["interval"][1], x
    assert x["unit"] == ("share" if metric == "goodput" else "ms" if metric in TIMES else "count" if aggregation == "count" else "per_second"), x


mine = [x for x in results if re.match(r"(ttf[to]|time_per_token|token_gap|output_tokens|goodput)\b", x["metric"])]
for result in mine:
    check(result)
print(len(mine))
