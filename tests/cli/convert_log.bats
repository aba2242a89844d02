#!/usr/bin/env bats
# `coldswarm convert`: access logs and lists of URLs. Expected shares are counted here, by Python's re and json.

bats_require_minimum_version 1.5.0
load ../support/helpers
load ../support/convert

setup() {
    cd "$BATS_TEST_TMPDIR"
    unset http_proxy https_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY
}

# weights: METHOD PATH=WEIGHT of each task of s.json, sorted.
weights() {
    python3 - <<'END'
import json, re
text = re.sub(r"(?m)^\s*//.*$", "", open("s.json").read())
for t in sorted(json.loads(text)["tasks"], key=lambda t: (t.get("method", "GET"), t["path"])):
    print(t.get("method", "GET"), t["path"], t.get("weight", 1))
END
}

# converts FILE LAST-LINE [OPTION...]: to s.json; the last line on stderr is LAST-LINE.
converts() {
    local file=$1 line=$2
    shift 2
    run -0 --separate-stderr "$COLDSWARM" convert "$file" -o s.json --force "$@"
    [ "${stderr_lines[-1]}" = "$line" ] || { printf '%s\n' "$stderr"; cat s.json; return 1; }
}

line() {
    printf '%s - - [10/Oct/2024:13:55:%02d +0200] "%s" %s 512 "-" "%s"\n' "${4:-192.0.2.7}" "${5:-36}" "$1" "${2:-200}" "${3:-Mozilla/5.0}"
}

@test "combined and common logs: the weights are an independent count" {
    python3 - <<'END'
import random
draw = random.Random(7)
paths = ["/", "/items?page=2", "/items?page=3", "/a%20b", "/q?x=%22y%22", "/css/main.css"] + [f"/users/{i}/orders" for i in range(20)]
with open("access.log", "w", newline="") as f:
    for i in range(5000):
        method = draw.choice(["GET"] * 8 + ["HEAD", "DELETE"])
        address = draw.choice(["192.0.2.1", "2001:db8::17", "shop.example"])
        rest = draw.choice([' "https://shop.example/?q=[1]" "Mozilla/5.0 (X11; \\"quoted\\")"', ' "-" "-"', ""])
        user = draw.choice(["-", "ann", "o [x] b"])
        f.write(f'{address} - {user} [{10 + i // 4000}/Oct/2024:13:{i % 60:02}:36 -0700] "{method} {draw.choice(paths)} HTTP/{draw.choice(["1.0", "1.1", "2.0"])}" '
                f'{draw.choice([200, 304])} {i}{rest}' + draw.choice(["\n", "\r\n"]))
END
    converts access.log 'read 5000 requests; 2 assumptions: see comments' --strict --host http://127.0.0.1:1
    python3 - >wanted <<'END'
import collections, re
seen = collections.Counter(re.search(r'"([A-Z]+) (\S+) HTTP', l).groups() for l in open("access.log", newline="\n"))
for (method, path), n in sorted(seen.items()):
    print(method, path, n)
END
    weights | diff wanted -
    [ "$(grep -c '"name": "/users/{id}/orders"' s.json)" -eq 60 ]
    grep -qF 'Images, styles, scripts and fonts:' s.json
    "$COLDSWARM" validate s.json
}

@test "what servers escape is sent as it was" {
    {
        line 'GET /a\x22b\x5Cc\xC3\xA4 HTTP/1.1' # nginx
        line 'GET /d\"e\\f HTTP/1.1'            # Apache
        line 'GET /g h?i=${HOME} HTTP/1.1'
        line 'GET /j#k HTTP/1.1'
    } >access.log
    start_recorder sent.log
    converts access.log 'read 4 requests; 2 assumptions: see comments' --host "$URL"
    run_one sent.log 100 # draws among four
    python3 - <<'END'
import json
paths = {json.loads(l)["path"] for l in open("sent.log")}
assert paths == {"/a%22b%5Cc%C3%A4", "/d%22e%5Cf", "/g%20h?i=$%7BHOME%7D", "/j%23k"}, paths
END
}

