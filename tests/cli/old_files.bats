#!/usr/bin/env bats
# Run files of older versions stay readable, and one of a newer version is refused in words. tests/record/old has files as they were
# written then.

load ../support/helpers

setup() {
    cd "$BATS_TEST_TMPDIR"
    for v in 1 2 3 4 5 6 7; do sqlite3 "$v.db" <"$ROOT/tests/record/old/schema-$v.sql"; done
}

log_of_one_request() {
    printf '{"logName":"projects/p/logs/run.googleapis.com%%2Frequests","timestamp":"2026-11-24T03:00:00.500Z","resource":{"type":"cloud_run_revision","labels":{"service_name":"s","revision_name":"s-1"}},"labels":{"instanceId":"i1"},"insertId":"a","httpRequest":{"requestMethod":"GET","requestUrl":"http://x/","status":200,"latency":"0.1s"}}\n'
}

@test "report, gate and compare read files of schema 1 to 7" {
    for v in 1 2 3 4 5 6 7; do
        [ "$(sqlite3 "$v.db" 'PRAGMA user_version')" = "$v" ]
        # 100 and 301.75 ms; of /predict 50.25, 1500, 5 and 2000 ms
        "$COLDSWARM" report "$v.db" --format csv >csv
        grep -q '^GET,/,2,0,' csv
        grep -q '^POST,/predict,4,2,' csv
        "$COLDSWARM" report "$v.db" --format json >json
        [ "$(sqlite3 :memory: "SELECT abs(json_extract(readfile('json'), '$.aggregated.average_ms') -
            (100 + 301.75 + 50.25 + 1500 + 5 + 2000) / 6) < 0.001")" = 1 ]
        "$COLDSWARM" gate "$v.db" -e 'http_req_duration max<=2000'
        run "$COLDSWARM" gate "$v.db" -e 'http_req_duration max<2000'
        [ "$status" -eq 99 ]
        python3 "$ROOT/tests/cli/make_run.py" "new$v.db" plain
        "$COLDSWARM" compare "$v.db" --with "new$v.db" --force --format json >json
        [ "$(sqlite3 :memory: "SELECT count(*) FROM json_each(readfile('json'), '$.comparisons')")" -gt 0 ]
    done
}

@test "whole reports with figures of each" {
    for v in 1 2 3 4 5 6 7; do
        "$COLDSWARM" report "$v.db" --out "out$v" --format html >page.html
        [ -s "out$v/tables.md" ]
        grep -q '</html>' page.html
    done
}

@test "an import brings them up to date, from schema 2 on" {
    log_of_one_request >one.log
    run "$COLDSWARM" import 1.db --logs one.log
    [ "$status" -eq 3 ]
    [[ "$output" == *"cannot import into 1.db: a coldswarm version before the first release made it (repeat the run)"* ]]
    [ "$(sqlite3 1.db 'PRAGMA user_version')" = 1 ]
    for v in 2 3 4 5 6 7; do
        log_of_one_request >one.log
        "$COLDSWARM" import "$v.db" --logs one.log
        [ "$(sqlite3 "$v.db" 'PRAGMA user_version')" = 10 ]
        [ "$(sqlite3 "$v.db" 'SELECT count(*), count(http_version), count(resent_us), count(service_us) FROM requests')" = "7|0|0|6" ]
        [ "$(sqlite3 "$v.db" 'SELECT count(*) FROM checks WHERE passes > 1000')" = 0 ]
        [ "$(sqlite3 "$v.db" 'SELECT count(*) FROM checks WHERE not_judged <> 0')" = 0 ]
        [ "$(sqlite3 "$v.db" 'SELECT count(*) FROM failed_bodies WHERE seen IS NOT NULL')" = 0 ]
        [ "$(sqlite3 "$v.db" 'SELECT count(*) FROM server_requests')" = 1 ]
        [ "$(sqlite3 "$v.db" 'SELECT count(*), count(asked_tokens), count(asked_words) FROM streams')" = "$([ "$v" = 7 ] && echo 2 || echo 0)|0|0" ]
        [ "$(sqlite3 "$v.db" "SELECT count(*) > 0, group_concat(DISTINCT source) FROM server_series")" = "1|logs" ]
        [ "$(sqlite3 "$v.db" 'SELECT count(*) FROM scrape_point')" = 0 ]
        "$COLDSWARM" report "$v.db" >/dev/null
    done
}

