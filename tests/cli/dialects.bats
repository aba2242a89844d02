#!/usr/bin/env bats
# The same streams in other tools' words and files: every number is worked out again by check_dialects.py.

bats_require_minimum_version 1.5.0
load ../support/helpers

setup() {
    cd "$BATS_TEST_TMPDIR"
    TRANSPORT=${TRANSPORT:-direct}
}

# mixed_run LOAD: r.db with answers of every kind, of two users; the last of them is cut by the end of the run.
mixed_run() {
    local query steps="" sep=""
    for query in "n=20&gap=2&role=1" "n=12&reasoning=5&gap=2" "n=8&burst=4&gap=2" "n=1" "n=9&end=nodone" "n=7&end=noreason&role=1" "n=5&end=error" \
        "n=6&end=cut" "n=4&end=reset" "n=0&role=1" "n=0" "end=empty" "end=json" "status=429" "n=30&gap=0"; do
        steps+="$sep{ \"path\": \"/c?$query&usage=1\", \"name\": \"chat\", \"json\": { \"stream\": true }, \"stream\": \"openai\" }"
        sep=,
    done
    steps+=",{ \"path\": \"/c?n=11\", \"name\": \"chat\", \"stream\": \"openai\" }"
    steps+=",{ \"path\": \"/c?n=9&usage=1\", \"name\": \"chat\", \"stream\": \"openai\", \"checks\": [{ \"text\": { \"equals\": \"no\" } }] }"
    steps+=",{ \"path\": \"/c?n=99&gap=20\", \"name\": \"chat\", \"stream\": { \"format\": \"openai\", \"cancel_after\": { \"tokens\": 3 } } }"
    steps+=",{ \"path\": \"/c?n=3&end=stall\", \"name\": \"chat\", \"stream\": { \"format\": \"openai\", \"idle_timeout\": \"150ms\" } }"
    steps+=",{ \"path\": \"/v1/models\", \"name\": \"models\" }"
    echo "{ \"target\": \"$URL\", \"load\": $1, \"tasks\": [{ \"name\": \"t\", \"steps\": [ { \"repeat\": ${2:-1}, \"steps\": [ $steps ] },
        { \"path\": \"/c?n=999999&gap=20&usage=1\", \"name\": \"chat\", \"stream\": \"openai\" } ] }] }" >s.json
    rm -f r.db*
    "$COLDSWARM" run s.json -o r.db --transport "$TRANSPORT" --quiet --stop-timeout 0 >out 2>err 3>&- &
    local pid=$! i
    for ((i = 0; i < 3000; i++)); do
        [ -e r.db ] && [ "$(sqlite3 r.db "select count(*) from requests" 2>/dev/null || echo 0)" -ge "${3:-40}" ] && break
        kill -0 "$pid" 2>/dev/null || break
        pause
    done
    sleep 1
    kill -INT "$pid" 2>/dev/null || true
    wait "$pid" || true
}

check() {
    "$COLDSWARM" report r.db --dialects --format json "$@" >r.json
    "$COLDSWARM" report r.db --format vllm "$@" >r.vllm
    "$COLDSWARM" report r.db --format aiperf "$@" >r.jsonl
    python3 "$ROOT/tests/cli/check_dialects.py" r.db r.json r.vllm r.jsonl
}

@test "streams of every kind are in other tools' words and files what those tools would have made of them" {
    start_stream_server
    mixed_run '{ "users": 2, "duration": "60s" }'
    run check
    echo "$output"
    [ "$status" -eq 0 ]
    for outcome in ok stream_cut stream_error no_tokens http_error check_failed stream_idle cancelled; do
        [[ "$output" == *"'$outcome'"* ]]
    done
    # vLLM's words and vLLM's file know the same successes; an answer without any event is none.
    [ "$(sql r.db "select count(*) > 0 from streams where events = 0")" = 1 ]
    [ "$(json_sql r.json "select value->>'$.values' from file, json_each(doc, '$.dialects')
        where value->>'$.word' = 'answers' and value->>'$.tool' = 'vLLM'")" = "$(json r.vllm '$.completed')" ]
    # The health check is no answer of a model.
    [ "$(json r.vllm '$.num_prompts')" = "$(sql r.db "select count(*) from requests where name = 'chat' and sent_us is not null")" ]
    # A cut run has its part.
    "$COLDSWARM" report r.db --format aiperf --to 1ms >part.jsonl
    [ "$(wc -l <part.jsonl)" -lt "$(wc -l <r.jsonl)" ]
}

@test "an open load: the wait of the client is queue_times, and enough answers have a 99th percentile" {
    start_stream_server
    mixed_run '{ "rate": 3, "duration": "60s", "max_users": 2 }' 6 200
    run check
    echo "$output"
    [ "$status" -eq 0 ]
    [ "$(json_sql r.vllm "select json_type(doc, '$.request_rate') from file")" = null ]
    [ "$(json_sql r.vllm "select max(value) > 0 from file, json_each(doc, '$.queue_times')")" = 1 ]
    [ "$(json_sql r.json "select value->>'$.p99' > 0 from file, json_each(doc, '$.dialects')
        where value->>'$.word' = 'ITL' and value->>'$.tool' = 'coldswarm'")" = 1 ]
}

@test "reports in files have the words, those of other runs do not; a run without streams is told so" {
    start_stream_server
    mixed_run '{ "users": 1, "duration": "60s" }' 1 20
    "$COLDSWARM" report r.db --format table >plain
    fails grep -q "other tools' words" plain
    "$COLDSWARM" report r.db --dialects >table
    grep -q "The same run in other tools' words" table
    grep -q "the TTFT is in it" table
    "$COLDSWARM" report r.db -o folder --no-figures >/dev/null
    head -1 folder/dialects.csv | grep -qx 'tool,word,unit,values,mean,p50,p99,differs'
    cmp <("$COLDSWARM" report r.db --format vllm) folder/vllm.json
    cmp <("$COLDSWARM" report r.db --format aiperf) folder/profile_export.jsonl
    grep -q 'id="dialects"' folder/report.html
    grep -q 'guidellm' folder/latex/dialects.tex

    start_target
    "$COLDSWARM" run --host "$URL" --users 1 --run-time 1s -o q.db --quiet >/dev/null 2>&1 || true
    run -2 "$COLDSWARM" report q.db --dialects
    [[ "$output" == *"q.db has no streamed answers; leave --dialects out"* ]]
    for format in vllm aiperf; do
        run -3 "$COLDSWARM" report q.db --format "$format"
        [[ "$output" == *"the run has no streamed answers"* ]]
    done
    # A folder that had them loses them.
    "$COLDSWARM" report q.db -o folder --no-figures >/dev/null
    [ ! -e folder/vllm.json ]
    [ ! -e folder/profile_export.jsonl ]
}
