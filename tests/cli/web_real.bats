#!/usr/bin/env bats
# run --web, looked at by what will look at it: a browser, and Prometheus.
# bats file_tags=more

bats_require_minimum_version 1.5.0

load ../support/helpers

setup() {
    cd "$BATS_TEST_TMPDIR"
}

@test "a browser follows a run, sorts it, stops it, and its charts have the numbers of the file" {
    start_target --service-time uniform:2ms,30ms
    cat >s.json <<'END'
{"name": "s", "load": {"users": 10, "spawn_rate": 5, "duration": "1h"}, "wait": {"constant": "30ms"},
 "thresholds": {"http_req_failed": ["rate<0.9"]},
 "tasks": [{"path": "/", "weight": 3}, {"path": "/predict", "method": "POST", "body": "x"}, {"path": "/nothing"}]}
END
    : >run.err
    "$COLDSWARM" run s.json -H "$URL" --web 0 --web-linger 60s -o a.db --quiet >run.out 2>run.err 3>&- &
    pid=$!
    STARTED_PIDS+=("$pid")
    page=$(wait_line run.err '^page: ' "$pid")
    python3 "$ROOT/tests/cli/web_in_browser.py" "${page#page: }" a.db
    kill -INT "$pid"
    wait "$pid" || [ $? -eq 1 ]
}

@test "a page of a day with 50 endpoints loads little and shows all of it" {
    start_target
    : >run.err
    "$COLDSWARM" run -H "$URL" -u 1 -t 1500ms --web 0 --web-linger 60s -o a.db --quiet >run.out 2>run.err 3>&- &
    pid=$!
    STARTED_PIDS+=("$pid")
    page=$(wait_line run.err '^page: ' "$pid")
    page=${page#page: }
    until curl -fsS "${page}api/state" | grep -q '"phase":"ended"'; do pause; done
    curl -fsS "$page" >page.html
    curl -fsS "${page}api/state" >state.json
    python3 "$ROOT/tests/cli/web_long_page.py" page.html state.json
}

@test "promtool finds no fault with the metrics, and Prometheus has the counts of the file" {
    start_target --service-time uniform:2ms,30ms
    cat >s.json <<'END'
{"name": "s", "load": {"users": 10, "spawn_rate": 100, "duration": "4s"}, "wait": {"constant": "20ms"},
 "thresholds": {"http_req_failed": ["rate<0.9"]},
 "tasks": [{"path": "/", "name": "a \"quoted\" \\ name\n"}, {"path": "/nothing"}]}
END
    port=$(free_port)
    cat >prometheus.yml <<END
global: {scrape_interval: 1s}
scrape_configs: [{job_name: coldswarm, static_configs: [{targets: ["127.0.0.1:$port"]}]}]
END
    other=$(free_port)
    : >prometheus.log
    prometheus --config.file=prometheus.yml --storage.tsdb.path=data --web.listen-address="127.0.0.1:$other" >prometheus.log 2>&1 3>&- &
    prometheus=$!
    STARTED_PIDS+=("$prometheus")
    wait_line prometheus.log 'Server is ready' "$prometheus"
    : >run.err
    "$COLDSWARM" run s.json -H "$URL" --web "$port" --web-linger 60s -o a.db --quiet >run.out 2>run.err 3>&- &
    pid=$!
    STARTED_PIDS+=("$pid")
    wait_line run.err '^page: ' "$pid"
    python3 - "$other" <<'END'
import json, sys, time, urllib.parse, urllib.request
def ask(query):
    url = f"http://127.0.0.1:{sys.argv[1]}/api/v1/query?" + urllib.parse.urlencode({"query": query})
    return json.load(urllib.request.urlopen(url, timeout=20))["data"]["result"]
for _ in range(600):
    ended = ask("coldswarm_run_ended")
    if ended and ended[0]["value"][1] == "1":
        break
    time.sleep(0.1)
json.dump({q: ask(q) for q in ("coldswarm_requests_total", "coldswarm_failures_total", "coldswarm_response_time_seconds_count",
           "coldswarm_response_time_seconds_sum", 'coldswarm_response_time_seconds_bucket{le="0.01"}')}, open("seen.json", "w"))
END
    curl -fsS "http://127.0.0.1:$port/metrics" | promtool check metrics >lint.txt 2>&1
    [ ! -s lint.txt ] || { cat lint.txt; false; }
    kill -INT "$pid"
    wait "$pid" || [ $? -eq 1 ]
    python3 - <<'END'
import json, sqlite3
seen, db = json.load(open("seen.json")), sqlite3.connect("a.db")
ended = "outcome not in ('not_sent', 'cancelled', 'unsendable')"
for key, sql in (("coldswarm_requests_total", "count(*)"), ("coldswarm_failures_total", "sum(outcome <> 'ok')"),
                 ("coldswarm_response_time_seconds_count", "count(*)"), ("coldswarm_response_time_seconds_sum", "sum(response_us) / 1e6"),
                 ('coldswarm_response_time_seconds_bucket{le="0.01"}', "sum(response_us <= 10000)")):
    want = {n: x for n, x in db.execute(f"select name, {sql} from requests where {ended} group by 1")}
    got = {x["metric"]["name"].replace("\\x0a", "\n"): float(x["value"][1]) for x in seen[key]}
    assert want.keys() == got.keys() and all(abs(want[n] - got[n]) < 1e-6 for n in want), (key, want, got)
END
}

@test "on the page of coldswarm web a run is started, changed, stopped, and started again" {
    start_target --service-time uniform:2ms,30ms
    mkdir scenarios
    cat >scenarios/shop.json <<'END'
{"name": "shop", "load": {"users": 4, "spawn_rate": 5, "duration": "1h"}, "wait": {"constant": "30ms"},
 "tasks": [{"path": "/", "weight": 3}, {"path": "/predict", "method": "POST", "body": "x"}, {"path": "/nothing"}]}
END
    printf '{"name": "b",\n "load": {"users": 1, "duration": "1s"},\n "taskz": [],\n "tasks": []}\n' >scenarios/wrong.json
    : >web.err
    "$COLDSWARM" web scenarios --port 0 >web.out 2>web.err 3>&- &
    pid=$!
    STARTED_PIDS+=("$pid")
    page=$(wait_line web.err '^page: ' "$pid")
    COLDSWARM=$COLDSWARM python3 "$ROOT/tests/cli/web_start_in_browser.py" "${page#page: }" runs "$URL" ${PICTURES:+"$PICTURES"}
    kill -INT "$pid"
    wait "$pid"
}
