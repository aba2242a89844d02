"""What a search for capacity takes beside a linear sweep with the same precision: simulated, so that hours of measuring take seconds, and the
capacity is known."""
import os
import subprocess
import sys

import tables
from tools import COLDSWARM

SWEEP = os.path.join(os.path.dirname(COLDSWARM), "bench", "capacity_sweep")
SEARCHES = 5


def capacity(_, a):
    tables.say("capacity")
    done = subprocess.run([SWEEP, str(SEARCHES)], stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode not in (0, 1):
        sys.exit("bench: capacity_sweep failed")
    print(f"### Capacity: the search beside a linear sweep, {SEARCHES} of each\n")
    print(done.stdout)
    print("goal: at most a third; " + ("reached\n" if done.returncode == 0 else "MISSED\n"))
