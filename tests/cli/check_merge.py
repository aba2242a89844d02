#!/usr/bin/env python3
"""check_merge.py COLDSWARM RUN.db MERGED.db: whether a merge of the parts of RUN is RUN again: every row, every second, every number of a report.

The run is what is expected, so nothing here comes from the code under test but the report's numbers of both.
"""
import collections
import json
import sqlite3
import subprocess
import sys

ROWS = {  # without numbers that a merge may choose: ids
    "requests": "SELECT user, name, method, intended_us, sent_us, end_us, service_us, response_us, dns_us, connect_us, tls_us, ttfb_us, status, "
                "outcome, error, bytes_sent, bytes_received, new_connection, sent_again, resent_us, http_version, previous_end, "
                "previous_idle_us FROM requests ORDER BY id",
    "streams": "SELECT r.user, r.sent_us, s.first_event_us, s.ttft_us, s.ttfo_us, s.last_token_us, s.events, s.token_events, s.reads, "
               "s.output_tokens, s.prompt_tokens, s.cached_tokens, s.reasoning_tokens, s.tokens_from, s.finish, s.gap_max_us, s.gaps_us, "
               "s.reasoning_events, s.tool_events, s.shared_reads, s.first_tokens, s.done, s.after_done FROM streams AS s "
               "JOIN requests AS r ON r.id = s.request_id ORDER BY s.request_id",
    "iterations": "SELECT user, name, start_us, end_us, duration_us, ok FROM iterations ORDER BY end_us, user, start_us, name, ok",
    "steps": "SELECT task, user, at_us, took_us, ok FROM iteration ORDER BY id",
}
TABLES = {
    "seconds": "SELECT * FROM seconds", "checks": "SELECT * FROM checks ORDER BY second, request, name",
    "client": "SELECT * FROM client ORDER BY second", "failed_bodies": "SELECT * FROM failed_bodies ORDER BY at_us",
    "events": "SELECT * FROM event ORDER BY at_us, kind", "endpoint": "SELECT * FROM endpoint ORDER BY id", "task": "SELECT * FROM task ORDER BY id",
    "check_name": "SELECT * FROM check_name ORDER BY id", "server_series": "SELECT * FROM server_series ORDER BY metric, label, at_us",
    "users": "SELECT * FROM user_count ORDER BY second", "result": "SELECT count(*) FROM result", "error": "SELECT text FROM error ORDER BY text",
    "run": "SELECT name, started_utc, duration_us, users_max, scenario, target, seed, version, verdict, exit_code FROM run",
    "manifest": "SELECT key, value FROM manifest WHERE key NOT IN ('start_at', 'started_us') ORDER BY key",
}
OWN = {".run.verdict_reason", ".shards"}


def rows(path, query):
    db = sqlite3.connect(path)
    db.text_factory = bytes
    all_of_it = db.execute(query).fetchall()
    db.close()
    return [tuple(round(x, 9) if isinstance(x, float) else x for x in row) for row in all_of_it]


def check(what, expected, got):
    if expected == got:
        return
    wrong = next((i for i, (a, b) in enumerate(zip(expected, got)) if a != b), min(len(expected), len(got)))
    sys.exit(f"{what}: {len(expected)} rows expected, {len(got)} found; row {wrong}: {expected[wrong:wrong + 1]} expected, {got[wrong:wrong + 1]} found")


def by_user(all_of_it):
    users = collections.defaultdict(list)
    for row in all_of_it:
        users[row[0]].append(row)
    return users


def differences(a, b, path=""):
    if isinstance(a, dict) and isinstance(b, dict):
        for key in sorted(a.keys() | b.keys()):
            if f"{path}.{key}" not in OWN:
                yield from differences(a.get(key), b.get(key), f"{path}.{key}")
    elif isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        for i, (x, y) in enumerate(zip(a, b)):
            yield from differences(x, y, f"{path}[{i}]")
    elif a != b and not (isinstance(a, float) and isinstance(b, float) and abs(a - b) <= 1e-12 * abs(a)):
        yield f"{path}: {a} expected, {b} found"


def main():
    program, run, merged = sys.argv[1:]
    for name, query in ROWS.items():
        expected, got = rows(run, query), rows(merged, query)
        check(name, sorted(expected, key=repr), sorted(got, key=repr))
        check(name + " of each user", *([sorted(by_user(x).items(), key=repr)] for x in (expected, got)))
    for name, query in TABLES.items():
        check(name, rows(run, query), rows(merged, query))
    ends = [x for x, in rows(merged, "SELECT coalesce(at_us, 0) + coalesce(took_us, 0) FROM request ORDER BY id")]
    check("order of ends", sorted(ends), ends)
    check("numbers of rows", [(i,) for i in range(1, len(ends) + 1)], rows(merged, "SELECT id FROM requests ORDER BY id"))
    reports = []
    for path in run, merged:
        text = subprocess.run([program, "report", "-f", "json", path], capture_output=True, check=True).stdout
        reports.append(json.loads(text))
    wrong = list(differences(*reports))
    if wrong:
        sys.exit("report: " + "; ".join(wrong[:20]))


main()
