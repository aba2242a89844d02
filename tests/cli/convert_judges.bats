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
    PORT=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
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
    "$COLDSWARM" run s.json -t 4s --quiet -o run.db >/dev/null 2>run.err || cat run.err # failed requests are an exit code
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
    python3 - <<'END'
import json
theirs, ours = ([json.loads(line) for line in open(f)] for f in ("theirs.log", "newman.log"))
assert len(theirs) >= 4
for a, b in zip(theirs, ours):
    assert (a["method"], a["path"]) == (b["method"], b["path"]), (a, b)
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
