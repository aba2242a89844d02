#!/usr/bin/env python3
"""Writes tests/capacity/truths.h: the capacity of simulated services, by formulas and by simulations of their own.

M/M/c: the distribution of the response time, solved for the arrival rate. M/M/c/c: Erlang's formula. One server
with other service times: Lindley's recursion with numpy over many requests, the same random numbers at each rate.
The services are those of tests/capacity/services.h.
"""
import math
import sys

import numpy

sys.dont_write_bytecode = True
from queues import bisect, erlang_b, mmc_beyond  # noqa: E402  (after the line above, so that no __pycache__ is left)


class OneServer:
    """Poisson arrivals, one server, first come first served."""

    CHUNK = 1 << 20

    def __init__(self, services, seed, n):
        self.services, self.n = services, n
        self.gaps = numpy.random.default_rng(seed).exponential(size=n)

    def percentile(self, rate, p):
        times, wait = [], 0.0
        for at in range(0, self.n, self.CHUNK):
            gaps, services = self.gaps[at : at + self.CHUNK] / rate, self.services[at : at + self.CHUNK]
            # W_k = max(W_0 + S_k, S_k - min over j <= k of S_j), with S the sums of service - gap.
            sums = numpy.concatenate(([0.0], numpy.cumsum(services - gaps)))
            waits = numpy.maximum(wait + sums, sums - numpy.minimum.accumulate(sums))
            times.append(waits[:-1] + services)
            wait = waits[-1]
        return numpy.percentile(numpy.concatenate(times), 100 * p)


def lognormal(rng, n):
    return 0.004 * numpy.exp(rng.standard_normal(n) - 0.5)


def bimodal(rng, n):
    return numpy.where(rng.random(n) < 0.9, 0.002, 0.02)


def autocorrelated(rng, n):
    """ln of the service time is AR(1): a slow request is followed by slow ones."""
    noise, phi, z, out = rng.standard_normal(n).tolist(), 0.9, 0.0, [0.0] * n
    spread = math.sqrt(1 - phi * phi)
    for i in range(n):
        z = phi * z + spread * noise[i]
        out[i] = z
    return 0.004 * numpy.exp(0.5 * numpy.array(out) - 0.125)


def one_server(make, p, limit, low, high, n=8_000_000):
    found = []
    for seed in (1, 2, 3):
        queue = OneServer(make(numpy.random.default_rng(100 + seed), n), seed, n)
        a, b = low, high
        for _ in range(12):
            middle = (a + b) / 2
            a, b = (a, middle) if queue.percentile(middle, p) >= limit else (middle, b)
        found.append((a + b) / 2)
    print(f"{make.__name__}: {found}", file=sys.stderr)
    return sum(found) / len(found)


truths = {
    "MM1": bisect(lambda r: mmc_beyond(r, 0.005, 1, 0.06) > 0.05, 1, 199),
    "MM8": bisect(lambda r: mmc_beyond(r, 0.05, 8, 0.2) > 0.05, 1, 159),
    "LOGNORMAL": one_server(lognormal, 0.95, 0.06, 20, 240),
    "BIMODAL": one_server(bimodal, 0.95, 0.05, 20, 250),
    "AUTOCORRELATED": one_server(autocorrelated, 0.95, 0.06, 20, 240),
    "LOSS": bisect(lambda r: erlang_b(r, 0.1, 20) > 0.01, 1, 400),
}
with open(sys.argv[1] if len(sys.argv) > 1 else "tests/capacity/truths.h", "w") as out:
    out.write("/* Made by tests/capacity/truth.py: the capacity of each service, in requests per second. */\n")
    for name, value in truths.items():
        out.write(f"#define TRUTH_{name} {value:.4f}\n")
