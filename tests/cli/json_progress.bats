#!/usr/bin/env bats
# run --json-progress: a line a second, which agrees with the run file at the end and never holds up the run.

bats_require_minimum_version 1.5.0

load ../support/helpers

setup() {
    cd "$BATS_TEST_TMPDIR"
}

@test "the last line has the counts of the run file" {
    start_hostile
    only 500
    cat >s.json <<END
{"name": "s", "load": {"users": 4, "spawn_rate": 100, "duration": "1h"}, "wait": {"constant": "20ms"}, $FEED,
 "thresholds": {"http_req_failed": ["rate<0.9"], "http_reqs": ["count>100000"]},
 "tasks": [{"path": "/status/200", "weight": 3, $ONE}, {"path": "/status/503", $ONE}, {"path": "/close", $ONE}]}
END
    run "$COLDSWARM" run s.json -H "$URL" --json-progress p.jsonl -o a.db --quiet
    ended 99 a.db
    python3 "$ROOT/tests/cli/check_progress.py" p.jsonl a.db
    python3 - <<'END'
import json, sqlite3
lines = [json.loads(x) for x in open("p.jsonl")]
db = sqlite3.connect("a.db")
last, first = lines[-1], lines[0]
assert [x["phase"] for x in lines][-1] == "ended" and len(lines) >= 3, [x["phase"] for x in lines]
assert "run" in first and "run" not in lines[1] and first["run"]["name"] == "s", first
assert sum(x["count"] for x in last["errors"]) == last["total"]["failures"] > 0, last["errors"]
assert {x.get("status") for x in last["errors"]} | {bool(x.get("error")) for x in last["errors"]} >= {True}, last["errors"]
# Every event of the file came once, in order.
seen = [(x["kind"], x["text"]) for line in lines for x in line["events"]]
assert seen == db.execute("select kind, text from event order by rowid").fetchall(), seen
assert [(x["state"], x["threshold"].split("{")[0]) for x in last["thresholds"]] == [
    ("passes", "http_req_failed rate<0.9"), ("fails", "http_reqs count>100000")], last["thresholds"]
END
}

@test "streams have their tokens and times to first token" {
    start_target --tokens 20 --token-gap 2ms --ttft 30ms
    "$COLDSWARM" run -H "$URL" --stream openai --max-tokens 20 -u 2 -t 1h --json-progress 3 -o a.db --quiet >out 2>&1 3>p.jsonl &
    local pid=$!
    STARTED_PIDS+=("$pid")
    # Times are those of the last seconds.
    until grep -qE '"ttft":\{"p50_ms":[0-9]' p.jsonl; do kill -0 "$pid" && pause; done
    kill -INT "$pid"
    wait "$pid" || [ $? -eq 130 ]
    tail -1 p.jsonl >last.json
    [ "$(json last.json '$.total.streams' '$.total.tokens')" = "$(sql a.db "select count(*), sum(output_tokens)
        from streams where request_id in (select id from requests where outcome <> 'cancelled')")" ]
    [ "$(grep -oE '"ttft":\{"p50_ms":[0-9.]+' p.jsonl | sed 's/.*://' | sort -g | awk 'NR == 1 { print ($1 >= 30) }')" = 1 ]
}

