#!/usr/bin/env bats
# coldswarm import: what it says of a log and of metrics, what becomes of bad files, and a large one in little memory.

bats_require_minimum_version 1.5.0
load ../support/helpers

setup() {
    cd "$BATS_TEST_TMPDIR"
    make_log="$BATS_TEST_DIRNAME/make_log.py"
}

# new_run DB [N]: a finished run of 100 users with N requests, 4 us apart, which sent traces.
new_run() {
    python3 "$make_log" run "$@"
}

@test "a log: what was used, joined, and can be shown now" {
    new_run run.db 300
    python3 "$make_log" log 300 >log.json
    run --separate-stderr -0 "$COLDSWARM" import run.db --logs log.json
    [ -z "$stderr" ]
    diff - <(printf '%s\n' "$output") <<'END'
log.json: 300 entries, 300 used

Service   s
Holds     300 requests, 0 events, 20 instances, 0 points of metrics
Joined    300 of 300 requests, by trace id
Clock     the server's is 0.150 ms behind the client's, ± 0.150 (300 pairs)
Report    can show instances, billable time, request count, latency; the rest needs --metrics
END
    [ "$(sql run.db "SELECT count(*), count(DISTINCT request_id), min(at_us) FROM server_requests")" = "300|300|150" ]
}

@test "importing twice changes nothing in the file" {
    new_run run.db 50
    python3 "$make_log" log 50 >log.json
    "$COLDSWARM" import run.db -l log.json
    sqlite3 run.db .dump >once
    run -0 "$COLDSWARM" import run.db -l log.json
    [ "${lines[0]}" = "log.json: 50 entries, 50 used (0 of them new)" ]
    sqlite3 run.db .dump >twice
    cmp once twice
}

@test "triggers of someone else's file do not fire" {
    new_run run.db 20
    python3 "$make_log" log 20 >log.json
    sqlite3 run.db "CREATE TRIGGER t AFTER INSERT ON server_request BEGIN UPDATE run SET name = 'changed'; END;
        CREATE TRIGGER u AFTER INSERT ON server_side BEGIN DELETE FROM request; END"
    run -0 "$COLDSWARM" import run.db --logs log.json
    [ "$(sql run.db "SELECT name <> 'changed', (SELECT count(*) FROM request) FROM run")" = "1|20" ]
}

@test "half a log from a pipe, the wrong way round, with others' entries and a broken one" {
    new_run run.db 40
    python3 "$make_log" log 40 --ndjson --service other --untraced >foreign.log
    python3 "$make_log" log 40 --ndjson | tac >mine.log
    { head -n 10 mine.log; echo '{"logName":"cut he'; cat foreign.log; sed -n 11,20p mine.log; head -c 100 mine.log; } >mixed.log
    run -0 "$COLDSWARM" import run.db --service s --logs <(cat mixed.log)
    [[ ${lines[0]} == *": 61 entries, 20 used, 40 of another service or revision, 1 bad:" ]]
    [[ ${lines[1]} == *":11: it is damaged: brackets or quotes do not match" ]]
    [[ ${lines[2]} == *"the file is truncated"* ]]
    [[ $output == *"Joined    20 of 20 requests, by trace id"* ]]
    # A pipe cannot be read a second time, for the service that turns out to be the one.
    run -3 "$COLDSWARM" import run.db --replace --logs <(cat mixed.log)
    [[ $output == *"several services (s, other)"*"--service"* ]]
    run -0 "$COLDSWARM" import run.db --replace --logs mixed.log
    [[ $output == *"Service   s (skipped: other; use --service to choose another)"* ]]
}

@test "entries of another time" {
    new_run run.db 5
    python3 "$make_log" log 5 --untraced --day 25 >log.json
    run -0 "$COLDSWARM" import run.db --logs log.json
    [[ ${lines[0]} == "log.json: 5 entries, 0 used, 5 outside the time of the run" ]]
    [[ ${lines[1]} == "    outside: from 2026-11-25T03:00:00.000Z to 2026-11-25T03:00:00.000Z; --all imports them"* ]]
    run -0 "$COLDSWARM" import run.db --logs log.json --all
    [[ ${lines[0]} == "log.json: 5 entries, 5 used" ]]
    [[ $output == *"Joined    0 of 5 requests, by trace id, 5 not sent by this run"* ]]
    [[ $output == *"Clock     assumed equal to the client's"* ]]
}

