#!/usr/bin/env bats
# coldswarm web as programs see it: runs are started, changed, stopped and started again; earlier ones are listed and reported.

bats_require_minimum_version 1.5.0

load ../support/helpers
load ../support/page

setup() {
    cd "$BATS_TEST_TMPDIR"
    mkdir -p scenarios
    cat >scenarios/a.json <<'END'
{"name": "a", "load": {"users": 3, "spawn_rate": 100, "duration": "1h"}, "wait": {"constant": "20ms"},
 "tasks": [{"path": "/"}]}
END
}

# serve [OPTION...]: the page, in the background. Sets PAGE, without the slash, and WEB_PID.
serve() {
    : >web.err
    "$COLDSWARM" web "$@" --port 0 >web.out 2>web.err 3>&- &
    WEB_PID=$!
    STARTED_PIDS+=("$WEB_PID")
    page_at web.err "$WEB_PID"
    CURL=()
}

start() { # STATUS JSON
    [ "$(status_of -d "$2" "$PAGE/api/start")" = "$1" ] || { cat body >&2; return 1; }
}

ended() { # waits for the page's process: it ends in order
    wait "$WEB_PID"
}

@test "a run is started, changed, stopped, and started again; each is a usual run file" {
    start_target
    serve scenarios --host "$URL"
    [ "$(curl -fsS "$PAGE/api/state" | json - '$.phase')" = idle ]
    start 202 '{"scenario": "a.json", "users": 5, "spawn_rate": 100, "seed": 7}'
    [ "$(json body '$.starting')" = a.json ]
    until_state "doc->>'\$.phase' = 'running' and doc->>'\$.users' = 5"
    # While it runs: no other one.
    start 409 '{"scenario": "a.json"}'
    [ "$(json body '$.error')" = "a run is in progress; stop it first" ]
    [ "$(status_of -d '{"users": 9, "spawn_rate": 100}' "$PAGE/api/load")" = 202 ]
    until_state "doc->>'\$.users' = 9"
    until_state "doc->>'\$.elapsed_s' > 3"
    [ "$(status_of -X POST "$PAGE/api/stop")" = 202 ]
    until_phase ended
    cp state.json first.json
    first=$(json state.json '$.run.file')
    # The load ended when it was stopped.
    [ "$(sql "$first" "select abs(at_us / 1e6 - $(json state.json '$.load_end_s')) < 0.002 from event where kind = 'web'")" = 1 ]
    # At once: it begins when the file of the last one is closed. From a form, as curl sends it.
    start 202 'scenario=a.json&run_time=700ms&users=2'
    until_state "doc->>'\$.phase' = 'ended' and doc->>'\$.run.file' <> '$first'"
    second=$(json state.json '$.run.file')
    [ "$(json state.json '$.load_end_s')" = 0.7 ]
    kill -INT "$WEB_PID"
    ended
    [[ $first == "$PWD"/runs/a-*.db && $second == "$PWD"/runs/a-*.db ]]
    not_blamed "$first"
    not_blamed "$second"
    [ "$(sql "$first" 'select seed from run')" = 7 ]
    [ "$(sql "$first" "select count(*) from event where kind = 'load_change'")" = 1 ]
    [ "$(sql "$first" 'select count(distinct user) from requests')" = 9 ]
    [ "$(sql "$second" 'select count(distinct user) from requests')" = 2 ]
    [ "$(sql "$second" "select value from manifest where key = 'scenario_file'")" = scenarios/a.json ]
    # What the page shows at the end are the rows of the file, second by second.
    python3 "$ROOT/tests/cli/check_course.py" first.json "$first"
    [ "$(json state.json '$.total.requests')" = "$(sql "$second" "select count(*) from requests where outcome not in ('not_sent', 'cancelled', 'unsendable')")" ]
}

