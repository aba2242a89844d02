#!/usr/bin/env python3
"""check_dialects.py RUN.db REPORT.json VLLM.json AIPERF.jsonl: works out the words and the files of other tools again, from the rows alone.

Each definition is written down here as its tool's source has it, on times in seconds of one answer after the other.
"""
import calendar
import json
import math
import sqlite3
import statistics
import sys
import time

run, report, vllm, aiperf = sys.argv[1:5]
db = sqlite3.connect(run)
db.row_factory = sqlite3.Row
rows = [dict(r) for r in db.execute(
    "SELECT r.*, s.* FROM requests r LEFT JOIN streams s ON s.request_id = r.id WHERE r.sent_us IS NOT NULL ORDER BY r.id")]
with_streams = {(r["name"], r["method"]) for r in rows if r["request_id"] is not None}
rows = [r for r in rows if (r["name"], r["method"]) in with_streams]
bad = []


def near(what, got, want, unit=1e-9):
    if got is None or want is None:
        ok = got is want
    else:
        ok = math.isclose(got, want, rel_tol=unit, abs_tol=2e-6)
    if not ok:
        bad.append(f"{what}: {got}, not {want}")


def percentile(values, p):
    values = sorted(values)
    at = p * (len(values) - 1)
    low, part = int(at), at - int(at)
    return values[low] if part == 0 else values[low] + (values[low + 1] - values[low]) * part


def chunks(r):
    """Moments of the token events, in us from the sending."""
    if r["ttft_us"] is None:
        return []
    all_of_them = [r["ttft_us"]]
    for gap in json.loads(r["gaps_us"]):
        all_of_them.append(all_of_them[-1] + gap)
    assert all_of_them[-1] == r["last_token_us"]
    return all_of_them


for r in rows:
    r["chunks"] = chunks(r) if r["request_id"] else []
    r["end"] = r["end_us"] - r["sent_us"]
    r["usage"] = r["output_tokens"] if r["tokens_from"] == "usage" else None

# ---- the table ----

streams = [r for r in rows if r["request_id"]]
HALF = {"coldswarm": "", "SGLang": "cut empty", "AIPerf": "cut", "guidellm": "cut", "inference-perf": "cut error",
        "LoadGen": "", "llmperf": "cut empty", "MLCommons endpoints": ""}
OUTCOMES = {"cut": "stream_cut", "error": "stream_error", "empty": "no_tokens"}


def is_vllm_success(r):
    """What async_request_openai_chat_completions() calls one: the body ended and an event had choices."""
    if not r["request_id"] or r["first_event_us"] is None:
        return False
    return r["outcome"] in ("ok", "check_failed", "stream_cut") or (r["outcome"] == "stream_error" and r["token_events"] > 0) or \
        (r["outcome"] == "no_tokens" and r["events"] > r["done"])


def taken(tool):
    if tool == "vLLM":
        return [r for r in streams if is_vllm_success(r)]
    good = {"ok"} | {OUTCOMES[k] for k in HALF[tool].split()} | (set() if tool == "coldswarm" else {"check_failed"})
    return [r for r in streams if r["outcome"] in good]


def diffs(moments):
    return [b - a for a, b in zip(moments, moments[1:])]


def per(span, n):
    return [span / n] if n and n > 0 else []


def less_one(n):
    return n - 1 if n else 0


def is_text(r):
    return r["tool_events"] == 0


def is_plain(r):
    return is_text(r) and r["reasoning_events"] == 0 and r["output_tokens"] == r["token_events"]


def vllm_chunks(r):
    return ([r["first_event_us"]] if r["first_event_us"] not in (None, r["ttft_us"]) else []) + r["chunks"]


