#!/usr/bin/env python3
"""check_stream_report.py RUN.db REPORT.json [REPORT-DIR]: the tables of streams in a report against the rows of the run file, computed here by
the definitions of docs/streams.md. With a report's folder, its CSV files must say the same as the JSON.
"""
import csv
import json
import math
import sqlite3
import sys

UNTIMED = ("not_sent", "cancelled", "unsendable")


def at(values, p):
    """numpy's default, and only where the values support it: 1 / (1 - p) of them, but the median of one is that one."""
    n = len(values)
    if n == 0 or (p < 1 and n < round(1 / (1 - p)) and not (p == 0.5 and n == 1)):
        return None
    values, k = sorted(values), p * (n - 1)
    low = math.floor(k)
    high = min(low + 1, n - 1)
    return values[low] + (values[high] - values[low]) * (k - low)


def mean(values):
    return math.fsum(values) / len(values) if values else None


def near(a, b, where):
    if a is None or b is None:
        assert a is b, (where, a, b)
    elif isinstance(a, str) or isinstance(b, str):
        assert a == b, (where, a, b)
    else:
        assert abs(a - b) <= 1e-9 * max(1, abs(b)), (where, a, b)


class Answers:
    def __init__(self, db):
        db.row_factory = sqlite3.Row
        self.rows = [dict(r) for r in db.execute("SELECT * FROM streams JOIN requests ON id = request_id ORDER BY id")]
        for r in self.rows:
            r["gaps"] = json.loads(r["gaps_us"]) if r["gaps_us"] else []
            r["timed"] = r["outcome"] not in UNTIMED
            r["moments"] = []
            if r["ttft_us"] is not None:
                moment = r["sent_us"] + r["ttft_us"]
                r["moments"] = [moment] + [moment := moment + g for g in r["gaps"]]
        self.manifest = dict(db.execute("SELECT key, value FROM manifest").fetchall())
        self.duration = db.execute("SELECT duration_us FROM run").fetchone()[0]
        self.window = self.steady()

    def steady(self):
        end = min(self.duration, float(self.manifest["load_seconds"]) * 1e6)
        if "load_rate_max" in self.manifest:
            return min(end / 20, 10e6), end
        first = {}
        for r in self.rows:
            if r["timed"]:
                first[r["user"]] = min(first.get(r["user"], math.inf), r["end_us"])
        start = max(first.values(), default=math.inf)
        return (start, end) if start < end else None



def times(rows):
    timed = [r for r in rows if r["timed"]]
    return {"ttft": [r["ttft_us"] / 1e3 for r in timed if r["ttft_us"] is not None],
            "ttfo": [r["ttfo_us"] / 1e3 for r in timed if r["ttfo_us"] is not None],
            "time_per_token": [math.floor((r["last_token_us"] - r["ttft_us"]) * 1e3 / (r["output_tokens"] - r["first_tokens"]) + 0.5) / 1e6
                               for r in timed if r["token_events"] > 1 and r["output_tokens"] > max(1, r["first_tokens"])],
            "token_gap": [g / 1e3 for r in timed for g in r["gaps"]],
            "e2e": [r["service_us"] / 1e3 for r in timed]}


def total(rows, what):
    return sum(what(r) or 0 for r in rows)


def ratio(a, b, by=1):
    return None if not b else by * a / b


def check_answers(a, rows, row, where):
    tokens = total(rows, lambda r: r["output_tokens"])
    near(row["answers"], len(rows), where)
    near(row["output_tokens"], tokens, where)
    near(row["output_tokens_per_second"], tokens * 1e6 / a.duration, where)
    near(row["output_tokens_per_second_per_user"], ratio(tokens * 1e6, total(rows, lambda r: r["end_us"] - r["sent_us"])), where)
    if a.window is None:
        assert row["steady_answers"] is None and row["steady_output_tokens_per_second"] is None
        return
    low, high = a.window
    came = math.fsum(r["output_tokens"] / r["token_events"] * sum(low <= m < high for m in r["moments"]) for r in rows if r["token_events"])
    near(row["steady_answers"], sum(low <= r["sent_us"] < high for r in rows), where)
    near(row["steady_output_tokens_per_second"], came * 1e6 / (high - low), where)
    overlap = total(rows, lambda r: max(0, min(r["end_us"], high) - max(r["sent_us"], low)))
    near(row["steady_output_tokens_per_second_per_user"], ratio(came * 1e6, overlap), where)


