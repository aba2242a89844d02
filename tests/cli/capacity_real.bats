#!/usr/bin/env bats
# bats file_tags=more,plain
# Searches against real services whose capacity is known: by formulas (tests/capacity/queues.py), or because nginx was told its limit.
# All six go on at once, because they mostly wait. They are short, so an interval may be wide, and on a busy machine there may be none:
# then the client was the limit. But it must not be wrong.

bats_require_minimum_version 1.5.0
load ../support/helpers
load ../support/cloudrun

# search NAME OPTION...: into the folder NAME, in the background.
search() {
    local name=$1
    shift
    [[ " $* " == *" --loads "* ]] || set -- --precision 15 "$@"
    { "$COLDSWARM" capacity "$name.json" -H "$URL" --step 3s --settle 1s --cool-down 0s --max-time 50s --seed 7 --no-figures \
        "$@" -o "$name" >"$name.out" 2>"$name.err" 3>&- && echo 0 || echo $?; } >"$name.code" 3>&- &
    SEARCHES+=($!)
}

start_nginx() { # RATE BURST
    PORT=$(free_port) URL=http://127.0.0.1:$PORT
    mkdir nginx
    cat >nginx/nginx.conf <<END
worker_processes 1; daemon off; pid $PWD/nginx/pid; error_log $PWD/nginx/error.log crit;
events { }
http {
    access_log off;
    client_body_temp_path $PWD/nginx/a; proxy_temp_path $PWD/nginx/b; fastcgi_temp_path $PWD/nginx/c; uwsgi_temp_path $PWD/nginx/d; scgi_temp_path $PWD/nginx/e;
    limit_req_zone \$server_name zone=all:1m rate=$1r/s;
    limit_req_status 429;
    server { server_name x; listen 127.0.0.1:$PORT; location / { limit_req zone=all burst=$2 nodelay; return 200 "ok"; } }
}
END
    PATH=$PATH:/usr/sbin nginx -c "$PWD/nginx/nginx.conf" 2>nginx/err 3>&- &
    STARTED_PIDS+=($!)
    until (exec 4<>"/dev/tcp/127.0.0.1/$PORT") 2>/dev/null; do
        kill -0 $! || { cat nginx/err; return 1; }
        pause
    done
}

setup_file() {
    cd "$BATS_FILE_TMPDIR"
    find_python
    SEARCHES=()
    echo '{ "load": { "rate": 1, "duration": "5s", "arrivals": "poisson", "max_users": 2000 }, "tasks": [{ "path": "/" }] }' >rate.json
    echo '{ "load": { "rate": 1, "duration": "5s", "max_users": 2000 }, "tasks": [{ "path": "/" }] }' | tee nginx.json >cloudrun.json
    echo '{ "load": { "users": 1, "duration": "5s" }, "wait": { "constant": "50ms" }, "tasks": [{ "path": "/" }] }' >users.json
    echo '{ "load": { "rate": 1, "duration": "5s", "max_users": 2000 }, "tasks": [{ "path": "/v1/chat/completions", "stream": "openai",
        "json": { "stream": true, "messages": [{ "role": "user", "content": "hello" }] } }] }' >streams.json
    start_target --service-time exponential:40ms --concurrency 4 --seed 3
    search rate --from 20 --slo 'response_time p(95)<200' --slo 'http_req_failed rate<0.05'
    start_target --service-time exponential:20ms --concurrency 4 --seed 3
    search users --from 4 --slo 'http_req_duration p(90)<100'
    # A stream holds its place for 60 + 4 * 10 ms.
    start_target --concurrency 4 --tokens 5 --ttft 60ms --token-gap 10ms
    search streams --from 5 --slo 'goodput{ttft<200} rate>0.9'
    start_nginx 40 4
    search nginx --from 5 --slo 'http_req_failed rate<0.05'
    # Three instances, two requests at a time in each, 100 ms.
    start_cloudrun --concurrency 2 --min-instances 3 --max-instances 3 --pending 200ms --no-hold -- \
        sh -c "exec '$COLDSWARM' target --port \"\$PORT\" --service-time 100ms"
    search cloudrun --from 8 --slo 'http_req_failed rate<0.05' --instances 3 --cpu 2 --memory 1G
    # Stopped after 300 ms without a request, and then cold: a third of the requests of a user who thinks for 50 to 500 ms.
    mkdir scratch
    echo '{ "load": { "users": 1, "duration": "5s" }, "wait": { "between": ["50ms", "500ms"] }, "tasks": [{ "path": "/" }] }' >cold.json
    SCRATCH=$PWD/scratch start_cloudrun --cold-start 400ms --idle 3s --time-scale 10 --concurrency 80 --no-hold -- \
        sh -c "exec '$COLDSWARM' target --port \"\$PORT\" --service-time 20ms"
    search cold --loads 1 --step 30s --accept-suspect --slo 'http_req_duration p(95)<250' --slo 'http_req_failed rate<0.5'
    wait "${SEARCHES[@]}"
    stop_cloudrun
    stop_all
}

setup() {
    cd "$BATS_FILE_TMPDIR"
}

