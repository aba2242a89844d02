#!/usr/bin/env bats
# Streams of tokens, on both transports: what the run file has is what tests/support/stream_server.py wrote into its own log, and what ends a
# stream is told for what it was.

bats_require_minimum_version 1.5.0
load ../support/helpers

setup() {
    cd "$BATS_TEST_TMPDIR"
    case ${TRANSPORT:-} in curl) TRANSPORTS=curl ;; *) TRANSPORTS="direct curl" ;; esac
}

# stream_run TRANSPORT QUERY [STREAM [MORE]]: three requests of one user, one after the other, into r.db, which end the run: the feeder has
# one row. MORE: keys of the scenario.
stream_run() {
    local stream=${3:-\"openai\"}
    printf 'row\n1\n' >once.csv
    cat >s.json <<END
{ "target": "$URL", "load": { "users": 1, "duration": "10m" }, ${4:-} "feeders": { "once": { "csv": "once.csv", "mode": "once" } },
  "tasks": [{ "name": "t", "steps": [ { "repeat": 3, "steps": [{ "path": "/c?$2", "headers": { "X-Row": "\${once.row}" },
      "json": { "stream": true }, "stream": $stream ${MORE_REQUEST:-} }] } ] }] }
END
    rm -f r.db*
    : >"$STREAM_LOG"
    "$COLDSWARM" run s.json -o r.db --transport "$1" --quiet >out 2>err || [[ $? =~ ^[13]$ ]] || { cat err; return 1; }
    [ "$(sql r.db 'select count(*) from requests')" -gt 0 ]
}

# holds [COLUMN=VALUE...]: of the last run
holds() {
    python3 "$ROOT/tests/cli/check_streams.py" r.db "$STREAM_LOG" "$@" || { cat err; return 1; }
}

@test "every token of every framing is in the file, once" {
    start_stream_server
    for transport in $TRANSPORTS; do
        for query in "n=30&gap=1" "n=30&gap=0" "n=20&piece=1&gap=0" "n=20&piece=7" "n=20&burst=4" "n=20&crlf=1&space=0" "n=20&blank=0" \
            "n=20&role=1&ping=1" "n=20&frame=close" "n=20&frame=close&piece=3" "n=300&gap=0"; do
            stream_run "$transport" "$query&usage=1"
            holds outcome=ok status=200 finish=length done=1 tokens_from=usage prompt_tokens=31 cached_tokens=5 reasoning_tokens=NULL
        done
        stream_run "$transport" "n=20&format=ollama" '"ollama"'
        holds outcome=ok output_tokens=20 prompt_tokens=7 finish=length
        stream_run "$transport" "n=9&end=again"
        holds outcome=ok after_done=2 token_events=9
        stream_run "$transport" "n=12&reasoning=5"
        holds outcome=ok reasoning_events=5 token_events=12 tokens_from=events output_tokens=12
    done
}

@test "compressed, and over TLS" {
    "$ROOT/tests/support/make-certs" "$SCRATCH/certs" >/dev/null
    start_stream_server --tls "$SCRATCH/certs/server.pem" "$SCRATCH/certs/server.key"
    for transport in $TRANSPORTS; do
        for query in "n=30&gap=1" "n=20&piece=5" "n=20&gzip=1" "n=20&gzip=1&frame=close" "n=20&gzip=1&piece=2&gap=0"; do
            stream_run "$transport" "$query&usage=1" '"openai"' "\"http\": { \"ca\": \"$SCRATCH/certs/ca.pem\", \"compressed\": true },"
            holds outcome=ok finish=length done=1 output_tokens="$((2 * $(sed 's/^n=\([0-9]*\).*/\1/' <<<"$query")))"
        done
        stream_run "$transport" "n=5&gzip=1" '"openai"' "\"http\": { \"ca\": \"$SCRATCH/certs/ca.pem\" },"
        [ "$(sql r.db "select distinct outcome, error from requests where outcome <> 'cancelled'")" = \
            "no_tokens|no token came: the response is compressed although the request did not ask for it; set \"compressed\" in \"http\"" ]
    done
}

@test "what ends a stream is told for what it was, and its tokens are kept" {
    start_stream_server
    for transport in $TRANSPORTS; do
        stream_run "$transport" "n=5&end=nodone"
        holds outcome=ok finish=length done=0
        stream_run "$transport" "n=5&end=noreason"
        holds outcome=stream_cut finish=cut token_events=5 "error=the stream ended without its end mark and without a finish reason"
        stream_run "$transport" "n=5&end=noreason&frame=close"
        holds outcome=stream_cut finish=cut token_events=5
        stream_run "$transport" "n=5&end=cut"
        holds outcome=stream_cut finish=cut "error=the stream was cut: connection closed before the response was complete"
        stream_run "$transport" "n=5&end=error"
        holds outcome=stream_error finish=error token_events=5 "error=error in the stream: out of memory on GPU 3"
        stream_run "$transport" "n=0"
        holds outcome=no_tokens token_events=0 ttft_us=NULL gaps_us=NULL
        stream_run "$transport" "end=json"
        holds outcome=no_tokens events=0 \
            "error=no token came: the response is application/json, not a stream; does the request's body have \"stream\": true?"
        stream_run "$transport" "end=empty"
        holds outcome=no_tokens events=0
        stream_run "$transport" "location=/elsewhere"
        [ "$(sql r.db "select distinct outcome, status, error from requests where outcome <> 'cancelled'")" = \
            "no_tokens|307|no token came: the response is a redirect (HTTP 307)" ]
        stream_run "$transport" "status=429"
        holds outcome=http_error status=429 "error=HTTP 429: busy" request_id=NULL
        # Tokens that do not come in this time, because a machine stands still, have more at the next try.
        for time in 150ms 4s 30s; do
            stream_run "$transport" "n=3&end=stall" "{ \"format\": \"openai\", \"idle_timeout\": \"$time\" }"
            [ "$(sql r.db "select min(token_events) from streams")" != 3 ] || break
        done
        holds outcome=stream_idle finish=idle token_events=3 "error=no byte of the stream came for $time"
        wait_line "$STREAM_LOG" '"ended": "client"' $$
        for time in 700ms 5s 30s; do
            stream_run "$transport" "n=3&end=stall" '"openai"' "\"timeout\": \"$time\", \"connect_timeout\": \"$time\","
            [ "$(sql r.db "select min(token_events) from streams")" != 3 ] || break
        done
        holds outcome=timeout finish=timeout token_events=3 "error=the response was not complete within $time"
    done
}

@test "what a server says instead of a stream is kept: the message among the errors, the body in failed_bodies" {
    start_target
    model='"model": "m", "max_tokens": -1'
    for transport in $TRANSPORTS; do
        for path in v1/chat/completions v1/messages; do
            printf '{"target": "%s", "load": {"users": 1, "duration": "300ms"}, "wait": {"constant": "20ms"},
                "tasks": [{"path": "/%s", "json": {%s, "stream": true}, "stream": "openai"}]}' "$URL" $path "$model" >s.json
            rm -f r.db*
            run "$COLDSWARM" run s.json -o r.db --transport "$transport" --only-summary
            ended 1 r.db
            said=$(fetch POST "$URL/$path" "{$model, \"stream\": true}" | tail -n +2)
            message=$(json_sql - "select doc->>'$.error.message' from file" <<<"$said")
            [ -n "$message" ]
            [ "$(sql r.db "select distinct outcome, status, error from requests")" = "http_error|400|HTTP 400: $message" ]
            [[ "$output" == *"HTTP 400: $message"* ]]
            [ "$(sql r.db "select distinct status, error, bytes = length(cast(body as blob)), rtrim(body, char(10)), seen from failed_bodies")" = \
                "400|HTTP 400: $message|1|$said|" ]
            [ "$(sql r.db "select (select count(*) from failed_bodies) = min(10, count(*)) from requests")" = 1 ]
            "$COLDSWARM" report r.db | tr -s ' \n' ' ' | grep -q 'The view failed_bodies of the run file shows the first responses that failed'
        done
    done
}

