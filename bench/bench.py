#!/usr/bin/env python3
"""coldswarm beside its peers: what a request costs the client, and whether the client's numbers are true.

Runs on 127.0.0.1 alone and prints markdown tables; bench/README.md explains them. Needs scripts/install-deps bench; a client
that is not installed is a dash. Progress goes to standard error.
"""
import argparse
import datetime
import os
import sys
import tempfile

sys.dont_write_bytecode = True

import capacity  # noqa: E402  (after the line above, so that no bench/__pycache__ is left)
import flows  # noqa: E402
import grpc_calls  # noqa: E402
import live  # noqa: E402
import proxy  # noqa: E402
import split  # noqa: E402
import streams  # noqa: E402
import tables  # noqa: E402
import tools  # noqa: E402
from measure import Unable  # noqa: E402
from servers import Truth  # noqa: E402

PARTS = {"cost": tables.cost, "truth": tables.truth, "stall": tables.stall, "memory": tables.memory,
         "clock": tables.clock, "flows": flows.flows,
         "proxy": proxy.proxy, "streams": streams.streams, "split": split.split,
         "live": live.live, "capacity": capacity.capacity, "grpc": grpc_calls.grpc_calls}
PAIRS = "1000:5,10000:0.2,10000:5,1000:0.2"


def names(allowed):
    def split(text):
        chosen = text.split(",")
        for name in chosen:
            if allowed and name not in allowed:
                raise argparse.ArgumentTypeError(f"{name} is none of {', '.join(allowed)}")
        return chosen
    return split


def numbers(text):
    return [int(word) for word in text.split(",")]


def pairs(text):
    return [(int(rate), float(ms)) for rate, ms in (pair.split(":") for pair in text.split(","))]


def arguments():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--only", type=names(PARTS), default=list(PARTS), metavar="PART,…", help=f"of {', '.join(PARTS)}")
    p.add_argument("--clients", type=names(None), metavar="NAME,…", help="those whose names begin so; default: all")
    p.add_argument("--rounds", type=int, default=5, help="of coldswarm and wrk [5]")
    p.add_argument("--peer-rounds", type=int, default=1, help="of these, how many with the other peers too [1]")
    p.add_argument("--seconds", type=int, default=3, help="of each run, the stall's apart [3]")
    p.add_argument("--connections", type=numbers, default=[50, 1000, 3000], metavar="N,…", help="[50,1000,3000]")
    p.add_argument("--schemes", type=names(tables.SCHEMES), default=list(tables.SCHEMES), metavar="SCHEME,…", help=f"of the cost table, of {', '.join(tables.SCHEMES)}")
    p.add_argument("--pairs", type=pairs, default=pairs(PAIRS), metavar="RATE:MS,…", help=f"of the truth tables [{PAIRS}]")
    p.add_argument("--idle", type=int, default=10000, help="connected users of the memory table [10000]")
    p.add_argument("--self-test", action="store_true", help="a second of each client: are its output and numbers understood?")
    return p.parse_args()


def self_test(clients, a):
    """Each client's count and p50 against those of a server that answers after 5 ms."""
    failures = 0
    for client in clients:
        try:
            with Truth("--delay", "5ms") as server:
                r = client.run(tools.Job(server.url, 5, 2, a.directory))
            counted = server.told["requests"]
            # Requests in flight at the end are counted by the server, not by the client.
            p50 = r.quantiles.get("p50", float("nan"))  # h2load tells it only at a rate
            right = counted - 5 <= r.requests <= counted and not p50 < 5000 and r.us > 0
            print(f"{client.name}: {'ok' if right else 'WRONG'}: {r.requests} requests (server {counted}), "
                  f"p50 {p50:.0f} us (server {server.told['p50_us']:.0f})", flush=True)
            failures += not right
        except Unable as e:
            missing = str(e) == "not installed"
            print(f"{client.name}: {e}")
            failures += not missing
    return 1 if failures else 0


def machine():
    with open("/proc/cpuinfo", encoding="utf-8") as f:
        model = next((line.partition(":")[2].strip() for line in f if line.startswith("model name")), "?")
    today = datetime.datetime.now(datetime.timezone.utc).date()
    return f"{today}, {os.cpu_count()} cores of {model}, Linux {os.uname().release}. {tools.versions()}."


def main():
    a = arguments()
    with tempfile.TemporaryDirectory() as a.directory:
        clients = tools.every(a.directory)
        if a.clients:
            clients = [c for c in clients if c.name.startswith(tuple(a.clients))]
        if a.self_test:
            return self_test(clients, a)
        print(machine() + f" Runs of {a.seconds} s, {a.rounds} rounds (other peers {a.peer_rounds}), load average "
              f"{os.getloadavg()[0]:.1f} at the start.\n", flush=True)
        for part in a.only:
            PARTS[part](clients, a)
            sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
