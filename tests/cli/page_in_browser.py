#!/usr/bin/env python3
"""page_in_browser.py PAGE.html…: each page does in a real browser what it should, and nothing else.

It loads without a word on the console, a dialog, or a request but for itself; has no element that came out of a text; fits the
width of a phone; sorts its tables by a press on a head; and reads well on paper, where what is folded is unfolded.
"""
import functools
import http.server
import os
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))
import browser  # noqa: E402

COLUMN = """(function (column) {
  const table = document.querySelector('#requests table');
  return [...table.tBodies[0].rows].map(r => [...r.cells][column].textContent);
})(%d)"""
PRESS = "document.querySelectorAll('#requests thead button')[%d].click()"


def quiet(b, url):
    b.settle()
    assert b.complaints == [], b.complaints
    assert b.requests == [url], b.requests


def elements(b):
    """What is in the page is what the program wrote: one script at its end, and none of the elements that texts had in them."""
    assert b.value("document.scripts.length") == 1
    assert b.value("document.scripts[0].parentNode === document.body && document.body.lastElementChild === document.scripts[0]")
    assert b.value("document.querySelectorAll('img, iframe, object, embed, link, base, form, b, [onclick], [onload], [onerror]').length") == 0
    assert b.value("document.querySelectorAll('style').length") == 1
    assert b.value("getComputedStyle(document.querySelector('.tiles')).display") == "grid"  # the style was let through


def injected(b):
    """Should a text ever get past the escaping, the policy stops it."""
    b.value("document.querySelector('main').insertAdjacentHTML('beforeend', '<img src=x onerror=\"window.hit=1\">')")
    b.value("(function () { const s = document.createElement('script'); s.text = 'window.hit=2'; document.body.append(s); })()")
    b.settle()
    assert b.value("window.hit === undefined")
    assert len(b.complaints) >= 2, b.complaints


def sorts(b):
    before = b.value(COLUMN % 1)
    requests = [int(x) for x in b.value(COLUMN % 2)]
    total = b.value("document.querySelector('#requests tfoot').textContent")
    if len(before) < 2:
        assert b.value("document.querySelectorAll('#requests thead button').length") == 0
        return
    b.value(PRESS % 2)
    assert [int(x) for x in b.value(COLUMN % 2)] == sorted(requests, reverse=True)
    assert b.value("document.querySelectorAll('#requests [aria-sort]').length") == 1
    assert b.value("document.querySelectorAll('#requests thead th')[2].getAttribute('aria-sort')") == "descending"
    b.value(PRESS % 2)
    assert [int(x) for x in b.value(COLUMN % 2)] == sorted(requests)
    b.value(PRESS % 4)  # the average, by all of its digits; unknown ones at the end whichever way
    for _ in range(2):
        average = b.value("[...document.querySelectorAll('#requests tbody tr')].map(r => r.cells[4].querySelector('data'))"
                          ".map(d => d === null ? null : Number(d.value))")
        known = [x for x in average if x is not None]
        assert average[:len(known)] == known and known in (sorted(known), sorted(known, reverse=True)), average
        b.value(PRESS % 4)
    b.value(PRESS % 1)
    assert sorted(b.value(COLUMN % 1)) == sorted(before)
    assert b.value("document.querySelector('#requests tfoot').textContent") == total


def sorts_with_intervals(b):
    """The rows of an interval stay under the row that they are of."""
    rows = ("[...document.querySelectorAll('#times table[data-row-height]')].map(t => [...t.tBodies[0].rows]"
            ".map(r => [r.cells[1].textContent.trim(), r.cells[2].textContent]))")
    for table in range(len(b.value(rows))):
        before = [tuple(x) for x in b.value(rows)[table]]
        groups = [tuple(before[i:i + 3]) for i in range(0, len(before), 3)]
        assert all(x[1][0] == "95% from" and x[2][0] == "to" for x in groups), groups
        if len(groups) < 2:
            continue
        press = f"document.querySelectorAll('#times table[data-row-height]')[{table}].querySelectorAll('thead button')[2].click()"
        for order in True, False:
            b.value(press)
            after = [tuple(x) for x in b.value(rows)[table]]
            after = [tuple(after[i:i + 3]) for i in range(0, len(after), 3)]
            assert sorted(after) == sorted(groups), after
            known = [float(x[0][1]) for x in after if x[0][1] != "\u2013"]
            assert known == sorted(known, reverse=order), after


BROKEN = """[...document.querySelectorAll('td bdi, th bdi')].filter(e => /^[A-Za-z_]{1,16}$/.test(e.textContent))
    .filter(e => e.getClientRects().length > 1).map(e => e.textContent)"""


def fits(b):
    for width in 390, 800, 1280:
        b.look(width=width)
        assert b.value("document.documentElement.scrollWidth") <= width, width
        assert b.value(BROKEN) == [], (width, b.value(BROKEN))
    b.look(media="print")
    assert b.value("[...document.querySelectorAll('details:not(.long)')].every(d => d.lastElementChild.getBoundingClientRect().height > 0)")
    assert b.value("getComputedStyle(document.querySelector('nav')).display") == "none"
    b.look(dark=True)
    assert b.value("getComputedStyle(document.body).backgroundColor") == "rgb(21, 24, 27)"
    b.look()
    assert b.value("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


def main(pages):
    if browser.find() is None:
        print("no chromium")
        sys.exit(77)
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=".")
    asked = []
    handler.func.log_message = lambda self, *_: asked.append(self.path)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with browser.Browser() as b:
        for page in pages:
            b.look()
            quiet(b, b.open(page))
            elements(b)
            sorts(b)
            sorts_with_intervals(b)
            fits(b)
            # The same from a server, which sees every request, an icon's too.
            url = b.open(f"http://127.0.0.1:{server.server_port}/{page}")
            quiet(b, url)
            assert asked == ["/" + page], asked
            injected(b)
            assert asked == ["/" + page], asked
            asked.clear()
    server.shutdown()


main(sys.argv[1:])
