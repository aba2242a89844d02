#!/usr/bin/env bats
# coldswarm run, from outside: what it records is what the target saw, and it ends as its user asked.

load ../support/helpers
bats_require_minimum_version 1.5.0

setup_file() {
    "$ROOT/tests/support/make-certs" "$BATS_FILE_TMPDIR/certs" >/dev/null
}

setup() {
    CERTS=$BATS_FILE_TMPDIR/certs
    DB=$SCRATCH/run.db
}

# scenario JSON: writes it to $SCRATCH/s.json, with ' for ".
scenario() {
    printf '%s' "${1//\'/\"}" >"$SCRATCH/s.json"
}

# start_run ARGS...: in the background. Sets RUN_PID; its output goes to $SCRATCH/out and $SCRATCH/err.
start_run() {
    : >"$SCRATCH/err"
    "$COLDSWARM" run "$@" >"$SCRATCH/out" 2>"$SCRATCH/err" 3>&- &
    RUN_PID=$!
    STARTED_PIDS+=("$RUN_PID")
}

# wait_rows N [CONDITION]: until the file has at least N rows, or N for which the condition holds.
wait_rows() {
    until_rows "$1" "$DB" "${2:-true}"
}

# stop_run SIGNAL: sends it, and waits; its exit code is the status.
stop_run() {
    kill "-$1" "$RUN_PID"
    wait "$RUN_PID"
}

@test "without a scenario the paper's mix runs, and the rows are what the target served" {
    start_target
    run --separate-stderr "$COLDSWARM" run --host "$URL" -u 12 -r 100 -t 1300ms --seed 1 -o "$DB"
    [ "$status" -eq 0 ]
    good_run "$DB"
    [[ "$output" == *"Request statistics"*"Response time statistics"*"Verdict: $(sql "$DB" 'select verdict from run')"*"Every request is in $DB"* ]]
    [ "$(sql "$DB" "select count(*) from requests where method = 'GET' and name = '/'")" -eq "$(served GET /)" ]
    [ "$(sql "$DB" "select count(*) from requests where method = 'POST' and name = '/predict'")" -eq "$(served POST /predict)" ]
    [ "$(sql "$DB" "select count(*) > 10, min(outcome), max(outcome), min(status), max(status) from requests")" = "1|ok|ok|200|200" ]
    [ "$(sql "$DB" "select seed, users_max, exit_code, name from run")" = "1|12|0|paper" ]
    [ "$(sql "$DB" "select count(*) from manifest where key in ('argv', 'libcurl', 'kernel', 'cpu', 'scenario_sha256')")" -eq 5 ]
}

@test "the tables at the end are those of report" {
    start_target --fail-rate 0.3 --fail status:503
    run --separate-stderr "$COLDSWARM" run --host "$URL" -u 20 -r 100 -t 400ms -o "$DB" --quiet
    [ "$status" -eq 1 ]
    [[ "$output" == *"HTTP 503"* ]]
    [ -z "$stderr" ]
    tables=$output
    run --separate-stderr "$COLDSWARM" report "$DB"
    [ "$status" -eq 0 ]
    [[ "$output" == *"${tables:0:400}"* ]]
}

@test "rows can be read while the run goes on, and Ctrl-C leaves a complete file" {
    start_target
    scenario "{'name':'long','target':'$URL','load':{'users':5,'spawn_rate':100,'duration':'1h'},'wait':{'constant':'10ms'},
               'tasks':[{'path':'/'}]}"
    start_run "$SCRATCH/s.json" -o "$DB"
    wait_rows 50
    [ "$(sql "$DB" 'select verdict is null from run')" -eq 1 ]
    code=0
    stop_run INT || code=$?
    [ "$code" -eq 130 ]
    grep -q "Request statistics" "$SCRATCH/out"
    grep -q "stopping" "$SCRATCH/err"
    [ "$(sql "$DB" 'select exit_code from run')" -eq 130 ]
    good_run "$DB"
    [ "$(sql "$DB" 'select count(*) from requests')" -eq "$(served GET /)" ]
    [ "$(sql "$DB" "select count(*) from requests where outcome <> 'ok'")" -eq 0 ]
    [ "$(sql "$DB" 'pragma integrity_check')" = ok ]
}

