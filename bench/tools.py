"""The clients, and how each is called. A client has .name, and .run(job) that returns a Result or raises Unable."""
import dataclasses
import json
import os
import re
import shutil
import socket
import sqlite3
import subprocess
import tempfile
import urllib.parse

import parse
from measure import Unable, measure
from servers import ROOT

COLDSWARM = os.path.join(ROOT, "build/release/coldswarm")
AUTOCANNON = os.path.join(ROOT, "build/bench/node_modules/autocannon/autocannon.js")
NEVER = 5_000_000  # more requests than ab can send before its time is up


@dataclasses.dataclass
class Job:
    url: str
    connections: int
    seconds: int
    directory: str  # for its files
    rate: int = 0  # requests/s of all connections; 0: as fast as answers come
    users: int = 0  # with a rate: the users that coldswarm may use, if more than connections
    wait: str = "0s"  # between a coldswarm user's requests
    streams: int = 0  # of HTTP/2 on each connection, of the requests in flight that `connections` says; 0: HTTP/1.1
    watch: object = None  # as in measure()

    @property
    def limit(self):
        return 3 * self.seconds + 30

    def path(self, name):
        return os.path.join(self.directory, name)

    def file(self, name):
        with open(self.path(name), encoding="utf-8") as f:
            return f.read()


@dataclasses.dataclass
class Result:
    requests: int
    rate: float
    cpu: float  # seconds
    memory: float  # MB
    quantiles: dict  # p50, p90, p99 in us
    service: dict  # the same of the service time, where the client tells the two apart
    more: dict

    @property
    def us(self):
        return self.cpu / self.requests * 1e6


def result(job, run, report, service=None, **more):
    if report["requests"] == 0:
        raise Unable("no request was answered")
    quantiles = {k: v for k, v in report.items() if k.startswith("p")}
    return Result(report["requests"], report.get("rate", report["requests"] / job.seconds), run.cpu, run.memory,
                  quantiles, service or quantiles, more)


class Peer:
    """A client that is a command: argv(job), and the files that its parser wants beside its output."""

    open = False  # knows a rate
    http2 = False  # knows HTTP/2
    program = ""
    files = ()
    env = {}

    @property
    def name(self):
        return type(self).__name__.lower()

    def argv(self, job):
        raise NotImplementedError

    def environment(self, _job):
        return self.env

    def missing(self):
        return None if shutil.which(self.program or self.name) else "not installed"

    def told(self, _run):
        """What else it says, for Result.more."""
        return {}

    def run(self, job):
        if self.missing():
            raise Unable(self.missing())
        if job.streams and not self.http2:
            raise Unable("no HTTP/2")
        run = measure(self.argv(job), job.limit, self.environment(job), job.watch)
        if run.code != 0:
            lines = run.text.strip().splitlines() or [""]
            raise Unable(f"ended with {run.code}: {lines[-1].strip()[:100]}")
        try:
            return result(job, run, parse.PARSERS[self.name](run.text, *map(job.file, self.files)), **self.told(run))
        except (parse.Unreadable, ValueError, KeyError, OSError) as e:
            raise Unable(f"{e}") from e


class Wrk(Peer):
    def argv(self, job):
        return ["wrk", "--latency", "-t1", f"-c{job.connections}", f"-d{job.seconds}s", "--timeout", "10s", job.url]


class H2load(Peer):
    open = True
    http2 = True

    def argv(self, job):
        version = [f"-c{job.connections // job.streams}", f"-m{job.streams}"] if job.streams else ["--h1", f"-c{job.connections}"]
        argv = ["h2load", "-t1", *version, f"-D{job.seconds}", job.url]
        if job.rate:
            if os.path.exists(job.path("h2load.log")):
                os.unlink(job.path("h2load.log"))  # it would add to it
            argv[1:1] = [f"--rps={job.rate / job.connections:g}", f"--log-file={job.path('h2load.log')}"]
        return argv

    def run(self, job):
        # Its log costs it time, so it keeps one only where the truth of its times is asked.
        self.files = ("h2load.log",) if job.rate else ()
        return super().run(job)