@test "Locust's calls start, change and stop a run" {
    start_target
    serve scenarios/a.json
    [ "$(curl -fsS -d "user_count=4&spawn_rate=100&host=$URL&run_time=1h&user_classes=X" "$PAGE/swarm" | json - '$.success' '$.message' '$.host')" = "1|Swarming started|$URL" ]
    until_state "doc->>'\$.users' = 4"
    [ "$(json state.json '$.run.duration_s')" = 3600 ]
    [ "$(curl -fsS -d 'user_count=2&spawn_rate=100' "$PAGE/swarm" | json - '$.success')" = 1 ]
    until_state "doc->>'\$.users' = 2"
    [ "$(curl -fsS "$PAGE/stop" | json - '$.success')" = 1 ]
    until_phase ended
    curl -fsS -d 'user_count=x&spawn_rate=1' "$PAGE/swarm" >body
    [ "$(json body '$.success')" = 0 ]
    [[ $(json body '$.message') == '"Users": '* ]]
    kill -TERM "$WEB_PID"
    ended
}

@test "a body that asks for nothing it could mean starts nothing; an empty one takes all from the scenario" {
    start_hostile
    serve scenarios --host "$URL"
    for bad in '[]' null 5 '"a"' hello '&&&' '['; do
        start 400 "$bad"
        [ -n "$(json body '$.error')" ]
        [ "$(curl -fsS -d "$bad" "$PAGE/swarm" | json - '$.success')" = 0 ]
    done
    [ "$(status_of -F scenario=a.json -F users=2 "$PAGE/api/start")" = 415 ]
    [[ $(json body '$.error') == *"application/x-www-form-urlencoded"* ]]
    curl -fsS -F user_count=2 -F spawn_rate=1 "$PAGE/swarm" >body
    [ "$(json body '$.success')" = 0 ]
    [ "$(curl -fsS "$PAGE/api/state" | json - '$.phase')" = idle ]
    [ "$(hostile_count)" -eq 0 ]
    [ "$(status_of -X POST "$PAGE/api/start")" = 202 ]
    until_state "doc->>'\$.phase' = 'running' and doc->>'\$.users' = 3"
    for bad in '[]' hello; do
        [ "$(status_of -d "$bad" "$PAGE/api/load")" = 400 ]
    done
    [ "$(status_of -F users=2 "$PAGE/api/load")" = 415 ]
    [ "$(status_of --data-binary $'\xef\xbb\xbf{"users": 2}' "$PAGE/api/load")" = 202 ]
    until_state "doc->>'\$.users' = 2"
}

