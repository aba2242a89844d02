#!/usr/bin/env python3
"""check_page.py RUN.db STATE.json METRICS PAGE: what the page of coldswarm-mpi says at the end are the rows of the merged file, of all and of each part."""
import json
import re
import sqlite3
import sys

ENDED = "outcome not in ('not_sent', 'cancelled', 'unsendable')"


def read_metrics(path):
    series = {}
    for line in open(path):
        m = re.fullmatch(r"(\w+)(\{.*\})? (\S+)\n", line)
        if m and not line.startswith("#"):
            series[m[1] + (m[2] or "")] = float(m[3])
    return series


def main():
    db, state = sqlite3.connect(sys.argv[1]), json.load(open(sys.argv[2]))
    series, page = read_metrics(sys.argv[3]), open(sys.argv[4]).read()
    rows = db.execute("select method, name, count(*), sum(outcome <> 'ok'), sum(bytes_received), sum(response_us), min(response_us), max(response_us) "
                      f"from requests where {ENDED} group by 1, 2").fetchall()
    assert len(rows) == 3 and len(state["endpoints"]) == 3
    for method, name, n, failed, received, took, low, high in rows:
        one, = [x for x in state["endpoints"] if (x["method"], x["name"]) == (method, name)]
        assert (one["requests"], one["failures"], one["bytes_received"]) == (n, failed, received), (one, n, failed)
        assert abs(one["mean_ms"] - took / n / 1000) < 1e-3 and (one["min_ms"], one["max_ms"]) == (low / 1000, high / 1000), one
        of = f'{{method="{method}",name="{name}"}}'
        assert series["coldswarm_requests_total" + of] == n and series["coldswarm_failures_total" + of] == failed, of
        assert series["coldswarm_response_time_seconds_count" + of] == n, of
        for bound in "0.001", "0.0025", "0.005", "0.01", "0.1", "60", "+Inf":
            below, = db.execute(f"select count(*) from requests where {ENDED} and method = ? and name = ? and response_us <= ?",
                                (method, name, float(bound.replace("+", "")) * 1e6)).fetchone()
            key = f'coldswarm_response_time_seconds_bucket{{method="{method}",name="{name}",le="{bound}"}}'
            assert series[key] == below, (key, series[key], below)
        assert re.search(rf'<bdi>{name}</bdi></th><td class="n">{n}</td><td class="n">{failed}</td>', page), name
    total = state["total"]
    assert total["requests"] == sum(r[2] for r in rows) and total["failures"] == sum(r[3] for r in rows)
    # Percentiles are within 1.6 %, of the exact ones by numpy's rule; the two ranks next to each other may be far apart.
    times = [t for t, in db.execute(f"select response_us from requests where {ENDED} order by 1")]
    for level, key in (0.5, "p50_ms"), (0.95, "p95_ms"), (0.99, "p99_ms"):
        at = level * (len(times) - 1)
        low, high = times[int(at)] / 1000, times[min(int(at) + 1, len(times) - 1)] / 1000
        assert 0.98 * low - 0.001 <= total["whole"][key] <= 1.02 * high + 0.001, (key, total["whole"], low, high)
    # Second by second.
    by_second = dict(db.execute(f"select end_us / 1000000, count(*) from requests where {ENDED} group by 1"))
    course = state["course"]
    assert course["step_s"] == 1 and {s: n for s, n in enumerate(course["requests"]) if n} == by_second, (course["requests"], by_second)
    # Errors, by their texts.
    want = {(n, s if t is None else None, t): k for n, s, t, k in db.execute(
        f"select name, status, error, count(*) from requests where {ENDED} and outcome <> 'ok' group by 1, 2, 3")}
    got = {(x["name"], x.get("status"), x.get("error")): x["count"] for x in state["errors"]}
    assert got == want, (got, want)
    # Each part, as the merged file has it.
    for shard, host, n, failed, verdict in db.execute("select shard, host, requests, failures, verdict from shard"):
        part = state["parts"][shard]
        assert part["host"] == host and part["state"] == "ended" and part["users"] == 0, part
        counted, = db.execute(f"select count(*) from requests where {ENDED} and shard = ?", (shard,)).fetchone() if has_shard(db) else (n,)
        assert part["requests"] == counted and part["failures"] == failed, (part, n, failed)
        assert series[f'coldswarm_part_requests_total{{part="{shard}",host="{host}"}}'] == part["requests"]
        assert f"<tr><th scope=\"row\">{shard}</th><td><bdi>{host}</bdi></td><td class=\"\">ended</td><td class=\"n\">{part['requests']}</td>" in page
    run, = db.execute("select verdict from run").fetchone()
    assert state["verdict"] == run and state["exit_code"] == db.execute("select exit_code from run").fetchone()[0]
    assert series["coldswarm_run_ended"] == 1
    states = {x["threshold"]: x["state"] for x in state["thresholds"]}
    assert states == {"http_req_failed rate<0.9": "passes", "http_reqs count>1 abortOnFail": "passes"}, states


def has_shard(db):
    return "shard" in [x[1] for x in db.execute("pragma table_info(requests)")]


main()
