#!/usr/bin/env python3
"""web_long_page.py PAGE.html STATE.json: the page, given a day of 50 endpoints instead of its own run, in Chromium.

STATE.json is one that the page has got; here it becomes long. What the page loads is bounded. It prints how long Chromium's scripts ran; no
test, because machines are busy.
"""
import http.server
import json
import math
import os
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))
import browser  # noqa: E402

BYTES_MAX = 200000


def lengthen(state):
    points, one = 338, state["endpoints"][0]
    state["endpoints"] = [dict(one, name=f"/api/v1/resource/{i}", requests=1000 + i) for i in range(50)]
    state["elapsed_s"] = state["load_end_s"] = 86400
    state["users"] = 1000
    wave = [50 + 40 * math.sin(i / 9) for i in range(points)]
    state["course"] = {"step_s": 256, "first": 0, "requests": [round(20 * x) for x in wave], "failures": [round(x) for x in wave],
                       "users": [1000] * points, "p50_ms": [round(x, 3) for x in wave], "p95_ms": [round(3 * x, 3) for x in wave],
                       "p99_ms": [round(90 * x, 3) for x in wave], "bands": [[8 + i % 5] + [(i * j) % 997 for j in range(1, 25)] for i in range(points)]}
    state["events"] = [{"number": i + 1, "at_s": i * 800, "kind": "stage", "text": f"stage {i} of 100"} for i in range(100)]
    return state


def main():
    page = open(sys.argv[1], "rb").read()
    state = json.dumps(lengthen(json.load(open(sys.argv[2]))), separators=(",", ":")).encode()
    assert len(state) <= BYTES_MAX, len(state)

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            body = state if self.path == "/api/state" else page
            self.send_response(200)
            self.send_header("Content-Type", "application/json" if body is state else "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with browser.Browser() as b:
        b.call("Performance.enable")
        b.look(1200, 900)
        best = None
        for _ in range(5):
            b.open(f"http://127.0.0.1:{server.server_port}/")
            b.settle(1)
            assert b.value("document.querySelectorAll('.plot .s1').length") == 3, b.complaints
            assert b.value("document.querySelector('#figure-rate .s1').getAttribute('d').split('L').length") == 338
            assert b.value("document.querySelector('#endpoints').tBodies[0].rows.length") == 50
            assert "256" in b.value("document.querySelector('#step').textContent") or "4m" in b.value("document.querySelector('#step').textContent")
            spent = {m["name"]: m["value"] for m in b.call("Performance.getMetrics")["metrics"]}["ScriptDuration"]
            best = spent if best is None else min(best, spent)
        # Part of it: the axes begin later, and a reset brings all of it back.
        span = "[...document.querySelectorAll('#figure-rate text.tx')].map(t => Number(t.textContent))"
        assert b.value(span)[0] == 0, b.value(span)
        b.value("(x => { x.value = '3600'; x.dispatchEvent(new Event('change')); })(document.getElementById('window'))")
        assert 1370 < b.value(span)[0] < 1390, b.value(span)  # minutes: the last hour of a day
        b.value("document.getElementById('reset').click()")
        assert b.value(span)[0] == 0, b.value(span)
        assert b.complaints == [], b.complaints
        if len(sys.argv) > 3:
            b.picture(sys.argv[3])
    print(f"{len(state)} bytes, {1000 * best:.0f} ms of script")


main()
