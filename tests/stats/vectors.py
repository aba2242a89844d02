#!/usr/bin/env python3
"""Writes vectors.h: numbers that the tests of src/stats hold the program against.

Python's standard library only, and written from the rules, not from the C code: round() for Locust's rounding, a dict of
rounded times for its percentile and median, statistics.quantiles(method="inclusive") for exact percentiles.

    python3 tests/stats/vectors.py >tests/stats/vectors.h && clang-format -i tests/stats/vectors.h
"""
import random
import statistics

LEVELS = [50, 60, 70, 80, 90, 95, 99, 100]


def bucket(ms):
    if ms < 100:
        return round(ms)
    if ms < 1000:
        return round(ms, -1)
    if ms < 10000:
        return round(ms, -2)
    return round(ms, -3)


def percentile(times, n, percent):
    k = int(n * percent)
    seen = 0
    for ms in sorted(times, reverse=True):
        seen += times[ms]
        if n - seen <= k:
            return ms
    return 0


def median(times, n, low, high):
    position = (n - 1) / 2
    for ms in sorted(times):
        if position < times[ms]:
            return max(low, min(high, ms))
        position -= times[ms]
    return 0


def exact(values, level):
    if level == 100:
        return max(values)
    return statistics.quantiles(values, n=100, method="inclusive")[level - 1]


def array(kind, name, values):
    text = ", ".join(str(v) for v in values)
    print(f"static const {kind} {name}[] = {{{text}}};")


def main():
    rng = random.Random(20)
    print("/* Made by vectors.py; do not edit. */")
    edges = [0, 499, 500, 501, 1499, 1500, 1501, 2500, 99499, 99500, 99501, 99999, 100000, 104999, 105000, 105001,
             115000, 145000, 985000, 994999, 995000, 995001, 999999, 1000000, 1049999, 1050000, 1050001, 1150000,
             3432000, 9949999, 9950000, 9950001, 9999999, 10000000, 10499999, 10500000, 10500001, 11500000, 58760000]
    rounded = edges + [rng.randrange(1, 10 ** rng.randrange(2, 9)) for _ in range(200)]
    array("int64_t", "round_us", rounded)
    array("int64_t", "round_ms", [int(bucket(us / 1000)) for us in rounded])
    sizes = [1, 2, 3, 7, 19, 20, 90, 99, 100, 101, 335, 1000]
    array("size_t", "set_size", sizes)
    values, lower, upper, middle = [], [], [], []
    for n in sizes:
        us = [int(rng.lognormvariate(13, 1.5)) for _ in range(n)]
        values += us
        times = {}
        for v in us:
            times[bucket(v / 1000)] = times.get(bucket(v / 1000), 0) + 1
        lower += [int(percentile(times, n, level / 100)) for level in LEVELS]
        middle.append(float(median(times, n, min(us) / 1000, max(us) / 1000)))
        upper += [repr(exact(us, level) / 1000) if n > 1 else us[0] / 1000 for level in LEVELS]
    array("int64_t", "set_us", values)
    array("int64_t", "set_locust_ms", lower)
    array("double", "set_locust_median_ms", middle)
    array("double", "set_exact_ms", upper)


main()
