#!/usr/bin/env bats
# The hostile server does what its README says: other tests rest on it.

load ../support/helpers

# client CODE: Python with `get(path, method, body, headers)` -> (status, headers, body) on a fresh connection, and `port`.
client() {
    python3 -c '
import http.client, json, socket, sys, time
port = int(sys.argv[1])
def get(path, method="GET", body=None, headers={}):
    c = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    c.request(method, path, body, headers)
    r = c.getresponse()
    return r.status, r.headers, r.read()
def fails(kind, path):
    try:
        get(path)
    except kind as e:
        return e
    raise SystemExit(f"{path} did not end in {kind}")
'"$1" "$PORT"
}

@test "every request is in the log before its answer arrives" {
    start_hostile
    client '
for path in ["/ok", "/status/500", "/nothing-here", "/ok"]:
    get(path)'
    [ "$(hostile_count)" = 4 ]
    [ "$(hostile_count /ok)" = 2 ]
}

@test "plain answers have the status, length and coding that they should" {
    start_hostile
    client '
import gzip
assert get("/ok")[0] == 200 and len(get("/ok")[2]) == 48
assert get("/status/503")[0] == 503
assert get("/nocontent")[0] == 204
assert get("/nowhere")[0] == 404
assert get("/chunked")[2] == get("/ok")[2]
assert get("/chunked")[1]["transfer-encoding"] == "chunked"
assert gzip.decompress(get("/gzip")[2]) == get("/ok")[2]
assert gzip.decompress(get("/gzip/5000000")[2]) == bytes(5000000)
assert get("/redirect")[0] == 301 and get("/redirect")[1]["location"] == "/ok"
assert get("/redirect-loop")[1]["location"] == "/redirect-loop"
assert len(get("/huge/3000001")[2]) == 3000001
assert get("/close")[1]["connection"] == "close"
assert get("/100continue", "POST", b"x")[0] == 200
assert get("/early", "POST", b"x" * 100000)[0] == 200
assert sum(len(k) + len(v) + 4 for k, v in get("/headers/60")[1].items() if k.startswith("X-Pad")) == 60 * 1024
start = time.monotonic(); get("/slow/200"); assert time.monotonic() - start >= 0.2
start = time.monotonic(); assert len(get("/trickle/3")[2]) == 3; assert time.monotonic() - start >= 0.2'
}

@test "broken answers break as promised" {
    start_hostile
    client '
fails(ConnectionResetError, "/reset")
fails((ConnectionResetError, http.client.IncompleteRead), "/reset-mid")
fails(http.client.IncompleteRead, "/short")
fails(http.client.BadStatusLine, "/garbage")
s = socket.create_connection(("127.0.0.1", port))
s.sendall(b"GET /hang HTTP/1.1\r\nHost: x\r\n\r\n")
s.settimeout(0.3)
try:
    raise SystemExit(f"an answer from /hang: {s.recv(1)}")
except TimeoutError:
    pass'
}

@test "HEAD has the head of GET and no body, on a connection that stays usable" {
    start_hostile
    client '
c = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
for path in ["/ok", "/chunked", "/gzip", "/huge/100", "/trickle", "/headers/2", "/echo", "/nocontent", "/ok"]:
    c.request("HEAD", path)
    r = c.getresponse()
    assert r.read() == b"" and r.status in (200, 204), path'
}

@test "echo tells method, path, headers in order, and the body by length and hash" {
    start_hostile
    client '
import hashlib
body = bytes(range(256)) * 1000
seen = json.loads(get("/echo?q=1", "PUT", body, {"X-B": "1", "X-A": "2"})[2])
assert seen["method"] == "PUT" and seen["path"] == "/echo?q=1"
names = [name for name, _ in seen["headers"]]
assert names.index("X-B") < names.index("X-A")
assert seen["body_bytes"] == len(body) and seen["body_sha256"] == hashlib.sha256(body).hexdigest()
seen = json.loads(get("/echo", "POST", iter([b"ab", b"c"]))[2])
assert seen["body_bytes"] == 3 and seen["body_sha256"] == hashlib.sha256(b"abc").hexdigest()'
}

