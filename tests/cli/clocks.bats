#!/usr/bin/env bats
# What a report says of two clocks: the bounds of their offset, and what it means where no offset fits between them.

bats_require_minimum_version 1.5.0
load ../support/helpers

setup() {
    cd "$BATS_TEST_TMPDIR"
}

@test "bounds that leave room are an interval, and its middle is taken" {
    python3 "$BATS_TEST_DIRNAME/make_clock_run.py" run.db log.json 250 200 180
    run -0 "$COLDSWARM" import run.db --logs log.json
    [[ $output == *"the server's is 0.275 ms ahead of the client's, ± 0.025 (3 pairs)"* ]]
    run -0 "$COLDSWARM" report run.db
    [[ $output == *"Clock offset: server minus client "*" 0.28 ms"*$'\n'"  at least "*" 0.25 ms"*$'\n'"  at most "*" 0.30 ms"* ]]
    [[ $output != *contradict* ]]
    [ "$("$COLDSWARM" report run.db -f json | python3 -c 'import json, sys; d = json.load(sys.stdin); print(d["notes"], "clock_contradiction_ms" in d["server"]["reconciliation"])')" = "[] False" ]
}

@test "bounds that contradict each other are said to, by how much, and what it means" {
    # The second answer's end was logged 358 us after the client had it by the server's clock; arrivals leave at most 300 for the offset.
    python3 "$BATS_TEST_DIRNAME/make_clock_run.py" run.db log.json 250 358 180
    run -0 "$COLDSWARM" import run.db --logs log.json
    [[ $output == *"the server's is 0.300 ms ahead of the client's at most; ends of responses were logged at least 0.058 late, or a clock was adjusted"* ]]
    run -0 "$COLDSWARM" report run.db
    [[ $output == *"Clock offset: server minus client "*" 0.30 ms"*$'\n'"  at least, by the ends of responses "*" 0.36 ms"*$'\n'"  at most, by the arrivals of requests "*" 0.30 ms"*$'\n'"  contradiction between these bounds "*" 0.06 ms"* ]]
    [[ $output == *"The bounds of the clock offset (server minus client) contradict each other by 0.058 ms. The arrivals"*"at most 0.300 ms"*"at least 0.358 ms"*"network time too short, by at least 0.058 ms"* ]]
    "$COLDSWARM" report run.db --no-figures --out out >/dev/null
    grep -q 'contradict each other by 0.058 ms' out/tables.md
    grep -q '<li>The bounds of the clock offset.*contradict each other by 0.058 ms' out/report.html
    grep -q '^\\item The bounds of the clock offset.*contradict each other by 0.058 ms' out/tables.tex
    grep -q '^clock_contradiction_ms,0.058' out/server_reconciliation.csv
    python3 - <<'END'
import json
d = json.load(open("out/tables.json"))
assert [n["key"] for n in d["notes"]] == ["clocks_contradict"], d["notes"]
r = d["server"]["reconciliation"]
assert (r["clock_offset_ms"], r["clock_offset_low_ms"], r["clock_offset_high_ms"]) == (0.3, 0.358, 0.3), r
assert abs(r["clock_contradiction_ms"] - 0.058) < 1e-9, r
END
}

@test "a run's start is known to the microsecond, so that one machine's two clocks agree" {
    start_target
    "$COLDSWARM" run --host "$URL" --users 1 --spawn-rate 1 --run-time 200ms --quiet -o run.db >/dev/null || [ $? -eq 4 ]
    # started_utc has the milliseconds of it.
    [ "$(sqlite3 run.db "SELECT CAST(m.value AS INTEGER) / 1000 = CAST(strftime('%s', started_utc) AS INTEGER) * 1000 + CAST(substr(started_utc, 21, 3) AS INTEGER) FROM run, manifest AS m WHERE m.key = 'started_us'")" = 1 ]
}

@test "the local Cloud Run notes an answer's end before the client can have it" {
    # One machine, one clock: whatever else it does, causes come before their effects.
    "$COLDSWARM" cloudrun --port 0 --concurrency 4 --max-instances 2 --log log.json -- "$COLDSWARM" target >out.txt 2>err.txt 3>&- &
    STARTED_PIDS+=("$!")
    line=$(wait_line err.txt '^cloudrun: listening on ' "$!")
    "$COLDSWARM" run --host "${line#cloudrun: listening on }" --users 4 --spawn-rate 100 --run-time 2s --quiet -o run.db >/dev/null || [ $? -eq 4 ] # its client may be busy
    stop_all
    run -0 "$COLDSWARM" import run.db --logs log.json
    [ "$(sqlite3 run.db 'SELECT joined > 3 AND lower_us <= upper_us FROM server_side')" = 1 ] || { sqlite3 run.db 'SELECT * FROM server_side'; false; }
}