@test "a reader that does not read holds up nothing, and learns what it missed" {
    start_target
    mkfifo pipe
    # 300 endpoints: two lines fill the pipe.
    python3 -c '
import json
print(json.dumps({"name": "s", "load": {"users": 1, "spawn_rate": 1, "duration": "1h"}, "wait": {"constant": "10ms"},
    "tasks": [{"path": "/", "name": "e%d" % i} for i in range(300)]}))' >s.json
    # It opens the pipe and waits until nothing more has gone into it for two seconds of the run. Then it reads, and ends the run.
    : >reader.out
    python3 -c '
import fcntl, json, os, signal, sqlite3, struct, termios, time
pipe = os.fdopen(os.open("pipe", os.O_RDONLY | os.O_NONBLOCK), "rb")
print("ready", flush=True)
os.set_blocking(pipe.fileno(), True)
def run_us():
    try:
        return sqlite3.connect("file:a.db?mode=ro", uri=True).execute("select coalesce(max(end_us), 0) from requests").fetchone()[0]
    except sqlite3.Error:
        return 0
def waiting():
    return struct.unpack("i", fcntl.ioctl(pipe, termios.FIONREAD, bytes(4)))[0]
held, since = 0, 0
while held == 0 or run_us() < since + 2200000:
    if waiting() != held:
        held, since = waiting(), run_us()
    time.sleep(0.02)
lines = []
for x in pipe:
    lines.append(json.loads(x))
    if lines[-1].get("missed_lines"):
        os.kill(int(open("pid").read()), signal.SIGINT)
assert lines[-1]["phase"] == "ended", lines[-1]["phase"]
assert sum(x.get("missed_lines", 0) for x in lines) > 0, [len(json.dumps(x)) for x in lines]
' >reader.out 2>&1 3>&- &
    reader=$!
    STARTED_PIDS+=("$reader")
    wait_line reader.out ready "$reader"
    "$COLDSWARM" run s.json -H "$URL" --json-progress pipe -o a.db --quiet >out 2>&1 3>&- &
    echo $! >pid
    STARTED_PIDS+=("$!")
    local code=0
    wait $! || code=$?
    [ "$code" -eq 130 ] || { cat out reader.out; false; }
    grep -q "warning: --json-progress: its reader was too slow for " out
    wait "$reader" || { cat reader.out; false; }
    good_run a.db
}

@test "a reader that goes away ends nothing but its lines" {
    start_target
    run bash -c "'$COLDSWARM' run -H '$URL' -u 1 -t 3500ms -o a.db --quiet --json-progress 3 3>&1 >/dev/null 2>err | head -1 | wc -l"
    [ "$output" -eq 1 ]
    grep -q 'warning: --json-progress: nothing more is written: Broken pipe' err
    [ "$(sql a.db "select count(*) from event where kind = 'json_progress'")" = 1 ]
    good_run a.db
}

@test "what cannot be written to is an error before anything is sent" {
    start_hostile
    # A descriptor is a mistake of the command line; a file may only be missing today.
    run -2 "$COLDSWARM" run -H "$URL" -t 1s --json-progress 77 -o a.db
    [[ $output == *"--json-progress 77: this is no open file to write to"* ]]
    run "$COLDSWARM" run -H "$URL" -t 1s --json-progress no/such/p.jsonl -o a.db
    [ "$status" -eq 3 ]
    [[ $output == *"--json-progress no/such/p.jsonl: No such file or directory"* ]]
    mkfifo lonely
    run "$COLDSWARM" run -H "$URL" -t 1s --json-progress lonely -o a.db
    [ "$status" -eq 3 ]
    [[ $output == *"--json-progress lonely: nobody reads this pipe"* ]]
    run -2 "$COLDSWARM" run -H "$URL" -t 1s --json-progress 0 -o a.db </dev/null
    [ ! -e a.db ]
    [ "$(hostile_count)" -eq 0 ]
}

@test "a scenario, the run file and earlier runs are not overwritten" {
    start_hostile
    echo '{"name": "s", "load": {"users": 1, "duration": "100ms"}, "tasks": [{"path": "/status/200"}]}' >s.json
    run -0 "$COLDSWARM" run s.json -H "$URL" -o old.db --quiet
    ln -s s.json link.json
    cp s.json s.copy
    cp old.db old.copy
    local sent
    sent=$(hostile_count)
    refused() { # FILE WHAT: before anything is sent
        run "$COLDSWARM" run s.json -H "$URL" --json-progress "$1" -o a.db
        [ "$status" -eq 3 ]
        [[ $output == *"--json-progress $1: this is $2"*"use another name"* ]]
        [ ! -e a.db ]
        [ "$(hostile_count)" -eq "$sent" ]
        cmp s.json s.copy
        cmp old.db old.copy
    }
    refused s.json 'the scenario'
    refused link.json 'the scenario'
    refused a.db 'the run file'
    refused old.db 'an SQLite file'
    run "$COLDSWARM" run --replay old.db --json-progress old.db -o a.db
    [ "$status" -eq 3 ]
    cmp old.db old.copy
    # What is left of earlier lines is replaced.
    echo '{"old": 1}' >p.jsonl
    run -0 "$COLDSWARM" run s.json -H "$URL" --json-progress p.jsonl -o a.db --quiet
    fails grep -q 'old":' p.jsonl
}