class Ab(Peer):
    files = ("ab.csv",)

    def argv(self, job):
        return ["ab", "-q", "-k", f"-t{job.seconds}", f"-n{NEVER}", f"-c{job.connections}", "-e", job.path("ab.csv"), job.url]


class Hey(Peer):
    open = True

    def argv(self, job):
        rate = ["-q", f"{job.rate / job.connections:g}"] if job.rate else []
        return ["hey", "-z", f"{job.seconds}s", "-c", str(job.connections), *rate, job.url]


class Autocannon(Peer):
    open = True
    program = "node"
    env = {"NODE_TLS_REJECT_UNAUTHORIZED": "0", "NODE_NO_WARNINGS": "1"}

    def missing(self):
        return super().missing() or (None if os.path.exists(AUTOCANNON) else "not installed")

    def argv(self, job):
        rate = ["-R", str(job.rate)] if job.rate else []
        return ["node", AUTOCANNON, "--json", "-c", str(job.connections), "-d", str(job.seconds), *rate, job.url]


class Locust(Peer):
    open = True

    def argv(self, job):
        users = str(job.connections)
        return ["/usr/bin/locust", "-f", os.path.join(ROOT, "bench/locustfile.py"), "--headless", "--only-summary",
                "-u", users, "-r", users, "-t", f"{job.seconds}s", "-H", job.url.rstrip("/")]

    def missing(self):
        return None if os.path.exists("/usr/bin/locust") else "not installed"

    def environment(self, job):
        return {"BENCH_USER_RATE": f"{job.rate / job.connections:g}"} if job.rate else {}