@test "a cookie is asked for once, a kept connection closes when idle" {
    start_hostile
    client '
status, headers, body = get("/cookie")
assert status == 403
cookie = headers["set-cookie"].split(";")[0]
assert get("/cookie", headers={"Cookie": cookie})[0] == 200
s = socket.create_connection(("127.0.0.1", port))
s.settimeout(20)
s.sendall(b"GET /idle-close HTTP/1.1\r\nHost: x\r\n\r\n")
data = b""
while piece := s.recv(4096):
    data += piece
assert data.endswith(b"}") and b"close" not in data'
}

@test "HTTP/1.0, unix socket and accept-only" {
    start_hostile --http1.0
    client '
s = socket.create_connection(("127.0.0.1", port))
s.sendall(b"GET /ok HTTP/1.1\r\nHost: x\r\n\r\n")
data = b""
while piece := s.recv(4096):
    data += piece
assert data.startswith(b"HTTP/1.0 200") and b"Content-Length" not in data and data.endswith(b"}")'
    stop_all
    start_hostile --unix "$SCRATCH/socket"
    python3 -c '
import socket, sys
s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); s.sendall(b"GET /ok HTTP/1.1\r\n\r\n")
assert s.recv(100).startswith(b"HTTP/1.1 200")' "$SCRATCH/socket"
    stop_all
    start_hostile --accept-only
    client '
s = socket.create_connection(("127.0.0.1", port))
s.settimeout(0.3)
try:
    while True:
        s.sendall(b"x" * 1000000)
except TimeoutError:
    pass'
}

@test "TLS with the test certificates: trusted, expired, wrong host, client certificate" {
    certs=$SCRATCH/certs
    "$ROOT/tests/support/make-certs" "$certs"
    handshake='
import ssl, socket, sys
port, certs, with_client = int(sys.argv[1]), sys.argv[2], len(sys.argv) > 3
context = ssl.create_default_context(cafile=certs + "/ca.pem")
if with_client:
    context.load_cert_chain(certs + "/client.pem", certs + "/client.key")
try:
    s = context.wrap_socket(socket.create_connection(("127.0.0.1", port)), server_hostname="127.0.0.1")
    s.sendall(b"GET /ok HTTP/1.1\r\nHost: x\r\n\r\n")
    print(s.recv(12).decode() or "refused")
except ssl.SSLCertVerificationError as e:
    print(e.verify_message)
except (ssl.SSLError, ConnectionError) as e:
    print("refused")'
    for name in server expired wrong; do
        start_hostile --tls --cert "$certs/$name.pem" --key "$certs/$name.key"
        python3 -c "$handshake" "$PORT" "$certs"
    done >"$SCRATCH/seen"
    run cat "$SCRATCH/seen"
    [ "${lines[0]}" = "HTTP/1.1 200" ]
    [ "${lines[1]}" = "certificate has expired" ]
    [[ "${lines[2]}" == *"127.0.0.1"* ]]
    start_hostile --tls --cert "$certs/server.pem" --key "$certs/server.key" --client-ca "$certs/ca.pem"
    [ "$(python3 -c "$handshake" "$PORT" "$certs")" = refused ]
    [ "$(python3 -c "$handshake" "$PORT" "$certs" with)" = "HTTP/1.1 200" ]
}

@test "sql prints rows as sqlite3's shell does" {
    python3 -c '
import sqlite3, sys
db = sqlite3.connect(sys.argv[1]); db.execute("create table t(a, b)"); db.execute("insert into t values (1, null), (2, \"x\")"); db.commit()' "$SCRATCH/t.db"
    [ "$(sql "$SCRATCH/t.db" 'select a, b from t order by a')" = $'1|\n2|x' ]
    run sql "$SCRATCH/missing.db" 'select 1'
    [ "$status" -ne 0 ]
}