@test "what is no request is named, and nothing else is lost" {
    {
        line 'GET /a HTTP/1.1'
        line '-' 408
        line '' 400
        line '\x16\x03\x01\x02\x00\x01\x00\x01\xFC\x03\x03' 400
        line 'CONNECT evil.example:443 HTTP/1.1' 405
        line 'OPTIONS * HTTP/1.0'
        line 'PRI * HTTP/2.0' 400
        line 'GET http://evil.example/proxy HTTP/1.1' 404
        echo 'no line of a log'
        printf '\000\001\377 [ " \n'
        printf '192.0.2.1 - - [99/Foo/2024:99:99:99 +0000] "GET /b HTTP/1.1" 200 1\n'
        line 'GET /c' 200
        line "GET /$(printf '%09000d' 0) HTTP/1.1" 200
        printf '192.0.2.1 - - [10/Oct/2024:13:55:36 +0000] "GET /cut'
    } >access.log
    converts access.log 'read 3 requests; 5 not read, 2 assumptions: see comments' --host http://127.0.0.1:1
    [ "$(weights)" = $'GET /a 1\nGET /b 1\nGET /c 1' ]
    for text in 'Not sent: 2 connections without a request (line 2 is the first)' 'Not sent: 1 entry whose bytes are no request of HTTP (line 4)' \
        'Not sent: 3 times CONNECT' 'Left out: 3 lines that are no request (line 9 is the first)' 'Left out: 1 request to evil.example' \
        'Left out: 1 request that is too long (line 13)' 'Missing: 62.5 %'; do
        grep -qF "$text" s.json || { echo "$text"; cat s.json; return 1; }
    done
    run -2 --separate-stderr "$COLDSWARM" convert access.log -o s.json --force --strict --host http://127.0.0.1:1
    grep -av GET access.log >rest.log
    run -2 "$COLDSWARM" convert -f access-log rest.log
    [[ $output == *"rest.log:8: not a request of an access log"* || $output == *"rest.log:7: not a request of an access log"* ]] || { echo "$output"; return 1; }
}

@test "without a name of the host there is no target; with one it is the most frequent" {
    line 'GET /a HTTP/1.1' >access.log
    run -0 --separate-stderr "$COLDSWARM" convert access.log
    [[ $output != *'"target":'* ]]
    [[ $stderr == *'the source names no host; run the scenario with --host URL'* ]]
    run -2 "$COLDSWARM" convert access.log --host shop.example
    [[ $output == *'give --host as a URL, such as http://shop.example'* ]]
    {
        line 'GET /a HTTP/1.1' 200 x 'Shop.Example:443 192.0.2.1'
        line 'GET /b HTTP/1.1' 200 x 'shop.example:443 192.0.2.1'
        line 'GET /c HTTP/1.1' 200 x 'other.example:80 2001:db8::1'
    } >vhosts.log
    converts vhosts.log 'read 2 requests; 1 not read, 2 assumptions: see comments'
    grep -qF '"target": "https://shop.example:443"' s.json || grep -qF '"target": "https://shop.example"' s.json
    grep -qF 'Left out: 1 request to other.example:80; --host chooses a host.' s.json || { cat s.json; return 1; }
    converts vhosts.log 'read 1 request; 2 assumptions: see comments' --host other.example:80
    [ "$(weights)" = 'GET /c 1' ]
    run -2 "$COLDSWARM" convert vhosts.log --host absent.example
}

