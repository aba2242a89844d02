#!/usr/bin/env bats
# The table of connections: its numbers against those worked out by hand, in every format, and what is said of a server's habits.

load ../support/helpers

setup() {
    cd "$BATS_TEST_TMPDIR"
}

make_run() {
    rm -f run.db
    python3 "$BATS_TEST_DIRNAME/make_connections_run.py" run.db "$1"
}

# By hand, from the rows of make_connections_run.py. Connections carried 3, 2, 1, 1 (user 0) and 1, 1, 1, 1, 1, 1, 1, 1 (user 1), whose
# median is 1; that of user 2 carried none. Of 15 requests that were on one, one was lost.
EXPECTED='key,value
opened,13
users,3
requests_p50,1
requests_max,3
streams_mean,
ended_announced,1
ended_unannounced,2
ended_without_answer,0
ended_idle,2
ended_idle_min_s,5
ended_idle_max_s,7.25
ended_cut,1
ended_reset,1
ended_goaway,1
ended_goaway_enhance_your_calm,0
ended_goaway_error,0
ended_expired,1
ended_client,1
open_at_end,3
lost_requests,1
lost_percent,6.66666666666667
sent_again,2
first_try_mean_ms,6
first_try_max_ms,8
answers_http_1_0,1
answers_http_1_1,11
answers_http_2,1'

@test "connections: numbers by hand, and by the SQL that stands beside each" {
    make_run small
    "$COLDSWARM" report run.db --out out --no-figures >/dev/null 2>&1
    diff <(printf '%s\n' "$EXPECTED") out/connections.csv
    python3 "$BATS_TEST_DIRNAME/check_numbers.py" run.db out
    [ "$(grep -c '"table": "connections"' out/numbers.json)" = 26 ]
    [ "$(json out/tables.json $.connections.opened $.connections.requests_max $.connections.ended_idle_max_s)" = "13|3|7.25" ]
}

@test "connections: those that users share have streams, and no requests of a user" {
    make_run shared
    "$COLDSWARM" report run.db --out out --no-figures >text.txt
    python3 "$BATS_TEST_DIRNAME/check_numbers.py" run.db out
    [ "$(json out/tables.json $.connections.opened $.connections.streams_mean $.connections.requests_p50 $.connections.requests_max)" = "3|3||" ] ||
        { json out/tables.json $.connections; false; }
    grep -q '^HTTP/2 streams per connection, average  *3' text.txt
    fails grep -q '^Requests per connection' text.txt
}

@test "connections: every format has them, people see no zeros" {
    make_run small
    "$COLDSWARM" report run.db --out out --no-figures >text.txt
    for f in out/tables.md out/tables.tex out/report.html text.txt; do
        grep -q 'Closed by the server after a response, unannounced' "$f" || { echo "$f"; false; }
    done
    grep -q '^Opened  *13$' text.txt
    grep -q 'id="connections"' out/report.html
    make_run apache
    "$COLDSWARM" report run.db >text.txt
    grep -q '^Closed by the server, announced  *7$' text.txt
    fails grep -q 'GOAWAY\|HTTP/2' text.txt
    [ "$("$COLDSWARM" report run.db --format json | json - $.connections.ended_goaway)" = 0 ]
}

@test "connections: a part of a run and a file of before they were kept have none" {
    make_run small
    "$COLDSWARM" report run.db --to 2 --format json >part.json
    [ "$(json part.json $.connections.opened)" = "" ]
    sqlite3 old.db <"$ROOT/tests/record/old/schema-4.sql"
    "$COLDSWARM" report old.db --format json >old.json
    [ "$(json old.json $.connections.opened)" = "" ]
    "$COLDSWARM" report old.db | fails grep -q '^Connections'
}

@test "connections: habits that shape the numbers are said" {
    make_run apache
    "$COLDSWARM" report run.db --format json >json
    json_sql json "select value->>'$.text' from file, json_each(doc, '$.notes')" >notes
    grep -q '^The server closes a connection after 101 responses and announces it (7 connections). The time of the next request includes a new connection.$' notes
    make_run idle
    "$COLDSWARM" report run.db --format json >json
    json_sql json "select value->>'$.key' || ': ' || (value->>'$.text') from file, json_each(doc, '$.notes')" >notes
    grep -q '^lost_on_kept_connections: 31 % of requests (31 of 100) were lost on keep-alive connections that the server closed unannounced. If they should not count as failures, use "keepalive": false or "retry": "safe"' notes
    grep -q '^ended_unannounced: The server closed 31 of 38 connections right after a response, unannounced, 31 of them after 1 response.$' notes
    grep -q '^ended_idle: The server closed 6 connections that had been idle for 5 to 5.5 s' notes
    make_run alike # 6 after 3 answers each: 3 were seen to end, 2 lost a request, 1 lost one that went out again; and 6 idle for 2 s
    "$COLDSWARM" report run.db --format json >json
    json_sql json "select value->>'$.key' || ': ' || (value->>'$.text') from file, json_each(doc, '$.notes')" >notes
    grep -q '^ended_unannounced: The server closed 6 of 13 connections right after a response, unannounced, 6 of them after 3 responses.$' notes
    grep -q '^ended_idle: The server closed 6 connections that had been idle for 2 s. After' notes
    make_run http2
    "$COLDSWARM" report run.db | tr '\n' ' ' | tr -s ' ' | grep -q 'The scenario asks for HTTP/2, but 6 of 8 responses used HTTP/1'
    make_run rate
    "$COLDSWARM" report run.db | tr '\n' ' ' | tr -s ' ' | grep -q 'All 120 requests used one connection at a time.*"spread": 4 in the load opens four connections'
    sqlite3 run.db "update run set users_max = 1"
    "$COLDSWARM" report run.db | fails grep -q '"spread"'
    # What happens now and then is no habit.
    make_run small
    "$COLDSWARM" report run.db --format json | json_sql - "select value->>'$.key' from file, json_each(doc, '$.notes')" >notes
    [ "$(cat notes)" = sent_again ]
}

@test "a server that never answers ended no connection behind an answer" {
    start_hostile
    printf '{"target": "%s", "load": {"users": 1, "duration": "30s"}, "http": {"retry": "never"}, "tasks": [{"path": "/lose"}]}' "$URL" >s.json
    for transport in direct curl; do
        enough r.db "count(*) > 5 from requests where previous_end = 'lost'" "$COLDSWARM" run s.json -o r.db --transport "$transport" --quiet
        ended=$(sql r.db "select count(*) from requests where previous_end = 'lost'")
        rm -rf out
        "$COLDSWARM" report r.db --out out --no-figures >/dev/null
        grep -qx "ended_without_answer,$ended" out/connections.csv
        grep -qx "ended_unannounced,0" out/connections.csv
        "$COLDSWARM" report r.db >words
        grep -q '^Closed by the server before any response  *'"$ended"'$' words
        [ "$(grep -c "right after an answer" words)" = 0 ]
    done
}
