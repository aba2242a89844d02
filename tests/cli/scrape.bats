#!/usr/bin/env bats
# "scrape": the target's own metrics in the run file. The values are those of tests/support/metrics_server.py, and how often it was
# asked is what its log says.

bats_require_minimum_version 1.5.0

load ../support/helpers

setup() {
    cd "$BATS_TEST_TMPDIR"
}

# scenario SCRAPE [DURATION] [HTTP]
scenario() {
    cat >s.json <<END
{ "target": "$URL", "scrape": "$1", "load": { "users": 1, "duration": "${2:-1s}" }, "wait": { "constant": "100ms" },
  "http": ${3:-"{}"}, "tasks": [{ "path": "/" }] }
END
}

# scraped SCRAPE...: a run of a second; its events of the kind scrape are in $events. The load is good, whatever the metrics are.
scraped() {
    rm -f run.db
    scenario "$@"
    status=0 output=
    "$COLDSWARM" run s.json -o run.db --quiet >out 2>err || status=$?
    ended 0 run.db
    events=$(sql run.db "select text from event where kind = 'scrape'")
    echo "events: $events"
    [ "$(sql run.db "select count(*) > 0 and count(*) = sum(outcome = 'ok') from requests where outcome <> 'cancelled'")" = 1 ]
}

@test "each scrape's values are in server_series, by name and labels" {
    start_target
    start_metrics
    scenario "$METRICS/metrics" 1h
    "$COLDSWARM" run s.json -o run.db --quiet >out 2>err 3>&- &
    local pid=$! i
    for ((i = 0; i < 3000 && $(wc -l <"$METRICS_LOG") < 5; i++)); do pause; done
    kill -INT $pid
    wait $pid || [ $? -eq 130 ]

    # The page was asked n times, and the last one after the load; its counter says so each time.
    local n
    n=$(wc -l <"$METRICS_LOG")
    [ "$n" -ge 5 ]
    [ "$(sql run.db "select group_concat(value, ' ') from (select cast(value as integer) as value from server_series where metric = 'asked_total' order by at_us)")" = "$(seq -s ' ' 1 "$n")" ]
    [ "$(sql run.db "select count(*), count(distinct at_us), min(kind), max(kind), min(source), max(source), count(start_us) from server_series where metric = 'asked_total'")" = "$n|$n|cumulative|cumulative|scrape|scrape|0" ]
    # A gauge has a point at each scrape, a counter only where it moved.
    [ "$(sql run.db "select metric, label, kind, count(*), sum(value) from server_series where metric = 'vllm:num_requests_waiting'")" = \
        "vllm:num_requests_waiting|engine=\"0\",model_name=\"m \\\"x\\\", y\"|gauge|$n|$(python3 -c "print(float(sum(i % 3 for i in range(1, $n + 1))))")" ]
    [ "$(sql run.db "select count(*), min(value), label from server_series where metric = 'still_total'")" = '1|7.0|kind="a"' ]
    [ "$(sql run.db "select count(*), max(value), min(kind) from server_series where metric = 'vllm:time_to_first_token_seconds_bucket' and label = 'le=\"0.5\"'")" = "$((n / 2 + 1))|$((n / 2)).0|cumulative" ]
    [ "$(sql run.db "select max(value), min(kind) from server_series where metric = 'vllm:time_to_first_token_seconds_sum'")" = "$(python3 -c "print($n * 0.25)")|cumulative" ]
    # NaN is no value, and what has no type is a gauge.
    [ "$(sql run.db "select count(*), min(value) from server_series where metric = 'llamacpp:predicted_tokens_seconds'")" = "$((n - 1))|12.5" ]
    [ "$(sql run.db "select count(*), min(value), min(kind) from server_series where metric = 'untyped_one'")" = "$n|0.001|gauge" ]
    # The server wrote each answer before we had it, and after the one before: on the clock of the run, to half a second.
    [ "$(json_sql "$METRICS_LOG" "attach 'run.db' as r; with log as (select j.value->>'$.n' as n, j.value->>'$.real_us' as us from (select '[' || replace(rtrim(doc, char(10)), char(10), ',') || ']' as doc from file), json_each(doc) as j),
        zero as (select cast(value as integer) as us from r.manifest where key = 'started_us')
        select count(*) from r.server_series as s, zero join log on log.n = cast(s.value as integer) left join log as later on later.n = log.n + 1
        where s.metric = 'asked_total' and s.at_us + zero.us between log.us - 500000 and coalesce(later.us, log.us + 60000000) + 500000")" = "$n" ]
    [ "$(sql run.db "select key, value from manifest where key like 'scrape%'")" = "$(printf 'scrape_series|9\nscrapes|%s\nscrapes_failed|0' "$n")" ]
    [ "$(sql run.db "select count(*) from event where kind = 'scrape'")" = 0 ]
    # An import neither moves nor removes them, and adds its own.
    local scraped
    scraped=$(sql run.db "select metric, label, at_us, value from server_series where source = 'scrape' order by 1, 2, 3")
    cat >one.log <<'END'
{"logName":"projects/p/logs/run.googleapis.com%2Frequests","timestamp":"2026-11-24T03:00:00.500Z","resource":{"type":"cloud_run_revision","labels":{"service_name":"s","revision_name":"s-1"}},"labels":{"instanceId":"i1"},"insertId":"a","httpRequest":{"requestMethod":"GET","requestUrl":"http://x/","status":200,"latency":"0.1s"}}
END
    "$COLDSWARM" import run.db --logs one.log --all --replace >out
    [ "$(sql run.db "select metric, label, at_us, value from server_series where source = 'scrape' order by 1, 2, 3")" = "$scraped" ]
    [ "$(sql run.db "select count(distinct source) from server_series")" = 2 ]
    # One connection, kept; and no scrape is a request of the run.
    [ "$(grep -o '"port": [0-9]*' "$METRICS_LOG" | sort -u | wc -l)" = 1 ]
    [ "$(sql run.db "select count(*) from requests where name <> '/'")" = 0 ]
}

