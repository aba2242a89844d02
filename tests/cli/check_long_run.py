#!/usr/bin/env python3
"""check_long_run.py RUN.db DIR STEP: holds every figure over time in the report DIR to the rows of RUN.db. STEP: the seconds of a step."""
import csv
import math
import re
import sqlite3
import sys

run, out, step = sys.argv[1], sys.argv[2], int(sys.argv[3])
db = sqlite3.connect(run)
duration_us = db.execute("SELECT duration_us FROM run").fetchone()[0]
seconds = -(-duration_us // 1000000)


def quantile(values, p):
    """Linear interpolation at p (n - 1): numpy's default."""
    values = sorted(values)
    at = p * (len(values) - 1)
    low = math.floor(at)
    high = min(low + 1, len(values) - 1)
    return values[low] + (values[high] - values[low]) * (at - low)


def by_step(query, length):
    groups = {}
    for at, value in db.execute(query):
        groups.setdefault(at // (length * 1000000), []).append(value)
    return groups


def near(got, want, what):
    assert (math.isnan(got) and math.isnan(want)) or abs(got - want) <= 1e-6 * abs(want) + 1e-9, (what, got, want)


def number(text):
    return float(text) if text not in ("", "NaN") else math.nan


def dat(name):
    with open(f"{out}/data/{name}.dat", encoding="utf-8") as f:
        return [[number(x) for x in line.split()] for line in f if not line.startswith("#")]


def rows(name):
    with open(f"{out}/data/{name}.csv", encoding="utf-8", newline="") as f:
        return list(csv.DictReader(f))


def check_percentiles(name, queries, levels, columns):
    groups = [by_step(q, step) for q in queries]
    drawn = dat(name)
    assert len(drawn) == -(-seconds // step), len(drawn)
    want = []
    for i, line in enumerate(drawn):
        values = [quantile(g[i], p) / 1000 if i in g else math.nan for g, p in zip(groups, levels)]
        near(line[0], i * step, "start")
        near(line[1], (i * step + min(seconds, (i + 1) * step)) / 2, "middle")
        for got, value in zip(line[2:4], values):
            near(got, value, (name, i))
        want.append(values)
    if step > 1:
        steps = rows(name + "_steps")
        for row, values, i in zip(steps, want, range(len(want)), strict=True):
            assert int(row["second"]) == i * step and int(row["seconds"]) == min(step, seconds - i * step), row
            for column, value in zip(columns, values):
                near(number(row[column]), value, (column, i))
    of_seconds = [by_step(q, 1) for q in queries]
    for i, row in enumerate(rows(name)):
        for column, g, p in zip(columns, of_seconds, levels):
            near(number(row[column]), quantile(g[i], p) / 1000 if i in g else math.nan, (column, i))
    return want


def spread(text):
    return [float(x) for x in text]


def check_page(figure, words, want, unit):
    """The page says of each line between which values it runs."""
    with open(f"{out}/report.html", encoding="utf-8") as f:
        page = f.read()
    part = page[page.index(f'id="figure-{figure}"'):]
    part = part[:part.index("</figure>")]
    for line, word in enumerate(words):
        found = re.search(rf"; {word}: ([-0-9.e+]+) to ([-0-9.e+]+){unit}", part)
        values = [x[line] for x in want if not math.isnan(x[line])]
        for got, value in zip(found.groups(), (min(values), max(values))):
            assert float(got) == float(f"{value:.4g}"), (figure, word, got, value)
    return part


minutes = {5: "5 s", 10: "10 s", 60: "1 min"}[step] if step > 1 else None
requests = f", each point all requests of {minutes}" if minutes else ""
means = f", each point the mean of {minutes}" if minutes else ""


def labelled(name, words):
    with open(f"{out}/data/{name}.gp", encoding="utf-8") as f:
        label = re.search("set xlabel '(.*)'", f.read()).group(1)
    assert re.fullmatch(r"Time \((s|min|h)\)" + words, label), label
    with open(f"{out}/{name}.svg", encoding="utf-8") as f:
        assert f"<text>{label}</text>" in f.read()
    with open(f"{out}/latex/figure_{name}.tex", encoding="utf-8") as f:
        assert f"xlabel={{Time (s){words}}}" in f.read()


client = "SELECT end_us, response_us FROM requests WHERE response_us IS NOT NULL"
want = check_percentiles("response_time", [client, client], (0.5, 0.95), ("median_ms", "p95_ms"))
part = check_page("response_time", ("median", "95th percentile"), want, " ms")
assert requests in part
labelled("response_time", requests)

ended = by_step("SELECT end_us, outcome <> 'ok' FROM requests WHERE response_us IS NOT NULL", step)
want = []
for i, line in enumerate(dat("requests_per_second")):
    length = min(step, seconds - i * step)
    want.append([len(ended.get(i, [])) / length, sum(ended.get(i, [])) / length])
    for got, value in zip(line[2:4], want[-1]):
        near(got, value, ("rate", i))
part = check_page("requests_per_second", ("requests", "failures"), want, "")
assert means in part
labelled("requests_per_second", means)

users = [n for _, n in sorted(db.execute("SELECT second, users FROM seconds"))][:seconds]
want = [[sum(users[i:i + step]) / len(users[i:i + step])] for i in range(0, seconds, step)]
corners = dat("users")
for a, b in zip(corners[::2], corners[1::2]):
    assert a[1] == b[1]
    for i in range(int(a[0]) // step, -(-int(b[0]) // step)):
        near(a[1], want[i][0], ("users", i))
assert corners[0][0] == 0 and corners[-1][0] == seconds
assert means in check_page("users", ("users",), want, "")
labelled("users", means)

if db.execute("SELECT count(*) FROM server_requests").fetchone()[0] > 0:
    # Of the log: answers of an instance, by the time of the answer; without the wait for the start-up probe.
    log = ("SELECT s.at_us + s.latency_us, s.latency_us{} FROM server_requests AS s LEFT JOIN instances AS i "
           f"ON i.instance = s.instance WHERE s.instance IS NOT NULL AND s.at_us + s.latency_us BETWEEN 0 AND {seconds * 1000000 - 1}{{}}")
    wait = " - CASE WHEN s.at_us < i.ready_us THEN min(s.latency_us, i.ready_us - s.at_us) ELSE 0 END"
    queries = [log.format("", ""), log.format(wait, " AND i.ready_us IS NOT NULL")]
    want = check_percentiles("request_latency", queries, (0.95, 0.95), ("with_startup_p95_ms", "without_startup_p95_ms"))
    assert requests in check_page("request_latency", ("with start-up", "without start-up"), want, " ms")
    labelled("request_latency", requests)
