#!/usr/bin/env bats
# The addresses of Locust's web API beside a run: a script that was written for Locust starts, watches and ends a test with them.

bats_require_minimum_version 1.5.0

load ../support/helpers
load ../support/page

setup() {
    cd "$BATS_TEST_TMPDIR"
}

# serve [OPTION...]: as serve_run, on any port.
serve() { serve_run --web 0 "$@"; }

# until_locust STATE: waits until /stats/requests has that state; it is in stats.json then.
until_locust() { until_page stats/requests stats.json "doc->>'\$.state' = '$1'"; }

scenario() {
    only 500
    cat >s.json <<END
{"name": "s", "load": {"users": 4, "spawn_rate": 100, "duration": "1h"}, "wait": {"constant": "10ms"}, $FEED,
 "tasks": [{"path": "/status/200", "weight": 3, $ONE}, {"path": "/status/503", "name": "a \"b\", <c>", $ONE}, {"path": "/close", $ONE}]}
END
}

@test "at the end the numbers are those of the run file, in Locust's shape, and the files those of --csv" {
    start_hostile
    scenario
    serve s.json -H "$URL" --csv p --csv-full-history --web-linger 60s
    until_locust stopped
    for name in requests failures requests_full_history; do
        curl -fsS -D head.txt "$PAGE/stats/$name/csv" >$name.csv
        tr -d '\r' <head.txt | grep -qiE "^content-disposition: attachment;filename=${name}_[0-9]+\.csv$"
        tr -d '\r' <head.txt | grep -qi '^content-type: text/csv'
    done
    curl -fsS "$PAGE/exceptions/csv" >exceptions.csv
    [ "$(curl -fsS "$PAGE/exceptions")" = '{"exceptions":[]}' ]
    cmp requests.csv p_stats.csv
    cmp failures.csv p_failures.csv
    cmp exceptions.csv p_exceptions.csv
    cmp requests_full_history.csv p_stats_history.csv
    kill -INT "$RUN_PID"
    wait "$RUN_PID" || [ $? -eq 1 ]
    python3 - <<'END'
import csv, json, sqlite3
db, report = sqlite3.connect("a.db"), json.load(open("stats.json"))
assert list(report) == ["stats", "errors", "current_rps", "current_fail_per_sec", "total_rps", "total_fail_per_sec", "fail_ratio",
                        "current_response_time_percentiles", "state", "user_count"], list(report)
assert list(report["current_response_time_percentiles"]) == ["response_time_percentile_0.5", "response_time_percentile_0.95"]
keys = ["method", "name", "num_requests", "num_failures", "min_response_time", "max_response_time", "current_rps", "current_fail_per_sec",
        "avg_response_time", "median_response_time", "total_rps", "total_fail_per_sec", "response_time_percentile_0.95",
        "response_time_percentile_0.99", "avg_content_length"]
rows = {(m, n): x for m, n, *x in db.execute(
    "select method, name, count(*), sum(outcome <> 'ok'), min(response_us) / 1e3, max(response_us) / 1e3, avg(response_us) / 1e3, avg(bytes_received) "
    "from requests where outcome not in ('not_sent', 'cancelled', 'unsendable') group by 1, 2")}
rows["", "Aggregated"] = db.execute(
    "select count(*), sum(outcome <> 'ok'), min(response_us) / 1e3, max(response_us) / 1e3, avg(response_us) / 1e3, avg(bytes_received) "
    "from requests where outcome not in ('not_sent', 'cancelled', 'unsendable')").fetchone()
table = {(r["Type"], r["Name"]): r for r in csv.DictReader(open("requests.csv", newline=""))}
assert len(rows) == len(report["stats"]) == 4 and report["stats"][-1]["name"] == "Aggregated"
assert [(s["name"], s["method"]) for s in report["stats"][:-1]] == sorted((s["name"], s["method"]) for s in report["stats"][:-1])
for s in report["stats"]:
    assert list(s) == keys, list(s)
    n, failed, least, most, mean, size = rows[s["method"], s["name"]]
    assert (s["num_requests"], s["num_failures"]) == (n, failed), s
    for got, want in ((s["min_response_time"], least), (s["max_response_time"], most), (s["avg_response_time"], mean), (s["avg_content_length"], size)):
        assert abs(got - want) < 1e-6, (s, got, want)
    row = table[s["method"], s["name"]]
    for key, column in (("median_response_time", "Median Response Time"), ("response_time_percentile_0.95", "95%"), ("response_time_percentile_0.99", "99%"),
                        ("total_rps", "Requests/s"), ("total_fail_per_sec", "Failures/s")):
        assert abs(s[key] - float(row[column])) < 1e-6, (key, s, row)
errors = {(e["method"], e["name"], e["error"]): e["occurrences"] for e in report["errors"]}
assert sum(errors.values()) == rows["", "Aggregated"][1], errors
file = {(r["Method"], r["Name"], r["Error"]): int(r["Occurrences"]) for r in csv.DictReader(open("failures.csv", newline=""))}
assert errors == file, (errors, file)
total = report["stats"][-1]
assert abs(report["fail_ratio"] - total["num_failures"] / total["num_requests"]) < 1e-9 and report["total_rps"] == total["total_rps"]
assert report["user_count"] == 0
END
}