@test "SIGTERM stops as well, with its own code; a second signal cancels what is under way" {
    start_target --service-time 1h
    scenario "{'target':'$URL','load':{'users':3,'spawn_rate':100,'duration':'1h'},'timeout':'3h','tasks':[{'path':'/'}]}"
    start_run "$SCRATCH/s.json" -o "$DB" --stop-timeout 1h
    wait_line "$SCRATCH/err" 'recording to' "$RUN_PID"
    for ((i = 0; i < 1500; i++)); do [ "$(served GET /)" -eq 3 ] && break; sleep 0.04; done
    kill -TERM "$RUN_PID"
    wait_line "$SCRATCH/err" 'stopping' "$RUN_PID"
    code=0
    stop_run INT || code=$?
    [ "$code" -eq 143 ]
    [ "$(sql "$DB" "select count(*), min(outcome), max(outcome) from requests")" = "3|cancelled|cancelled" ]
}

@test "a signal in the teardown is the run's end too, and that of a series" {
    start_target --service-time 1h --get-service-time 1ms
    scenario "{'target':'$URL','load':{'users':1,'duration':'500ms'},'wait':{'constant':'1s'},'timeout':'3h','tasks':[{'path':'/'}],
        'teardown':[{'method':'POST','path':'/predict','body':'x'}]}"
    start_run "$SCRATCH/s.json" -o "$DB" --repeat 3
    for ((i = 0; i < 1500; i++)); do [ "$(served POST /predict)" -eq 1 ] && break; sleep 0.04; done
    code=0
    stop_run TERM || code=$?
    [ "$code" -eq 143 ]
    [ "$(sqlite3 "${DB%.db}-1.db" "select exit_code from run")" -eq 143 ]
    [ ! -e "${DB%.db}-2.db" ]
}

# wait_event KIND: until the file has one.
wait_event() {
    local i
    for ((i = 0; i < 3000; i++)); do
        [ "$(sql "$DB" "select count(*) > 0 from event where kind = '$1'" 2>/dev/null)" != 1 ] || return 0
        pause
    done
    return 1
}

@test "Ctrl-C while a run that a threshold ended waits for its last requests: the signal's code, and the threshold is kept" {
    start_target --service-time 1h --get-service-time 1ms
    # Of 20 users some wait for an answer that does not come when the others' answers end the run.
    scenario "{'target':'$URL','load':{'users':20,'spawn_rate':1000,'duration':'1h'},'timeout':'1h','wait':{'constant':'10ms'},
        'tasks':[{'path':'/'},{'method':'POST','path':'/predict','body':'x'}],'thresholds':{'http_reqs':[{'threshold':'count<1','abortOnFail':true}]}}"
    start_run "$SCRATCH/s.json" -o "$DB" --stop-timeout 1h --seed 1
    wait_event threshold
    kill -INT "$RUN_PID" # it waits already; this one is on record
    wait_event signal
    code=0
    stop_run INT || code=$?
    [ "$code" -eq 130 ]
    [ "$(sql "$DB" "select exit_code from run")" -eq 130 ]
    [ "$(sql "$DB" "select count(*) > 0 from requests where outcome = 'cancelled'")" -eq 1 ]
    grep -q "threshold http_reqs count<1 abortOnFail failed at .*, which ended the run" "$SCRATCH/err"
}

@test "kill -9 leaves a file that opens, and report says that the run was interrupted" {
    start_target
    scenario "{'target':'$URL','load':{'users':5,'spawn_rate':100,'duration':'1h'},'wait':{'constant':'5ms'},'tasks':[{'path':'/'}]}"
    start_run "$SCRATCH/s.json" -o "$DB"
    wait_rows 100
    before=$(served GET /)
    wait_rows "$before"
    stop_run KILL || true
    [ "$(sql "$DB" 'pragma integrity_check')" = ok ]
    # All that was there before the kill still is. (That a row is there within a second, tests/record sees to.)
    [ "$(sql "$DB" 'select count(*) from requests')" -ge "$before" ]
    run --separate-stderr "$COLDSWARM" report "$DB"
    [ "$status" -eq 0 ]
    [[ "$output" == *"interrupted or in progress"* ]]
    [[ "$output" == *"Aggregated"* ]]
}

@test "a target that never answers is exit 3, and the rows say why" {
    run --separate-stderr "$COLDSWARM" run --host http://127.0.0.1:1 -u 3 -r 100 -t 300ms -o "$DB"
    [ "$status" -eq 3 ]
    [[ "$stderr" == *"never answered"* ]]
    [[ "$output" == *"cannot connect: Connection refused"* ]]
    [ "$(sql "$DB" "select min(outcome), max(outcome), max(status) is null from requests")" = "connect_error|connect_error|1" ]
    [ "$(sql "$DB" 'select exit_code from run')" -eq 3 ]
}