@test "mistakes are told in place, with line and column, and start nothing" {
    start_hostile
    printf '{"name": "b",\n "load": {"users": 1, "duration": "1s"},\n "taskz": []}\n' >scenarios/b.json
    printf '{"name": "c", "tasks": [\n' >scenarios/c.json
    echo '{"scripts": {}}' >scenarios/package.json
    mkdir secret
    cp scenarios/a.json secret/x.json
    ln -s ../secret/x.json scenarios/link.json
    # A link to a file of the folder is one of its scenarios; others, and those that lead nowhere or to themselves, are not.
    mkdir scenarios/deep
    sed 's/"name": "a"/"name": "smoke"/' scenarios/a.json >scenarios/deep/smoke.json
    ln -s deep/smoke.json scenarios/smoke.json
    ln -s nowhere.json scenarios/gone.json
    ln -s loop.json scenarios/loop.json
    ln -s deep scenarios/folder.json
    serve scenarios
    # Files that are no scenarios are not offered, broken scenarios are.
    [ "$(curl -fsS "$PAGE/api/scenarios" | json_sql - "select group_concat(value) from file, json_each(doc, '\$.scenarios')")" = a.json,b.json,c.json,smoke.json ]
    [ "$(curl -fsS "$PAGE/api/scenario?file=smoke.json" | json - '$.name')" = smoke ]
    [ "$(curl -fsS "$PAGE/api/scenario?file=a.json" | json - '$.name' '$.load' '$.users' '$.duration_s' '$.needs_target')" = "a|users|3|3600|1" ]
    [[ $(curl -fsS "$PAGE/api/scenario?file=b.json" | json - '$.error') == *"scenarios/b.json:3:2: "* ]]
    start 400 "{\"scenario\": \"b.json\", \"host\": \"$URL\"}"
    [[ $(json body '$.error') == *"scenarios/b.json:3:2: "*'did you mean "tasks"'* ]]
    [ "$(json body '$.field')" = scenario ]
    start 400 "{\"scenario\": \"c.json\", \"host\": \"$URL\"}"
    [[ $(json body '$.error') == *"scenarios/c.json:2:1: "* ]]
    start 400 '{"scenario": "a.json"}'
    [[ $(json body '$.error') == *'has no target; give one with "Host", or add '* ]] || { cat body >&2; false; }
    [ "$(json body '$.field')" = host ]
    for bad in users:0 users:-1 users:1e9 users:x users:1.5 spawn_rate:0 rate:-3 run_time:soon seed:-1; do
        start 400 "{\"scenario\": \"a.json\", \"host\": \"$URL\", \"${bad%:*}\": \"${bad#*:}\"}"
        [ "$(json body '$.field')" = "${bad%:*}" ]
        # Who reads it has a form.
        [[ $(json body '$.error') != *--* ]] || { cat body >&2; false; }
    done
    start 400 "{\"scenario\": \"a.json\", \"host\": \"$URL\", \"spawn_rate\": \"x\"}"
    [[ $(json body '$.error') == '"Users started per second": '* ]] || { cat body >&2; false; }
    start 400 '{"scenario": "a.json", "host": "http://user:word@127.0.0.1:1"}'
    [[ $(json body '$.error') == *"cannot contain a user and password"* ]]
    [ "$(json body '$.field')" = host ]
    # What the transport would not take is found here, not when the run has begun.
    for bad in 'http://$x' 'http://*' 'http://a,b' 'http://a b' http://127.0.0.1:99999; do
        start 400 "{\"scenario\": \"a.json\", \"host\": \"$bad\"}"
        [[ $(json body '$.error') == *"\"$bad\" cannot be the target: "* ]] || { cat body >&2; false; }
        [ "$(json body '$.field')" = host ]
    done
    start 400 '{"scenario": "a.json", "user": 3}'
    [[ $(json body '$.error') == *'unknown key "user"; did you mean users?'* ]]
    for nonsense in '{' '{"users": [1]}' '{"users": null}' '{"host": "a\u0000b"}' "{\"host\": \"$(printf 'x%.0s' {1..3000})\"}"; do
        start 400 "$nonsense"
    done
    # Names stay in the folder.
    for name in d.json ../secret/x.json link.json gone.json loop.json folder.json deep/smoke.json "$PWD/secret/x.json" ./a.json . .. a.jso a.json/ '' ' a.json'; do
        [ -z "$name" ] && continue
        start 404 "{\"scenario\": \"$name\", \"host\": \"$URL\"}"
        [ "$(json body '$.field')" = scenario ]
        [ "$(status_of -G --data-urlencode "file=$name" "$PAGE/api/scenario")" = 404 ]
    done
    start 404 "{\"scenario\": \"aa.json\", \"host\": \"$URL\"}"
    [[ $(json body '$.error') == *"did you mean a.json?"* ]]
    head -c 10000000 /dev/zero >zeros
    # Refused; a client that goes on sending may see the end of its connection instead.
    code=$(status_of -X POST -H 'Expect:' --data-binary @zeros "$PAGE/api/start" 2>/dev/null || true)
    [ "$code" = 413 ] || [ "$code" = 000 ]
    # Other web sites start nothing.
    [ "$(status_of -H 'Origin: http://evil.example' -d '{}' "$PAGE/api/start")" = 403 ]
    [ "$(status_of -H 'Sec-Fetch-Site: cross-site' -d '{}' "$PAGE/api/start")" = 403 ]
    [ "$(status_of -H 'Host: evil.example' -d '{}' "$PAGE/api/start")" = 421 ]
    [ "$(status_of "$PAGE/api/start")" = 405 ]
    [ "$(status_of -X POST "$PAGE/api/stop")" = 409 ]
    [ "$(status_of -d '{"users": 3}' "$PAGE/api/load")" = 409 ]
    [ "$(curl -fsS "$PAGE/api/state" | json - '$.phase')" = idle ]
    [ -z "$(ls runs)" ]
    [ "$(hostile_count)" -eq 0 ]
}

