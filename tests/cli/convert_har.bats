#!/usr/bin/env bats
# `coldswarm convert` of HAR files: the recording is sent again, to its own host, without what only the browser sent.

bats_require_minimum_version 1.5.0
load ../support/helpers
load ../support/convert

setup() {
    cd "$BATS_TEST_TMPDIR"
    CHECK=$ROOT/tests/cli/check_convert.py
    unset http_proxy https_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY
}

# entries JSON...: h.har with these entries; each is what differs from a GET of http://127.0.0.1:PORT/ that got 200 with HTML.
entries() {
    python3 - "$PORT" "$@" <<'END'
import json, sys
def merge(a, b):
    return {**a, **{k: merge(a[k], v) if isinstance(v, dict) and isinstance(a.get(k), dict) else v for k, v in b.items()}}
plain = {"startedDateTime": "2024-05-01T10:00:00.000Z", "time": 10, "request": {"method": "GET", "url": "@/", "headers": [], "bodySize": -1},
         "response": {"status": 200, "headers": [], "content": {"mimeType": "text/html"}}}
text = json.dumps({"log": {"version": "1.2", "entries": [merge(plain, json.loads(e)) for e in sys.argv[2:]]}})
open("h.har", "w").write(text.replace("@/", f"http://127.0.0.1:{sys.argv[1]}/"))
END
}

@test "HAR: the recording is sent in its order, without what the browser made of it" {
    start_recorder har.log
    sample shop.har >shop.har
    run --separate-stderr "$COLDSWARM" convert shop.har -o shop.json
    [ "$status" -eq 0 ]
    [[ $stderr == *"shop.json: 5 requests from har"* ]]
    [ "$(od -An -tx1 shop.body-1.bin)" = " 00 ff 80 0a" ]
    for text in "1 request to https://analytics.example" "fonts (1);" "1 preflight"; do
        grep -qF "$text" shop.json
    done
    run grep -E 'deadbeefcafe|correct-horse|eyJhbGci|k-123456789|abc123' shop.json
    [ "$status" -eq 1 ]
    grep -qF '{ "wait": { "constant": 0.6 } }' shop.json
    sample shop.expected.json >expected.json
    set_variables shop.json
    cp shop.json s.json
    run_one har.log "$(json_sql expected.json "select json_array_length(doc) from file")"
    python3 "$CHECK" expect har.log expected.json
}

@test "HAR: --assets, --host, and a file that is there already" {
    PORT=1
    sample shop.har >shop.har
    "$COLDSWARM" convert shop.har --assets | grep -q '"/site.css"'
    "$COLDSWARM" convert shop.har --host analytics.example | grep -q '"target": "https://analytics.example"'
    run "$COLDSWARM" convert shop.har --host nobody.example
    [ "$status" -eq 2 ]
    echo mine >s.json
    run --separate-stderr "$COLDSWARM" convert shop.har -o s.json
    [ "$status" -eq 2 ]
    [[ $stderr == *"--force"* ]]
    [ "$(cat s.json)" = mine ]
}

@test "HAR: bytes that are no text need a file to be kept in" {
    PORT=1
    sample shop.har >shop.har
    "$COLDSWARM" convert shop.har | grep -qF "left out: a body of 4 bytes that are not text"
}

@test "HAR: the host of the first page is kept; preflights and advertisements do not outvote it" {
    PORT=1
    entries '{"request": {"url": "http://127.0.0.9/"}, "response": {"status": 301}}' '{}' '{"request": {"url": "@/cart"}}' \
        '{"request": {"url": "https://ads.example/1"}}' '{"request": {"url": "https://ads.example/2"}}' '{"request": {"url": "https://ads.example/3"}}'
    run -0 --separate-stderr "$COLDSWARM" convert h.har
    [[ $output == *'"target": "http://127.0.0.1:1"'* ]]
    [[ $output == *'which sent the first page; --host changes'* ]]
    [ "${stderr_lines[-1]}" = "read 2 requests; 4 not read, 2 assumptions: see comments" ]
    # Without a page, requests count and preflights do not.
    entries '{"request": {"url": "http://a.example/", "method": "OPTIONS"}}' '{"request": {"url": "http://a.example/1", "method": "OPTIONS"}}' \
        '{"request": {"url": "http://a.example/"}, "response": {"content": {"mimeType": "application/json"}}}' \
        '{"response": {"content": {"mimeType": "application/json"}}}' '{"response": {"content": {"mimeType": "application/json"}}}'
    run -0 "$COLDSWARM" convert h.har
    [[ $output == *'"target": "http://127.0.0.1:1"'* ]]
    # Hosts that --host excludes are no loss.
    run -0 --separate-stderr "$COLDSWARM" convert h.har --host a.example --strict
    [[ $output == *'Not sent: 2 requests to http://127.0.0.1:1'* ]]
}

