#!/usr/bin/env python3
"""check_course.py STATE.json RUN.db: the course of a run that has ended, as the page draws it, against the rows of its file."""
import json
import math
import sqlite3
import sys

ENDED = "outcome not in ('not_sent', 'cancelled', 'unsendable')"


def around(times, p):
    """The two values between which the percentile is, which the report interpolates at p * (n - 1)."""
    at = p * (len(times) - 1)
    return times[math.floor(at)], times[math.ceil(at)]


def band(ms):
    return min(max(math.floor(8 * math.log10(ms / 0.1) + 1e-9), 0), 55) if ms > 0.1 else 0


def main():
    state, db = json.load(open(sys.argv[1])), sqlite3.connect(sys.argv[2])
    course, rows = state["course"], {}
    assert state["phase"] == "ended" and course["step_s"] == 1 and course["first"] == 0
    for second, ms, failed in db.execute(f"select end_us / 1000000, response_us / 1e3, outcome <> 'ok' from requests where {ENDED}"):
        rows.setdefault(second, []).append((ms, failed))
    seconds = math.ceil(db.execute("select duration_us from run").fetchone()[0] / 1000000)
    assert len(course["requests"]) == seconds >= 1, (len(course["requests"]), seconds)
    for second in range(seconds):
        times = sorted(ms for ms, _ in rows.get(second, []))
        assert course["requests"][second] == len(times), second
        assert course["failures"][second] == sum(f for _, f in rows.get(second, [])), second
        for key, p in ("p50_ms", 0.5), ("p95_ms", 0.95), ("p99_ms", 0.99):
            shown = course[key][second]
            if not times:
                assert shown is None, (second, shown)
                continue
            # A bucket is 1.6 % wide.
            low, high = around(times, p)
            assert 0.984 * low - 0.002 <= shown <= 1.016 * high + 0.002, (second, key, shown, low, high)
        first, *counts = course["bands"][second] or [0]
        assert sum(counts) == len(times), second
        # A row may lie a bucket beside the edge of its band.
        lowest, highest = (band(times[0] * 0.98), band(times[-1] * 1.02)) if times else (0, 55)
        assert not counts or lowest <= first and first + len(counts) - 1 <= highest, (second, first, counts, times[0], times[-1])
    assert sum(len(x) for x in rows.values()) == state["total"]["requests"] == sum(course["requests"])


main()
