#!/usr/bin/env bats
# run --otlp and --influx with what will really take them: OpenTelemetry's own messages, and an InfluxDB.
# bats file_tags=more

bats_require_minimum_version 1.5.0

load ../support/helpers
load ../support/influx

setup() {
    cd "$BATS_TEST_TMPDIR"
    unset "${!OTEL_@}" "${!INFLUX_@}"
}

# scenario: hostile names, failures, and a request that cannot be built.
scenario() {
    python3 - <<'END'
import json
json.dump({"name": "s, \"of\" = mine\\", "load": {"users": 3, "spawn_rate": 100, "duration": "2500ms"}, "wait": {"constant": "10ms"},
           "thresholds": {"http_req_failed": ["rate<0.9"]},
           "tasks": [{"path": "/status/200", "weight": 4}, {"path": "/status/503", "name": "a, b=c \"d\" e\\"},
                     {"path": "/close", "name": "x\ny \u00e9 \\,z\\\\q \U0001f600"}]}, open("s.json", "w"))
END
}

@test "OpenTelemetry's own messages have the numbers of the run file" {
    start_hostile
    scenario
    # More time where the machine stalls, so that only the first state and the last one are sent: both fail.
    for time in 2500ms 10s 60s; do
        start_receiver
        rm -f a.db
        run "$COLDSWARM" run s.json -H "$URL" --otlp "$RECEIVER/flaky-2" -t $time -o a.db --quiet
        [ "$(wc -l <"$RECEIVED")" -lt 3 ] || break
    done
    [[ $output != *warning* ]]
    node "$ROOT/tests/export/decode.js" "$RECEIVED" >decoded
    [ "$(wc -l <decoded)" -ge 2 ]
    python3 "$ROOT/tests/cli/check_otlp.py" decoded a.db
    # With streams too.
    : >"$RECEIVED"
    start_target --tokens 5 --token-gap 5ms
    run -0 "$COLDSWARM" run -H "$URL" --stream openai --max-tokens 5 -u 2 -t 1500ms --otlp "$RECEIVER/ok" -o b.db --quiet
    node "$ROOT/tests/export/decode.js" "$RECEIVED" >decoded
    python3 - decoded b.db <<'END'
import json, sqlite3, sys
(part,) = json.loads(json.loads(open(sys.argv[1]).readlines()[-1])["body"])["resourceMetrics"]
last = {m["name"]: m for m in part["scopeMetrics"][0]["metrics"]}
db = sqlite3.connect(sys.argv[2])
for name, what in ("streams", "count(*)"), ("tokens", "sum(output_tokens)"):
    (point,) = last["coldswarm." + name]["sum"]["dataPoints"]
    (want,) = db.execute(f"select {what} from streams join requests on request_id = id where outcome <> 'cancelled'").fetchone()
    assert int(point["asInt"]) == want > 0, (name, point, want)
END
}

@test "an InfluxDB gives the counts of the run file back" {
    start_hostile
    start_influx
    scenario
    ask 'create database load' >/dev/null
    # Draws among three tasks.
    TIMES="2500ms 10s 60s" enough a.db 'count(distinct name) = 3 from requests' \
        "$COLDSWARM" run s.json -H "$URL" --influx "$INFLUX/load" --export-label 'testid=a, b=c\' -o a.db --quiet
    [[ $output != *warning* ]]
    ask 'select last(*) from coldswarm_endpoint group by method, "name", scenario, testid' >endpoints.json
    ask 'select * from coldswarm_run' >run.json
    ask 'select last(state) from coldswarm_threshold group by threshold' >thresholds.json
    python3 - <<'END'
import json, re, sqlite3
db = sqlite3.connect("a.db")
ENDED = "outcome not in ('not_sent', 'cancelled', 'unsendable')"
def series(path):
    return json.load(open(path))["results"][0]["series"]
def shown(name):
    name = re.sub(r"[\x00-\x1f\x7f]", lambda m: "\\x%02x" % ord(m[0]), name)
    return re.sub(r"\\(?=[,= \\]|$)", r"\\x5c", name)
got = {}
for s in series("endpoints.json"):
    assert s["tags"]["testid"] == "a, b=c\\x5c" and s["tags"]["scenario"] == 's, "of" = mine\\x5c', s["tags"]
    got[s["tags"]["method"], s["tags"]["name"]] = dict(zip(s["columns"], s["values"][0]))
for field, what in (("requests", f"sum({ENDED})"), ("failures", f"sum({ENDED} and outcome <> 'ok')"), ("cancelled", "sum(outcome = 'cancelled')"),
                    ("received", f"coalesce(sum(case when {ENDED} then bytes_received end), 0)"), ("response_time_count", f"sum({ENDED})"),
                    ("response_time_le_0.01", f"sum({ENDED} and response_us <= 10000)")):
    want = {(m, shown(n)): x for m, n, x in db.execute(f"select method, name, {what} from requests group by 1, 2")}
    assert len(want) == 3 and {k: v["last_" + field] for k, v in got.items()} == want, (field, got, want)
(run,) = series("run.json")
last = dict(zip(run["columns"], run["values"][-1]))
assert (last["verdict"], last["run_ended"], last["file"]) == (*db.execute("select verdict from run").fetchone(), 1, "a.db"), last
assert [s["tags"]["threshold"] for s in series("thresholds.json")] == ["http_req_failed rate<0.9"]
END
}

@test "an InfluxDB with users lets in who has a password, and the end says who is kept out" {
    start_target
    start_influx true
    ask "create user admin with password 'secret' with all privileges" >/dev/null
    ask 'create database load' -u admin:secret >/dev/null
    run -0 "$COLDSWARM" run -H "$URL" -u 2 -r 10 -t 1200ms --influx "$INFLUX/load" -o a.db --quiet
    [[ $output == *"warning: --influx: "*" did not reach $INFLUX/write: status 401: unable to parse authentication credentials"* ]]
    INFLUX_USERNAME=admin INFLUX_PASSWORD=secret run -0 "$COLDSWARM" run -H "$URL" -u 2 -r 10 -t 1200ms --influx "$INFLUX/load" -o b.db --quiet
    [[ $output != *warning* ]]
    INFLUX_USERNAME=admin INFLUX_PASSWORD=secret run -0 "$COLDSWARM" run -H "$URL" -u 2 -r 10 -t 1200ms --influx "$INFLUX/nothing" -o c.db --quiet
    [[ $output == *"warning: --influx: "*' status 404: database not found: "nothing"'* ]]
}
