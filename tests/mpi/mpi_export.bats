#!/usr/bin/env bats
# bats file_tags=more
# coldswarm-mpi with --otlp, --influx and --json-progress: receivers get the whole load as one run. The ranks are processes of this machine.

bats_require_minimum_version 1.5.0
load ../support/helpers
load ../support/influx
load ../support/mpi_here

setup() {
    cd "$BATS_TEST_TMPDIR"
    unset "${!OTEL_@}" "${!INFLUX_@}"
    mpi_here
}

# Hostile names, failures and thresholds.
scenario() {
    python3 - <<'END'
import json
json.dump({"name": "s", "load": {"users": 6, "spawn_rate": 100, "duration": "2500ms"}, "wait": {"constant": "20ms"},
           "thresholds": {"http_req_failed": ["rate<0.9"], "http_req_duration": ["p(95)<0.001"]},
           "tasks": [{"path": "/status/200", "weight": 4}, {"path": "/status/503", "name": "a, b=c \"d\" e\\"},
                     {"path": "/close", "name": "x\ny \u00e9 \\,z"}]}, open("s.json", "w"))
END
}

@test "each receiver has the numbers of the merged file, as of one run, and no part exports by itself" {
    start_hostile
    start_receiver
    scenario
    # What a part would find in its environment, rank 0 has taken.
    export COLDSWARM_INFLUX="$RECEIVER/ok/write?db=load" OTEL_EXPORTER_OTLP_HEADERS='api-key=s3cret'
    local code=0
    here 3 s.json -H "$URL" --otlp "$RECEIVER/flaky-1" --export-label testid=42 --json-progress p.jsonl --seed 7 -o big.db >out 2>err || code=$?
    [ "$code" = "$(sql big.db 'select exit_code from run')" ] || { cat err; false; }
    [ "$(sql big.db 'select count(*) from shard')" = 3 ]
    grep '"path": "/ok/write' "$RECEIVED" >influx.jsonl
    grep '"path": "/flaky-1/v1/metrics' "$RECEIVED" >otlp.jsonl
    [ "$(($(wc -l <influx.jsonl) + $(wc -l <otlp.jsonl)))" = "$(wc -l <"$RECEIVED")" ]
    # Both check that all that came is of one run: one identity, one start, times that go up, one end.
    node "$ROOT/tests/export/decode.js" otlp.jsonl >decoded
    python3 "$ROOT/tests/cli/check_otlp.py" decoded big.db
    python3 "$ROOT/tests/cli/check_influx.py" influx.jsonl big.db >said
    [[ $(cat said) == *"tags ['host', 'scenario', 'testid']" ]]
    python3 "$ROOT/tests/cli/check_progress.py" p.jsonl big.db --parts
    head -1 otlp.jsonl | json - '$.body' >body.json
    [ "$(head -1 otlp.jsonl | json - '$.headers."api-key"')" = s3cret ]
    [ "$(json_sql body.json "select group_concat(value->>'$.key' || '=' || (value->>'$.value.stringValue'), ' ')
        from file, json_each(doc, '$.resourceMetrics[0].resource.attributes')
        where value->>'$.key' in ('coldswarm.scenario', 'coldswarm.target', 'coldswarm.file', 'coldswarm.seed', 'coldswarm.shard', 'testid')")" = \
        "coldswarm.scenario=s coldswarm.target=$URL coldswarm.file=big.db coldswarm.seed=7 testid=42" ]
    # A line has each part, too.
    tail -1 p.jsonl >last.json
    [ "$(json_sql last.json "select group_concat(value->>'$.requests') from file, json_each(doc, '$.parts')")" = "$(sql big.db 'select group_concat(requests) from (select requests from shard order by shard)')" ]
    [ "$(json_sql last.json "select group_concat(value->>'$.state') from file, json_each(doc, '$.thresholds')")" = passes,fails ]
    # What happened to a receiver is in the merged file, once.
    fails grep warning err
    [ "$(sql big.db "select group_concat(text, ';') from (select text from event where kind = 'otlp' order by rowid)")" = "cannot send metrics to $RECEIVER/flaky-1/v1/metrics: status 503;$RECEIVER/flaky-1/v1/metrics takes metrics again, after 1 failure" ]
    [ "$(sql big.db "select count(*) from event where kind = 'otlp' and at_us not between 0 and 600000000")" = 0 ]
    fails grep -q s3cret big.db
}

@test "an InfluxDB gives the counts of the merged file back" {
    start_hostile
    start_influx
    scenario
    ask 'create database load' >/dev/null
    local code=0
    here 2 s.json -H "$URL" --influx "$INFLUX/load" -o big.db --quiet >out 2>err || code=$?
    [ "$code" = "$(sql big.db 'select exit_code from run')" ] || { cat err; false; }
    fails grep warning err
    # One series for each endpoint: of the whole.
    ask 'select last(requests), last(failures) from coldswarm_endpoint group by *' >endpoints.json
    [ "$(json_sql endpoints.json "select count(*), sum(value->>'$.values[0][1]') from file, json_each(doc, '$.results[0].series')")" = \
        "3|$(sql big.db "select count(*) from requests where outcome not in ('not_sent', 'cancelled', 'unsendable')")" ]
    [ "$(json_sql endpoints.json "select sum(value->>'$.values[0][2]') from file, json_each(doc, '$.results[0].series')")" = \
        "$(sql big.db "select count(*) from requests where outcome not in ('ok', 'not_sent', 'cancelled', 'unsendable')")" ]
}

