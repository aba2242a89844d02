#!/usr/bin/env python3
"""A run and the server's log of it, made by hand: request i of user i % 100 is sent at 4 i us, arrives 150 us later and takes
37 i % 900000 + 1 us; its answer needs another 150 us. The server's clock stands 150 us behind the client's.

make_log.py run OUT.db N                the client's side, with traces
make_log.py log N [--ndjson] [--service NAME] [--day D] [--untraced]
                                        the log, as `gcloud logging read --format=json` prints it, to stdout
"""
import argparse
import datetime
import json
import os
import sqlite3
import subprocess
import sys

RUN = "0123456789abcdef"


def took(i):
    return i * 37 % 900000 + 1


def make_run(path, n):
    here = os.path.dirname(os.path.abspath(__file__))
    subprocess.check_call([sys.executable, os.path.join(here, "make_run.py"), path, "empty"])
    db = sqlite3.connect(path)
    db.execute("PRAGMA synchronous = OFF")  # a test waits for this
    db.execute("INSERT INTO manifest VALUES ('trace_run', ?)", (RUN,))
    db.execute("INSERT INTO result(id, endpoint, status, outcome, error, new_connection, sent_again) "
                   "VALUES (1, 0, 200, 0, NULL, 0, 0)")
    db.executemany("INSERT INTO request(id, result, user, at_us, lag_us, took_us, "
               "rest_us, dns_us, connect_us, tls_us, bytes_sent, bytes_received) "
               "VALUES (?, 1, ?, ?, NULL, ?, NULL, NULL, NULL, NULL, 0, 0)",
                   ((i + 1, i % 100, i * 4, took(i) + 300) for i in range(n)))
    db.commit()


def entry(service):
    """One entry with marks where entries differ: formatting a million of them by json.dumps would take a minute."""
    return {
        "httpRequest": {"latency": "@latencys", "protocol": "HTTP/1.1", "remoteIp": "66.102.8.70", "requestMethod": "POST",
                        "requestSize": "2008", "requestUrl": "https://s-ue.a.run.app/predict", "responseSize": "130",
                        "serverIp": "34.143.77.2", "status": 200,
                        "userAgent": "APIs-Google; (+https://developers.google.com/webmasters/APIs-Google.html)"},
        "insertId": "@id",
        "labels": {"instanceId": "@instance"},
        "logName": "projects/p/logs/run.googleapis.com%2Frequests",
        "receiveTimestamp": "2026-11-24T03:05:06.581156755Z",
        "resource": {"labels": {"configuration_name": service, "location": "us-east1", "project_id": "p",
                                "revision_name": service + "-00004-wan", "service_name": service},
                     "type": "cloud_run_revision"},
        "severity": "INFO", "spanId": "33c9bb1a23bd38f2", "timestamp": "@timestamp",
        "trace": "projects/p/traces/@trace", "traceSampled": True}


def write_log(o):
    parts = json.dumps(entry(o.service), indent=None if o.ndjson else 2)
    form = parts.replace("%", "%%")
    for name in ("latency", "id", "instance", "timestamp", "trace"):
        form = form.replace("@" + name, "%(" + name + ")s")
    start = datetime.datetime(2026, 11, o.day, 3)
    instances = ["%064x" % (i * 7919) for i in range(20)]
    run = "f" * 16 if o.untraced else RUN
    out = sys.stdout
    if not o.ndjson:
        out.write("[\n")
    for i in range(o.n):
        out.write(",\n" if i > 0 and not o.ndjson else "")
        out.write(form % {
            "latency": "0.%06d" % took(i), "id": "%s%024x" % ("u" if o.untraced else "t", i), "instance": instances[i % 20],
            "timestamp": (start + datetime.timedelta(microseconds=4 * i)).isoformat(timespec="microseconds") + "Z",
            "trace": "%s%08x%08x" % (run, i % 100, i // 100)})
        out.write("\n" if o.ndjson else "")
    if not o.ndjson:
        out.write("\n]\n")


def main():
    p = argparse.ArgumentParser()
    p.add_argument("what", choices=["run", "log"])
    p.add_argument("args", nargs="+")
    p.add_argument("--ndjson", action="store_true")
    p.add_argument("--service", default="s")
    p.add_argument("--day", type=int, default=24)
    p.add_argument("--untraced", action="store_true")
    o = p.parse_args()
    o.n = int(o.args[-1])
    if o.what == "run":
        make_run(o.args[0], o.n)
    else:
        write_log(o)


main()
