"""The tables of make bench. Each runs its clients interleaved, round after round, and prints medians."""
import statistics
import subprocess
import sys

from measure import Table, Threads, Unable
from servers import Nginx, Truth
from tools import Coldswarm, Job

STALL = {"rate": 1000, "seconds": 10, "at": 4, "for": 2, "p90": 1e6, "p99": 1.9e6}
STEADY = ("coldswarm", "wrk", "floor")  # in every round; the others in the first --peer-rounds


def say(text):
    print(text, file=sys.stderr, flush=True)


def attempt(cells, key, what):
    """Adds what() to the cell: results in a list, or the text of why there is none."""
    try:
        cells.setdefault(key, []).append(what())
        say(f"  {key}: {cells[key][-1].requests} requests, {cells[key][-1].us:.1f} us CPU each")
    except Unable as e:
        cells.setdefault(key, []).append(str(e))
        say(f"  {key}: {e}")


def ratio(mine, theirs):
    """The median of what one client cost to another, of the rounds in which both ran."""
    pairs = [m[0] / t[0] for m, t in zip(mine, theirs) if not isinstance(m, str) and not isinstance(t, str)]
    return f"{statistics.median(pairs):.2f}" if pairs else "–"


def good(results):
    return [r for r in results if not isinstance(r, str)]


def takes_part(client, number, a):
    return number < a.peer_rounds or client.name.startswith(STEADY)


# Of the cost table: scheme of the URL, streams of HTTP/2 on each connection (0: HTTP/1.1), whom it is compared with.
SCHEMES = {"http": ("http", 0, "wrk"), "https": ("https", 0, "wrk"),
           "HTTP/2": ("https", 1, "h2load"), "HTTP/2x10": ("https", 10, "h2load")}


def cost_cell(client, scheme, n, nginx, a):
    """One run; coldswarm must have a row for each request that nginx answered."""
    before = nginx.status()[1]
    of_url, streams, _ = SCHEMES[scheme]
    r = client.run(Job(nginx.url(of_url, streams > 0), n, a.seconds, a.directory, streams=streams))
    served = nginx.status()[1] - before
    if r.requests < n:
        raise Unable(f"{r.requests} requests in {a.seconds} s: not one for each connection")
    if "rows" in r.more and (r.more["rows"] != served or r.requests != served):
        raise Unable(f"WRONG: {r.more['rows']} rows ({r.requests} ok), but nginx counted {served}; {r.more['verdict']}")
    return r


def cost(clients, a):
    cells = {}
    with Nginx(a.directory) as nginx:
        for number in range(a.rounds):
            say(f"cost, round {number + 1} of {a.rounds}")
            for scheme in a.schemes:
                for n in a.connections:
                    for client in clients:
                        if takes_part(client, number, a) or client.name == SCHEMES[scheme][2]:
                            attempt(cells, (scheme, n, client.name),
                                    lambda c=client, s=scheme, k=n: cost_cell(c, s, k, nginx, a))
    for scheme in a.schemes:
        print(f"### Cost over {scheme}\n")
        print(cost_table(cells, scheme, clients, a))
    if len(a.connections) > 1:
        print("### Growth of CPU per request\n")
        print(growth_table(cells, clients, a))


def to(results, others):
    """What a request cost one client to another, in CPU."""
    return ratio(*([r if isinstance(r, str) else (r.us,) for r in rounds] for rounds in (results, others)))


def cost_table(cells, scheme, clients, a):
    _, streams, base = SCHEMES[scheme]
    first = "connections" if streams < 2 else f"requests at once, {streams} a connection"
    table = Table(first, "client", "requests/s", "CPU us/request", f"to {base}", "to floor", "peak memory MB", "bytes a row")
    for n in a.connections:
        for client in clients:
            results = cells[scheme, n, client.name]
            runs = good(results)
            if not runs:
                table.dash(results[0], n, client.name)
                continue
            sizes = [r.more["bytes a row"] for r in runs if "bytes a row" in r.more]
            lost = f" {table.note(next(r for r in results if isinstance(r, str)))}" if len(runs) < len(results) else ""
            table.row(n, client.name + lost, f"{median(r.rate for r in runs):.0f}", f"{median(r.us for r in runs):.1f}",
                      *(to(results, cells.get((scheme, n, other), [])) for other in (base, "floor")), f"{median(r.memory for r in runs):.0f}",
                      f"{median(sizes):.1f}" if sizes else "–")
    return table


