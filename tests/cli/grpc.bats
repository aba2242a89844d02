#!/usr/bin/env bats
# gRPC calls against grpcio (tests/support/grpc_server.py), the target's gRPC asked by grpcio's client, and servers that break gRPC's rules. What
# the server saw is in its own log; expected statuses are those of gRPC's "Status codes" and "HTTP to gRPC Status Code Mapping".

bats_require_minimum_version 1.5.0
load ../support/helpers

setup_file() {
    "$ROOT/tests/support/make-certs" "$BATS_FILE_TMPDIR/certs" >/dev/null
}

setup() {
    cd "$BATS_TEST_TMPDIR"
    certs=$BATS_FILE_TMPDIR/certs
    cp "$ROOT/tests/support/echo.proto" .
}

# start_grpc [OPTION...]: sets PORT, URL and GRPC_LOG
start_grpc() {
    GRPC_LOG=$SCRATCH/grpc.log
    : >grpc.out
    /usr/bin/python3 "$ROOT/tests/support/grpc_server.py" --log "$GRPC_LOG" "$@" >grpc.out 2>&1 3>&- &
    STARTED_PIDS+=("$!")
    PORT=$(wait_line grpc.out '^ready ' "$!") || return 1
    PORT=${PORT#ready }
    URL=http://127.0.0.1:$PORT
}

# start_raw MODE...: h2_raw.py; sets PORTS
start_raw() {
    : >raw.out
    python3 "$ROOT/tests/support/h2_raw.py" "$@" --log raw.log >raw.out 2>&1 3>&- &
    STARTED_PIDS+=("$!")
    local line
    line=$(wait_line raw.out '^ready ' "$!") || return 1
    read -r -a PORTS <<<"${line#ready }"
}

# call METHOD MESSAGE [MORE]
call() {
    echo "{ \"grpc\": \"test.Echo/$1\", \"proto\": \"echo.proto\", \"message\": $2${3:+, $3} }"
}

rows() {
    sql r.db "select name, coalesce(status, '-'), outcome, coalesce(error, ''), coalesce(grpc_status, '-'), coalesce(http_version, '-') from requests where outcome <> 'cancelled' order by id"
}

@test "unary calls: values, metadata, deadline, captures and checks on the answer as JSON" {
    start_grpc
    once "$(call Unary '{ "text": "é ${user.id}", "number": "9007199254740993", "data": "AAEC", "fill_bytes": 300 }' '"name": "first",
        "deadline": "15s", "metadata": { "x-a": "user ${user.id}", "x-b-bin": "AAECAw" }, "capture": { "n": { "json": "/number" } },
        "checks": [{ "json": "/text", "equals": "é 0" }, { "json": "/metadata/x-b-bin", "equals": "00010203" }, { "json": "/data", "equals": "AAEC" },
                   { "header": "x-trailing", "equals": "seen" }, { "grpc_status": "OK" }, { "json": "/secondsLeft", "less": 15.001 }]'),
        $(call Unary '{ "number": "${n}" }' '"name": "second", "checks": [{ "json": "/number", "equals": "9007199254740993" }, { "json": "/text", "exists": false }]'),
        $(call Unary '{ "text": "no" }' '"name": "third", "checks": [{ "json": "/text", "equals": "yes" }]')"
    rows | diff - <(cat <<'END'
first|200|ok||0|2
second|200|ok||0|2
third|200|check_failed|check /text equals yes: not equal to "yes"|0|2
END
)
    # What the server saw.
    head -1 "$GRPC_LOG" >first.json
    json_sql first.json "select doc->>'$.metadata.x-a', doc->>'$.metadata.x-b-bin', doc->>'$.end', doc->>'$.metadata.user-agent' like 'coldswarm/%' from file" | grep -qx 'user 0|00010203|over|1'
    # The deadline of 15 s has come, and the second call had none.
    [ "$(json_sql first.json "select doc->>'$.left' <= 15 from file")" = 1 ]
    sed -n 2p "$GRPC_LOG" >second.json
    [ "$(json_sql second.json "select doc->>'$.left' > 1e9 from file")" = 1 ]
    [ "$(sql r.db "select bytes_sent > 5 and bytes_received > 300 from requests where name = 'first'")" = 1 ]
}

@test "statuses decide, their messages are texts, and a check may want one" {
    start_grpc
    sed 's/Echo/Other/; s/rpc Unary/rpc None/' echo.proto >other.proto
    protoc --include_imports -o other.bin other.proto
    once "$(call Unary '{ "code": 5, "why": "no ü\n100% of it" }' '"name": "5"'), $(call Unary '{ "code": 14 }' '"name": "14"'),
        $(call Unary '{ "code": 4, "why": "the server said so" }' '"name": "4", "deadline": "15s"'),
        $(call Unary '{ "code": 5 }' '"name": "wanted", "checks": [{ "grpc_status": ["NOT_FOUND", 7] }]'),
        $(call Unary '{ "code": 5 }' '"name": "not wanted", "checks": [{ "grpc_status": "OK" }]'),
        { \"grpc\": \"test.Other/None\", \"descriptor_set\": \"other.bin\", \"name\": \"unknown\" }"
    rows | sed 's/not wanted|200|check_failed|.*|5|2/not wanted|200|check_failed|…|5|2/' | diff - <(cat <<'END'
5|200|grpc_error|NOT_FOUND: no ü
100% of it|5|2
14|200|grpc_error|UNAVAILABLE|14|2
4|200|grpc_error|DEADLINE_EXCEEDED: the server said so|4|2
wanted|200|ok||5|2
not wanted|200|check_failed|…|5|2
unknown|200|grpc_error|UNIMPLEMENTED: Method not found!|12|2
END
)
    "$COLDSWARM" report r.db -f json >report.json
    json_sql report.json "select value->>'$.outcome', value->>'$.error', value->>'$.count' from file, json_each(doc, '$.errors') where value->>'$.name' = '14'" | grep -qx 'grpc_error|UNAVAILABLE|1'
    "$COLDSWARM" report r.db -f junit >junit.xml
    grep -q 'UNAVAILABLE' junit.xml
    run "$COLDSWARM" gate r.db -e 'http_req_failed rate<0.1'
    [ "$status" -eq 99 ]
}

@test "thresholds select calls by their status" {
    start_grpc
    once "$(call Unary '{ "code": 5 }' '"name": "5"'), $(call Unary '{ "code": 14 }' '"name": "14"'), $(call Unary '{ "code": 14 }' '"name": "14 again"'), $(call Unary '{}' '"name": "ok"')" \
        '"thresholds": { "http_reqs{grpc_status:UNAVAILABLE}": ["count<2"], "http_reqs{grpc_status:5}": ["count==1"] },'
    [ "$(sql r.db "select count(*) from requests where grpc_status = 14")" = 2 ]
    "$COLDSWARM" gate r.db -e 'http_reqs{grpc_status:14} count==2' -e 'http_reqs{grpc_status:not_found} count==1' -e 'http_req_duration{grpc_status:OK} max<60000'
    run "$COLDSWARM" gate r.db
    [ "$status" -eq 99 ]
    [[ $output == *'http_reqs{grpc_status:UNAVAILABLE}'* ]] || { echo "$output"; return 1; }
}

# has_lines N TEXT FILE: so many lines of the file have the text, once the server had the time to write them.
has_lines() {
    local i
    for ((i = 0; i < 3000; i++)); do
        [ "$(grep -cF "$2" "$3")" -lt "$1" ] || break
        pause
    done
    [ "$(grep -cF "$2" "$3")" -eq "$1" ] || { cat "$3"; return 1; }
}

# streams_of IDLE: r.db with a stream of every kind; the one that pauses may do so for IDLE.
streams_of() {
    once "$(call Stream '{ "text": "a", "count": 5, "gap": 0.03 }' '"name": "server"'),
        $(call Both '{ "text": "b", "count": 3 }' '"name": "both", "stream": { "token": "/text" }, "capture": { "x": { "text": true } }, "checks": [{ "text": { "equals": "bbb" } }]'),
        $(call Stream '{ "count": 2 }' '"name": "no text", "stream": { "token": "/text" }'),
        $(call Stream '{ "text": "c", "count": 2, "code": 13, "why": "broken" }' '"name": "fails"'),
        $(call Stream '{ "text": "d", "count": 1000, "gap": 0.01 }' '"name": "cancelled", "stream": { "cancel_after": { "tokens": 3 } }'),
        $(call Stream '{ "text": "e", "count": 2, "gap": 30 }' "\"name\": \"idle\", \"stream\": { \"idle_timeout\": \"$1\" }"),
        $(call Unary '{ "text": "${x}" }' '"name": "after", "checks": [{ "json": "/text", "equals": "bbb" }]')"
}

@test "streams: each message is a token event with its own time" {
    start_grpc
    local idle
    # Its time counts from the sending: a server that stalls gets more of it.
    for idle in 200ms 3s 15s; do
        : >"$GRPC_LOG"
        streams_of "$idle"
        [ "$(sql r.db "select events from requests q join streams s on s.request_id = q.id where q.name = 'idle'")" != 1 ] || break
    done
    sql r.db "select q.name, q.outcome, s.events, s.token_events, s.finish from requests q join streams s on s.request_id = q.id order by q.id" | diff - <(cat <<'END'
server|ok|5|5|none
both|ok|3|3|none
no text|no_tokens|2|0|none
fails|grpc_error|2|2|cut
cancelled|ok|3|3|cancel_after
idle|stream_idle|1|1|idle
END
)
    [ "$(sql r.db "select outcome from requests where name = 'after'")" = ok ]
    # The gaps are at least those of the server's sleep.
    [ "$(sql r.db "select min(value) >= 29000 from streams s join requests q on q.id = s.request_id, json_each(s.gaps_us) where q.name = 'server'")" = 1 ]
    # The calls that the client ended were cancelled, and the connection was not.
    [ "$(sql r.db "select sum(new_connection) from requests")" = 1 ]
    has_lines 2 '"end": "cancelled"' "$GRPC_LOG"
}

@test "a deadline ends the call, not the connection, and the server learns both" {
    start_grpc
    # Whoever is first says so: both know the deadline.
    once "$(call Unary '{ "after": 20 }' '"name": "late", "deadline": "300ms"'),
        $(call Stream '{ "count": 5, "gap": 5 }' '"name": "late stream", "deadline": "400ms"'), $(call Unary '{}' '"name": "after"')"
    sql r.db "select name, outcome, grpc_status, error like 'DEADLINE_EXCEEDED: %' from requests where outcome <> 'cancelled'" | diff - <(cat <<'END'
late|grpc_error|4|1
late stream|grpc_error|4|1
after|ok|0|
END
)
    [ "$(sql r.db "select sum(new_connection) from requests")" = 1 ]
    [ "$(sql r.db "select min(service_us) >= 280000 from requests where name like 'late%'")" = 1 ]
    # A server that never answers.
    start_raw grpc-late
    URL=http://127.0.0.1:${PORTS[0]}
    once "$(call Unary '{}' '"name": "silent", "deadline": "200ms"'), $(call Stream '{}' '"name": "silent stream", "deadline": "250ms"')"
    rows | diff - <(cat <<'END'
silent|-|grpc_error|DEADLINE_EXCEEDED: no complete response within the deadline of 200ms; the client cancelled the call|4|-
silent stream|-|grpc_error|DEADLINE_EXCEEDED: no complete response within the deadline of 250ms; the client cancelled the call|4|-
END
)
    [ "$(sql r.db "select sum(new_connection), min(service_us) >= 200000 from requests")" = '1|1' ]
    has_lines 2 '"rst": 8' raw.log
}

@test "gzip both ways, TLS, and a client's certificate" {
    start_grpc --gzip --health =1 --cert "$certs/server.pem" --key "$certs/server.key" --ca "$certs/ca.pem"
    URL=https://localhost:$PORT
    local tls="\"ca\": \"$certs/ca.pem\", \"cert\": \"$certs/client.pem\", \"key\": \"$certs/client.key\""
    local long
    long=$(printf 'squeezed%.0s' {1..2000})
    once "$(call Unary "{ \"text\": \"$long\", \"fill_bytes\": 100000 }" "\"compress\": true, \"name\": \"c\", \"checks\": [{ \"json\": \"/text\", \"equals\": \"$long\" }]"),
        $(call Stream '{ "text": "${user.id}", "count": 3 }' '"compress": true, "name": "s"')" "\"http\": { $tls },"
    rows | diff - <(printf 'c|200|ok||0|2\ns|200|ok||0|2\n')
    # 16 kB of one word went, and with 100 kB of one letter came back, compressed.
    [ "$(sql r.db "select bytes_sent < 1000, bytes_received < 2000 from requests where name = 'c'")" = '1|1' ]
    # A dry run has the certificate, too.
    run "$COLDSWARM" validate -n s.json
    [[ $output == *$'\nthe server as a whole: SERVING\n'* ]] || { echo "$output"; return 1; }
    once "$(call Unary '{}' '"name": "c"')" "\"http\": { \"ca\": \"$certs/ca.pem\" },"
    [ "$(sql r.db "select count(*) from requests where outcome in ('tls_error', 'reset')")" = 1 ]
}

@test "gzip in each direction, and messages beyond a limit of either side" {
    local long
    long=$(printf 'squeezed%.0s' {1..2000})
    # Only the server squeezes.
    start_grpc --gzip --max-request 20000
    once "$(call Unary "{ \"text\": \"$long\", \"fill_bytes\": 100000 }" "\"name\": \"down\", \"checks\": [{ \"json\": \"/text\", \"equals\": \"$long\" }]"),
        $(call Unary "{ \"text\": \"$long$long\" }" '"name": "too large there"'),
        $(call Unary "{ \"text\": \"$long$long\" }" '"name": "and unpacked", "compress": true'),
        $(call Unary '{ "fill_bytes": 3000000 }' '"name": "too large here", "max_message": "1MB"'),
        $(call Unary '{ "fill_bytes": 6000000 }' '"name": "by default", "checks": [{ "json": "/index", "exists": false }]'),
        $(call Unary '{ "fill_bytes": 6000000 }' '"name": "allowed", "max_message": "8MB", "checks": [{ "json": "/index", "exists": false }]')"
    rows | sed 's/RESOURCE_EXHAUSTED: .*larger than max.*|8|/RESOURCE_EXHAUSTED|8|/' | diff - <(cat <<'END'
down|200|ok||0|2
too large there|200|grpc_error|RESOURCE_EXHAUSTED|8|2
and unpacked|200|grpc_error|RESOURCE_EXHAUSTED|8|2
too large here|200|protocol_error|a message of more than 1048576 bytes after decompression; "max_message" sets the limit|-|2
by default|200|protocol_error|a message of more than 4194304 bytes after decompression; "max_message" sets the limit|-|2
allowed|200|ok||0|2
END
)
    [ "$(sql r.db "select bytes_sent > 16000, bytes_received < 2000 from requests where name = 'down'")" = '1|1' ]
    stop_all
    # Only the client does.
    start_grpc
    once "$(call Unary '{ "fill_bytes": 6000000 }' '"name": "large", "max_message": "8MB", "checks": [{ "json": "/index", "exists": false }]'), $(call Unary "{ \"text\": \"$long\" }" "\"name\": \"up\", \"compress\": true, \"checks\": [{ \"json\": \"/text\", \"equals\": \"$long\" }]")"
    rows | diff - <(printf '%s|200|ok||0|2\n' large up)
    [ "$(sql r.db "select bytes_sent < 1000, bytes_received > 16000 from requests where name = 'up'")" = '1|1' ]
}

@test "TLS that fails has its words" {
    told() { # [MORE of http]
        once "$(call Unary '{}' '"name": "c"')" "\"http\": { \"retry\": \"never\"$1 },"
        sql r.db "select outcome, error from requests where outcome <> 'cancelled'"
    }
    start_grpc --cert "$certs/server.pem" --key "$certs/server.key" --ca "$certs/ca.pem"
    URL=https://localhost:$PORT
    told >told.txt
    told ", \"ca\": \"$certs/ca.pem\"" >>told.txt
    URL=http://localhost:$PORT # without TLS, to a server with it
    told >>told.txt
    start_hostile --tls --cert "$certs/server.pem" --key "$certs/server.key" # which has HTTP/1.1 only
    told ", \"ca\": \"$certs/ca.pem\"" >>told.txt
    start_hostile
    told >>told.txt
    # gRPC's server ends the connection of a client without a certificate, and one without TLS, unannounced.
    diff told.txt - <<'END'
tls_error|SSL certificate problem: self-signed certificate in certificate chain
reset|connection closed without a response
reset|connection closed without a response
protocol_error|the connection is not valid HTTP/2: the server answered with HTTP/1
protocol_error|the connection is not valid HTTP/2: the server answered with HTTP/1
END
}

@test "servers that break gRPC's rules" {
    local modes=(grpc-good grpc-pieces grpc-no-trailers grpc-other-trailers grpc-html grpc-no-type grpc-503 grpc-404-with-status grpc-trailers-only grpc-bad-status
        grpc-unknown-status grpc-compressed grpc-bad-gzip grpc-flag grpc-truncated grpc-prefix-only grpc-none grpc-two grpc-too-large grpc-not-protobuf grpc-rst grpc-tiny) i runs=()
    start_raw "${modes[@]}"
    for i in "${!modes[@]}"; do
        mkdir "m$i" && cp echo.proto "m$i"
        (
            cd "m$i"
            URL=http://127.0.0.1:${PORTS[$i]}
            once "$(call Unary '{}' "\"name\": \"${modes[$i]#grpc-}\", \"checks\": [{ \"json\": \"/text\", \"equals\": \"hi\" }]")" '"http": { "retry": "never" },'
            rows >told
        ) 3>&- &
        runs+=("$!")
        [ "${#runs[@]}" -lt 7 ] || { wait "${runs[@]}"; runs=(); }
    done
    [ "${#runs[@]}" -eq 0 ] || wait "${runs[@]}"
    for i in "${!modes[@]}"; do cat "m$i/told"; done >told
    diff told - <<'END'
good|200|ok||0|2
pieces|200|ok||0|2
no-trailers|200|protocol_error|the response has no grpc-status: it ended without trailers|-|2
other-trailers|200|protocol_error|the response has no grpc-status: it ended without trailers|-|2
html|200|protocol_error|the response is text/html, not application/grpc|-|2
no-type|200|protocol_error|the response has no Content-Type|-|2
503|503|grpc_error|UNAVAILABLE: HTTP 503 without grpc-status|14|2
404-with-status|404|grpc_error|NOT_FOUND|5|2
trailers-only|200|grpc_error|PERMISSION_DENIED: not for you: ü|7|2
bad-status|200|grpc_error|UNKNOWN: grpc-status is not a number|2|2
unknown-status|200|grpc_error|UNKNOWN|2|2
compressed|200|protocol_error|a message has the compressed flag, but grpc-encoding is not gzip|-|2
bad-gzip|200|protocol_error|a message with the compressed flag is no gzip data|-|2
flag|200|protocol_error|a message begins with the byte 2, where gRPC has 0 or 1|-|2
truncated|200|protocol_error|the answer ends within a message: 3 of 4 bytes are there|0|2
prefix-only|200|protocol_error|the answer ends within a message: 3 of 5 bytes are there|0|2
none|200|protocol_error|the call ended with OK, but without a message|0|2
two|200|protocol_error|the response has more than one message, and the method returns one|0|2
too-large|200|protocol_error|a message of 5242880 bytes; the limit is 4194304; "max_message" sets it|-|2
not-protobuf|200|protocol_error|a message of the response is not valid: the message is truncated or invalid|-|2
rst|200|reset|the server reset the stream (INTERNAL_ERROR)|-|2
tiny|200|check_failed|check /text equals hi: not equal to "hi"|0|2
END
    [ "$(sql "m$((${#modes[@]} - 1))/r.db" "select bytes_received from requests where name = 'tiny'")" = 1000009 ]
}

@test "servers of which HTTP/2 alone is odd: no stream, no window, GOAWAY in each answer" {
    start_raw grpc-goaway no-streams no-window
    local i
    URL=http://127.0.0.1:${PORTS[0]}
    once "$(call Unary '{}' '"name": "1"'), $(call Unary '{}' '"name": "2"'), $(call Unary '{}' '"name": "3"')"
    rows | diff - <(printf '%d|200|ok||0|2\n' 1 2 3)
    [ "$(sql r.db "select group_concat(new_connection || coalesce(previous_end, '-'), ' ') from requests where outcome = 'ok'")" = '1- 1goaway 1goaway' ]
    for i in 1 2; do
        URL=http://127.0.0.1:${PORTS[$i]}
        # More than the window of the beginning, which the server takes back.
        once "$(call Unary "{ \"text\": \"$(printf '%100000s' a)\" }" '"name": "d", "deadline": "300ms"')"
        [ "$(sql r.db "select outcome, grpc_status, error like 'DEADLINE_EXCEEDED: no complete response within the deadline of 300ms%' from requests where name = 'd'")" = 'grpc_error|4|1' ]
    done
}

@test "what is no call is refused before the run, with its place" {
    refused() {
        run "$COLDSWARM" validate s.json
        [ "$status" -eq 2 ]
        [[ $output == *"$1"* ]] || { echo "$output"; return 1; }
    }
    scenario() {
        printf '{ "target": "http://127.0.0.1:1", "load": { "users": 1, "duration": 1 }, %s\n  "tasks": [\n    %s ] }\n' "$2" "$1" >s.json
    }
    scenario '{ "grpc": "test.Echo/Unary", "proto": "echo.proto", "message": { "text": 7 } }'
    refused 's.json:3:'
    scenario '{ "grpc": "test.Echo/Unary", "proto": "echo.proto", "message": { "txet": "a" } }'
    refused 'txet'
    scenario '{ "grpc": "test.Echo/Unari", "proto": "echo.proto" }'
    refused 'Unary'
    scenario '{ "grpc": "test.Echo/Collect", "proto": "echo.proto" }'
    refused 'client streaming'
    scenario '{ "grpc": "test.Echo/Unary" }'
    refused 's.json:3:7: the types of the call are missing'
    scenario '{ "grpc": "test.Echo/Unary", "proto": "echo.proto", "path": "/x" }'
    refused '"path" cannot be combined with "grpc"'
    scenario '{ "path": "/x", "message": {} }'
    refused '"message" is of a gRPC call'
    scenario '{ "grpc": "test.Echo/Unary", "proto": "echo.proto", "stream": { "token": "/text" } }'
    refused 'returns one message, not a stream'
    scenario '{ "grpc": "test.Echo/Unary", "proto": "echo.proto", "metadata": { "grpc-timeout": "1S" } }'
    refused 'write "deadline"'
    scenario '{ "grpc": "test.Echo/Unary", "proto": "echo.proto", "metadata": { "x-bin": "no base64!" } }'
    refused 'as base64'
    scenario '{ "grpc": "test.Echo/Unary", "proto": "echo.proto", "deadline": "2h" }'
    refused '"deadline" is not shorter'
    scenario '{ "grpc": "test.Echo/Unary", "proto": "echo.proto", "checks": [{ "grpc_status": "GOOD" }] }'
    refused 'must be a status of gRPC'
    scenario '{ "path": "/", "checks": [{ "grpc_status": 0 }] }'
    refused '"grpc_status" checks gRPC calls'
    scenario '{ "grpc": "test.Echo/Unary", "proto": "echo.proto" }' '"http": { "version": "1.1" },'
    refused 'needs HTTP/2'
    scenario '{ "grpc": "test.Echo/Unary", "proto": "echo.proto" }' '"http": { "version": "2" },'
    refused 'has no negotiation of HTTP/2'
    scenario '{ "grpc": "test.Echo/Unary", "proto": "echo.proto" }' '"http": { "follow_redirects": true },'
    refused '"grpc" needs the transport direct'
    run "$COLDSWARM" run s.json --transport curl -t 1
    [ "$status" -eq 2 ]
    scenario '{ "grpc": "test.Echo/Unary", "proto": "echo.proto", "message": { "text": "${uuid}", "number": 5 } }'
    run "$COLDSWARM" validate -n s.json
    [ "$status" -eq 0 ]
    [[ $output == *'"number":"5"'* && $output == *"test.Wish"* && $output == *"grpc-accept-encoding"* ]] || { echo "$output"; return 1; }
}

@test "descriptor sets that are truncated or of 50 MB, and a wrong value deep in a message, are refused with their place" {
    refused() { # MESSAGE TEXT
        printf '{ "target": "http://127.0.0.1:1", "load": { "users": 1, "duration": 1 }, "tasks": [\n  { "grpc": "inference.GRPCInferenceService/ModelInfer", "descriptor_set": "set.pb",\n    "message": %s } ] }\n' "$1" >s.json
        run "$COLDSWARM" run s.json -o no.db
        [ "$status" -eq 2 ]
        [[ $output == *"$2"* ]] || { echo "$output"; return 1; }
        [ ! -e no.db ]
    }
    protoc --include_imports -o whole.pb -I "$ROOT/scenarios" "$ROOT/scenarios/kserve.proto"
    head -c 1000 whole.pb >set.pb
    refused '{}' 's.json:2:76: '
    [[ $output == *"set.pb: "*"no descriptor set, or it is truncated"* ]] || { echo "$output"; return 1; }
    head -c 50000000 /dev/zero >set.pb
    refused '{}' 's.json:2:76: '
    [[ $output == *"set.pb is larger than the limit of 16777216 bytes" ]] || { echo "$output"; return 1; }
    cp whole.pb set.pb
    refused '{ "inputs": [{ "name": "x" }, { "contents": { "fp32_contents": [1, "one"] } }] }' 's.json:3:83: '
    [[ $output == *'"inputs[1].contents.fp32_contents[1]"'* ]] || { echo "$output"; return 1; }
    refused '{ "inputs": [{ "shape": 3 }] }' '"inputs[0].shape"'
    refused '{ "parameters": { "a": { "int64_param": "9223372036854775808" } } }' '"parameters'
    refused '{ "parameters": { "a": { "int64_param": 1, "bool_param": true } } }' 's.json:3:'
}

@test "what a .proto imports is in the manifest, and a change of it is noticed" {
    sed 's/^package test;/&\nimport "part.proto";/; s/bytes data = 9;/&\n  Part part = 10;/' echo.proto >whole.proto
    printf 'syntax = "proto3";\npackage test;\nimport "google/protobuf/any.proto";\nmessage Part { int32 a = 1; google.protobuf.Any b = 2; }\n' >part.proto
    start_grpc
    once '{ "grpc": "test.Echo/Unary", "proto": "whole.proto", "message": { "part": { "a": 1 } } }'
    sql r.db "select substr(key, 13), value from manifest where key like 'file_sha256:%' order by 1" >told
    sha256sum part.proto whole.proto | sed 's/\(.*\)  \(.*\)/\2|\1/' | diff told -
    sed -i 's/int32 a = 1/int64 a = 7/' part.proto
    run "$COLDSWARM" run --replay r.db -o again.db -t 1 --quiet
    [[ $output == *"part.proto has changed since: different bytes are sent"* ]] || { echo "$output"; return 1; }
}

@test "the types that a server tells are in the manifest, and a change of them is noticed" {
    start_grpc --reflection v1 --proto echo.proto
    once "$(call Unary '{ "text": "a" }' | sed 's/"proto": "echo.proto"/"reflection": true/')"
    # As protoc describes the file, without the three bytes that a set has before it.
    protoc -o set.bin echo.proto
    told() { sql "$1" "select key, value from manifest where key like 'file_sha256:%'"; }
    [ "$(told r.db)" = "file_sha256:echo.proto by server reflection|$(tail -c +4 set.bin | sha256sum | cut -d' ' -f1)" ]
    run "$COLDSWARM" run --replay r.db -o same.db -t 1 --quiet
    [[ $output != *"changed since"* ]] || { echo "$output"; return 1; }
    [ "$(told same.db)" = "$(told r.db)" ]
    stop_all
    sed -i 's/bytes data = 9;/string data = 9;/' echo.proto
    start_grpc --reflection v1 --proto echo.proto
    run "$COLDSWARM" run --replay r.db -H "$URL" -o again.db -t 1 --quiet
    [[ $output == *"echo.proto by server reflection has changed since: different bytes are sent"* ]] || { echo "$output"; return 1; }
    [ "$(told again.db)" != "$(told r.db)" ]
}

# What tests/support/grpc_client.py is told by a target with --tokens 7.
target_told() {
    cat <<'END'
ServerLive True
ServerReady True
ModelReady True
ModelMetadata m ['1'] image class score
ModelInfer m id-1 class BYTES score FP32
ModelInfer INVALID_ARGUMENT the request has no input tensor
ModelStreamInfer 8 messages, 7 with text, final True
ModelStreamInfer 4 messages with max_tokens 3
Health "" 1
Watch 1
Health "inference.GRPCInferenceService" 1
Watch 1
Health "inference.Nobody" NOT_FOUND
Watch 3
v1 inference.GRPCInferenceService grpc.health.v1.Health grpc.reflection.v1.ServerReflection grpc.reflection.v1alpha.ServerReflection
v1 no such 5 5 5
v1 extensions inference.ModelInferRequest []
v1 nothing asked 3
v1alpha inference.GRPCInferenceService grpc.health.v1.Health grpc.reflection.v1.ServerReflection grpc.reflection.v1alpha.ServerReflection
v1alpha no such 5 5 5
v1alpha extensions inference.ModelInferRequest []
v1alpha nothing asked 3
unread answers RESOURCE_EXHAUSTED
Nothing UNIMPLEMENTED
END
}

@test "the target: KServe over gRPC and HTTP on one port, as grpcio's client sees it" {
    start_target --grpc --tokens 7 --ttft 1ms --token-gap 1ms
    /usr/bin/python3 "$ROOT/tests/support/grpc_client.py" "127.0.0.1:$PORT" "$ROOT/scenarios/kserve.proto" >told
    target_told | diff told -
    curl -sf "$URL/v2/health/ready" | grep -q '"ready":true'
    curl -sf "$URL/v2/models/m" | grep -q '"name":"m"'
    curl -sf "$URL/v2/models/m/infer" -d '{"inputs":[]}' | grep -q '"model_name":"m"'
    [ "$(curl -s -o /dev/null -w '%{http_code}' "$URL/inference.GRPCInferenceService/ModelInfer" -d x)" = 404 ]
    [ "$(served POST /inference.GRPCInferenceService/ModelInfer)" = 2 ]
    [ "$(served POST /v2/models/MODEL/infer)" = 1 ]
    stop_target
}

@test "the target with TLS: grpcio's client, coldswarm's, and those that do not choose HTTP/2" {
    start_target --grpc --tokens 7 --ttft 1ms --token-gap 1ms --tls-cert "$certs/server.pem" --tls-key "$certs/server.key" --stats stats.json
    [ "$URL" = "https://127.0.0.1:$PORT" ]
    /usr/bin/python3 "$ROOT/tests/support/grpc_client.py" "localhost:$PORT" "$ROOT/scenarios/kserve.proto" "$certs/ca.pem" >told
    target_told | diff told -
    # Large messages both ways do not fit into one record, nor into a socket's buffer.
    local long
    long=$(printf '%3000000s' a)
    once "{ \"grpc\": \"inference.GRPCInferenceService/ModelInfer\", \"reflection\": true, \"name\": \"infer\",
        \"message\": { \"id\": \"$long\", \"inputs\": [{ \"name\": \"x\" }] }, \"checks\": [{ \"json\": \"/id\", \"exists\": true }] }" "\"http\": { \"ca\": \"$certs/ca.pem\" },"
    rows | diff - <(echo 'infer|200|ok||0|2')
    [ "$(sql r.db "select bytes_sent > 3000000 and bytes_received > 3000000 from requests where name = 'infer'")" = 1 ]
    run curl -sk --http1.1 "$URL/"
    [ "$status" -eq 35 ]
    run curl -sk --no-alpn "$URL/"
    [ "$status" -ne 0 ]
    run curl -s "http://127.0.0.1:$PORT/"
    [ "$status" -ne 0 ]
    stop_target
    [ "$(json_sql stats.json "select value->>'$.received' from file, json_each(doc, '$.requests') where value->>'$.path' like '%/ModelInfer'")" = 3 ]
    run "$COLDSWARM" target --tls-cert "$certs/server.pem"
    [ "$status" -eq 2 ]
    [[ $output == *'--tls-cert needs --grpc'* ]]
    run "$COLDSWARM" target --grpc --port 0 --tls-cert "$certs/server.pem" --tls-key "$certs/client.key"
    [ "$status" -eq 3 ]
    [[ $output == *"--tls-key: $certs/client.key cannot be used as the key of $certs/server.pem: "* ]] || { echo "$output"; return 1; }
}

@test "the target tells its types by reflection, and a dry run its health" {
    start_target --grpc --token geheim
    once '{ "grpc": "inference.GRPCInferenceService/ModelInfer", "reflection": true, "name": "infer", "message": { "modelName": "m", "inputs": [{ "name": "x" }] },
        "metadata": { "authorization": "Bearer geheim" }, "checks": [{ "json": "/modelName", "equals": "m" }] },
        { "grpc": "grpc.health.v1.Health/Check", "reflection": true, "name": "health", "checks": [{ "json": "/status", "equals": "SERVING" }] }'
    rows | diff - <(printf 'infer|200|ok||0|2\nhealth|200|ok||0|2\n')
    run "$COLDSWARM" validate -n s.json
    [ "$status" -eq 0 ]
    diff <(sed -n '/^# health/,$p' <<<"$output") - <<'END'
# health, by grpc.health.v1.Health/Check
the server as a whole: SERVING
inference.GRPCInferenceService: SERVING
grpc.health.v1.Health: SERVING
END
    stop_target
}

@test "a dry run asks for the health of the server and of each service" {
    echo "{ \"target\": \"http://127.0.0.1:1\", \"load\": { \"users\": 1, \"duration\": 1 }, \"tasks\": [$(call Unary '{}'), $(call Stream '{}')] }" >s.json
    asked() { # CODE: sets output to what is said of the health
        run --separate-stderr "$COLDSWARM" validate -n s.json -H "$URL"
        [ "$status" -eq "$1" ] || { echo "$status: $output $stderr"; return 1; }
        output=$(sed '1,/^# health/d' <<<"$output")
    }
    start_grpc --health =1 --health test.Echo=1
    asked 0
    [ "$output" = $'the server as a whole: SERVING\ntest.Echo: SERVING' ]
    stop_all
    start_grpc --health =1 --health test.Echo=2
    asked 3
    [ "$output" = $'the server as a whole: SERVING\ntest.Echo: NOT_SERVING' ]
    [[ $stderr == *"the target is NOT_SERVING (test.Echo); start its service, or wait for it"* ]]
    stop_all
    start_grpc --health =0
    asked 0
    [ "$output" = $'the server as a whole: UNKNOWN, the server does not know\ntest.Echo: the server has no health under this name (NOT_FOUND); it need not have it' ]
    stop_all
    start_grpc --health =9
    asked 0
    [ "${lines[-2]}" = 'the server as a whole: the answer is no HealthCheckResponse' ]
    stop_all
    start_grpc
    asked 0
    [ "$output" = 'the server as a whole: not known, because the server has no health checking (UNIMPLEMENTED); it need not have it' ]
    stop_all
    asked 0
    [[ $output == 'the server as a whole: not known: '*refused* && $output != *$'\n'* ]] || { echo "$output"; return 1; }
    # No target, and no gRPC.
    sed -i 's/"target": "[^"]*", //' s.json
    run "$COLDSWARM" validate -n s.json
    [ "$status" -eq 0 ]
    [ "${lines[-1]}" = 'there is no target to ask; write "target", or use --host' ]
    echo '{ "target": "http://127.0.0.1:1", "load": { "users": 1, "duration": 1 }, "tasks": [{ "path": "/" }] }' >s.json
    "$COLDSWARM" validate -n s.json | fails grep -q health
}

@test "scenarios/kserve-grpc.json against the target: its counts are the client's" {
    start_target --grpc --service-time uniform:1ms,5ms --tokens 5 --ttft 2ms --token-gap 1ms
    local time
    for time in 2s 10s 60s; do
        TIMES=$time enough r.db "count(*) > 3 from requests where outcome <> 'cancelled'" \
            "$COLDSWARM" run "$ROOT/scenarios/kserve-grpc.json" -H "$URL" -u 4 --seed 3 -o r.db --quiet && break
        stop_target
        start_target --grpc --service-time uniform:1ms,5ms --tokens 5 --ttft 2ms --token-gap 1ms
    done
    [ "$status" -eq 0 ] || ended 0 r.db || { echo "$output"; return 1; }
    [ "$(sql r.db "select count(*) > 3, count(*) = sum(outcome = 'ok'), min(http_version), max(grpc_status) from requests where outcome <> 'cancelled'")" = '1|1|2|0' ]
    [ "$(served POST /inference.GRPCInferenceService/ModelInfer)" = "$(sql r.db "select count(*) from requests where name = 'infer'")" ]
    [ "$(sql r.db "select count(*) from streams where token_events <> 5 and finish <> 'cancelled'")" = 0 ]
    stop_target
}

@test "the target fails on purpose, in gRPC's ways" {
    local kind expected
    for kind in status:503 status:401 garbage short reset; do
        start_target --grpc --fail-rate 1 --fail "$kind"
        cp "$ROOT/scenarios/kserve.proto" .
        once '{ "grpc": "inference.GRPCInferenceService/ModelInfer", "proto": "kserve.proto", "name": "'"$kind"'", "message": { "inputs": [{ "name": "x" }] }, "checks": [{ "json": "", "exists": true }] }' >/dev/null
        sql r.db "select name, outcome, coalesce(grpc_status, '-') from requests where outcome <> 'cancelled'"
        stop_target
    done >told
    diff told - <<'END'
status:503|grpc_error|14
status:401|grpc_error|16
garbage|protocol_error|-
short|protocol_error|0
reset|reset|-
END
}

@test "server reflection gives the types, by v1alpha too, and a missing server is said" {
    start_grpc --reflection v1alpha
    once '{ "grpc": "test.Echo/Unary", "reflection": true, "name": "r", "message": { "text": "hi" }, "checks": [{ "json": "/text", "equals": "hi" }] }'
    rows | diff - <(echo 'r|200|ok||0|2')
    stop_all
    run "$COLDSWARM" validate s.json
    [ "$status" -eq 2 ]
    [[ $output == *"s.json:"*"cannot get the types of test.Echo from $URL by server reflection: connection refused"* || $output == *"onnect"* ]] || { echo "$output"; return 1; }
    start_grpc
    run "$COLDSWARM" validate -H "$URL" s.json
    [ "$status" -eq 2 ]
    [[ $output == *'by server reflection: the server has no server reflection (UNIMPLEMENTED); write "proto" or "descriptor_set"' ]] || { echo "$output"; return 1; }
}

@test "the server's own limit of streams is named if it holds calls back" {
    start_grpc --streams 2
    echo "{ \"target\": \"$URL\", \"load\": { \"users\": 6, \"spawn_rate\": 100, \"duration\": \"1s\" }, \"http\": { \"streams\": 6 },
        \"tasks\": [$(call Unary '{ "after": 0.05 }')] }" >s.json
    "$COLDSWARM" run s.json -o r.db --quiet || ended 0 r.db
    sql r.db "select text from event where kind = 'stream_limit'" | grep -qx 'the server allows 2 streams at once on a connection (SETTINGS_MAX_CONCURRENT_STREAMS); requests beyond that wait'
    "$COLDSWARM" report r.db -f json | json_sql - "select value->>'$.key' from file, json_each(doc, '$.notes')" | grep -qx stream_limit
    [ "$(sql r.db "select sum(new_connection), sum(outcome not in ('ok', 'cancelled')) from requests")" = '1|0' ]
}

@test "convert: a .proto file and grpcurl's command lines" {
    "$COLDSWARM" convert echo.proto -o made.json 2>said.txt
    grep -q '3 requests from proto' said.txt || { cat said.txt; return 1; }
    grep -q 'Left out: test.Echo/Collect' made.json
    "$COLDSWARM" validate -n made.json | grep -q '"fillBytes":1'
    start_grpc
    "$COLDSWARM" convert -o curl.json -- grpcurl -plaintext -proto echo.proto -H 'x-a: b' -H 'authorization: Bearer geheim' -max-time 5 \
        -d '{"text": "hi", "number": "7"}' "127.0.0.1:$PORT" test.Echo/Unary 2>said.txt
    fails grep -q geheim curl.json
    grep -q '"deadline": 5' curl.json
    AUTHORIZATION_TOKEN=geheim BEARER_TOKEN=geheim TOKEN=geheim "$COLDSWARM" run curl.json -t 1 -o c.db --quiet || ended 0 c.db
    [ "$(sql c.db "select count(*) > 0, sum(outcome not in ('ok', 'cancelled')) from requests")" = '1|0' ]
    grep -q '"authorization": "Bearer geheim"' "$GRPC_LOG"
    grep -q '"x-a": "b"' "$GRPC_LOG"
    run "$COLDSWARM" convert -- grpcurl -plaintext localhost:1 list
    [ "$status" -eq 2 ]
    [[ $output == *"calls no method"* ]] || { echo "$output"; return 1; }
}