@test "an answer that is no stream although its status is good is kept too, shortened" {
    start_stream_server
    for transport in $TRANSPORTS; do
        stream_run "$transport" "end=json"
        holds outcome=no_tokens
        [ "$(sql r.db "select count(*) > 0, min(status), min(body like '{%'), min(error like 'no token came: %') from failed_bodies")" = "1|200|1|1" ]
        stream_run "$transport" "n=3"
        [ "$(sql r.db "select count(*) from failed_bodies")" = 0 ]
    done
}

# ends_with OUTCOME EVENTS TOKEN_EVENTS ERROR: every answer of the last run.
ends_with() {
    [ "$(sql r.db "select distinct outcome, events, token_events, error from requests join streams on id = request_id")" = "$1|$2|$3|$4" ]
}

@test "a token that is not where the scenario says: the error says whether the events are JSON" {
    start_stream_server
    for transport in $TRANSPORTS; do
        stream_run "$transport" "n=4&format=plain&end=noreason" '{ "format": "sse", "token": "/text" }'
        ends_with no_tokens 4 0 \
            'no token came: the events are not JSON, so "token" (/text) finds no text in them; leave it out if the whole data is the text'
        stream_run "$transport" "n=4&format=plain&end=noreason" '"sse"'
        ends_with ok 4 4 ""
        stream_run "$transport" "n=4&end=noreason" '{ "format": "sse", "token": "/text" }'
        ends_with no_tokens 4 0 'no token came: no event has a text at "token" (/text); check it against an event'
        stream_run "$transport" "n=4&end=noreason" '{ "format": "sse", "token": "/choices/0/delta/content" }'
        ends_with ok 4 4 ""
    done
}

