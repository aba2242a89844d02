#!/usr/bin/env bats
# `coldswarm convert`: nothing is lost unannounced. The last line counts, comments stand at the task, and --strict fails.

bats_require_minimum_version 1.5.0
load ../support/helpers

setup() {
    cd "$BATS_TEST_TMPDIR"
}

# counts FILE LINE [OPTION...]: converts it to s.json; the last line on stderr is LINE, and there are that many comments of each kind.
counts() {
    local file=$1 line=$2
    shift 2
    run --separate-stderr "$COLDSWARM" convert "$file" -o s.json --force "$@"
    [ "$status" -eq 0 ] || { echo "$stderr"; return 1; }
    [ "${stderr_lines[-1]}" = "$line" ] || { printf '%s\n' "$stderr"; cat s.json; return 1; }
}

# before TEXT NAME: the comment is above the task of this name, with nothing but comments between.
before() {
    python3 - "$@" <<'END' || { cat s.json; return 1; }
import re, sys
lines = open("s.json").read().split("\n")
at = next(i for i, line in enumerate(lines) if f'"name": "{sys.argv[2]}"' in line)
above = []
for line in reversed(lines[:at]):
    if line.strip() in ("{",):
        continue
    if not line.strip().startswith("//"):
        break
    above.insert(0, line.strip()[2:].strip())
assert sys.argv[1] in " ".join(above), (sys.argv[1], above)
END
}

@test "curl: the line counts requests, those that are not read, assumptions and details" {
    cat >c.sh <<'SH'
curl http://127.0.0.1:8080/a --limit-rate 1k
curl ftp://127.0.0.1/b
curl 127.0.0.1:8080/c
SH
    # Assumed: in order, one user for 30 s, http:// of the third.
    counts c.sh 'read 2 requests; 1 not read, 3 assumptions, 1 detail left out: see comments'
    before 'left out: --limit-rate' /a
    before 'ftp://127.0.0.1/b' /c
    grep -q 'Missing: 33.3 % of the requests' s.json
    [ "$(grep -ci '^ *// assumed:' s.json)" -eq 3 ]
    run -2 --separate-stderr "$COLDSWARM" convert c.sh --strict
    [[ $output == *'"path": "/a"'* ]]
    [[ $stderr == *"lacks parts of the source"* ]]
    echo 'curl http://127.0.0.1:8080/a' >c.sh
    counts c.sh 'read 1 request; 1 assumption: see comments' --strict
}

@test "several URLs of one curl command have comments of their own" {
    echo 'curl http://127.0.0.1:1/a http://u:p@127.0.0.1:1/b http://127.0.0.1:1/c#d --limit-rate 1k -H "X: y"' >c.sh
    counts c.sh 'read 3 requests; 2 assumptions, 4 details left out: see comments'
    before 'text after "#"' /c
    [ "$(grep -c 'left out: --limit-rate' s.json)" -eq 3 ]
}

@test "Postman: a request without a URL is named in front of the next one" {
    cat >p.json <<'JSON'
{"info":{"name":"n"},"item":[{"name":"a","request":{"method":"GET","url":"http://127.0.0.1:1/a"}},
{"name":"b","request":{"method":"GET","url":"ws://127.0.0.1:1/b"}},
{"name":"c","request":{"method":"GET","url":"http://127.0.0.1:1/c"}},
{"name":"d","request":{"method":"GET","url":""}}]}
JSON
    counts p.json 'read 2 requests; 2 not read, 2 assumptions: see comments'
    before 'left out: request b' c
    grep -q 'left out: request d' s.json
    grep -q 'Missing: 50 % of the requests' s.json
    run -2 "$COLDSWARM" convert p.json --strict
}

@test "OpenAPI: what is no operation is named in front of the next one" {
    printf '%s\n' 'openapi: 3.0.0' 'servers: [{url: "http://127.0.0.1:1"}]' 'paths:' '  /a: {get: {}}' '  /b: {get: 7}' '  /c: {get: {}}' >o.yaml
    counts o.yaml 'read 2 requests; 1 not read, 2 assumptions: see comments'
    before 'line 5: "get", an operation that is not an object' /c
    run -2 "$COLDSWARM" convert o.yaml --strict
}

@test "locustfile: the missing share is by weight" {
    cat >l.py <<'PY'
from locust import HttpUser, task
class U(HttpUser):
    @task(3)
    def a(self):
        self.client.get("/a")
    @task(5)
    def b(self):
        for i in range(unknown()):
            self.client.get("/b")
            self.client.get("/c")
    @task(2)
    def c(self):
        self.client.get("/d")
        self.client.get(unknown())
PY
    # Read: 3 + 2, not read: 5 x 2 + 2, so 12 of 17.
    counts l.py 'read 2 requests; 3 not read, 2 assumptions, 1 detail left out: see comments'
    grep -q 'Missing: 70.6 % of the requests' s.json
    before 'left out: line 14' /d
    before 'left out: line 8' /d
    run -2 "$COLDSWARM" convert l.py --strict
}

@test "HAR: what other hosts got is not read" {
    cat >h.har <<'JSON'
{"log":{"entries":[{"request":{"method":"GET","url":"http://127.0.0.1:1/a","headers":[]}},
{"request":{"method":"GET","url":"http://127.0.0.1:1/b","headers":[]}},
{"request":{"method":"GET","url":"http://127.0.0.2:1/b","headers":[]}}]}}
JSON
    counts h.har 'read 2 requests; 1 not read, 2 assumptions: see comments'
    run -2 "$COLDSWARM" convert h.har --strict
}

@test "a scenario that is not valid yet is counted too" {
    printf 'curl http://127.0.0.1:1/a -F f=@absent.png\ncurl ftp://127.0.0.1/b\n' >c.sh
    run -2 --separate-stderr "$COLDSWARM" convert c.sh -o s.json
    [[ $stderr == *"the scenario was written, but is not valid yet"* ]]
    [ "${stderr_lines[-2]}" = 'read 1 request; 1 not read, 1 assumption: see comments' ] || { echo "$stderr"; return 1; }
    grep -qF '"absent.png"' s.json
}
