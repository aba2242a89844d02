#!/usr/bin/env bats
# A report groups failures by their text: one kind for each check, whatever values the answers held.

load ../support/helpers
bats_require_minimum_version 1.5.0

# Answers that never repeat: JSON, a header, a size and a status. Sets URL.
start_varying() {
    cat >"$SCRATCH/varying.py" <<'END'
import http.server, itertools, json, os, uuid
count = itertools.count(1)
class H(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        n = next(count)
        body = json.dumps({"state": f"busy-{uuid.uuid4()}", "n": n, "gone": None, "token": os.environ["SHOP_SECRET"] + str(n),
                           "long": "x" * 200 + os.environ["SHOP_SECRET"] + "y" * 3000, "pad": "p" * n}).encode()
        self.send_response(200 + n % 7 if self.path == "/status" else 200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Request-Id", str(uuid.uuid4()))
        self.end_headers()
        self.wfile.write(b"" if self.command == "HEAD" else body)
    def log_message(self, *a): pass
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), H)
print("ready", server.server_port, flush=True)
server.serve_forever()
END
    local line
    : >"$SCRATCH/varying.out"
    python3 "$SCRATCH/varying.py" >"$SCRATCH/varying.out" 2>&1 3>&- &
    STARTED_PIDS+=("$!")
    line=$(wait_line "$SCRATCH/varying.out" '^ready ' "$!") || return 1
    URL=http://127.0.0.1:${line#ready }
}

@test "each kind of check and capture is one kind of error, and what it found is kept" {
    export SHOP_SECRET=hunter2-hunter2
    start_varying
    cd "$SCRATCH"
    (echo n; seq 70) >rows.csv # each request takes one, and the run ends with them
    # Named by what each is to find.
    cat >s.json <<END
{ "target": "$URL", "load": { "users": 2, "spawn_rate": 100, "duration": "60s" }, "sequence": true,
  "feeders": { "row": { "csv": "rows.csv", "mode": "once" } },
  "headers": { "X-Secret": "\${env.SHOP_SECRET}", "X-Row": "\${row.n}" },
  "tasks": [
    { "path": "/a", "name": "equals",   "checks": [{ "json": "/state", "equals": "ready" }] },
    { "path": "/a", "name": "not",      "checks": [{ "json": "/gone", "not": null, "name": "is there" }] },
    { "path": "/a", "name": "less",     "checks": [{ "json": "/n", "less": 0 }] },
    { "path": "/a", "name": "number",   "checks": [{ "json": "/state", "greater": 1 }] },
    { "path": "/a", "name": "contains", "checks": [{ "jsonpath": "\$.state", "contains": "ready" }] },
    { "path": "/a", "name": "absent",   "checks": [{ "json": "/state", "exists": false }] },
    { "path": "/a", "name": "header",   "checks": [{ "header": "X-Request-Id", "matches": "^z" }] },
    { "path": "/a", "name": "body",     "checks": [{ "body": { "contains": "ready" } }] },
    { "path": "/a", "name": "size",     "checks": [{ "size": { "max": 10 } }] },
    { "path": "/a", "name": "time",     "checks": [{ "time": { "max": "1us" } }] },
    { "path": "/status", "name": "status", "checks": [{ "status": 299 }] },
    { "path": "/a", "name": "token",    "checks": [{ "json": "/token", "equals": "t" }] },
    { "path": "/a", "name": "long",     "checks": [{ "json": "/long", "equals": "t" }] },
    { "path": "/a", "name": "capture",  "capture": { "c": { "json": "/state", "regex": "ready-(.*)" } } }
  ] }
END
    local transport
    for transport in direct curl; do
        rm -f run.db
        run --separate-stderr "$COLDSWARM" run s.json -o run.db --transport "$transport"
        [ "$status" -eq 1 ]
        [ "$(sqlite3 run.db "select name from requests group by name having count(distinct error) <> 1 or count(*) < 3")" = "" ]
        [ "$(sqlite3 run.db "select count(distinct name || error) from requests")" -eq 14 ]
        [[ "$output" == *'equals'*'check_failed'*'check /state equals ready: not equal to "ready"'* ]]
        [[ "$output" == *"The view failed_bodies of the run file shows the first responses that failed, and what the checks found"* ]]
        # What was found, each value for itself.
        seen() { sqlite3 run.db "select count(*) > 2, count(*) = sum($2) from failed_bodies where request = '$1'"; }
        [ "$(seen equals "seen glob '\"busy-*-*-*-*-*\"'")" = "1|1" ]
        [ "$(sqlite3 run.db "select count(distinct seen) = count(*) from failed_bodies where request = 'equals'")" = 1 ]
        [ "$(seen not "seen = 'null'")" = "1|1" ]
        [ "$(seen less "seen > 0 and body like '%\"n\": ' || seen || ',%'")" = "1|1" ]
        [ "$(seen number "seen glob '\"busy-*\"'")" = "1|1" ]
        [ "$(seen contains "seen glob '\"busy-*\"'")" = "1|1" ]
        [ "$(seen absent "seen glob '\"busy-*\"'")" = "1|1" ]
        [ "$(seen header "seen glob '????????-*-*-*-*'")" = "1|1" ]
        [ "$(seen body "seen is null and body like '{%'")" = "1|1" ]
        [ "$(seen size "seen = bytes || ' bytes'")" = "1|1" ]
        [ "$(seen time "seen glob '[0-9]*s'")" = "1|1" ]
        [ "$(seen status "seen = status")" = "1|1" ]
        [ "$(seen capture "seen is null")" = "1|1" ]
        # A secret is masked, also where the end of what is kept would cut it.
        [ "$(seen token "seen glob '\"\\*\\*\\*[0-9]*\"' or seen like '\"***%'")" = "1|1" ]
        [ "$(seen long "length(seen) <= 256 and seen like '%xxx***yyy%'")" = "1|1" ]
        [ "$(sqlite3 run.db "select count(*) from failed_bodies where seen like '%hunter%' or body like '%hunter%' or error like '%hunter%'")" -eq 0 ]
    done
}

@test "a setup that fails says what its check has found, without secrets" {
    export SHOP_SECRET=hunter2-hunter2
    start_varying
    cd "$SCRATCH"
    cat >s.json <<END
{ "target": "$URL", "load": { "users": 1, "duration": "1s" }, "headers": { "X-Secret": "\${env.SHOP_SECRET}" },
  "setup": [{ "path": "/a", "checks": [{ "json": "/token", "equals": "t" }] }], "tasks": [{ "path": "/" }] }
END
    run --separate-stderr "$COLDSWARM" run s.json -o run.db
    [ "$status" -eq 3 ]
    [[ "$stderr" == *'check /token equals t: not equal to "t" (found: "***'[0-9]*'")'* ]]
    [[ "$stderr" != *hunter2* ]]
}