@test "a target that only hangs never answered either: exit 3" {
    start_hostile
    scenario "{'target':'$URL','load':{'users':3,'spawn_rate':100,'duration':'200ms'},'tasks':[{'path':'/hang'}]}"
    run "$COLDSWARM" run "$SCRATCH/s.json" -o "$DB" -s 200ms
    [ "$status" -eq 3 ]
    [[ "$output" == *"never answered: 3 requests were dropped or cancelled before a response"* ]]
}

@test "a target whose answers only begin is no success either: SUSPECT, exit 3" {
    start_hostile
    scenario "{'target':'$URL','load':{'users':3,'spawn_rate':100,'duration':'200ms'},'tasks':[{'path':'/trickle/1000'}]}"
    # Answers that have not begun when the machine stands still have more time at the next try.
    for time in 200ms 5s 30s; do
        rm -f "$DB"
        run --separate-stderr "$COLDSWARM" run "$SCRATCH/s.json" -o "$DB" -s "$time"
        [ "$(sql "$DB" "select sum(status = 200) = 3 from requests")" != 1 ] || break
    done
    [ "$status" -eq 3 ]
    [[ "$stderr" == *"completed no answer: 3 responses began, and all were cancelled when the run stopped"* ]]
    [ "$(sql "$DB" "select verdict, exit_code, (select min(status) from requests) from run")" = "SUSPECT|3|200" ]
}

@test "a report that cannot be written is exit 3, whatever the requests did" {
    start_hostile
    echo >"$SCRATCH/file"
    scenario "{'target':'$URL','load':{'users':1,'duration':'200ms'},'wait':{'constant':'50ms'},'tasks':[{'path':'/status/500'}]}"
    run "$COLDSWARM" run "$SCRATCH/s.json" -o "$DB" --exit-code-on-error 7 --report "$SCRATCH/file/x"
    [ "$status" -eq 3 ]
}

@test "a client that was stopped in between is suspect, and says so" {
    start_target
    scenario "{'target':'$URL','load':{'users':3,'spawn_rate':100,'duration':'1h'},'wait':{'constant':'20ms'},'tasks':[{'path':'/'}]}"
    start_run "$SCRATCH/s.json" -o "$DB"
    wait_rows 5
    kill -STOP "$RUN_PID"
    # What is under test: longer than a client may stand still.
    sleep 1.2
    kill -CONT "$RUN_PID"
    wait_rows $(($(sql "$DB" 'select count(*) from requests') + 1))
    stop_run INT || [ $? -eq 130 ]
    run sql "$DB" 'select verdict, verdict_reason from run'
    [[ "$output" == "SUSPECT|the client stalled for "* ]] || { echo "$output"; false; }
    [ "$(sql "$DB" "select count(*) > 0 from event where kind = 'stall'")" -eq 1 ]
}

@test "a target too slow for the rate is not blamed on the client" {
    start_target --service-time 50ms
    scenario "{'target':'$URL','load':{'rate':200,'duration':'600ms','max_users':2,'queue_timeout':'200ms'},'tasks':[{'path':'/'}]}"
    run "$COLDSWARM" run "$SCRATCH/s.json" -o "$DB"
    [ "$(sql "$DB" "select count(*), sum(outcome = 'not_sent') > 30 from requests")" = "120|1" ]
    not_blamed "$DB"
}

@test "failed requests are exit 1, or the code that was asked for" {
    start_hostile
    (cd "$SCRATCH" && only 10)
    scenario "{'target':'$URL','load':{'users':1,'duration':'1h'},$FEED,'tasks':[{'path':'/ok',$ONE},{'path':'/status/500',$ONE}]}"
    run "$COLDSWARM" run "$SCRATCH/s.json" -o "$DB" --quiet --seed 1
    [ "$status" -eq 1 ]
    run "$COLDSWARM" run "$SCRATCH/s.json" -o "$DB.2" --quiet --seed 1 --exit-code-on-error 7
    [ "$status" -eq 7 ]
    run "$COLDSWARM" run "$SCRATCH/s.json" -o "$DB.3" --quiet --seed 1 --exit-code-on-error 0
    [ "$status" -eq 0 ]
}

