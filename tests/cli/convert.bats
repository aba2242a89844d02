#!/usr/bin/env bats
# `coldswarm convert`: what it writes is a good scenario, and running it sends what the source would have sent. Sent requests are what a
# recorder wrote down.

bats_require_minimum_version 1.5.0
load ../support/helpers
load ../support/convert

setup() {
    cd "$BATS_TEST_TMPDIR"
    DATA=$ROOT/tests/cli/convert
    CHECK=$ROOT/tests/cli/check_convert.py
    unset http_proxy https_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY
}

@test "Postman: requests, variables, folders' authentication and bodies" {
    start_recorder postman.log
    sample shop.postman.json >shop.postman.json
    printf '\0\1cat' >cat.bin
    "$COLDSWARM" convert shop.postman.json -o s.json
    run grep -E 'open-sesame|tok-abcdefgh|hush-hush' s.json
    [ "$status" -eq 1 ]
    grep -qF 'left out: the pre-request script of this request' s.json
    grep -qF '"name": "Orders / List"' s.json
    sample shop.postman.expected.json >expected.json
    set_variables s.json
    run_one postman.log "$(json_sql expected.json "select json_array_length(doc) from file")"
    python3 "$CHECK" expect postman.log expected.json
}

@test "OpenAPI: YAML and JSON give the same scenario, and its requests follow the schemas" {
    start_recorder api.log
    sample petstore.yaml >petstore.yaml
    python3 -c 'import sys, yaml, json; json.dump(yaml.safe_load(open("petstore.yaml")), open("petstore.json", "w"), default=str)'
    "$COLDSWARM" convert petstore.yaml -o s.json
    "$COLDSWARM" convert petstore.json | tail -n +2 | cmp - <(tail -n +2 s.json)
    grep -qF 'optional parameters without an example: debug' s.json
    grep -qF 'assumed: petId is 10' s.json
    grep -qF 'marks this operation as deprecated' s.json
    set_variables s.json
    # So many draws that each of a dozen is among them.
    run_one api.log 400
    sample petstore.expected.json >expected.json
    python3 "$CHECK" among api.log expected.json
}

@test "locustfile: classes, weights, on_start and plain values; the rest is named with its line" {
    start_recorder locust.log
    sample locustfile.py >locustfile.py
    "$COLDSWARM" convert locustfile.py -o s.json
    for text in 'line 48, self.client.get("/item/"' '"status": [200]' '"fast"' '"name": "Reader"' '"weight": 3'; do
        grep -qF "$text" s.json || { echo "$text"; cat s.json; return 1; }
    done
    run grep -E 'open-sesame|bobs-secret' s.json
    [ "$status" -eq 1 ]
    set_variables s.json
    run_one locust.log 400 -u 4 -r 100
    sample locust.expected.json >expected.json
    python3 "$CHECK" among locust.log expected.json
}