@test "HAR: what never went out, was not answered or is a WebSocket is not sent, and named" {
    PORT=1
    entries '{}' '{"request": {"url": "@/blocked"}, "response": {"status": 0}, "_error": "net::ERR_BLOCKED_BY_CLIENT"}' \
        '{"request": {"url": "@/gone"}, "response": {"status": 0}, "_error": "net::ERR_ABORTED"}' \
        '{"request": {"url": "ws://127.0.0.1:1/ws"}, "response": {"status": 101}}' \
        '{"request": {"url": "@/ws2", "headers": [{"name": "Upgrade", "value": "websocket"}]}, "response": {"status": 101}}' \
        '{"request": {"url": "data:text/plain,x"}}' '{"request": {"url": "@/z"}}'
    run -0 --separate-stderr "$COLDSWARM" convert h.har
    [ "${stderr_lines[-1]}" = "read 2 requests; 3 not read, 1 assumption: see comments" ]
    [[ $output == *'Not sent: 1 request that did not go out'* ]]
    [[ $output == *'left out: GET http://127.0.0.1:1/gone, of which'* ]]
    [[ $output == *'left out: WebSocket ws://127.0.0.1:1/ws'* && $output == *'left out: WebSocket http://127.0.0.1:1/ws2'* ]]
    [[ $output != *'"/blocked"'* && $output != *'"/gone"'* ]]
}

@test "HAR: bodies have the bytes that were sent, and a type without a body stays" {
    start_recorder har.log
    python3 - "$PORT" <<'END'
import base64, json, sys
gif = b"GIF89a\n\0\x14\0\x80\xff\xc3\xa9"
form = b'--b1\r\nContent-Disposition: form-data; name="f"; filename="a.gif"\r\nContent-Type: image/gif\r\n\r\n' + gif + b"\r\n--b1--\r\n"
kind = "multipart/form-data; boundary=b1"
def entry(path, type, data, **more):
    return {"request": {"method": "POST" if data else "GET", "url": f"http://127.0.0.1:{sys.argv[1]}/{path}", "headers": [{"name": "Content-Type", "value": type}] + more.pop("headers", []),
            **({"postData": {"mimeType": type, **data}} if data else {}), **more}, "response": {"status": 200, "content": {"mimeType": "application/json"}}}
latin = form.decode("latin-1")
entries = [entry("latin", kind, {"text": latin}, bodySize=len(form)),
           entry("guessed", kind, {"text": latin}),
           entry("params", kind, {"params": [{"name": "f", "fileName": "a.gif", "contentType": "image/gif", "value": base64.b64encode(gif).decode()}]}),
           entry("utf8", "text/plain", {"text": "é"}, headers=[{"name": "Content-Length", "value": "2"}]),
           entry("one", "text/plain", {"text": "é"}, headers=[{"name": "Content-Length", "value": "1"}]),
           entry("mojibake", "text/plain", {"text": "Ã©"}),
           entry("bare", "application/json", None, cookies=[{"name": "a", "value": "1"}])]
json.dump({"log": {"entries": entries}}, open("h.har", "w"))
part = [["f", "a.gif", "image/gif", gif.decode("latin-1")]]
json.dump([{"method": "POST", "path": "/" + p, "parts": part} for p in ("latin", "guessed", "params")] +
          [{"method": "POST", "path": "/utf8", "body": "\xc3\xa9"}, {"method": "POST", "path": "/one", "body": "\xe9"},
           {"method": "POST", "path": "/mojibake", "body": "\xc3\xa9"},
           {"method": "GET", "path": "/bare", "headers": {"Content-Type": "application/json", "Cookie": "v-COOKIE"}}], open("expected.json", "w"))
END
    "$COLDSWARM" convert h.har -o s.json
    set_variables s.json
    run_one har.log 7
    python3 "$CHECK" expect har.log expected.json
}

