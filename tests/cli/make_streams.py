#!/usr/bin/env python3
"""make_streams.py OUT.db [KIND [KEY=VALUE...]]: a run file with streamed answers, row by row, for stream_report.bats.

KIND: many (300 answers of two endpoints, of every end), few (3 answers), rate (many, under a load by rate), or steady (200 answers of even gaps,
one endpoint, which nothing is wrong with). KEY=VALUE changes all answers of `steady`:
  burst=8       events come 8 at a time, in one read        gaps=8     the same, each in a read of its own
  per_event=4   tokens that usage counts in each event      usage=none the server does not say
  cached=N      of the 100 tokens of each prompt            unique=1   the scenario asked for unique prompts
  asked=64      output tokens; each answer has 40           lag=N      microseconds: the 99th percentile of the loops' lag
  other=N       more such answers, of another endpoint that is 50 times as fast
  clock=client  of the events' times                        scale=X    all times times X      seed=N
Needs nothing but Python and src/record/*.sql.
"""
import json
import os
import random
import sqlite3
import subprocess
import sys

ENDPOINTS = [("/v1/chat", "POST"), ("/v1/completions", "POST"), ("/health", "GET")]
FINISHES = {"ok": ["stop", "length", "tool_calls", "none", "cancel_after"], "stream_cut": ["cut"], "stream_error": ["error"], "stream_idle": ["idle"],
            "no_tokens": ["stop"], "cancelled": ["cancelled"], "timeout": ["timeout"]}
STREAM = ("request", "first_event_us", "first_token_us", "first_output_us", "last_token_us", "events", "token_events", "reasoning_events", "tool_events",
          "reads", "shared_reads", "usage_tokens", "prompt_tokens", "cached_tokens", "reasoning_tokens", "first_tokens", "finish", "done", "after_done",
          "gap_max_us", "gaps_us", "asked_tokens", "asked_words")


class Run:
    def __init__(self, path, duration_us, users, manifest):
        here = os.path.dirname(os.path.abspath(__file__))
        subprocess.check_call(["python3", os.path.join(here, "make_run.py"), path, "empty"])
        self.db = sqlite3.connect(path)
        self.db.execute("PRAGMA synchronous = OFF")
        self.outcomes = {word: i for i, word in self.db.execute("SELECT id, word FROM outcome")}
        for table in "endpoint", "user_count":
            self.db.execute("DELETE FROM " + table)
        self.db.executemany("INSERT INTO endpoint VALUES (?, ?, ?)", [(i, *x) for i, x in enumerate(ENDPOINTS)])
        self.db.execute("INSERT INTO user_count VALUES (0, ?)", (users,))
        self.db.execute("UPDATE run SET duration_us = ?, users_max = ?, verdict = 'VALID', verdict_reason = 'made by hand'", (duration_us, users))
        self.db.executemany("INSERT OR REPLACE INTO manifest VALUES (?, ?)", manifest.items())
        self.results, self.n = {}, 0

    def request(self, endpoint, outcome, status, user, at_us, took_us, lag_us=None):
        key = endpoint, outcome, status
        if key not in self.results:
            self.results[key] = len(self.results) + 1
            self.db.execute("INSERT INTO result(id, endpoint, status, outcome, new_connection, sent_again) VALUES (?, ?, ?, ?, 0, 0)",
                            (self.results[key], endpoint, status, self.outcomes[outcome]))
        self.n += 1
        self.db.execute("INSERT INTO request(id, result, user, at_us, lag_us, took_us, rest_us, bytes_sent, bytes_received) "
                        "VALUES (?, ?, ?, ?, ?, ?, NULL, 100, 1000)", (self.n, self.results[key], user, at_us, lag_us, took_us))
        return self.n

    def stream(self, request, ttft_us, gaps, finish, usage=None, ttfo_us=None, reasoning=0, tools=0, first=1, prompt=None, cached=None,
               said_reasoning=None, shared=0, reads=None, asked=None, words=None):
        n = 0 if ttft_us is None else len(gaps) + 1
        row = {"request": request, "first_event_us": None if n == 0 else ttft_us - 5, "first_token_us": ttft_us,
               "first_output_us": ttft_us if ttfo_us is None else ttfo_us, "last_token_us": None if n == 0 else ttft_us + sum(gaps),
               "events": n + 2, "token_events": n, "reasoning_events": reasoning, "tool_events": tools, "reads": n if reads is None else reads,
               "shared_reads": shared, "usage_tokens": usage, "prompt_tokens": prompt, "cached_tokens": cached, "reasoning_tokens": said_reasoning,
               "first_tokens": first if n else 0, "finish": finish, "done": finish not in ("cut", "idle", "cancelled", "timeout"), "after_done": 0,
               "gap_max_us": max(gaps) if gaps else None, "gaps_us": json.dumps(gaps, separators=(",", ":")) if n else None,
               "asked_tokens": asked, "asked_words": words}
        self.db.execute("INSERT INTO stream(%s) VALUES (%s)" % (", ".join(STREAM), ", ".join("?" * len(STREAM))), [row[x] for x in STREAM])

    def done(self):
        self.db.commit()
        self.db.close()