@test "earlier runs are listed, reported in every format, compared and downloaded" {
    start_target
    mkdir runs
    # A machine that stands still leaves nothing to compare; then there is more time.
    for time in 3s 15s 60s; do
        rm -f runs/*.db
        for i in 1 2; do
            "$COLDSWARM" run -H "$URL" -u 3 -r 100 -t $time --seed $i -o runs/r$i.db --quiet >/dev/null 2>&1 || [ $? -eq 4 ]
        done
        "$COLDSWARM" compare runs/r1.db --with runs/r2.db >/dev/null 2>&1 && break
    done
    echo nonsense >runs/bad.db
    "$COLDSWARM" run -H "$URL" -u 1 -t 300ms -o elsewhere.db --quiet >/dev/null 2>&1 || [ $? -eq 4 ]
    ln -s ../elsewhere.db runs/link.db
    serve scenarios
    curl -fsS "$PAGE/runs" >list.json
    [ "$(json_sql list.json "select group_concat(value->>'\$.file', ' ') from (select value from file, json_each(doc, '\$.runs') order by value->>'\$.file')")" = "bad.db r1.db r2.db" ]
    for i in 1 2; do
        [ "$(json_sql list.json "select value->>'\$.requests', value->>'\$.verdict', value->>'\$.complete', value->>'\$.bytes' from file, json_each(doc, '\$.runs') where value->>'\$.file' = 'r$i.db'")" \
            = "$(sql runs/r$i.db "select (select count(*) from requests), verdict, 1, $(stat -c %s runs/r$i.db) from run")" ]
    done
    [ "$(json_sql list.json "select count(*) from file, json_each(doc, '\$.runs') where value->>'\$.error' is not null")" = 1 ]
    [ "$(json_sql list.json "select group_concat(value, ' ') from file, json_each(doc, '\$.stream_formats')")" = "vllm aiperf" ]
    [ "$(json_sql list.json "select group_concat(distinct value->>'\$.streams') from file, json_each(doc, '\$.runs')")" = 0 ]
    # The same bytes as `report` prints.
    for format in $(json_sql list.json "select group_concat(value, ' ') from file, json_each(doc, '\$.formats')"); do
        want=0
        "$COLDSWARM" report -f "$format" runs/r1.db >want.txt 2>/dev/null || want=$?
        got=$(curl -sS -o got.txt -D head.txt -w '%{http_code}' "$PAGE/runs/r1.db/report?format=$format")
        if [ "$want" -eq 0 ]; then
            [ "$got" = 200 ] || { cat got.txt >&2; false; }
            cmp want.txt got.txt
        else
            [ "$got" = 409 ] # a format of streams, and the run has none
            [[ $(json got.txt '$.error') == "the format $format is for streams of tokens, and this run has none" ]]
        fi
    done
    # The page of a run has no rights on this one.
    curl -fsS -o got.html -D head.txt "$PAGE/runs/r1.db/report"
    tr -d '\r' <head.txt | grep -qx 'Content-Security-Policy: sandbox allow-scripts allow-downloads allow-modals; frame-ancestors .none.'
    tr -d '\r' <head.txt | grep -qx 'Content-Type: text/html; charset=utf-8'
    curl -fsS -o got.db -D head.txt "$PAGE/runs/r2.db"
    cmp got.db runs/r2.db
    tr -d '\r' <head.txt | grep -qx 'Content-Disposition: attachment; filename="r2.db"'
    "$COLDSWARM" compare "$PWD/runs/r1.db" --with "$PWD/runs/r2.db" >want.txt
    curl -fsS "$PAGE/runs/r1.db/compare?with=r2.db" >got.txt
    cmp want.txt got.txt
    # Names stay in the folder; other formats are named.
    for name in none.db link.db .. %2e%2e ..%2felsewhere.db '%2Fetc%2Fpasswd' r1 ".r1.db" "$(printf 'x%.0s' {1..400}).db"; do
        [ "$(status_of --path-as-is "$PAGE/runs/$name/report")" != 200 ]
        [ "$(status_of --path-as-is "$PAGE/runs/$name")" != 200 ]
        [ "$(status_of --path-as-is "$PAGE/runs/r1.db/compare?with=$name")" != 200 ]
    done
    # What compare says in several lines is that without the program's name before each.
    "$COLDSWARM" run -H "$URL" -u 1 -t 100ms -o runs/r3.db --quiet >/dev/null 2>&1 || [ $? -eq 4 ]
    run -2 "$COLDSWARM" compare "$PWD/runs/r3.db" --with "$PWD/runs/r3.db"
    [ "${#lines[@]}" -gt 1 ]
    [ "$(status_of "$PAGE/runs/r3.db/compare?with=r3.db")" = 409 ]
    [ "$(json body '$.error')" = "${output//coldswarm: /}" ]
    rm runs/r3.db
    [ "$(status_of "$PAGE/runs/none.db/report")" = 404 ]
    [ "$(status_of "$PAGE/runs/r1.db/report?format=pdf")" = 400 ]
    [ "$(status_of "$PAGE/runs/bad.db/report")" = 500 ]
    [ "$(status_of "$PAGE/runs/bad.db")" = 500 ]
    [[ $(json body '$.error') == *"not a run file"* ]]
    [ "$(status_of -H 'Sec-Fetch-Site: cross-site' "$PAGE/runs/r1.db/report")" = 403 ]
    kill -INT "$WEB_PID"
    ended
    # Nothing is left behind in the folder of the runs.
    [ "$(ls -A runs | sort | tr '\n' ' ')" = "bad.db link.db r1.db r2.db " ]
}

@test "a full disk, and a folder that takes no more files, are told as the reason why there is no report" {
    [ "$(id -u)" -eq 0 ] && unshare --mount mount -t tmpfs tmpfs /mnt 2>/dev/null || skip "mounting a file system needs root"
    start_target
    mkdir runs
    "$COLDSWARM" run -H "$URL" -u 3 -r 100 -t 500ms -o r.db --quiet >/dev/null 2>&1 || [ $? -eq 4 ]
    # The small disk is only seen by the page's process, and gone with it.
    cat >inside <<'END'
#!/bin/sh
exec unshare --mount sh -c 'mount -t tmpfs -o size=400k,nr_inodes=20 tmpfs runs && cp r.db runs && exec "$REAL" "$@"' sh "$@"
END
    chmod +x inside
    REAL=$COLDSWARM COLDSWARM=$PWD/inside
    export REAL
    serve scenarios
    disk=/proc/$WEB_PID/root$PWD/runs
    dd if=/dev/zero of="$disk/fill" bs=4k >/dev/null 2>&1 || true
    [ "$(status_of "$PAGE/runs/r.db/report")" = 500 ]
    [[ $(json body '$.error') == *"No space left on device"* ]] || { cat body >&2; false; }
    rm "$disk/fill"
    for ((i = 0; i < 30; i++)); do : >"$disk/$i" || break; done 2>/dev/null
    [ "$(status_of "$PAGE/runs/r.db/report")" = 500 ]
    [ "$(json body '$.error')" = "cannot make a file for the report in $PWD/runs/: No space left on device" ] || { cat body >&2; false; }
    kill -INT "$WEB_PID"
    ended
}

@test "reports that nobody waits for, and too many at once, hold up nothing" {
    start_target
    mkdir runs
    "$COLDSWARM" run -H "$URL" -u 5 -r 100 -t 1s -o runs/r.db --quiet >/dev/null 2>&1 || [ $? -eq 4 ]
    serve scenarios --host "$URL"
    start 202 '{"scenario": "a.json", "users": 5, "spawn_rate": 100}'
    until_phase running
    python3 - "${PAGE#http://}" <<'END'
import collections, http.client, socket, sys, threading
host, port = sys.argv[1].rsplit(":", 1)
for _ in range(30): # asks and leaves
    s = socket.create_connection((host, int(port)), 20)
    s.sendall(b"GET /runs/r.db/report HTTP/1.1\r\nHost: localhost\r\n\r\n")
    s.close()
seen = collections.Counter()
def ask(path):
    c = http.client.HTTPConnection(host, int(port), timeout=120)
    c.request("GET", path)
    r = c.getresponse()
    r.read()
    seen[path, r.status] += 1
threads = [threading.Thread(target=ask, args=("/runs/r.db/report",)) for _ in range(60)] + [threading.Thread(target=ask, args=("/api/state",)) for _ in range(20)]
for t in threads: t.start()
for t in threads: t.join()
assert seen["/api/state", 200] == 20, seen
assert seen["/runs/r.db/report", 200] >= 1 and sum(n for (p, s), n in seen.items() if p != "/api/state" and s in (200, 503)) == 60, seen
END
    # A report of the run in progress has what is recorded.
    file=$(curl -fsS "$PAGE/api/state" | json - '$.run.file')
    [ "$(curl -fsS "$PAGE/runs/${file##*/}/report?format=json" | json - '$.run.verdict')" != VALID ]
    [ "$(status_of "$PAGE/runs/${file##*/}")" = 409 ]
    # The page ends at once, also while reports wait.
    for i in 1 2 3 4; do curl -sS -o /dev/null "$PAGE/runs/r.db/report" 3>&- & done
    kill -INT "$WEB_PID"
    ended
    not_blamed "$file"
}

@test "a run that fails after its start is told, and the next one can start" {
    start_target
    cat >scenarios/s.json <<'END'
{"name": "s", "load": {"users": 1, "duration": "400ms"}, "setup": [{"path": "/nothing-here", "checks": [{"status": 200}]}],
 "tasks": [{"path": "/"}]}
END
    serve scenarios --host "$URL"
    start 202 '{"scenario": "s.json"}'
    until_state "doc->>'\$.phase' in ('idle', 'ended') and (doc->>'\$.error' is not null or doc->>'\$.reason' is not null)"
    start 202 'scenario=a.json&run_time=300ms'
    until_state "doc->>'\$.phase' = 'ended' and doc->>'\$.run.name' = 'a'"
    kill -INT "$WEB_PID"
    ended
}

@test "Ctrl-C ends a run in order, then the page; events go on from run to run" {
    start_target
    serve scenarios --host "$URL"
    : >events.txt
    curl -sSN "$PAGE/api/events" >events.txt 3>&- &
    reader=$!
    wait_line events.txt '^data: ' "$reader"
    start 202 '{"scenario": "a.json", "run_time": "1500ms"}'
    until_phase ended
    start 202 'scenario=a.json'
    until_phase running
    file=$(json state.json '$.run.file')
    kill -INT "$WEB_PID"
    ended
    wait "$reader" || true
    [ "$(sql "$file" "select count(*) from event where kind = 'signal'")" = 1 ]
    [ "$(sql "$file" 'select exit_code from run')" = 130 ]
    sed -n 's/^data: //p' events.txt >lines.json
    [ "$(python3 -c '
import json
seen = []
for line in open("lines.json"):
    x = json.loads(line)
    if not x: continue  # a run file is complete
    key = x["phase"] if "started" not in x else (x["started"], x["phase"])
    if not seen or seen[-1] != key: seen.append(key)
print(len({k[0] for k in seen if isinstance(k, tuple)}), seen[0])')" = "2 idle" ]
}

@test "a folder without scenarios says how to begin, and takes the first one at once" {
    start_target
    mkdir empty
    serve empty
    [ "$(curl -fsS "$PAGE/api/scenarios" | json - '$.scenarios' '$.folder')" = "[]|empty" ]
    start 404 "{\"host\": \"$URL\"}"
    [[ $(json body '$.error') == "there is no scenario in empty; write one,"*"coldswarm convert"* ]]
    # The scenario that the page shows to somebody who is new.
    curl -fsS "$PAGE/" | sed -n '/<pre>{/,/}<\/pre>/p' | sed 's/.*<pre>//; s/<\/pre>.*//' >empty/first.json
    start 202 "{\"host\": \"$URL\", \"run_time\": \"1s\"}"
    until_phase ended
    kill -INT "$WEB_PID"
    ended
    [ "$(sql runs/*.db 'select count(*) > 0 from requests')" = 1 ]
}

@test "a folder, a port or a target that cannot be used is an error at once" {
    run -2 "$COLDSWARM" web none
    [[ $output == *"cannot read none: No such file"* ]]
    echo x >file
    run -2 "$COLDSWARM" web -o file
    [[ $output == *"--out file is not a folder"* ]]
    run -2 "$COLDSWARM" web a b
    run -2 "$COLDSWARM" web --port 99999
    [[ $output == *"--port: \"99999\" is not a port or ADDRESS:PORT"* ]]
    run -2 "$COLDSWARM" web --port 0 --tls-cert x
    [[ $output == *"belong together"* ]]
    port=$(free_port)
    python3 -c '
import socket, sys, time
s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1); s.bind(("127.0.0.1", int(sys.argv[1]))); s.listen()
print("ready", flush=True); time.sleep(3600)' "$port" >taken.out 3>&- &
    STARTED_PIDS+=($!)
    wait_line taken.out ready $!
    run -3 "$COLDSWARM" web --port "$port"
    [[ $output == *"--port: port $port of \"$port\" is in use"* ]]
    run -2 timeout 20 "$COLDSWARM" web --port 0 --host http://127.0.0.1:1 --host ftp://127.0.0.1:1
    [[ "$output" == *'"ftp://127.0.0.1:1" cannot be the target: only http:// and https:// are supported'* ]]
}

@test "a token in the environment is for the page, and its runs start" {
    start_target
    export COLDSWARM_WEB_TOKEN=0123456789abcdefghij
    serve scenarios --host "$URL"
    [ "$(status_of "$PAGE/api/state")" = 401 ]
    CURL=(-H "Authorization: Bearer $COLDSWARM_WEB_TOKEN")
    start 202 '{}'
    until_phase running
}

@test "with a token everything needs it, and secrets stay out of the page" {
    start_target
    export COLDSWARM_TEST_SECRET=s3cretvalue
    cat >scenarios/k.json <<'END'
{"name": "k", "load": {"users": 1, "duration": "400ms"}, "headers": {"X-Key": "${env.COLDSWARM_TEST_SECRET}"},
 "tasks": [{"path": "/?k=${env.COLDSWARM_TEST_SECRET}"}]}
END
    serve scenarios --host "$URL" --web-token 0123456789abcdefghij
    for path in / /api/state /runs /runs/x.db /runs/x.db/report /api/scenarios "/api/scenario?file=k.json"; do
        [ "$(status_of "$PAGE$path")" = 401 ]
    done
    start 401 '{"scenario": "k.json"}'
    CURL=(-H "Authorization: Bearer 0123456789abcdefghij")
    start 202 '{"scenario": "k.json"}'
    until_phase ended
    file=$(json state.json '$.run.file')
    for path in / /api/state /runs /metrics /api/scenarios "/api/scenario?file=k.json" "/runs/${file##*/}/report" "/runs/${file##*/}"; do
        curl -fsS "${CURL[@]}" "$PAGE$path" >got
        fails grep -q -e s3cretvalue -e 0123456789abcdefghij got
    done
    kill -INT "$WEB_PID"
    ended
}
