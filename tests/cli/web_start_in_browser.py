#!/usr/bin/env python3
"""web_start_in_browser.py URL RUNS TARGET [PICTURES]: uses the page of `coldswarm web` in Chromium as somebody does who knows Locust's: a mistake,
a run, a change, a stop, another run, a comparison. Then it holds the page against the run files. PICTURES: a folder for screenshots."""
import json
import os
import sqlite3
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))
import browser  # noqa: E402
from web_in_browser import ENDED, LINE, TABLE, until  # noqa: E402

SHOWN = "(id => { const x = document.getElementById(id); return x.offsetParent !== null && !x.hidden; })"


def fill(b, name, value):
    """As typed: by events that the script gets."""
    b.value(f"""(() => {{ const x = document.querySelector('#start-form [name={name}]'); x.value = {value!r};
        x.dispatchEvent(new Event('input', {{bubbles: true}})); x.dispatchEvent(new Event('change', {{bubbles: true}})); }})()""")


def press(b, selector):
    b.value(f"document.querySelector({selector!r}).focus()")
    for kind in "keyDown", "keyUp":
        b.call("Input.dispatchKeyEvent", type=kind, key="Enter", code="Enter", windowsVirtualKeyCode=13, text="\r")


class Pictures:
    def __init__(self, b, folder):
        self.b, self.folder = b, folder

    def take(self, name):
        """Light, dark and a phone; nothing is wider than the screen."""
        for look, (width, height, dark) in {"light": (1200, 900, False), "dark": (1200, 900, True), "phone": (390, 800, False)}.items():
            self.b.look(width, height, dark)
            self.b.settle()
            assert self.b.value("document.documentElement.scrollWidth") <= width, (name, look)
            if self.folder:
                self.b.picture(os.path.join(self.folder, f"{name}-{look}.png"))
        self.b.look(1200, 900)


def check_run(b, runs, line):
    """The page's table and chart have the rows of the file that it names."""
    path = os.path.join(runs, b.value("document.getElementById('fact-file').textContent.split('/').pop()"))
    db = sqlite3.connect(path)
    want = {(m, n): (r, f) for m, n, r, f in db.execute(f"select method, name, count(*), sum(outcome <> 'ok') from requests where {ENDED} group by 1, 2")}
    got = {(x[0], x[1]): (int(x[2]), int(x[3])) for x in b.value(TABLE)}
    assert {k: v for k, v in got.items() if v[0] > 0} == want, (got, want)
    by_second = dict(db.execute(f"select end_us / 1000000, count(*) from requests where {ENDED} group by 1"))
    # Whole seconds of the load alone: no line dips because it was stopped within a second.
    stopped = db.execute("select min(at_us) from event where kind = 'web' and text like '%no new requests'").fetchone()[0]
    end_us = db.execute("select duration_us from run").fetchone()[0] if stopped is None else stopped
    assert len(line) == end_us // 1000000 >= 2, (len(line), end_us)
    for second, value in enumerate(line):
        assert abs(value - by_second.get(second, 0)) <= 0.01 * max(line) + 0.5, (second, value, by_second)
    return os.path.basename(path)


