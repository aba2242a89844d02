#!/usr/bin/env bats
# The figures of runs that are longer than a figure has points: each point is of all requests of its step.

bats_require_minimum_version 1.5.0
load ../support/helpers

setup() {
    cd "$BATS_TEST_TMPDIR"
}

@test "a point of a run of 25 minutes is the percentile of its five seconds" {
    python3 "$BATS_TEST_DIRNAME/make_long_run.py" run.db 1499 4
    run -0 "$COLDSWARM" report run.db --out out
    python3 "$BATS_TEST_DIRNAME/check_long_run.py" run.db out 5
}

@test "a point of a run of over an hour is the percentile of its ten seconds" {
    python3 "$BATS_TEST_DIRNAME/make_long_run.py" run.db 4003 2
    run -0 "$COLDSWARM" report run.db --out out
    python3 "$BATS_TEST_DIRNAME/check_long_run.py" run.db out 10
    # A short run's report in the same place leaves no steps behind.
    python3 "$BATS_TEST_DIRNAME/make_long_run.py" short.db 600 1
    run -0 "$COLDSWARM" report short.db --out out
    [ ! -e out/data/response_time_steps.csv ]
    python3 "$BATS_TEST_DIRNAME/check_long_run.py" short.db out 1
}

@test "a part of a long run is drawn in the steps of its own length" {
    python3 "$BATS_TEST_DIRNAME/make_long_run.py" run.db 4003 1
    run -0 "$COLDSWARM" report run.db --from 60s --to 400s --out out --no-figures
    [ ! -e out/data/response_time_steps.csv ]
    [ "$(wc -l <out/data/response_time.csv)" -eq 341 ]
    run -0 "$COLDSWARM" report run.db --from 1000s --out out --no-figures
    # All requests of the ten seconds from 1000 s + 100 s on, nearest the top of them.
    want=$(sqlite3 run.db "SELECT count(*) FROM requests WHERE end_us >= 1100000000 AND end_us < 1110000000 AND response_us IS NOT NULL")
    [ "$want" -gt 2 ]
    python3 - "$want" <<'END'
import csv, sqlite3, sys
db = sqlite3.connect("run.db")
values = sorted(x for x, in db.execute("SELECT response_us FROM requests WHERE end_us >= 1100000000 AND end_us < 1110000000"))
at = 0.95 * (len(values) - 1)
want = values[int(at)] + (values[int(at) + 1] - values[int(at)]) * (at - int(at))
row = [r for r in csv.DictReader(open("out/data/response_time_steps.csv")) if r["second"] == "100"]
assert abs(float(row[0]["p95_ms"]) - want / 1000) < 1e-9, (row, want)
END
}

@test "the server's latency of a long run is the percentile of its steps, too" {
    python3 "$BATS_TEST_DIRNAME/make_server_run.py" run.db --seconds 1203 --rate 4
    run -0 "$COLDSWARM" report run.db --out out
    python3 "$BATS_TEST_DIRNAME/check_long_run.py" run.db out 5
}
