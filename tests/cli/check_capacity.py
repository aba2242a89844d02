#!/usr/bin/env python3
"""check_capacity.py FOLDER: holds the result documents of a search for capacity against its step files.

The SQL of each number in numbers.json, run on the file that it names; the same numbers from the rows by Python; and the
page: well-formed, with a figure per panel, and in its tables the numbers of capacity.json.
"""
import json
import pathlib
import sqlite3
import sys
import xml.etree.ElementTree as ElementTree

HTML = "{http://www.w3.org/1999/xhtml}"


def near(a, b):
    return a is not None and b is not None and abs(a - b) <= 1e-9 * max(1, abs(b))


def percentile(times, p):
    at = p * (len(times) - 1)
    low = int(at)
    return times[low] + (times[min(low + 1, len(times) - 1)] - times[low]) * (at - low)


def by_rows(db, step):
    """The numbers of a step from its rows, without SQL beyond reading them."""
    begin, end = step["from_s"] * 1e6, step["to_s"] * 1e6
    rows = list(db.execute("SELECT intended_us, sent_us, end_us, response_us, outcome FROM requests"))
    due = [r for r in rows if begin <= (r[0] if r[0] is not None else r[1]) < end]
    times = sorted(r[3] / 1000 for r in due if r[3] is not None and r[3] >= 0)
    done = sum(r[2] is not None and begin <= r[2] < end and r[4] == "ok" for r in rows)
    out = {"throughput": done / (step["to_s"] - step["from_s"]),
           "failures_percent": 100 * sum(r[4] != "ok" for r in due) / len(due)}
    out.update({f"p{p}_ms": percentile(times, p / 100) for p in (50, 95, 99) if times})
    return out


def check_numbers(folder, result):
    numbers = json.load(open(folder / "numbers.json", encoding="ascii"))
    steps = {s["file"]: s for s in result["steps"]}
    keys = ("achieved", "throughput", "p50_ms", "p95_ms", "p99_ms")
    wanted = {(s["file"], k) for s in result["steps"] for k in keys if s[k] is not None}
    wanted |= {(s["file"], "failures_percent") for s in result["steps"] if s["failures"] is not None}
    for n in numbers["numbers"]:
        step = steps[n["name"]]
        db = sqlite3.connect(f"file:{folder / n['name']}?mode=ro", uri=True)
        got = db.execute(n["sql"]).fetchall()
        assert len(got) == 1 and len(got[0]) == 1 and near(got[0][0], n["value"]), (n, got)
        stored = 100 * step["failures"] if n["key"] == "failures_percent" else step[n["key"]]
        assert near(stored, n["value"]), (n, stored)
        counted = by_rows(db, step).get(n["key"])
        assert n["key"] == "achieved" or near(counted, n["value"]), (n, counted)
        wanted.remove((n["name"], n["key"]))
        db.close()
    assert not wanted, wanted
    assert "loads" in numbers["without_sql"], numbers["without_sql"]


def words(element):
    return " ".join("".join(element.itertext()).split())


def check_page(folder, result):
    root = ElementTree.fromstring((folder / "report.html").read_text())
    page = words(root)
    # What is certain depends on how busy the machine is.
    kinds = {"found": "between", "below": "below", "above": "above"}
    texts = [f"Capacity: {kinds[result['kind']]}", "with 95 % confidence"] if result["kind"] in kinds else ["Capacity: not known"]
    for text in texts + (["What gave way first: " + result["limited_by"]] if result["limited_by"] else []):
        assert text in page, text
    figures = [f.get("id") for f in root.iter(HTML + "figure")]
    assert figures == ["figure-capacity", "figure-capacity-throughput", "figure-capacity-failures"], figures
    tables = {s.get("id"): s for s in root.iter(HTML + "section")}
    rows = [[float(d.get("value")) for d in tr.iter(HTML + "data")] for tr in tables["steps"].iter(HTML + "tr")]
    rows = [r for r in rows if r]
    assert len(rows) == len(result["steps"])
    for row, s in zip(rows, result["steps"]):
        shown = [s["load"], s["achieved"], s["throughput"], 100 * s["failures"], s["p50_ms"], s["p95_ms"], s["p99_ms"],
                 s["to_s"] - s["from_s"]]
        assert all(near(a, b) for a, b in zip(row, [x for x in shown if x is not None])), (row, shown)
    assert ("law" in tables) == (result["usl"] is not None)
    if result["usl"] is not None:
        law = [float(d.get("value")) for d in tables["law"].iter(HTML + "data")]
        for key in ("lambda", "sigma", "kappa"):
            assert any(near(x, result["usl"][key]["value"]) for x in law), key


def main():
    folder = pathlib.Path(sys.argv[1])
    result = json.load(open(folder / "capacity.json"))
    check_numbers(folder, result)
    check_page(folder, result)
    latex = (folder / "tables.tex").read_text()
    assert latex.count("\\begin{tabular}") == 2 + (result["usl"] is not None), latex
    assert "What gave way first" in latex


main()
