#!/usr/bin/env bats
# How much of a response is checked (http.judge_bytes): all of it up to there. What is larger is not checked, and no failure for it. On
# both transports, and in every format of the table of checks.

load ../support/helpers

setup_file() {
    cd "$BATS_FILE_TMPDIR"
    # /N: a JSON answer of N bytes whose token stands at its end.
    cat >server.py <<'PY'
import gzip, http.server, sys
class H(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        n, head, tail = int(self.path.split("?")[0].strip("/z")), b'{"pad":"', b'","token":"t1"}'
        body = head + b"x" * (n - len(head) - len(tail)) + tail
        if self.path.startswith("/z"):
            body = gzip.compress(body)
        self.send_response(200)
        if self.path.startswith("/z"):
            self.send_header("Content-Encoding", "gzip")
        self.send_header("X-Kind", "big")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *a): pass
s = http.server.ThreadingHTTPServer(("127.0.0.1", 0), H)
print("ready", s.server_port, flush=True)
s.serve_forever()
PY
    : >server.out
    python3 server.py >server.out 2>&1 3>&- &
    echo $! >server.pid
    wait_line server.out '^ready ' "$(cat server.pid)" | cut -d' ' -f2 >port
}

teardown_file() {
    kill "$(cat "$BATS_FILE_TMPDIR/server.pid")"
}

setup() {
    cd "$BATS_TEST_TMPDIR"
    PORT=$(cat "$BATS_FILE_TMPDIR/port")
}

# scenario HTTP PATH: one request, all kinds of checks, and two that use what it captured. The feeder ends the run after its one row.
scenario() {
    printf '{"column": "x"}\n' >one.jsonl
    cat >s.json <<JSON
{ "target": "http://127.0.0.1:$PORT", "http": {$1}, "load": { "users": 1, "duration": "60s" },
  "feeders": { "one": { "jsonl": "one.jsonl", "mode": "once" } },
  "tasks": [{ "name": "t", "steps": [
    { "name": "big", "path": "$2?\${one.column}",
      "capture": { "t": { "json": "/token" }, "r": { "regex": "\"token\":\"(..)\"", "default": "none" }, "k": { "header": "X-Kind" } },
      "checks": [{ "name": "end", "body": { "contains": "\"t1\"" } }, { "name": "token", "json": "/token", "equals": "t1" },
                 { "name": "pad", "json": "/pad", "matches": "^x+\$" }, { "name": "status", "status": 200 },
                 { "name": "size", "size": { "min": 70000 } }, { "name": "kind", "header": "X-Kind", "equals": "big" },
                 { "name": "time", "time": { "max": "50s" } }] },
    { "name": "uses", "path": "/900?\${r}-\${k}" }, { "name": "needs", "path": "/900?\${t}" }] }] }
JSON
}

@test "an answer is judged whole up to 16 MiB" {
    for transport in direct curl; do
        for bytes in 1200000 5000000 16777216; do
            scenario "" "/$bytes"
            "$COLDSWARM" run s.json --transport $transport -o $transport.$bytes.db --quiet
            db=$transport.$bytes.db
            [ "$(sqlite3 $db "select name, outcome, status from requests order by id")" = $'big|ok|200\nuses|ok|200\nneeds|ok|200' ]
            [ "$(sqlite3 $db "select bytes_received from requests where name = 'big'")" = $bytes ]
            [ "$(sqlite3 $db "select count(*), sum(passes), sum(fails), sum(not_judged) from checks")" = "7|7|0|0" ]
        done
    done
}