@test "cancel_after ends a stream as a user who leaves: ok, and the server sees it" {
    start_stream_server
    for transport in $TRANSPORTS; do
        stream_run "$transport" "n=100&gap=20" '{ "format": "openai", "cancel_after": { "tokens": 4 } }'
        holds outcome=ok finish=cancel_after done=0
        [ "$(sql r.db "select min(token_events) from streams where finish = 'cancel_after'")" -ge 4 ]
        [ "$(sql r.db "select max(token_events) from streams")" -lt 100 ]
        until [ "$(grep -c '"ended": "client"' "$STREAM_LOG")" -ge 3 ]; do pause; done
        # Each has a connection of its own: the one before was closed by us.
        [ "$(sql r.db "select count(*), sum(new_connection) from requests where outcome = 'ok'")" = "3|3" ]
        [ "$(sql r.db "select distinct previous_end from requests where outcome = 'ok' and id > 1")" = client ]
        for time in 300ms 4s 30s; do
            stream_run "$transport" "n=100000&gap=20" "{ \"format\": \"openai\", \"cancel_after\": { \"time\": \"$time\" } }"
            [ "$(sql r.db "select min(token_events) from streams where finish = 'cancel_after'")" = 0 ] || break
        done
        holds outcome=ok finish=cancel_after
        [ "$(sql r.db "select min(service_us) >= 300000 from requests where outcome = 'ok'")" = 1 ]
        # Nothing came by then, not even a head: that is not good.
        stream_run "$transport" "end=silent" '{ "format": "openai", "cancel_after": { "time": "200ms" } }'
        [ "$(sql r.db "select distinct outcome, status, error from requests where outcome <> 'cancelled'")" = \
            "no_tokens||no token came within 200ms, when \"cancel_after\" ended the stream" ]
        [ "$(sql r.db "select distinct finish, token_events from streams s join requests on id = request_id where outcome <> 'cancelled'")" = "cancel_after|0" ]
    done
}

@test "a stream that the run's end cuts is cancelled, with its tokens" {
    start_stream_server
    for transport in $TRANSPORTS; do
        # As above.
        for time in 2s 10s 60s; do
            : >"$STREAM_LOG"
            rm -f r.db*
            echo "{ \"target\": \"$URL\", \"load\": { \"users\": 3, \"spawn_rate\": 100, \"duration\": \"$time\" },
                \"tasks\": [{ \"path\": \"/c?n=100000&gap=10\", \"stream\": \"openai\" }] }" >s.json
            run "$COLDSWARM" run s.json -o r.db --transport "$transport" --quiet --stop-timeout 0
            [ "$(sql r.db "select count(*) from streams where token_events > 0")" != 3 ] || break
        done
        [ "$(sql r.db "select count(*), min(outcome), max(outcome), min(finish), max(finish) from requests join streams on id = request_id")" = \
            "3|cancelled|cancelled|cancelled|cancelled" ]
        [ "$(sql r.db "select min(token_events) >= 1, min(json_array_length(gaps_us) = token_events - 1) from streams")" = "1|1" ]
        [ "$(sql r.db "select count(*) from streams join requests on id = request_id where last_token_us > end_us - sent_us")" = 0 ]
    done
}

