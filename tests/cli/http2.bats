#!/usr/bin/env bats
# HTTP/2 on both transports: what a server does to streams and connections is told for what it was, and nothing is sent twice that it may have
# acted on. The expectations are RFC 9113 6.8, 8.1 and 8.7; what was sent is held against the server's own log.

load ../support/helpers

setup_file() {
    "$ROOT/tests/support/make-certs" "$BATS_FILE_TMPDIR/certs" >/dev/null
    head -c 1000000 /dev/zero | tr '\0' x >"$BATS_FILE_TMPDIR/body"
}

setup() {
    cd "$BATS_TEST_TMPDIR"
    certs=$BATS_FILE_TMPDIR/certs
}

start_h2() {
    H2_LOG=$SCRATCH/h2.log
    : >"$H2_LOG" >h2.out
    node "$ROOT/tests/support/h2.js" "$certs/server.key" "$certs/server.pem" "$H2_LOG" >h2.out 2>&1 3>&- &
    STARTED_PIDS+=("$!")
    PORT=$(wait_line h2.out '^ready ' "$!") || return 1
    PORT=${PORT#ready }
    URL=https://127.0.0.1:$PORT
}

# one_each HTTP REQUEST...: one user sends them, each on a connection that has answered /first, and /last after it. HTTP: more of the "http" section.
# A request is "METHOD PATH" or "METHOD PATH body".
one_each() {
    local http=$1 steps= method path body
    shift
    for request; do
        read -r method path body <<<"$request"
        steps+="{\"path\":\"/first\"},{\"method\":\"$method\",\"path\":\"$path\",\"name\":\"$method $path\"${body:+,\"body_file\":\"$BATS_FILE_TMPDIR/body\"}},{\"path\":\"/last\"},"
    done
    once "${steps%,}" "\"http\": { \"version\": \"2\", \"ca\": \"$certs/ca.pem\"$http }," --transport "$TRANSPORT"
}

told() {
    sql r.db "select name, coalesce(status, '-'), outcome, coalesce(error, ''), new_connection, sent_again, coalesce(http_version, '-')
        from requests where name not in ('/first', '/last') and outcome <> 'cancelled' order by id"
}

# seen METHOD PATH: how often the server saw it
seen() {
    grep -cE "^[0-9]+ [0-9]+ $1 $2\$" "$H2_LOG" || [ $? -eq 1 ]
}

not_acted_on() {
    start_h2
    one_each "" "POST /rst-kept/REFUSED_STREAM" "POST /rst/REFUSED_STREAM" "POST /goaway-kept/0/before" "POST /goaway-kept/11/before" \
        "POST /goaway-kept/0/this" "GET /goaway-kept/2/this" "POST /goaway/0/before" "POST /destroy-kept" "POST /goaway-answer"
    told | diff - <(cat <<'END'
POST /rst-kept/REFUSED_STREAM|200|ok||1|1|2
POST /rst/REFUSED_STREAM|-|reset|the server refused the stream (REFUSED_STREAM)|1|1|-
POST /goaway-kept/0/before|200|ok||1|1|2
POST /goaway-kept/11/before|200|ok||1|1|2
POST /goaway-kept/0/this|-|reset|the server ended the connection (GOAWAY) without a response|0|0|-
GET /goaway-kept/2/this|-|reset|the server ended the connection (GOAWAY) without a response|0|0|-
POST /goaway/0/before|-|reset|the server ended the connection (GOAWAY) without a response|1|1|-
POST /destroy-kept|-|reset|connection lost before a response|0|0|-
POST /goaway-answer|200|ok||0|0|2
END
)
    [ "$(seen POST /rst-kept/REFUSED_STREAM)" = 2 ]
    [ "$(seen POST /rst/REFUSED_STREAM)" = 2 ]
    [ "$(seen POST /goaway-kept/0/before)" = 2 ]
    [ "$(seen POST /goaway-kept/0/this)" = 1 ]
    [ "$(seen GET /goaway-kept/2/this)" = 1 ]
    [ "$(seen POST /destroy-kept)" = 1 ]
    # Each line of the server's log is a stream, also those that were sent again.
    "$COLDSWARM" report r.db --out out --no-figures >/dev/null
    python3 "$BATS_TEST_DIRNAME/check_numbers.py" r.db out
    awk -F , -v streams="$(wc -l <"$H2_LOG")" '$1 == "opened" { n = $2 } $1 == "streams_mean" { s = $2 } END { exit (s * n - streams) ^ 2 > 1e-9 }' out/connections.csv
    # Service counts from the second sending, response from the first.
    [ "$(sql r.db 'select count(*) from requests where sent_again and outcome = "ok" and (resent_us < sent_us or
        service_us <> end_us - resent_us or response_us <> end_us - sent_us or ttfb_us > service_us)')" = 0 ]
    [ "$(sql r.db "select previous_end from requests where name = 'POST /goaway-kept/0/before'")" = goaway ]
}

@test "HTTP/2: what was not acted on is sent once more, what may have been is not, with direct" {
    TRANSPORT=direct
    not_acted_on
}

@test "HTTP/2: what was not acted on is sent once more, what may have been is not, with curl" {
    TRANSPORT=curl
    not_acted_on
}

retries() {
    start_h2
    one_each ', "retry": "never"' "POST /rst-kept/REFUSED_STREAM" "POST /goaway-kept/0/before" "GET /destroy-kept"
    told | diff - <(cat <<'END'
POST /rst-kept/REFUSED_STREAM|-|reset|the server refused the stream (REFUSED_STREAM)|0|0|-
POST /goaway-kept/0/before|-|reset|the server ended the connection (GOAWAY) and did not process this request|0|0|-
GET /destroy-kept|-|reset|connection lost before a response|0|0|-
END
)
    one_each ', "retry": "safe"' "GET /destroy-kept" "PUT /destroy-kept" "POST /destroy-kept" "GET /goaway-kept/0/this" "GET /rst/CANCEL" "GET /cut"
    told | diff - <(cat <<'END'
GET /destroy-kept|200|ok||1|1|2
PUT /destroy-kept|200|ok||1|1|2
POST /destroy-kept|-|reset|connection lost before a response|0|0|-
GET /goaway-kept/0/this|200|ok||1|1|2
GET /rst/CANCEL|-|reset|the server reset the stream (CANCEL)|0|0|-
GET /cut|200|reset|the server ended the connection (GOAWAY) before the response was complete|0|0|2
END
)
    [ "$(seen GET /destroy-kept)" = 3 ] # once with never, twice with safe
    [ "$(seen POST /destroy-kept)" = 1 ]
    [ "$(seen GET /rst/CANCEL)" = 1 ]
}

@test "HTTP/2: retry never sends nothing twice, safe sends idempotent requests that were lost once more, with direct" {
    TRANSPORT=direct
    retries
}

@test "HTTP/2: retry never sends nothing twice, safe sends idempotent requests that were lost once more, with curl" {
    TRANSPORT=curl
    retries
}

kinds() {
    start_h2
    one_each "" "GET /rst/CANCEL" "GET /rst/INTERNAL_ERROR" "GET /rst/CANCEL" "GET /rst/ENHANCE_YOUR_CALM" "GET /rst/INTERNAL_ERROR" "GET /rst/NO_ERROR"
    [ "$(sql r.db "select error, count(*) from requests where outcome not in ('ok', 'cancelled') group by 1 order by 1")" = \
"the server reset the stream (CANCEL)|2
the server reset the stream (ENHANCE_YOUR_CALM)|1
the server reset the stream (INTERNAL_ERROR)|2
the stream ended before the response headers|1" ]
    # libcurl's connections are not used again after a failure: that is our doing, and told so. direct goes on with the connection.
    case $TRANSPORT in
    curl) [ "$(sql r.db 'select distinct previous_end from requests where previous_end is not null')" = client ] ;;
    direct) [ "$(sql r.db 'select sum(new_connection) from requests')" = 1 ] ;;
    esac
}

