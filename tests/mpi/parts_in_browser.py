#!/usr/bin/env python3
"""parts_in_browser.py URL RUN.db PID [PICTURES]: follows the page of coldswarm-mpi in Chromium. The load process PID, of part 2, is stopped for a
while. Then Stop is pressed, and the page held against the merged file. PICTURES: a folder for screenshots."""
import os
import signal
import sqlite3
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../cli"))
import browser  # noqa: E402
from web_in_browser import ENDED, TABLE, until  # noqa: E402
from web_start_in_browser import Pictures, press  # noqa: E402

PARTS = "[...document.querySelector('#part-table').tBodies[0].rows].map(r => [...r.cells].map(c => c.textContent))"
STATE = "document.querySelector('#part-table').tBodies[0].rows[2].cells[2]"


def choose(b, what):
    b.value(f"(() => {{ const x = document.querySelector('#figure-parts select'); x.value = {what!r}; x.dispatchEvent(new Event('change', {{bubbles: true}})); }})()")


def main():
    url, path, pid = sys.argv[1:4]
    with browser.Browser() as b:
        pictures = Pictures(b, sys.argv[4] if len(sys.argv) > 4 else None)
        b.look(1200, 900)
        b.open(url)
        until(b, "document.querySelectorAll('#part-table tbody tr').length === 3 && document.querySelector('#figure-parts .d3') !== null")
        assert b.value("document.getElementById('load').hidden"), "the load cannot be changed"
        until(b, "document.querySelector('#figure-parts .d1').getAttribute('d').split('L').length >= 4")
        assert b.value("document.querySelectorAll('#figure-parts .legend li').length") == 3
        for what, unit in ("users", "Users"), ("busiest_core", "Cores"), ("failures", "Failures/s"), ("requests", "Requests/s"):
            choose(b, what)
            assert b.value("document.querySelector('#figure-parts .ny').textContent") == unit
        b.value("document.querySelector('#figure-parts svg').focus()")
        b.call("Input.dispatchKeyEvent", type="keyDown", key="Home", code="Home", windowsVirtualKeyCode=36)
        said = b.value("document.querySelector('#figure-parts .readout').textContent")
        assert said.startswith("0s: part 0 (") and said.count("part ") == 3, said
        pictures.take("parts-running")
        os.kill(int(pid), signal.SIGSTOP)
        until(b, f"{STATE}.textContent === 'silent' && {STATE}.className === 'fails'")
        until(b, "document.querySelector('#event-list').textContent.includes('is silent')")
        pictures.take("parts-silent")
        os.kill(int(pid), signal.SIGCONT)
        until(b, f"{STATE}.textContent === 'running' && {STATE}.className === ''")
        press(b, "#stop")
        until(b, "document.querySelector('#phase').textContent === 'ended'")
        b.settle(1)
        db = sqlite3.connect(path)
        want = {(m, n): (r, f) for m, n, r, f in db.execute(f"select method, name, count(*), sum(outcome <> 'ok') from requests where {ENDED} group by 1, 2")}
        assert {(x[0], x[1]): (int(x[2]), int(x[3])) for x in b.value(TABLE)} == want, (b.value(TABLE), want)
        parts = b.value(PARTS)
        assert sum(int(x[3]) for x in parts) == sum(r for r, _ in want.values()) and [x[2] for x in parts] == ["ended"] * 3, parts
        pictures.take("parts-ended")
        assert b.complaints == [], b.complaints


main()
