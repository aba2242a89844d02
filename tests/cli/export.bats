#!/usr/bin/env bats
# run --otlp and --influx: receivers get the numbers of the run file, and one that fails changes nothing but what it gets.

bats_require_minimum_version 1.5.0

load ../support/helpers

setup() {
    cd "$BATS_TEST_TMPDIR"
    unset "${!OTEL_@}" "${!INFLUX_@}"
}

# Failures, hostile names, and thresholds.
scenario() {
    python3 - <<'END'
import json
json.dump({"name": "s", "load": {"users": 3, "spawn_rate": 100, "duration": "2500ms"}, "wait": {"constant": "10ms"},
           "thresholds": {"http_req_failed": ["rate<0.9"], "http_req_duration": ["p(95)<0.001"]},
           "tasks": [{"path": "/status/200", "weight": 4}, {"path": "/status/503", "name": "a, b=c \"d\" e\\"},
                     {"path": "/close", "name": "x\ny \u00e9 \\,z"}]}, open("s.json", "w"))
END
}

@test "an OTLP receiver has the numbers of the run file, with the attributes of the run" {
    start_hostile
    start_receiver
    scenario
    export OTEL_EXPORTER_OTLP_HEADERS='api-key=s3cret%20value, X-Two = 2'
    export OTEL_RESOURCE_ATTRIBUTES='team=a%2Cb,service.name=coldswarm'
    run "$COLDSWARM" run s.json -H "$URL" --otlp "$RECEIVER/ok/" --export-label testid=42 --seed 7 -o a.db --quiet
    python3 "$ROOT/tests/cli/check_otlp.py" "$RECEIVED" a.db
    [ "$(head -1 "$RECEIVED" | json - '$.path' '$.headers."api-key"' '$.headers."x-two"')" = '/ok/v1/metrics|s3cret value|2' ]
    head -1 "$RECEIVED" | json - '$.body' >body.json
    version=$("$COLDSWARM" --version | sed -n "1s/coldswarm //p")
    [ "$(json_sql body.json "select group_concat(value->>'$.key' || '=' || (value->>'$.value.stringValue'), ' ')
        from file, json_each(doc, '$.resourceMetrics[0].resource.attributes')
        where value->>'$.key' not in ('service.instance.id', 'host.name')")" = \
        "service.name=coldswarm service.version=$version coldswarm.scenario=s coldswarm.target=$URL coldswarm.file=a.db coldswarm.seed=7 team=a,b testid=42" ]
    [[ $output != *warning* ]]
    [ "$(sql a.db "select count(*) from event where kind = 'otlp'")" = 0 ]
    # What gives access is in no file.
    fails grep -q s3cret a.db
}

@test "an InfluxDB gets lines with the numbers of the run file, for version 1 and 2" {
    start_hostile
    start_receiver
    scenario
    export INFLUX_USERNAME=me INFLUX_PASSWORD=s3cret
    run "$COLDSWARM" run s.json -H "$URL" --influx "$RECEIVER/ok/write?db=load" --export-label testid=42 -o a.db --quiet
    python3 "$ROOT/tests/cli/check_influx.py" "$RECEIVED" a.db >said
    [[ $(cat said) == *"tags ['host', 'scenario', 'testid']" ]]
    [ "$(head -1 "$RECEIVED" | json - '$.path' '$.headers.authorization')" = "/ok/write?db=load|Basic $(printf me:s3cret | base64)" ]
    fails grep -q s3cret a.db
    : >"$RECEIVED"
    # A user and a password may be in the address; what is kept and shown of it has neither.
    unset INFLUX_USERNAME INFLUX_PASSWORD
    run "$COLDSWARM" run s.json -H "$URL" --influx "http://me:s3cret@${RECEIVER#http://}/load" -o b.db --quiet
    [ "$(head -1 "$RECEIVED" | json - '$.path' '$.headers.authorization')" = "/write?db=load|Basic $(printf me:s3cret | base64)" ]
    fails grep -q s3cret b.db
    [[ $output != *s3cret* ]]
    : >"$RECEIVED"
    export INFLUX_TOKEN=t0ken==
    run "$COLDSWARM" run s.json -H "$URL" --influx "$RECEIVER/204/api/v2/write?org=o&bucket=b" -o c.db --quiet
    python3 "$ROOT/tests/cli/check_influx.py" "$RECEIVED" c.db
    [ "$(head -1 "$RECEIVED" | json - '$.path' '$.headers.authorization')" = '/204/api/v2/write?org=o&bucket=b|Token t0ken==' ]
}