@test "sources that are none of these are refused, each with what is wrong" {
    refuse() {
        printf '%s' "$2" >"$1"
        run --separate-stderr "$COLDSWARM" convert "$1"
        [ "$status" -eq 2 ] || return 1
        [ -z "$output" ] || return 1
        [[ $stderr == *"$3"* ]] || { echo "$stderr"; return 1; }
    }
    refuse empty '' 'it is empty'
    refuse x.txt 'hello' 'not recognized as a HAR file'
    refuse x.json '{"a": 1}' 'not recognized as a HAR file'
    refuse bad.har '{"log": {"entries": [' 'bad.har:1:22'
    refuse plan.jmx '<?xml version="1.0"?><jmeterTestPlan version="1.2"></jmeterTestPlan>' 'plan.jmx: this is a test plan of JMeter'
    refuse k6.js $'import http from \'k6/http\';\nexport default function () { http.get("http://h/"); }' 'k6.js: this is a script of k6'
    refuse none.har '{"log": {"entries": []}}' 'it contains no request'
    refuse swagger.json '{"swagger": "2.0"}' '"paths" is missing'
    refuse swagger.yaml $'swagger: "1.2"\npaths: {}\n' '"swagger" is not "2.0"'
    refuse o.json '{"openapi": "3.0.0", "paths": {"/a": {"post": {"requestBody": {"content": {"text/xml": {}}}}}}}' \
        'no operation in it can be sent; left out: POST /a: its body is text/xml'
    refuse a.yaml $'openapi: 3.0.0\npaths: {a: &x [*x]}\n' 'a.yaml:2:12: too deep'
    refuse twice.yaml $'openapi: 3.0.0\npaths:\n  /\xc3\xa9: {get: {}}\n  /b: {}\n  /\xc3\xa9: {get: {}}\n' \
        'twice.yaml:5:3: "/é" is given twice, first in line 3'
    refuse many.yaml $'openapi: 3.0.0\npaths: {}\n---\na: 1\n' 'many.yaml:4:1: more than one document'
    refuse l.py $'from locust import HttpUser\nx = 1\n' 'no request found'
    refuse m.py $'from locust import HttpUser\nx = "a\n' 'm.py:2:5: unterminated string literal'
    run "$COLDSWARM" convert absent.har
    [ "$status" -eq 2 ]
}

@test "names and comments of a source cannot break out of the scenario or the terminal" {
    cat >evil.har <<'JSON'
{"log":{"entries":[{"request":{"method":"GET","url":"http://h.example/a\nb\"}//\u001b[31m${env.HOME}","headers":[{"name":"X\r\nY","value":"1"},{"name":"Z","value":"a\nb"}]}},
{"request":{"method":"GET","url":"http://evil.example\n}//","headers":[]}}]}}
JSON
    run --separate-stderr "$COLDSWARM" convert evil.har
    [ "$status" -eq 0 ]
    [[ $output != *$'\e'* ]]
    printf '%s\n' "$output" >s.json
    run "$COLDSWARM" validate s.json
    [ "$status" -eq 0 ]
    [[ $output != *HOME\ from\ the\ environment* ]]
}

@test "options for HAR are refused for others; fixed counts have their users" {
    printf 'from locust import HttpUser, task\nclass U(HttpUser):\n    @task\n    def a(self):\n        self.client.get("/a")\nclass V(HttpUser):\n    fixed_count = 2\n    @task\n    def c(self):\n        self.client.get("/c")\n' >l.py
    run -2 "$COLDSWARM" convert l.py -H x
    [[ $output == *"--host applies only to HAR, access logs and lists of URLs, and this is locust"* ]]
    run -2 "$COLDSWARM" convert l.py --assets
    run -0 "$COLDSWARM" convert l.py
    [[ $output == *'"users": 3, "spawn_rate"'* ]]
}

@test "what no scenario can hold is left out with a comment, and the rest is good" {
    # Ports and hosts that are variables, a token that says Bearer itself, a form's names that are no UTF-8.
    cat >pm.json <<'JSON'
{"info":{"name":"n"},"item":[{"name":"a","request":{"method":"GET","url":"http://{{host}}:{{port}}/a",
"auth":{"type":"bearer","bearer":[{"key":"token","value":"Bearer {{token}}"}]}}}]}
JSON
    "$COLDSWARM" convert pm.json -o s.json
    HOST=127.0.0.1 PORT=80 TOKEN=t "$COLDSWARM" validate s.json
    printf "curl http://h/ -d '\xcd=1&\xcf=2&password=x' --key k.pem -x p:1 --unix-socket /s\n" >curl.sh
    run -0 --separate-stderr "$COLDSWARM" convert curl.sh
    [[ $output == *"bytes of the form that are not UTF-8 are sent as U+FFFD"* ]]
    [[ $output == *"Left out: a key without a client certificate"* ]]
    [[ $output == *"Left out: the proxy"* ]]
    printf '%s\n' "$output" >s.json
    PASSWORD=x "$COLDSWARM" validate s.json
    { printf 'curl http://h/'; head -c 600000 /dev/zero | tr '\0' a; } >long.sh
    run -2 "$COLDSWARM" convert long.sh
    [[ $output == *"no request can be sent: all paths are too long"* ]]
}