def check_times(a, rows, got, where):
    steady = [r for r in rows if a.window and a.window[0] <= r["sent_us"] < a.window[1]]
    whole, part = times(rows), times(steady)
    assert [x["time"] for x in got] == list(whole), where
    for x in got:
        v, s, here = whole[x["time"]], part[x["time"]], where + (x["time"],)
        for key, value in (("count", len(v)), ("average_ms", mean(v)), ("p50_ms", at(v, 0.5)), ("p90_ms", at(v, 0.9)), ("p99_ms", at(v, 0.99)),
                           ("max_ms", max(v, default=None)), ("steady_count", len(s) if a.window else None), ("steady_p50_ms", at(s, 0.5)),
                           ("steady_p99_ms", at(s, 0.99))):
            near(x[key], value, here + (key,))


def check_tokens(rows, row, where):
    prompt = [r for r in rows if r["prompt_tokens"] is not None]
    cached = [r for r in prompt if r["cached_tokens"] is not None]
    usage = [r for r in rows if r["tokens_from"] == "usage"]
    near(row["prompt_tokens"], total(prompt, lambda r: r["prompt_tokens"]) if prompt else None, where)
    near(row["cached_percent"], ratio(total(cached, lambda r: r["cached_tokens"]), total(cached, lambda r: r["prompt_tokens"]), 100), where)
    near(row["output_tokens"], total(rows, lambda r: r["output_tokens"]), where)
    near(row["reasoning_tokens"], total(rows, lambda r: r["reasoning_events"] if r["reasoning_tokens"] is None else r["reasoning_tokens"]), where)
    near(row["tokens_per_event"], ratio(total(usage, lambda r: r["output_tokens"]), total(usage, lambda r: r["token_events"])), where)
    near(row["shared_reads_percent"], ratio(total(rows, lambda r: r["shared_reads"]), total(rows, lambda r: r["reads"]), 100), where)
    near(row["from_usage_percent"], 100 * len(usage) / len(rows), where)


def lengths(rows):
    """The answers that were complete and asked for a length, and those that say their prompt's tokens and have its words."""
    whole = [r for r in rows if r["outcome"] == "ok" and r["finish"] != "cancel_after" and r["asked_tokens"] is not None]
    return whole, [r for r in rows if r["prompt_tokens"] is not None and r["asked_words"] is not None]


def check_asked(rows, row, where):
    whole, worded = lengths(rows)
    tokens, words = mean([r["asked_tokens"] for r in whole]), mean([r["asked_words"] for r in worded])
    got, prompt = mean([r["output_tokens"] for r in whole]), mean([r["prompt_tokens"] for r in worded])
    for key, value in (("asked_output_tokens", tokens), ("got_output_tokens", got), ("got_percent", tokens and 100 * got / tokens),
                       ("asked_prompt_words", words), ("got_prompt_tokens", prompt), ("tokens_per_word", words and prompt / words)):
        near(row[key], value, where + (key,))


def check_ends(rows, got, where):
    ends = {}
    for r in rows:
        ends[r["finish"]] = ends.get(r["finish"], 0) + 1
    assert {x["finish"]: x["answers"] for x in got} == ends, where
    for x in got:
        near(x["percent"], 100 * x["answers"] / len(rows), where)


def same_as_csv(report, folder):
    for key in "streams", "stream_times", "stream_tokens", "stream_ends", "stream_asked":
        lines = list(csv.DictReader(open("%s/%s.csv" % (folder, key), newline="", encoding="utf-8")))
        assert len(lines) == len(report[key]), key
        for line, row in zip(lines, report[key]):
            assert list(line) == list(row), (key, line, row)
            for k, v in row.items():
                near(line[k] if isinstance(v, str) else float(line[k]) if line[k] else None, v, (key, k))


def main():
    a, report = Answers(sqlite3.connect(sys.argv[1])), json.load(open(sys.argv[2], encoding="utf-8"))
    names = sorted({(r["name"], r["method"]) for r in a.rows})
    checked = 0
    for name, method in names + [("Aggregated", "")]:
        rows = [r for r in a.rows if (r["name"], r["method"]) == (name, method) or not method]
        of = {key: [x for x in report.get(key, []) if (x["name"], x["method"]) == (name, method)]
              for key in ("streams", "stream_times", "stream_tokens", "stream_ends", "stream_asked")}
        where = (method, name)
        assert len(of["streams"]) == len(of["stream_tokens"]) == 1, where
        check_answers(a, rows, of["streams"][0], where)
        check_times(a, rows, of["stream_times"], where)
        check_tokens(rows, of["stream_tokens"][0], where)
        check_ends(rows, of["stream_ends"], where)
        if of["stream_asked"]:
            check_asked(rows, of["stream_asked"][0], where)
        assert bool(of["stream_asked"]) == any(lengths(rows)), where
        checked += 1
    assert len(report["streams"]) == checked
    if len(sys.argv) > 3:
        same_as_csv(report, sys.argv[3])
    print(len(a.rows), "answers")


main()