@test "the bad targets of the world each have their outcome, and the run goes on" {
    start_hostile
    # A user for each, which asks again and again.
    local users= task
    for task in "'path':'/reset'" "'path':'/reset-mid'" "'path':'/hang'" "'path':'/garbage'" "'path':'/short'" "'path':'/status/500'" \
        "'path':'/redirect'" "'path':'/headers/200'" "'path':'http://no-such-host.invalid/','name':'dns'" \
        "'path':'http://127.0.0.1:1/','name':'closed'" "'path':'/ok'"; do
        users+=",{'name':'u${#users}','fixed_count':1,'tasks':[{$task}]}"
    done
    scenario "{'target':'$URL','load':{'users':11,'spawn_rate':1000,'duration':'1h'},'timeout':'1s','wait':{'constant':'100ms'},'users':[${users#,}]}"
    start_run "$SCRATCH/s.json" -o "$DB" --quiet
    wait_rows 2 "name = '/hang' and outcome <> 'cancelled'"
    # A machine that stands still for a second lets others time out, too.
    local own="outcome <> 'cancelled' and (outcome <> 'timeout' or name = '/hang')"
    for name in /reset /reset-mid /garbage /short /status/500 /redirect /headers/200 dns closed /ok; do
        wait_rows 2 "name = '$name' and $own"
    done
    code=0
    stop_run INT || code=$?
    [ "$code" -eq 130 ]
    sql "$DB" "select distinct name, outcome, coalesce(status, '') from requests where $own order by 1" >"$SCRATCH/outcomes"
    diff "$SCRATCH/outcomes" - <<'END'
/garbage|protocol_error|
/hang|timeout|
/headers/200|ok|200
/ok|ok|200
/redirect|ok|301
/reset|reset|
/reset-mid|reset|200
/short|reset|200
/status/500|http_error|500
closed|connect_error|
dns|dns_error|
END
}

