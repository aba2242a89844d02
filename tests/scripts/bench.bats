#!/usr/bin/env bats
# The bench reads each peer's output rightly, and the server that it holds them against tells the truth. The outputs in
# bench/samples are real; what is expected of them was read off them by eye.

load ../support/helpers

reads() { # CLIENT FILES WANTED-JSON
    local files=()
    for file in $2; do files+=("$ROOT/bench/samples/$file"); done
    run python3 "$ROOT/bench/parse.py" "$1" "${files[@]}"
    echo "$output"
    python3 -c 'import json, sys; got, want = map(json.loads, sys.argv[1:])
assert got.keys() == want.keys() and all(abs(got[k] - want[k]) < 0.01 for k in want), (got, want)' "$output" "$3"
}

@test "wrk: milliseconds" {
    reads wrk wrk.txt '{"requests": 885, "p50": 5260, "p90": 6110, "p99": 14340}'
}

@test "wrk: microseconds, and seconds, which it follows by a blank" {
    reads wrk wrk-seconds.txt '{"requests": 42288, "p50": 610, "p90": 971150, "p99": 1270000}'
}

@test "h2load: percentiles from its log" {
    # The log has 20 lines: p50 is half way from the 10th to the 11th (8274, 8304), p90 at rank 17.1, p99 at 18.81.
    reads h2load "h2load.txt h2load.log" '{"requests": 500, "p50": 8289, "p90": 8571.5, "p99": 8629.73}'
    reads h2load h2load.txt '{"requests": 500}'
}

@test "ab: percentiles from its file" {
    reads ab "ab.txt ab.csv" '{"requests": 951, "rate": 950.89, "p50": 5129, "p90": 5323, "p99": 7916}'
}

@test "hey" {
    reads hey hey.txt '{"requests": 500, "rate": 481.5742, "p50": 5400, "p90": 5700, "p99": 9400}'
}

@test "hey, where it prints two percent signs" {
    sed 's/% in/%% in/' "$ROOT/bench/samples/hey.txt" >"$BATS_TEST_TMPDIR/hey.txt"
    run python3 "$ROOT/bench/parse.py" hey "$BATS_TEST_TMPDIR/hey.txt"
    [[ $output == *'"p99": 9400.0'* ]]
}

@test "autocannon" {
    reads autocannon autocannon.json '{"requests": 538, "rate": 512.380952, "p50": 4000, "p90": 10000, "p99": 38000}'
}

@test "locust: the tables at its end" {
    reads locust locust.txt '{"requests": 851, "rate": 495.27, "p50": 5000, "p90": 6000, "p99": 15000}'
}

@test "floor keeps no times of answers" {
    reads floor floor.txt '{"requests": 1000}'
}

@test "failed requests and foreign output are no report" {
    sed 's/ 0(0.00%)/ 3(0.35%)/' "$ROOT/bench/samples/locust.txt" >"$BATS_TEST_TMPDIR/locust.txt"
    run python3 "$ROOT/bench/parse.py" locust "$BATS_TEST_TMPDIR/locust.txt"
    [ "$status" -eq 1 ]
    [[ $output == *"3 of its 851 requests failed"* ]]
    for client in wrk h2load ab hey autocannon locust floor; do
        run python3 "$ROOT/bench/parse.py" "$client" "$ROOT/LICENSE"
        [ "$status" -eq 1 ]
        [[ $output == "$client: "* ]]
    done
}

# answers DELAY-MS OPTION...: ten requests in turn to a truth server; sets TOLD to its JSON and SLOWEST to ours, in us.
answers() {
    local pid url
    : >"$BATS_TEST_TMPDIR/truth"
    "$(dirname "$COLDSWARM")/tests/support/truth" --delay "$1ms" "${@:2}" >"$BATS_TEST_TMPDIR/truth" 3>&- &
    pid=$!
    STARTED_PIDS+=("$pid")
    url=$(wait_line "$BATS_TEST_TMPDIR/truth" 'listening on' "$pid")
    SLOWEST=$(python3 - "${url##* }" <<'PY'
import http.client, sys, time
c = http.client.HTTPConnection(sys.argv[1].removeprefix("http://"))
worst = 0
for _ in range(10):
    start = time.monotonic()
    c.request("GET", "/any")
    assert len(c.getresponse().read()) == 48
    worst = max(worst, time.monotonic() - start)
print(round(worst * 1e6))
PY
    )
    kill -TERM "$pid"
    wait "$pid"
    TOLD=$(tail -n 1 "$BATS_TEST_TMPDIR/truth")
    echo "$TOLD, slowest $SLOWEST us"
}

told() {
    python3 -c 'import json, sys; print(int(json.loads(sys.argv[1])[sys.argv[2]]))' "$TOLD" "$1"
}

@test "truth: no answer before its delay, and no time longer than the client saw" {
    answers 20
    [ "$(told requests)" -eq 10 ]
    [ "$(told connections)" -eq 1 ]
    [ "$(told unstamped)" -eq 0 ]
    [ "$(told p50_us)" -ge 20000 ]
    [ "$(told max_us)" -le "$SLOWEST" ]
}

@test "truth: a request in the freeze waits for its end" {
    # Ten requests of 20 ms take 200 ms, so one is under way when the freeze of 500 ms begins after 100 ms; unless the machine stalls just then,
    # which it does not each time.
    for _ in 1 2 3 4 5; do
        answers 20 --freeze-at 100ms --freeze-for 500ms
        [ "$(told requests)" -eq 10 ]
        [ "$(told max_us)" -lt 480000 ] || break
    done
    [ "$(told max_us)" -ge 480000 ]
    [ "$(told max_us)" -le "$SLOWEST" ]
}
