#!/usr/bin/env python3
"""web_in_browser.py URL RUN.db: follows a run's page in Chromium, stops the run there, and holds the page against the file."""
import os
import re
import sqlite3
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))
import browser  # noqa: E402

ENDED = "outcome not in ('not_sent', 'cancelled', 'unsendable')"
TABLE = "[...document.querySelector('#endpoints').tBodies[0].rows].map(r => [...r.cells].map(c => c.textContent))"
# The values that a line is drawn through, by the axis' own labels.
LINE = """(() => { const svg = document.querySelector('#figure-rate svg');
  const labels = [...svg.querySelectorAll('text.ty')].map(t => [Number(t.textContent), Number(t.getAttribute('y')) - 4]).filter(([v, y]) => y < 240);
  const [[v0, y0], [v1, y1]] = [labels[0], labels[labels.length - 1]];
  return svg.querySelector('.s1').getAttribute('d').match(/[ML][^ML]+/g).map(p => Number(p.match(/ ([0-9.]+)/)[1]))
    .map(y => v0 + (y - y0) / (y1 - y0) * (v1 - v0)); })()"""


def until(b, expression, seconds=60):
    end = time.monotonic() + seconds
    while not b.value(expression):
        if time.monotonic() > end:
            raise SystemExit(f"never: {expression}\n{b.complaints}\n{b.value('document.body.innerText')[:2000]}")
        time.sleep(0.1)


def main():
    url, path = sys.argv[1:]
    with browser.Browser() as b:
        b.look(1200, 900)
        b.open(url)
        until(b, "document.querySelector('#figure-rate .s1') !== null && document.querySelector('#elapsed').textContent.length > 1")
        before = b.value("document.querySelector('#endpoints tfoot td.n').textContent")
        until(b, f"document.querySelector('#endpoints tfoot td.n').textContent !== {before!r}")  # it follows
        until(b, "document.querySelector('#event-list').textContent.includes('all 10 users are active')")
        b.value("document.querySelectorAll('#endpoints thead button')[2].click()")
        counts = [int(x[2]) for x in b.value(TABLE)]
        assert counts == sorted(counts, reverse=True), counts
        assert b.value("document.querySelectorAll('#endpoints thead th')[2].getAttribute('aria-sort')") == "descending"
        until(b, "document.querySelector('#figure-rate .s1').getAttribute('d').split('L').length >= 5")
        # By keyboard alone: the cursor of a chart.
        b.value("document.querySelector('#figure-users svg').focus()")
        b.call("Input.dispatchKeyEvent", type="keyDown", key="Home", code="Home", windowsVirtualKeyCode=36)
        said = b.value("document.querySelector('#figure-users .readout').textContent")
        assert re.match(r"0s: active users \d+$", said), said
        for svg in b.value("[...document.querySelectorAll('.plot')].map(x => x.getAttribute('aria-label'))"):
            assert len(svg) > 10, svg
        # The load, changed in its form.
        assert b.value("document.getElementById('load-value').value") == "10"
        b.value("document.getElementById('load-value').value = '14'; document.querySelector('#load button').click()")
        until(b, "document.querySelector('#users').textContent === '14' && document.querySelector('#users-max').textContent === '14'")
        until(b, "document.querySelector('#event-list').textContent.includes('the page: to 14 users, 5 per second')")
        # A phone's width, both colours: nothing is wider than the screen, and the style is there.
        for dark in (False, True):
            b.look(390, 800, dark)
            b.settle()
            assert b.value("document.documentElement.scrollWidth") <= 390
            ground = b.value("getComputedStyle(document.body).backgroundColor")
            assert (ground == "rgb(255, 255, 255)") != dark, ground
        b.look(1200, 900)
        assert not b.value("document.getElementById('stop').disabled")
        b.value("document.getElementById('stop').focus()")
        for kind in "keyDown", "keyUp":
            b.call("Input.dispatchKeyEvent", type=kind, key="Enter", code="Enter", windowsVirtualKeyCode=13, text="\r")
        until(b, "document.querySelector('#phase').textContent === 'ended'")
        b.settle(1)
        assert b.value("document.getElementById('stop').hidden")
        assert "the page: no new requests" in b.value("document.querySelector('#event-list').textContent")
        table, line = b.value(TABLE), b.value(LINE)
        assert b.complaints == [], b.complaints
        assert {x.split("?")[0] for x in b.requests} <= {url + x for x in ("", "api/state", "api/events", "api/load", "api/stop")}, set(b.requests)
        # Without JavaScript: the tables as of loading.
        b.call("Emulation.setScriptExecutionDisabled", value=True)
        b.open(url)
        b.settle()
        b.call("Emulation.setScriptExecutionDisabled", value=False)
        plain = b.value(TABLE)
        assert b.value("document.querySelector('#phase').textContent") == "ended"
    db = sqlite3.connect(path)
    want = {(m, n): (r, f) for m, n, r, f in db.execute(f"select method, name, count(*), sum(outcome <> 'ok') from requests where {ENDED} group by 1, 2")}
    for rows in table, plain:
        got = {(x[0], x[1]): (int(x[2]), int(x[3])) for x in rows}
        assert got == want, (got, want)
    # The chart goes through the seconds of the file; a pixel of it is not exact.
    by_second = dict(db.execute(f"select end_us / 1000000, count(*) from requests where {ENDED} group by 1"))
    assert len(line) >= 3
    for second, value in enumerate(line):
        assert abs(value - by_second.get(second, 0)) <= 0.01 * max(line) + 0.5, (second, value, by_second)
    errors = db.execute(f"select count(*) from requests where {ENDED} and outcome <> 'ok'").fetchone()[0]
    assert errors > 0 and sum(int(x[3]) for x in table) == errors


if __name__ == "__main__":
    main()