@test "a path goes behind the target, a redirect is followed, OpenMetrics is read to its end" {
    start_metrics
    URL=$METRICS
    scenario /metrics
    "$COLDSWARM" run s.json -o run.db --quiet >out 2>err || true # the target has no /
    [ "$(sql run.db "select max(value) >= 2 from server_series where metric = 'asked_total'")" = 1 ]

    start_target
    scraped "$METRICS/old"
    [ -z "$events" ]
    [ "$(sql run.db "select count(*) >= 2 from server_series where metric = 'asked_total'")" = 1 ]
    scraped "$METRICS/openmetrics"
    [ -z "$events" ]
    [ "$(sql run.db "select metric, kind from server_series group by 1 order by 1")" = "$(printf 'asked_created|gauge\nasked_total|cumulative\nq|gauge')" ]
}

@test "lines that are wrong are skipped and told, the others are kept" {
    start_target
    start_metrics
    scraped "$METRICS/mixed"
    [ "$events" = "3 lines of the target's metrics are skipped: line 2: its value is not a number" ]
    [ "$(sql run.db "select metric, label from server_series group by 1, 2 order by 1")" = "$(printf 'good_one|\ngood_three|a="1",b="2"\nlast_without_end|')" ]
}

@test "an endpoint that fails and comes back is two events, however long" {
    start_target
    start_metrics
    scenario "$METRICS/flaky" 1h
    "$COLDSWARM" run s.json -o run.db --quiet >out 2>err 3>&- &
    local pid=$! i
    for ((i = 0; i < 3000 && $(wc -l <"$METRICS_LOG") < 4; i++)); do pause; done
    kill -INT $pid
    wait $pid || [ $? -eq 130 ]
    sql run.db "select text from event where kind = 'scrape' order by at_us" >events
    [ "$(sed -n 1p events)" = "cannot read the target's metrics from $METRICS/flaky: status 503" ]
    [ "$(sed -n 2p events)" = "the target's metrics can be read again, after 1 failure" ]
    local failed=$(($(wc -l <"$METRICS_LOG") / 2))
    [ "$(sql run.db "select value from manifest where key = 'scrapes_failed'")" = $failed ]
    # The report says so, in each format.
    local said="cannot read the target's metrics from $METRICS/flaky: status 503 ($failed of $(wc -l <"$METRICS_LOG") reads failed)"
    [[ $("$COLDSWARM" report run.db) == *"$said"* ]]
    [ "$("$COLDSWARM" report run.db -f json | json_sql - "select count(*) from file, json_each(doc, '$.notes')
        where value->>'$.key' = 'scrape_failed' and value->>'$.text' like '%: $(sed "s/'/''/g" <<<"$said")%'")" = 1 ]
    [ "$(sql run.db "select count(*) from server_series where metric = 'asked_total'")" = $((($(wc -l <"$METRICS_LOG") + 1) / 2)) ]
}

