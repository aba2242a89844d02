#!/usr/bin/env bats
# Real servers, with the settings that they ship with: what a run says of them is what their own logs say.
# bats file_tags=more,plain

bats_require_minimum_version 1.5.0

load ../support/helpers

setup() {
    cd "$BATS_TEST_TMPDIR"
}

# start_server NAME: sets URL and SERVER_PID; its log is ./log.
start_server() {
    : >server.err
    "$ROOT/tests/servers/serve.py" "$1" log 2>server.err 3>&- &
    SERVER_PID=$!
    STARTED_PIDS+=("$SERVER_PID")
    URL=$(wait_line server.err '^serve: listening on ' "$SERVER_PID") || { cat server.err >&2; return 1; }
    URL=${URL#serve: listening on }
}

# shoot TRANSPORT USERS HTTP: 1200 requests without pauses, into run.db, and then the end of the server, whose log is complete.
shoot() {
    rm -f run.db
    only 1200
    echo "{ \"target\": \"$URL\", \"http\": $3, \"load\": { \"users\": $2, \"spawn_rate\": 1000, \"duration\": \"1h\" }, $FEED, \"tasks\": [{ \"path\": \"/\", $ONE }] }" >s.json
    "$COLDSWARM" run s.json --transport "$1" -o run.db --quiet >out 2>err || [ $? -le 4 ] || { cat err >&2; return 1; }
    kill -TERM "$SERVER_PID"
    wait "$SERVER_PID" || true
    STARTED_PIDS=()
}

sql() {
    sqlite3 run.db "$1"
}

# The server's log has a line for each answer: its connection, which apache2 writes as PORT.NUMBER with NUMBER 0 for a new one.
# Requests per connection, in order. A port that comes back with NUMBER 0 is another connection.
requests_of_connections() {
    awk '{ split($1, a, "."); if (a[2] == "0") turn[a[1]]++; n[a[1] "/" turn[a[1]]]++ } END { for (c in n) print n[c] }' log | sort -n
}

# each SERVER USERS HTTP CHECK: with each transport, every answer of the log is a row that is ok, and no row is ok that the log does not
# have; then the function CHECK looks further. What "retry": "safe" sends again, the server may have answered before.
each() {
    local answered ok again=0
    for transport in direct curl; do
        start_server "$1"
        shoot "$transport" "$2" "$3"
        answered=$(wc -l <log)
        ok=$(sql "SELECT count(*) FROM requests WHERE outcome = 'ok'")
        [[ $3 != *safe* ]] || again=$(sql "SELECT count(*) FROM requests WHERE resent_us IS NOT NULL")
        echo "$transport: $answered answers in the log; rows by outcome, error and whether they came on a new connection:"
        sql "SELECT outcome, error, new_connection, count(*) FROM requests GROUP BY 1, 2, 3"
        [ "$ok" -le "$answered" ] && [ "$answered" -le $((ok + again)) ]
        [ "$(sql "SELECT count(*) FROM requests WHERE outcome NOT IN ('ok', 'reset', 'cancelled')")" = 0 ]
        "$4"
    done
}

# connections KEY: a number of the report's Connections.
connections() {
    [ run.json -nt run.db ] || "$COLDSWARM" report run.db --format json >run.json
    sqlite3 :memory: "SELECT json_extract(readfile('run.json'), '\$.connections.$1')"
}

failures() {
    sql "SELECT count(*) FROM requests WHERE outcome <> 'ok'"
}

median() {
    awk '{ v[NR] = $1 } END { print (v[int((NR + 1) / 2)] + v[int(NR / 2) + 1]) / 2 }'
}

# Nothing is lost, and the answers are shared out over connections as the report says.
as_in_the_log() {
    [ "$(failures)" = 0 ]
    requests_of_connections >by_log
    [ "$(connections opened)" = "$(wc -l <by_log)" ]
    [ "$(connections requests_max)" = "$(tail -n 1 by_log)" ]
    awk -v a="$(connections requests_p50)" -v b="$(median <by_log)" 'BEGIN { exit a + 0 != b + 0 }'
    [ $(($(connections ended_announced) + $(connections open_at_end))) = "$(connections opened)" ]
}

kept() {
    as_in_the_log
    [ "$(connections opened)" = 20 ]
}

# Connections with 101 answers announced their end: of the last one of each user nobody knows whether it was the last answer.
ended_after_101() {
    [ "$(failures)" = 0 ]
    requests_of_connections >by_log
    [ "$(connections opened)" = "$(wc -l <by_log)" ]
    [ "$(connections requests_max)" = 101 ]
    local full announced
    full=$(grep -cx 101 by_log)
    announced=$(connections ended_announced)
    [ "$announced" -le "$full" ] && [ "$announced" -ge $((full - 2)) ]
    "$COLDSWARM" report run.db | grep -q '^The server closes a connection after 101 responses'
}

ended_unannounced() {
    [ "$(connections opened)" = "$(requests_of_connections | wc -l)" ]
    [ "$(connections lost_requests)" = "$(failures)" ]
    local ended
    ended=$(($(connections ended_announced) + $(connections ended_unannounced) + $(connections ended_idle) + $(connections ended_reset)))
    [ $((ended + $(connections open_at_end))) = "$(connections opened)" ]
}

one_answer_each() {
    [ "$(requests_of_connections | tail -n 1)" = 1 ]
    [ "$(connections ended_announced)" = 0 ]
    ended_unannounced
}

nothing_lost() {
    [ "$(failures)" = 0 ]
    [ "$(connections lost_requests)" = 0 ]
}

@test "apache2 ends connections after 101 answers, and says so" {
    each apache2 2 '{}' ended_after_101
}

@test "apache2 ends connections of many clients unannounced" {
    each apache2 60 '{}' ended_unannounced
}

@test "apache2 loses nothing where safe requests are sent again" {
    each apache2 60 '{ "retry": "safe" }' nothing_lost
}

@test "hypercorn ends every connection unannounced" {
    each hypercorn 20 '{}' one_answer_each
}

@test "hypercorn loses nothing with a connection for each request, or with retry" {
    each hypercorn 20 '{ "keepalive": false }' nothing_lost
    each hypercorn 20 '{ "retry": "safe" }' nothing_lost
}

@test "node keeps its connections" {
    each node 20 '{}' kept
}

@test "puma loses nothing, and says so where it ends connections for others" {
    each puma 20 '{}' as_in_the_log
}

@test "waitress keeps its connections" {
    each waitress 20 '{}' kept
}
