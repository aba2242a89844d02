#!/usr/bin/env bats
# coldswarm merge: the parts of a split run make the run again; what is refused; what is INVALID or SUSPECT; no file after a failure.

bats_require_minimum_version 1.5.0
load ../support/helpers

setup_file() {
    cd "$BATS_FILE_TMPDIR"
    python3 "$BATS_TEST_DIRNAME/make_whole_run.py" whole.db many
    mkdir parts
    python3 "$BATS_TEST_DIRNAME/split_run.py" whole.db 3 parts
}

setup() {
    cd "$BATS_TEST_TMPDIR"
    cp "$BATS_FILE_TMPDIR"/parts/*.db .
}

# same KIND: splits a run of this kind into 2, 3 and 7 parts; a merge of them is the run again.
same() {
    local n
    rm -f whole.db
    python3 "$BATS_TEST_DIRNAME/make_whole_run.py" whole.db "$1"
    for n in 2 3 7; do
        rm -rf parts out.db
        mkdir parts
        python3 "$BATS_TEST_DIRNAME/split_run.py" whole.db "$n" parts
        "$COLDSWARM" merge out.db parts/*.db
        python3 "$BATS_TEST_DIRNAME/check_merge.py" "$COLDSWARM" whole.db out.db
    done
}

# manifest DB KEY VALUE
manifest() {
    sqlite3 "$1" "UPDATE manifest SET value = '$3' WHERE key = '$2'"
}

# refused CODE TEXT FILE...: a merge of the files fails with the code and says the text; there is no file.
refused() {
    local code=$1 text=$2
    shift 2
    run --separate-stderr -"$code" "$COLDSWARM" merge out.db "$@"
    [[ $stderr == *"$text"* ]] || { echo "$stderr" && false; }
    [ -z "$output" ]
    [ -z "$(compgen -G 'out.db*')" ]
}

# verdict CODE WORD TEXT FILE...
verdict() {
    local code=$1 word=$2 text=$3
    shift 3
    rm -f out.db
    run -"$code" "$COLDSWARM" merge out.db "$@"
    [[ $output == *"Verdict   $word: "*"$text"* ]] || { echo "$output" && false; }
    [ "$(sql out.db "SELECT verdict FROM run")" = "$word" ]
    [[ "$(sql out.db "SELECT verdict_reason FROM run")" == *"$text"* ]]
    [ "$(sql out.db "PRAGMA integrity_check")" = ok ]
}

@test "parts make the run again: requests of every outcome" {
    same many
}

@test "parts make the run again: a load by rate with streams" {
    same rate
}

@test "parts make the run again: tasks with steps" {
    same flows
}

@test "parts make the run again: names and errors that are an attack" {
    same hostile
    same attack
}

@test "the summary, and the view of the parts" {
    run --separate-stderr -0 "$COLDSWARM" merge new/folder/out.db 2.db 0.db 1.db
    [ -z "$stderr" ]
    diff - <(printf '%s\n' "$output") <<'END'
Parts     3 of 3
Requests  2882, 168 of them failed
Verdict   VALID: every request of the 3 parts is in the file, and each part is VALID
File      new/folder/out.db
END
    [ "$(ls new/folder)" = out.db ]
    [ "$(sql new/folder/out.db "SELECT shard, host, verdict, file, threads, offset_us IS NULL, requests > 800, duration_us FROM shard")" = \
"0|a|VALID|0.db|2|1|1|60000000
1|b|VALID|1.db|2|1|1|60000000
2|c|VALID|2.db|2|1|1|60000000" ]
    [ "$(sql new/folder/out.db "SELECT shard, value FROM shard_manifest WHERE key = 'argv' ORDER BY shard LIMIT 1")" = "0|coldswarm run --shard 0/3" ]
    [ "$(sql new/folder/out.db "SELECT sum(requests) FROM shard")" = "$(sql new/folder/out.db "SELECT sum(requests) FROM seconds")" ]
    # A merged file is no part.
    cp new/folder/out.db whole.db
    refused 2 "whole.db is a whole run, not a part of one" whole.db
}

@test "a merged file is as large as the run, and has at most 33 bytes for a request by rate" {
    "$COLDSWARM" merge out.db ./*.db
    sqlite3 out.db VACUUM
    [ "$(($(stat -c %s out.db) - $(stat -c %s "$BATS_FILE_TMPDIR/whole.db")))" -lt 40000 ]
    # 200000 rows of 100 users, ten minutes into a run: late by up to 100 us, 0.3 to 30 ms, 100 and 48 bytes.
    rm -f ./*.db
    python3 "$BATS_TEST_DIRNAME/make_whole_run.py" whole.db empty
    sqlite3 whole.db "PRAGMA synchronous = OFF; DELETE FROM result; INSERT INTO result(id, endpoint, status, outcome, new_connection, sent_again) VALUES (1, 0, 200, 0, 0, 0);
        WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 199999)
        INSERT INTO request SELECT i + 1, 1, i % 100, 600000000 + i * 100, i % 100, 300 + i * 7919 % 30000, i % 100, NULL, NULL, NULL, 100, 48 FROM n"
    python3 "$BATS_TEST_DIRNAME/split_run.py" whole.db 3 .
    rm whole.db
    "$COLDSWARM" merge out.db ?.db
    [ "$(sql out.db "SELECT count(*) FROM requests")" = 200000 ]
    [ "$(stat -c %s out.db)" -le $((33 * 200000)) ] || { stat out.db; false; }
}

@test "an import joins the requests of all parts, because each user's rows keep their order" {
    python3 "$BATS_TEST_DIRNAME/make_log.py" run whole.db 900
    python3 "$BATS_TEST_DIRNAME/make_log.py" log 900 >log.json
    python3 "$BATS_TEST_DIRNAME/split_run.py" whole.db 3 .
    "$COLDSWARM" merge out.db ?.db
    for file in whole out; do
        run -0 "$COLDSWARM" import $file.db --all --logs log.json
        [[ $output == *"Joined    900 of 900 requests"* ]]
        sql $file.db "SELECT s.trace, r.user, r.sent_us, r.end_us FROM server_requests AS s JOIN requests AS r ON r.id = s.request_id
            ORDER BY s.trace" >$file
    done
    cmp whole out
}

@test "a report has a table of the parts" {
    sqlite3 1.db "UPDATE run SET verdict = 'SUSPECT', verdict_reason = 'busy'"
    "$COLDSWARM" merge out.db ?.db
    "$COLDSWARM" report -f json out.db >json
    [ "$(json json "\$.shards[1].host")" = b ]
    [ "$(json json "\$.shards[1].verdict_reason")" = busy ]
    [ "$(json json "\$.shards[2].requests")" = "$(sql out.db "SELECT count(*) FROM requests WHERE user % 3 = 2 AND service_us NOT NULL")" ]
    run -0 "$COLDSWARM" report out.db
    [[ $output == *"Parts of the load"*"   1  b "*" SUSPECT"* ]]
    "$COLDSWARM" report -f html out.db >html
    grep -q "Loop lag 99%ile" html
    # Other runs have no such table.
    run -0 "$COLDSWARM" report "$BATS_FILE_TMPDIR/whole.db"
    [[ $output != *"Parts on"* ]]
}

# drawn COUNT COLUMNS: report/data/shards.csv has these columns, and in each second what SQL counts; the column "mean" divides by COUNT.
drawn() {
    [ "$(head -1 report/data/shards.csv)" = "second,$2" ]
    python3 - "$1" <<'END'
import csv, sqlite3, sys
db = sqlite3.connect("out.db")
rows = list(csv.DictReader(open("report/data/shards.csv")))
count, = db.execute("SELECT count(*) FROM shard").fetchone()
assert len(rows) == 60, len(rows)
for row in rows:
    for column, value in row.items():
        part = column.removeprefix("part_")
        if column != "second":
            n, = db.execute("SELECT count(*) FROM requests WHERE end_us / 1000000 = ? AND service_us NOT NULL AND (? = 'mean' OR user % ? = CAST(? AS INT))",
                            (int(row["second"]), part, count, part)).fetchone()
            assert abs(float(value) - (n / int(sys.argv[1]) if part == "mean" else n)) < 1e-9, (row, column, n)
END
}

@test "a report has a figure of the requests per second of each part; of many parts, those with the fewest and the mean of all" {
    "$COLDSWARM" merge out.db ?.db
    run -0 "$COLDSWARM" report out.db --out report
    drawn 3 part_0,part_1,part_2
    [ -s report/shards.svg ] && [ -s report/shards.png ]
    grep -q 'Requests per second of the parts on several machines' report/report.html
    grep -q 'addlegendentry{part 2}' report/latex/figure_shards.tex
    # Not of a part of the run, which has no table of the parts either, and not of a run that is no merge.
    "$COLDSWARM" report out.db --out cut --no-figures --from 1s >/dev/null
    [ ! -e cut/data/shards.csv ]
    "$COLDSWARM" report "$BATS_FILE_TMPDIR/whole.db" --out whole --no-figures >/dev/null
    [ ! -e whole/data/shards.csv ]
    # Ten parts, of which one has no file.
    rm -f out.db ?.db
    python3 "$BATS_TEST_DIRNAME/split_run.py" "$BATS_FILE_TMPDIR/whole.db" 10 .
    rm 4.db
    sqlite3 6.db "DELETE FROM request WHERE at_us > 5000000; DELETE FROM reconnection WHERE request NOT IN (SELECT id FROM request)"
    run -4 "$COLDSWARM" merge --partial out.db ?.db
    rm -rf report
    run -0 "$COLDSWARM" report out.db --out report --no-figures
    drawn 9 "mean,$(sql out.db "SELECT group_concat('part_' || shard) FROM (SELECT * FROM (SELECT shard FROM shard WHERE requests NOT NULL ORDER BY requests, shard LIMIT 5) ORDER BY shard)")"
    [[ $(head -1 report/data/shards.csv) == *part_6* ]]
    grep -q "the five with the fewest requests, and the mean of all" report/report.html
}

@test "files that are not parts of one load are refused, with the key, both values and both files" {
    sqlite3 1.db "UPDATE run SET seed = 43"
    refused 2 '0.db and 1.db are not parts of one load: seed is "42" in the first and "43" in the second' ?.db
    sqlite3 1.db "UPDATE run SET seed = 42, scenario = '{ }'"
    refused 2 'scenario is "{}" in the first and "{ }" in the second' ?.db
    sqlite3 1.db "UPDATE run SET scenario = '{}', target = 'http://b'"
    refused 2 'target is "http://127.0.0.1:8080" in the first and "http://b" in the second' ?.db
    sqlite3 1.db "UPDATE run SET target = 'http://127.0.0.1:8080', version = '0.2.0'"
    refused 2 'version is "0.1.0" in the first and "0.2.0" in the second' ?.db
    sqlite3 1.db "UPDATE run SET version = '0.1.0'"
    manifest 1.db start_at 2026-11-24T03:00:01.000Z
    refused 2 'start_at is "2026-11-24T03:00:00.000Z" in the first and "2026-11-24T03:00:01.000Z" in the second' ?.db
    manifest 1.db start_at 2026-11-24T03:00:00.000Z
    manifest 1.db shard 1/4
    refused 2 "the first is one of 3 parts, the second one of 4" ?.db
    manifest 1.db shard 1/3
    manifest 2.db option_users 11
    refused 2 'option_users is "10" in the first and "11" in the second' ?.db
    manifest 2.db option_users 10
    sqlite3 2.db "INSERT INTO manifest VALUES ('file_sha256:a.bin', 'abc')"
    refused 2 '0.db and 2.db are not parts of one load: file_sha256:a.bin is "(none)" in the first and "abc" in the second' ?.db
    sqlite3 2.db "DELETE FROM manifest WHERE key LIKE 'file%'; UPDATE endpoint SET name = 'x' WHERE id = 0"
    refused 2 "endpoints, tasks or checks differ" ?.db
}

@test "a part twice, a part that is missing, and an output that exists are refused" {
    cp 1.db again.db
    refused 2 "1.db and again.db are the same part, 1 of 3" 0.db 1.db again.db 2.db
    refused 2 "1.db and 1.db are the same part" 0.db 1.db 1.db
    refused 2 "part 1 of 3 is missing (--partial" 0.db 2.db
    refused 2 "parts 0 and 2 of 3 are missing" 1.db
    refused 3 "cannot read none.db" 0.db none.db
    "$COLDSWARM" merge out.db ?.db
    sum=$(cksum out.db)
    run -3 "$COLDSWARM" merge out.db ?.db
    [[ $output == *"cannot create out.db: it already exists (choose another name, or remove it)"* ]]
    run -3 "$COLDSWARM" merge 0.db ?.db
    [[ $output == *"already exists"* ]]
    [ "$sum" = "$(cksum out.db)" ]
    run -2 "$COLDSWARM" merge out.db
    run -3 "$COLDSWARM" merge /proc/none/out.db ?.db
}

@test "what is of a machine may differ between parts" {
    manifest 1.db threads 7
    manifest 1.db kernel Other
    sqlite3 1.db "DELETE FROM manifest WHERE key = 'cpu'"
    manifest 1.db scenario_folder /elsewhere
    manifest 1.db receive_clock client
    manifest 1.db loop_lag_p99_us 12345
    "$COLDSWARM" merge out.db ?.db
    [ "$(sql out.db "SELECT threads FROM shard")" = $'2\n7\n2' ]
    [ "$(sql out.db "SELECT key, value FROM manifest WHERE key IN ('threads', 'kernel', 'cpu', 'cpus', 'scenario_folder', 'receive_clock',
        'loop_lag_p99_us', 'argv', 'shard', 'boot_id') ORDER BY key")" = \
"cpus|2
loop_lag_p99_us|12345
receive_clock|client
scenario_folder|/tmp" ]
    # A report says less of the machines, and no number of one for all.
    "$COLDSWARM" report --no-figures --out report out.db >/dev/null
    [[ $(<report/methods.md) == *"from ? threads. Receive times are from the client's clock"* ]]
}

@test "a missing part: --partial makes an INVALID file that names it" {
    rm -f out.db
    run -4 "$COLDSWARM" merge --partial out.db 0.db 2.db
    [[ $output == *"Parts     2 of 3"*"Verdict   INVALID: part 1 of 3 is missing: its requests are not in this file"* ]]
    [ "$(sql out.db "SELECT verdict, exit_code FROM run")" = "INVALID|4" ]
    [ "$(sql out.db "SELECT shard, verdict, verdict_reason, requests IS NULL FROM shard WHERE shard = 1")" = "1|INVALID|it is missing|1" ]
    [ "$(sql out.db "SELECT count(*) FROM request WHERE user % 3 = 1")" = 0 ]
    run -4 "$COLDSWARM" gate out.db -e 'http_reqs count>1'
    # With all parts it changes nothing.
    rm out.db
    run -0 "$COLDSWARM" merge --partial out.db ?.db
}

@test "an interrupted part, one that a signal ended, one that lost requests, and one that is INVALID" {
    sqlite3 1.db "UPDATE run SET duration_us = NULL, verdict = NULL, verdict_reason = NULL, exit_code = NULL"
    verdict 4 INVALID "part 1 of 3 (host b): it was interrupted" ?.db
    cp "$BATS_FILE_TMPDIR"/parts/1.db .
    sqlite3 2.db "INSERT INTO event VALUES (59000000, 'signal', 'SIGTERM: no new requests'); UPDATE run SET exit_code = 143"
    verdict 4 INVALID "part 2 of 3 (host c): a signal ended it" ?.db
    [ "$(sql out.db "SELECT exit_code FROM run")" = 143 ]
    [ "$(sql out.db "SELECT text FROM event WHERE kind = 'signal'")" = "SIGTERM: no new requests [part 2 of 3 (host c)]" ]
    "$COLDSWARM" report -f json out.db >json
    [[ $(json json notes) == *"SIGTERM stopped the load"* ]]
    cp "$BATS_FILE_TMPDIR"/parts/2.db .
    sqlite3 0.db "UPDATE client_second SET lost = 9 WHERE second > 20"
    verdict 4 INVALID "part 0 of 3 (host a): 9 requests are missing in its file" ?.db
    [ "$(sql out.db "SELECT DISTINCT lost FROM client")" = $'0\n9' ]
    cp "$BATS_FILE_TMPDIR"/parts/0.db .
    sqlite3 2.db "UPDATE run SET verdict = 'INVALID', verdict_reason = 'too late', exit_code = 4"
    verdict 4 INVALID "part 2 of 3 (host c): too late" ?.db
    [ "$(sql out.db "SELECT exit_code FROM run")" = 4 ]
    sqlite3 2.db "UPDATE run SET verdict = 'SUSPECT', verdict_reason = 'busy', exit_code = 0"
    verdict 0 SUSPECT "part 2 of 3 (host c): busy" ?.db
}

@test "clocks of several machines: not synchronized, or too far apart" {
    manifest 2.db clock_maxerror_us 2000000
    verdict 0 VALID "each part is VALID" ?.db
    manifest 2.db boot_id two
    verdict 0 SUSPECT "the clocks of part 2 of 3 (host c) and part 0 of 3 (host a) may differ by up to 2000.5 ms" ?.db
    manifest 2.db clock_maxerror_us 99500
    verdict 0 VALID "each part is VALID" ?.db
    manifest 2.db clock_synchronized 0
    verdict 0 SUSPECT "part 2 of 3 (host c): its clock was not synchronized and may be wrong by 99.5 ms or more" ?.db
    sqlite3 2.db "DELETE FROM manifest WHERE key LIKE 'clock%'"
    verdict 0 SUSPECT "part 2 of 3 (host c): its clock was not synchronized and may be wrong by an unknown time" ?.db
}

@test "clocks that an agent has compared are not doubted, unless the times of the parts came apart" {
    local f
    for f in ?.db; do
        sqlite3 $f "INSERT INTO manifest VALUES ('clock_offset_us', '5000123'), ('clock_offset_bound_us', '14'), ('clock_monotonic_offset_ns', '-77000000000'),
            ('clock_monotonic_bound_ns', '13500'), ('clock_drift_ns', '-20500'), ('clock_drift_bound_ns', '27000')"
    done
    manifest 2.db boot_id two
    manifest 2.db clock_synchronized 0
    verdict 0 VALID "each part is VALID" ?.db
    [ "$(sql out.db "SELECT group_concat(offset_us || ' ' || offset_bound_us, ', ') FROM shard")" = "5000123 14, 5000123 14, 5000123 14" ]
    "$COLDSWARM" report out.db | grep -A4 'Clock offset (ms)' | grep -q ' 5000'
    manifest 2.db clock_drift_ns -150000000
    verdict 0 SUSPECT "the time of part 2 of 3 (host c) may differ from that of part 0 by up to 150.0 ms (over 100 ms): a clock was set" ?.db
    sqlite3 2.db "DELETE FROM manifest WHERE key LIKE 'clock_drift%'" # lost before the end
    verdict 0 VALID "each part is VALID" ?.db
    manifest 2.db clock_monotonic_bound_ns 100500000
    verdict 0 SUSPECT "the time of part 2 of 3 (host c) may differ from that of part 0 by up to 100.5 ms" ?.db
    sqlite3 1.db "DELETE FROM manifest WHERE key = 'clock_monotonic_bound_ns'"
    verdict 0 SUSPECT "part 2 of 3 (host c): its clock was not synchronized" ?.db
}

@test "a threshold that ended all parts at one moment is the end of the run; one that ended some is not" {
    local f
    for f in ?.db; do
        sqlite3 $f "INSERT INTO manifest VALUES ('thresholds', 'http_reqs rate>100000 abortOnFail'), ('thresholds_end', '2.0 http_reqs rate>100000 abortOnFail')"
    done
    verdict 0 VALID "each part is VALID" ?.db
    [ "$(sql out.db "SELECT exit_code FROM run")" = 99 ]
    [ "$(sql out.db "SELECT value FROM manifest WHERE key = 'thresholds_end'")" = "2.0 http_reqs rate>100000 abortOnFail" ]
    sqlite3 2.db "UPDATE run SET verdict = NULL, duration_us = NULL" # killed in that moment
    verdict 4 INVALID "part 2 of 3 (host c): it was interrupted" ?.db
    sqlite3 1.db "DELETE FROM manifest WHERE key = 'thresholds_end'"
    verdict 4 INVALID "part 0 of 3 (host a): a threshold ended it before its time" ?.db
}

@test "thresholds are evaluated on the rows of all parts" {
    count=$(sql "$BATS_FILE_TMPDIR/whole.db" "SELECT sum(requests) FROM seconds")
    for i in 0 1 2; do
        sqlite3 $i.db "INSERT INTO manifest VALUES ('thresholds', 'http_reqs count>=$count')"
    done
    "$COLDSWARM" merge out.db ?.db
    [ "$(sql out.db "SELECT exit_code FROM run")" = 1 ] # requests failed that no threshold covers
    run -0 "$COLDSWARM" gate out.db
    for i in 0 1 2; do
        manifest $i.db thresholds "http_reqs count>$count"
    done
    rm out.db
    "$COLDSWARM" merge out.db ?.db
    [ "$(sql out.db "SELECT exit_code FROM run")" = 99 ]
    run -99 "$COLDSWARM" gate out.db
}

@test "damaged parts: an error, and no file" {
    for damage in "DELETE FROM result" "UPDATE request SET result = 99999 WHERE id = 5" "UPDATE request SET result = -1" \
        "UPDATE request SET user = 1 WHERE user = 3" "UPDATE iteration SET task = 99" "DROP TABLE iteration" \
        "INSERT INTO stream SELECT 77777, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, '', 1, 1, 1, '', 1, 1" \
        "INSERT INTO reconnection VALUES (77777, 1, 1)" "INSERT INTO reconnection VALUES (0, 1, 1)" \
        "DROP TABLE request; CREATE VIEW request AS WITH RECURSIVE x(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM x) SELECT id FROM x" \
        "PRAGMA legacy_alter_table = ON; CREATE TABLE r(id, result, user, at_us, lag_us, took_us, rest_us, dns_us, connect_us, tls_us, bytes_sent, bytes_received);
            INSERT INTO r SELECT * FROM request; INSERT INTO r SELECT * FROM request; DROP TABLE request;
            ALTER TABLE r RENAME TO request"; do
        cp "$BATS_FILE_TMPDIR"/parts/0.db .
        sqlite3 0.db "$damage"
        refused 3 "0.db" ?.db
    done
    for shard in 0/0 3/3 -1/3 1/ 1/3x 0x1/3 99999999999/3 1/999999999999; do
        cp "$BATS_FILE_TMPDIR"/parts/0.db .
        manifest 0.db shard "$shard"
        refused 2 "\"$shard\" is not a part such as 0/4" 0.db
    done
    head -c 20000 1.db >0.db
    refused 3 "0.db" ?.db
    echo text >0.db
    refused 3 "cannot read 0.db: it is not a run file" ?.db
}

@test "numbers without sense in a part do not crash it" {
    sqlite3 0.db "UPDATE request SET at_us = 9223372036854775807, took_us = 9223372036854775807 WHERE id % 7 = 1;
        UPDATE request SET at_us = 'text', lag_us = x'00' WHERE id % 7 = 2; UPDATE user_count SET users = -9223372036854775807;
        UPDATE client_second SET second = second * 1000000000000, cpu_max = -1; UPDATE dispatch_second SET sent = 9223372036854775807;
        UPDATE check_second SET passes = 'x'; UPDATE manifest SET value = '-1' WHERE key = 'dispatch_late';
        UPDATE run SET users_max = -5, duration_us = -7, verdict = 'FINE'"
    manifest 0.db host "$(printf '\033[31m%0200d' 1)"
    run "$COLDSWARM" merge out.db ?.db
    [ "$status" -eq 4 ] || [ "$status" -eq 3 ]
    [[ $output != *$'\033'* ]]
}

@test "a merge that is killed leaves no file, and the next one works" {
    python3 "$BATS_TEST_DIRNAME/make_log.py" run big.db 300000
    columns="result, user, at_us, lag_us, took_us, rest_us, bytes_sent, bytes_received"
    for _ in 1 2 3; do
        sqlite3 big.db "INSERT INTO request($columns) SELECT $columns FROM request"
    done
    # One part of one: the users of the run are all its.
    sqlite3 big.db "INSERT OR REPLACE INTO manifest VALUES ('shard', '0/1'), ('start_at', '2026-11-24T03:00:00.000Z')"
    for signal in INT TERM KILL; do
        "$COLDSWARM" merge out.db big.db >said 2>&1 3>&- &
        pid=$!
        while [ ! -s out.db.merging ] && kill -0 "$pid" 2>/dev/null; do pause; done
        kill -"$signal" "$pid"
        code=0
        wait "$pid" || code=$?
        [ "$code" -eq $((128 + $(kill -l $signal))) ]
        [ ! -e out.db ]
        [ $signal = KILL ] || [ ! -e out.db.merging ]
        [ ! -s said ]
    done
    "$COLDSWARM" merge out.db big.db
    [ "$(sql out.db "SELECT count(*) FROM request")" = 2400000 ]
    [ ! -e out.db.merging ]
}
