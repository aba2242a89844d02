#!/usr/bin/env python3
"""Writes vectors.h: requests, thresholds on them and what each must give.

Python's standard library only, and worked out by brute force from docs/thresholds.md, not from the C code: sorted lists,
exact fractions for the ranks of an interval, bisection for Wilson's, every window by itself.

    python3 tests/gate/vectors.py >tests/gate/vectors.h && clang-format -i tests/gate/vectors.h
"""
import math
import random
import statistics
from fractions import Fraction

Z = statistics.NormalDist().inv_cdf(0.975)
DURATION = 20_500_000
OUTCOMES = ["OK", "HTTP_ERROR", "TIMEOUT", "NOT_SENT", "CANCELLED"]
NONE = -1


def requests():
    """(endpoint, outcome, status, at, service, response, dns, connect, tls, ttfb, sent, received), nearly by end."""
    rng = random.Random(11)
    rows = []
    for i in range(700):
        at = rng.randrange(0, DURATION)
        endpoint = rng.choice([0, 1, 1, 1])
        outcome = rng.choices(OUTCOMES, [90, 5, 2, 2, 1])[0]
        new = rng.random() < 0.1
        dns, connect, tls = (rng.randrange(50, 900), rng.randrange(100, 2000), rng.randrange(500, 3000)) if new else (0, 0, 0)
        inner = int(rng.lognormvariate(10.5, 0.6)) * (4 if 12_000_000 < at < 13_500_000 else 1)
        service = inner + dns + connect + tls
        ttfb = service - rng.randrange(0, inner // 2)
        response = service + rng.choice([0, 0, 0, rng.randrange(0, 40000)])
        status = {"OK": 200, "HTTP_ERROR": 503}.get(outcome, 0)
        if outcome == "TIMEOUT":
            ttfb = NONE
        if outcome in ("NOT_SENT", "CANCELLED"):
            service = response = ttfb = NONE
            dns = connect = tls = 0
        rows.append((endpoint, outcome, status, at, service, response, dns, connect, tls, ttfb, rng.randrange(10, 90),
                     rng.randrange(100, 900)))
    rows.sort(key=lambda r: r[3] + rng.randrange(0, 300_000))
    return rows


ROWS = requests()
TIMED = [r for r in ROWS if r[1] not in ("NOT_SENT", "CANCELLED")]


def quantile(values, p):
    s = sorted(values)
    at = p * (len(s) - 1)
    low = int(at)
    high = min(low + 1, len(s) - 1)
    return s[low] + (s[high] - s[low]) * (at - low)


def ranks(p, n):
    """Ranks from 0 whose order statistics cover the p-quantile in 95 %: each side leaves out 2.5 % at most."""
    p, most = Fraction(p).limit_denominator(10000), Fraction(25, 1000)

    def tail(q):
        total, k = Fraction(0), 0
        while True:
            total += math.comb(n, k) * q**k * (1 - q)**(n - k)
            if total > most:
                return k
            k += 1
    below, above = tail(p), tail(1 - p)
    return (below - 1, n - above) if below > 0 and above > 0 else None


def wilson(hits, n):
    share = hits / n

    def gap(p):
        return (share - p)**2 - Z * Z * p * (1 - p) / n

    def root(inside, outside):
        for _ in range(200):
            middle = (inside + outside) / 2
            if gap(middle) <= 0:
                inside = middle
            else:
                outside = middle
        return (inside + outside) / 2
    return (0.0 if hits == 0 else root(share, 0.0)), (1.0 if hits == n else root(share, 1.0))


class Got:
    def __init__(self, value=math.nan, low=math.nan, high=math.nan, samples=0):
        self.value, self.low, self.high, self.samples = value, low, high, samples


def trend(values, how):
    if not values:
        return Got()
    x = Got(samples=len(values))
    if how == "avg":
        x.value = statistics.fmean(values) / 1000
        if len(values) >= 30:
            half = Z * statistics.stdev(values) / math.sqrt(len(values)) / 1000
            x.low, x.high = x.value - half, x.value + half
    elif how in ("min", "max"):
        x.value = {"min": min, "max": max}[how](values) / 1000
    else:
        x.value = quantile(values, how) / 1000
        at = ranks(how, len(values)) if 0 < how < 1 else None
        if at:
            s = sorted(values)
            x.low, x.high = s[at[0]] / 1000, s[at[1]] / 1000
    return x


def share(hits):
    if not hits:
        return Got()
    low, high = wilson(sum(hits), len(hits))
    return Got(sum(hits) / len(hits), low, high, len(hits))


def count(amounts):
    return Got(float(sum(amounts)), samples=len(amounts))


def per_second(amounts, seconds):
    return Got(sum(amounts) / seconds, samples=len(amounts))


DURATION_OF = {
    "http_req_duration": lambda r: r[4] - r[6] - r[7] - r[8],
    "http_req_blocked": lambda r: r[6],
    "http_req_connecting": lambda r: r[7],
    "http_req_tls_handshaking": lambda r: r[8],
    "http_req_waiting": lambda r: None if r[9] < 0 else r[9] - r[6] - r[7] - r[8],
    "http_req_receiving": lambda r: None if r[9] < 0 else r[4] - r[9],
    "response_time": lambda r: r[5],
    "service_time": lambda r: r[4],
}


def failed(r):
    return r[1] in ("HTTP_ERROR", "TIMEOUT")


# text, what to do with the rows of a range of so many seconds, which rows, limit's test, from, to, over
def rule(text, what, keep=lambda r: True, holds=None, begin=0, end=DURATION, over=0, worst=max, rows=TIMED):
    chosen = [r for r in rows if keep(r) and begin <= r[3] and (r[3] < end or end == DURATION)]
    if not over:
        got = what(chosen, (end - begin) / 1e6)
        ok = not math.isnan(got.value) and holds(got.value)
        return text, got, ok, 0, 0, begin, end
    windows = crossed = 0
    best = None
    at = begin
    while at + over * 1_000_000 <= end:
        got = what([r for r in chosen if at <= r[3] < at + over * 1_000_000], float(over))
        windows += 1
        crossed += math.isnan(got.value) or not holds(got.value)
        if not math.isnan(got.value) and (best is None or worst(got.value, best[0].value) != best[0].value):
            best = got, at
        at += 1_000_000
    got, at = best if best else (Got(), begin)
    return text, got, crossed == 0 and best is not None, windows, crossed, at, at + over * 1_000_000 if best else end


def times(metric, how):
    def what(rows, _):
        values = [DURATION_OF[metric](r) for r in rows]
        return trend([v for v in values if v is not None], how)
    return what


def counted(amount=lambda r: 1):
    return lambda rows, _: count([amount(r) for r in rows])


def rated(amount=lambda r: 1):
    return lambda rows, seconds: per_second([amount(r) for r in rows], seconds)


def shares(rows, _):
    return share([failed(r) for r in rows])


def rules():
    yield rule("http_req_duration p(95)<100", times("http_req_duration", 0.95), holds=lambda v: v < 100)
    yield rule("http_req_duration{name:/predict,status:200} p(90)<100", times("http_req_duration", 0.9),
               lambda r: r[0] == 1 and r[2] == 200, lambda v: v < 100)
    yield rule("http_req_duration{method:GET} med>=10", times("http_req_duration", 0.5), lambda r: r[0] == 0,
               lambda v: v >= 10)
    yield rule("http_req_duration{status:5xx} avg<500", times("http_req_duration", "avg"), lambda r: r[2] == 503,
               lambda v: v < 500)
    yield rule("http_req_duration{status:0} max<500", times("http_req_duration", "max"), lambda r: r[2] == 0,
               lambda v: v < 500)
    yield rule("http_req_duration{outcome:timeout} avg<500", times("http_req_duration", "avg"),
               lambda r: r[1] == "TIMEOUT", lambda v: v < 500)
    yield rule("http_req_duration{expected_response:true} p(99.9)<1", times("http_req_duration", 0.999),
               lambda r: not failed(r), lambda v: v < 1)
    for metric in DURATION_OF:
        yield rule(metric + " p(75)<50", times(metric, 0.75), holds=lambda v: v < 50)
        yield rule(metric + " avg<50", times(metric, "avg"), holds=lambda v: v < 50)
    yield rule("service_time p(0)>1", times("service_time", 0.0), holds=lambda v: v > 1)
    yield rule("service_time p(100)<100", times("service_time", 1.0), holds=lambda v: v < 100)
    yield rule("service_time min>1", times("service_time", "min"), holds=lambda v: v > 1)
    yield rule("http_req_failed rate<0.1", shares, holds=lambda v: v < 0.1)
    yield rule("http_req_failed{name:/} rate<=0.05", shares, lambda r: r[0] == 0, lambda v: v <= 0.05)
    yield rule("http_req_failed{status:200} rate==0", shares, lambda r: r[2] == 200, lambda v: v == 0)
    yield rule("http_req_failed{status:404} rate<1", shares, lambda r: r[2] == 404, lambda v: v < 1)
    yield rule("http_reqs count>100", counted(), holds=lambda v: v > 100)
    yield rule("http_reqs rate>30", rated(), holds=lambda v: v > 30)
    yield rule("http_reqs{status:404} count<1", counted(), lambda r: r[2] == 404, lambda v: v < 1)
    yield rule("iterations{name:/predict} count!=0", counted(), lambda r: r[0] == 1, lambda v: v != 0)
    yield rule("iteration_duration p(95)<100", times("service_time", 0.95), holds=lambda v: v < 100)
    yield rule("dropped_iterations count===0", counted(), lambda r: r[1] == "NOT_SENT", lambda v: v == 0, rows=ROWS)
    yield rule("dropped_iterations{name:/predict} rate<1", rated(), lambda r: r[1] == "NOT_SENT" and r[0] == 1,
               lambda v: v < 1, rows=ROWS)
    yield rule("data_received count>1000", counted(lambda r: r[11]), holds=lambda v: v > 1000)
    yield rule("data_sent{name:/} rate<1000", rated(lambda r: r[10]), lambda r: r[0] == 0, lambda v: v < 1000)
    # ranges
    yield rule("http_req_duration p(95)<100 from 5s", times("http_req_duration", 0.95), holds=lambda v: v < 100,
               begin=5_000_000)
    yield rule("http_reqs rate>30 stage 2", rated(), holds=lambda v: v > 30, begin=4_000_000, end=10_000_000)
    yield rule("http_reqs count>200 stage 1", counted(), holds=lambda v: v > 200, end=4_000_000)
    yield rule("service_time avg<50 from 2s stage 3", times("service_time", "avg"), holds=lambda v: v < 50,
               begin=12_000_000)
    # windows
    yield rule("http_req_duration p(95)<150 over 5s", times("http_req_duration", 0.95), holds=lambda v: v < 150, over=5)
    yield rule("http_req_duration{name:/predict} med>15 over 3s", times("http_req_duration", 0.5), lambda r: r[0] == 1,
               lambda v: v > 15, over=3, worst=min)
    yield rule("response_time avg<80 over 4s from 2500ms", times("response_time", "avg"), holds=lambda v: v < 80,
               begin=2_500_000, over=4)
    yield rule("response_time max<400 over 2s stage 2", times("response_time", "max"), holds=lambda v: v < 400,
               begin=4_000_000, end=10_000_000, over=2)
    yield rule("service_time min>5 over 2s", times("service_time", "min"), holds=lambda v: v > 5, over=2, worst=min)
    yield rule("http_req_failed rate<0.2 over 5s", shares, holds=lambda v: v < 0.2, over=5)
    yield rule("http_req_failed{name:/} rate<0.5 over 1s", shares, lambda r: r[0] == 0, lambda v: v < 0.5, over=1)
    yield rule("http_reqs rate>25 over 2s", rated(), holds=lambda v: v > 25, over=2, worst=min)
    yield rule("http_reqs count<=60 over 1s", counted(), holds=lambda v: v <= 60, over=1)
    yield rule("http_req_duration{outcome:http_error} p(50)<100 over 1s", times("http_req_duration", 0.5),
               lambda r: r[1] == "HTTP_ERROR", lambda v: v < 100, over=1)


def number(x):
    return "(double)NAN" if math.isnan(x) else repr(x)


print("/* Written by vectors.py: do not edit. */\n#ifndef TESTS_GATE_VECTORS_H\n#define TESTS_GATE_VECTORS_H\n")
print('#include <math.h>\n#include <stdbool.h>\n#include <stddef.h>\n#include <stdint.h>\n\n#include "util/request.h"\n')
print(f"#define VECTORS_DURATION_US {DURATION}\n")
print("static const struct request samples[] __attribute__((unused)) = {")
for r in ROWS:
    # One that was not sent counts at the moment for which it was intended.
    at = "intended_us" if r[1] == "NOT_SENT" else "end_us"
    names = ["endpoint", "outcome", "status", at, "service_us", "response_us", "dns_us", "connect_us", "tls_us",
             "ttfb_us", "bytes_sent", "bytes_received"]
    values = [r[0], "OUTCOME_" + r[1], *r[2:]]
    print("    {" + ", ".join(f".{n} = {v}" for n, v in zip(names, values)) + "},")
print("};\n\nstatic const struct {\n    const char *text;\n    double value, low, high;\n    uint64_t samples;\n    bool ok;")
print("    size_t windows, crossed;\n    int64_t from_us, to_us;\n} expected[] __attribute__((unused)) = {")
for text, got, ok, windows, crossed, begin, end in rules():
    print(f'    {{"{text}", {number(got.value)}, {number(got.low)}, {number(got.high)}, {got.samples}, '
          f"{str(ok).lower()}, {windows}, {crossed}, {begin}, {end}}},")
print("};\n\nstatic const struct {\n    uint64_t hits, n;\n    double low, high;\n} wilson_vectors[] __attribute__((unused)) = {")
for hits, n in [(0, 1), (1, 1), (0, 10), (5, 10), (10, 10), (1, 100), (3, 263), (99, 100), (12345, 1000000)]:
    low, high = wilson(hits, n)
    print(f"    {{{hits}, {n}, {low!r}, {high!r}}},")
print("};\n\n#endif")