@test "a script for Locust changes the users, watches them arrive, resets, and stops the test" {
    start_target --service-time 5ms
    serve -H "$URL" -u 2 -r 100 -t 1h --web-linger 60s
    python3 - "$PAGE" <<'END'
import json, sqlite3, sys, time, urllib.parse, urllib.request
def get(path):
    return urllib.request.urlopen(sys.argv[1] + path, timeout=60).read()
def swarm(**form):
    return json.load(urllib.request.urlopen(sys.argv[1] + "/swarm", urllib.parse.urlencode(form).encode(), timeout=60))
def until(what):
    for _ in range(3000):
        stats = json.loads(get("/stats/requests"))
        if what(stats):
            return stats
        time.sleep(0.02)
    raise SystemExit(f"not in time: {stats}")
until(lambda s: s["state"] == "running" and s["user_count"] == 2)
answer = swarm(user_count=5, spawn_rate=0.01)
assert answer["success"] is True and answer["message"] == "Swarming started", answer
until(lambda s: s["state"] == "spawning")
swarm(user_count=5, spawn_rate=100)
until(lambda s: s["user_count"] == 5 and s["state"] == "running")
assert swarm(user_count=-1, spawn_rate=1)["success"] is False
until(lambda s: s["stats"][-1]["num_requests"] >= 10)
# Nobody sends anything around the reset.
swarm(user_count=0, spawn_rate=100)
rows = lambda: sqlite3.connect("file:a.db?mode=ro", uri=True).execute("select count(*) from requests").fetchone()[0]
before = until(lambda s: s["user_count"] == 0 and s["stats"][-1]["num_requests"] == rows())
at = time.time()
assert get("/stats/reset") == b"ok"
reset = time.time()
after = json.loads(get("/stats/requests"))
assert after["stats"][-1]["num_requests"] == 0, (before, after)
# As in Locust, entries stay after a reset.
assert [s["name"] for s in after["stats"]] == [s["name"] for s in before["stats"]]
swarm(user_count=5, spawn_rate=100)
until(lambda s: s["stats"][-1]["num_requests"] >= 5)
assert json.loads(get("/stop")) == {"success": True, "message": "Test stopped"}
last = until(lambda s: s["state"] == "stopped")
json.dump([at, reset, last["stats"][-1]["num_requests"]], open("seen.json", "w"))
END
    kill -INT "$RUN_PID"
    wait "$RUN_PID"
    # The run file has everything; the view only what ended after the reset.
    python3 - <<'END'
import datetime, json, sqlite3
before, after, n = json.load(open("seen.json"))
db = sqlite3.connect("a.db")
start, = db.execute("select started_utc from run").fetchone()
start = datetime.datetime.fromisoformat(start.replace("Z", "+00:00")).timestamp()
ends = [start + x / 1e6 for x, in db.execute("select end_us from requests where outcome not in ('not_sent', 'cancelled')")]
assert n == sum(e > after - 0.1 for e in ends) == sum(e > before - 0.1 for e in ends) < len(ends), (n, len(ends))
END
}