def request_of(url):
    """The bytes that coldswarm sends for a GET of this URL, read off a connection of its own."""
    with socket.create_server(("127.0.0.1", 0)) as listener, tempfile.TemporaryDirectory() as directory:
        listener.settimeout(10)
        here, scenario = listener.getsockname()[1], os.path.join(directory, "a.json")
        write_scenario(scenario, f"http://127.0.0.1:{here}", {"users": 1, "duration": "1s"})
        with subprocess.Popen([COLDSWARM, "run", scenario, "-o", os.path.join(directory, "a.db"), "--quiet"],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as run:
            request = b""
            while not request.endswith(b"\r\n\r\n"):  # a connection that brings nothing only asks whether somebody listens
                connection, _ = listener.accept()
                with connection:
                    request = connection.recv(65536)
            run.kill()
    return request.replace(f":{here}".encode(), f":{urllib.parse.urlsplit(url).port}".encode())


class Floor(Peer):
    """A bare epoll loop that sends and receives the same bytes as coldswarm, and keeps nothing."""

    open = True

    def __init__(self, directory):
        self.program = os.path.join(directory, "http_floor")
        subprocess.run(["cc", "-O2", "-D_GNU_SOURCE", "-o", self.program, os.path.join(ROOT, "bench/http_floor.c")], check=True)

    def argv(self, job):
        url = urllib.parse.urlsplit(job.url)
        if url.scheme != "http":
            raise Unable("no TLS")
        with open(job.path("request"), "wb") as f:
            f.write(request_of(job.url))
        connections = max(job.connections, job.users) if job.rate else job.connections
        return [self.program, str(url.port), str(connections), str(job.seconds), str(job.rate), job.path("request")]

    def told(self, run):
        return {"lag p99": int(parse.find(r"late p99 (\d+) us", run.text))}


class Coldswarm:
    """With one of its transports; None where the program has no such choice."""

    def __init__(self, transport, knows_rate, more=()):
        self.transport = transport
        self.more = list(more)  # arguments
        self.open = knows_rate
        self.name = f"coldswarm {transport}" if transport else "coldswarm"

    def run(self, job):
        scenario, db = job.path("bench.json"), job.path("bench.db")
        load = {"users": job.connections, "spawn_rate": 1000000, "duration": f"{job.seconds}s"}
        if job.rate and self.open:
            load = {"rate": job.rate, "duration": f"{job.seconds}s", "max_users": max(job.users, job.connections)}
        if job.streams > 1 and self.transport == "curl":
            raise Unable("no shared connections")
        write_scenario(scenario, job.url, load, job.wait, job.streams)
        for end in ("", "-wal", "-shm"):
            if os.path.exists(db + end):
                os.unlink(db + end)
        argv = [COLDSWARM, "run", scenario, "-o", db, "--quiet"]
        run = measure(argv + (["--transport", self.transport] if self.transport else []) + self.more, job.limit, None, job.watch)
        if not os.path.exists(db):
            lines = run.text.strip().splitlines() or [""]
            raise Unable(f"ended with {run.code}: {lines[0][:200]}")
        return self.report(job, run, db)

    def report(self, job, run, db):
        with sqlite3.connect(db) as rows:
            n, good = rows.execute("select count(*), coalesce(sum(outcome = 'ok'), 0) from requests").fetchone()
            response = [us for us, in rows.execute("select response_us from requests where response_us is not null")]
            service = [us for us, in rows.execute("select service_us from requests where service_us is not null")]
            lag = [us for us, in rows.execute("select sent_us - intended_us from requests where sent_us is not null "
                                              "and intended_us is not null")]
            verdict = ": ".join(map(str, rows.execute("select verdict, verdict_reason from run").fetchone()))
        if not good:
            raise Unable(f"none of {n} requests was answered; {verdict}")
        more = {"rows": n, "verdict": verdict, "bytes a row": os.path.getsize(db) / n}
        if lag:
            more["lag p99"] = parse.quantile(sorted(lag), 0.99)
        return result(job, run, {"requests": good, **parse.quantiles(response)}, parse.quantiles(service), **more)


def write_scenario(path, url, load, wait="0s", streams=0):
    http = {"verify": False, **({"version": "2-only"} if streams else {}), **({"streams": streams} if streams > 1 else {})}
    with open(path, "w", encoding="utf-8") as f:
        json.dump({"target": url.rstrip("/"), "load": load, "wait": {"constant": wait}, "http": http,
                   "tasks": [{"path": "/"}]}, f)


def coldswarms(directory):
    """One for each transport that the program knows, as it stands."""
    text = subprocess.run([COLDSWARM, "run", "--help"], capture_output=True, text=True, check=True).stdout
    scenario = os.path.join(directory, "rate.json")
    write_scenario(scenario, "http://127.0.0.1:1/", {"rate": 10, "duration": "5s", "max_users": 200})
    knows_rate = subprocess.run([COLDSWARM, "validate", scenario], capture_output=True, check=False).returncode == 0
    transports = ("curl", "direct") if re.search(r"^\s+--transport\b", text, re.MULTILINE) else (None,)
    return [Coldswarm(transport, knows_rate) for transport in transports]


def every(directory):
    return [*coldswarms(directory), Floor(directory), Wrk(), H2load(), Ab(), Hey(), Autocannon(), Locust()]


def versions():
    """Of what is installed, for the line above the tables."""
    names = ("nginx-light", "wrk", "nghttp2-client", "apache2-utils", "hey", "python3-locust")
    shown = [subprocess.run(["dpkg-query", "-W", "-f", "${Package} ${Version}", name], capture_output=True, text=True,
                            check=False).stdout for name in names] if shutil.which("dpkg-query") else []
    try:
        with open(os.path.join(os.path.dirname(AUTOCANNON), "package.json"), encoding="utf-8") as f:
            shown.append(f"autocannon {json.load(f)['version']}")
    except OSError:
        pass
    return ", ".join(filter(None, shown))
