#!/usr/bin/env bats
# run --web: the page's server as programs see it: what it says, to whom, and that it never holds up a run.

bats_require_minimum_version 1.5.0

load ../support/helpers
load ../support/page

setup() {
    cd "$BATS_TEST_TMPDIR"
}

until_users() { until_state "doc->>'\$.users' = $1"; }

@test "after the end, state and metrics have the counts of the run file" {
    start_hostile
    only 500
    cat >s.json <<END
{"name": "s", "load": {"users": 4, "spawn_rate": 100, "duration": "1h"}, "wait": {"constant": "10ms"}, $FEED,
 "thresholds": {"http_req_failed": ["rate<0.9"]},
 "tasks": [{"path": "/status/200", "weight": 3, $ONE}, {"path": "/status/503", $ONE}, {"path": "/close", $ONE}]}
END
    serve_run s.json -H "$URL" --web 0 --web-linger 60s
    until_phase ended
    curl -fsS "$PAGE/metrics" >metrics.txt
    curl -fsS "$PAGE/" >page.html
    kill -INT "$RUN_PID"
    code=0
    wait "$RUN_PID" || code=$?
    [ "$code" -eq "$(sql a.db 'select exit_code from run')" ]
    python3 - <<'END'
import json, re, sqlite3
db, state = sqlite3.connect("a.db"), json.load(open("state.json"))
ended = "outcome not in ('not_sent', 'cancelled', 'unsendable')"
series = {}
for line in open("metrics.txt"):
    m = re.fullmatch(r'(\w+)(\{.*\})? (\S+)\n', line)
    if m and not line.startswith("#"):
        series[m[1] + (m[2] or "")] = float(m[3])
page = open("page.html").read()
rows = db.execute(f"select method, name, count(*), sum(outcome <> 'ok'), sum(bytes_received), sum(response_us) from requests where {ended} group by 1, 2").fetchall()
assert len(rows) == 3
for method, name, n, failed, received, took in rows:
    one, = [x for x in state["endpoints"] if (x["method"], x["name"]) == (method, name)]
    assert (one["requests"], one["failures"], one["bytes_received"]) == (n, failed, received), (one, n, failed)
    of = f'{{method="{method}",name="{name}"}}'
    assert series["coldswarm_requests_total" + of] == n and series["coldswarm_failures_total" + of] == failed, of
    assert series["coldswarm_received_bytes_total" + of] == received, of
    assert series["coldswarm_response_time_seconds_count" + of] == n, of
    assert abs(series["coldswarm_response_time_seconds_sum" + of] - took / 1e6) < 1e-6 * n, of
    for bound in "0.001", "0.0025", "0.005", "0.01", "0.1", "1", "60", "+Inf":
        below, = db.execute(f"select count(*) from requests where {ended} and method = ? and name = ? and response_us <= ?",
                            (method, name, float(bound.replace("+", "")) * 1e6)).fetchone()
        key = f'coldswarm_response_time_seconds_bucket{{method="{method}",name="{name}",le="{bound}"}}'
        assert series[key] == below, (key, series[key], below)
    assert re.search(rf'<bdi>{name}</bdi></th><td class="n">{n}</td><td class="n">{failed}</td>', page), name
assert series["coldswarm_run_ended"] == 1 and series["coldswarm_run_active"] == 0
verdict, = db.execute("select verdict from run").fetchone()
assert series[f'coldswarm_verdict{{verdict="{verdict}"}}'] == 1 and state["verdict"] == verdict
assert series['coldswarm_threshold_state{threshold="http_req_failed rate<0.9",state="passes"}'] == 1
END
}

@test "events come once a second, to several readers, until the last one" {
    start_target
    serve_run -H "$URL" -u 2 -r 10 -t 1h --web 0 --web-linger 1h
    curl -fsSN "$PAGE/api/events" >one.txt 3>&- &
    one=$!
    curl -fsSN "$PAGE/api/events" >two.txt 3>&- &
    two=$!
    for file in one.txt two.txt; do
        until [ "$(grep -c '^data: {' $file)" -ge 3 ]; do pause; done
    done
    [ "$(status_of -X POST "$PAGE/api/stop")" = 202 ]
    wait "$one"
    wait "$two"
    for file in one.txt two.txt; do
        tail -2 $file | sed -n 's/^data: //p' >last.json
        [ "$(json last.json '$.phase')" = ended ]
        [ "$(json last.json '$.total.requests')" = "$(sql a.db "select count(*) from requests where outcome <> 'cancelled'")" ]
    done
    # A reader that comes late gets the last one and its end.
    curl -fsSN --max-time 60 "$PAGE/api/events" >late.txt
    [ "$(grep -c '^data: ' late.txt)" -eq 1 ]
}

