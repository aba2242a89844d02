#!/usr/bin/env python3
"""check_exports.py RUN.db DIR: holds response_time.hgrm, service_time.hgrm, requests.jtl, k6_summary.json and junit.xml of a report
against what Python works out from the view `requests`, by the published rules and not from our code. Needs xmllint too."""
import csv
import datetime
import http.client
import json
import math
import os
import sqlite3
import statistics
import subprocess
import sys
import xml.etree.ElementTree as xml

UNTIMED = ("not_sent", "cancelled", "unsendable")


def near(a, b, rel=1e-9):
    return math.isclose(a, b, rel_tol=rel, abs_tol=1e-9)


def quantile(values, p):
    v, at = sorted(values), p * (len(values) - 1)
    low = int(at)
    return v[low] + (v[min(low + 1, len(v) - 1)] - v[low]) * (at - low)


# ---- hgrm: HdrHistogram with 3 digits, from 1 us

def equivalent(us):
    """The lowest value and the size of its bucket: 2048 sub-buckets, the upper half of each further octave."""
    shift = max(0, us.bit_length() - 11)
    return us >> shift << shift, 1 << shift


def hgrm(times):
    """outputPercentileDistribution(out, 5, 1000.0), as text."""
    counts = {}
    for us in times:
        counts[equivalent(us)] = counts.get(equivalent(us), 0) + 1
    n, below, level, out = len(times), 0, 0.0, []
    out.append("%12s %14s %10s %14s\n\n" % ("Value", "Percentile", "TotalCount", "1/(1-Percentile)"))
    for low, size in sorted(counts):
        below += counts[low, size]
        while 100.0 * below / n >= level:
            out.append("%12.3f %2.12f %10d %14.2f\n" % ((low + size - 1) / 1000, level / 100, below, 1 / (1 - level / 100)))
            level += 100.0 / (5 * 2 ** (int(math.log(100.0 / (100.0 - level)) / math.log(2)) + 1))
            if below == n:
                break
    low, size = max(counts) if counts else (0, 1)
    if counts:
        out.append("%12.3f %2.12f %10d\n" % ((low + size - 1) / 1000, 1, n))
    middles = {key: key[0] + key[1] // 2 for key in counts}
    mean = sum(middles[k] * counts[k] for k in counts) / n if n else 0
    deviation = math.sqrt(sum((middles[k] - mean) ** 2 * counts[k] for k in counts) / n) if n else 0
    buckets = 1
    while n and 2048 << (buckets - 1) <= max(times):
        buckets += 1
    out.append("#[Mean    = %12.3f, StdDeviation   = %12.3f]\n" % (mean / 1000, deviation / 1000))
    out.append("#[Max     = %12.3f, Total count    = %12d]\n" % ((low + size - 1) / 1000, n))
    out.append("#[Buckets = %12d, SubBuckets     = %12d]\n" % (buckets, 2048))
    return "".join(out)


def check_hgrm(path, times):
    with open(path, encoding="ascii") as f:
        text = f.read()
    assert text == hgrm(times), f"{path}:\n{text}\nexpected:\n{hgrm(times)}"
    # As the plotter reads it: lines of numbers, comments with '#', a head that has no number in front.
    for line in text.splitlines()[2:]:
        assert line.startswith("#[") or 3 <= len([float(x) for x in line.split()]) <= 4, line


# ---- jtl

def check_jtl(path, rows, start_ms, endpoints):
    with open(path, newline="", encoding="utf-8") as f:
        head = f.readline()
        assert head == ("timeStamp,elapsed,label,responseCode,responseMessage,threadName,dataType,success,failureMessage,bytes,"
                        "sentBytes,grpThreads,allThreads,URL,Latency,IdleTime,Connect\n"), head
        lines = list(csv.reader(f, strict=True))
    assert len(lines) == len(rows), (len(lines), len(rows))
    methods = {}
    for name, method in endpoints:
        methods.setdefault(name, set()).add(method)
    for got, r in zip(lines, rows):
        assert len(got) == 17, got
        assert not any(c[:1] in "=+-@\t\r" for c in got if c and not c.lstrip("-").isdigit()), got
        assert not any(ord(ch) < 32 or ch == "\x7f" for c in got for ch in c), got
        sent, end = (start_ms * 1000 + r["began_us"]) // 1000, (start_ms * 1000 + r["end_us"]) // 1000
        assert int(got[0]) == sent and int(got[1]) == end - sent, (got, r["id"])
        if r["plain"]:
            label = r["name"] if len(methods[r["name"]]) == 1 else r["method"] + " " + r["name"]
            assert got[2] == label, (got, label)
            assert got[8] == ("" if r["outcome"] == "ok" else r["error"] or ""), got
        if r["status"] is None:
            assert got[3] == "Non HTTP response code: " + r["outcome"] and got[6] == "", got
            assert got[4].startswith("Non HTTP response message: "), got
        else:
            assert got[3] == str(r["status"]) and got[4] == http.client.responses[r["status"]], got
        assert got[5] == f"users 1-{r['user'] + 1}" and got[7] == ("true" if r["outcome"] == "ok" else "false"), got
        assert int(got[9]) == r["bytes_received"] and int(got[10]) == r["bytes_sent"], got
        assert got[11] == got[12] == str(r["users"]), (got, r["users"])
        assert int(got[14]) == max(0, r["ttfb_us"] or 0) // 1000, got
        assert int(got[15]) == ((r["response_us"] or 0) - (r["service_us"] or 0)) // 1000, got
        assert int(got[16]) == ((r["dns_us"] or 0) + (r["connect_us"] or 0) + (r["tls_us"] or 0)) // 1000, got


# ---- k6

def check_trend(metric, us):
    want = {"avg": statistics.fmean(us), "min": min(us), "med": quantile(us, 0.5), "max": max(us), "p(90)": quantile(us, 0.9),
            "p(95)": quantile(us, 0.95)}
    assert {k for k in metric if k != "thresholds"} == set(want), metric
    for key, value in want.items():
        assert near(metric[key], value / 1000, 1e-12), (key, metric[key], value)


def check_k6(path, rows, every, duration_s, iterations, checks):
    with open(path, encoding="ascii") as f:
        text = f.read()
    summary = json.loads(text, object_pairs_hook=lambda pairs: dict(pairs) if len(dict(pairs)) == len(pairs) else 1 / 0)
    assert text.startswith('{\n    "metrics": {\n        "'), text[:60]
    assert set(summary) == {"metrics", "root_group"}
    root = summary["root_group"]
    assert dict(root, checks={}) == {"name": "", "path": "", "id": "d41d8cd98f00b204e9800998ecf8427e", "groups": {}, "checks": {}}
    m = summary["metrics"]
    failed = [r for r in rows if r["outcome"] != "ok"]
    assert m["http_reqs"]["count"] == len(rows)
    assert m["iterations"]["count"] == len(iterations)
    assert near(m["http_reqs"]["rate"], len(rows) / duration_s, 1e-12)
    # What could not be built has failed, and is no request.
    bad = len(failed) + sum(r["outcome"] == "unsendable" for r in every)
    whole = len(rows) + bad - len(failed)
    assert m["http_req_failed"] == {"passes": bad, "fails": whole - bad, "value": m["http_req_failed"]["value"]}
    assert near(m["http_req_failed"]["value"], bad / whole if whole else 0)
    assert m["data_received"]["count"] == sum(r["bytes_received"] for r in rows)
    assert m["data_sent"]["count"] == sum(r["bytes_sent"] for r in rows)
    dropped = sum(r["outcome"] == "not_sent" for r in every)
    assert m.get("dropped_iterations", {"count": 0})["count"] == dropped
    if not rows:
        return

    def setup(r):
        return (r["dns_us"] or 0) + (r["connect_us"] or 0) + (r["tls_us"] or 0)

    check_trend(m["http_req_duration"], [max(0, r["service_us"] - setup(r)) for r in rows])
    good = [max(0, r["service_us"] - setup(r)) for r in rows if r["outcome"] == "ok"]
    if good:
        check_trend(m["http_req_duration{expected_response:true}"], good)
    check_trend(m["http_req_blocked"], [r["dns_us"] or 0 for r in rows])
    check_trend(m["http_req_connecting"], [r["connect_us"] or 0 for r in rows])
    check_trend(m["http_req_tls_handshaking"], [r["tls_us"] or 0 for r in rows])
    heard = [r for r in rows if r["ttfb_us"] is not None]
    if heard:
        check_trend(m["http_req_waiting"], [max(0, r["ttfb_us"] - setup(r)) for r in heard])
        check_trend(m["http_req_receiving"], [max(0, r["service_us"] - r["ttfb_us"]) for r in heard])
    else:
        assert "http_req_waiting" not in m and "http_req_receiving" not in m
    check_trend(m["iteration_duration"], iterations)
    if not checks:
        assert "checks" not in m and root["checks"] == {}
        return
    passes, fails = sum(p for _, p, _ in checks), sum(f for _, _, f in checks)
    assert (m["checks"]["passes"], m["checks"]["fails"]) == (passes, fails), m["checks"]
    assert near(m["checks"]["value"], passes / (passes + fails))
    assert {(k, c["name"], c["path"], c["passes"], c["fails"]) for k, c in root["checks"].items()} == {
        (n, n, "::" + n, p, f) for n, p, f in checks}, root
    assert len({c["id"] for c in root["checks"].values()}) == len(checks)


# ---- junit

def check_junit(path, every, endpoints, run):
    subprocess.run(["xmllint", "--noout", "--nonet", path], check=True)
    with open(path, "rb") as f:
        assert b"]]>" not in f.read()
    root = xml.parse(path).getroot()
    suite = root.find("testsuite")
    cases = suite.findall("testcase")
    kinds = [c.get("classname") for c in cases]
    unique = sorted(set(endpoints))
    assert kinds.count("coldswarm.endpoint") == len(unique), kinds
    assert kinds.count("coldswarm.verdict") == 1
    assert len(cases) == int(suite.get("tests")) == int(root.get("tests"))
    assert len(suite.findall("testcase/failure")) == int(suite.get("failures")) == int(root.get("failures"))
    assert len(suite.findall("testcase/skipped")) == int(suite.get("skipped"))
    by_name = {c.get("name"): c for c in cases}
    for name, method in unique:
        all_of = [r for r in every if (r["name"], r["method"]) == (name, method)]
        of = [r for r in all_of if r["outcome"] not in UNTIMED]
        bad = [r for r in of if r["outcome"] != "ok"]
        unsendable = [r for r in all_of if r["outcome"] == "unsendable"]
        failed = bad + unsendable
        if not of + unsendable or not all_of[0]["plain"]:
            continue
        case = by_name[f"{method} {name}"]
        failure = case.find("failure")
        assert (failure is not None) == bool(failed), name
        if failed:
            message = [f"{len(bad)} of {len(of)} request{'' if len(of) == 1 else 's'} failed ({100 * len(bad) / len(of):.2f} %)"] if of else []
            if unsendable:
                message.append(f"not sent because they could not be built: {len(unsendable)}")
            assert failure.get("message") == "; ".join(message), failure.get("message")
            counts = {}
            for r in failed:
                key = f"{r['outcome']}: {r['error'] if r['error'] is not None else 'status %d' % r['status']}"
                counts[key] = counts.get(key, 0) + 1
            assert sorted(failure.text.split("\n")[1:-1]) == sorted(f"{n} {k}" for k, n in counts.items()), failure.text
            outcomes = {r["outcome"] for r in failed}
            assert failure.get("type") in outcomes
        assert not of or near(float(case.get("time")), round(statistics.fmean(r["response_us"] for r in of) / 1e6, 6), 1e-5)
    assert suite.get("name") == run["name"] and suite.get("timestamp") == run["started_utc"][:19]


def main():
    db, folder = sqlite3.connect(sys.argv[1]), sys.argv[2]
    db.row_factory = sqlite3.Row
    db.text_factory = lambda b: b.decode("utf-8", "replace")
    run = dict(db.execute("SELECT * FROM run").fetchone())
    users = dict(tuple(r) for r in db.execute("SELECT second, users FROM seconds"))
    last = max(users)
    every = [dict(r) for r in db.execute("SELECT * FROM requests ORDER BY id")]
    for r in every:
        r["plain"] = all(t is None or (t.isascii() and t.isprintable() and t[:1] not in "=+-@") for t in (r["name"], r["error"]))
        # What could not be built has one moment, and no time.
        r["began_us"] = r["end_us"] if r["outcome"] == "unsendable" else r["sent_us"]
        if r["began_us"] is not None:
            r["users"] = users.get(min(r["began_us"] // 1000000, last))
    rows = [r for r in every if r["outcome"] not in UNTIMED]
    endpoints = [tuple(r) for r in db.execute("SELECT name, method FROM endpoint ORDER BY id")]
    start = datetime.datetime.strptime(run["started_utc"], "%Y-%m-%dT%H:%M:%S.%f%z")
    start_ms = int(start.timestamp() * 1000 + 0.5)
    check_hgrm(os.path.join(folder, "response_time.hgrm"), [r["response_us"] for r in rows])
    check_hgrm(os.path.join(folder, "service_time.hgrm"), [r["service_us"] for r in rows])
    check_jtl(os.path.join(folder, "requests.jtl"), [r for r in every if r["outcome"] not in ("not_sent", "cancelled")], start_ms, endpoints)
    views = {name for name, in db.execute("SELECT name FROM sqlite_master WHERE type = 'view'")}
    iterations, checks = [r["service_us"] for r in rows], []
    if "iterations" in views:
        iterations = [us for us, in db.execute("SELECT duration_us FROM iterations")]
    if "checks" in views:
        # C's strings end at a NUL.
        checks = [(name.split("\0")[0], passes, fails)
                  for name, passes, fails in db.execute("SELECT name, sum(passes), sum(fails) FROM checks GROUP BY name")]
    check_k6(os.path.join(folder, "k6_summary.json"), rows, every, run["duration_us"] / 1e6, iterations, checks)
    check_junit(os.path.join(folder, "junit.xml"), every, endpoints, run)


main()