def answer(run, rng, user, at_us, rate):
    """One answer whose numbers are drawn; the moment of its end."""
    outcome = rng.choices(list(FINISHES), [80, 4, 3, 2, 2, 5, 4])[0]
    endpoint = rng.randrange(2)
    ttft = int(rng.lognormvariate(12, 0.4))
    gaps = [rng.choice([0, rng.randrange(200, 3000), int(rng.lognormvariate(10, 0.5))]) for _ in range(rng.choice([0, 1, 30, 60]))]
    reasoning = rng.choice([0, 0, 0, min(3, len(gaps))])
    ttfo = ttft + sum(gaps[:reasoning]) if reasoning else None
    usage = rng.choice([None, len(gaps) + 1, 2 * len(gaps) + 3])
    prompt = rng.choice([None, rng.randrange(20, 4000)])
    took = ttft + sum(gaps) + rng.randrange(1, 900)
    request = run.request(endpoint, outcome, 200, user, at_us, took, rng.randrange(3000) if rate else None)
    own = random.Random(request)
    if outcome == "no_tokens":
        run.stream(request, None, [], "stop", usage=rng.choice([None, 0]), prompt=prompt)
    else:
        run.stream(request, ttft, gaps, rng.choice(FINISHES[outcome]), usage=usage, ttfo_us=ttfo, reasoning=reasoning, tools=rng.choice([0, 0, 1]),
                   first=rng.choice([1, 1, 2]) if usage and usage > len(gaps) + 1 else 1, prompt=prompt,
                   cached=rng.choice([None, 0, prompt // 3]) if prompt else rng.choice([None, 4]), said_reasoning=rng.choice([None, 2 * reasoning]),
                   shared=rng.choice([0, 1]) if gaps else 0, asked=own.choice([None, 40, own.randrange(1, 90)]) if endpoint == 0 else None,
                   words=own.choice([None, own.randrange(100, 300)]) if endpoint == 0 else None)
    return at_us + took


def many(path, n, rate):
    rng = random.Random(7)
    manifest = {"load_seconds": "30", "transport": "curl", "receive_clock": "client"}
    manifest.update({"load_rate_max": "10"} if rate else {"load_spawn_rate": "5"})
    run = Run(path, 31500000, 10, manifest)
    at = [100000 * i for i in range(10)]
    for i in range(n):
        user = i % 10
        if i % 20 == 3:  # no stream: an error, an answer of another kind, and one that could not be sent
            run.request(2, "ok", 200, user, at[user], 800)
            run.request(0, "http_error", 503, user, at[user] + 1000, 900)
            run.request(0, "not_sent", None, user, at[user], None, 0)
            at[user] += 2000
        at[user] = answer(run, rng, user, at[user], rate) + rng.randrange(1000000)
    run.done()


def steady(path, how):
    rng = random.Random(int(how.get("seed", 1)))
    scale, usage, per_event = float(how.get("scale", 1)), how.get("usage"), int(how.get("per_event", 1))
    block = int(how.get("burst", how.get("gaps", 1)))
    asked = {"endpoint": 0, "unique": "unique" in how}
    manifest = {"load_seconds": "40", "load_spawn_rate": "10", "transport": "direct", "receive_clock": how.get("clock", "kernel"),
                "load_users_max": "5", "stream_asked": json.dumps([asked])}
    if "lag" in how:
        manifest["loop_lag_p99_us"] = how["lag"]
    run = Run(path, 40000000, 5, manifest)
    for i in range(200):
        at = 50000 + 950000 * (i // 5) + 1000 * (i % 5)
        ttft = int(scale * rng.randrange(90000, 110000))
        # 40 events, 10 ms apart, in blocks that come together
        gaps = [int(scale * rng.randrange(9000, 11000)) * block if k % block == 0 else 3 for k in range(1, 40)]
        request = run.request(0, "ok", 200, i % 5, at, ttft + sum(gaps) + 200)
        run.stream(request, ttft, gaps, "length" if "asked" not in how else "stop", usage=None if usage == "none" else 40 * per_event,
                   prompt=100, cached=int(how["cached"]) if "cached" in how else None, reads=40 // block if "burst" in how else 40,
                   shared=40 // block if "burst" in how else 0, asked=int(how["asked"]) if "asked" in how else None)
    for i in range(int(how.get("other", 0))):
        gaps = [rng.randrange(180, 220) for _ in range(600)]
        request = run.request(1, "ok", 200, i % 5, 30000 * i, 2000 + sum(gaps) + 200)
        run.stream(request, 2000, gaps, "length", usage=601)
    run.done()


def main():
    path, kind = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "many"
    if kind == "steady":
        steady(path, dict(x.split("=", 1) for x in sys.argv[3:]))
    else:
        many(path, 3 if kind == "few" else 300, kind == "rate")


main()
