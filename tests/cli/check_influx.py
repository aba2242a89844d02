#!/usr/bin/env python3
"""Compares lines that an InfluxDB was sent with the rows of the run file: check_influx.py REQUESTS.jsonl RUN.db. Only requests that got 2xx
count. The lines are read by the rules of the line protocol's reference, not by the program."""
import json
import re
import sqlite3
import sys

ENDED = "outcome not in ('not_sent', 'cancelled', 'unsendable')"
db = sqlite3.connect(sys.argv[2])
lines = []
for r in map(json.loads, open(sys.argv[1])):
    if r["status"] in (200, 204):
        assert r["body"].endswith("\n")
        lines += r["body"].encode("latin-1").decode().rstrip("\n").split("\n")


def parts_of(text, separator):
    """Cut at a separator that no backslash escapes and that is in no quotes."""
    parts, quoted, i = [""], False, 0
    while i < len(text):
        if text[i] == "\\" and i + 1 < len(text) and text[i + 1] in ',= "\\':
            parts[-1] += text[i:i + 2]
            i += 2
            continue
        if text[i] == '"' and quoted is not None:
            quoted = not quoted
        if text[i] == separator and not quoted:
            parts.append("")
        else:
            parts[-1] += text[i]
        i += 1
    return parts


def parse(line):
    key, fields, at = parts_of(line, " ")
    measurement, *tags = parts_of(key, ",")
    clean = lambda text: re.sub(r"\\([,= ])", r"\1", text)
    tags = {clean(k): clean(v) for k, v in (parts_of(t, "=") for t in tags)}
    assert all(tags.values()), line
    fields = dict(parts_of(f, "=") for f in parts_of(fields, ","))
    return measurement, tags, fields, int(at)


points = [parse(line) for line in lines]
times = sorted({p[3] for p in points})
assert [p[3] for p in points] == sorted(p[3] for p in points)
ends = [p[2]["run_ended"] for p in points if p[0] == "coldswarm_run"]
assert ends == ["0i"] * (len(times) - 1) + ["1i"], ends
last = {(p[1].get("method", ""), p[1]["name"]): p[2] for p in points if p[0] == "coldswarm_endpoint" and p[3] == times[-1]}


def shown(name):
    name = re.sub(r"[\x00-\x1f\x7f]", lambda m: "\\x%02x" % ord(m[0]), name)
    return re.sub(r"\\(?=[,= \\]|$)", lambda m: "\\x5c", name)


def rows(what):
    return {(m, shown(n)): x or 0 for m, n, x in db.execute(f"select endpoint.method, endpoint.name, {what} from endpoint left join requests "
            "on requests.method = endpoint.method and requests.name = endpoint.name group by 1, 2")}


for field, what in (("requests", f"sum({ENDED})"), ("failures", f"sum({ENDED} and outcome <> 'ok')"), ("response_time_count", f"sum({ENDED})"),
                    ("received", f"coalesce(sum(case when {ENDED} then bytes_received end), 0)"), ("cancelled", "sum(outcome = 'cancelled')"),
                    ("response_time_le_0.01", f"sum({ENDED} and response_us <= 10000)"), ("response_time_le_60", f"sum({ENDED})")):
    got = {k: int(re.fullmatch(r"(\d+)i", f[field])[1]) for k, f in last.items()}
    assert got == rows(what), (field, got, rows(what))
run = [p for p in points if p[0] == "coldswarm_run"][-1]
assert run[2]["verdict"] == '"%s"' % db.execute("select verdict from run").fetchone()
print(len(times), "parts,", len(lines), "lines, tags", sorted(run[1]))
