"""What it costs to watch a run: the client's CPU per request with its page open, scraped by Prometheus each second, and exported to OTLP and
InfluxDB, beside the same run without. And what the state of 1000 endpoints costs the main thread, which no request waits for."""
import json
import os
import re
import sqlite3
import statistics
import subprocess
import sys
import threading
import time
import urllib.request

import tables
from measure import Table, Threads, Unable, measure
from servers import Nginx, free_ports
from split import interval
from tools import COLDSWARM, Job, Locust

PAIRS, USERS, ENDPOINTS = 15, 50, 1000
RECEIVER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tests", "support", "receiver.py")


class Receiver:
    """with Receiver(directory) as url: takes metrics, in a process of its own."""

    def __init__(self, directory):
        self.process = subprocess.Popen([sys.executable, RECEIVER, "--log", os.path.join(directory, "received")], stdout=subprocess.PIPE, text=True)

    def __enter__(self):
        return f"http://127.0.0.1:{self.process.stdout.readline().split()[1]}/ok"

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


def scrape(page, over):
    """As Prometheus does; and the page as a browser has it."""
    while not over.wait(1):
        try:
            with urllib.request.urlopen(page + "metrics", timeout=5) as answer:
                answer.read()
        except OSError:
            return


def follow(page, seen):
    try:
        with urllib.request.urlopen(page, timeout=5) as answer:
            answer.read()
        with urllib.request.urlopen(page + "api/events", timeout=60) as events:
            for line in events:
                seen.append(len(line))
    except OSError:
        pass


def run(a, url, receiver):
    """CPU seconds per request; a receiver: watched in all ways."""
    db = os.path.join(a.directory, "live.db")
    for name in (db, db + "-wal", db + "-shm"):
        if os.path.exists(name):
            os.unlink(name)
    scenario = os.path.join(a.directory, "live.json")
    with open(scenario, "w", encoding="utf-8") as f:
        json.dump({"target": url, "load": {"users": USERS, "spawn_rate": 10000, "duration": f"{max(a.seconds, 6)}s"}, "tasks": [{"path": "/"}]}, f)
    argv, port = [COLDSWARM, "run", scenario, "--seed", "7", "-o", db, "--quiet"], free_ports(1)[0]
    over, seen, threads = threading.Event(), [], []
    if receiver:
        argv += ["--web", str(port), "--otlp", receiver, "--influx", receiver + "/write?db=x"]
        page = f"http://127.0.0.1:{port}/"
        threads = [threading.Thread(target=scrape, args=(page, over)), threading.Thread(target=follow, args=(page, seen))]
    child = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    if receiver:
        child.stderr.readline()  # "page: ..."
    for thread in threads:
        thread.start()
    errors = child.stderr.read()
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    over.set()
    for thread in threads:
        thread.join()
    if child.returncode not in (0, 4) or "warning" in errors:  # 4: the client was late, which a busy machine is
        raise Unable(f"exit code {child.returncode}: {errors.strip()}")
    if receiver and len(seen) < 3:
        raise Unable("the page had no events")
    with sqlite3.connect(db) as rows:
        count = rows.execute("SELECT count(*) FROM requests WHERE outcome = 'ok'").fetchone()[0]
    rows.close()
    if count == 0:
        raise Unable("no request was answered")
    return (usage.ru_utime + usage.ru_stime) / count


def locust(a, url):
    """CPU seconds per request of Locust with its page open, which asks for the numbers every two seconds."""
    peer, port, over = Locust(), free_ports(1)[0], threading.Event()
    if peer.missing():
        raise Unable(peer.missing())
    argv = [x for x in peer.argv(Job(url, USERS, max(a.seconds, 6), a.directory)) if x not in ("--headless", "--only-summary")]
    argv += ["--web-host", "127.0.0.1", "--web-port", str(port), "--autostart", "--autoquit", "0"]
    answers = []

    def look():
        while not over.wait(2):
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/stats/requests", timeout=5) as answer:
                    answers.append(json.load(answer))
            except OSError:
                pass

    thread = threading.Thread(target=look)
    thread.start()
    try:
        done = measure(argv, 120)
    finally:
        over.set()
        thread.join()
    if not answers:
        raise Unable("Locust's page did not answer")
    found = re.search(r"^\s+Aggregated +(\d+) +0\(0.00%\)", done.text, re.M)
    if not found or not int(found[1]):
        raise Unable("Locust's table was not understood, or requests failed")
    return done.cpu / int(found[1])