def growth_table(cells, clients, a):
    few, many = a.connections[0], a.connections[-1]
    table = Table("client", *(f"{scheme}, {few} to {many}" for scheme in a.schemes))
    for client in clients:
        shown = []
        for scheme in a.schemes:
            pairs = zip(cells[scheme, few, client.name], cells[scheme, many, client.name])
            ratios = [y.us / x.us for x, y in pairs if not isinstance(x, str) and not isinstance(y, str)]
            shown.append(f"{median(ratios):.2f}" if ratios else "–")
        table.row(client.name, *shown)
    return table


def median(values):
    return statistics.median(values)


def load_of(client, rate, delay_ms, seconds, a, users=0):
    """At a rate where the client knows one, over more connections than it needs; else over as many as make the rate."""
    in_flight = rate * delay_ms / 1e3
    if client.open:
        return {"connections": max(20, int(4 * in_flight)), "rate": rate, "users": users, "seconds": seconds,
                "directory": a.directory}
    return {"connections": max(1, round(in_flight)), "seconds": seconds, "directory": a.directory}


def truth_cell(client, rate, delay_ms, a):
    with Truth("--delay", f"{delay_ms}ms") as server:
        r = client.run(Job(url=server.url, **load_of(client, rate, delay_ms, a.seconds, a)))
    r.more["server"] = server.told
    return r


def truth(clients, a):
    cells = {}
    for number in range(a.rounds):
        say(f"truth, round {number + 1} of {a.rounds}")
        for rate, delay_ms in a.pairs:
            for client in clients:
                if takes_part(client, number, a):
                    attempt(cells, (rate, delay_ms, client.name),
                            lambda c=client, r=rate, d=delay_ms: truth_cell(c, r, d, a))
    for rate, delay_ms in a.pairs:
        print(f"### Truth at {rate}/s, {delay_ms:g} ms\n")
        print(truth_table({c: cells[rate, delay_ms, c.name] for c in clients}, a))


def truth_table(cells, a):
    table = Table("client", "answered/s", "server's p50 us", "client's p50 us", "difference", "server's p99 us",
                  "client's p99 us", "difference", "dispatch lag p99 us")
    for client, results in cells.items():
        runs = good(results)
        if not runs:
            table.dash(results[0], client.name)
            continue
        closed = "" if client.open else " " + table.note("no rate: as fast as the answers come, over as many connections "
                                                         "as make about the rate")
        row = [client.name + closed, f"{median(r.more['server']['requests'] / a.seconds for r in runs):.0f}"]
        for p in ("p50", "p99"):
            pairs = [(r.more["server"][f"{p}_us"], r.service[p]) for r in runs if p in r.service]
            row += [f"{median(r.more['server'][f'{p}_us'] for r in runs):.0f}"]
            row += [f"{median(c for _, c in pairs):.0f}", f"{median(c - s for s, c in pairs):+.0f}"] if pairs else ["–", "–"]
        lags = [r.more["lag p99"] for r in runs if "lag p99" in r.more]
        table.row(*row, f"{median(lags):.0f}" if lags else "–")
    return table


def stall_cell(client, a):
    with Truth("--delay", "5ms", "--freeze-at", f"{STALL['at']}s", "--freeze-for", f"{STALL['for']}s") as server:
        # Enough users that each request of the freeze leaves at its time: the waiting is then the server's alone.
        r = client.run(Job(url=server.url, **load_of(client, STALL["rate"], 5, STALL["seconds"], a, users=3000)))
    r.more["server"] = server.told
    return r


def stall(clients, a):
    cells = {}
    say("stall")
    clients = [c for c in clients if c.name != "floor"]  # it keeps no times of answers
    for client in clients:
        attempt(cells, client.name, lambda c=client: stall_cell(c, a))
    table = Table("client", "answered", "p50 ms", "p90 ms", "to the server's", "to the ideal", "p99 ms", "to the server's", "to the ideal")
    table.row("**the ideal**", STALL["rate"] * STALL["seconds"], "5.0", f"{STALL['p90'] / 1e3:.0f}", "", "", f"{STALL['p99'] / 1e3:.0f}", "", "")
    for client in clients:
        runs = good(cells[client.name])
        if not runs:
            table.dash(cells[client.name][0], client.name)
            continue
        r = runs[0]
        kinds = [("", r.quantiles)] if r.service is r.quantiles else [(" response", r.quantiles), (" service", r.service)]
        closed = "" if client.open else " " + table.note("no rate: as fast as the answers come, over 5 connections")
        for kind, q in kinds:
            table.row(client.name + kind + closed, r.requests, f"{q['p50'] / 1e3:.1f}",
                      *(cell for p in ("p90", "p99") for cell in (
                          f"{q[p] / 1e3:.1f}", f"{100 * (q[p] / r.more['server'][f'{p}_us'] - 1):+.1f} %",
                          f"{100 * (q[p] / STALL[p] - 1):+.1f} %")))
    print("### Stall: 2 s of 10 s at 1000/s\n")
    print(table)


