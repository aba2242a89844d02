"""What the front end of `coldswarm cloudrun` adds, beside going to the instance directly and beside nginx as a proxy.

The instance is nginx with 48 bytes, the same for all; the client is wrk with one thread. Each round goes the ways in turn.
"""
import os
import re
import signal
import socket
import statistics
import subprocess
import time

import parse
from measure import Table, Unable, measure, status_mb
from servers import ROOT, free_ports

INSTANCE = """
worker_processes 1; daemon off; pid PIDFILE; error_log /dev/null;
events { worker_connections 2000; }
http {
    access_log off; keepalive_requests 1000000000; keepalive_timeout 600s;
    server { listen 127.0.0.1:PORT backlog=2048; location / { return 200 "BODY"; } }
}
"""
PROXY = """
worker_processes 1; daemon off; pid PIDFILE; error_log /dev/null;
events { worker_connections 4000; }
http {
    access_log LOG; keepalive_requests 1000000000; keepalive_timeout 600s;
    upstream instance { server 127.0.0.1:INSTANCE; keepalive 1000; keepalive_requests 1000000000; }
    server {
        listen 127.0.0.1:PORT backlog=2048;
        location / {
            proxy_pass http://instance; proxy_http_version 1.1; proxy_set_header Connection "";
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
        }
    }
}
"""
CONNECTIONS = (1, 50)


def wait_open(process, port):
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            if process.poll() is not None:
                break
            time.sleep(0.05)
    raise Unable("did not listen")


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat", encoding="utf-8") as f:
        fields = f.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Server:
    """A process that ends with the with block; `worker` is the one that does the work."""

    def __init__(self, argv, port, **more):
        self.port = port
        try:
            self.process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                            stderr=subprocess.DEVNULL, start_new_session=True, **more)
        except OSError as e:
            raise Unable(f"{argv[0]}: {e.strerror}") from e

    def __enter__(self):
        wait_open(self.process, self.port)
        with open(f"/proc/{self.process.pid}/task/{self.process.pid}/children", encoding="utf-8") as f:
            children = f.read().split()
        with open(f"/proc/{self.process.pid}/comm", encoding="utf-8") as f:
            self.worker = int(children[0]) if f.read().startswith("nginx") and children else self.process.pid
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()


def write_conf(directory, name, text, **words):
    path = f"{directory}/{name}.conf"
    for word, value in {"PIDFILE": f"{directory}/{name}.pid", "BODY": "0" * 48, **words}.items():
        text = re.sub(rf"\b{word}\b", str(value), text)
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)
    return path


def nginx_proxy(directory, instance, log):
    port, = free_ports(1)
    conf = write_conf(directory, "proxy", PROXY, PORT=port, INSTANCE=instance, LOG=log)
    return Server(["nginx", "-c", conf], port)


def cloudrun(directory, *options):
    """Its instance is the same nginx, with a port of its own."""
    port, = free_ports(1)
    conf = write_conf(directory, "own", INSTANCE.replace("PORT", "@PORT@"))
    run = f"sed s/@PORT@/$PORT/ {conf} >{conf}.port; exec nginx -c {conf}.port"
    return Server([os.path.join(ROOT, "build/release/coldswarm"), "cloudrun", "--port", str(port), "--cpu", "64",
                   "--concurrency", "1000", "--min-instances", "1", "--max-instances", "1", "--no-hold", *options,
                   "--", "sh", "-c", run], port)


def shoot(server, connections, seconds):
    url = f"http://127.0.0.1:{server.port}/"
    argv = ["wrk", "--latency", "-t1", f"-c{connections}"]
    measure([*argv, "-d1s", url], 20)  # connections are made, an instance is up
    before = cpu_seconds(server.worker)
    run = measure([*argv, f"-d{seconds}s", url], seconds + 20)
    if run.code != 0 or "Non-2xx" in run.text or "Socket errors" in run.text:
        raise Unable(f"wrk: {run.text.strip().splitlines()[-1]}")
    report = parse.wrk(run.text)
    took = float(parse.find(r"requests in ([\d.]+)s", run.text))
    cpu = (cpu_seconds(server.worker) - before) * 1e6 / report["requests"]
    return {"rate": report["requests"] / took, "p50": report["p50"], "p99": report["p99"], "cpu": cpu,
            "memory": status_mb(server.worker, "VmHWM")}


def proxy(_, a):
    ways = {
        "directly": lambda port: None,
        "nginx": lambda port: nginx_proxy(a.directory, port, "off"),
        "nginx, access log": lambda port: nginx_proxy(a.directory, port, f"{a.directory}/access.log"),
        "coldswarm cloudrun": lambda port: cloudrun(a.directory),
        "coldswarm cloudrun, log and metrics": lambda port: cloudrun(
            a.directory, "--log", f"{a.directory}/log.json", "--metrics", f"{a.directory}/metrics.json"),
    }
    cells = {}
    port, = free_ports(1)
    conf = write_conf(a.directory, "instance", INSTANCE, PORT=port)
    with Server(["nginx", "-c", conf], port) as instance:
        for _ in range(a.rounds):
            for connections in CONNECTIONS:
                base = None
                for name, start in ways.items():
                    try:
                        if name == "directly":
                            r = base = shoot(instance, connections, a.seconds)
                        else:
                            with start(port) as server:
                                r = shoot(server, connections, a.seconds)
                        r["added50"], r["added99"] = r["p50"] - base["p50"], r["p99"] - base["p99"]
                        cells.setdefault((connections, name), []).append(r)
                    except (Unable, parse.Unreadable) as e:
                        cells.setdefault((connections, name), []).append(str(e))
    print("### The front end of cloudrun beside nginx as a proxy\n")
    print(proxy_table(cells))


def proxy_table(cells):
    table = Table("connections", "way", "requests/s", "p50 us", "p99 us", "added p50 us", "added p99 us", "CPU us/request",
                  "peak memory MB")
    for (connections, name), results in cells.items():
        found = [r for r in results if not isinstance(r, str)]
        if not found:
            table.dash(results[0], connections, name)
            continue
        middle = {key: statistics.median(r[key] for r in found) for key in found[0]}
        added = ["–", "–"] if name == "directly" else [f"{middle['added50']:.0f}", f"{middle['added99']:.0f}"]
        table.row(connections, name, f"{middle['rate']:.0f}", f"{middle['p50']:.0f}", f"{middle['p99']:.0f}", *added,
                  f"{middle['cpu']:.1f}", f"{middle['memory']:.1f}")
    return table
