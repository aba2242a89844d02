#!/usr/bin/env python3
"""make_clock_run.py OUT.db LOG.json END_US...: requests of one user and what a server's log says of them; the k-th answer's end is logged
END_US microseconds after the client had sent the request plus 10 ms, which is when the client had the answer. Each arrived 300 us after it
was sent by the server's clock, but for the first: 700 us."""
import json
import sys
from datetime import datetime, timedelta, timezone

import rows

out, log, ends = sys.argv[1], sys.argv[2], [int(x) for x in sys.argv[3:]]
RUN = "00112233445566aa"
start = datetime(2026, 11, 24, 3, 0, 0, 250, tzinfo=timezone.utc)  # 250 us that started_utc has no digits for
started_us = int(start.timestamp() * 1000000)
with rows.File(out, duration_us=5000000, manifest=[("trace_run", RUN), ("started_us", started_us)]) as f, open(log, "w", encoding="utf-8") as to:
    for i, end_us in enumerate(ends):
        sent_us = (i + 1) * 100000
        arrived_us = sent_us + (700 if i == 0 else 300)
        f.add(sent_us=sent_us, took_us=10000, ttfb_us=9000)
        latency_us = sent_us + 10000 + end_us - arrived_us
        at = start + timedelta(microseconds=arrived_us)
        to.write(json.dumps({
            "insertId": str(i), "timestamp": at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"), "trace": f"projects/x/traces/{RUN}{0:08x}{i:08x}",
            "logName": "projects/x/logs/run.googleapis.com%2Frequests", "labels": {"instanceId": "one"},
            "resource": {"type": "cloud_run_revision", "labels": {"service_name": "s", "revision_name": "s-1"}},
            "httpRequest": {"requestMethod": "GET", "requestUrl": "http://s/", "status": 200, "latency": f"{latency_us / 1e6:.6f}s"}}) + "\n")
