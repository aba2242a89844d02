#!/usr/bin/env python3
"""Compares the lines of --json-progress with the rows of the run file: check_progress.py LINES.jsonl RUN.db [--parts]. The run must be shorter
than 600 s. --parts: of coldswarm-mpi, where the point of a second does not wait for a part that is late."""
import json
import sqlite3
import sys

lines = [json.loads(x) for x in open(sys.argv[1])]
db = sqlite3.connect(sys.argv[2])
last, parts = lines[-1], "--parts" in sys.argv
assert last["phase"] == "ended" and last["endpoints"], last
for row in last["endpoints"]:
    got = db.execute("""select count(*), sum(outcome <> 'ok'), sum(bytes_received), min(response_us), max(response_us), avg(response_us)
        from requests where method = ? and name = ? and outcome not in ('not_sent', 'cancelled', 'unsendable')""",
        (row["method"], row["name"])).fetchone()
    assert (row["requests"], row["failures"], row["bytes_received"]) == got[:3], (row, got)
    assert round(row["min_ms"] * 1000) == got[3] and round(row["max_ms"] * 1000) == got[4], (row, got)
    assert abs(row["mean_ms"] * 1000 - got[5]) < 1, (row, got)
    times = sorted(x for x, in db.execute("""select response_us from requests where method = ? and name = ?
        and outcome not in ('not_sent', 'cancelled', 'unsendable')""", (row["method"], row["name"])))
    exact = times[int(0.95 * (len(times) - 1))] / 1000
    assert abs(row["whole"]["p95_ms"] - exact) <= 0.016 * exact + 0.001, (row, exact)
assert last["total"]["requests"] == sum(x["requests"] for x in last["endpoints"])
assert (last["verdict"], last["reason"], last["exit_code"]) == db.execute(
    "select verdict, verdict_reason, exit_code from run").fetchone()
assert {x["started"] for x in lines} == {db.execute("select started_utc from run").fetchone()[0]}
# The seconds of the course, also the last one, in which the run ended.
course = {}
for line in lines:
    c = line["course"]
    assert c["step_s"] == 1
    for i, n in enumerate(c["requests"]):
        course[c["first"] + i] = (n, c["failures"][i], sum(c["bands"][i][1:]))
for second, (requests, failures, banded) in course.items():
    got = db.execute("""select count(*), coalesce(sum(outcome <> 'ok'), 0) from requests
        where end_us / 1000000 = ? and outcome not in ('not_sent', 'cancelled', 'unsendable')""", (second,)).fetchone()
    assert banded == requests <= got[0] and failures <= (got[1] or 0), (second, requests, failures, banded, got)
    assert parts or (requests, failures) == got, (second, requests, failures, got)
assert parts or sorted(course) == list(range(len(course))), course
assert parts or sum(x[0] for x in course.values()) == last["total"]["requests"], course
