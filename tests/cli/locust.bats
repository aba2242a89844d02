#!/usr/bin/env bats
# run --csv and report --csv: Locust's files while a run goes on and afterwards.

bats_require_minimum_version 1.5.0

load ../support/helpers

setup() {
    cd "$BATS_TEST_TMPDIR"
}

@test "run --csv leaves what report --csv makes of the run file" {
    start_target
    run -0 "$COLDSWARM" run -H "$URL" -t 2500ms -u 20 -r 100 --csv new/live --csv-full-history -o a.db --quiet
    run -0 "$COLDSWARM" report a.db --csv later --csv-full-history --format csv
    cmp new/live_stats.csv later_stats.csv
    cmp new/live_failures.csv later_failures.csv
    cmp new/live_exceptions.csv later_exceptions.csv
    # A row of history at 0, 1 and 2 s. The live one counts what had been answered when it was written, a beat later.
    python3 - <<'END'
import csv
def rows(name):
    return [r for r in csv.DictReader(open(name, newline="")) if r["Name"] == "Aggregated"]
live, later = rows("new/live_stats_history.csv"), rows("later_stats_history.csv")
assert [r["Timestamp"] for r in live] == [r["Timestamp"] for r in later], (live, later)
assert len(live) == 3, live
assert later[0]["Total Request Count"] == "0" and later[0]["50%"] == "N/A", later
counts = [int(r["Total Request Count"]) for r in live]
assert counts == sorted(counts) and counts[-1] > 0, counts
END
}

@test "the files grow while the run is on" {
    start_target
    "$COLDSWARM" run -H "$URL" -t 20s -u 5 -r 100 --csv live -o a.db --quiet >out 2>&1 3>&- &
    pid=$!
    STARTED_PIDS+=("$pid")
    # A row while all five users are there, and requests with no failure are behind it.
    wait_line live_stats_history.csv '^[0-9]+,5,,Aggregated,([^,]*,){13}[1-9][0-9]*,0,' "$pid"
    grep -q '^,Aggregated,' live_stats.csv
    kill -INT "$pid"
    wait "$pid" || [ $? -eq 130 ]
    [ "$(head -c 10 live_failures.csv)" = "Method,Nam" ]
}

@test "failures have their text, how often, and when first and last" {
    start_hostile
    cat >s.json <<'END'
{"name": "s", "load": {"users": 1, "spawn_rate": 1, "duration": "1s"}, "wait": {"constant": "300ms"},
 "tasks": [{"path": "/status/503"}]}
END
    run "$COLDSWARM" run s.json -H "$URL" --csv f -o f.db --quiet
    [ "$status" -eq 1 ]
    count=$(sql f.db "SELECT count(*) FROM requests WHERE outcome = 'http_error'")
    text=$(sql f.db "SELECT coalesce(error, 'status ' || status) FROM requests LIMIT 1")
    run cat f_failures.csv
    [[ ${lines[1]} =~ ^GET,/status/503,$text,$count,[0-9-]+T[0-9:]+Z,[0-9-]+T[0-9:]+Z ]]
    [ "${#lines[@]}" -eq 2 ]
}

@test "without a place for the files nothing is sent" {
    start_hostile
    touch file
    run "$COLDSWARM" run -H "$URL" -t 1s --csv file/x -o a.db --quiet
    [ "$status" -eq 3 ]
    [[ $output == *"file"* ]]
    [ "$(hostile_count)" = 0 ]
}
