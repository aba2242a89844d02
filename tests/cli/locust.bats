#!/usr/bin/env bats
# run --csv and report --csv: Locust's files while a run goes on and afterwards.

bats_require_minimum_version 1.5.0

load ../support/helpers

setup() {
    cd "$BATS_TEST_TMPDIR"
}

@test "run --csv leaves what report --csv makes of the run file" {
    start_target
    "$COLDSWARM" run -H "$URL" -t 1h -u 20 -r 100 --csv new/live --csv-full-history -o a.db --quiet >out 2>&1 3>&- &
    pid=$!
    STARTED_PIDS+=("$pid")
    until [ "$(grep -c ',,Aggregated,' new/live_stats_history.csv 2>/dev/null)" -ge 3 ]; do kill -0 "$pid" && pause; done
    kill -INT "$pid"
    wait "$pid" || [ $? -eq 130 ]
    run -0 "$COLDSWARM" report a.db --csv later --csv-full-history --format csv
    cmp new/live_stats.csv later_stats.csv
    cmp new/live_failures.csv later_failures.csv
    cmp new/live_exceptions.csv later_exceptions.csv
    # A row of history at 0, 1, 2 ... s. The live one counts what had been answered when it was written, a beat later; a machine that stood
    # still in between wrote fewer.
    python3 - <<'END'
import csv, sqlite3
seconds, = sqlite3.connect("a.db").execute("select duration_us / 1000000 from run").fetchone()
def rows(name):
    return [r for r in csv.DictReader(open(name, newline="")) if r["Name"] == "Aggregated"]
live, later = rows("new/live_stats_history.csv"), rows("later_stats_history.csv")
assert len(later) == seconds + 1, (seconds, later)
assert len(live) >= 3 and {r["Timestamp"] for r in live} <= {r["Timestamp"] for r in later}, (live, later)
assert later[0]["Total Request Count"] == "0" and later[0]["50%"] == "N/A", later
counts = [int(r["Total Request Count"]) for r in live]
assert counts == sorted(counts) and counts[-1] > 0, counts
END
}

@test "the files grow while the run is on" {
    start_target
    "$COLDSWARM" run -H "$URL" -t 1h -u 5 -r 100 --csv live -o a.db --quiet >out 2>&1 3>&- &
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

@test "a run whose CSV files fail goes on, completes its run file and exits with 3" {
    start_target
    mkfifo live_failures.csv # its head can be written, and nothing behind it
    cat live_failures.csv >/dev/null 3>&- &
    STARTED_PIDS+=("$!")
    run "$COLDSWARM" run -H "$URL" -t 1500ms -u 5 -r 100 --csv live -o a.db
    [ "$status" -eq 3 ]
    [[ $output == *"cannot write live_failures.csv"*"Every request is in a.db"* ]]
    [ "$(sql a.db "SELECT exit_code FROM run")" = 3 ]
    [ "$(sql a.db "SELECT verdict NOT NULL FROM run")" = 1 ]
    [ "$(sql a.db "SELECT count(*) FROM requests WHERE end_us > 1000000")" -gt 0 ]
}

@test "without a place for the files nothing is sent" {
    start_hostile
    touch file
    run "$COLDSWARM" run -H "$URL" -t 1s --csv file/x -o a.db --quiet
    [ "$status" -eq 3 ]
    [[ $output == *"file"* ]]
    [ "$(hostile_count)" = 0 ]
}

@test "a run whose CSV files cannot be made starts nothing and leaves no run file" {
    start_target
    run -3 "$COLDSWARM" run -H "$URL" -t 1s --csv /proc/nowhere/live -o no.db --quiet
    [[ "$output" == *"cannot create the directory /proc/nowhere"* ]]
    [ -z "$(find . -name 'no.db*')" ]
    [ "$(served GET /)" -eq 0 ]
    run -0 "$COLDSWARM" run -H "$URL" -t 200ms --csv live -o no.db --quiet
}

# old: the files of an earlier run.
old() {
    local name
    for name in stats stats_history failures exceptions; do
        echo "an older $name" >"live_$name.csv"
    done
}

@test "if one of the files cannot be made, older ones stay as they are" {
    start_target
    "$COLDSWARM" run -H "$URL" -t 200ms -o a.db --quiet
    old
    rm live_failures.csv
    mkdir live_failures.csv
    for how in "run -H $URL -t 200ms -o no.db --quiet" "report a.db -f csv"; do
        run -3 "$COLDSWARM" $how --csv live
        [[ "$output" == *"cannot write live_failures.csv: Is a directory"* ]]
        [ "$(cat live_stats.csv live_stats_history.csv live_exceptions.csv)" = \
            $'an older stats\nan older stats_history\nan older exceptions' ]
        [ "$(echo live_*)" = "live_exceptions.csv live_failures.csv live_stats.csv live_stats_history.csv" ]
    done
}

@test "if the files do not fit, report leaves older ones as they are" {
    python3 "$BATS_TEST_DIRNAME/make_run.py" many.db many
    old
    run -3 bash -c 'ulimit -f 1; exec "$@"' - "$COLDSWARM" report many.db --csv live --csv-full-history
    [[ "$output" == *"cannot write live_stats"*".csv: File too large"* ]]
    [ "$(cat live_stats.csv live_stats_history.csv)" = $'an older stats\nan older stats_history' ]
    [ "$(echo live_*)" = "live_exceptions.csv live_failures.csv live_stats.csv live_stats_history.csv" ]
    run -0 "$COLDSWARM" report many.db --csv live -f csv
    run ! grep -q older live_*.csv
}

@test "a run that does not start leaves older files as they are" {
    start_target
    old
    cat >s.json <<END
{"target": "$URL", "load": {"users": 1, "duration": "1s"}, "setup": [{"path": "/status/500"}], "tasks": [{"path": "/"}]}
END
    for how in "s.json -o /proc/nowhere.db" "s.json --html /proc/nowhere/x.html"; do
        run -3 "$COLDSWARM" run $how --csv live || [ "$status" -eq 2 ]
        [ "$(cat live_stats.csv)" = "an older stats" ]
        [ "$(echo live_*)" = "live_exceptions.csv live_failures.csv live_stats.csv live_stats_history.csv" ]
    done
}
