#!/usr/bin/env bats
# examples/grafana: a dashboard as Grafana's own types have it, and every query of it has data in a real Prometheus.
# bats file_tags=more

bats_require_minimum_version 1.5.0

load ../support/helpers

setup() {
    cd "$BATS_TEST_TMPDIR"
    DASHBOARD=$ROOT/examples/grafana/coldswarm.json
}

@test "the dashboard has only what Grafana's types allow" {
    python3 "$ROOT/tests/export/check_dashboard.py" "$DASHBOARD"
    sed 's/"gridPos"/"gridPoss"/' "$DASHBOARD" >bad.json
    run python3 "$ROOT/tests/export/check_dashboard.py" bad.json
    [ "$status" -ne 0 ]
    # No panel covers another, or is beyond the grid.
    python3 - "$DASHBOARD" <<'END'
import json, sys
panels = json.load(open(sys.argv[1]))["panels"]
cells = [(x, y) for p in panels for g in [p["gridPos"]] for x in range(g["x"], g["x"] + g["w"]) for y in range(g["y"], g["y"] + g["h"])]
assert len(cells) == len(set(cells)) and max(x for x, _ in cells) < 24
assert len({p["id"] for p in panels}) == len(panels) and all(p["title"] for p in panels)
END
}

@test "each query of the dashboard has data in Prometheus, and each metric is one of /metrics" {
    start_target --service-time uniform:2ms,10ms --tokens 5 --token-gap 5ms
    cat >s.json <<'END'
{"name": "s", "load": {"users": 4, "spawn_rate": 100, "duration": "12s"}, "wait": {"constant": "50ms"},
 "thresholds": {"http_req_failed": ["rate<0.9"], "http_req_duration": ["p(95)<500"]},
 "tasks": [{"path": "/"}, {"path": "/nothing"},
           {"path": "/v1/completions", "json": {"model": "m", "prompt": "x", "max_tokens": 5, "stream": true}, "stream": "completions"}]}
END
    port=$(free_port)
    cat >prometheus.yml <<END
global: {scrape_interval: 1s}
scrape_configs: [{job_name: coldswarm, static_configs: [{targets: ["127.0.0.1:$port"]}]}]
END
    other=$(free_port)
    : >prometheus.log
    prometheus --config.file=prometheus.yml --storage.tsdb.path=data --web.listen-address="127.0.0.1:$other" >prometheus.log 2>&1 3>&- &
    STARTED_PIDS+=("$!")
    wait_line prometheus.log 'Server is ready' "$!"
    : >run.err
    "$COLDSWARM" run s.json -H "$URL" --web "$port" --web-linger 60s -o a.db --quiet >run.out 2>run.err 3>&- &
    pid=$!
    STARTED_PIDS+=("$pid")
    wait_line run.err '^page: ' "$pid"
    python3 - "$DASHBOARD" "$port" "$other" <<'END'
import json, re, sys, time, urllib.parse, urllib.request
dashboard, metrics = json.load(open(sys.argv[1])), f"http://127.0.0.1:{sys.argv[2]}/metrics"
def ask(what, **parameters):
    url = f"http://127.0.0.1:{sys.argv[3]}/api/v1/{what}?" + urllib.parse.urlencode(parameters, doseq=True)
    answer = json.load(urllib.request.urlopen(url, timeout=20))
    assert answer["status"] == "success", answer
    return answer["data"]
while True: # all of the load is in Prometheus
    ended = ask("query", query="coldswarm_run_ended")["result"]
    if ended and ended[0]["value"][1] == "1":
        break
    time.sleep(0.1)
start = float(ask("query", query="coldswarm_run_start_time_seconds")["result"][0]["value"][1])
known = set(re.findall(r"^# TYPE (\w+) ", urllib.request.urlopen(metrics, timeout=20).read().decode(), re.M))
known |= {n + s for n in known for s in ("_bucket", "_sum", "_count")}
variables = {v["name"] for v in dashboard["templating"]["list"]}
queries, seen = 0, set()
def of_prometheus(text):
    assert set(re.findall(r"\$\{?(\w+)", text)) <= variables | {"__rate_interval"}, text
    for name, value in (("$__rate_interval", "4s"), ("$job", "coldswarm|$^"), ("$instance", ".*")):
        text = text.replace(name, value)
    return text
for panel in dashboard["panels"]:
    assert panel["targets"], panel["title"]
    for target in panel["targets"]:
        names = set(re.findall(r"coldswarm_\w+", target["expr"]))
        assert names and names <= known, (panel["title"], names - known)
        seen |= names
        result = ask("query_range", query=of_prometheus(target["expr"]), start=start, end=start + 14, step=1)["result"]
        assert result and any(v[1] != "NaN" for series in result for v in series["values"]), (panel["title"], target["expr"], result)
        for label in re.findall(r"{{(\w+)}}", target["legendFormat"]):
            assert all(label in series["metric"] for series in result), (panel["title"], label, result)
        queries += 1
for annotation in dashboard["annotations"]["list"]:
    ask("query_range", query=of_prometheus(annotation["expr"]), start=start, end=start + 14, step=1)
for v in dashboard["templating"]["list"]:
    if v["type"] == "query":
        selector, label = re.fullmatch(r"label_values\((.*), (\w+)\)", v["query"]["query"]).groups()
        assert ask(f"label/{label}/values", **{"match[]": of_prometheus(selector)}), v["name"]
print(queries, "queries,", len(seen), "metrics; not shown:", sorted(n for n in known - seen if not n.endswith(("_bucket", "_sum", "_count"))))
END
    kill -INT "$pid"
    wait "$pid" || [ $? -eq 1 ]
}
