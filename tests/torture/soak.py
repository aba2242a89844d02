#!/usr/bin/env python3
"""soak.py [--time 2h] [--rate N] [--plain]: a long run with flows, feeders, TLS, an open page and a Prometheus that reads it.

The load is an arrival rate; each arrival is a task of two requests with a feeder, a capture and checks. TLS ends in nginx, before the target.

Good is: memory rises by at most 1 MB an hour (a straight line through the second half of the run), open files stay the same, no row is lost,
and the dispatch lag (p99) of the last sixth is within 20 % of the first's, or below 1 ms.
"""
import argparse
import http.client
import os
import re
import shutil
import subprocess
import sys
import threading
import time

import nginx
import torture

SLOPE_MAX_MB = 1.0
LAG_SHARE, LAG_SMALL_US = 1.2, 1000
SCENARIO = """{ "name": "soak", "target": "%s", %s"load": { "rate": %d, "duration": "%ds", "max_users": 2000 },
  "feeders": { "row": { "csv": "rows.csv" } },
  "tasks": [ { "name": "visit", "steps": [
      { "path": "/", "checks": [ { "status": 200 } ], "capture": { "word": { "regex": "(\\\\w+)" } } },
      { "method": "POST", "path": "/predict", "json": { "who": "${row.name}", "word": "${word}" }, "checks": [ { "json": "/class", "matches": "." } ] } ] } ],
  "thresholds": { "http_req_duration": ["p(95)<60000"] } }"""
HTTPS = """upstream target { server %s:%s; keepalive 256; keepalive_requests 1000000; }
  server { listen 127.0.0.1:PORT ssl backlog=4096; ssl_certificate %s/server.pem; ssl_certificate_key %s/server.key;
    location / { proxy_pass http://target; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_next_upstream off; } }"""


def seconds_of(text):
    found = re.fullmatch(r"(\d+(?:\.\d+)?)(s|m|h)", text)
    if not found:
        raise argparse.ArgumentTypeError(f"{text} is no time such as 10m or 2h")
    return float(found[1]) * {"s": 1, "m": 60, "h": 3600}[found[2]]


def slope(points):
    """Least squares: change of y per unit of x."""
    n = len(points)
    mean_x, mean_y = sum(x for x, _ in points) / n, sum(y for _, y in points) / n
    return sum((x - mean_x) * (y - mean_y) for x, y in points) / sum((x - mean_x) ** 2 for x, _ in points)