c1 = lambda r: r["chunks"][0]
cN = lambda r: r["chunks"][-1]
ours = lambda r: [c1(r)] if r["chunks"] else []
end = lambda r: [r["end"]]
last = lambda r: [cN(r)] if r["chunks"] else []
gaps = lambda r: diffs(r["chunks"])
mean_gap = lambda r: per(cN(r) - c1(r), less_one(r["usage"])) if r["chunks"] else []
count = lambda r: [r["output_tokens"]]
usage = lambda r: [r["usage"]] if r["usage"] is not None else []
content = lambda r: [r["ttfo_us"]] if is_text(r) and r["ttfo_us"] is not None else []
none = None
WORDS = {
    "coldswarm": {"TTFT": ours, "TPOT": lambda r: per(cN(r) - c1(r), r["output_tokens"] - r["first_tokens"]) if r["chunks"] else [],
                  "ITL": gaps, "E2EL": end, "n": count},
    "vLLM": {"TTFT": lambda r: [r["first_event_us"]] if r["first_event_us"] is not None else [],
             "TPOT": lambda r: per(cN(r) - r["first_event_us"], less_one(r["usage"])) if r["chunks"] else [],
             "ITL": lambda r: diffs(vllm_chunks(r)) if r["chunks"] else [], "E2EL": last, "n": usage},
    "SGLang": {"TTFT": lambda r: (ours(r) or [0]) if is_text(r) else [],
               "TPOT": lambda r: per(r["end"] - c1(r), less_one(r["usage"])) if r["chunks"] and is_text(r) else [],
               "ITL": lambda r: gaps(r) if is_text(r) else [], "E2EL": end, "n": usage},
    "AIPerf": {"TTFT": ours, "ITL": mean_gap, "ICL": gaps, "E2EL": last, "n": usage},
    "guidellm": {"TTFT": ours, "TPOT": lambda r: per(cN(r), r["usage"]) if r["chunks"] else [], "ITL": mean_gap, "E2EL": end, "n": usage},
    "inference-perf": {"TTFT": content, "TPOT": none, "NTPOT": none, "ITL": lambda r: gaps(r) if is_plain(r) else [], "E2EL": end, "n": none},
    "LoadGen": {"TTFT": ours, "TPOT": lambda r: per((r["end"] - c1(r)) * 1000 // less_one(r["output_tokens"]) / 1000, 1)
                if r["chunks"] and r["output_tokens"] > 1 else [], "E2EL": end, "n": count},
    "llmperf": {"TTFT": lambda r: content(r) if r["chunks"] else [0], "ITL": none, "E2EL": end, "n": none},
    "MLCommons endpoints": {"TTFT": ours, "TPOT": none, "E2EL": end, "n": none},
}
table = json.load(open(report))["dialects"]
seen = set()
for line in table:
    tool, word = line["tool"], line["word"]
    seen.add((tool, word))
    if not line["differs"]:
        bad.append(f"{tool} {word} does not say how it differs")
    if word == "answers":
        near(f"{tool} answers", line["values"], len(taken(tool)))
        continue
    of = WORDS[tool][word]
    if of is None:
        if any(line[k] is not None for k in ("values", "mean", "p50", "p99")):
            bad.append(f"{tool} {word} has a number")
        continue
    values = [v / (1000 if line["unit"] == "ms" else 1) for r in taken(tool) for v in of(r)]
    near(f"{tool} {word} values", line["values"], len(values))
    near(f"{tool} {word} mean", line["mean"], sum(values) / len(values) if values else None, 1e-6)
    near(f"{tool} {word} p50", line["p50"], percentile(values, 0.5) if values else None, 1e-6)
    near(f"{tool} {word} p99", line["p99"], percentile(values, 0.99) if len(values) >= 100 else None, 1e-6)
if seen != {(t, w) for t in WORDS for w in list(WORDS[t]) + ["answers"]}:
    bad.append(f"the table has {sorted(seen)}")

# ---- vLLM ----

v = json.load(open(vllm))
KEYS = """date endpoint_type backend label model_id tokenizer_id num_prompts request_rate burstiness max_concurrency duration completed failed
total_input_tokens total_output_tokens request_throughput request_goodput output_throughput total_token_throughput input_lens output_lens ttfts itls
latencies start_times queue_times errors max_output_tokens_per_s max_concurrent_requests rtfx""".split()
KEYS += [f"{s}_{m}_ms" for m in ("ttft", "tpot", "itl", "e2el") for s in ("mean", "median", "std", "p99")]
if list(v) != KEYS:
    bad.append(f"vLLM's keys: {list(v)}")


lists = {k: [] for k in ("input_lens", "output_lens", "ttfts", "itls", "latencies", "start_times", "queue_times", "errors")}
good = []
for r in rows:
    c = vllm_chunks(r) if r["request_id"] else []
    ok = is_vllm_success(r)
    o = {"input_lens": r["prompt_tokens"] or 0, "output_lens": (r["output_tokens"] or 1) if ok else 0, "ttfts": c[0] / 1e6 if c else 0,
         "itls": [g / 1e6 for g in diffs(c)], "latencies": c[-1] / 1e6 if ok else 0, "start_times": r["sent_us"] / 1e6,
         "queue_times": (r["sent_us"] - r["intended_us"]) / 1e6 if r["intended_us"] is not None else 0}
    for k in o:
        lists[k].append(o[k])
    if ok:
        good.append(o)
if len(v["errors"]) != len(rows):
    sys.exit(f"vLLM has {len(v['errors'])} of {len(rows)}: {[r['outcome'] for r in rows]}")
for i, r in enumerate(rows):
    if (v["errors"][i] == "") != is_vllm_success(r):
        bad.append(f"vLLM's error {i}: {v['errors'][i]!r} of {r['outcome']}")
    if r["outcome"] == "http_error" and r["status"] == 429 and v["errors"][i] != "Too Many Requests":
        bad.append(f"vLLM's error of a status: {v['errors'][i]}")
for k in lists:
    if len(v[k]) != len(rows):
        bad.append(f"vLLM's {k}: {len(v[k])}, not {len(rows)}")
    elif k != "errors":
        for i, (a, b) in enumerate(zip(v[k], lists[k])):
            if isinstance(b, list):
                if len(a) != len(b) or any(abs(x - y) > 1e-9 for x, y in zip(a, b)):
                    bad.append(f"vLLM's {k}[{i}]")
            else:
                near(f"vLLM's {k}[{i}]", a, b)
duration = db.execute("SELECT duration_us FROM run").fetchone()[0] / 1e6
total_in, total_out = sum(o["input_lens"] for o in good), sum(o["output_lens"] for o in good)
for k, want in {"num_prompts": len(rows), "completed": len(good), "failed": len(rows) - len(good), "total_input_tokens": total_in,
                "total_output_tokens": total_out, "duration": duration, "request_throughput": len(good) / duration,
                "output_throughput": total_out / duration, "total_token_throughput": (total_in + total_out) / duration}.items():
    near(f"vLLM's {k}", v[k], want)
stats = {"ttft": [o["ttfts"] for o in good], "itl": [g for o in good for g in o["itls"]], "e2el": [o["latencies"] for o in good],
         "tpot": [(o["latencies"] - o["ttfts"]) / (o["output_lens"] - 1) for o in good if o["output_lens"] > 1]}
for m, values in stats.items():
    values = [x * 1000 for x in values] or [0]
    for s, want in {"mean": statistics.fmean(values), "median": statistics.median(values), "std": statistics.pstdev(values),
                    "p99": percentile(values, 0.99)}.items():
        near(f"vLLM's {s}_{m}_ms", v[f"{s}_{m}_ms"], want, 1e-6)
first = min((o["start_times"] for o in good), default=0)
buckets, moments = {}, []
for o in good:
    at = o["start_times"] + o["ttfts"] - first
    for gap in [0] + o["itls"]:
        at = round(at + gap, 6)
        buckets[int(at)] = buckets.get(int(at), 0) + 1
    moments += [(round(o["start_times"], 6), 1), (round(o["start_times"] + o["latencies"], 6), -1)]
now = most = 0
for _, step in sorted(moments):
    now += step
    most = max(most, now)
near("vLLM's max_output_tokens_per_s", v["max_output_tokens_per_s"], max(buckets.values(), default=0))
near("vLLM's max_concurrent_requests", v["max_concurrent_requests"], most)

# ---- AIPerf ----

lines = [json.loads(x) for x in open(aiperf)]
if len(lines) != len(rows):
    bad.append(f"AIPerf has {len(lines)} lines, not {len(rows)}")
started = db.execute("SELECT started_utc FROM run").fetchone()[0]
start_ns = calendar.timegm(time.strptime(started[:19], "%Y-%m-%dT%H:%M:%S")) * 10**9 + int(started[20:23]) * 10**6
for i, (line, r) in enumerate(zip(lines, rows)):
    m, values, error = line["metadata"], line["metrics"], line["error"]
    what = f"AIPerf's line {i} ({r['outcome']})"
    cancelled = r["outcome"] == "cancelled" or r["finish"] == "cancel_after"
    is_good = bool(r["chunks"]) and not cancelled and r["outcome"] in ("ok", "check_failed", "stream_cut")
    for k, want in {"session_num": i, "request_start_ns": start_ns + r["sent_us"] * 1000, "request_end_ns": start_ns + r["end_us"] * 1000,
                    "was_cancelled": cancelled, "benchmark_phase": "profiling", "turn_index": 0,
                    "cancellation_time_ns": start_ns + r["end_us"] * 1000 if cancelled else None,
                    "request_ack_ns": start_ns + (r["sent_us"] + r["ttfb_us"]) * 1000 if r["ttfb_us"] is not None else None}.items():
        if m[k] != want:
            bad.append(f"{what} {k}: {m[k]}, not {want}")
    if (error is None) != is_good:
        bad.append(f"{what}: error {error}")
    if cancelled and (error["code"], error["type"]) != (499, "RequestCancellationError"):
        bad.append(f"{what}: {error}")
    if r["outcome"] == "http_error" and error["code"] != r["status"]:
        bad.append(f"{what}: {error}")
    want = {}
    if not is_good:
        if r["prompt_tokens"] is not None:
            want["error_isl"] = (r["prompt_tokens"], "tokens")
    else:
        c, n, thought = r["chunks"], r["output_tokens"], r["reasoning_tokens"] or 0
        want = {"time_to_first_token": (c[0] / 1000, "ms"), "request_latency": (c[-1] / 1000, "ms"), "output_sequence_length": (n, "tokens"),
                "output_token_count": (n - thought, "tokens")}
        if r["prompt_tokens"] is not None:
            want["input_sequence_length"] = (r["prompt_tokens"], "tokens")
        if r["ttfo_us"] is not None:
            want["time_to_first_output_token"] = (r["ttfo_us"] / 1000, "ms")
        if thought:
            want["reasoning_token_count"] = (thought, "tokens")
        if len(c) > 1:
            want["time_to_second_token"] = ((c[1] - c[0]) / 1000, "ms")
            want["inter_chunk_latency"] = ([g / 1000 for g in diffs(c)], "ms")
        if n > 1:
            itl = (c[-1] - c[0]) / 1000 / (n - 1)
            want["inter_token_latency"] = (itl, "ms")
            if itl > 0:
                want["output_token_throughput_per_user"] = (1000 / itl, "tokens/sec/user")
    if set(values) != set(want):
        bad.append(f"{what}: {sorted(values)}, not {sorted(want)}")
        continue
    for k, (value, unit) in want.items():
        got = values[k]
        if got["unit"] != unit:
            bad.append(f"{what} {k}: {got['unit']}")
        pairs = zip(got["value"], value) if isinstance(value, list) else [(got["value"], value)]
        if isinstance(value, list) and len(got["value"]) != len(value):
            bad.append(f"{what} {k}: {len(got['value'])} values")
        for a, b in pairs:
            near(f"{what} {k}", a, b)

print("\n".join(bad[:20]) or f"{len(rows)} requests, {len(streams)} streams, outcomes: {sorted({r['outcome'] for r in rows})}")
sys.exit(bool(bad))
