#!/usr/bin/env python3
"""compare_vectors.py: the numbers that test_compare.c expects, by numpy, scipy and the papers' formulas written out here.

Prints a C header. Needs python3-numpy and python3-scipy; run it again only when the tests want other numbers.
"""
import math

import numpy as np
from scipy import stats


def series(n, phi, seed):
    """The same in C: Lehmer's generator, summed up to something like a normal one."""
    x, out, y = seed, [], 0.0
    for _ in range(n):
        u = 0.0
        for _ in range(4):
            x = x * 48271 % 2147483647
            u += x / 2147483647
        y = phi * y + (u - 2)
        out.append(y)
    return np.array(out)


def block_length(x):
    """Politis and White 2004, Patton et al. 2009, circular bootstrap; autocovariances by numpy."""
    n = len(x)
    d = x - x.mean()
    r = [float(np.dot(d[:n - k], d[k:])) / n for k in range(n)]
    k_n = max(5, math.ceil(math.sqrt(math.log10(n))))
    m_max = math.ceil(math.sqrt(n))
    small = 2 * math.sqrt(math.log10(n) / n)
    rho = np.abs(np.array(r) / r[0])
    m = None
    for lag in range(0, m_max + 1):
        if all(rho[lag + k] < small for k in range(1, k_n + 1)):
            m = lag
            break
    if m is None:
        big = [k for k in range(1, m_max + k_n + 1) if rho[k] >= small]
        m = min(max(big), m_max)
    window = 2 * max(m, 1)

    def lam(t):
        return 1 if t <= 0.5 else 2 * (1 - t) if t < 1 else 0

    g0 = r[0] + 2 * sum(lam(k / window) * r[k] for k in range(1, window + 1))
    g = 2 * sum(lam(k / window) * k * r[k] for k in range(1, window + 1))
    b = (2 * g * g / (4 / 3 * g0 * g0)) ** (1 / 3) * n ** (1 / 3)
    return max(1, min(b, 3 * math.sqrt(n), n / 3)), n * g0


def times(n, seed, factor):
    return [int(20000 * factor * math.exp(v)) for v in series(n, 0.3, seed)]


print("/* Made by compare_vectors.py. */")
print("static const struct { double t, df, below; } student[] = {")
for t, df in ((-2.5, 1), (1.5, 7), (-0.3, 2.5), (4, 30), (-8, 12), (0, 5)):
    print(f"    {{{t}, {df}, {stats.t.cdf(t, df):.15g}}},")
print("};\nstatic const struct { double p, df, t; } student_quantile[] = {")
for p, df in ((0.025, 4), (0.975, 4), (0.025, 1), (0.001, 19.5), (0.5, 3), (0.1, 1e9)):
    print(f"    {{{p}, {df}, {stats.t.ppf(p, df):.15g}}},")
print("};\nstatic const struct { size_t n; double phi; unsigned seed; double length, variance; } lengths[] = {")
for n, phi, seed in ((256, 0, 1), (256, 0.5, 2), (512, 0.9, 3), (200, 0.98, 4), (40, 0.2, 5)):
    b, v = block_length(series(n, phi, seed))
    print(f"    {{{n}, {phi}, {seed}, {b:.15g}, {v:.15g}}},")
print("};")
a, b = times(900, 11, 1), times(700, 12, 1.1)
u = stats.mannwhitneyu(b, a).statistic
print(f"#define RANK_U {u:.15g}")
for side, x in (("BASE", a), ("WITH", b)):
    print(f"#define {side}_MEAN {np.mean(x):.15g}")
    for p in (50, 90, 95, 99):
        print(f"#define {side}_P{p} {np.quantile(x, p / 100):.15g}")
