#!/usr/bin/env python3
"""page.py CHECK PAGE.html …: holds a page of `report --format html` against what it says it is.

  alone PAGE          one file: nothing in it points outside, and its policy lets run what is in it, and no more
  equal PAGE JSON     the numbers in its tables are those of tables.json, and what people read are those numbers, rounded
  readable PAGE       the colours of its style have contrast enough, in light and in dark
  names PAGE TEXT…    texts that are in it, as a reader sees them

Python's standard library only; the page is read as XML, which is a test of its own.
"""
import base64
import hashlib
import json
import re
import sys
import xml.etree.ElementTree as ElementTree

X = "{http://www.w3.org/1999/xhtml}"
PERCENTILES = ["50", "60", "70", "80", "90", "95", "99", "100"]


def parse(path):
    return ElementTree.parse(path).getroot()


def text(element):
    return "".join(element.itertext())


def alone(path):
    root = parse(path)
    for e in root.iter():
        for key, value in e.attrib.items():
            assert not key.startswith("on") and key not in ("src", "srcset", "action", "style", "data"), (e.tag, key)
            if key.endswith("href"):
                assert value.startswith("#"), value
    ids = [e.get("id") for e in root.iter() if e.get("id")]
    assert len(ids) == len(set(ids)), "ids collide"
    for a in root.iter(X + "a"):
        assert a.get("href")[1:] in ids, a.get("href")
    styles, scripts = list(root.iter(X + "style")), list(root.iter(X + "script"))
    assert len(styles) == 1 and len(scripts) == 1
    assert not re.search(r"@import|url\(|fetch|XMLHttpRequest|import\(|https?:", text(styles[0]) + text(scripts[0]))
    metas = [m for m in root.iter(X + "meta") if m.get("http-equiv") == "Content-Security-Policy"]
    hashed = {k: "'sha256-" + base64.b64encode(hashlib.sha256(text(e).encode()).digest()).decode() + "'"
              for k, e in (("style-src", styles[0]), ("script-src", scripts[0]))}
    assert len(metas) == 1 and metas[0].get("content") == "default-src 'none'; " + "; ".join(
        f"{k} {v}" for k, v in hashed.items()) + "; base-uri 'none'; form-action 'none'", metas[0].get("content")
    # Nothing that could run or be laid out stands before the policy.
    assert list(root.find(X + "head")).index(metas[0]) == 1


def rows(table):
    """Cells as (text, number with all digits or None)."""
    for tr in list(table.find(X + "tbody")) + list(table.find(X + "tfoot") if table.find(X + "tfoot") is not None else []):
        yield [(text(c), next((float(d.get("value")) for d in c.iter(X + "data")), None)) for c in tr]


def check_cell(cell, number):
    shown, exact = cell
    if number is None:
        assert (shown, exact) == ("\u2013", None), cell
        return
    assert abs(exact - number) <= 1e-12 * abs(number), (cell, number)
    digits = len(shown.partition(".")[2])
    assert abs(float(shown) - number) <= 0.5 * 10 ** -digits + 1e-9, (cell, number)


def equal(path, json_path):
    root, d = parse(path), json.load(open(json_path))
    everything = d["endpoints"] + [d["aggregated"]]
    tables = {s.get("id"): list(s.iter(X + "table")) for s in root.iter(X + "section")}
    for row, e in zip(rows(tables["requests"][0]), everything, strict=True):
        for cell, key in zip(row[2:], ["requests", "failures", "average_ms", "min_ms", "max_ms", "average_size_bytes",
                                       "requests_per_second", "failures_per_second"], strict=True):
            check_cell(cell, e[key])
    keys = ["percentiles_ms", "service_percentiles_ms"][:len(tables["times"])]
    assert len(tables["times"]) == len(keys)
    for table, key in zip(tables["times"], keys):
        for row, e in zip(rows(table), everything, strict=True):
            for cell, level in zip(row[2:], PERCENTILES, strict=True):
                check_cell(cell, e[key][level])
    if d["errors"]:
        counts = [row[0][1] for row in rows(tables["errors"][0])]
        assert counts == [e["count"] for e in d["errors"]][:20], counts
    a, p = d["aggregated"], d["aggregated"]["percentiles_ms"]
    big = [next((float(x.get("value")) for x in dd.iter(X + "data")), None)
           for dl in root.iter(X + "dl") if dl.get("class") == "tiles" for dd in dl.iter(X + "dd")]
    want = [a["requests"], a["failures"], a["requests_per_second"], p["50"], p["95"], p["99"]]
    assert all(x is y or abs(x - y) < 1e-9 * abs(y) + 1e-12 for x, y in zip(big, want, strict=True)), (big, want)
    server(tables.get("server", []), d.get("server", {}))


def server(tables, d):
    """Each table of the server has the numbers of one part of the JSON, in its order."""
    of_json = [[[v for v in row.values() if not isinstance(v, str)] for row in part] if isinstance(part, list)
               else [[v] for v in part.values() if not isinstance(v, str)]
               for key, part in d.items() if key != "cost_basis" and not isinstance(part, str)]
    assert len(tables) == len(of_json), (len(tables), list(d))
    for table, part in zip(tables, of_json):
        shown = [[c[1] for c in row if c[1] is not None or c[0] == "\u2013"] for row in rows(table)]
        shown = [r for r in shown if r]
        for a, b in zip(shown, part):
            assert len(a) == len(b) and all(x is y or abs(x - y) <= 1e-12 * abs(y) for x, y in zip(a, b)), (a, b)


def contrast(a, b):
    """https://www.w3.org/TR/WCAG21/#dfn-contrast-ratio"""
    def luminance(c):
        v = [int(c[i:i + 2], 16) / 255 for i in (1, 3, 5)]
        r, g, b = [x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in v]
        return 0.2126 * r + 0.7152 * g + 0.0722 * b
    high, low = sorted((luminance(a), luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def readable(path):
    css = text(next(parse(path).iter(X + "style")))
    themes = re.findall(r":root\{([^}]*)\}", css)
    assert len(themes) == 2
    for theme, heat in zip(themes, re.findall(r"((?:\.h\d+\{fill:#[0-9a-f]{6}\})+)", css), strict=True):
        c = {k: v if len(v) == 7 else "#" + "".join(x * 2 for x in v[1:])
             for k, v in re.findall(r"--([\w]+):(#[0-9a-f]+)", theme)}
        for name in "ink", "soft", "link", "valid", "suspect", "invalid":
            for ground in "ground", "panel":
                assert contrast(c[name], c[ground]) >= 4.5, (name, c[name], contrast(c[name], c[ground]))
        for name in "c1", "c2", "c3", "c4", "c5", "c6", "warm", "cold", "strong":
            assert contrast(c[name], c["ground"]) >= 3, (name, c[name], contrast(c[name], c["ground"]))
        steps = [contrast(x, c["ground"]) for x in re.findall(r"#[0-9a-f]{6}", heat)]
        assert len(steps) == 12 and steps == sorted(steps) and steps[0] >= 1.8, steps  # in grey the order is the same


def names(path, *wanted):
    seen = text(parse(path).find(X + "body"))
    for one in wanted:
        assert one in seen, one
    assert all(c == "\n" or c == "\t" or c.isprintable() for c in seen), sorted({c for c in seen if not c.isprintable()})


{"alone": alone, "equal": equal, "readable": readable, "names": names}[sys.argv[1]](*sys.argv[2:])