def watching(a):
    alone, watched = [], []
    with Nginx(a.directory) as server, Receiver(a.directory) as receiver:
        for number in range(PAIRS):
            pair = [(None, alone), (receiver, watched)]
            for to, results in pair[::1 if number % 2 == 0 else -1]:
                results.append(run(a, server.url("http"), to) * 1e6)
            tables.say(f"  pair {number + 1} of {PAIRS}: {alone[-1]:.2f} and {watched[-1]:.2f} us CPU per request")
        try:
            peer = statistics.median(locust(a, server.url("http")) * 1e6 for _ in range(max(a.peer_rounds, 1)))
        except Unable as e:
            peer, why = None, str(e)
    mean, low, high = interval([w / n for w, n in zip(watched, alone)])
    print(f"### Watching a run: {USERS} users, as fast as the answers come, pairs of {max(a.seconds, 6)} s\n")
    table = Table("client", "CPU us/request", "to nobody", "95 % interval", "goal")
    table.row("nobody watches", f"{statistics.median(alone):.2f}", "1.00", "–", "–")
    table.row("page, Prometheus, OTLP and InfluxDB", f"{statistics.median(watched):.2f}", f"{mean:.3f}", f"{low:.3f} to {high:.3f}", "1.02")
    if peer is None:
        table.dash(why, "Locust with its page open")
    else:
        table.row("Locust with its page open", f"{peer:.1f}", f"{peer / statistics.median(alone):.1f}", "–", "–")
        table.row("coldswarm, watched, to that Locust", "–", f"{statistics.median(watched) / peer:.3f}", "–", "0.1")
    print(table)


def endpoints(a):
    scenario = os.path.join(a.directory, "endpoints.json")
    seconds = max(a.seconds, 8)
    print(f"### The state of {ENDPOINTS} endpoints, once a second: CPU of the main thread\n")
    table = Table("who follows", "ms a second", "more than nobody")
    with Nginx(a.directory) as server, Receiver(a.directory) as receiver:
        with open(scenario, "w", encoding="utf-8") as f:
            json.dump({"target": server.url("http"), "load": {"rate": 2000, "max_users": 50, "duration": f"{seconds}s"},
                       "tasks": [{"path": f"/{n}", "name": f"endpoint {n}"} for n in range(ENDPOINTS)]}, f)
        least = None
        for name, more in (("nobody", []), ("--json-progress", ["--json-progress", "/dev/null"]), ("--web", ["--web", "0"]),
                           ("--otlp", ["--otlp", receiver]), ("--influx", ["--influx", receiver + "/write?db=x"])):
            costs = []
            for n in range(max(a.rounds, 3)):
                watch, pids = Threads(), []
                db = os.path.join(a.directory, f"endpoints-{n}.db")
                begun = time.monotonic()
                # Only the load: what the main thread does at the end, for the tables, is not part of it.
                done = measure([COLDSWARM, "run", scenario, "--seed", "7", "-o", db, "--quiet", *more], 120,
                               watch=lambda pid: pids.append(pid) or (time.monotonic() - begun < seconds and watch(pid)))
                if done.code not in (0, 4):
                    raise Unable(done.text.strip())
                os.unlink(db)
                costs.append(watch.cpu[str(pids[0])] / seconds * 1e3)
            cost = statistics.median(costs)
            least = cost if least is None else least
            table.row(name, f"{cost:.1f}", f"{cost - least:.1f}")
    print(table)


def live(_clients, a):
    try:
        watching(a)
        endpoints(a)
    except Unable as e:
        print(f"live: {e}\n")
