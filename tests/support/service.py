#!/usr/bin/env python3
"""A service for tests of `coldswarm cloudrun`, good or bad: service.py MODE [NUMBER].

good: answers GET with the request's head as JSON and POST with the length and a hash of the body; /sleep?S waits, /exit?N ends
the process, /kill?N does so by a signal, /leak?MIB takes memory, /garbage, /cut (half an answer), /early (answers without
reading the body), /chunks?N (N chunks), /until-close, /big?MIB, /env, /continue, /born (when its process began, in seconds since 1970),
/steps?FILE&N&FRAMING (N events, each only when FILE has as many bytes; framed by chunks, length or close), /hold?FILE (a byte goes to
FILE.held; the answer comes once there is FILE).
exit N: ends at once. never: runs and does not listen. late S: listens after S seconds. ignore: as good, but ignores SIGTERM.
impatient S: as good, but closes a connection that was idle for S seconds. canned: answers /NAME with CANNED[NAME], whatever it is.
shout MIB: writes that much to stdout, then listens. family N: as good, with three children `sleep 1000.N`, one in a session of its own.
"""
import hashlib
import http.server
import json
import os
import select
import signal
import socketserver
import subprocess
import sys
import time

MODE = sys.argv[1]
NUMBER = float(sys.argv[2]) if len(sys.argv) > 2 else 0
HELD = []
BORN = time.time()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def handle_one_request(self):
        # Idle is a connection that has had an answer, not one whose request is still on its way.
        if MODE == "impatient" and self.served and not select.select([self.connection], [], [], NUMBER)[0]:
            self.close_connection = True
            return
        self.served = True
        super().handle_one_request()

    served = False

    def answer(self, body, status=200, **fields):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        for name, value in fields.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def number(self):
        return float(self.path.partition("?")[2])

    def do_GET(self):
        name = self.path.partition("?")[0]
        if name == "/sleep":
            time.sleep(self.number())
        elif name == "/hold":
            path = self.path.partition("?")[2]
            with open(path + ".held", "ab", buffering=0) as held:
                held.write(b".")
            while not os.path.exists(path):
                time.sleep(0.005)
        elif name == "/exit":
            os._exit(int(self.number()))
        elif name == "/kill":
            os.kill(os.getpid(), int(self.number()))
            time.sleep(50)
        elif name == "/leak":
            for _ in range(int(self.number())):
                HELD.append(os.urandom(1 << 20))
            time.sleep(50)
        elif name in ("/garbage", "/cut", "/until-close"):
            self.raw(name)
            return
        elif name == "/chunks":
            self.chunks(int(self.number()))
            return
        elif name == "/steps":
            self.steps(*self.path.partition("?")[2].split("&"))
            return
        elif name == "/born":
            self.answer(str(BORN).encode())
            return
        elif name == "/big":
            self.answer(b"x" * (int(self.number()) << 20))
            return
        elif name == "/env":
            self.answer(json.dumps(dict(os.environ)).encode())
            return
        elif name == "/pid":
            self.answer(str(os.getpid()).encode())
            return
        head = {"method": self.command, "path": self.path, "version": self.request_version,
                "fields": [[k.lower(), v] for k, v in self.headers.items()]}
        self.answer(json.dumps(head).encode(), X_Twice="yes")

    do_HEAD = do_DELETE = do_OPTIONS = do_GET

    def raw(self, name):
        self.close_connection = True
        self.wfile.write({"/garbage": b"\x00\xff nothing like HTTP\r\n\r\n",
                          "/cut": b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf",
                          "/until-close": b"HTTP/1.0 200 OK\r\n\r\nto the end"}[name])

    def chunks(self, n):
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for i in range(n):
            self.wfile.write(b"%x\r\n%s\r\n" % (6, b"%06d" % i))
        self.wfile.write(b"0\r\n\r\n")

    def steps(self, path, n, framing):
        event = b"data: %06d\n\n"
        self.send_response(200)
        if framing == "chunks":
            self.send_header("Transfer-Encoding", "chunked")
        elif framing == "length":
            self.send_header("Content-Length", str(int(n) * len(event % 0)))
        self.end_headers()
        for i in range(int(n)):
            while os.path.getsize(path) < i:
                time.sleep(0.005)
            text = event % i
            self.wfile.write(b"%x\r\n%s\r\n" % (len(text), text) if framing == "chunks" else text)
        while os.path.getsize(path) < int(n):
            time.sleep(0.005)
        if framing == "chunks":
            self.wfile.write(b"0\r\n\r\n")
        self.close_connection = framing == "close"

    def body(self):
        if "chunked" not in self.headers.get("Transfer-Encoding", ""):
            left = int(self.headers.get("Content-Length", 0))
            while left > 0:
                piece = self.rfile.read(min(left, 65536))
                if not piece:
                    return
                left -= len(piece)
                yield piece
            return
        while size := int(self.rfile.readline().split(b";")[0], 16):
            yield self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()

    def do_POST(self):
        if self.path == "/early":
            self.close_connection = True
            self.answer(b"no thanks", 413, Connection="close")
            return
        digest, length = hashlib.sha256(), 0
        for piece in self.body():
            digest.update(piece)
            length += len(piece)
            if self.path == "/slowly":
                time.sleep(0.01)
        self.answer(json.dumps({"bytes": length, "sha256": digest.hexdigest()}).encode())

    do_PUT = do_POST

    def log_message(self, form, *args):
        pass


