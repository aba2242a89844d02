#!/usr/bin/env python3
"""check_numbers.py RUN.db REPORT: runs the SQL of every number in REPORT/numbers.json on the run file and holds what it
gives against the value there and against tables.json; and every number of tables.json must be there.
"""
import json
import sqlite3
import sys


def near(a, b):
    return a is not None and b is not None and abs(a - b) <= 1e-9 * max(1, abs(b))


def of_entry(e):
    """(table, key): value, of all numbers of an endpoint in tables.json."""
    out = {}
    for key, value in e.items():
        if isinstance(value, dict):
            table = "service_times" if key.startswith("service") else "response_times"
            for level, x in value.items() if key != "requests_needed" else ():
                if isinstance(x, list):
                    out[table, level + "_low"], out[table, level + "_high"] = x
                elif x is not None:
                    out[table, level] = x
        elif key not in ("method", "name") and value is not None:
            out["requests", key] = value
    return out


def of_streams(report):
    out = {}
    for table in "streams", "stream_times", "stream_tokens", "stream_ends", "stream_asked":
        for x in report.get(table, []):
            about = [x[k] for k in ("time", "finish") if k in x]
            for k, v in x.items():
                if k not in ("method", "name", "time", "finish") and v is not None:
                    out[(x["method"], x["name"], table, k, *about)] = v
    for x in report.get("stream_goodput", []):
        out.update({("", x["limits"], "stream_goodput", k): v for k, v in x.items() if k != "limits" and v is not None})
    return out


def main():
    db = sqlite3.connect(sys.argv[1])
    report = json.load(open(sys.argv[2] + "/tables.json"))
    numbers = json.load(open(sys.argv[2] + "/numbers.json", encoding="ascii"))
    missing = {}
    for e in report["endpoints"] + [report["aggregated"]]:
        for key, value in of_entry(e).items():
            missing[(e["method"], e["name"]) + key] = value
    for e in report["errors"]:
        if e["outcome"]:
            missing[e["method"], e["name"], "errors", "count", e["outcome"], e["error"]] = e["count"]
    for x in report.get("iterations", []):
        missing.update({("", x["name"], "iterations", k): v for k, v in x.items() if k != "name" and v is not None})
    missing.update({("", "", "connections", k): v for k, v in report.get("connections", {}).items() if v is not None})
    for x in report.get("checks", []):
        missing.update({("", x["request"], "checks", k, x["check"]): x[k] for k in ("passes", "fails", "passed_percent", "not_judged")})
    missing.update(of_streams(report))
    for n in numbers["numbers"]:
        rows = db.execute(n["sql"]).fetchall()
        assert len(rows) == 1 and len(rows[0]) == 1, n
        assert near(rows[0][0], n["value"]), (n, rows)
        key = (n["method"], n["name"], n["table"], n["key"])
        key += (n["outcome"], n["error"]) if n["table"] == "errors" else (n["check"],) if n["table"] == "checks" else \
            (n["time"],) if n["table"] == "stream_times" else (n["finish"],) if n["table"] == "stream_ends" else ()
        assert near(missing.pop(key), n["value"]), n
    assert not missing, missing
    without = numbers["without_sql"]
    assert [x[len("server_"):] for x in without if x.startswith("server_")] == \
        [k for k in report.get("server", {}) if k not in ("cold_start_rule", "cold_start_guess_rule", "cost_basis")]
    assert {x for x in without if not x.startswith("server_")} <= {"dialects"}  # sums over gaps, by rules of others
    print(len(numbers["numbers"]), "numbers")


main()