@test "HAR: data in the form of a script is no asset" {
    PORT=1
    entries '{}' '{"request": {"url": "@/api/list?callback=cb"}, "response": {"content": {"mimeType": "application/javascript"}}}' \
        '{"request": {"url": "@/site.js?v=1"}, "response": {"content": {"mimeType": "application/javascript"}}}' \
        '{"request": {"url": "@/bundle"}, "response": {"content": {"mimeType": "text/javascript"}}}'
    run -0 "$COLDSWARM" convert h.har
    [[ $output == *'"/api/list?callback=cb"'* && $output != *site.js* && $output != *'"/bundle"'* ]]
}

@test "HAR: pages are tasks in order, and --think keeps short pauses" {
    start_recorder har.log
    entries '{"pageref": "p1"}' '{"pageref": "p1", "request": {"url": "@/a"}, "startedDateTime": "2024-05-01T10:00:00.060Z"}' \
        '{"pageref": "p2", "request": {"url": "@/b"}, "startedDateTime": "2024-05-01T10:00:00.800Z"}' \
        '{"pageref": "p2", "request": {"url": "@/c"}, "startedDateTime": "2024-05-01T10:00:00.812Z"}'
    sed -i 's/"version": "1.2",/"version": "1.2", "pages": [{"id": "p1", "title": "Start"}, {"id": "p2", "title": "http:\/\/h\/b?x"}],/' h.har
    "$COLDSWARM" convert h.har -o s.json
    grep -qF '"sequence": true' s.json
    grep -qF '"name": "Start"' s.json
    [ "$(grep -c '"wait": { "constant": 0.7 }' s.json)" -eq 2 ] # between the pages, and between rounds
    run_one har.log 8
    python3 -c 'import json; p = [json.loads(line)["path"] for line in open("har.log")]; assert p[:8] == ["/", "/a", "/b", "/c"] * 2, p'
    "$COLDSWARM" convert h.har --think -o s.json --force
    grep -qF '"wait": { "constant": 0.05 }' s.json
    grep -qF '"wait": { "constant": 0.73 }' s.json
    grep -qF '"wait": { "constant": 0.002 }' s.json
    run -2 "$COLDSWARM" convert --think -- curl http://127.0.0.1:1/
}

@test "HAR: secrets do not get into the files next to the scenario either" {
    python3 - <<'END'
import base64, json
token = "tok-abcdef-123456"
body = (b'\xff\0{"password" : "hunter2-a\\"b", "n": "kept"}\n&api_key=hunter2-c&x=kept2 "key":"id"\0' + token.encode() + b"\0" + token.encode() + b"z\xfe")
odd = (b'--b\r\nContent-Disposition: form-data; name="client_secret"\r\nContent-Type: text/plain\r\n\r\nhunter2-d\xff\r\n'
       b'--b\r\nContent-Disposition: form-data; name="note"\r\n\r\nkept3\r\n--b--\r\n')
parts = (b'--b\r\nContent-Disposition: form-data; name="password"; filename="p"\r\n\r\nhunter2-e\xff\r\n'
         b'--b\r\nContent-Disposition: form-data; name="f"; filename="f"\r\n\r\nkept4\xff\r\n--b--\r\n')
def entry(path, type, data):
    return {"request": {"method": "POST", "url": "http://127.0.0.1:1/" + path, "headers": [{"name": "Authorization", "value": "Bearer " + token}],
            "postData": {"mimeType": type, "text": base64.b64encode(data).decode(), "encoding": "base64"}}, "response": {"status": 200, "content": {"mimeType": "application/json"}}}
json.dump({"log": {"version": "1.2", "entries": [entry("a", "application/octet-stream", body), entry("b", "application/x-odd", odd),
    entry("c", "multipart/form-data; boundary=b", parts)]}}, open("h.har", "w"))
open("want-1", "wb").write(body.replace(b'hunter2-a\\"b', b"*" * 12).replace(b"hunter2-c", b"*" * 9).replace(token.encode() + b"\0", b"*" * 17 + b"\0"))
open("want-2", "wb").write(odd.replace(b"hunter2-d\xff", b"*" * 10))
open("want-3", "wb").write(b"kept4\xff")
END
    run --separate-stderr "$COLDSWARM" convert h.har -o s.json
    [ "$status" -eq 0 ]
    [[ ${stderr_lines[-1]} == "read 3 requests; "*"5 details left out: see comments" ]] || { echo "$stderr"; cat s.json; return 1; }
    for i in 1 2 3; do
        cmp "s.body-$i.bin" "want-$i"
    done
    run -1 grep -a hunter2 s.json s.body-*.bin
    for text in 'value of password in s.body-1.bin, a secret' 'value of api_key in s.body-1.bin' 'value of TOKEN in s.body-1.bin' \
        'value of client_secret in s.body-2.bin' 'left out: 10 bytes of field password, a secret'; do
        grep -qF "$text" s.json || { echo "$text"; cat s.json; return 1; }
    done
}