# progress_of MS: a load of so many milliseconds, whose receivers fail, and whose reader of lines takes the first one and leaves.
progress_of() {
    rm -f big.db
    : >reader.out
    python3 -c '
import os, time
pipe, line = os.open("lines", os.O_RDONLY | os.O_NONBLOCK), b""
print("ready", flush=True)
while b"\n" not in line:
    try:
        line += os.read(pipe, 65536)
    except BlockingIOError:
        pass
    time.sleep(0.02)
open("first.json", "wb").write(line[:line.index(b"\n")])' >reader.out 2>&1 3>&- &
    STARTED_PIDS+=("$!")
    wait_line reader.out ready "$!"
    echo '{"name": "s", "load": {"rate": 40, "duration": "'"$1ms"'", "max_users": 8}, "tasks": [{"path": "/"}]}' >s.json
    code=0
    here 2 s.json -H "$URL" --otlp "$RECEIVER/500" --influx "$RECEIVER/hang/write?db=x" --json-progress lines -o big.db --quiet >out 2>err || code=$?
    [ "$code" = "$(sql big.db 'select exit_code from run')" ] || { cat err; false; }
}

@test "receivers that fail and readers that leave change nothing, and the end and the merged file say what they missed" {
    start_target
    start_receiver
    mkfifo lines
    local code ms
    # A longer load where the reader stalls, so that it leaves too late.
    for ms in 3500 15000 60000; do
        progress_of $ms
        [ "$(grep -c 'Broken pipe' err)" -eq 0 ] || break
        start_receiver
    done
    good_run big.db || [[ $(sql big.db 'select verdict_reason from run') =~ the\ client ]]
    [ "$(sql big.db 'select count(*) from requests')" = $((ms * 40 / 1000)) ]
    [ "$(json first.json '$.phase' '$.run.name')" = 'running|s' ]
    grep -q 'warning: --json-progress: nothing more is written: Broken pipe' err
    [ "$(sql big.db "select count(*) from event where kind = 'json_progress'")" = 1 ]
    for option in otlp influx; do
        # All of them, of one exporter.
        [[ $(cat err) =~ "warning: --$option: "([0-9]+)" of "([0-9]+)" exports did not reach $RECEIVER/" ]] || { cat err; false; }
        [ "${BASH_REMATCH[1]}" -eq "${BASH_REMATCH[2]}" ]
        [ "$(grep -c "warning: --$option" err)" = 1 ]
        [ "$(sql big.db "select count(*) from event where kind = '$option' and text like '% exports did not reach %'")" = 1 ]
    done
    [ "$(sql big.db "select count(*) from event where kind = 'otlp' and text like 'cannot send metrics to $RECEIVER/500/v1/metrics: status 500%'")" = 1 ]
    [ "$(sql big.db 'pragma integrity_check')" = ok ]
}

@test "mistakes of these options are said once, with 2, before anything is sent" {
    start_hostile
    echo '{"name": "s", "load": {"users": 2, "duration": "1s"}, "tasks": [{"path": "/"}]}' >s.json
    try() { # CODE TEXT OPTION...
        local want=$1 text=$2 code=0
        shift 2
        here 2 s.json -H "$URL" -o big.db "$@" >out 2>err || code=$?
        [ "$code" = "$want" ] || { echo "exit code $code: $*"; cat err; return 1; } >&2
        grep -qF -- "$text" err && [ "$(grep -c '^coldswarm' err)" = 1 ] || { cat err >&2; return 1; }
        fails grep -q s3cret err
        [ ! -e big.db ] && [ ! -e big.db.parts ]
    }
    try 2 '--otlp: write the address of a receiver, such as http://localhost:4318' --otlp localhost:4318
    try 2 '--influx: the address names no database' --influx http://localhost:8086
    try 2 "--export-label 'x': write KEY=VALUE" --otlp http://localhost --export-label x
    try 2 '--export-label needs --otlp or --influx' --export-label a=b
    OTEL_EXPORTER_OTLP_HEADERS=s3cret try 2 "--otlp: OTEL_EXPORTER_OTLP_HEADERS: an entry has no '='" --otlp http://localhost
    try 2 '--json-progress 0: this is no open file to write to' --json-progress 0
    # Descriptors of MPI itself are not written to.
    local fd
    for fd in 77 12 9; do
        try 2 "--json-progress $fd: this is no open file to write to; redirect it, as in $fd>FILE; launchers of MPI pass on only 1 and 2, so give a file" --json-progress $fd
    done
    try 3 '--json-progress no/such/p.jsonl: No such file or directory' --json-progress no/such/p.jsonl
    try 3 '--json-progress s.json: this is the scenario; use another name' --json-progress s.json
    try 3 '--json-progress big.db: this is the run file; use another name' --json-progress big.db
    [ "$(hostile_count)" -eq 0 ]
}