@test "what is larger is not judged, is named, and does not fail" {
    for transport in direct curl; do
        for case in ':16777217' '"judge_bytes": "64k":70000' '"judge_bytes": 65536, "compressed": true:z70000'; do
            scenario "${case%:*}" "/${case##*:}"
            db=$transport.$RANDOM$RANDOM.db
            run "$COLDSWARM" run s.json --transport $transport -o $db --quiet
            [ "$(sqlite3 $db "select name, outcome, status from requests where name = 'big'")" = 'big|ok|200' ]
            # Size and time, status and header are seen all the same; the size is that of all of it.
            [ "$(sqlite3 $db "select name, sum(passes), sum(fails), sum(not_judged) from checks group by name order by name")" = \
                $'capture r|0|0|1\ncapture t|0|0|1\nend|0|0|1\nkind|1|0|0\npad|0|0|1\nsize|1|0|0\nstatus|1|0|0\ntime|1|0|0\ntoken|0|0|1' ]
            # A capture with a default has it; one without is not set, and says so where it is needed.
            [ "$(sqlite3 $db "select outcome from requests where name = 'uses'")" = ok ]
            [ "$(sqlite3 $db "select outcome <> 'ok' and error like '%\${t}%' from requests where name = 'needs'")" = 1 ]
            [ "$(sqlite3 $db "select count(*) from failed_bodies")" = 0 ]
        done
    done
}

@test "every format of the table of checks has them" {
    scenario '"judge_bytes": "64k"' /70000
    sed -i 's/, { "name": "needs".*/] }] }/' s.json
    "$COLDSWARM" run s.json -o r.db --quiet
    "$COLDSWARM" report r.db >text
    grep -E 'Check.*Not checked' text
    grep -E '^big +end +0 +0 +.* +1$' text
    grep -E '^big +capture t +0 +0 +.* +1$' text
    grep -E '^big +status +1 +0 +100.* +0$' text
    "$COLDSWARM" report r.db --out out --no-figures >/dev/null
    [ "$(grep '^big,end,' out/checks.csv)" = 'big,end,0,0,,1' ]
    [ "$(grep '^big,size,' out/checks.csv)" = 'big,size,1,0,100,0' ]
    grep -E '^\| big \| end \| 0 \| 0 \| .* \| 1 \|$' out/tables.md
    [ "$(sqlite3 :memory: "select json_extract(c.value, '\$.not_judged'), json_extract(c.value, '\$.passed_percent') is null
        from json_each(readfile('out/tables.json'), '\$.checks') as c where json_extract(c.value, '\$.check') = 'end'")" = '1|1' ]
    "$COLDSWARM" report r.db --format html >page.html
    grep -q 'Not checked' page.html
    # A threshold on checks counts what was judged.
    "$COLDSWARM" gate r.db -e 'checks{request:big} rate==1'
}

@test "setup says what it did not judge" {
    cat >s.json <<JSON
{ "target": "http://127.0.0.1:$PORT", "http": { "judge_bytes": "64k" }, "load": { "users": 1, "duration": "1ms" }, "wait": { "constant": "60s" },
  "setup": [{ "name": "big", "path": "/70000", "capture": { "t": { "json": "/token", "default": "none" } } }, { "name": "small", "path": "/900", "checks": [{ "body": { "contains": "t1" } }] }],
  "tasks": [{ "path": "/900?\${t}" }] }
JSON
    for transport in direct curl; do
        "$COLDSWARM" run s.json --transport $transport -o $transport.db --quiet
        [ "$(sqlite3 $transport.db "select text like '%GET big: ok 200%http.judge_bytes%not checked' from event where kind = 'setup' order by at_us, rowid limit 1")" = 1 ]
        [ "$(sqlite3 $transport.db "select count(*) from event where kind = 'setup' and text like '%not checked%'")" = 1 ]
    done
}

@test "judge_bytes has its limits, with line and column" {
    for bad in 0 -1 '"2GiB"' '"much"' 1.5 true; do
        scenario "\"judge_bytes\": $bad" /900
        run "$COLDSWARM" validate s.json
        [ "$status" -eq 2 ]
        [[ "$output" == *"s.json:1:"*"judge_bytes"* ]]
    done
    scenario '"judge_bytes": "1GiB"' /900
    "$COLDSWARM" validate s.json | grep -q 'checks read responses up to 1073741824 bytes'
}