@test "HTTP/2: errors group by kind, without numbers of streams, with direct" {
    TRANSPORT=direct
    kinds
}

@test "HTTP/2: errors group by kind, without numbers of streams, with curl" {
    TRANSPORT=curl
    kinds
}

early() {
    start_h2
    one_each "" "POST /early body" "POST /early-length body" "POST /early-204 body" "POST /early-413 body" "POST /plain"
    told | diff - <(cat <<'END'
POST /early|200|ok||0|0|2
POST /early-length|200|ok||0|0|2
POST /early-204|204|ok||0|0|2
POST /early-413|413|http_error|HTTP 413|0|0|2
POST /plain|200|ok||0|0|2
END
)
    [ "$(sql r.db "select count(*) from requests where bytes_sent >= 1000000")" = 0 ]
}

@test "HTTP/2: an early answer counts, and the rest of a body beyond the window is dropped, with direct" {
    TRANSPORT=direct
    early
}

@test "HTTP/2: an early answer counts, and the rest of a body beyond the window is dropped, with curl" {
    TRANSPORT=curl
    early
}

only_1() {
    start_hostile --tls --cert "$certs/server.pem" --key "$certs/server.key"
    one_each "" "GET /ok"
    told | grep -q '^GET /ok|200|ok||0|0|1.1$'
    sql r.db 'select verdict_reason from run' | grep -q 'the scenario asks for HTTP/2, but [0-9]* of [0-9]* responses used HTTP/1$'
    [ "$(sql r.db "select value from manifest where key = 'http_version_asked'")" = 2 ]
    sed -i 's/"version": "2"/"version": "2-only"/' s.json
    run "$COLDSWARM" run s.json -o only.db --quiet -t 1s --transport "$TRANSPORT"
    [ "$(sql only.db "select distinct outcome, error, http_version, status < 500 from requests where outcome <> 'cancelled'")" = \
        "protocol_error|the response used HTTP/1.1, but the scenario requires HTTP/2|1.1|1" ]
}

