#!/usr/bin/env python3
"""cold_in_browser.py URL [FOLDER]: waits on a run's page for its end, and prints what it shows of cold starts; with pictures into FOLDER."""
import json
import os
import sys
import time
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))
import browser  # noqa: E402

DRAWN = "[...document.querySelectorAll('#charts svg.plot')].map(s => [...s.querySelectorAll('.event.cold title')].map(t => t.textContent))"
LISTED = "[...document.querySelectorAll('#event-list li')].filter(x => /cold start/.test(x.textContent)).length"


def main():
    url = sys.argv[1]
    with browser.Browser() as b:
        b.look(1200, 900)
        b.open(url)
        end = time.monotonic() + 120
        while b.value("document.querySelector('#phase').textContent") != "ended":
            assert time.monotonic() < end, b.value("document.body.innerText")[:2000]
            time.sleep(0.1)
        b.settle(1)
        seen = {"drawn": b.value(DRAWN), "listed": b.value(LISTED), "complaints": b.complaints,
                "events": json.load(urllib.request.urlopen(url + "api/state", timeout=20))["events"]}
        for dark in (False, True) if len(sys.argv) > 2 else ():
            b.look(1200, 900, dark)
            b.settle()
            b.picture(os.path.join(sys.argv[2], f"cold-{'dark' if dark else 'light'}.png"))
    print(json.dumps(seen))


if __name__ == "__main__":
    main()