@test "metrics alone" {
    new_run run.db 5
    cat >metrics.json <<'END'
[{"metric":{"type":"run.googleapis.com/container/memory/utilizations"},"metricKind":"GAUGE","points":[
  {"interval":{"endTime":"2026-11-24T03:00:01Z"},"value":{"doubleValue":0.25}},
  {"interval":{"endTime":"never"},"value":{"doubleValue":0.25}}]}]
END
    run -0 "$COLDSWARM" import run.db --metrics metrics.json
    diff - <(printf '%s\n' "$output") <<'END'
metrics.json: 2 points, 1 used, 1 bad:
    metrics.json:3: its interval has no endTime

Holds     0 requests, 0 events, 0 instances, 1 point of metrics
Clock     assumed equal to the client's: without joined requests the offset is unknown
Report    can show memory; the rest needs --metrics
END
    [ "$(sql run.db "SELECT metric, at_us, value FROM server_series")" = "container/memory/utilizations|1000000|0.25" ]
}

@test "what cannot be imported is said in one line, and nothing has changed" {
    new_run run.db 5
    sqlite3 run.db .dump >before
    python3 "$make_log" log 5 >log.json
    : >empty.json
    printf 'STATUS LATENCY\n200 0.1s\n' >table.txt
    for words in "run.db" "run.db --logs empty.json" "run.db --logs table.txt" "run.db --logs missing.json" \
        "run.db --logs ." "run.db --metrics log.json" "run.db --logs log.json --logs missing.json" \
        "log.json --logs log.json" "missing.db --logs log.json" "--logs log.json"; do
        run --separate-stderr "$COLDSWARM" import $words
        [ "$status" -eq 2 ] || [ "$status" -eq 3 ]
        [ -z "$output" ]
        [ "${#stderr_lines[@]}" -le 2 ]
        [[ $stderr == "coldswarm: "* ]]
    done
    sqlite3 run.db .dump >after
    cmp before after
}

@test "a run that is under way is left alone" {
    start_target
    python3 "$make_log" log 5 >log.json
    "$COLDSWARM" run -H "$URL" -u 1 -t 60s -o live.db --quiet >/dev/null 2>&1 3>&- &
    pid=$!
    STARTED_PIDS+=("$pid")
    # The file is there before its first row is.
    for ((i = 0; i < 3000; i++)); do
        [ -s live.db ] && [ "$(sqlite3 -readonly live.db 'SELECT count(*) FROM run' 2>/dev/null)" = 1 ] && break
        sleep 0.02
    done
    run -3 "$COLDSWARM" import live.db --logs log.json
    [[ $output == *"another program has it open"* ]]
    kill -TERM "$pid"
    wait "$pid" || true
    run -0 "$COLDSWARM" import live.db --logs log.json --all
}

@test "log entries in messages of Pub/Sub and in rows of BigQuery are those of the log" {
    new_run run.db 20
    python3 "$make_log" log 20 >log.json
    python3 - <<'END'
import base64, datetime, json
log = json.load(open("log.json"))
data = [base64.b64encode(json.dumps(e).encode()).decode() for e in log]
json.dump([{"ackId": "x", "message": {"data": d, "messageId": "1"}} for d in data], open("gcloud-pull.json", "w"))
json.dump({"receivedMessages": [{"ackId": "x", "message": {"data": d}} for d in data]}, open("rest-pull.json", "w"))
open("push.json", "w").write("\n".join(json.dumps({"message": {"data": d}, "subscription": "s"}) for d in data))
rows = json.load(open("log.json"))
for row in rows: # as bq query --format=json prints them: texts
    row["timestamp"] = row["timestamp"].replace("T", " ").replace("Z", " UTC")
    row["httpRequest"] = {k: v.rstrip("s") if k == "latency" else str(v) for k, v in row["httpRequest"].items()}
json.dump(rows, open("bq.json", "w"))
def fields(v):
    return [{"name": k, "type": "TIMESTAMP" if k == "timestamp" else "RECORD" if isinstance(x, dict) else "STRING", **({"fields": fields(x)} if isinstance(x, dict) else {})} for k, x in v.items()]
def cells(v):
    return {"f": [{"v": cells(x) if isinstance(x, dict) else x} for x in v.values()]}
for row in rows: # as the API of BigQuery answers
    t = row["timestamp"].replace(" UTC", "+00:00").replace(" ", "T")
    head, fraction = t[:19], t[19:].split("+")[0]
    row["timestamp"] = str(int(datetime.datetime.fromisoformat(head + "+00:00").timestamp())) + fraction
json.dump({"kind": "bigquery#queryResponse", "schema": {"fields": fields(rows[0])}, "rows": [cells(row) for row in rows]}, open("api.json", "w"))
END
    "$COLDSWARM" import run.db --logs log.json >/dev/null
    sql run.db 'SELECT method, status, latency_us, request_id FROM server_requests ORDER BY request_id' >expected
    [ "$(wc -l <expected)" -eq 20 ]
    for file in gcloud-pull.json rest-pull.json push.json bq.json api.json; do
        run -0 "$COLDSWARM" import run.db --replace --logs "$file"
        [[ ${lines[0]} == "$file: 20 entries, 20 used" ]] || { echo "$output"; return 1; }
        sql run.db 'SELECT method, status, latency_us, request_id FROM server_requests ORDER BY request_id' | diff - expected
    done
}