@test "both at once, a receiver that is slow, and an interval" {
    start_target
    start_receiver
    run "$COLDSWARM" run -H "$URL" -u 2 -r 10 -t 3500ms --otlp "$RECEIVER/slow" --influx "$RECEIVER/ok/write?db=x" --export-interval 2s -o a.db --quiet
    ended 0 a.db
    for kind in otlp influx; do
        grep "\"path\": \"/$([ $kind = otlp ] && echo slow || echo ok)/" "$RECEIVED" >$kind.jsonl
        python3 "$ROOT/tests/cli/check_$kind.py" $kind.jsonl a.db
        # The first state, one every 2 s, and the last.
        [ "$(wc -l <$kind.jsonl)" -le "$(sql a.db "select 2 + duration_us / 2000000 from run")" ]
    done
}

@test "a receiver that fails for a while misses nothing; one that asks for a pause gets it" {
    start_target
    start_receiver
    # More time where the machine stalls, so that only the first state and the last one are sent: both fail.
    for time in 2500ms 10s 60s; do
        : >"$RECEIVED"
        rm -f a.db
        run "$COLDSWARM" run -H "$URL" -u 2 -r 10 -t $time --otlp "$RECEIVER/flaky-2" -o a.db --quiet
        ended 0 a.db
        [ "$(wc -l <"$RECEIVED")" -lt 3 ] || break
        start_receiver
    done
    python3 "$ROOT/tests/cli/check_otlp.py" "$RECEIVED" a.db
    [[ $output != *warning* ]]
    [ "$(sql a.db "select text from event where kind = 'otlp' order by rowid")" = "cannot send metrics to $RECEIVER/flaky-2/v1/metrics: status 503
$RECEIVER/flaky-2/v1/metrics takes metrics again, after 2 failures" ]
    : >"$RECEIVED"
    run "$COLDSWARM" run -H "$URL" -u 2 -r 10 -t 3500ms --influx "$RECEIVER/retry-2/write?db=x" -o b.db --quiet
    ended 0 b.db
    python3 "$ROOT/tests/cli/check_influx.py" "$RECEIVED" b.db
    [[ $output != *warning* ]]
    [ "$(head -2 "$RECEIVED" | sed 's/.*"status": \([0-9]*\)}/\1/' | tr '\n' ' ')" = '429 200 ' ]
    # A pause beyond the end is obeyed too: nothing more is sent.
    : >"$RECEIVED"
    run timeout 60 "$COLDSWARM" run -H "$URL" -u 2 -r 10 -t 1500ms --otlp "$RECEIVER/retry-3600" -o c.db --quiet
    ended 0 c.db
    [ "$(wc -l <"$RECEIVED")" = 1 ]
    [[ $output == *"coldswarm: warning: --otlp: "*" did not reach $RECEIVER/retry-3600/v1/metrics: status 429"* ]]
}

@test "no receiver changes a run, whatever it does, and the end says what it missed" {
    start_target
    start_receiver
    for how in 500 404 hang close drip huge junk move; do
        rm -f a.db
        run timeout 60 "$COLDSWARM" run -H "$URL" -u 2 -r 10 -t 700ms --otlp "$RECEIVER/$how" --influx "$RECEIVER/$how/write?db=x" -o a.db --quiet
        ended 0 a.db
        not_blamed a.db
        for option in otlp influx; do
            [[ $output =~ "coldswarm: warning: --$option: "([0-9]+)" of "([0-9]+)" exports did not reach $RECEIVER/$how/" ]] ||
                { echo "$how: $output" >&2; false; }
            [ "${BASH_REMATCH[1]}" -eq "${BASH_REMATCH[2]}" ]
            [ "$(sql a.db "select count(*) > 0 from event where kind = '$option' and text like 'cannot send metrics to %'")" = 1 ]
            [ "$(sql a.db "select count(*) from event where kind = '$option' and text like '% exports did not reach %'")" = 1 ]
        done
    done
    # 3xx is not followed: headers with secrets stay with the receiver that they are for.
    fails grep -q '"path": "/ok"' "$RECEIVED"
}

@test "a receiver that is not there changes nothing either" {
    start_target
    for url in "http://127.0.0.1:$(free_port)" http://no-such-host.invalid:4317; do
        rm -f a.db
        run timeout 60 "$COLDSWARM" run -H "$URL" -u 2 -r 10 -t 700ms --otlp "$url" --influx "$url/db" -o a.db --quiet
        ended 0 a.db
        not_blamed a.db
        [[ $output == *"warning: --otlp: "*" did not reach $url/v1/metrics: "* ]]
        [[ $output == *"warning: --influx: "*" did not reach $url/write: "* ]]
    done
    [[ $output == *"4317 is usually the port of OTLP over gRPC"* ]]
}

@test "data points that a receiver refuses are counted and said once" {
    start_target
    start_receiver
    run "$COLDSWARM" run -H "$URL" -u 2 -r 10 -t 2500ms --otlp "$RECEIVER/partial" -o a.db --quiet
    ended 0 a.db
    n=$(wc -l <"$RECEIVED")
    [[ $output == *"coldswarm: warning: --otlp: $RECEIVER/partial/v1/metrics did not take $((3 * n)) data points: too \\x1b[31mold\\x0a"* ]]
    [ "$(sql a.db "select count(*) from event where kind = 'otlp'")" = 1 ]
}

@test "a request that is too large for a receiver is divided" {
    start_target
    start_receiver
    python3 -c '
import json
json.dump({"name": "s", "load": {"users": 1, "spawn_rate": 1, "duration": "3500ms"}, "wait": {"constant": "10ms"},
           "tasks": [{"path": "/", "name": "n%d" % i} for i in range(3)]}, open("s.json", "w"))'
    # More time where the machine stalls, so that there are fewer states.
    for time in 3500ms 12s 60s; do
        rm -f a.db
        run "$COLDSWARM" run s.json -H "$URL" --influx "$RECEIVER/small-2/write?db=x" -o a.db -t $time --quiet
        ended 0 a.db
        [ "$(grep -c '"status": 413' "$RECEIVED")" -eq 0 ] || break
        start_receiver
    done
    [[ $output != *warning* ]]
    # One state is below its limit, three together are not.
    grep -q '"status": 413' "$RECEIVED"
    python3 "$ROOT/tests/cli/check_influx.py" "$RECEIVED" a.db
}

@test "TLS: an unknown authority is an error that says so, --export-ca helps" {
    start_target
    "$ROOT/tests/support/make-certs" certs >/dev/null
    start_receiver --tls certs/server.pem certs/server.key
    "$COLDSWARM" run -H "$URL" -u 2 -r 10 -t 1h --otlp "$RECEIVER/ok" -o a.db --quiet >a.out 2>a.err 3>&- &
    pid=$!
    STARTED_PIDS+=("$pid")
    for ((i = 0; i < 1000; i++)); do
        [ -e a.db ] && [ "$(sql a.db "select count(*) from event where kind = 'otlp' and text like
            'cannot send metrics to $RECEIVER/ok/v1/metrics: SSL certificate problem%'")" = 1 ] && break
        pause
    done
    [ "$i" -lt 1000 ]
    kill -INT "$pid"
    wait "$pid" || [ $? -eq 130 ]
    grep -q "warning: --otlp: .* did not reach $RECEIVER/ok/v1/metrics: " a.err
    run "$COLDSWARM" run -H "$URL" -u 2 -r 10 -t 1500ms --otlp "$RECEIVER/ok" --export-ca certs/ca.pem -o b.db --quiet
    ended 0 b.db
    [[ $output != *warning* ]]
    python3 "$ROOT/tests/cli/check_otlp.py" "$RECEIVED" b.db
}

@test "mistakes are errors before anything is sent, and say what to write" {
    start_hostile
    try() { # TEXT OPTION...
        local text=$1
        shift
        run -2 "$COLDSWARM" run -H "$URL" -t 1s -o a.db "$@"
        [[ $output == *"$text"* ]] || { echo "$output" >&2; false; }
        [[ $output != *s3cret* ]]
    }
    try '--otlp: write the address of a receiver, such as http://localhost:4318' --otlp localhost:4318
    try '--otlp: write the address of a receiver' --otlp ftp://localhost
    try '--otlp: the address of a receiver has no query' --otlp 'http://localhost/?key=s3cret'
    try '--otlp: the address of the receiver: ' --otlp http://localhost:99999
    try '--influx: the address names no database; write it as http://HOST:8086/DATABASE' --influx http://localhost:8086
    try '--influx: the address names no database' --influx http://localhost:8086/a/b
    try '--influx: the address names no database and no bucket' --influx http://localhost:8086/write
    try '--influx: remove precision' --influx 'http://localhost:8086/write?db=a&precision=s'
    try 'belong in INFLUX_USERNAME and INFLUX_PASSWORD' --influx 'http://localhost:8086/write?db=a&u=me&p=s3cret'
    try '--export-interval must be at least 1s' --otlp http://localhost --export-interval 500ms
    try "--export-label 'x': write KEY=VALUE" --otlp http://localhost --export-label x
    try "--export-label 'a b=c': write KEY=VALUE" --otlp http://localhost --export-label 'a b=c'
    try '--export-label needs --otlp or --influx' --export-label a=b
    try '--export-ca needs --otlp or --influx' --export-ca x
    try '--export-ca: cannot read x: No such file' --otlp http://localhost --export-ca x
    OTEL_RESOURCE_ATTRIBUTES=s3cret try "OTEL_RESOURCE_ATTRIBUTES: an entry has no '='" --otlp http://localhost
    OTEL_EXPORTER_OTLP_HEADERS=s3cret try "--otlp: OTEL_EXPORTER_OTLP_HEADERS: an entry has no '='" --otlp http://localhost
    OTEL_EXPORTER_OTLP_HEADERS='a=s3cret%zz' try "the value of a has a '%'" --otlp http://localhost
    OTEL_EXPORTER_OTLP_METRICS_HEADERS='a=b%0d%0as3cret:1' try 'OTEL_EXPORTER_OTLP_METRICS_HEADERS: the header a has a character' --otlp http://localhost
    INFLUX_TOKEN=$'s3cret\nX: y' try '--influx: the header Authorization has a character' --influx http://localhost/db
    [ ! -e a.db ]
    [ "$(hostile_count)" -eq 0 ]
}

@test "each run of a series is exported as a run of its own" {
    start_target
    start_receiver
    COLDSWARM_OTLP=$RECEIVER/ok run "$COLDSWARM" run -H "$URL" -u 1 -t 1200ms --repeat 2 -o r.db --quiet
    python3 - "$RECEIVED" <<'END'
import json, sys
parts = [p for r in map(json.loads, open(sys.argv[1])) for p in json.loads(r["body"])["resourceMetrics"]]
of = lambda p, key: next(a["value"]["stringValue"] for a in p["resource"]["attributes"] if a["key"] == key)
assert {of(p, "coldswarm.file") for p in parts} == {"r-1.db", "r-2.db"} and len({of(p, "service.instance.id") for p in parts}) == 2
END
}