@test "JSON: Caddy, Envoy, Traefik, nginx with keys of its own, and Cloud Run as an array" {
    python3 - <<'END'
import json
agent = "Googlebot/2.1"
logs = {
    "caddy": [{"level": "info", "ts": 1700000000.5 + i, "logger": "http.log.access", "msg": "handled request",
               "request": {"remote_ip": "192.0.2.1", "proto": "HTTP/2.0", "method": "GET", "host": "shop.example", "uri": "/a?b=1",
                           "headers": {"User-Agent": [agent]}, "tls": {"version": 772}}, "duration": 0.1, "status": 200} for i in range(3)],
    "envoy": [{"start_time": "2024-05-01T10:00:0%d.123Z" % i, "method": "GET", "path": "/a?b=1", "protocol": "HTTP/1.1", "response_code": 200,
               "authority": "shop.example", "x_forwarded_proto": "https", "user_agent": agent} for i in range(3)],
    "traefik": [{"RequestMethod": "GET", "RequestPath": "/a?b=1", "RequestHost": "shop.example", "RequestScheme": "https", "DownstreamStatus": 200,
                 "StartUTC": "2024-05-01T10:00:0%dZ" % i, "request_User-Agent": agent} for i in range(3)],
    "nginx": [{"time_iso8601": "2024-05-01T10:00:0%d+02:00" % i, "request": "GET /a?b=1 HTTP/2.0", "status": "200", "host": "shop.example",
               "scheme": "https", "http_user_agent": agent} for i in range(3)],
    "cloudrun": [{"logName": "projects/p/logs/run.googleapis.com%2Frequests", "timestamp": "2024-05-01T10:00:0%d.1Z" % i, "resource": {"type": "cloud_run_revision"},
                  "httpRequest": {"requestMethod": "GET", "requestUrl": "https://shop.example/a?b=1", "status": 200, "userAgent": agent}} for i in range(3)],
}
for name, entries in logs.items():
    with open(name + ".json", "w") as f:
        f.write("".join(json.dumps(e) + "\n" for e in entries))
with open("array.json", "w") as f:
    json.dump([{"textPayload": "started"}] + logs["cloudrun"], f, indent=1)
END
    for name in caddy envoy traefik nginx cloudrun array; do
        converts "$name.json" 'read 3 requests; 2 assumptions: see comments' || { echo "$name"; return 1; }
        [ "$(weights)" = 'GET /a?b=1 3' ] || { echo "$name"; cat s.json; return 1; }
        grep -qF '"target": "https://shop.example"' s.json || { echo "$name"; cat s.json; return 1; }
        grep -qF 'Bots, by their User-Agent: 100 %' s.json || { echo "$name"; return 1; }
        grep -qF 'requests per second from 20' s.json || { echo "$name"; return 1; }
    done
    grep -qF 'Not sent: 1 entry that tells of no request' s.json
    printf '%s\n' '[2024-04-15T20:17:00.310Z] "POST /api/v1 HTTP/2" 204 - 154 0 226 100 "192.0.2.8" "agent" "id-1" "locations.example" "tcp://192.0.2.2:80"' >envoy.log
    converts envoy.log 'read 1 request; 4 assumptions: see comments'
    grep -qF '"target": "http://locations.example"' s.json
    # A broken line costs itself only.
    { head -n 1 caddy.json; echo '{"ts": 1, "request": {"uri": "/x'; tail -n 2 caddy.json; } >cut.json
    converts cut.json 'read 3 requests; 1 not read, 2 assumptions: see comments'
}

@test "secrets in queries, bodies that no log has, and what failed then" {
    {
        for i in 1 2 3; do line "GET /v?a=$i&token=sesame-$i-open&b=x HTTP/1.1"; done
        line 'GET /v?a=1&token=sesame-9-open&b=x HTTP/1.1'
        line 'POST /orders HTTP/1.1' 201
        line 'GET /wp-login.php HTTP/1.1' 404
        line 'GET /wp-login.php HTTP/1.1' 404
        line 'GET /flaky HTTP/1.1' 500
        line 'GET /sometimes HTTP/1.1' 200
        line 'GET /sometimes HTTP/1.1' 404
    } >access.log
    start_recorder sent.log
    converts access.log 'read 10 requests; 4 assumptions: see comments' --host "$URL"
    run grep sesame s.json
    [ "$status" -eq 1 ]
    [ "$(grep -c 'Set .* in the environment' s.json)" -eq 1 ]
    [ "$(weights | head -n 5)" = $'GET /flaky 1\nGET /sometimes 2\nGET /v?a=1&token=${env.TOKEN}&b=x 2\nGET /v?a=2&token=${env.TOKEN}&b=x 1\nGET /v?a=3&token=${env.TOKEN}&b=x 1' ]
    grep -qF 'assumed: POST without a body, because a log has none' s.json
    grep -qF 'failed in the log: 2 of 2 requests, with status 404' s.json
    grep -qF 'failed in the log: 1 of 2 requests, with status 404' s.json
    grep -qF 'Failed in the log: 40 % of the requests' s.json
    [ "$(grep -c '"checks"' s.json)" -eq 1 ]
}