@test "results of PromQL are time series" {
    new_run run.db 5
    python3 - <<'END'
import json
json.dump({"status": "success", "data": {"resultType": "matrix", "result": [
    {"metric": {"__name__": "run_googleapis_com:container_instance_count", "service_name": "s", "state": "active"}, "values": [[1795489200, "3"], [1795489260, "4"]]},
    {"metric": {"__name__": "run_googleapis_com:request_count", "service_name": "s", "response_code_class": "2xx"}, "values": [[1795489200, "10"], [1795489260, "25"], [1795489320, "25"]]},
    {"metric": {"service_name": "s"}, "values": [[1795489200, "1"]]}]}}, open("prom.json", "w"))
END
    run -0 "$COLDSWARM" import run.db --metrics prom.json --all
    [[ ${lines[0]} == "prom.json: 5 points, 4 used, 1 bad:" ]]
    [[ $output == *'without the name of its metric'* ]]
    [ "$(sql run.db 'SELECT count(*), sum(value) FROM server_point')" = "4|22.0" ] # 3 and 4 instances, and what the counter grew by: 15 and 0
}

@test "a file of which nothing can be used is refused, and named" {
    new_run run.db 5
    refuse() {
        printf '%s' "$1" >odd.json
        run -2 "$COLDSWARM" import run.db "$3" odd.json
        [[ $output == *"nothing in odd.json $2"* ]] || { echo "$output"; return 1; }
    }
    refuse '{"error": {"code": 403, "message": "The caller does not have permission", "status": "PERMISSION_DENIED"}}' \
        'can be used: it is an error of the API: 403 PERMISSION_DENIED: The caller does not have permission' --logs
    refuse '{"error": {"code": 401, "message": "no", "status": "UNAUTHENTICATED"}}' 'can be used: it is an error of the API: 401' --metrics
    refuse '[{"a": 1, "b": 2}, {"c": 3}]' 'can be used: it is objects with the members "a", "b"' --logs
    refuse '[{"message": {"data": "?"}}]' 'can be used: line 1: the data of a Pub/Sub message is not base64' --logs
    refuse '[{"logName": "projects/p/logs/x", "timestamp": "2026-11-24T03:00:00Z", "resource": {"type": "gce_instance"}}]' 'is of Cloud Run: it holds logs of other products' --logs
    refuse '{"status": "success", "data": {"resultType": "vector", "result": [{"metric": {"__name__": "up"}, "value": [1, "1"]}]}}' \
        "can be used: line 1: PromQL's up is not a metric" --metrics
    python3 "$make_log" log 5 --untraced | gzip >odd.json.gz
    run -3 "$COLDSWARM" import run.db --logs odd.json.gz
    [[ $output == *"odd.json.gz is compressed; decompress it first (gunzip)"* ]]
    printf '\x28\xb5\x2f\xfd\x04\x00' >odd.json.zst
    run -3 "$COLDSWARM" import run.db --logs odd.json.zst
    [[ $output == *"odd.json.zst is compressed; decompress it first (zstd -d)"* ]]
}

@test "hostile names do not reach the terminal" {
    new_run run.db 3
    evil=$'\e[31m evil\nname.json'
    python3 "$make_log" log 3 --service $'s\e[2J' | sed 's/"latency": "[^"]*"/"latency": "\\u001b[31m"/' >"$evil"
    run -2 "$COLDSWARM" import run.db --logs "$evil"
    [[ $output != *$'\e'* ]]
    [[ $output == *'can be used:'*'its latency is not a duration'* ]]
    { cat "$evil"; python3 "$make_log" log 3 --service $'s\e[2J'; } >"2$evil"
    run -0 "$COLDSWARM" import run.db --logs "2$evil"
    [[ $output != *$'\e'* ]]
    [[ $output == *'6 entries, 3 used, 3 bad:'* ]]
}

# 102 MB through a pipe. The ceiling is 80 MB: SQLite's cache (32 MB), an entry, and the program.
# bats test_tags=plain
@test "a large log needs little memory" {
    new_run run.db 10
    python3 - "$COLDSWARM" "$make_log" <<'END'
import resource, subprocess, sys
log = subprocess.Popen([sys.executable, sys.argv[2], "log", "95000"], stdout=subprocess.PIPE)
program = subprocess.Popen([sys.argv[1], "import", "run.db", "--logs", "/dev/stdin"], stdin=log.stdout, stdout=subprocess.PIPE)
log.stdout.close()
words = program.stdout.read().decode()
pid, status, usage = __import__("os").wait4(program.pid, 0)
assert status == 0 and log.wait() == 0, words
assert words.startswith("/dev/stdin: 95000 entries, 95000 used\n"), words
assert usage.ru_maxrss < 80 * 1024, usage.ru_maxrss
END
}