@test "text: what checks and captures see is what the server wrote" {
    start_stream_server
    text=$(cd "$ROOT/tests/support" && python3 -c '
import json, stream_server
print(json.dumps("".join(stream_server.WORDS[i % len(stream_server.WORDS)] for i in range(25))))')
    for transport in $TRANSPORTS; do
        for query in "n=25&gap=0" "n=25&gap=0&piece=1" "n=25&gap=0&gzip=1"; do
            MORE_REQUEST=", \"checks\": [{ \"name\": \"same\", \"text\": { \"equals\": $text } }]" \
                stream_run "$transport" "$query" '"openai"' '"http": { "compressed": true },'
            holds outcome=ok
            [ "$(sql r.db "select sum(passes), sum(fails) from checks where name = 'same'")" = "3|0" ]
        done
        MORE_REQUEST=', "checks": [{ "name": "other", "text": { "contains": "no such word" } }]' stream_run "$transport" "n=5&gap=0"
        holds outcome=check_failed finish=length token_events=5 "error=check other: it does not contain \"no such word\""
        # A text that is not kept whole is not judged.
        MORE_REQUEST=', "checks": [{ "name": "long", "text": { "contains": "no such word" } }]' \
            stream_run "$transport" "n=50&gap=0" '"openai"' '"http": { "judge_bytes": 100 },'
        holds outcome=ok
        [ "$(sql r.db "select sum(passes), sum(fails), sum(not_judged) from checks where name = 'long'")" = "0|0|3" ]
    done
}

@test "a captured text is the next turn's history" {
    start_stream_server
    for transport in $TRANSPORTS; do
        : >"$STREAM_LOG"
        rm -f r.db*
        only 5
        cat >s.json <<END
{ "target": "$URL", "load": { "users": 1, "duration": "1h" }, $FEED,
  "tasks": [{ "name": "t", "steps": [
    { "path": "/c?n=11&gap=0", $ONE, "json": { "stream": true }, "stream": "openai", "capture": { "answer": { "text": true } } },
    { "path": "/c?n=1&gap=0", "json": { "messages": [{ "role": "assistant", "content": "\${answer}" }] }, "stream": "openai" } ] }] }
END
        "$COLDSWARM" run s.json -o r.db --transport "$transport" --quiet
        python3 - "$STREAM_LOG" <<'END'
import json, sys
log = [json.loads(line) for line in open(sys.argv[1], encoding="utf-8")]
assert len(log) >= 2
for first, second in zip(log[::2], log[1::2]):
    assert json.loads(second["body"])["messages"][0]["content"] == first["text"], (first, second)
END
    done
}

@test "redirects: the tokens are those of the last response" {
    start_stream_server
    stream_run curl "location=/c%3Fn=7" '"openai"' '"http": { "follow_redirects": true },'
    holds outcome=ok token_events=7 finish=length
}

@test "over HTTP/2" {
    "$ROOT/tests/support/make-certs" "$SCRATCH/certs" >/dev/null
    : >h2.log >h2.out
    node "$ROOT/tests/support/h2.js" "$SCRATCH/certs/server.key" "$SCRATCH/certs/server.pem" "$PWD/h2.log" >h2.out 2>&1 3>&- &
    STARTED_PIDS+=("$!")
    PORT=$(wait_line h2.out '^ready ' "$!")
    for kind in 20/done 8/cut 1000000/done; do
        stream='"openai"'
        [[ $kind != 1000000/* ]] || stream='{ "format": "openai", "cancel_after": { "tokens": 5 } }'
        echo "{ \"target\": \"https://127.0.0.1:${PORT#ready }\", \"load\": { \"users\": 1, \"duration\": \"500ms\" },
            \"http\": { \"version\": \"2-only\", \"ca\": \"$SCRATCH/certs/ca.pem\" },
            \"tasks\": [{ \"path\": \"/tokens/$kind\", \"stream\": $stream }] }" >s.json
        rm -f r.db*
        run "$COLDSWARM" run s.json -o r.db --quiet
        sql r.db "select distinct outcome, http_version, finish, done, case when finish = 'cancel_after' then token_events >= 5 else token_events end
            from requests join streams on id = request_id" >>seen
    done
    diff seen - <<'END'
ok|2|stop|1|20
stream_cut|2|cut|0|8
ok|2|cancel_after|0|1
END
    # The server was told.
    wait_line h2.log '^closed [0-9]+ left 99[0-9]{4}$' "${STARTED_PIDS[0]}"
}

@test "without streams in the run there is no row, and the run file is as ever" {
    start_target
    echo "{ \"target\": \"$URL\", \"load\": { \"users\": 1, \"duration\": \"200ms\" }, \"tasks\": [{ \"path\": \"/\" }] }" >s.json
    "$COLDSWARM" run s.json -o r.db --quiet
    [ "$(sql r.db "select count(*) > 0, (select count(*) from streams) from requests")" = "1|0" ]
}

# hanging QUERY KEEP: users whose requests hang at random, and are cancelled at the end. Prints how many were silent for over a second.
hanging() {
    cat >s.json <<END
{ "target": "$URL", "load": { "users": 12, "duration": "4s" }, "wait": { "constant": "20ms" },
  "tasks": [{ "name": "n", "path": "/c?$1", "json": { "stream": true }, "stream": "openai" }] }
END
    rm -f r.db*
    run "$COLDSWARM" run s.json -o r.db --seed 3 --stop-timeout 2s --quiet
    ended 0 r.db
}

@test "requests that hung until the run stopped make it suspect, with their number" {
    start_stream_server
    local answers="n=3&gap=1&end=\${random.choice('done', 'done', 'done', 'done', 'done', 'done', 'done', 'done', 'done', 'done', 'stall')}"
    hanging "$answers"
    hung=$(sql r.db "select count(*) from requests where outcome = 'cancelled'")
    [ "$hung" -ge 1 ]
    [ "$(sql r.db "select count(*) >= 10 from requests where outcome = 'ok'")" = 1 ]
    sql r.db "select verdict || ': ' || verdict_reason from run" >verdict
    grep -Eq "^SUSPECT: $hung requests? in progress when the run stopped had hung, and counts? as cancelled, not as failed: $hung of POST n, silent for up to [2-9]" verdict ||
        was_late r.db || { cat verdict; return 1; }
    # Those that were only in progress did not hang.
    hanging "n=30&gap=50&end=done"
    sql r.db "select verdict_reason from run" >verdict
    fails grep -q hung verdict
    # One that was never answered is held to the others.
    cat >s.json <<END
{ "target": "$URL", "load": { "users": 12, "duration": "4s" }, "wait": { "constant": "20ms" },
  "tasks": [{ "name": "good", "weight": 10, "path": "/c?n=3&gap=1&end=done", "json": { "stream": true }, "stream": "openai" },
            { "name": "bad", "path": "/c?n=0&end=stall", "json": { "stream": true }, "stream": "openai" }] }
END
    rm -f r.db*
    run "$COLDSWARM" run s.json -o r.db --seed 3 --stop-timeout 2s --quiet
    ended 0 r.db
    [ "$(sql r.db "select count(*) from requests where name = 'bad' and outcome <> 'cancelled'")" = 0 ]
    [ "$(sql r.db "select count(*) >= 10 from requests where name = 'good' and outcome = 'ok'")" = 1 ]
    sql r.db "select verdict || ': ' || verdict_reason from run" >verdict
    grep -Eq "^SUSPECT: [1-9]+ requests? in progress when the run stopped had hung, .* of POST bad" verdict || was_late r.db || { cat verdict; return 1; }
}