@test "OpenAPI: what stands among the paths and is no operation is named with its line" {
    printf '%s\n' 'openapi: 3.0.0' 'paths:' '  /a:' '    get: 7' '    post: {}' '    PUT: {}' '    summary: s' '  /b: none' '  c:' '    get: {}' \
        '  x-d: 1' >odd.yaml
    run -0 --separate-stderr "$COLDSWARM" convert odd.yaml
    [ "$(grep -ci 'left out: line' <<<"$output")" -eq 4 ]
    [[ $output == *'line 4: "get", an operation that is not an object but a number'* ]]
    [[ $output == *'line 6: "PUT", which is not a method'* ]]
    [[ $output == *'line 8: "/b", a path without operations'* ]]
    [[ $output == *'line 9: "c", a path that does not begin with "/"'* ]]
    printf '{"openapi": "3.0.0", "paths": {\n"/a": {"get": 7,\n"put": {}}}}' >odd.json
    run -0 --separate-stderr "$COLDSWARM" convert odd.json
    [[ $output == *'line 2: "get", an operation that is not an object but a number'* ]]
}

@test "OpenAPI YAML: a version without quotes, a byte order mark, and each kind of line end" {
    local mark ends
    for mark in '' '\xef\xbb\xbf'; do
        for ends in '\n' '\r\n' '\r'; do
            printf "${mark}openapi: 3.0${ends}servers: [{url: 'http://h.example'}]${ends}paths:${ends}  /a: {get: {}}${ends}" >api.txt
            run -0 "$COLDSWARM" convert api.txt
            [[ "$output" == *'"path": "/a"'* ]]
            printf "${mark}openapi: 3.0${ends}paths:${ends}  /a: {get: {}}${ends}  /a: {get: {}}${ends}" >twice.txt
            run -2 "$COLDSWARM" convert twice.txt
            [[ "$output" == *'twice.txt:4:3: "/a" is given twice, first in line 3; remove one'* ]]
        done
    done
    printf 'paths: {}\nopenapi: 4.0\n' >a.yaml
    run -2 "$COLDSWARM" convert a.yaml --from openapi
    [[ "$output" == *'a.yaml:2:10: not an OpenAPI 3 document: "openapi" is not "3.x.y"'* ]]
    printf '{"openapi": 3.1, "paths": {"/a": {"get": {}}}}' >a.json
    run -0 "$COLDSWARM" convert a.json
}

@test "no file that is written overwrites the source, whatever its name" {
    refused() { # ARGUMENT...: refused, and all files are as before
        md5sum -- * >../before.txt
        run -2 --separate-stderr "$COLDSWARM" convert "$@" --force
        [[ $stderr == *"is the source: nothing was written"* ]] || { echo "$stderr"; return 1; }
        md5sum -- * | diff ../before.txt -
    }
    mkdir here
    cd here
    printf 'http://h/a\nhttp://h/b\n' >u.txt
    ln u.txt hard.json
    ln -s u.txt soft.json
    refused u.txt -o u.txt
    refused u.txt -o ./u.txt
    refused u.txt -o hard.json
    refused u.txt -o soft.json
    refused - -o u.txt <u.txt
    for i in {1..1003}; do
        printf '192.0.2.1 - - [10/Oct/2024:13:55:36 +0200] "GET /%s HTTP/1.1" 200 5\n' "$i"
    done >s.times.jsonl
    refused s.times.jsonl -o s.json --times
    mv s.times.jsonl s.rest1.csv
    refused s.rest1.csv -o s.json
    # Another file is still overwritten.
    "$COLDSWARM" convert s.rest1.csv -o t.json
    "$COLDSWARM" convert s.rest1.csv -o t.json --force
}
