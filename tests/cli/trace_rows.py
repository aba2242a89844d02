#!/usr/bin/env python3
"""trace_rows.py FORMAT FILE SPEED FROM TO LENGTH: when the arrivals of a trace are due, in whole microseconds, one a line, by Python's own
readers and exact fractions. SPEED is a fraction; FROM, TO and LENGTH are seconds; with a LENGTH above 0 the trace begins again until then."""
import csv
import datetime
import json
import sys
from fractions import Fraction

form, path, speed, start, end, length = sys.argv[1:]
speed, start, end, length = Fraction(speed), Fraction(start), Fraction(end), Fraction(length)


def seconds():
    with open(path, newline="", encoding="utf-8-sig") as file:
        if form == "mooncake":
            for line in file:
                if line.strip():
                    yield Fraction(str(json.loads(line)["timestamp"])) / 1000
        elif form == "burstgpt":
            for row in csv.DictReader(file):
                yield Fraction(row["Timestamp"])
        else:
            for row in csv.DictReader(file):
                text, _, rest = row["TIMESTAMP"].partition(".")
                digits = rest.split("+")[0].ljust(1, "0")
                moment = datetime.datetime.fromisoformat(text[:19] + "+00:00")
                yield int(moment.timestamp()) + Fraction(int(digits), 10 ** len(digits))


times = list(seconds())
times = [t - times[0] for t in times]
part = [t - start for t in times if t >= start and (end == 0 or t < end)]
span = end - start
passes = 0
while True:
    for t in part:
        due = (t + passes * span) / speed
        if length > 0 and due >= length:
            sys.exit()
        nanoseconds = (due * 10**9 + Fraction(1, 2)).__floor__()
        print(nanoseconds // 1000)
    if length == 0:
        break
    passes += 1