@test "an endpoint with too many series: 5000 are kept, and the run says so" {
    start_target
    start_metrics
    scraped "$METRICS/many"
    # Each scrape has 5100 values.
    [ "$events" = "the target's metrics have more than 5000 series; $((100 * $(wc -l <"$METRICS_LOG"))) values of the others are not kept" ]
    [ "$(sql run.db "select count(distinct label) from server_series")" = 5000 ]
}

@test "no Prometheus text, an error, too much, nothing, too slow: an event each, and a good run" {
    start_target
    local target=$URL path
    start_metrics
    scraped "$METRICS/binary"
    [ "$events" = "cannot read the target's metrics from $METRICS/binary: the response is not in Prometheus' text format: line 1: it is no text" ]
    start_hostile
    local hostile=$URL
    URL=$target
    while IFS='|' read -r path why; do
        scraped "$hostile$path"
        [[ $events == "cannot read the target's metrics from $hostile$path: "$why ]]
        [ "$(sql run.db "select count(*) from server_series")" = 0 ]
        [ "$(sql run.db "select max(value) = min(value) from manifest where key in ('scrapes', 'scrapes_failed')")" = 1 ]
    done <<'END'
/ok|the response is not in Prometheus' text format: line 1: *
/nocontent|the response has no metrics
/status/500|status 500
/huge/10000000|the response has more than 4194304 bytes
/huge/1000000000000|the response has more than 4194304 bytes
/hang|no whole response in time
/trickle/100000|no whole response in time
/garbage|*
/reset|*
/redirect-loop|Maximum (3) redirects followed
END
    scraped http://127.0.0.1:1/metrics
    [[ $events == *"Failed to connect"* ]]
}

@test "https, with the scenario's CA" {
    start_target
    "$ROOT/tests/support/make-certs" certs >/dev/null
    start_metrics --tls certs
    scraped "$METRICS/metrics"
    [[ $events == "cannot read the target's metrics from $METRICS/metrics: "*certificate* ]]
    scraped "$METRICS/metrics" 1s '{ "ca": "certs/ca.pem" }'
    [ -z "$events" ]
    [ "$(sql run.db "select count(*) >= 2 from server_series where metric = 'asked_total'")" = 1 ]
}

@test "mistakes in \"scrape\" are told where they are" {
    URL=http://127.0.0.1:1
    local value
    while IFS='|' read -r value why; do
        echo "{ \"target\": \"$URL\", \"load\": { \"users\": 1, \"duration\": \"1s\" }, \"tasks\": [{ \"path\": \"/\" }],
  \"scrape\": $value }" >s.json
        run --separate-stderr "$COLDSWARM" validate s.json
        [ "$status" -eq 2 ]
        [[ $stderr == *"s.json:2:13: "$why* ]] || { echo "$value: $stderr"; return 1; }
    done <<'END'
7|"scrape" must be a string
""|"scrape" is empty
"ftp://a/metrics"|"scrape" must begin with http:// or https://
"metrics"|"scrape" must be a URL, or a path that begins with /
"http://a b/metrics"|"scrape"
"http://127.0.0.1:99999/metrics"|"scrape"
"/a b"|"scrape" contains a character that must be percent-encoded
"/a#b"|"scrape" cannot contain a fragment
END
    echo '{ "scrape": "/metrics?x=1", "load": { "users": 1, "duration": "1s" }, "tasks": [{ "path": "http://127.0.0.1:1/" }] }' >s.json
    run --separate-stderr "$COLDSWARM" run s.json -o run.db
    [ "$status" -eq 2 ]
    [[ $stderr == *"has no target"* ]]
}

@test "a secret in the URL is not in the run file" {
    start_hostile
    local hostile=$URL
    start_target
    export COLDSWARM_TEST_KEY=k3y-of-the-endpoint
    scraped "$hostile/status/500?key=\${env.COLDSWARM_TEST_KEY}"
    [[ $events == *"status 500" ]]
    [[ $(sqlite3 run.db .dump) != *k3y-of-the-endpoint* ]]
}