@test "a run with a page ends by itself, without --web-linger at once" {
    start_target
    run -0 timeout 600 "$COLDSWARM" run -H "$URL" -u 1 -t 1s --web 0 -o a.db --quiet
    [[ $output == *"page: http://127.0.0.1:"* ]]
    run -0 timeout 600 "$COLDSWARM" run -H "$URL" -u 1 -t 500ms --web 0 --web-linger 1s -o b.db
    [[ $output == *"the page stays at http://127.0.0.1:"* ]]
}

@test "the run can be stopped from here, by the page and as in Locust" {
    start_target
    for way in "-X POST api/stop" stop; do
        rm -f a.db
        serve_run -H "$URL" -u 2 -r 10 -t 1h --web 0 --web-linger 60s
        CURL=()
        until_phase running
        run -0 curl -fsS ${way% *} "$PAGE/${way##* }"
        until_phase ended
        [ "$(sql a.db "select text from event where kind = 'web'")" = "the page: no new requests" ]
        # Twice does no harm.
        [ "$(status_of "$PAGE/stop")" = 200 ]
        [ "$(status_of -X POST "$PAGE/api/stop")" = 409 ]
        kill -TERM "$RUN_PID"
        run_ended 0 a.db
        [ "$status" -eq "$(sql a.db 'select exit_code from run')" ]
        run -0 "$COLDSWARM" report a.db
        [[ $output == *" s the page stopped the load, which was to last 3600 s."* ]]
    done
}

@test "a second stop cancels requests in flight, as a second Ctrl-C does; one after the end of the load does at once" {
    start_hostile
    echo '{"load": {"users": 3, "spawn_rate": 100, "duration": "1h"}, "tasks": [{"path": "/hang"}]}' >s.json
    serve_run s.json -H "$URL" --stop-timeout 1h --web 0 --web-linger 60s
    CURL=()
    until_phase running
    until_users 3
    [ "$(curl -fsS -X POST "$PAGE/api/stop")" = '{"stopping":true}' ]
    # Locust's address means one stop, however often it is called.
    [ "$(status_of "$PAGE/stop")" = 200 ]
    until_phase stopping
    [ "$(status_of "$PAGE/stop")" = 200 ]
    [ "$(curl -fsS "$PAGE/api/state" | json - '$.phase')" = stopping ]
    [ "$(curl -fsS -X POST "$PAGE/api/stop")" = '{"stopping":true,"cancelling":true}' ]
    until_phase ended
    kill -TERM "$RUN_PID"
    wait "$RUN_PID" || true
    [ "$(sql a.db "select group_concat(text, '; ') from event where kind = 'web'")" = "the page: no new requests; the page: requests in flight are cancelled" ]
    [ "$(sql a.db "select count(*) from requests where outcome = 'cancelled'")" = 3 ]
    # The load has ended by itself, and only its requests are left.
    rm a.db
    serve_run s.json -H "$URL" -t 300ms --stop-timeout 1h --web 0 --web-linger 60s
    until_phase stopping
    [ "$(status_of -X POST "$PAGE/api/stop")" = 202 ]
    until_phase ended
    kill -TERM "$RUN_PID"
    wait "$RUN_PID" || true
    [ "$(sql a.db "select count(*) from requests where outcome = 'cancelled'")" -gt 0 ]
}

@test "an address with a NUL is refused, wherever it is" {
    start_target
    serve_run -H "$URL" -u 1 -t 1h --web 0
    CURL=()
    for path in /%00 /api/state%00 /%00/api/state '/api/state?x=%00' /metrics%00.json; do
        [ "$(status_of --path-as-is "$PAGE$path")" = 400 ]
        [ "$(json body '$.error')" = "the address has a NUL (%00)" ]
    done
    [ "$(status_of -X POST "$PAGE/api/stop%00x")" = 400 ]
    [ "$(status_of "$PAGE/api/state")" = 200 ]
    [ "$(curl -fsS "$PAGE/api/state" | json - '$.phase')" != stopping ]
    kill -INT "$RUN_PID"
    wait "$RUN_PID" || true
}

