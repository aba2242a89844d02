#!/usr/bin/env python3
"""make_results.py FOLDER: the results of one load as each of six tools writes them, and what coldswarm must make of each (truth.json).

The formats are those of the tools' documentation: JMeter 5.6 (CSV), k6 2 (--out csv and --out json), vegeta 12.12 (encode --to csv and
--to json), oha 1.10 (--db-url), and a CSV file of Locust's event `request`.
"""
import csv
import datetime
import json
import os
import random
import sqlite3
import sys

random.seed(11)
os.chdir(sys.argv[1])
START_US = 1764000000250000
FAILED = {7: (503, "", "http_error"), 31: (0, "dial: connection refused", "connect_error"), 57: (0, "request timeout", "timeout"),
          83: (0, "lookup x: no such host", "dns_error"), 91: (404, "", "http_error")}
CODES = {7: 1503, 31: 1212, 57: 1050, 83: 1101, 91: 1404}


def utc(us):
    return datetime.datetime.fromtimestamp(us / 1e6, datetime.timezone.utc).isoformat()


requests = []
for i in range(200):
    status, error, outcome = FAILED.get(i % 100, (200, "", "ok"))
    took = random.randrange(2000, 40000) // 1000 * 1000
    requests.append({"i": i, "start": START_US + i * 10000, "took": took, "status": status, "error": error, "outcome": outcome,
                     "connect": 1000 if i % 20 == 0 else 0, "method": ["GET", "POST"][i % 2], "path": f"/item/{i % 3}", "user": i % 4,
                     "received": 48 if status else 0})
truth = {}


def say(kind, fields, **changes):
    """The rows of the file in its order: those fields of each request."""
    rows = []
    for r in requests:
        row = {"start_us": r["start"], "took_us": r["took"], "outcome": r["outcome"], "status": r["status"], "name": r["path"], "method": r["method"],
               "received": r["received"]}
        row.update({k: f(r) for k, f in changes.items()})
        rows.append({k: row[k] for k in fields})
    truth[kind] = rows


ALL = ["start_us", "took_us", "outcome", "status", "name", "method", "received"]

