#!/usr/bin/env python3
"""make_long_run.py OUT.db SECONDS RATE: requests over a long run, in the order of their end. Their times lie far apart, so that a mean of
the seconds' percentiles is far from the percentile of a step; users come and go; for some time there is no request at all."""
import random
import sys

import rows

out, seconds, rate = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
rng = random.Random(seconds)
users = [(s, 1 + s // 7 % 50) for s in range(0, seconds, 7)]
made = []
for i in range(int(seconds * rate)):
    end = rng.randrange(seconds * 1000000 - 300000)  # the last second is a part of one
    if seconds * 0.5 <= end / 1e6 < seconds * 0.6:
        continue
    took = min(int(rng.lognormvariate(9, 1.5)) + 1, end)
    made.append((end, took, rng.choice([0, 0, 0, 1500]), rng.random() < 0.05))
with rows.File(out, duration_us=seconds * 1000000 - 200000, users=users) as f:
    for end, took, lag, failed in sorted(made):
        f.add(sent_us=end - took, took_us=took, lag_us=min(lag, end - took), outcome="http_error" if failed else "ok",
              status=500 if failed else 200)