@test "the rarer requests are rows of a file, with their share" {
    python3 - <<'END'
with open("access.log", "w") as f:
    for i in range(1500):
        for k in range(3 if i < 1000 else 2 if i < 1100 else 1):
            f.write(f'192.0.2.1 - - [10/Oct/2024:13:55:36 +0000] "GET /p/x{i}?v=1,2 HTTP/1.1" 200 1\n')
    f.write('192.0.2.1 - - [10/Oct/2024:13:55:36 +0000] "HEAD /p/x1 HTTP/1.1" 200 1\n')
END
    start_recorder sent.log
    converts access.log 'read 3601 requests; 2 assumptions: see comments' --host "$URL"
    python3 - <<'END'
import csv, json, re
text = re.sub(r"(?m)^\s*//.*$", "", open("s.json").read())
tasks = json.loads(text)["tasks"]
rest = [t for t in tasks if "${" in t["path"]]
assert len(tasks) == 1002 and sum(t.get("weight", 1) for t in tasks) == 3601
assert {(t["method"], t.get("weight", 1)) for t in rest} == {("GET", 600), ("HEAD", 1)}, rest
rows = [r["path"] for r in csv.DictReader(open("s.rest1.csv"))]
assert sorted(rows) == sorted(f"/p/x{i}?v=1,2" for i in range(1000, 1500) for _ in range(2 if i < 1100 else 1))
END
    run_one sent.log 3000
    python3 - <<'END'
import json
sent = [json.loads(l)["path"] for l in open("sent.log")]
rare = [p for p in sent if int(p.split("?")[0][4:]) >= 1000]
assert all(p.startswith("/p/x") for p in sent)
# 600 of 3601, of 3000 draws: within five standard deviations.
n = len(sent)
assert abs(len(rare) - n * 600 / 3601) < 5 * (n / 6 * 5 / 6) ** 0.5, (len(rare), n)
assert len(set(rare)) > 200
END
    # Without files, it is said what is missing.
    run -0 --separate-stderr "$COLDSWARM" convert access.log --host "$URL"
    [[ $stderr == *'read 3000 requests; 601 not read'* ]]
    [[ $output == *'Left out: 601 rarer requests, 16.7 % of all; with -o FILE, a file next to it has their paths'* ]]
}

@test "--times sends at the times of the log" {
    {
        line 'GET /b HTTP/1.1' 200 x 192.0.2.1 38
        line 'GET /a HTTP/1.1' 200 x 192.0.2.1 36
        line 'GET /a HTTP/1.1' 200 x 192.0.2.1 36
        line 'GET /b HTTP/1.1' 200 x 192.0.2.1 37
        line 'GET /x HTTP/1.1' 200 x 192.0.2.1 99
    } >access.log
    start_recorder sent.log
    converts access.log 'read 5 requests; 3 assumptions, 1 detail left out: see comments' --times --host "$URL"
    "$COLDSWARM" run s.json --quiet -o run.db >/dev/null || [ $? -eq 4 ]
    [ "$(sql run.db 'SELECT group_concat(intended_us) FROM (SELECT intended_us FROM requests ORDER BY 1)')" = 0,500000,1000000,2000000 ]
    run -2 "$COLDSWARM" convert access.log --times --host "$URL"
    [[ $output == *'--times writes a file next to the scenario'* ]]
    echo http://127.0.0.1/ >urls.txt
    run -2 "$COLDSWARM" convert urls.txt --times -o u.json
    [[ $output == *'--times applies only to access logs, and this is urls'* ]]
}

