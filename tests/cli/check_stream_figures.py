#!/usr/bin/env python3
"""check_stream_figures.py RUN.db DIR: the numbers behind the figures of streamed answers, worked out again from the rows."""
import csv
import json
import math
import sqlite3
import sys

run, folder = sys.argv[1:3]
db = sqlite3.connect(run)
db.row_factory = sqlite3.Row
rows = [dict(r) for r in db.execute("SELECT r.*, s.* FROM requests r JOIN streams s ON s.request_id = r.id ORDER BY r.id")]
try:
    cold = {r[0] for r in db.execute("SELECT s.request_id FROM server_requests s JOIN instances i ON i.instance = s.instance "
                                     "WHERE s.at_us < i.ready_us AND s.request_id NOT NULL")}
    labelled = db.execute("SELECT count(*) FROM server_requests WHERE request_id NOT NULL").fetchone()[0] > 0
except sqlite3.OperationalError:  # a file without the server's side
    cold, labelled = set(), False


def read(name):
    return list(csv.DictReader(open(f"{folder}/data/{name}.csv")))


def fail(text):
    sys.exit(f"check_stream_figures: {text}")


seconds = len(read("users"))
tokens, flight, gaps = [0.0] * seconds, [0.0] * seconds, []
points, prompts = [], []
for r in rows:
    for s in range(seconds):
        flight[s] += max(0, min(r["end_us"], (s + 1) * 10**6) - max(r["sent_us"], s * 10**6)) / 1e6
    if r["ttft_us"] is None:
        continue
    at, all_of_them = r["sent_us"] + r["ttft_us"], json.loads(r["gaps_us"])
    for gap in [None] + all_of_them:
        at += gap or 0
        tokens[min(at // 10**6, seconds - 1)] += r["output_tokens"] / r["token_events"]
        if gap is not None:
            gaps.append((at, gap))
    if r["outcome"] != "cancelled":
        label = "cold" if r["id"] in cold else "warm"
        points.append((r["sent_us"] / 1e6, r["ttft_us"] / 1e3, label))
        if r["prompt_tokens"] is not None:
            prompts.append((r["prompt_tokens"], r["ttft_us"] / 1e3, label))

for name, want in (("output_tokens", tokens), ("in_flight", flight)):
    got = [float(x[name]) for x in read("streams_in_flight" if name == "in_flight" else name)]
    if len(got) != seconds or any(not math.isclose(a, b, abs_tol=1e-6) for a, b in zip(got, want)):
        fail(f"{name}: {got}, not {want}")

for name, x, want in (("ttft", "time_s", points), ("ttft_by_prompt", "prompt_tokens", prompts)):
    got = [(float(p[x]), float(p["ttft_ms"]), p.get("label") or "warm") for p in read(name) if p["ttft_ms"]]
    if (read(name)[0].get("label") is not None) != labelled:
        fail(f"{name} has labels: {not labelled}")
    for p in got:
        if not any(abs(p[0] - q[0]) < 1e-6 and abs(p[1] - q[1]) < 1e-6 and p[2] == q[2] for q in want):
            fail(f"{name} has {p}, which no row has")
    far = max(q[0] for q in want)
    for q in want:  # thinned: something of its kind lies where it would
        if not any(abs(p[0] - q[0]) <= far / 200 and 0.9 <= p[1] / q[1] <= 1.1 and p[2] == q[2] for p in got):
            fail(f"{name} lacks {q}")

heat = read("token_gaps")[:-1]
if sum(int(f["gaps"]) for f in heat) != len(gaps):
    fail(f"{sum(int(f['gaps']) for f in heat)} gaps in the heat map, not {len(gaps)}")
for f in heat:
    left, right, low, high = (float(f[k]) for k in ("from_s", "to_s", "from_ms", "to_ms"))
    last = right >= max(float(g["to_s"]) for g in heat)
    n = sum(left <= at / 1e6 and (at / 1e6 < right or last) and math.ceil(low * 1000 * (1 - 1e-9)) <= max(gap, 1) < math.ceil(high * 1000 * (1 - 1e-9))
            for at, gap in gaps)
    if n != int(f["gaps"]):
        fail(f"{f}, not {n}")
print(f"{len(rows)} streams, {len(points)} points, {len(gaps)} gaps, {len(cold)} cold")