def main():
    url, runs, target = sys.argv[1:4]
    with browser.Browser() as b:
        pictures = Pictures(b, sys.argv[4] if len(sys.argv) > 4 else None)
        b.look(1200, 900)
        b.open(url)
        until(b, f"{SHOWN}('start')")
        assert not b.value(f"{SHOWN}('run')")
        until(b, "document.querySelector('#start-scenario').options.length === 2")
        until(b, "document.querySelector('#start-form [name=users]').placeholder === '4'")
        # A broken scenario says where, without a start.
        fill(b, "scenario", "wrong.json")
        until(b, "document.getElementById('start-error').textContent.includes('wrong.json:3:2: ')")
        assert b.value("document.activeElement.id") == "start-scenario"
        pictures.take("mistake")
        fill(b, "scenario", "shop.json")
        until(b, "document.getElementById('start-error').hidden")
        # A wrong number is told by the server, at its field.
        fill(b, "host", target)
        fill(b, "users", "many")
        press(b, "#start-button")
        until(b, "document.querySelector('#start-form [name=users]').getAttribute('aria-invalid') === 'true'")
        assert '"Users": ' in b.value("document.getElementById('start-error').textContent")
        complaints = [x for x in b.complaints if not (isinstance(x, dict) and "400" in x.get("text", ""))]
        assert complaints == [], complaints  # the browser notes the 400 by itself
        b.complaints.clear()
        fill(b, "users", "6")
        fill(b, "spawn_rate", "50")
        pictures.take("form")
        press(b, "#start-button")
        until(b, "document.querySelector('#users') && document.querySelector('#users').textContent === '6' && " + f"{SHOWN}('run')")
        assert not b.value(f"{SHOWN}('start')") and b.value(f"{SHOWN}('load')") and b.value(f"{SHOWN}('stop')")
        assert b.value("document.getElementById('name').textContent") == "shop"
        until(b, "document.querySelector('#figure-rate .s1') !== null && document.querySelector('#figure-rate .s1').getAttribute('d').split('L').length >= 4")
        b.value("document.getElementById('load-value').value = '9'; document.querySelector('#load button').click()")
        until(b, "document.querySelector('#users').textContent === '9'")
        until(b, "document.querySelectorAll('#figure-users .event').length > 0")
        pictures.take("running")
        press(b, "#stop")
        until(b, "document.querySelector('#phase').textContent === 'ended' && " + f"{SHOWN}('results')")
        b.settle(1)
        first = check_run(b, runs, b.value(LINE))
        until(b, f"document.querySelector('#run-table').textContent.includes({first!r})")
        assert b.value("document.querySelector('#result-links a').getAttribute('href')") == f"runs/{first}/report"
        pictures.take("ended")
        # Again, from the same page.
        press(b, "#again")
        until(b, f"{SHOWN}('start')")
        assert b.value("document.querySelector('#start-form [name=users]').value") == "6"
        fill(b, "run_time", "3s")
        press(b, "#start-button")
        until(b, f"document.getElementById('fact-file').textContent !== '' && !document.getElementById('fact-file').textContent.includes({first!r}) && document.querySelector('#phase').textContent === 'ended'")
        b.settle(1)
        second = check_run(b, runs, b.value(LINE))
        assert second != first
        until(b, "document.querySelectorAll('#run-table input').length === 2")
        b.value("document.querySelectorAll('#run-table input').forEach(x => x.click())")
        press(b, "#compare")
        until(b, "!document.getElementById('compare').disabled && !document.getElementById('compare-note').textContent.startsWith('Comparing')")
        said = b.value("document.getElementById('comparison').textContent + document.getElementById('compare-note').textContent")
        assert first in said or "cannot be compared" in said, said
        # A table for all and for each endpoint, with the numbers of `compare`.
        tables = b.value("[...document.querySelectorAll('#comparison table')].map(t => [...t.tBodies[0].rows].map(r => [...r.cells].map(c => c.textContent)))")
        heads = b.value("[...document.querySelectorAll('#comparison h3')].map(h => h.textContent)")
        want = json.loads(subprocess.run([os.environ["COLDSWARM"], "compare", "-f", "json", os.path.join(runs, first), "--with", os.path.join(runs, second)],
                                         capture_output=True, check=True).stdout)["comparisons"]
        assert heads[0] == "All requests" and len(heads) == len(tables) == len({(c["method"], c["name"]) for c in want}), heads
        assert sum(map(len, tables)) == len(want)
        want.sort(key=lambda c: c["name"] != "")  # all requests come first
        for row, c in zip((r for t in tables for r in t), want):
            assert row[0] == c["statistic"].replace("_", " ") and row[5] == c["verdict"].replace("_", " "), (row, c)
            if c["ratio"] is not None:
                assert abs(float(row[4].split(" ")[0]) - c["ratio"]) < 0.001, (row, c)
        formats = b.value("[...document.querySelectorAll('#run-table details li')].map(x => x.textContent)")
        assert "csv" in formats and not {"vllm", "aiperf"} & set(formats), formats
        pictures.take("again")
        complaints = [x for x in b.complaints if not (isinstance(x, dict) and "409" in x.get("text", ""))]
        assert complaints == [], complaints
        outside = {x for x in b.requests if not x.startswith(url)}
        assert outside == set(), outside
        # The report of a run opens, and its script works although it has no rights here.
        b.open(url + f"runs/{second}/report")
        until(b, "document.querySelectorAll('thead button').length > 0")
        assert b.value("window.origin") == "null"
        assert b.complaints == [], b.complaints


if __name__ == "__main__":
    main()