# agrees NAME TRUTH: the interval contains it, give or take a sixth: what three seconds of a queue that has just filled are worth.
agrees() {
    cat "$1.err" "$1.out"
    echo "truth: $2"
    python3 - "$1/capacity.json" "$(cat "$1.code")" "$2" <<'END'
import json, sys
d, code, truth = json.load(open(sys.argv[1])), int(sys.argv[2]), float(sys.argv[3])
low, high = ((x if x is not None else y) for x, y in zip(d["capacity"]["interval"], (0, float("inf"))))
assert low <= truth * 7 / 6 and high >= truth * 6 / 7, (low, high)
assert len(d["steps"]) >= 3, d["steps"]
if d["end"] == "client":
    assert code == 4 and d["client"]["reason"], d["client"]
    print("undecided: the machine was busy:", d["client"]["reason"])
else:
    # What is not certain after a minute has only one bound.
    assert code == 0 and d["kind"] in ("found", "above", "below"), (code, d["kind"])
END
}

# undecided NAME: the machine was too busy for an answer.
undecided() {
    [ "$(json "$1/capacity.json" '$.kind')" != found ]
}

formula() { # EXPRESSION of queues.py
    python3 -B -c "import sys; sys.path.insert(0, '$ROOT/tests/capacity'); from queues import *; print($1)"
}

@test "the formulas agree with each other, and with simulations" {
    python3 -B "$ROOT/tests/capacity/queues.py"
}

@test "M/M/4: the interval holds what the formula says of p95" {
    agrees rate "$(formula 'bisect(lambda rate: mmc_beyond(rate, 0.04, 4, 0.2) > 0.05, 1, 99.9)')"
}

@test "users who think, and four servers: the interval holds the highest number by the formula" {
    agrees users "$(formula 'max(n for n in range(1, 64) if closed_beyond(n, 0.05, 0.02, 4, 0.1) < 0.1)')"
    undecided users || [ "$(json users/capacity.json '$.capacity.unit' '$.limited_by')" = "users|http_req_duration p(90)<100" ]
}

@test "streams that hold a place: goodput falls at four streams in 100 ms" {
    agrees streams 40
}

@test "nginx with limit_req and a burst: the interval holds its limit, and names the status" {
    # 5 % more than 40 a second may be refused.
    agrees nginx "$(formula '40 / 0.95')"
    undecided nginx || grep -q 'Most failures there: status 429 (' nginx.out
}

@test "the local Cloud Run with three instances: their places are the limit, and 429 is named; the cost is that of three instances" {
    agrees cloudrun "$(formula '3 * 2 / 0.1 / 0.95')"
    undecided cloudrun || grep -q 'Most failures there: status 429 (' cloudrun.out
}

@test "the local Cloud Run from zero instances: cold starts are the limit, and are named once its log is known" {
    cat cold.err cold.out
    [ "$(cat cold.code)" -eq 0 ]
    [ "$(json cold/capacity.json '$.kind' '$.limited_by')" = "below|http_req_duration p(95)<250" ]
    "$COLDSWARM" import cold/step-001.db --logs scratch/log.json
    "$COLDSWARM" capacity --resume cold --quiet >named.out
    cat named.out
    python3 - <<'END'
import json, sqlite3
d = json.load(open("cold/capacity.json"))
step, cold = d["steps"][0], d["cold_starts"]
db = sqlite3.connect("cold/step-001.db")
# What the client and the log have, without coldswarm's own rules: an arrival before the probe of its instance passed.
rows = db.execute("""SELECT (r.service_us - coalesce(r.dns_us, 0) - coalesce(r.connect_us, 0) - coalesce(r.tls_us, 0)) / 1e3, i.ready_us > s.at_us
    FROM requests AS r LEFT JOIN server_requests AS s ON s.request_id = r.id LEFT JOIN instances AS i ON i.instance = s.instance
    WHERE coalesce(r.intended_us, r.sent_us) >= ? AND coalesce(r.intended_us, r.sent_us) < ?""", (step["from_s"] * 1e6, step["to_s"] * 1e6)).fetchall()
warm = sorted(t for t, is_cold in rows if not is_cold and t is not None)
at = 0.95 * (len(warm) - 1)
p95 = warm[int(at)] + (warm[min(int(at) + 1, len(warm) - 1)] - warm[int(at)]) * (at - int(at))
print("by hand:", len(rows), sum(bool(c) for _, c in rows), p95, "named:", cold)
assert sum(bool(c) for _, c in rows) > 0.05 * len(rows), rows
if p95 < 250:
    assert (cold["load"], cold["requests"], cold["cold"], cold["known_by"]) == (1, len(rows), sum(bool(c) for _, c in rows), "log"), cold
    assert abs(cold["value"] - p95) < 1e-3, (cold, p95)
    assert "Cold starts are the limit: without the " in open("named.out").read()
    assert "that waited for a cold start, by the server's log, it would be " in open("named.out").read()
else:
    # So busy a machine that the others are slow as well: then something else is the limit.
    assert cold is None, cold
END
}
