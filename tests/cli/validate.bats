#!/usr/bin/env bats
# `coldswarm validate`: explains a good scenario, points at the mistake in a bad one, never shows a secret.

bats_require_minimum_version 1.5.0

setup() {
    ROOT=$(realpath "$BATS_TEST_DIRNAME/../..")
    COLDSWARM=$(realpath "${COLDSWARM:-$ROOT/build/release/coldswarm}")
    cd "$BATS_TEST_TMPDIR"
}

scenario() {
    cat >"$BATS_TEST_TMPDIR/s.json"
}

@test "the paper's scenario is explained" {
    run --separate-stderr "$COLDSWARM" validate "$ROOT/scenarios/paper.json"
    [ "$status" -eq 0 ]
    [ -z "$stderr" ]
    [[ ${lines[0]} == *"scenarios/paper.json is valid." ]]
    [[ $output == *"http://127.0.0.1:8080"* ]]
    [[ $output == *"10 users, one every 1s, for 97s"* ]]
    [[ $output == *"1s after each task"* ]]
    [[ $output == *"20.0%  GET  /"* ]]
    [[ $output == *"80.0%  POST /predict  33 bytes of application/json"* ]]
    [[ $output != *"Warnings"* ]]
}

@test "every scenario that comes with the program is good" {
    for file in "$ROOT"/scenarios/*.json; do
        [ "$(basename "$file")" != schema.json ] || continue
        TOKEN=t COLDSWARM_TOKEN=t run --separate-stderr "$COLDSWARM" validate "$file"
        [ "$status" -eq 0 ]
        [[ $output != *"Warnings"* ]]
    done
}

@test "stages are listed one by one" {
    run "$COLDSWARM" validate "$ROOT/scenarios/stages.json"
    [[ $output == *"from 0 to 20 users in 20s"* ]]
    [[ $output == *"20 users for 30s"* ]]
    [[ $output == *"from 20 to 0 users in 10s"* ]]
    [[ $output == *"60s in total, at most 20 users"* ]]
}

@test "loads by rate are explained, and what may be too much for them" {
    scenario <<'END'
{ "target": "http://127.0.0.1:1", "load": { "rate": 0.1, "duration": "1m", "arrivals": "poisson", "queue_timeout": "2s" }, "tasks": [{}] }
END
    run --separate-stderr "$COLDSWARM" validate s.json
    [ "$status" -eq 0 ]
    [[ $output == *"0.1 requests per second for 60s"* ]]
    [[ $output == *"at random (Poisson), by at most 1000 users"* ]]
    [[ $output == *"each to the user that has been idle longest"* ]]
    [[ $output == *"dropped if no user is free within 2s"* ]]
    [[ $output != *"Warnings"* ]]
    scenario <<'END'
{
  "target": "http://127.0.0.1:1", "http": { "keepalive": false }, "wait": { "pacing": 1 },
  "load": { "max_users": 100, "spread": 4, "stages": [{ "duration": "10s", "rate": 2000 }, { "duration": 0, "rate": 0.5 }, { "duration": 5, "rate": 0.5 }] },
  "tasks": [{}]
}
END
    run --separate-stderr "$COLDSWARM" validate s.json
    [ "$status" -eq 0 ]
    [[ $output == *"from 0 to 2000 requests per second in 10s"* ]]
    [[ $output == *"at once to 0.5 requests per second"* ]]
    [[ $output == *"0.5 requests per second for 5s"* ]]
    [[ $output == *"15s in total, at most 2000 requests per second"* ]]
    [[ $output == *"evenly spaced, by at most 100 users: enough while a request takes under 50ms"* ]]
    [[ $output == *'"wait" has no effect'* ]]
    [[ $output == *'100 users cannot keep up with 2000 requests per second if a request takes over 0.05 s; raise "max_users"'* ]]
    [[ $output == *"2000 new connections per second"* ]]
}

@test "waits from start to start are explained" {
    scenario <<'END'
{ "target": "http://127.0.0.1:1", "load": { "users": 2, "duration": "1m" }, "wait": { "throughput": 0.5 }, "tasks": [{}] }
END
    run "$COLDSWARM" validate s.json
    [ "$status" -eq 0 ]
    [[ $output == *"wait      2s from one start to the next"* ]]
    scenario <<'END'
{ "target": "http://127.0.0.1:1", "load": { "users": 2, "duration": "1m" }, "wait": { "poisson": 4 }, "tasks": [{}] }
END
    run "$COLDSWARM" validate s.json
    [ "$status" -eq 0 ]
    [[ $output == *"at random (Poisson), on average 250ms from one start to the next"* ]]
}

@test "a mistake is on stderr with file, line and column; exit 2" {
    scenario <<'END'
{
  "load": { "users": 1, "duration": "5s" },
  "tasks": [
    { "wieght": 2 }
  ]
}
END
    run --separate-stderr "$COLDSWARM" validate s.json
    [ "$status" -eq 2 ]
    [ -z "$output" ]
    [ "$stderr" = 'coldswarm: s.json:4:7: unknown key "wieght" in a task; did you mean "weight"?' ]
}

@test "a missing file, a folder and no file at all: exit 2" {
    run --separate-stderr "$COLDSWARM" validate absent.json
    [ "$status" -eq 2 ]
    [[ $stderr == *"absent.json: No such file or directory"* ]]
    run --separate-stderr "$COLDSWARM" validate .
    [ "$status" -eq 2 ]
    run --separate-stderr "$COLDSWARM" validate
    [ "$status" -eq 2 ]
}

@test "--host replaces the target and is checked" {
    run "$COLDSWARM" validate "$ROOT/scenarios/paper.json" -H localhost:9999/
    [ "$status" -eq 0 ]
    [[ $output == *"http://localhost:9999"* ]]
    [[ $output != *"127.0.0.1"* ]]
    run --separate-stderr "$COLDSWARM" validate "$ROOT/scenarios/paper.json" --host ftp://x
    [ "$status" -eq 2 ]
    [[ $stderr == *'--host: "ftp://x" cannot be the target: only http:// and https:// are supported'* ]]
}

@test "secrets are named, their values never shown" {
    scenario <<'END'
{
  "target": "http://127.0.0.1:1/${env.PREFIX_A}",
  "load": { "users": 1, "duration": "5s" },
  "auth": { "bearer": "${env.TOKEN_B}" },
  "tasks": [{ "path": "/x/${env.TOKEN_B}", "json": { "k": "${env.TOKEN_B}" } }]
}
END
    export PREFIX_A=hidden-prefix TOKEN_B='t0p/secret'
    run --separate-stderr "$COLDSWARM" validate s.json
    [ "$status" -eq 0 ]
    [[ $output == *"PREFIX_A, TOKEN_B from the environment"* ]]
    [[ $output == *'http://127.0.0.1:1/***'* ]]
    [[ $output == *'/x/***  named /x/${env.TOKEN_B}'* ]]
    [[ $output != *hidden-prefix* && $output != *t0p* && $output != *t0p%2Fsecret* ]]
    unset TOKEN_B
    run --separate-stderr "$COLDSWARM" validate s.json
    [ "$status" -eq 2 ]
    [ "$stderr" = "coldswarm: s.json:4:24: TOKEN_B is not set; set TOKEN_B in the environment" ]
    [[ $stderr != *hidden-prefix* ]]
}

@test "what is allowed and seldom meant is worth a look; exit 0" {
    scenario <<'END'
{
  "load": { "users": 2000, "spawn_rate": 100, "duration": "15s" },
  "tasks": [{ "method": "POST", "path": "/a" }, { "name": "never", "weight": 0 }]
}
END
    run --separate-stderr "$COLDSWARM" validate s.json
    [ "$status" -eq 0 ]
    [[ $output == *"Warnings:"* ]]
    [[ $output == *"no target: give one with --host"* ]]
    [[ $output == *"only 1500 of 2000 users start before the end, after 15s"* ]]
    [[ $output == *'1500 users without "wait"'* ]]
    [[ $output == *"task 1 (POST /a) has no body"* ]]
    [[ $output == *"task 2 (GET never) has weight 0: it is never sent"* ]]
    run "$COLDSWARM" validate s.json -H localhost
    [[ $output != *"no target"* ]]
}

@test "http options that differ from the default are shown" {
    scenario <<'END'
{
  "target": "https://localhost", "load": { "users": 1, "duration": 1 },
  "http": { "version": "2", "verify": false, "resolve": ["localhost:443:127.0.0.1"], "keepalive": false, "cookies": true },
  "tasks": [{}]
}
END
    run "$COLDSWARM" validate s.json
    [ "$status" -eq 0 ]
    [[ $output == *"HTTP/2 if the server supports it, certificates are not checked, resolve localhost:443:127.0.0.1, a new connection for each request"* ]]
    [[ $output != *cookies* ]]
}

@test "control codes in a scenario do not reach the terminal" {
    printf '{"name":"a\\u001b[31mb","load":{"users":1,"duration":1},"tasks":[{"name":"x\\u0007\\u202ey"}]}' >s.json
    run --separate-stderr "$COLDSWARM" validate s.json
    [ "$status" -eq 0 ]
    [[ $output == *'a\x1b[31mb'* ]]
    [[ $output == *'x\x07\xe2\x80\xaey'* ]]
    printf '{"\\u001b[31m":1}' >s.json
    run --separate-stderr "$COLDSWARM" validate s.json
    [ "$status" -eq 2 ]
    [[ $stderr != *$'\e'* ]]
}

@test "--dry-run prints each request as it would be sent, its secrets masked" {
    printf 'A\0%s\n' 'tok-123456' >body.bin
    scenario <<'JSON'
{
  "target": "http://127.0.0.1:8080/base", "load": { "users": 1, "duration": 1 }, "auth": { "bearer": "${env.TOKEN_B}" },
  "variables": { "model": "a b" },
  "tasks": [
    { "path": "/x/${model}?k=${env.TOKEN_B}", "json": { "m": "${model}", "t": "${env.TOKEN_B}", "id": "${later}" }, "capture": { "later": { "json": "/id" } } },
    { "path": "/f", "body_file": "body.bin" }
  ]
}
JSON
    TOKEN_B=tok-123456 run --separate-stderr "$COLDSWARM" validate s.json --dry-run
    [ "$status" -eq 0 ]
    [[ $output == *"POST /base/x/a%20b?k=***"* ]]
    [[ $output == *"Host: 127.0.0.1:8080"* ]]
    [[ $output == *"Authorization: Bearer ***"* ]]
    [[ $output == *'{"m":"a b","t":"***","id":"<later>"}'* ]]
    [[ $output == *'A\x00***'* ]]
    [[ $output != *tok-123456* ]]
}

@test "how much is sent is said, and a token over plain http to a foreign host is worth a look" {
    scenario <<'JSON'
{ "target": "http://192.0.2.7", "load": { "users": 10, "duration": "1m" }, "wait": { "between": [1, 3] }, "auth": { "bearer": "x" }, "tasks": [{}] }
JSON
    run "$COLDSWARM" validate s.json
    [[ $output == *"at most 5 tasks per second when all users are active"* ]]
    [[ $output == *"http:// to 192.0.2.7 with an Authorization header"* ]]
    run "$COLDSWARM" validate s.json -H http://10.1.2.3
    [[ $output != *"Authorization header"* ]]
    scenario <<'JSON'
{ "target": "http://127.0.0.1", "load": { "stages": [{ "duration": "10s", "rate": 20 }, { "duration": "5s", "rate": 20 }] }, "tasks": [{}] }
JSON
    run "$COLDSWARM" validate s.json
    [[ $output == *"about 200 tasks in total"* ]]
}

@test "a threshold that no value can cross is worth a look, and so is a host that nobody knows" {
    scenario <<'END'
{
  "target": "http://nobody-has-this.invalid",
  "timeout": "2s",
  "load": { "users": 1, "duration": "5s" },
  "tasks": [{ "path": "/" }],
  "thresholds": {
    "http_req_failed": ["rate<=1", "rate<0.5"],
    "http_req_duration": ["p(95)<2001", "p(95)<2000", "avg>=0"],
    "response_time": ["p(95)<99999"],
    "http_reqs": ["count>=0", "count>0"]
  }
}
END
    run "$COLDSWARM" validate s.json
    [ "$status" -eq 0 ]
    [[ $output == *"the threshold can never fail: http_req_failed rate<=1; no value is above 1"* ]]
    [[ $output == *"the threshold can never fail: http_req_duration p(95)<2001; no value is above 2000 ms, the time limit"* ]]
    [[ $output == *"the threshold can never fail: http_req_duration avg>=0; no value is below 0"* ]]
    [[ $output == *"the threshold can never fail: http_reqs count>=0; no value is below 0"* ]]
    [ "$(grep -c "the threshold can never fail" <<<"$output")" -eq 4 ]
    # Where no name server can be asked, nothing is said of the host.
    if getent ahosts nobody-has-this.invalid >/dev/null 2>&1 || [ $? -ne 2 ]; then skip "names cannot be asked here"; fi
    python3 -c 'import socket, sys
try: socket.getaddrinfo("nobody-has-this.invalid", 80)
except socket.gaierror as e: sys.exit(e.errno != socket.EAI_NONAME)' || skip "no name server answers here"
    [[ $output == *"unknown host: nobody-has-this.invalid"* ]]
}

@test "steps are told as they go: waits, repeats and conditions; what nobody sends is worth a look" {
    cat >s.json <<'END'
{"target": "http://127.0.0.1:9", "load": {"users": 2, "spawn_rate": 2, "duration": "2s"}, "variables": {"v": "1"},
 "users": [{"name": "a", "fixed_count": 2, "tasks": [
              {"name": "flow", "steps": [{"wait": {"constant": "20ms"}}, {"repeat": 3, "steps": [{"path": "/in"}, {"when": "${v}", "steps": [{"path": "/deep"}]}]}, {"path": "/out"}]},
              {"name": "idle", "steps": [{"wait": {"constant": "5ms"}}]}]},
           {"name": "b", "tasks": [{"path": "/b"}]}]}
END
    run -0 "$COLDSWARM" validate s.json
    grep -A6 'flow, in steps:' <<<"$output" | tail -n 6 | sed 's/^                    //' >steps
    [ "$(cat steps)" = $'wait 20ms\n3 times:\n  GET /in\n  only if its condition is true:\n    GET /deep\nGET /out' ] || { cat steps; false; }
    [[ $output == *"task 2 (idle) sends nothing"* ]]
    [[ $output == *"classes with weight get none"* ]]
    [[ $output != *"want 2 users"* ]]
}

@test "long texts: a check of 3 MB works, and a limit is a mistake with its place, not a lack of memory" {
    # long TEMPLATE: a scenario of one task, with "LONG" in it 3 MB long.
    long() {
        python3 -c 'import sys
print("""{"target": "http://127.0.0.1:9", "load": {"users": 1, "duration": "1s"}, "tasks": [{%s}]}"""
      % sys.argv[1].replace("LONG", "\u00e9" * 1500000))' "$1" >s.json
    }
    local check
    for check in '"json": "/a", "equals": "LONG"' '"json": "/a", "not": "LONG"' '"body": {"contains": "LONG"}' '"header": "x", "equals": "LONG"'; do
        long "\"path\": \"/\", \"checks\": [{$check}]"
        run -0 "$COLDSWARM" validate s.json
        [[ $output != *memory* ]]
    done
    for check in "\"headers\": {\"a\": \"\${urlencode('LONG')}\"}" '"auth": {"basic": {"user": "LONG", "password": "x"}}' '"body_file": "LONG"' \
        '"name": "LONG"'; do
        long "\"path\": \"/\", $check"
        run "$COLDSWARM" validate s.json
        cut -c1-300 <<<"$output"
        [ "$status" -eq 2 ]
        [[ $output == "coldswarm: s.json:1:"* && $output != *memory* ]]
    done
}
