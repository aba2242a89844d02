#!/usr/bin/env python3
"""A run of coldswarm against the engine of examples/llm. llm_run.py scenario URL TEXTS writes its scenario: four tasks, whose streams must
have the texts of TEXTS (llm_reader.py PORT text). llm_run.py check RUN.db ANSWERS.jsonl compares the run file, stream by stream, with what
the engine wrote into its own log; exit code 1 with the reason.

A stream and an answer belong together by the trace id that coldswarm sent: run, user, and how many requests that user had sent before.
"""

import json
import sqlite3
import sys


def scenario(url, texts):
    def task(seed, text):
        return {"name": f"seed {seed}", "path": "/v1/chat/completions", "stream": "openai", "checks": [{"text": {"equals": json.loads(text)}}],
                "json": {"messages": [{"role": "user", "content": "bada dodo"}], "stream": True, "stream_options": {"include_usage": True},
                         "ignore_eos": True, "seed": seed, "max_tokens": 20 + 10 * seed}}

    with open(texts, encoding="utf-8") as f:
        tasks = [task(seed, text) for seed, text in enumerate(f, 1)]
    assert len(tasks) == 4
    print(json.dumps({"target": url, "load": {"users": 6, "spawn_rate": 6, "duration": "6s"}, "wait": {"constant": "50ms"}, "tasks": tasks}))


def streams(db):
    """{trace id: (name, row of the view streams)} of the streams that ended by themselves."""
    rows = db.execute("""SELECT (SELECT value FROM manifest WHERE key = 'trace_run') || printf('%08x%08x', user,
            row_number() OVER (PARTITION BY user ORDER BY sent_us) - 1) AS trace, name, outcome, error, status, service_us, s.*
        FROM requests AS r LEFT JOIN streams AS s ON s.request_id = r.id WHERE r.sent_us IS NOT NULL""")
    return {row["trace"]: row for row in rows if row["outcome"] != "cancelled"}


def check_stream(row, answer):
    wanted = 20 + 10 * int(row["name"].split()[1])
    seen = {key: row[key] for key in row.keys() if key != "gaps_us"}
    assert row["outcome"] == "ok" and row["finish"] == answer["end"] == "length", (seen, answer)
    assert row["token_events"] == row["output_tokens"] == answer["predicted_n"] == wanted, (seen, answer)
    assert row["tokens_from"] == "usage" and row["prompt_tokens"] == answer["prompt_n"] + answer["cache_n"], (seen, answer)
    gaps = json.loads(row["gaps_us"])
    assert len(gaps) == wanted - 1 and min(gaps) >= 0 and max(gaps) == row["gap_max_us"], seen
    assert sum(gaps) == row["last_token_us"] - row["ttft_us"], seen
    # Nobody has a token before its prompt was read.
    assert row["ttft_us"] >= 1000 * answer["prompt_ms"] > 0, (seen, answer)
    assert 0 < row["first_event_us"] <= row["ttft_us"] == row["ttfo_us"] <= row["last_token_us"] <= row["service_us"], seen


def check(path, answers):
    db = sqlite3.connect(path)
    db.row_factory = sqlite3.Row
    with open(answers, encoding="utf-8") as f:
        said = [json.loads(line) for line in f]
    said = {a["traceparent"].split("-")[1]: a for a in said if a["end"] != "gone"}
    rows = streams(db)
    assert len(rows) >= 8, len(rows)
    for trace, row in rows.items():
        assert trace in said, (trace, dict(row))
        check_stream(row, said[trace])
    assert {row["name"] for row in rows.values()} == {f"seed {n}" for n in range(1, 5)}
    print(len(rows), "streams")


if __name__ == "__main__":
    {"scenario": scenario, "check": check}[sys.argv[1]](*sys.argv[2:])
