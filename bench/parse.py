#!/usr/bin/env python3
"""Reads what each client reports: parse.py CLIENT FILE [FILE] prints it as JSON.

A report is {"requests": answered, "p50": us, "p90": us, "p99": us}, with "rate" where the client times its load itself.
tests/scripts/bench.bats holds these against committed outputs, bench/samples/.
"""
import csv
import io
import json
import re
import sys

UNITS = {"us": 1, "ms": 1e3, "s": 1e6, "m": 60e6}


class Unreadable(Exception):
    """The output is not of the form that we know."""


def find(pattern, text):
    match = re.search(pattern, text, re.MULTILINE)
    if not match:
        raise Unreadable(f"no \"{pattern}\" in its output")
    return match.group(1)


def quantile(ordered, p):
    """Linear interpolation at p * (n - 1), as coldswarm itself does it."""
    if not ordered:
        raise Unreadable("no request was answered")
    position = p * (len(ordered) - 1)
    low = int(position)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (position - low)


def quantiles(values):
    ordered = sorted(values)
    return {f"p{n}": quantile(ordered, n / 100) for n in (50, 90, 99)}


def wrk(text):
    report = {"requests": int(find(r"(\d+) requests in", text))}
    for n in (50, 90, 99):
        number, unit = re.match(r"([\d.]+)(\w+)", find(rf"^\s+{n}%\s+([\d.]+\w+) *$", text)).groups()
        report[f"p{n}"] = float(number) * UNITS[unit]
    return report


def h2load(text, log=None):
    """Its percentiles come from its log: start in us since 1970, status, us."""
    report = {"requests": int(find(r"^requests: .* (\d+) succeeded", text))}
    if log:
        report.update(quantiles(int(line.split("\t")[2]) for line in log.splitlines()))
    return report


def ab(text, percentages=None):
    """The file of -e has fractions of a millisecond, the output has not."""
    report = {"requests": int(find(r"^Complete requests:\s+(\d+)", text)),
              "rate": float(find(r"^Requests per second:\s+([\d.]+)", text))}
    if int(find(r"^Failed requests:\s+(\d+)", text)):
        raise Unreadable("some of its requests failed")
    if percentages:
        at = {row[0]: float(row[1]) * 1e3 for row in list(csv.reader(io.StringIO(percentages)))[1:]}
        report.update({f"p{n}": at[str(n)] for n in (50, 90, 99)})
    return report


def hey(text):
    report = {"requests": int(find(r"^\s+\[200\]\s+(\d+) responses", text)),
              "rate": float(find(r"^\s+Requests/sec:\s+([\d.]+)", text))}
    for n in (50, 90, 99):
        report[f"p{n}"] = float(find(rf"^\s+{n}%+ in ([\d.]+) secs", text)) * 1e6
    return report


def autocannon(text):
    result = json.loads(text[text.index("{"):])
    if result["errors"] or result["non2xx"]:
        raise Unreadable(f"{result['errors']} of its requests failed")
    return {"requests": result["2xx"], "rate": result["2xx"] / result["duration"],
            **{f"p{n}": result["latency"][f"p{n}"] * 1e3 for n in (50, 90, 99)}}


def locust(text):
    """The tables at its end. Its csv files lag behind them."""
    totals = find(r"^\s+Aggregated +(\d+ +\d+\([\d.]+%\) \|.*)$", text)
    n, failed = re.match(r"(\d+) +(\d+)\(", totals).groups()
    if int(failed) or not int(n):
        raise Unreadable(f"{failed} of its {n} requests failed")
    header = find(r"^Type +Name +(50%.*) # reqs$", text).split()
    values = find(r"^\s+Aggregated +((?:\d+ *){12})$", text).split()
    at = dict(zip(header, values))
    return {"requests": int(n), "rate": float(totals.rpartition("|")[2].split()[0]),
            **{f"p{p}": int(at[f"{p}%"]) * 1e3 for p in (50, 90, 99)}}


def floor(text):
    """It keeps no times of answers."""
    return {"requests": int(find(r"^(\d+) requests,", text))}


PARSERS = {f.__name__: f for f in (wrk, h2load, ab, hey, autocannon, locust, floor)}


def main():
    texts = []
    for path in sys.argv[2:]:
        with open(path, encoding="utf-8") as f:
            texts.append(f.read())
    try:
        print(json.dumps(PARSERS[sys.argv[1]](*texts)))
    except (Unreadable, ValueError, KeyError) as e:
        sys.exit(f"{sys.argv[1]}: {e}")


if __name__ == "__main__":
    main()
