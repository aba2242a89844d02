#!/usr/bin/env bats
# Every query of docs/run-file.md runs on the real schema and gives what can be worked out by hand.

setup() {
    root="$BATS_TEST_DIRNAME/../.."
    db="$BATS_FILE_TMPDIR/run.db"
}

setup_file() {
    setup
    # Second 0: two good GETs (1 and 3 ms), one of them on a new connection. Second 1: a POST answered with 503 after 8 ms,
    # late by 2 ms. Then one that was never sent and one that was given up.
    { echo 'PRAGMA synchronous = OFF;'; cat "$root/src/record/schema.sql" "$root/src/record/reconnections.sql" "$root/src/record/requests.sql" \
        "$root/src/record/server.sql" \
        "$root/src/record/flows.sql" "$root/src/record/streams.sql" \
        "$root/src/record/scrape.sql"; } | sqlite3 "$db"
    sqlite3 "$db" <<'SQL'
INSERT INTO run VALUES ('paper', '2025-11-24T16:00:00.123Z', 3000000, 10, '{}', 'http://x', 1, '0', 'VALID', '', 1);
INSERT INTO endpoint VALUES (0, '/', 'GET'), (1, '/predict', 'POST');
INSERT INTO outcome VALUES (0, 'ok', 1, 1, 0), (1, 'http_error', 1, 1, 1), (9, 'not_sent', 0, 0, 0),
                           (10, 'cancelled', 1, 0, 0);
INSERT INTO error VALUES (1, 'HTTP 503');
INSERT INTO result(id, endpoint, status, outcome, error, new_connection, sent_again)
    VALUES (1, 0, 200, 0, NULL, 1, 0), (2, 0, 200, 0, NULL, 0, 0), (3, 1, 503, 1, 1, 0, 0),
                          (4, 1, NULL, 9, NULL, 0, 0), (5, 1, NULL, 10, NULL, 0, 0);
INSERT INTO request(id, result, user, at_us, lag_us, took_us, rest_us, dns_us, connect_us, tls_us, bytes_sent, bytes_received)
    VALUES (1, 1, 0, 100000, NULL, 3000, 500, NULL, 1500, NULL, 0, 48),
                           (2, 2, 0, 200000, NULL, 1000, 100, NULL, NULL, NULL, 0, 48),
                           (3, 3, 1, 1500000, 2000, 8000, 0, NULL, NULL, NULL, 300, 48),
                           (4, 4, 2, 1600000, 0, NULL, NULL, NULL, NULL, NULL, 0, 0),
                           (5, 5, 1, 1700000, NULL, 9000, NULL, NULL, NULL, NULL, 300, 0);
INSERT INTO user_count VALUES (0, 1), (1, 3);
INSERT INTO server_side VALUES (1, 's', 1764000000123000, 500, 0, 1000, 2, 'joined', 2, 0, 0, 0, 0);
INSERT INTO server_name VALUES (1, 'i-1');
INSERT INTO server_request(key, at_us, latency_us, instance, request)
    VALUES (1, 1764000000223900, 2200, 1, 1), (2, 1764000000323700, 600, 1, 2), (3, 1764000000323700, 600, NULL, NULL);
-- Request 1: 1000 tokens of prompt, its first token 1 ms after the sending at 100 ms. The others 250 ms, 900 ms and 1 ms later, which
-- is at 101, 351, 1251 and 1252 ms of the run; by usage 13 tokens, of which the first event had 3. Request 2: 1500 and one event, 2 ms after 200 ms.
-- Request 3 failed, and had one token.
INSERT INTO stream VALUES
    (1, 500, 1000, 1000, 1152000, 6, 4, 0, 0, 4, 0, 13, 1000, 0, NULL, 3, 'stop', 1, 0, 900000, '[250000,900000,1000]', 13, 700),
    (2, 500, 2000, 2000, 2000, 2, 1, 0, 0, 1, 0, NULL, 1500, NULL, NULL, 1, 'length', 1, 0, NULL, '[]', 1, 1100),
    (3, 500, 9000, 9000, 9000, 1, 1, 0, 0, 1, 0, NULL, 1500, NULL, NULL, 1, 'cut', 0, 0, NULL, '[]', 13, NULL),
    (5, NULL, NULL, NULL, NULL, 0, 0, 0, 0, 0, 0, NULL, NULL, NULL, NULL, 0, 'cancelled', 0, 0, NULL, NULL, NULL, NULL);
INSERT INTO scrape_series VALUES (0, 'vllm:num_requests_waiting', 'engine="0"', 'gauge'), (1, 'vllm:generation_tokens_total', '', 'cumulative'),
    (2, 'vllm:ttft_bucket', 'le="1"', 'cumulative'), (3, 'still_total', '', 'cumulative');
INSERT INTO scrape_point VALUES (0, 100, 2), (0, 999999, 5), (0, 1000000, 4), (1, 100, 10), (1, 1000000, 250), (2, 100, 1), (2, 1000000, 9), (3, 100, 7);
SQL
}