CANNED = {
    "interim": b"HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 Fine\r\nContent-Length: 2\r\n\r\nok",
    "switch": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n",
    "both": b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    "lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 5\r\n\r\nabcde",
    "large": b"HTTP/1.1 200 OK\r\nX: " + b"a" * 100000 + b"\r\nContent-Length: 0\r\n\r\n",
    "nul": b"HTTP/1.1 200 OK\r\nX: a\x00b\r\nContent-Length: 0\r\n\r\n",
    "nothing": b"",
    "half-head": b"HTTP/1.1 200 OK\r\nContent-Le",
    "empty": b"HTTP/1.1 204 No Content\r\n\r\n",
    "unchanged": b"HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\nETag: x\r\n\r\n",
    "extra": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nstolen",
    "bad-chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    "trailer": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Late: 1\r\n\r\n",
    "old": b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
    "http2": b"HTTP/2.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
}


class Canned(socketserver.StreamRequestHandler):
    def handle(self):
        name = self.rfile.readline().split()[1][1:].decode()
        while self.rfile.readline().strip():
            pass
        self.wfile.write(CANNED.get(name, b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"))


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    request_queue_size = 256


def children():
    sleep = ["sleep", f"1000.{NUMBER:.0f}"]
    subprocess.Popen(sleep)
    subprocess.Popen(sleep, start_new_session=True)
    # One that also loses its parent and its environment. An instance without requests is stopped, so it is waited for now.
    text = subprocess.run(["sh", "-c", f"env -i {' '.join(sleep)} >/dev/null & echo $!"], stdout=subprocess.PIPE, text=True, check=True).stdout
    while open(f"/proc/{int(text)}/cmdline", "rb").read().split(b"\0")[0] != b"sleep":
        time.sleep(0.005)


def main():
    if MODE == "exit":
        print("cannot find the model", file=sys.stderr, flush=True)
        sys.exit(int(NUMBER))
    if MODE == "never":
        time.sleep(1000)
    if MODE == "late":
        time.sleep(NUMBER)
    if MODE == "ignore":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if MODE == "family":
        children()
    if MODE == "shout":
        line = b"x" * 1023 + b"\n"
        for _ in range(int(NUMBER)):
            os.write(1, line * 1024)
    handler = Canned if MODE == "canned" else Handler
    Server(("127.0.0.1", int(os.environ["PORT"])), handler).serve_forever()


main()
