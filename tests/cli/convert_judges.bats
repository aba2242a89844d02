#!/usr/bin/env bats
# bats file_tags=more
# `coldswarm convert` beside the programs that its sources are for: newman runs the collection, Prism checks requests against the OpenAPI
# document, and httpsnippet makes curl commands of the HAR file. curl itself is in convert_curl.bats. scripts/install-deps judges installs them.

bats_require_minimum_version 1.5.0
load ../support/helpers
load ../support/convert

setup() {
    cd "$BATS_TEST_TMPDIR"
    CHECK=$ROOT/tests/cli/check_convert.py
    JUDGES=$ROOT/build/judges/node_modules
    unset http_proxy https_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY
}

# start_prism SAMPLE: a Prism that knows the sample's document; sets PORT, and writes the document with it to the file of this name.
start_prism() {
    PORT=$(free_port)
    sample "$1" >"$1"
    [ $# -eq 1 ] || sed -i "$2" "$1"
    : >prism.out
    "$JUDGES/.bin/prism" mock -h 127.0.0.1 -p "$PORT" "$1" >prism.out 2>&1 3>&- &
    STARTED_PIDS+=("$!")
    wait_line prism.out 'Prism is listening' "$!" >/dev/null || { cat prism.out; return 1; }
}

# statuses: the statuses that the requests of s.json got, a line each. Each request is sent several times.
statuses() {
    grep -q '"sequence"' s.json || sed -i '0,/"load"/s//"sequence": true, "load"/' s.json
    run_till run.db 'count(*) > 40 from requests' s.json
    sql run.db 'SELECT DISTINCT status FROM requests WHERE status IS NOT NULL ORDER BY status'
}

@test "Prism has nothing against the requests of an OpenAPI 3 document, and something against others" {
    start_prism api.yaml
    "$COLDSWARM" convert api.yaml -o s.json
    [ "$(statuses)" = 200 ] || { sql run.db 'SELECT * FROM requests WHERE status != 200 LIMIT 3'; return 1; }
    [ "$(sql run.db 'SELECT count(DISTINCT name) FROM requests')" -eq 9 ]
    # The same requests with a mistake in each.
    rm run.db
    sed -i 's/"small"/"huge"/; s/"code": "aaaa"/"code": "zz"/' s.json
    run statuses
    [[ $output == *422* ]] || { echo "$output"; return 1; }
}

@test "Prism has nothing against the requests of an OpenAPI 2 document" {
    start_prism swagger.json 's,"basePath": "/v1","basePath": "/",' # Prism answers without it
    "$COLDSWARM" convert swagger.json -o s.json
    set_variables s.json
    [ "$(statuses)" = 200 ]
}

@test "newman sends the same as the scenario of a collection" {
    start_recorder newman.log
    sample shop.postman.json >shop.postman.json
    printf '\0\1cat' >cat.bin
    "$COLDSWARM" convert shop.postman.json -o s.json
    # Variables that the collection does not set have the same value for both.
    grep -o 'Postman variable {{[^}]*}}' s.json | sed 's/.*{{//; s/}}//' | sort -u >names
    set_variables s.json
    local options=() name
    while read -r name; do
        options+=(--global-var "$name=v-$(grep -o "Set [A-Z_0-9]* in the environment: Postman variable {{$name}}" s.json | cut -d ' ' -f 2)")
    done <names
    "$JUDGES/.bin/newman" run shop.postman.json --ignore-redirects "${options[@]}" >newman.out 2>&1 || true
    cp newman.log theirs.log
    : >newman.log
    run_one newman.log "$(wc -l <theirs.log)"
    python3 - "$ROOT/tests/cli" <<'END'
import json, sys
sys.path.insert(0, sys.argv[1])
from check_convert import parts
theirs, ours = ([json.loads(line) for line in open(f)] for f in ("theirs.log", "newman.log"))
assert len(theirs) >= 4
for a, b in zip(theirs, ours):
    assert (a["method"], a["path"]) == (b["method"], b["path"]), (a, b)
    assert parts(a) == parts(b), (parts(a), parts(b))
assert any(parts(a) for a in theirs)
END
}

@test "each dynamic variable of Postman has a value" {
    node -e 'for (const name of Object.keys(require(process.argv[1]))) console.log(name)' \
        "$JUDGES/postman-collection/lib/superstring/dynamic-variables.js" >names
    [ "$(wc -l <names)" -gt 100 ]
    python3 - <<'END'
import json
names = open("names").read().split()
json.dump({"info": {"name": "n"}, "item": [{"name": n, "request": {"method": "GET", "url": "http://127.0.0.1:1/?v={{%s}}" % n}} for n in names]}, open("p.json", "w"))
END
    run -0 "$COLDSWARM" convert p.json
    [[ $output != *'${env.'* ]] || { grep 'env\.' <<<"$output"; return 1; }
}

@test "httpsnippet makes the same requests of a HAR file" {
    start_recorder har.log
    sample shop.har >shop.har
    "$COLDSWARM" convert shop.har -o s.json
    # As curl commands, of the requests that are kept.
    node - shop.har "$PORT" "$JUDGES/httpsnippet" >commands.sh <<'END'
const { HTTPSnippet } = require(process.argv[4]);
const entries = JSON.parse(require("fs").readFileSync(process.argv[2])).log.entries;
for (const entry of entries) {
    const request = entry.request, type = (entry.response.content || {}).mimeType || "";
    if (!request.url.startsWith("http://127.0.0.1:" + process.argv[3]) || request.method === "OPTIONS") continue;
    if (/^(image|font|text\/css|application\/javascript)/.test(type) || /^(image|font|stylesheet|script|preflight)$/.test(entry._resourceType || "")) continue;
    if (request.postData && request.postData.encoding === "base64") request.postData.text = "";
    request.headers = request.headers.filter((h) => h.name.toLowerCase() !== "content-length"); // curl knows it better
    console.log(new HTTPSnippet(request).convert("shell", "curl", { indent: false }));
}
END
    bash commands.sh >/dev/null 2>&1
    cp har.log theirs.log
    : >har.log
    set_variables s.json
    run_one har.log "$(wc -l <theirs.log)"
    python3 - <<'END'
import json
theirs, ours = ([json.loads(line) for line in open(f)] for f in ("theirs.log", "har.log"))
assert len(theirs) == 5, [r["path"] for r in theirs]
for a, b in zip(theirs, ours):
    assert (a["method"], a["path"]) == (b["method"], b["path"]), (a, b)
END
}

@test "an independent reader finds the same headers, cookies and bodies in a HAR file" {
    start_recorder first.log
    sample shop.har >shop.har # for its answers, which do not depend on the port
    python3 "$ROOT/tests/cli/check_har.py" answers shop.har >answers.json
    [ "$(cat answers.json)" != '{}' ]
    start_recorder har.log answers.json
    sample shop.har >shop.har
    "$COLDSWARM" convert shop.har -o s.json
    set_variables s.json
    run_one har.log 5
    python3 "$ROOT/tests/cli/check_har.py" same shop.har har.log "$PORT"
    # The reader sees what is missing.
    sed -i 's/"x-trace"/"x-other"/' s.json
    : >har.log
    run_one har.log 5
    run -1 python3 "$ROOT/tests/cli/check_har.py" same shop.har har.log "$PORT"
}

# start_apache LOG: an Apache that writes the combined format; sets URL.
start_apache() {
    PORT=$(free_port)
    URL=http://127.0.0.1:$PORT
    mkdir -p www
    echo hello >www/index.html
    cp www/index.html www/style.css
    chmod 755 "$BATS_TEST_TMPDIR" www
    cat >apache.conf <<END
ServerRoot $PWD
PidFile $PWD/pid
Listen 127.0.0.1:$PORT
ServerName localhost
LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
User www-data
Group www-data
DocumentRoot $PWD/www
FallbackResource disabled
HttpProtocolOptions Unsafe
ErrorLog $PWD/error.log
LogFormat "%h %l %u %t \\"%r\\" %>s %b \\"%{Referer}i\\" \\"%{User-Agent}i\\"" combined
CustomLog $PWD/$1 combined
END
    sed -i '/FallbackResource/d' apache.conf
    /usr/sbin/apache2 -D FOREGROUND -f "$PWD/apache.conf" >apache.out 2>&1 3>&- &
    APACHE=$!
    STARTED_PIDS+=("$APACHE")
    until curl -s -o probe "$URL/probe"; do
        kill -0 "$APACHE" || { cat apache.out error.log; return 1; }
        pause
    done
}

@test "Apache's own log becomes a scenario whose shares it logs again" {
    start_apache first.log
    python3 - "$PORT" <<'END'
import random, socket, sys
draw = random.Random(3)
mix = [b"GET /index.html HTTP/1.1", b"GET /style.css?v=2 HTTP/1.1", b"HEAD /index.html HTTP/1.1", b"GET /a%20b?q=%22x%22 HTTP/1.1", b'GET /"q"\\z HTTP/1.1',
       "GET /ä HTTP/1.1".encode(), b"POST /index.html HTTP/1.1", b"GET /users/17/cart HTTP/1.1"]
with socket.create_connection(("127.0.0.1", int(sys.argv[1]))) as s:
    s.sendall(b"\x16\x03\x01\x02\x00\x01\xfc\x03\r\n\r\n") # a TLS handshake
    s.recv(1000)
for _ in range(600):
    with socket.create_connection(("127.0.0.1", int(sys.argv[1]))) as s:
        line = draw.choices(mix, [30, 20, 10, 10, 5, 5, 10, 10])[0]
        s.sendall(line + b"\r\nHost: localhost\r\nUser-Agent: say \"hi\" \\ [1]\r\nConnection: close\r\n" +
                  (b"Content-Length: 0\r\n" if line.startswith(b"POST") else b"") + b"\r\n")
        while s.recv(4096):
            pass
END
    kill "$APACHE"
    wait "$APACHE" || true
    STARTED_PIDS=()
    start_apache second.log
    run -0 --separate-stderr "$COLDSWARM" convert first.log -o s.json --host "$URL"
    [[ ${stderr_lines[-1]} == 'read 601 requests; '* ]] || { echo "$stderr"; return 1; }
    "$COLDSWARM" run s.json --seed 5 -t 1h --quiet -o run.db >/dev/null 2>run.err 3>&- &
    local run=$!
    STARTED_PIDS+=("$run")
    until [ "$(wc -l <second.log)" -ge 5000 ]; do kill -0 "$run"; pause; done
    kill -INT "$run"
    wait "$run" || true
    python3 - <<'END'
import collections, re, urllib.parse
def shares(path, skip):
    seen = collections.Counter()
    for line in open(path, encoding="latin-1"):
        request = re.search(r'\] "((?:[^"\\]|\\.)*)" \d', line).group(1)
        request = re.sub(r"\\x(..)", lambda m: chr(int(m.group(1), 16)), request).replace('\\"', '"').replace("\\\\", "\\")
        m = re.fullmatch(r"([A-Z]+) (.*) HTTP/1.1", request, re.S)
        if m:
            seen[m.group(1), urllib.parse.unquote(m.group(2), "latin-1")] += 1
    seen.subtract(skip)
    return {k: n for k, n in seen.items() if n > 0}
theirs, ours = shares("first.log", {}), shares("second.log", {("GET", "/probe"): 1})
assert len(theirs) == 9 and ours.keys() == theirs.keys(), (theirs, ours)
n, all_of_them = sum(ours.values()), sum(theirs.values())
for key, count in theirs.items(): # within five standard deviations of a draw
    share = count / all_of_them
    assert abs(ours[key] - n * share) <= 5 * (n * share * (1 - share)) ** 0.5 + 1, (key, ours[key], n * share)
END
}
