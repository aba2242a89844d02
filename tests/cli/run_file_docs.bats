#!/usr/bin/env bats
# Every query of docs/run-file.md runs on the real schema and gives what can be worked out by hand.

setup() {
    root="$BATS_TEST_DIRNAME/../.."
    db="$BATS_TEST_TMPDIR/run.db"
    # Second 0: two good GETs (1 and 3 ms), one of them on a new connection. Second 1: a POST answered with 503 after 8 ms,
    # late by 2 ms. Then one that was never sent and one that was given up.
    cat "$root/src/record/schema.sql" "$root/src/record/requests.sql" "$root/src/record/server.sql" \
        "$root/src/record/flows.sql" | sqlite3 "$db"
    sqlite3 "$db" <<'SQL'
INSERT INTO run VALUES ('paper', '2025-11-24T16:00:00.123Z', 3000000, 10, '{}', 'http://x', 1, '0', 'VALID', '', 1);
INSERT INTO endpoint VALUES (0, '/', 'GET'), (1, '/predict', 'POST');
INSERT INTO outcome VALUES (0, 'ok', 1, 1, 0), (1, 'http_error', 1, 1, 1), (9, 'not_sent', 0, 0, 0),
                           (10, 'cancelled', 1, 0, 0);
INSERT INTO error VALUES (1, 'HTTP 503');
INSERT INTO result VALUES (1, 0, 200, 0, NULL, 1, 0), (2, 0, 200, 0, NULL, 0, 0), (3, 1, 503, 1, 1, 0, 0),
                          (4, 1, NULL, 9, NULL, 0, 0), (5, 1, NULL, 10, NULL, 0, 0);
INSERT INTO request VALUES (1, 1, 0, 100000, NULL, 3000, 500, NULL, 1500, NULL, 0, 48),
                           (2, 2, 0, 200000, NULL, 1000, 100, NULL, NULL, NULL, 0, 48),
                           (3, 3, 1, 1500000, 2000, 8000, 0, NULL, NULL, NULL, 300, 48),
                           (4, 4, 2, 1600000, 0, NULL, NULL, NULL, NULL, NULL, 0, 0),
                           (5, 5, 1, 1700000, NULL, 9000, NULL, NULL, NULL, NULL, 300, 0);
INSERT INTO user_count VALUES (0, 1), (1, 3);
INSERT INTO server_side VALUES (1, 's', 1764000000123000, 500, 0, 1000, 2, 'joined', 2, 0, 0, 0, 0);
INSERT INTO server_name VALUES (1, 'i-1');
INSERT INTO server_request(key, at_us, latency_us, instance, request)
    VALUES (1, 1764000000223900, 2200, 1, 1), (2, 1764000000323700, 600, 1, 2), (3, 1764000000323700, 600, NULL, NULL);
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

@test "docs/run-file.md: there is no query that is not tested here" {
    [ "$(grep -c '^```sql$' "$root/docs/run-file.md")" -eq 7 ]
}

@test "docs/run-file.md: every column of the views and tables is on the page" {
    for view in requests seconds client run event manifest server_requests server_events instances server_series \
        server_side imported; do
        for column in $(sqlite3 "$db" "SELECT name FROM pragma_table_info('$view')"); do
            grep -q "\`[^\`]*\b$column\b" "$root/docs/run-file.md" || { echo "$view.$column"; false; }
        done
    done
}