@test "other web sites reset and stop nothing, and a hammering script holds up nothing" {
    start_target
    serve -H "$URL" -u 2 -r 100 -t 1h
    until_locust running
    for header in 'Origin: http://evil.example' 'Sec-Fetch-Site: cross-site'; do
        [ "$(status_of -H "$header" "$PAGE/stats/reset")" = 403 ]
    done
    [ "$(status_of -H 'Host: evil.example' "$PAGE/stats/requests")" = 421 ]
    [ "$(status_of -X POST "$PAGE/stats/reset")" = 405 ]
    [ "$(status_of "$PAGE/stats/requests_full_history/csv")" = 404 ]
    grep -q -- '--csv-full-history' body
    [ "$(status_of "$PAGE/stats/nothing")" = 404 ]
    python3 - "${PAGE#http://}" <<'END'
import http.client, json, sys, threading
host, port = sys.argv[1].rsplit(":", 1)
def hammer(path):
    c = http.client.HTTPConnection(host, int(port), timeout=60)
    for _ in range(500):
        c.request("GET", path)
        answer = c.getresponse()
        body = answer.read()
        assert answer.status == 200, (path, answer.status, body)
        if path == "/stats/requests":
            json.loads(body)
threads = [threading.Thread(target=hammer, args=(p,)) for p in ("/stats/requests", "/stats/requests/csv", "/stats/failures/csv", "/stats/reset", "/exceptions")]
for t in threads: t.start()
for t in threads: t.join()
END
    kill -INT "$RUN_PID"
    wait "$RUN_PID" || [ $? -eq 130 ]
    not_blamed a.db
}

@test "a request that cannot be built is an exception, as a task that raises is in Locust" {
    start_target
    only 10
    cat >s.json <<END
{"name": "s", "load": {"users": 1, "spawn_rate": 1, "duration": "1h"}, "wait": {"constant": "50ms"}, $FEED,
 "tasks": [{"name": "t", "steps": [{"path": "/", "capture": {"x": {"header": "No-Such"}}, $ONE}, {"path": "/\${x}", "name": "uses x"}]}]}
END
    serve s.json -H "$URL" --web-linger 60s
    until_locust stopped
    curl -fsS "$PAGE/exceptions" >exceptions.json
    curl -fsS "$PAGE/exceptions/csv" >exceptions.csv
    kill -INT "$RUN_PID"
    wait "$RUN_PID" || [ $? -eq 1 ]
    n=$(sql a.db "select count(*) from requests where outcome = 'unsendable'")
    [ "$n" -gt 0 ]
    [ "$(json exceptions.json '$.exceptions[0].count' '$.exceptions[0].nodes' '$.exceptions[1]')" = "$n|local|" ]
    [[ $(json exceptions.json '$.exceptions[0].msg') == "GET uses x: "* ]]
    [[ $(sed -n 2p exceptions.csv) == "$n,GET uses x: "* ]]
}

@test "with coldswarm web, a script for Locust starts a test, and sees its numbers until the next one" {
    start_target
    mkdir scenarios
    echo '{"name": "a", "load": {"users": 1, "spawn_rate": 1, "duration": "1h"}, "wait": {"constant": "20ms"}, "tasks": [{"path": "/"}]}' >scenarios/a.json
    : >web.err
    "$COLDSWARM" web scenarios --port 0 >web.out 2>web.err 3>&- &
    pid=$!
    STARTED_PIDS+=("$pid")
    PAGE=$(wait_line web.err '^page: ' "$pid")
    PAGE=${PAGE#page: }
    PAGE=${PAGE%/}
    ln -s web.err run.err
    until_locust ready
    [ "$(json stats.json '$.stats' '$.user_count')" = '[]|0' ]
    [ "$(status_of "$PAGE/stats/requests/csv")" = 404 ]
    [ "$(curl -fsS "$PAGE/stats/reset")" = ok ]
    for n in 1 2; do
        curl -fsS -d "user_count=2&spawn_rate=100&host=$URL" "$PAGE/swarm" >swarm.json
        [ "$(json swarm.json '$.success')" = 1 ]
        until_locust running
        curl -fsS "$PAGE/stop" >/dev/null
        until_locust stopped
        [ "$(json stats.json '$.stats[#-1].num_requests')" = "$(sql "$(ls -t runs/*.db | head -1)" "select count(*) from requests where outcome <> 'cancelled'")" ]
        curl -fsS "$PAGE/stats/requests/csv" | grep -q '^GET,/,'
        pause
    done
    kill -INT "$pid"
    wait "$pid" || [ $? -eq 130 ]
}