with open("jtl.csv", "w", newline="", encoding="utf-8") as f:
    w = csv.writer(f, lineterminator="\n")
    w.writerow("timeStamp,elapsed,label,responseCode,responseMessage,threadName,dataType,success,failureMessage,bytes,sentBytes,grpThreads,"
               "allThreads,URL,Latency,IdleTime,Connect".split(","))
    for r in requests:
        code = r["status"] or {31: "Non HTTP response code: org.apache.http.conn.HttpHostConnectException",
                               57: "Non HTTP response code: java.net.SocketTimeoutException",
                               83: "Non HTTP response code: java.net.UnknownHostException"}[r["i"] % 100]
        good = r["outcome"] == "ok"
        w.writerow([r["start"] // 1000, r["took"] // 1000, "read " + r["path"], code, "OK" if good else r["error"] or "Not, found",
                    f"Users 1-{r['user'] + 1}", "text", "true" if good else "false", "", r["received"], 120, 4, 4,
                    "http://h.example:81" + r["path"], r["took"] // 1000, 0, r["connect"] // 1000])
        if r["i"] % 50 == 49:
            w.writerow([r["start"] // 1000, 500, "buy", 200, "Number of samples in transaction : 2, number of failing samples : 0", "Users 1-1",
                        "", "true", "", 96, 240, 4, 4, "null", 0, 0, 0])
say("jtl", ALL, name=lambda r: "read " + r["path"], method=lambda r: "")

with open("k6.csv", "w", newline="", encoding="utf-8") as f, open("k6.json", "w", encoding="utf-8") as j:
    w = csv.writer(f, lineterminator="\n")
    w.writerow("metric_name,timestamp,metric_value,check,error,error_code,expected_response,group,method,name,proto,scenario,service,status,"
               "subproto,tls_version,url,extra_tags,metadata".split(","))
    j.write('{"type":"Metric","data":{"name":"http_reqs","type":"counter","contains":"default","thresholds":[],"submetrics":null},"metric":"http_reqs"}\n')
    for r in requests:
        end, ms = r["start"] + r["connect"] + r["took"], r["took"] / 1000
        url = f"http://h.example:81{r['path']}?q={r['i']}"
        tags = {"error": r["error"], "error_code": str(CODES.get(r["i"] % 100, "")), "expected_response": "true" if r["outcome"] == "ok" else "false",
                "group": "", "method": r["method"], "name": url, "proto": "HTTP/2.0", "scenario": "default", "status": str(r["status"]), "url": url}
        samples = [("http_reqs", 1), ("http_req_duration", ms), ("http_req_blocked", 7), ("http_req_connecting", r["connect"] / 1000),
                   ("http_req_tls_handshaking", 0), ("http_req_sending", 0.5), ("http_req_waiting", ms - 1), ("http_req_receiving", 0.5),
                   ("http_req_failed", int(r["outcome"] != "ok"))]
        for metric, value in samples:
            w.writerow([metric, end // 1000, f"{value:f}", "", tags["error"], tags["error_code"], tags["expected_response"], "", tags["method"],
                        tags["name"], tags["proto"], "default", "", tags["status"], "", "", url, "a=b", ""])
            j.write(json.dumps({"metric": metric, "type": "Point", "data": {"time": utc(end), "value": value, "tags": tags}}) + "\n")
        w.writerow(["iteration_duration", end // 1000, "12.500000"] + [""] * 8 + ["default"] + [""] * 7)
        j.write(json.dumps({"metric": "vus", "type": "Point", "data": {"time": utc(end), "value": 4, "tags": {}}}) + "\n")
K6 = ["start_us", "took_us", "outcome", "status", "name", "method"]
say("k6-csv", K6, took_us=lambda r: r["took"] + r["connect"])
say("k6-json", K6, took_us=lambda r: r["took"] + r["connect"])

with open("vegeta.csv", "w", newline="", encoding="utf-8") as f, open("vegeta.json", "w", encoding="utf-8") as j:
    w = csv.writer(f, lineterminator="\n")
    for r in requests:
        url = f"http://h.example:81{r['path']}?q={r['i']}"
        error = r["error"] or ("503 Service Unavailable" if r["status"] > 399 else "")
        w.writerow([r["start"] * 1000, r["status"], r["took"] * 1000, 12, r["received"], error, "eA==", "night", r["i"], r["method"], url, "QTogYg0K"])
        j.write(json.dumps({"attack": "night", "seq": r["i"], "code": r["status"], "timestamp": utc(r["start"]), "latency": r["took"] * 1000,
                            "bytes_out": 12, "bytes_in": r["received"], "error": error, "body": "eA==", "method": r["method"], "url": url,
                            "headers": {"A": ["b"]}}) + "\n")
say("vegeta-csv", ALL)
say("vegeta-json", ALL)

with open("locust.csv", "w", newline="", encoding="utf-8") as f:
    w = csv.writer(f)
    w.writerow(["timestamp", "request_type", "name", "response_time", "response_length", "status_code", "exception"])
    for r in requests:
        w.writerow([f"{(r['start'] + r['took']) / 1e6:.6f}", r["method"], r["path"], r["took"] / 1000, r["received"], r["status"] or "", r["error"]])
say("locust-csv-requests", ALL)

if os.path.exists("oha.db"):
    os.remove("oha.db")
with sqlite3.connect("oha.db") as db:
    db.execute("CREATE TABLE oha (url TEXT NOT NULL, start REAL NOT NULL, first_byte REAL, duration REAL NOT NULL, status INTEGER NOT NULL, "
               "len_bytes INTEGER NOT NULL, run INTEGER NOT NULL)")
    for r in requests:
        if r["status"]:
            at = (r["start"] - START_US) / 1e6 + 0.25
            db.execute("INSERT INTO oha VALUES (?, ?, ?, ?, ?, ?, ?)", ("http://h.example:81" + r["path"], at, at + r["took"] / 2e6, r["took"] / 1e6,
                                                                     r["status"], r["received"], START_US // 1000000))
say("oha-sqlite", ALL, method=lambda r: "")
truth["oha-sqlite"] = [r for r in truth["oha-sqlite"] if r["status"]]
with open("truth.json", "w", encoding="utf-8") as f:
    json.dump(truth, f)