class Hogs:
    """with Hogs(n): n processes that only burn CPU."""

    def __init__(self, n):
        self.processes = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(n)]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in self.processes:
            process.kill()
            process.wait()


def clock(_, a):
    """Whose clock says when an answer has come: the kernel's against the client's own."""
    clocks = [Coldswarm("direct", True, ("--receive-clock", whose)) for whose in ("kernel", "client")]
    loads = [(1000, 5, 0), (10000, 0.2, 0), (1000, 5, 2), (10000, 0.2, 2)]
    truths, costs = {}, {}
    for number in range(a.rounds):
        say(f"clock, round {number + 1} of {a.rounds}")
        for rate, delay_ms, hogs in loads:
            for client in clocks:
                with Hogs(hogs):
                    attempt(truths, (rate, delay_ms, hogs, client.more[1]),
                            lambda c=client, r=rate, d=delay_ms: truth_cell(c, r, d, a))
        with Nginx(a.directory) as nginx:
            for client in clocks:
                attempt(costs, client.more[1], lambda c=client: cost_cell(c, "http", 50, nginx, a))
    table = Table("requests/s", "server's delay ms", "busy processes beside", "clock", "p50 over the server's us", "p99 over the server's us")
    for key, results in truths.items():
        runs = good(results)
        if not runs:
            table.dash(results[0], *key)
            continue
        table.row(*key, *(f"{median(r.service[p] - r.more['server'][f'{p}_us'] for r in runs):+.0f}" for p in ("p50", "p99")))
    print("### Clock: the kernel's against the client's\n")
    print(table)
    pairs = [(k.us, c.us) for k, c in zip(costs["kernel"], costs["client"]) if not isinstance(k, str) and not isinstance(c, str)]
    if pairs:
        print(f"CPU per request, 50 connections: {median(k for k, _ in pairs):.2f} us by the kernel's clock, "
              f"{median(c for _, c in pairs):.2f} us by the client's; difference {median(k - c for k, c in pairs):+.2f} us.\n")


def memory(clients, a):
    """Ten thousand connected users, and what recording costs: coldswarm and wrk only."""
    table = Table("client", "connections seen", "memory under load MB", "peak memory MB")
    writer = Table("client", "CPU us/request", "of that the writer's thread", "bytes a row")
    say("memory")
    with Nginx(a.directory) as nginx:
        for client in (c for c in clients if c.name.startswith(("coldswarm", "wrk"))):
            cells, threads, seen = {}, Threads(), [0]

            def watch(pid, threads=threads, seen=seen):
                threads(pid)
                seen[0] = max(seen[0], nginx.status()[0])

            # coldswarm's users send once and wait; wrk cannot wait.
            job = Job(nginx.url("http"), a.idle, 6, a.directory, wait="1h", watch=watch)
            attempt(cells, client.name, lambda c=client, j=job: c.run(j))
            if good(cells[client.name]):
                table.row(client.name, seen[0], f"{threads.resident:.0f}", f"{cells[client.name][0].memory:.0f}")
            else:
                table.dash(cells[client.name][0], client.name)
        for client in (c for c in clients if c.name.startswith("coldswarm")):
            cells = {}
            for _ in range(a.rounds):
                attempt(cells, client.name, lambda c=client: recording(c, nginx, a))
            runs = good(cells[client.name])
            if runs:
                writer.row(client.name, f"{median(r.us for r in runs):.2f}",
                           f"{median(r.more['writer'] / r.requests * 1e6 for r in runs):.2f}",
                           f"{median(r.more['bytes a row'] for r in runs):.1f}")
            else:
                writer.dash(cells[client.name][0], client.name)
    print(f"### Memory at {a.idle} connected users\n")
    print(table)
    print("### Recording, 50 connections\n")
    print(writer)


def recording(client, nginx, a):
    threads = Threads()
    r = client.run(Job(nginx.url("http"), 50, a.seconds, a.directory, watch=threads))
    r.more["writer"] = threads.writer()
    return r