@test "other web sites read and change nothing" {
    start_target
    serve_run -H "$URL" -u 1 -t 1h --web 0
    CURL=()
    until_phase running
    address=${PAGE#http://}
    for host in evil.example "evil.example:${address##*:}"; do
        for path in / /api/state /metrics /api/events; do
            [ "$(status_of -H "Host: $host" "$PAGE$path")" = 421 ]
        done
    done
    [ "$(status_of -H "Host: localhost:99" "$PAGE/api/state")" = 200 ]
    [ "$(status_of -X POST -H 'Origin: http://evil.example' "$PAGE/api/stop")" = 403 ]
    [ "$(status_of -X POST -H 'Origin: null' "$PAGE/api/stop")" = 403 ]
    [ "$(status_of -H 'Sec-Fetch-Site: cross-site' "$PAGE/stop")" = 403 ]
    [ "$(status_of -H 'Origin: http://evil.example' "$PAGE/stop")" = 403 ]
    until_phase running
    [ "$(sql a.db "select count(*) from event where kind = 'web'")" = 0 ]
    # Nothing is readable for another site's script.
    curl -fsSi -H 'Origin: http://evil.example' "$PAGE/api/state" | tr -d '\r' >head.txt
    fails grep -qi '^access-control' head.txt
    grep -qi "^content-security-policy: default-src 'none'; style-src 'sha256-[^']*'; script-src 'sha256-[^']*'; connect-src 'self'; " head.txt
    grep -qi '^x-content-type-options: nosniff' head.txt
    [ "$(status_of -X POST -H "Origin: $PAGE" -H 'Sec-Fetch-Site: same-origin' "$PAGE/api/stop")" = 202 ]
    wait "$RUN_PID" || [ $? -eq 4 ] # the client was late
}

@test "nonsense gets an answer, and a page that is hammered or read slowly holds up nothing" {
    start_target
    serve_run -H "$URL" -u 20 -r 100 -t 1h --web 0
    CURL=()
    until_phase running
    [ "$(status_of "$PAGE/../../etc/passwd" --path-as-is)" = 404 ]
    [ "$(status_of "$PAGE/runs/x")" = 404 ]
    [ "$(status_of "$PAGE/api/stop")" = 405 ]
    [ "$(status_of -X DELETE "$PAGE/api/state")" = 405 ]
    [ "$(status_of -X BREW "$PAGE/")" = 405 ]
    [ "$(status_of -I "$PAGE/metrics")" = 200 ]
    head -c 10000000 /dev/zero >zeros
    # curl may still be sending when the answer came and the connection ended: then it has no status (55 or 56).
    code=$(status_of -X POST -H 'Expect:' --data-binary @zeros "$PAGE/api/stop" 2>/dev/null || true)
    [[ $code =~ ^(413|000)$ ]]
    [ "$(status_of -X POST -H 'Content-Length: 10000000' -H 'Expect: 100-continue' --data-binary @zeros "$PAGE/api/stop")" = 413 ]
    python3 - "${PAGE#http://}" <<'END'
import socket, sys, threading, time, http.client, json
host, port = sys.argv[1].rsplit(":", 1)
def raw(data, n=100):
    s = socket.create_connection((host, int(port)), 60)
    s.settimeout(60)
    s.sendall(data)
    try:
        return s.recv(n)
    except ConnectionError:
        return b""
for data in (b"GET /" + b"x" * 100000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n", b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"y" * 100000 + b"\r\n\r\n",
             b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(100) + b"\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n",
             b"POST /api/stop HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999999999999\r\n\r\n"):
    answer = raw(data)
    assert answer == b"" or answer.startswith(b"HTTP/1.") and answer[9:10] in (b"4", b"5"), answer
# A chunked body without an end is cut off.
s = socket.create_connection((host, int(port)), 20)
s.sendall(b"POST /api/stop HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n")
try:
    for _ in range(1000):
        s.sendall(b"1000\r\n" + b"x" * 4096 + b"\r\n")
    raise SystemExit("4 MB were taken")
except OSError:
    pass
# Readers of events that take nothing, and ones that are there and go.
idle = [socket.create_connection((host, int(port)), 20) for _ in range(20)]
for x in idle:
    x.sendall(b"GET /api/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
for _ in range(50):
    x = socket.create_connection((host, int(port)), 20)
    x.sendall(b"GET /api/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
    x.close()
def hammer():
    c = http.client.HTTPConnection(host, int(port), timeout=60)
    for _ in range(500):
        c.request("GET", "/api/state")
        json.loads(c.getresponse().read())
threads = [threading.Thread(target=hammer) for _ in range(4)]
for t in threads: t.start()
for t in threads: t.join()
END
    until_phase running
    [ "$(sql a.db "select count(*) from event where kind = 'web'")" = 0 ]
    kill -INT "$RUN_PID"
    wait "$RUN_PID" || [ $? -eq 130 ]
    not_blamed a.db
}

@test "a port that is taken and other mistakes are errors before anything is sent" {
    start_hostile
    port=$(free_port)
    python3 -c '
import socket, sys, time
s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1); s.bind(("127.0.0.1", int(sys.argv[1]))); s.listen()
print("ready", flush=True); time.sleep(3600)' "$port" >taken.out 3>&- &
    STARTED_PIDS+=($!)
    wait_line taken.out ready $!
    run -3 "$COLDSWARM" run -H "$URL" -t 1s -o a.db --web "$port"
    [[ $output == *"--web: port $port of \"$port\" is in use"* ]]
    for where in x 99999 127.0.0.1: 1.2.3:80 ::1:8089 '[::1]' example.com:80 ''; do
        run -2 "$COLDSWARM" run -H "$URL" -t 1s -o a.db "--web=$where"
        [[ $output == *"is not a port or ADDRESS:PORT"* ]]
    done
    run -2 "$COLDSWARM" run -H "$URL" -t 1s -o a.db --web 0 --web-token short
    [[ $output == *"--web-token: a token has 16 to 256 letters"* ]]
    run -2 "$COLDSWARM" run -H "$URL" -t 1s -o a.db --web 0 --web-base 'a b'
    [[ $output == *"--web-base: \"a b\" is not a path"* ]]
    run -2 "$COLDSWARM" run -H "$URL" -t 1s -o a.db --web 0 --tls-cert x.pem
    [[ $output == *"--tls-cert and --tls-key belong together"* ]]
    run -2 "$COLDSWARM" run -H "$URL" -t 1s -o a.db --web 0 --tls-cert none.pem --tls-key none.pem
    [[ $output == *"--tls-cert: "*"none.pem"* ]]
    run -2 "$COLDSWARM" run -H "$URL" -t 1s -o a.db --web-linger 5s
    [[ $output == *"--web-linger needs --web"* ]]
    [ ! -e a.db ]
    [ "$(hostile_count)" -eq 0 ]
}

@test "an address that others reach needs a token, which is made if none is given" {
    start_target
    serve_run -H "$URL" -u 1 -t 1h --web 0.0.0.0:0
    token=$(sed -n 's/^page: .*?token=//p' run.err)
    [[ $token =~ ^[0-9a-f]{32}$ ]]
    PAGE=http://127.0.0.1:${PAGE##*:}
    for path in / /api/state /metrics /api/events /stop; do
        [ "$(status_of "$PAGE$path")" = 401 ]
    done
    [ "$(status_of -H 'Authorization: Bearer 00000000000000000000000000000000' "$PAGE/metrics")" = 401 ]
    CURL=(-H "Authorization: Bearer $token" -H "Host: load.example")
    until_phase running
    # The browser's way: the token leaves the address and becomes a cookie.
    CURL=(-c jar -b jar -L)
    [ "$(status_of -w '%{http_code} %{url_effective}' "$PAGE/?token=$token")" = "200 $PAGE/" ]
    grep -q '^#HttpOnly_127.0.0.1.*coldswarm_token' jar
    [ "$(status_of "$PAGE/api/state")" = 200 ]
    kill -INT "$RUN_PID"
    wait "$RUN_PID" || [ $? -eq 130 ]
    # What is stored does not have one that was given.
    run "$COLDSWARM" run -H "$URL" -u 1 -t 300ms --web 0 --web-token 0123456789abcdefghij -o b.db --quiet
    run "$COLDSWARM" run -H "$URL" -u 1 -t 300ms --web 0 --web-token=0123456789abcdefghij -o c.db --quiet
    for file in b.db c.db; do
        [ "$(sql $file "select count(*) from manifest where value like '%0123456789abcdefghij%'")" = 0 ]
        [ "$(sql $file "select value like '%--web-token_***%' from manifest where key = 'argv'")" = 1 ]
    done
}

@test "a token in the environment is for the page, also of a replay, and does no harm to a run without one" {
    start_target
    export COLDSWARM_WEB_TOKEN=0123456789abcdefghij
    run -0 "$COLDSWARM" run -H "$URL" -u 1 -t 300ms -o old.db --quiet
    run -0 "$COLDSWARM" run --replay old.db -o b.db --quiet
    run -2 "$COLDSWARM" run -H "$URL" -u 1 -t 300ms --web-token "$COLDSWARM_WEB_TOKEN" -o c.db
    [[ $output == *"--web-token needs --web"* ]]
    serve_run --replay old.db --web 0 --web-linger 60s
    [ "$(status_of "$PAGE/api/state")" = 401 ]
    [ "$(status_of -H "Authorization: Bearer $COLDSWARM_WEB_TOKEN" "$PAGE/api/state")" = 200 ]
}

@test "below a path, and over TLS" {
    start_target
    "$ROOT/tests/support/make-certs" certs >/dev/null
    serve_run -H "$URL" -u 1 -t 1h --web 0 --web-base /load/here/ --tls-cert certs/server.pem --tls-key certs/server.key
    [[ $PAGE == https://127.0.0.1:*/load/here ]]
    CURL=(--cacert certs/ca.pem)
    until_phase running
    [ "$(status_of "${PAGE%/load/here}/api/state")" = 404 ]
    [ "$(status_of -w '%{http_code} %{redirect_url}' "$PAGE")" = "302 $PAGE/" ]
    [ "$(curl -fsSN --max-time 60 "${CURL[@]}" "$PAGE/api/events" 2>/dev/null | head -1 | cut -c1-17)" = 'data: {"phase":"r' ]
    curl -fsS "${CURL[@]}" -X POST "$PAGE/api/stop"
    wait "$RUN_PID"
    run -3 "$COLDSWARM" run -H "$URL" -t 1s -o b.db --web 0 --tls-cert certs/server.key --tls-key certs/server.pem
    [[ $output == *"check that the certificate and its key"* ]]
    run -2 "$COLDSWARM" run -H "$URL" -t 1s -o b.db --web 0 --tls-cert certs/none.pem --tls-key certs/server.key
    [[ $output == *"--tls-cert: "*"certs/none.pem"* ]]
}

@test "secrets and hostile names do not get out of their place" {
    start_hostile
    export COLDSWARM_TEST_SECRET=s3cretvalue
    python3 - <<'END'
import json
name = "</script><script>alert(1)</script>\"'\n{}\\ \u202e\u2028"
json.dump({"name": "<b>n", "load": {"users": 1, "spawn_rate": 1, "duration": "600ms"}, "wait": {"constant": "50ms"},
           "headers": {"X-Key": "${env.COLDSWARM_TEST_SECRET}"},
           "tasks": [{"path": "/status/503?k=${env.COLDSWARM_TEST_SECRET}", "name": name}]}, open("s.json", "w"))
END
    serve_run s.json -H "$URL" --web 0 --web-linger 60s
    CURL=()
    until_phase ended
    curl -fsS "$PAGE/" >page.html
    curl -fsS "$PAGE/metrics" >metrics.txt
    curl -fsSN "$PAGE/api/events" >events.txt
    fails grep -q s3cretvalue page.html metrics.txt events.txt state.json
    [ "$(grep -c '<script' page.html)" = 1 ]
    fails grep -q '<b>n' page.html
    [ "$(grep -c '^coldswarm_requests_total{' metrics.txt)" = 1 ]
    [ "$(json_sql state.json "select hex(doc->>'$.endpoints[0].name') from file")" = "$(sql a.db 'select hex(name) from endpoint')" ]
}

@test "each run of a series has the page at the same port" {
    start_target
    port=$(free_port)
    run -0 "$COLDSWARM" run -H "$URL" -u 1 -t 400ms --repeat 3 --web "$port" -o r.db --quiet
    [ "$(grep -c "^page: http://127.0.0.1:$port/" <<<"$output")" = 3 ]
}