@test "a body of 300 MB does not grow the client" {
    start_hostile
    scenario "{'target':'$URL','load':{'users':1,'duration':'500ms'},'wait':{'constant':'1s'},'timeout':'10m','tasks':[{'path':'/huge/300000000'}]}"
    start_run "$SCRATCH/s.json" -o "$DB" -s 10m
    peak=0
    while kill -0 "$RUN_PID" 2>/dev/null; do
        now=$(awk '/VmHWM/ {print $2}' "/proc/$RUN_PID/status" 2>/dev/null) || now=0
        [ "${now:-0}" -gt "$peak" ] && peak=$now
        sleep 0.05
    done
    wait "$RUN_PID"
    [ "$(sql "$DB" 'select bytes_received, outcome from requests')" = "300000000|ok" ]
    # A sanitiser keeps freed memory for a while.
    case $COLDSWARM in */address/* | */thread/*) ;; *) [ "$peak" -lt 60000 ] ;; esac
}

@test "TLS: only what is trusted is talked to, unless told otherwise" {
    start_hostile --tls --cert "$CERTS/server.pem" --key "$CERTS/server.key"
    load="'load':{'users':1,'duration':'500ms'},'wait':{'constant':'1s'},'tasks':[{'path':'/ok'}]"
    scenario "{'target':'$URL',$load}"
    run "$COLDSWARM" run "$SCRATCH/s.json" -o "$DB" --quiet
    [ "$status" -eq 3 ]
    [[ "$output" == *"certificate"* ]]
    [ "$(sql "$DB" 'select outcome from requests')" = tls_error ]
    scenario "{'target':'$URL','http':{'ca':'$CERTS/ca.pem'},$load}"
    run "$COLDSWARM" run "$SCRATCH/s.json" -o "$DB.2" --quiet
    [ "$status" -eq 0 ]
    [ "$(sql "$DB.2" 'select tls_us > 0, connect_us > 0 from requests')" = "1|1" ]
    scenario "{'target':'$URL','http':{'verify':false},$load}"
    run "$COLDSWARM" run "$SCRATCH/s.json" -o "$DB.3" --quiet
    [ "$status" -eq 0 ]
    # The right authority, the wrong name.
    scenario "{'target':'https://example.invalid:$PORT','http':{'ca':'$CERTS/ca.pem','resolve':['example.invalid:$PORT:127.0.0.1']},$load}"
    run "$COLDSWARM" run "$SCRATCH/s.json" -o "$DB.4" --quiet
    [ "$status" -eq 3 ]
    [ "$(sql "$DB.4" 'select outcome from requests')" = tls_error ]
    # TLS to a port that speaks plain HTTP.
    start_target
    scenario "{'target':'https://127.0.0.1:$PORT',$load}"
    run "$COLDSWARM" run "$SCRATCH/s.json" -o "$DB.5" --quiet
    [ "$status" -eq 3 ]
    [ "$(sql "$DB.5" 'select outcome from requests')" = tls_error ]
}

@test "a client certificate is shown where the server wants one" {
    start_hostile --tls --cert "$CERTS/server.pem" --key "$CERTS/server.key" --client-ca "$CERTS/ca.pem"
    load="'load':{'users':1,'duration':'500ms'},'wait':{'constant':'1s'},'tasks':[{'path':'/ok'}]"
    scenario "{'target':'$URL','http':{'ca':'$CERTS/ca.pem'},$load}"
    run "$COLDSWARM" run "$SCRATCH/s.json" -o "$DB" --quiet
    [ "$status" -eq 3 ]
    scenario "{'target':'$URL','http':{'ca':'$CERTS/ca.pem','cert':'$CERTS/client.pem','key':'$CERTS/client.key'},$load}"
    run "$COLDSWARM" run "$SCRATCH/s.json" -o "$DB.2" --quiet
    [ "$status" -eq 0 ]
}

@test "http options reach the wire: unix socket, resolve, proxy, keepalive, cookies, compressed, redirects" {
    load="'load':{'users':1,'duration':'400ms'},'wait':{'constant':'100ms'}"
    # Four requests, one after the other.
    (cd "$SCRATCH" && only 4)
    four="'load':{'users':1,'duration':'1h'},$FEED"
    start_hostile --unix "$SCRATCH/sock"
    scenario "{'target':'http://anything.invalid','http':{'unix_socket':'$SCRATCH/sock'},$load,'tasks':[{'path':'/ok'}]}"
    run "$COLDSWARM" run "$SCRATCH/s.json" -o "$DB" --quiet
    [ "$status" -eq 0 ]
    start_hostile
    scenario "{'target':'http://some.invalid:$PORT','http':{'resolve':['some.invalid:$PORT:127.0.0.1']},$load,'tasks':[{'path':'/ok'}]}"
    run "$COLDSWARM" run "$SCRATCH/s.json" -o "$DB.2" --quiet
    [ "$status" -eq 0 ]
    # A proxy sees the whole URL.
    scenario "{'target':'http://behind.invalid','http':{'proxy':'$URL'},$load,'tasks':[{'path':'/ok?proxied'}]}"
    "$COLDSWARM" run "$SCRATCH/s.json" -o "$DB.3" --quiet || true
    grep -q '"path": "http://behind.invalid/ok?proxied"' "$HOSTILE_LOG"
    # The environment's proxy is not used.
    scenario "{'target':'http://some.invalid:$PORT','http':{'resolve':['some.invalid:$PORT:127.0.0.1']},$load,'tasks':[{'path':'/ok?direct'}]}"
    http_proxy=http://127.0.0.1:1 run "$COLDSWARM" run "$SCRATCH/s.json" -o "$DB.4" --quiet
    [ "$status" -eq 0 ]
    scenario "{'target':'$URL','http':{'keepalive':false},$four,'tasks':[{'path':'/ok',$ONE}]}"
    run "$COLDSWARM" run "$SCRATCH/s.json" -o "$DB.5" --quiet
    [ "$(sql "$DB.5" 'select count(*) > 1, min(new_connection) from requests')" = "1|1" ]
    scenario "{'target':'$URL',$four,'tasks':[{'path':'/cookie',$ONE}]}"
    "$COLDSWARM" run "$SCRATCH/s.json" -o "$DB.6" --quiet || true
    [ "$(sql "$DB.6" 'select count(*) > 1, sum(status = 403) from requests')" = "1|1" ]
    scenario "{'target':'$URL','http':{'cookies':false},$four,'tasks':[{'path':'/cookie',$ONE}]}"
    "$COLDSWARM" run "$SCRATCH/s.json" -o "$DB.7" --quiet || true
    [ "$(sql "$DB.7" 'select min(status) from requests')" -eq 403 ]
    scenario "{'target':'$URL','http':{'compressed':true,'follow_redirects':true},$four,'sequence':true,'tasks':[{'path':'/gzip/5000',$ONE},{'path':'/redirect',$ONE}]}"
    run "$COLDSWARM" run "$SCRATCH/s.json" -o "$DB.8" --quiet
    [ "$status" -eq 0 ]
    [ "$(sql "$DB.8" "select distinct name, status, bytes_received from requests order by 1")" = $'/gzip/5000|200|5000\n/redirect|200|48' ]
}

@test "the bodies and headers of a scenario arrive as written, and files are read once" {
    start_hostile
    printf 'from a file' >"$SCRATCH/body.txt"
    export RUN_TEST_TOKEN=tok-123456
    scenario "{'target':'$URL','load':{'users':1,'duration':'1h'},'wait':{'constant':'5ms'},'headers':{'X-All':'1'},'tasks':[
      {'name':'text','method':'POST','path':'/echo?text','body':'hello'},
      {'name':'file','method':'PUT','path':'/echo?file','body_file':'body.txt'},
      {'name':'json','path':'/echo?json','json':{'a':[1,2.50,'x'],'t':'\${env.RUN_TEST_TOKEN}'}},
      {'name':'form','path':'/echo?form','form':{'a':'1 2','b':'ü&'}},
      {'name':'auth','path':'/echo','query':{'auth':'yes & no'},'auth':{'bearer':'\${env.RUN_TEST_TOKEN}'}},
      {'name':'basic','path':'/echo?basic','auth':{'basic':{'user':'u','password':'p'}}},
      {'name':'multi','path':'/echo?multi','multipart':[{'name':'image','file':'body.txt','type':'image/png'},{'name':'n','value':'7'}]}]}"
    start_run "$SCRATCH/s.json" -o "$DB" --seed 5
    wait_rows 5
    printf 'CHANGED, and longer than before' >"$SCRATCH/body.txt"
    # Each of them afterwards too.
    from=$(sql "$DB" 'select max(id) from requests')
    for name in text file json form auth basic multi; do
        wait_rows 1 "name = '$name' and id > $from + 5"
    done
    stop_run INT || [ $? -eq 130 ]
    python3 - "$HOSTILE_LOG" <<'END'
import base64, json, sys
seen = {}
for line in open(sys.argv[1]):
    r = json.loads(line)
    headers = dict(r["headers"])
    assert headers["X-All"] == "1", r
    assert headers["User-Agent"].startswith("coldswarm/"), r
    seen.setdefault(r["path"].split("?")[1].split("=")[0], []).append((r["method"], headers, r["body_bytes"], r["path"]))
def all_are(key, method, size, **headers):
    assert seen[key], key
    for m, h, n, path in seen[key]:
        assert m == method and (size is None or n == size), (key, m, n)
        for name, value in headers.items():
            assert h[name.replace("_", "-")] == value, (key, h)
all_are("text", "POST", 5, Content_Type="text/plain; charset=utf-8")
all_are("file", "PUT", 11)
all_are("json", "POST", len('{"a":[1,2.50,"x"],"t":"tok-123456"}'), Content_Type="application/json")
all_are("form", "POST", len("a=1+2&b=%C3%BC%26"), Content_Type="application/x-www-form-urlencoded")
all_are("auth", "GET", 0, Authorization="Bearer tok-123456")
assert seen["auth"][0][3] in ("/echo?auth=yes%20%26%20no", "/echo?auth=yes+%26+no"), seen["auth"][0][3]
all_are("basic", "GET", 0, Authorization="Basic " + base64.b64encode(b"u:p").decode())
sizes = {n for m, h, n, p in seen["multi"]}
assert len(sizes) == 1 and "multipart/form-data; boundary=" in seen["multi"][0][1]["Content-Type"], seen["multi"]
END
    # The token was sent and stands nowhere else.
    fails grep -q tok-123456 "$DB" "$SCRATCH/out" "$SCRATCH/err"
}

@test "on no terminal there are no control codes; on one there is a block that is redrawn" {
    start_target
    run --separate-stderr "$COLDSWARM" run --host "$URL" -u 2 -r 10 -t 300ms -o "$DB"
    [[ "$stderr$output" != *$'\x1b'* ]]
    [[ "$stderr" == *"recording to $DB"* ]]
    TERM=xterm python3 - "$COLDSWARM" "$URL" "$DB.2" <<'END'
import os, pty, sys
pid, fd = pty.fork()
if pid == 0:
    os.execv(sys.argv[1], [sys.argv[1], "run", "--host", sys.argv[2], "-u", "2", "-r", "10", "-t", "1h", "-o", sys.argv[3]])
seen, asked = b"", False
try:
    while piece := os.read(fd, 65536):
        seen += piece
        if not asked and all(x in seen for x in (b"\x1b[3A", b"users 2/2", b"left")):
            os.write(fd, b"\x03")
            asked = True
except OSError:
    pass
assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 130
text = seen.decode()
assert "\x1b[3A" in text and "users 2/2" in text and "left" in text, text
# The block is gone before the tables come.
assert "users 2/2" not in text[text.rindex("\x1b[J"):], text
END
}

@test "wrong command lines and scenarios say what to do, exit 2 and send nothing" {
    start_hostile
    run "$COLDSWARM" run
    [ "$status" -eq 2 ]
    [[ "$output" == *"--host URL"* ]]
    run "$COLDSWARM" run --hots http://127.0.0.1:1
    [ "$status" -eq 2 ]
    [[ "$output" == *"--host"* ]]
    run "$COLDSWARM" run "$SCRATCH/absent.json"
    [ "$status" -eq 2 ]
    [[ "$output" == *"absent.json"* ]]
    scenario "{'target':'$URL','load':{'users':1,'duration':'1s'},'tasks':[{'path':'/ok','wieght':2}]}"
    run "$COLDSWARM" run "$SCRATCH/s.json" -o "$DB"
    [ "$status" -eq 2 ]
    [[ "$output" == *"s.json:1:"*'unknown key "wieght"'*'"weight"'* ]]
    scenario "{'load':{'users':1,'duration':'1s'},'tasks':[{'path':'/ok'}]}"
    run "$COLDSWARM" run "$SCRATCH/s.json" -o "$DB"
    [ "$status" -eq 2 ]
    [[ "$output" == *"--host"* ]]
    scenario "{'target':'$URL','load':{'stages':[{'duration':'1s','users':2}]},'tasks':[{'path':'/ok'}]}"
    run "$COLDSWARM" run "$SCRATCH/s.json" -u 5 -o "$DB"
    [ "$status" -eq 2 ]
    [[ "$output" == *"stages"* ]]
    run "$COLDSWARM" run "$SCRATCH/s.json" -t 1h -o "$DB"
    [ "$status" -eq 2 ]
    run "$COLDSWARM" run "$SCRATCH/s.json" -t 0 -o "$DB"
    [ "$status" -eq 2 ]
    scenario "{'target':'$URL','load':{'stages':[{'duration':'10s','users':2}]},'tasks':[{'path':'/ok'}]}"
    run "$COLDSWARM" run "$SCRATCH/s.json" -t 1s -o "$DB"
    [ "$status" -eq 2 ]
    [[ "$output" == *"before the first user"* ]]
    run "$COLDSWARM" run --host "ftp://x/" -o "$DB"
    [ "$status" -eq 2 ]
    [ ! -e "$DB" ]
    [ "$(hostile_count)" -eq 0 ]
}

@test "a file that cannot be made or is there already is exit 3" {
    start_target
    run "$COLDSWARM" run --host "$URL" -t 1s -o /proc/run.db
    [ "$status" -eq 3 ]
    [[ "$output" == *"/proc/run.db"* ]]
    echo precious >"$DB"
    run "$COLDSWARM" run --host "$URL" -t 1s -o "$DB"
    [ "$status" -eq 3 ]
    [[ "$output" == *"exists"* ]]
    [ "$(cat "$DB")" = precious ]
    [ "$(served GET /)" -eq 0 ]
}

@test "a full disk ends the run with exit 3, and what was written stays" {
    start_target
    # With pauses, so that what comes before the first commit fits, however late a busy machine makes it.
    scenario "{'target':'$URL','load':{'users':20,'spawn_rate':1000,'duration':'1h'},'wait':{'constant':'10ms'},'tasks':[{'path':'/'}]}"
    # The limit on the size of a file stands in for the disk's end.
    run bash -c 'ulimit -f 400; exec "$@"' - "$COLDSWARM" run "$SCRATCH/s.json" -o "$DB"
    [ "$status" -eq 3 ]
    [[ "$output" == *"cannot write $DB"*"requests in the file: "* ]]
    [[ "$output" != *"Every request is in"* ]]
    [ "$(sql "$DB" 'select count(*) > 100 from requests')" -eq 1 ]
    [ "$(sql "$DB" 'pragma integrity_check')" = ok ]
}

@test "the limit of open files is raised, or said before the run" {
    start_target
    scenario "{'target':'$URL','load':{'users':200,'spawn_rate':10000,'duration':'1s'},'wait':{'constant':'10s'},'tasks':[{'path':'/'}]}"
    run bash -c 'ulimit -Sn 100; exec "$@"' - "$COLDSWARM" run "$SCRATCH/s.json" -o "$DB" --quiet
    [ "$status" -eq 0 ]
    [ "$(sql "$DB" "select count(distinct user), sum(new_connection) from requests where outcome = 'ok'")" = "200|200" ]
    run bash -c 'ulimit -n 100; exec "$@"' - "$COLDSWARM" run "$SCRATCH/s.json" -o "$DB.2"
    [ "$status" -eq 2 ]
    [[ "$output" == *"open files"*"ulimit -n"* ]]
    [ ! -e "$DB.2" ]
}

@test "stages, threads and the default file name" {
    start_target
    scenario "{'name':'my run/1','target':'$URL','load':{'start_users':2,'stages':[{'duration':'500ms','users':6},{'duration':'500ms','users':0}]},
               'wait':{'constant':'10ms'},'tasks':[{'path':'/'}]}"
    cd "$SCRATCH"
    run --separate-stderr "$COLDSWARM" run s.json --threads 3
    [ "$status" -eq 0 ]
    db=$(echo runs/my-run-1-*.db)
    [ -f "$db" ]
    [[ "$output" == *"$db"* ]]
    [ "$(sql "$db" 'select users_max, count(distinct user) between 4 and 6 from run, requests')" = "6|1" ]
    [ "$(sql "$db" 'select count(*) from requests')" -eq "$(served GET /)" ]
    run "$COLDSWARM" run s.json -t 100ms -o cut.db --quiet
    [ "$status" -eq 0 ]
    [ "$(sql cut.db "select value from manifest where key = 'load_seconds'")" = 0.1 ]
    # A machine that stands still may send what each user has begun with later, and nothing else.
    [ "$(sql cut.db 'select count(*) from (select user from requests where sent_us > 900000 group by user having count(*) > 1)')" -eq 0 ]
}

@test "--out with a slash at its end is the folder of files that are named as in runs/" {
    start_target
    cd "$SCRATCH"
    cat >s.json <<'END'
{"name": "my run", "load": {"users": 1, "duration": "200ms"}, "wait": {"constant": "50ms"}, "tasks": [{"path": "/"}]}
END
    "$COLDSWARM" run s.json -H "$URL" -o new/deep/ --repeat 2 --quiet || [ $? -eq 4 ]
    [ "$(ls new/deep | wc -l)" -eq 2 ]
    for file in new/deep/*.db; do
        [[ $file =~ /my-run-[0-9]{8}T[0-9]{6}Z(-2)?\.db$ ]]
        [ "$(sql "$file" 'select name from run')" = "my run" ]
    done
    [ ! -e runs ]
    run -3 "$COLDSWARM" run s.json -H "$URL" -o s.json/ --quiet
    [[ $output == *"s.json"* ]]
}

@test "--report leaves tables and figures" {
    start_target
    run --separate-stderr "$COLDSWARM" run --host "$URL" -u 2 -r 10 -t 300ms -o "$DB" --report "$SCRATCH/report"
    [ "$status" -eq 0 ]
    for f in tables.txt tables.md tables.csv tables.json users.svg users.png data/users.csv; do
        [ -s "$SCRATCH/report/$f" ]
    done
}

@test "options that would be ignored are refused" {
    run -2 "$COLDSWARM" run -H http://127.0.0.1:9 -t 1s --pause 1s
    [[ $output == *"--repeat"* ]]
    cd "$SCRATCH"
    echo '{"load": {"users": 1, "spawn_rate": 1, "duration": "1s"}, "tasks": [{"path": "/", "tags": ["x"]}]}' >s.json
    run -2 "$COLDSWARM" run s.json -H http://127.0.0.1:9 -T ,
    [[ $output == *'--tags "," contains no tag'* ]]
    run -2 "$COLDSWARM" run s.json -H http://127.0.0.1:9 -E x -E ''
    sed -i 's/"x"/"x,y"/' s.json
    run -2 "$COLDSWARM" validate s.json
    [[ $output == *"s.json:1:"*"a tag is one word"* ]]
}