@test "HTTP/2: a server that has only HTTP/1.1 is told, and fails what wants HTTP/2 only, with direct" {
    TRANSPORT=direct
    only_1
}

@test "HTTP/2: a server that has only HTTP/1.1 is told, and fails what wants HTTP/2 only, with curl" {
    TRANSPORT=curl
    only_1
}

@test "HTTP/2 over plain http: no dance, only HTTP/1.1 and a word" {
    start_hostile
    cat >s.json <<END
{ "target": "$URL", "load": { "users": 1, "duration": "1s" }, "wait": { "constant": "100ms" }, "http": { "version": "2" }, "tasks": [{ "path": "/ok" }] }
END
    "$COLDSWARM" run s.json -o r.db --quiet
    [ "$(sql r.db 'select distinct http_version from requests')" = 1.1 ]
    fails grep -qi 'upgrade\|http2-settings' "$HOSTILE_LOG"
    run "$COLDSWARM" validate s.json
    [[ $output == *"HTTP/2 is negotiated over TLS only, and the target is http: requests use HTTP/1.1"* ]]
}

@test "HTTP/2: users share connections, and each request is recorded once" {
    start_h2
    cat >s.json <<END
{ "target": "$URL", "load": { "users": 10, "spawn_rate": 1000, "duration": "1s" }, "wait": { "constant": "50ms" },
  "http": { "version": "2-only", "streams": 4, "ca": "$certs/ca.pem" }, "tasks": [{ "path": "/slow/20" }] }
END
    run "$COLDSWARM" validate s.json
    [ "$status" -eq 0 ]
    [[ $output == *"up to 4 users share a connection"* ]]
    "$COLDSWARM" run s.json -o r.db --quiet --threads 1 --transport direct
    [ "$(sql r.db "select distinct outcome, http_version from requests")" = "ok|2" ]
    [ "$(sql r.db 'select count(*) from requests')" = "$(seen GET /slow/20)" ]
    # 4 + 4 + 2 users
    [ "$(sql r.db 'select sum(new_connection) from requests')" = 3 ]
    [ "$(cut -d ' ' -f 1 "$H2_LOG" | sort -u | wc -l)" = 3 ]
    # The server's own count of streams, over its own count of connections.
    "$COLDSWARM" report r.db --out out --no-figures >/dev/null
    python3 "$BATS_TEST_DIRNAME/check_numbers.py" r.db out
    awk -F , -v streams="$(wc -l <"$H2_LOG")" '$1 == "streams_mean" { found = 1; exit ($2 - streams / 3) ^ 2 > 1e-12 } END { if (!found) exit 1 }' out/connections.csv
    grep -qx 'requests_max,' out/connections.csv # whose they are is not known
    run "$COLDSWARM" run s.json -o c.db --quiet --transport curl
    [ "$status" -eq 2 ]
    [[ $output == *'"streams" needs the transport direct, but this run uses curl'* ]]
}
