#!/usr/bin/env python3
"""check_streams.py RUN.db SERVER.log [COLUMN=VALUE...]: holds the streams of a run of one user, which sends one request after the other, against what
tests/support/stream_server.py wrote. COLUMN=VALUE: what each complete row must have (of requests and streams; NULL for none)."""
import json
import sqlite3
import sys

db = sqlite3.connect(sys.argv[1])
db.row_factory = sqlite3.Row
rows = db.execute("SELECT r.*, s.*, (SELECT group_concat(value) FROM json_each(s.gaps_us)) AS gaps FROM requests AS r"
                  " LEFT JOIN streams AS s ON s.request_id = r.id ORDER BY r.id").fetchall()
log = [json.loads(line) for line in open(sys.argv[2], encoding="utf-8")]
wanted = dict(w.split("=", 1) for w in sys.argv[3:])
assert rows, "no rows"
# The run's end may cancel the last one, which the server may not have logged.
assert len(log) in (len(rows), len(rows) - 1), (len(log), len(rows))
whole = 0
for row, entry in zip(rows, log):
    if row["outcome"] == "cancelled":
        assert row is rows[-1] or row["id"] == rows[-1]["id"], dict(row)
        assert row["finish"] in (None, "cancelled"), dict(row)
        if row["token_events"] is not None:
            assert row["token_events"] <= entry["tokens"] + 1, dict(row)
        continue
    whole += 1
    for column, value in wanted.items():
        assert str(row[column] if row[column] is not None else "NULL") == value, (column, value, dict(row))
    if row["request_id"] is None:
        continue
    tokens = row["token_events"]
    if entry.get("ended") == "server":
        assert tokens == entry["tokens"], (tokens, entry["tokens"], dict(row))
        assert row["events"] + row["after_done"] == entry["events"] if "events" in entry else row["events"] == 0, (dict(row), entry)
    else:  # what it wrote last may not have come
        assert tokens <= entry["tokens"], (tokens, entry["tokens"])
    gaps = [int(g) for g in row["gaps"].split(",")] if row["gaps"] else []
    assert (row["gaps_us"] is None) == (tokens == 0), dict(row)
    if tokens == 0:
        assert row["ttft_us"] is None and row["last_token_us"] is None, dict(row)
        continue
    assert len(gaps) == tokens - 1 and all(g >= 0 for g in gaps), dict(row)
    assert row["ttft_us"] + sum(gaps) == row["last_token_us"], dict(row)
    assert row["gap_max_us"] == (max(gaps) if gaps else None), dict(row)
    assert 0 <= row["ttfb_us"] <= row["first_event_us"] <= row["ttft_us"] <= row["last_token_us"], dict(row)
    assert row["last_token_us"] <= row["end_us"] - row["sent_us"], dict(row)
    assert row["ttfo_us"] is None or row["ttft_us"] <= row["ttfo_us"] <= row["last_token_us"], dict(row)
    assert 1 <= row["reads"] <= tokens and row["shared_reads"] <= row["reads"], dict(row)
    if entry.get("ended") == "server" and tokens > 1:
        assert len(row["gaps_us"]) <= 6 * tokens + 2 or max(gaps) > 99999, row["gaps_us"]
assert whole > 0, "no complete row"
print(f"{whole} streams, {sum(e['tokens'] for e in log)} tokens")