# The n-th query of the page.
block() {
    awk -v n="$1" '/^```/ { on = ($0 == "```sql"); k += on; next } on && k == n' "$root/docs/run-file.md"
}

answer() {
    block "$1" | sqlite3 "$db"
}

@test "docs/run-file.md: the table by endpoint" {
    [ "$(answer 1)" = "GET|/|2|0|1.0|1.0|3.0|3.0
POST|/predict|1|1|8.0|8.0|8.0|8.0" ]
}

@test "docs/run-file.md: what went wrong" {
    run answer 2
    [ "$status" -eq 0 ]
    [ "${#lines[@]}" -eq 3 ]
    [[ "$output" == *"POST|/predict|http_error|503|HTTP 503|1"* ]]
    [[ "$output" == *"POST|/predict|not_sent|||1"* ]]
}

@test "docs/run-file.md: the slowest" {
    [ "$(answer 3)" = "3|1.5|/predict|8.0|||8.0|http_error
1|0.1|/|3.0|1.5||2.5|ok
2|0.2|/|1.0|||0.9|ok" ]
}

@test "docs/run-file.md: was the load delivered" {
    [ "$(answer 4)" = "2|1|2.0|2.0" ]
}

@test "docs/run-file.md: by second" {
    [ "$(answer 5)" = "0|1|2|0|2.0
1|3|1|1|8.0
2|3|0|0|" ]
}

@test "docs/run-file.md: new connections" {
    [ "$(answer 6)" = "/|0|1|1.0||
/|1|1|3.0|1.5|" ]
}

@test "docs/run-file.md: how the platform spread the requests" {
    [ "$(answer 7)" = "i-1|2|1.4|0.6" ]
}

# 101, 202 and 351 ms; 1251, 1252 and, of the third, 1509 ms.
@test "docs/run-file.md: tokens per second" {
    [ "$(answer 8)" = "0|3
1|3" ]
}

@test "docs/run-file.md: stalls" {
    [ "$(answer 9)" = "1|2|900.0|251.0
1|1|250.0|1.0" ]
}

# 1151 ms over 10 tokens; of the stream of one token there is none.
@test "docs/run-file.md: time to first token by the length of the prompt" {
    [ "$(answer 10)" = "1000|2|1.5|2.0|115.1" ]
}

@test "docs/run-file.md: the queue beside the load, and what counters grew by" {
    [ "$(answer 11)" = "0|1|2|3.5
1|3|1|4.0
2|3|0|" ]
    [ "$(answer 12)" = "vllm:generation_tokens_total||240.0" ]
}

@test "docs/run-file.md: there is no query that is not tested here" {
    [ "$(grep -c '^```sql$' "$root/docs/run-file.md")" -eq 12 ]
}

@test "docs/run-file.md: every column of the views and tables is on the page" {
    for view in requests seconds client run event manifest server_requests server_events instances server_series \
        server_side imported streams; do
        for column in $(sqlite3 "$db" "SELECT name FROM pragma_table_info('$view')"); do
            grep -q "\`[^\`]*\b$column\b" "$root/docs/run-file.md" || { echo "$view.$column"; false; }
        done
    done
}

# The words that stand between backquotes, a line each.
words() {
    grep -oE '`[a-z_0-9]+`' | tr -d '`'
}

# The first column of the tables from a line that begins with $1 to one that begins with $2.
first_column() {
    awk -v from="$1" -v to="$2" 'index($0, from) == 1 { on = 1 } index($0, to) == 1 && on == 1 { on = 2 } on == 1 && /^\| `/' "$root/docs/run-file.md" |
        cut -d'|' -f2 | words | sort -u
}

@test "docs/run-file.md: the version is the one that files have" {
    version=$(sed -nE 's/^#define DB_SCHEMA_VERSION ([0-9]+).*/\1/p' "$root/src/record/db.h")
    grep -qE "^\`PRAGMA user_version\` \(now $version;" "$root/docs/run-file.md"
}

@test "docs/run-file.md: every kind of event is on the page, and no other" {
    # Where they are written: by name, by the option of a receiver, by what the requests around the load call themselves, and by the source of a
    # command.
    in_code=$({ grep -rhE '(record_event|->note|notes_add)\(' "$root"/src/{engine,cli,transport} "$root"/mpi; grep -hE '&[a-z]+_format' "$root"/src/cli/exporting.c; grep -hE '^    const char \*what;|once\(&' "$root"/src/engine/setup_teardown.h "$root"/src/engine/engine.c
        grep -rhA1 '^const struct control_source' "$root"/src/{control,cli} | grep -oE 'name = "[a-z_]+"'; } |
        grep -oE '"[a-z_]+"' | tr -d '"' | sort -u)
    [ "$(wc -l <<<"$in_code")" -ge 12 ]
    diff <(echo "$in_code") <(first_column '`event(at_us' 'A run with' | grep -v '^kind$')
}

@test "docs/run-file.md: every outcome and every end of a connection is on the page, and no other" {
    outcomes=$(sed -n '/^#define OUTCOME_MAP/,/^enum/p' "$root/src/util/outcome.h" | sed 's,/\*.*\*/,,' | grep -oE '"[a-z_]+"' | tr -d '"' | sort)
    [ "$(wc -l <<<"$outcomes")" -ge 11 ]
    diff <(echo "$outcomes") <(first_column '`outcome` is one of' 'An `')
    ends=$(sed -n '/^#define CONNECTION_END_MAP/,/^enum/p' "$root/src/util/connection.h" | grep -oE '"[a-z_]+"' | tr -d '"' | sort)
    [ "$(wc -l <<<"$ends")" -ge 5 ]
    finishes=$(sed -n '/^#define STREAM_FINISH_MAP/,/^enum/p' "$root/src/stream/stream.h" | sed 's,/\*.*\*/,,' | grep -oE '"[a-z_]+"' | tr -d '"' | sort)
    [ "$(wc -l <<<"$finishes")" -ge 10 ]
    diff <(echo "$finishes") <(first_column '`finish` is one of' '## ')
    diff <(echo "$ends") <(first_column '`previous_end` is one of' 'The last')
}

@test "docs/run-file.md: no column is on the page that its view does not have" {
    for view in requests seconds iterations checks streams client run; do
        columns=$(sqlite3 "$db" "SELECT name FROM pragma_table_info('$view')")
        named=$(awk -v v="## \`$view\`" '/^## / { on = index($0, v) == 1; t = 0 } on && /^\| column/ { t = 1 } !/^\|/ { t = 0 } on && t && /^\| `/' \
            "$root/docs/run-file.md" | cut -d'|' -f2 | words)
        [ -n "$named" ] || { echo "no columns of $view"; false; }
        for word in $named; do
            grep -qx "$word" <<<"$columns" || { echo "$view has no $word"; false; }
        done
    done
}
