#!/usr/bin/env python3
"""locust_truth.py RUN.db PREFIX [--full-history]: the files of Locust's --csv, as Locust's own code writes them.

Feeds the rows of a run file into locust.stats.RequestStats, in their order, by a clock that stands where each request ended,
and lets locust.stats.StatsCSVFileWriter write a row of history at each second of the run. Needs python3-locust (any version);
fails where it is not there. What Locust has changed since Debian's 2.12 is put right first, and said below: the files are
those of 2.44.

Debian has 2.12.1. The difference to 2.44, whose files we match:
  * rounded times are whole numbers (bucket_response_time() has an int() around round())
  * an error that is a string stands as it is, not as its repr()
  * _failures.csv has First Seen and Last Seen
"""
import argparse
import builtins
import datetime
import sqlite3
import sys

try:
    from locust import stats as locust_stats
except ImportError as e:
    print(f"no Locust here: {e}", file=sys.stderr)
    sys.exit(77)

UNTIMED = ("not_sent", "cancelled", "unsendable")


class Clock:
    now = 0.0

    def time(self):
        return Clock.now


class Runner:
    exceptions = {}
    user_count = 0


class Environment:
    runner = Runner()
    stats = None


def whole_round(value, digits=None):
    """round(), but whole where Locust rounds times: get_readable_percentiles() asks for 6 digits."""
    if digits is None or digits > 0:
        return builtins.round(value, digits)
    return int(builtins.round(value, digits))


def utc(t):
    return datetime.datetime.fromtimestamp(t, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def bring_up_to_date():
    locust_stats.time = Clock()
    if hasattr(locust_stats, "bucket_response_time"):
        return
    locust_stats.round = whole_round
    error = locust_stats.StatsError
    old_parse, old_occurred = error.parse_error, error.occurred
    error.parse_error = classmethod(lambda cls, e: e if isinstance(e, str) else old_parse(e))

    def occurred(self):
        old_occurred(self)
        self.first_seen = getattr(self, "first_seen", None) or Clock.now
        self.last_seen = Clock.now

    error.occurred = occurred

    def failures(self, writer):
        for e in locust_stats.sort_stats(self.environment.stats.errors):
            writer.writerow([e.method, e.name, error.parse_error(e.error), e.occurrences, utc(e.first_seen), utc(e.last_seen)])

    locust_stats.StatsCSV._failures_data_rows = failures
    old_init = locust_stats.StatsCSVFileWriter.__init__

    def init(self, *args, **kwargs):
        old_init(self, *args, **kwargs)
        self.failures_columns = self.failures_columns + ["First Seen", "Last Seen"]

    locust_stats.StatsCSVFileWriter.__init__ = init


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("run")
    parser.add_argument("prefix")
    parser.add_argument("--full-history", action="store_true")
    o = parser.parse_args()
    bring_up_to_date()
    db = sqlite3.connect(o.run)
    started, duration = db.execute("SELECT started_utc, duration_us FROM run").fetchone()
    start_us = int(datetime.datetime.strptime(started, "%Y-%m-%dT%H:%M:%S.%f%z").timestamp() * 1000 + 0.5) * 1000
    Clock.now = start_us / 1e6
    stats = Environment.stats = locust_stats.RequestStats()
    writer = locust_stats.StatsCSVFileWriter(Environment, locust_stats.PERCENTILES_TO_REPORT, o.prefix, o.full_history)
    writer.requests_csv_writer.writerow(writer.requests_csv_columns)
    start_of_data = writer.requests_csv_filehandle.tell()
    writer.stats_history_csv_writer.writerow(writer.stats_history_csv_columns)
    writer.failures_csv_writer.writerow(writer.failures_columns)
    writer.exceptions_csv_writer.writerow(writer.exceptions_columns)
    users = dict(db.execute("SELECT second, users FROM seconds"))
    second = 0

    def history(until_us):
        nonlocal second
        while second * 1000000 <= until_us:
            Clock.now = (start_us + second * 1000000) / 1e6
            Runner.user_count = users.get(second, users[max(users)])
            writer._stats_history_data_rows(writer.stats_history_csv_writer, Clock.now)
            second += 1

    latest = 0
    for name, method, end, response, size, outcome, error, status in db.execute(
            "SELECT name, method, end_us, response_us, bytes_received, outcome, error, status FROM requests ORDER BY id"):
        if outcome == "unsendable":
            # A task that raises before it sends anything: neither a request nor a failure (locust.user.task, Runner.log_exception).
            text = f"{method} {name}: {error}"
            row = Runner.exceptions.setdefault(text, {"count": 0, "msg": text, "traceback": "", "nodes": {"local"}})
            row["count"] += 1
        if outcome in UNTIMED:
            continue
        history(end)
        latest = max(latest, end)  # Locust's clock does not go back
        Clock.now = (start_us + latest) / 1e6
        stats.log_request(method, name, response / 1000, size)
        if outcome != "ok":
            stats.log_error(method, name, error if error is not None else f"status {status}")
    history(duration)
    writer.requests_csv_filehandle.seek(start_of_data)
    writer._requests_data_rows(writer.requests_csv_writer)
    writer._failures_data_rows(writer.failures_csv_writer)
    writer._exceptions_data_rows(writer.exceptions_csv_writer)
    writer.close_files()


main()
