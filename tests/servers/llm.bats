#!/usr/bin/env bats
# A real engine, llama.cpp: examples/llm. First the engine, which a plain client asks; then coldswarm against it.
# bats file_tags=more,plain

bats_require_minimum_version 1.5.0

load ../support/helpers

LLM=$ROOT/examples/llm

setup_file() {
    "$LLM/make_model.py" --out "$BATS_FILE_TMPDIR/model.gguf"
}

setup() {
    [ "$(uname -m)" = x86_64 ] || skip "npm has llama.cpp built for x86-64 only"
    cd "$BATS_TEST_TMPDIR"
    export MODEL=$BATS_FILE_TMPDIR/model.gguf
}

# start_engine: the server of examples/llm on a free port. Sets PORT, URL and ENGINE_PID.
start_engine() {
    : >engine.err
    PORT=0 node "$LLM/server.js" >engine.out 2>engine.err 3>&- &
    ENGINE_PID=$!
    STARTED_PIDS+=("$ENGINE_PID")
    URL=$(wait_line engine.err ' listens on http' "$ENGINE_PID") || return 1
    URL=${URL#* listens on }
    URL=${URL%%,*}
    PORT=${URL##*:}
}

# ask CHECK: tests/servers/llm_reader.py
ask() {
    "$ROOT/tests/servers/llm_reader.py" "$PORT" "$1"
}

@test "the model is the same file everywhere" {
    [ "$(sha256sum <"$MODEL")" = "$(cat "$ROOT/tests/servers/llm_model.sha256")  -" ]
    "$LLM/make_model.py" --out other.gguf --seed 2
    [ "$(stat -c %s other.gguf)" = "$(stat -c %s "$MODEL")" ]
    fails cmp -s other.gguf "$MODEL"
}

@test "streams of the engine have the words of the whole answer, and as many as it counts" {
    start_engine
    ask streams
}

@test "an answer ends by itself" {
    start_engine
    ask end
}

@test "clients that leave free their slots, and mistakes get a 400" {
    start_engine
    ask cancel
    ask errors
}

@test "without a model, or with a file that is none, the engine says so" {
    MODEL=nowhere.gguf run --separate-stderr node "$LLM/server.js"
    [ "$status" -eq 1 ]
    [[ $stderr == *"nowhere.gguf is not there: write it with examples/llm/make_model.py"* ]]
    echo nothing >bad.gguf
    MODEL=bad.gguf run --separate-stderr node "$LLM/server.js"
    [ "$status" -eq 1 ]
    [[ $stderr == *"engine: bad.gguf is no GGUF file"* ]]
    PORT=many run --separate-stderr node "$LLM/server.js"
    [ "$status" -eq 1 ]
    [[ $stderr == *'PORT must be a whole number up to 65535, and is "many"'* ]]
}

# start_cloud OPTION...: the engine behind the local Cloud Run, from zero instances. Sets URL and CLOUD_PID; its log is log.json, the
# engine's answers.jsonl.
start_cloud() {
    : >cloud.err
    LOG=$PWD/answers.jsonl "$COLDSWARM" cloudrun --port 0 --log log.json --metrics metrics.json "$@" -- node "$LLM/server.js" \
        >cloud.out 2>cloud.err 3>&- &
    CLOUD_PID=$!
    STARTED_PIDS+=("$CLOUD_PID")
    URL=$(wait_line cloud.err '^cloudrun: listening on ' "$CLOUD_PID") || return 1
    URL=${URL#cloudrun: listening on }
}

@test "coldswarm's streams are the engine's, token by token, from zero instances on" {
    start_engine
    ask text >texts
    stop_all
    for transport in direct curl; do
        rm -f run.db log.json metrics.json answers.jsonl
        start_cloud --concurrency 4 --max-instances 2 --pending 60s
        "$ROOT/tests/servers/llm_run.py" scenario "$URL" texts >s.json
        status=0 output=
        "$COLDSWARM" run s.json -o run.db --transport "$transport" --stop-timeout 60s --quiet >out 2>err || status=$?
        ended 0 run.db
        kill -TERM "$CLOUD_PID"
        wait "$CLOUD_PID"
        "$ROOT/tests/servers/llm_run.py" check run.db answers.jsonl

        # A cold answer has the start of its instance before its first token (as far as the two clocks are known); a warm one was
        # sent when its instance was ready.
        "$COLDSWARM" import run.db --logs log.json --metrics metrics.json >out
        sql run.db "create temp view t as select r.id, i.ready_us - r.sent_us as wait_us, s.ttft_us from requests as r join streams as s on s.request_id = r.id
            join server_requests as x on x.request_id = r.id join instances as i on i.instance = x.instance;
            select 'cold', count(*), min(ttft_us), sum(ttft_us + abs(upper_us - lower_us) / 2 < wait_us) from t, server_side where wait_us > 0
            union all select 'warm', count(*), max(ttft_us), 0 from t where wait_us <= 0" >temperature
        cat temperature
        local cold warm
        IFS='|' read -r _ cold _ early <temperature
        IFS='|' read -r _ warm _ < <(tail -n 1 temperature)
        [ "$cold" -ge 1 ]
        [ "$early" = 0 ]
        [ "$warm" -ge 1 ]
    done
}