@test "lists of URLs: shares, methods, siege's bodies, several hosts" {
    cat >urls.txt <<'TXT'
# comment
http://127.0.0.1:8080/a?x=1
http://127.0.0.1:8080/a?x=1

http://127.0.0.1:8080/b
POST http://127.0.0.1:8080/c
http://127.0.0.1:8080/d POST k=v&password=hunter2hunter
https://other.example/e
http://ann:sesame-open-1@127.0.0.1:8080/f
TXT
    converts urls.txt 'read 7 requests; 2 assumptions: see comments'
    run -1 grep -E 'hunter2|sesame' s.json
    grep -qF '"target": "http://127.0.0.1:8080"' s.json
    grep -qF '"form": { "k": "v", "password": "${env.PASSWORD}" }' s.json
    grep -qF '"basic": { "user": "${env.AUTH_USER}"' s.json
    [ "$(weights)" = $'GET /a?x=1 2\nGET /b 1\nGET /f 1\nGET https://other.example/e 1\nPOST /c 1\nPOST /d 1' ] || { weights; return 1; }
    converts urls.txt 'read 1 request; 1 assumption: see comments' --host other.example
    printf 'GET http://127.0.0.1:1/a\nX-Y: 1\n@body.json\n\nGET http://127.0.0.1:1/b\nfile.txt\n' >targets.txt
    converts targets.txt 'read 2 requests; 1 not read, 1 assumption, 1 detail left out: see comments'
    printf '/a\n/b\n/a\n' >paths.txt
    converts paths.txt 'read 3 requests; 1 assumption: see comments' -f urls --host http://127.0.0.1:1
    [ "$(weights)" = $'GET /a 2\nGET /b 1' ]
    run -2 "$COLDSWARM" convert -f urls /dev/null
    gzip -k paths.txt
    run -2 "$COLDSWARM" convert paths.txt.gz
    [[ $output == *'paths.txt.gz: it is compressed; use zcat FILE | coldswarm convert -'* ]]
    run -2 "$COLDSWARM" convert -f access-log urls.txt
    [[ $output == *'urls.txt:1: not a request of an access log'* ]]
}

# bats test_tags=plain
@test "a log is read in bounded memory, from a pipe, and its frequent requests stay exact" {
    # 1.5 million different requests, and three that make up a third of all.
    export COLDSWARM
    run -0 --separate-stderr bash -c '
        ulimit -v 500000
        awk "BEGIN { for (i = 0; i < 1500000; i++) { a = \"192.0.2.1 - - [10/Oct/2024:13:55:36 +0000] \\\"GET /\"; b = \" HTTP/1.1\\\" 200 1\"
            print a i b; if (i % 2 == 0) print a \"often\" i % 3 b } }" | "$COLDSWARM" convert - -o s.json --host http://127.0.0.1:1'
    [ "${stderr_lines[-1]}" = 'read 2250000 requests; 3 assumptions: see comments' ]
    python3 - <<'END'
import json, re
tasks = json.loads(re.sub(r"(?m)^\s*//.*$", "", open("s.json").read()))["tasks"]
often = [t["weight"] for t in tasks if "often" in t["path"]]
total = sum(t.get("weight", 1) for t in tasks)
assert len(often) == 3 and all(abs(w / total - 1 / 9) < 1e-3 for w in often), (often, total)
assert sum(1 for _ in open("s.rest1.csv")) == 50001
END
    grep -qF 'the log has more than 500000 different requests' s.json
}

