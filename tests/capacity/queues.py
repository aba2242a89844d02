"""Queues by formula: how long a request takes, and who finds no server. Times in seconds, rates per second.

`python3 queues.py` checks each formula against another one, or against a simulation.
"""
import math
import random


def bisect(fails, low, high):
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (low, middle) if fails(middle) else (middle, high)
    return low


def mmc_beyond(rate, mean, servers, t):
    """P(response time > t) of M/M/c."""
    mu = 1 / mean
    a = rate / mu
    if a >= servers:
        return 1.0
    below = sum(a**k / math.factorial(k) for k in range(servers))
    top = a**servers / math.factorial(servers) * servers / (servers - a)
    waits = top / (below + top)
    drain = servers * mu - rate  # the wait of who waits is exponential with this rate
    if abs(drain - mu) < 1e-9:
        return math.exp(-mu * t) * (1 + waits * mu * t)
    of_sum = (mu * math.exp(-drain * t) - drain * math.exp(-mu * t)) / (mu - drain)
    return (1 - waits) * math.exp(-mu * t) + waits * of_sum


def erlang_b(rate, mean, servers):
    a, b = rate * mean, 1.0
    for k in range(1, servers + 1):
        b = a * b / (k + a * b)
    return b


def erlang_beyond(k, rate, t):
    """P(sum of k exponential times > t)."""
    term, total = 1.0, 0.0
    for i in range(k):
        total += term
        term *= rate * t / (i + 1)
    return math.exp(-rate * t) * total


def closed_beyond(users, think, mean, servers, t, steps=400):
    """P(response time > t) of `users` who think, then wait for one of the servers: M/M/c//N, first come first served.

    A request finds the queue as the other users alone would make it (arrival theorem), and it does not matter how the
    time of thinking is distributed, only how long it is (BCMP). Who finds all servers busy and k before it waits for
    k + 1 ends at the rate of all servers, and is then served.
    """
    mu, others = 1 / mean, users - 1
    weights = [1.0]
    for j in range(1, others + 1):
        weights.append(weights[-1] * (others - j + 1) / think / (min(j, servers) * mu))
    total, beyond = sum(weights), 0.0
    for j, weight in enumerate(weights):
        if j < servers:
            beyond += weight * math.exp(-mu * t)
            continue
        k, all_mu, h = j - servers + 1, servers * mu, t / steps

        def density(s, k=k, all_mu=all_mu):
            return all_mu if s == 0 and k == 1 else 0.0 if s == 0 else math.exp(
                k * math.log(all_mu) + (k - 1) * math.log(s) - all_mu * s - math.lgamma(k))

        served = sum((1 if i in (0, steps) else 4 if i % 2 else 2) * density(i * h) * math.exp(-mu * (t - i * h)) for i in range(steps + 1)) * h / 3
        beyond += weight * (erlang_beyond(k, all_mu, t) + served)
    return beyond / total


def simulate(arrive, mean, servers, t, n, seed):
    """The share of n requests that take longer than t. arrive(k, ends): when request k comes; ends: of all before it."""
    rng, free, late, ends = random.Random(seed), [0.0] * servers, 0, []
    for k in range(n):
        now = arrive(k, ends, rng)
        first = min(range(servers), key=free.__getitem__)
        free[first] = max(free[first], now) + rng.expovariate(1 / mean)
        ends.append(free[first])
        late += free[first] - now > t
    return late / n


def simulate_closed(users, think, mean, servers, t, n, seed):
    import heapq
    rng, free, late = random.Random(seed), [0.0] * servers, 0
    comes = [rng.random() * think for _ in range(users)]
    heapq.heapify(comes)
    for _ in range(n):
        now = heapq.heappop(comes)
        first = min(range(servers), key=free.__getitem__)
        free[first] = max(free[first], now) + rng.expovariate(1 / mean)
        late += free[first] - now > t
        heapq.heappush(comes, free[first] + think)
    return late / n


def check():
    # One server: the response time is exponential with the rate mu - lambda.
    assert abs(mmc_beyond(80, 0.01, 1, 0.1) - math.exp(-(100 - 80) * 0.1)) < 1e-12
    # Of sums: three times the mean is a tail that tables have (chi squared with 6 degrees of freedom).
    assert abs(erlang_beyond(3, 0.5, 12.59159) - 0.05) < 1e-6
    # Nobody else: only the service time. Many who think for long are as good as Poisson arrivals.
    assert abs(closed_beyond(1, 1, 0.04, 4, 0.1) - math.exp(-2.5)) < 1e-9
    assert abs(closed_beyond(4000, 50, 0.04, 4, 0.2) - mmc_beyond(80, 0.04, 4, 0.2)) < 2e-3
    last = [0.0]

    def poisson(_, ends, rng):
        last[0] += rng.expovariate(80)
        return last[0]

    assert abs(simulate(poisson, 0.04, 4, 0.2, 400000, 1) - mmc_beyond(80, 0.04, 4, 0.2)) < 4e-3
    assert abs(simulate_closed(20, 0.1, 0.04, 4, 0.25, 400000, 1) - closed_beyond(20, 0.1, 0.04, 4, 0.25)) < 4e-3


if __name__ == "__main__":
    check()
