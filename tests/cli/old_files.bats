#!/usr/bin/env bats
# Run files of older versions stay readable, and one of a newer version is refused in words. tests/record/old has files as they were
# written then.

load ../support/helpers

setup() {
    cd "$BATS_TEST_TMPDIR"
    for v in 3 4 5; do sqlite3 "$v.db" <"$ROOT/tests/record/old/schema-$v.sql"; done
}

@test "report, gate and compare read files of schema 3, 4 and 5" {
    for v in 3 4 5; do
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
    for v in 3 4 5; do
        "$COLDSWARM" report "$v.db" --out "out$v" --format html >page.html
        [ -s "out$v/tables.md" ]
        grep -q '</html>' page.html
    done
}

@test "an import brings them up to date" {
    for v in 3 4 5; do
        printf '{"logName":"projects/p/logs/run.googleapis.com%%2Frequests","timestamp":"2026-11-24T03:00:00.500Z","resource":{"type":"cloud_run_revision","labels":{"service_name":"s","revision_name":"s-1"}},"labels":{"instanceId":"i1"},"insertId":"a","httpRequest":{"requestMethod":"GET","requestUrl":"http://x/","status":200,"latency":"0.1s"}}\n' >one.log
        "$COLDSWARM" import "$v.db" --logs one.log
        [ "$(sqlite3 "$v.db" 'PRAGMA user_version')" = 7 ]
        [ "$(sqlite3 "$v.db" 'SELECT count(*), count(http_version), count(resent_us), count(service_us) FROM requests')" = "7|0|0|6" ]
        [ "$(sqlite3 "$v.db" 'SELECT count(*) FROM checks WHERE passes > 1000')" = 0 ]
        [ "$(sqlite3 "$v.db" 'SELECT count(*) FROM checks WHERE not_judged <> 0')" = 0 ]
        [ "$(sqlite3 "$v.db" 'SELECT count(*) FROM failed_bodies WHERE seen IS NOT NULL')" = 0 ]
        [ "$(sqlite3 "$v.db" 'SELECT count(*) FROM server_requests')" = 1 ]
        [ "$(sqlite3 "$v.db" 'SELECT count(*) FROM streams')" = 0 ]
        [ "$(sqlite3 "$v.db" "SELECT count(*) > 0, group_concat(DISTINCT source) FROM server_series")" = "1|logs" ]
        [ "$(sqlite3 "$v.db" 'SELECT count(*) FROM scrape_point')" = 0 ]
        "$COLDSWARM" report "$v.db" >/dev/null
    done
}

@test "a file of a newer version is refused in words" {
    sqlite3 4.db 'PRAGMA user_version = 8'
    run "$COLDSWARM" report 4.db
    [ "$status" -eq 3 ]
    [[ "$output" == *"4.db: a newer coldswarm made it (schema 8, this version supports 7); use the newer version"* ]]
    run "$COLDSWARM" gate 4.db -e 'http_req_duration max<1'
    [ "$status" -eq 3 ]
    run "$COLDSWARM" compare 4.db --with 3.db
    [ "$status" -eq 3 ]
}