@test "a virtual host without a port is the host, and requests of others do not reach it" {
    local t='[10/Oct/2024:13:55:36 +0200]'
    {
        for i in 1 2 3 4 5; do # Apache: %v %h %l %u %t; nginx: $host $remote_addr - $remote_user
            echo "shop.example 192.0.2.1 - - $t \"GET /items HTTP/1.1\" 200 5"
        done
        echo "Shop.example 2001:db8::17 - o [x] b $t \"GET /items HTTP/1.1\" 200 5 \"-\" \"x\" \"more\" 0.1"
        echo "shop.example unix: - - $t \"GET /items HTTP/1.1\" 200 5"
        echo "shop.example client.example - ann $t \"GET /items HTTP/1.1\" 200 5"
        echo "admin.internal 192.0.2.1 - - $t \"DELETE /users/1 HTTP/1.1\" 204 5"
        echo "localhost 192.0.2.1 - - $t \"GET /status HTTP/1.1\" 200 5"
        echo "- 192.0.2.1 - - $t \"GET /unnamed HTTP/1.1\" 200 5"
        echo "_ 192.0.2.1 - - $t \"GET /unnamed HTTP/1.1\" 200 5"
        echo "203.0.113.9 192.0.2.1 - - $t \"GET /unnamed HTTP/1.1\" 200 5"
    } >vhost.log
    converts vhost.log "read 8 requests; 5 not read, 3 assumptions: see comments"
    [ "$(weights)" = 'GET /items 8' ] || { cat s.json; return 1; }
    for text in '"target": "http://shop.example"' 'Left out: 1 request to admin.internal' 'Left out: 1 request to localhost' \
        'Left out: 3 requests of which the log names no host'; do
        grep -qF "$text" s.json || { echo "$text"; cat s.json; return 1; }
    done
    "$COLDSWARM" convert vhost.log --host admin.internal -o s.json --force
    [ "$(weights)" = 'DELETE /users/1 1' ]
}

@test "names of clients and users are no virtual hosts" {
    local t='[10/Oct/2024:13:55:36 +0200] "GET /a HTTP/1.1" 200 5'
    printf '%s\n' "client.example - - $t" "client.example - o b $t" "client.example - 192.0.2.1 x $t" "192.0.2.1 ident o b $t" \
        "192.0.2.1 - o b c $t \"-\" \"x\" \"shop.example\" 0.1" "203.0.113.9, 198.51.100.1 192.0.2.1 - - $t" >access.log
    "$COLDSWARM" convert access.log -o s.json
    [ "$(weights)" = 'GET /a 6' ] || { cat s.json; return 1; }
    grep -qF "No target: the source names no host" s.json
}

@test "secrets of a log: their names, and parameters behind a semicolon" {
    local name
    {
        for name in ticket SAMLResponse csrf xsrf client_assertion pw; do line "GET /n?$name=open-sesame-1&b=x HTTP/1.1"; done
        line 'GET /p;jsessionid=open-sesame-2/q;v=1?a=1 HTTP/1.1'
        line 'GET /s?a=1;token=open-sesame-3;b=2 HTTP/1.1'
        line 'GET /t?token=open-sesame-4;sesame&b=2 HTTP/1.1'
        line 'GET /plain;v=1?ticket_type=day&a=1;2 HTTP/1.1'
    } >access.log
    "$COLDSWARM" convert access.log -o s.json
    run ! grep sesame s.json
    for text in '/p;jsessionid=${env.JSESSIONID}/q;v=1?a=1' '/s?a=1;token=${env.TOKEN};b=2' '/t?token=${env.TOKEN}&b=2' \
        '/plain;v=1?ticket_type=day&a=1;2' '/n?pw=${env.PW}&b=x'; do
        grep -qF "\"path\": \"$text\"" s.json || { echo "$text"; cat s.json; return 1; }
    done
}