def watch_page(port, stopped, seen):
    """A browser that has the page open, and a Prometheus."""
    events = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    events.request("GET", "/api/events")
    stream = events.getresponse()

    def scrape():
        while not stopped.wait(5):
            try:
                c = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
                c.request("GET", "/metrics")
                seen["metrics"] += len(c.getresponse().read()) > 0
                c.close()
            except OSError:
                pass

    threading.Thread(target=scrape, daemon=True).start()
    while not stopped.is_set():
        try:
            line = stream.readline()
        except OSError:
            return
        if not line:
            return
        seen["events"] += line.startswith(b"data:")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--time", type=seconds_of, default=600.0)
    parser.add_argument("--rate", type=int, default=1000)
    parser.add_argument("--plain", action="store_true", help="without TLS, and without nginx")
    options = parser.parse_args()
    torture.start()
    part, target, where = torture.Part("soak"), torture.Target(), torture.folder()
    url, http_section, front = target.url, "", None
    if not options.plain:
        subprocess.run([os.path.join(torture.ROOT, "tests/support/make-certs"), where], check=True, stdout=subprocess.DEVNULL)
        front = nginx.Nginx(HTTPS % (target.host, target.port, where, where), 1, 8192)
        url, http_section = f"https://127.0.0.1:{front.port}", '"http": { "ca": "ca.pem" }, '
    with open(os.path.join(where, "s.json"), "w", encoding="utf-8") as f:
        f.write(SCENARIO % (url, http_section, options.rate, options.time))
    with open(os.path.join(where, "rows.csv"), "w", encoding="utf-8") as f:
        f.write("name\n" + "".join(f"name {i}\n" for i in range(5000)))
    said = os.path.join(where, "err")
    with open(said, "wb") as err:
        process = subprocess.Popen([torture.COLDSWARM, "run", "s.json", "-o", "run.db", "--only-summary", "--web", "0"], cwd=where,
                                   env=torture.environment(None, None), stdout=subprocess.DEVNULL, stderr=err)
    began, stopped, seen, samples = time.monotonic(), threading.Event(), {"events": 0, "metrics": 0}, []
    port = None
    while process.poll() is None:
        if port is None:
            with open(said, encoding="utf-8", errors="replace") as f:
                found = re.search(r"http://127\.0\.0\.1:(\d+)", f.read().replace(url, ""))
            if found:
                port = int(found[1])
                threading.Thread(target=watch_page, args=(port, stopped, seen), daemon=True).start()
        try:
            with open(f"/proc/{process.pid}/status", encoding="ascii") as f:
                resident = int(re.search(r"VmRSS:\s+(\d+)", f.read())[1]) / 1000
            samples.append((time.monotonic() - began, resident, len(os.listdir(f"/proc/{process.pid}/fd"))))
        except (FileNotFoundError, TypeError):
            pass
        time.sleep(2)
    stopped.set()
    db = os.path.join(where, "run.db")
    with open(said, encoding="utf-8", errors="replace") as f:
        part.add(None if process.returncode in (0, 4) else f"exit code {process.returncode}: {f.read()[-400:]}")
    part.add(torture.fault_of_file(db))
    later = [(t / 3600, mb) for t, mb, _ in samples if options.time / 2 <= t <= options.time - 2]
    rise = slope(later) if len(later) > 2 else 0.0
    # A user takes memory, with its connection: with TLS, 30 kB and more. A machine that is too busy needs ever more of them at once.
    halves = [max((n for t, _, n in samples if half == (t >= options.time / 2)), default=0) for half in (False, True)]
    part.add(None if rise <= SLOPE_MAX_MB else f"memory rises by {rise:.2f} MB an hour; {halves[0]} open files at most in the first half,"
             f" {halves[1]} in the second")
    files = [n for t, _, n in samples if options.time / 4 <= t <= options.time - 2]
    part.add(None if files and max(files) - files[0] <= 64 else f"open files: {files[:1]} to {max(files, default=0)}")
    lost = torture.query(db, "SELECT coalesce(max(lost), 0) FROM client")[0][0]
    sent = torture.query(db, "SELECT count(*) FROM requests WHERE sent_us IS NOT NULL")[0][0]
    answered = torture.query(db, "SELECT count(*) FROM requests WHERE status IS NOT NULL")[0][0]
    served = target.served("/") + target.served("/predict")
    # What the end of the run cancels may have come as far as nginx.
    seen_all = answered <= served <= sent if front else sent == served
    part.add(None if lost == 0 and seen_all else f"{lost} rows lost, {sent} requests in the file, {answered} answered, the target has seen {served}")
    lags = [lag for (lag,) in torture.query(db, "SELECT dispatch_p99_us FROM client WHERE dispatch_p99_us IS NOT NULL ORDER BY second")]
    sixth = max(1, len(lags) // 6)
    first, last = sorted(lags[:sixth])[sixth // 2], sorted(lags[-sixth:])[sixth // 2]
    part.add(None if last <= max(LAG_SMALL_US, first * LAG_SHARE) else f"dispatch lag p99 was {first} us and is {last} us")
    part.add(None if seen["events"] > options.time / 2 and seen["metrics"] > options.time / 20 else f"the page gave {seen}")
    memory = [mb for _, mb, _ in samples]
    good = part.end(f"{sent} requests in {options.time:.0f} s: memory {memory[len(memory) // 2]:.1f} MB, {rise:+.2f} MB an hour, {max(files, default=0)}"
                    f" open files, dispatch lag p99 {first} us first and {last} us last")
    if front:
        front.stop()
    target.stop()
    shutil.rmtree(where)
    sys.exit(0 if good else 1)


main()