@test "HAR: what other hosts sent for a page is counted too, also if they sent nothing else" {
    PORT=1
    entries '{}' '{"request": {"url": "https://cdn.example/a.js"}, "response": {"content": {"mimeType": "text/javascript"}}}' \
        '{"request": {"url": "https://cdn.example/b.png"}, "response": {"content": {"mimeType": "image/png"}}}' '{"request": {"url": "https://cdn.example/c"}}' \
        '{"request": {"url": "@/d.png"}, "response": {"content": {"mimeType": "image/png"}}}' \
        '{"request": {"url": "https://slow.example/"}, "response": {"status": 0, "_error": "net::ERR_TIMED_OUT"}}'
    run -0 --separate-stderr "$COLDSWARM" convert h.har
    [[ $output == *"Left out: 1 request to https://cdn.example."* && $output == *"Left out: images, styles, scripts and fonts (1)"* ]]
    [[ $output == *"Left out: images, styles, scripts, fonts and requests without a response of other hosts"*"(3)"* ]]
    [ "${stderr_lines[-1]%%,*}" = "read 1 request; 5 not read" ]
    run -0 --separate-stderr "$COLDSWARM" convert h.har --host 127.0.0.1:1
    [[ $output == *"Not sent: images, styles, scripts, fonts and requests without a response of other hosts"* ]]
    [ "${stderr_lines[-1]%%,*}" = "read 1 request; 1 not read" ]
}

@test "HAR: a body that was sent and is not in the recording is named" {
    PORT=1
    entries '{"request": {"method": "POST", "url": "@/a", "postData": {"mimeType": "application/json", "_file": "abc.json"}}}' \
        '{"request": {"method": "POST", "url": "@/b", "bodySize": 1234}}' '{"request": {"method": "PUT", "url": "@/c", "headers": [{"name": "Content-Length", "value": "77"}]}}' \
        '{"request": {"method": "POST", "url": "@/d", "bodySize": 0}}' '{"request": {"method": "POST", "url": "@/e", "bodySize": 3, "postData": {"mimeType": "text/plain", "text": "abc"}}}'
    run -0 --separate-stderr "$COLDSWARM" convert h.har
    [ "$(grep -c 'left out: the body' <<<"$output")" -eq 3 ]
    [[ $output == *'left out: the body, which is not in the recording but in its file abc.json'*'"/a"'*'the body of 1234 bytes, which the recording does not have'*'"/b"'*'the body of 77 bytes'*'"/c"'* ]]
    [ "${stderr_lines[-1]##*assumption, }" = "3 details left out: see comments" ]
}

@test "HAR: the default port names no other host" {
    PORT=1
    entries '{"request": {"url": "https://h.example/1"}}' '{"request": {"url": "https://h.example:443/2"}}' '{"request": {"url": "https://h.example:80/3"}}'
    for host in '' h.example h.example:443 https://h.example:443; do
        run -0 --separate-stderr "$COLDSWARM" convert h.har ${host:+--host "$host"}
        [[ $output == *'"target": "https://h.example"'*'"path": "/1"'*'"path": "/2"'* && $output != *'"path": "/3"'* ]] || { echo "$host: $output"; return 1; }
    done
}