@test "a secret of a log is replaced wherever its text is a value, and one variable for several values is said" {
    {
        line 'GET /login?token=tok-a1b2c3d4e5 HTTP/1.1'
        line 'GET /login?token=tok-f6g7h8i9j0 HTTP/1.1'
        line 'GET /reset/tok-a1b2c3d4e5 HTTP/1.1'
        line 'GET /find?q=tok-f6g7h8i9j0&n=1 HTTP/1.1'
        line 'GET /x;v=tok-a1b2c3d4e5/y HTTP/1.1'
        line 'GET /p?password=open%20se%2Fsame&b=1 HTTP/1.1'
        line 'GET /p/open%20se%2Fsame HTTP/1.1'
        line 'GET /p?q=open+se%2Fsame HTTP/1.1'
        line 'GET /tokens/password?a=tok HTTP/1.1'
    } >access.log
    "$COLDSWARM" convert access.log -o s.json
    run ! grep -e tok-a1 -e tok-f6 -e 'same"' -e sesame s.json
    for text in '"/login?token=${env.TOKEN}"' '"/reset/${env.TOKEN}"' '"/find?q=${env.TOKEN}&n=1"' '"/x;v=${env.TOKEN}/y"' \
        '"/p?password=${env.PASSWORD}&b=1"' '"/p/${urlencode(env.PASSWORD)}"' '"/tokens/password?a=tok"' \
        'one value for the parameter token, which has 2 different values'; do
        grep -qF -- "$text" s.json || { echo "$text"; cat s.json; return 1; }
    done
    run ! grep 'one value for the parameter password' s.json
    { seq 1 1100 | while read -r i; do line "GET /n/$i HTTP/1.1"; line "GET /n/$i HTTP/1.1"; done
      line 'GET /a?token=tok-a1b2c3d4e5 HTTP/1.1'
      line 'GET /rare/tok-a1b2c3d4e5 HTTP/1.1'; } >long.log
    "$COLDSWARM" convert long.log -o s.json --force
    run ! grep -r tok-a1 s.json s.rest1.csv
}

@test "a host behind the client, or between the time and the request" {
    local t='[10/Oct/2024:13:55:36 +0200]' q='"GET /a HTTP/1.1" 200 5' line
    for line in "192.0.2.1 shop.example - - $t $q" "2001:db8::1 shop.example:80 - ann $t $q" "192.0.2.1 - - $t shop.example $q" \
        "192.0.2.1 - ann $t \"shop.example\" $q \"-\" \"x\""; do
        printf '%s\n' "$line" "$line" >access.log
        "$COLDSWARM" convert access.log -o s.json --force
        grep -qE '"target": "http://shop.example(:80)?"' s.json || { echo "$line"; cat s.json; return 1; }
        [ "$(weights)" = 'GET /a 2' ]
    done
    for line in "192.0.2.1 ident - - $t $q" "192.0.2.1 shop.example ann - $t $q" "192.0.2.1 shop.example - $t $q" "192.0.2.1 - - $t 0.005 $q" \
        "192.0.2.1 - - $t \"-\" 408 0"; do
        printf '%s\n' "192.0.2.1 - - $t $q" "$line" >access.log
        "$COLDSWARM" convert access.log -o s.json --force
        run ! grep '"target":' s.json
    done
}

@test "siege's body of a file: as siege sends it, or named if it is not there" {
    echo 'http://h/a POST <body.json' >urls.txt
    "$COLDSWARM" convert urls.txt -o s.json
    grep -qF 'left out: the body, which siege reads from the file body.json' s.json
    run ! grep -E '"(form|body|json)"|<body' s.json
    printf ' {"a": 1}\n' >body.json
    printf '\n k=v&password=open-sesame-1 \n' >body
    printf ' <a/> \n' >body.xml
    start_recorder posts.log
    printf 'http://127.0.0.1:%s/a POST <%s\n' "$PORT" body.json "$PORT" body "$PORT" body.xml >urls.txt
    run -0 --separate-stderr "$COLDSWARM" convert urls.txt -o s.json --force --strict
    run ! grep sesame s.json
    export PASSWORD=open-sesame-1
    run_one posts.log 100 # draws among three
    python3 - <<'END'
import json
got = {({k.lower(): v for k, v in r["headers"]}.get("content-type"), r["body"]) for r in map(json.loads, open("posts.log"))}
assert got == {("application/json", ' {"a": 1}\n'), ("application/x-www-form-urlencoded", "k=v&password=open-sesame-1"), ("text/xml", "<a/>")}, got
END
}