@test "what streams of schema 7 asked for is what their manifest says on average" {
    expected='8|4|50|50|50|1'
    for step in before after; do
        "$COLDSWARM" report 7.db --format json >json
        [ "$(sqlite3 :memory: "SELECT group_concat(value, '|') FROM (SELECT value FROM json_each(readfile('json'), '$.stream_asked[0]') WHERE key NOT IN ('method', 'name') ORDER BY id)")" = "$expected" ] ||
            { sqlite3 :memory: "SELECT json_extract(readfile('json'), '$.stream_asked')"; false; }
        [ $step = after ] && break
        log_of_one_request >one.log
        "$COLDSWARM" import 7.db --logs one.log
    done
}

@test "connections of schema 8 and 9 are those of the same rows today, before and after an import" {
    for v in 8 9; do
        sqlite3 $v.db <"$ROOT/tests/record/old/schema-$v.sql"
        rm -f new.db
        python3 "$ROOT/tests/cli/make_connections_run.py" new.db small
        [ "$(sqlite3 $v.db 'PRAGMA user_version; SELECT count(resent_us), count(previous_idle_us) FROM requests' | tr '\n' ' ')" = "$v 2|6 " ]
        "$COLDSWARM" report new.db --format json | grep -v '"file"' >want.json
        grep -q '"sent_again": *2' want.json || { cat want.json; return 1; }
        "$COLDSWARM" report $v.db --format json | grep -v '"file"' | cmp want.json -
        log_of_one_request >one.log
        "$COLDSWARM" import $v.db --logs one.log
        [ "$(sqlite3 $v.db 'PRAGMA user_version')" = 10 ]
        sqlite3 new.db "SELECT * FROM requests ORDER BY id" >want
        [ "$(wc -l <want)" = 17 ]
        sqlite3 $v.db "SELECT * FROM requests ORDER BY id" | cmp want -
        "$COLDSWARM" gate $v.db -e 'http_req_duration max<=20' -e 'http_req_duration{name:/} min<17'
    done
}

@test "a file of a newer version is refused in words" {
    sqlite3 4.db 'PRAGMA user_version = 11'
    run "$COLDSWARM" report 4.db
    [ "$status" -eq 3 ]
    [[ "$output" == *"4.db: a newer coldswarm made it (schema 11, this version supports 10); use the newer version"* ]]
    # By everything that opens a run file; of compare and merge, whichever place it has.
    local command
    for command in "gate 4.db -e 'http_req_duration max<1'" "gate 3.db --baseline 4.db --max-regression 'p(95) 5%'" 'compare 4.db --with 3.db' \
        'compare 3.db --with 4.db' 'report 3.db 4.db' 'merge out.db 4.db 3.db' 'import 4.db --logs one.log' 'manifest 4.db' 'run --replay 4.db'; do
        log_of_one_request >one.log
        eval "run \"\$COLDSWARM\" $command"
        echo "$command: $status, $output"
        [ "$status" -eq 3 ] || [ "$status" -eq 2 ]
        [[ "$output" == *"4.db: a newer coldswarm made it (schema 11, this version supports 10); use the newer version"* ]]
    done
    [ "$(sqlite3 4.db 'PRAGMA user_version')" = 11 ]
    [ ! -e out.db ]
}

@test "the fixtures are all schemas before this one" {
    local now
    now=$(sed -n 's/^#define DB_SCHEMA_VERSION //p' "$ROOT/src/record/db.h")
    [ "$(ls "$ROOT/tests/record/old" | sed 's/[^0-9]//g' | sort -n | tr '\n' ' ')" = "$(seq -s ' ' 1 $((now - 1))) " ]
}
