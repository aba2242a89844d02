#!/usr/bin/env python3
"""Takes metrics over HTTP as a collector or a database does, and writes down what came: a JSON line for each request with path, headers and
body, and the status that it got. The first part of the path says how it behaves, so that one server has them all:

    /ok           200 {}                          /slow     the same after 0.3 s
    /STATUS       that status, always             /flaky-N  503 for the first N requests, then /ok
    /retry-N      429 with Retry-After: N once, then /ok
    /partial      200, and some data points are refused
    /hang         no answer                       /close    the connection ends without an answer
    /drip         a head, then nothing            /huge     an answer of 20 MB
    /junk         bytes that are no HTTP          /move     301 to /ok
    /small-N      503 for the first N requests, then 413 for bodies above 5000 bytes, else /ok

receiver.py --log FILE [--tls CERT KEY]; prints "ready PORT"."""
import http.server
import json
import ssl
import sys
import threading
import time

LOG = open(sys.argv[sys.argv.index("--log") + 1], "a", buffering=1)
lock = threading.Lock()
seen = {}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def note(self, body, status):
        with lock:
            LOG.write(json.dumps({"path": self.path, "headers": {k.lower(): v for k, v in self.headers.items()},
                                  "body": body.decode("latin-1"), "status": status}) + "\n")

    def answer(self, status, document, **headers):
        body = b"" if status == 204 else json.dumps(document).encode()
        self.send_response(status)
        if status != 204:
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)
        return status

    def decide(self, how, nth, body):
        name, _, number = how.partition("-")
        if how.isdigit():
            return self.answer(int(how), {"message": "no, thanks", "error": "no, thanks"})
        if name in ("flaky", "small") and nth <= int(number):
            return self.answer(503, {})
        if name == "retry" and nth == 1:
            return self.answer(429, {}, Retry_After=number)
        if how == "partial":
            return self.answer(200, {"partialSuccess": {"rejectedDataPoints": "3", "errorMessage": "too \x1b[31mold\n"}})
        if name == "small" and len(body) > 5000:
            return self.answer(413, {})
        if how == "move":
            return self.answer(301, {}, Location="/ok")
        if how == "slow":
            time.sleep(0.3)
        return self.answer(200, {})

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        how = self.path.split("/")[1].split("?")[0]
        with lock:
            nth = seen[how] = seen.get(how, 0) + 1
        if how in ("hang", "close", "drip", "huge", "junk"):
            self.note(body, 0)
            if how == "drip":
                self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n")
            if how == "huge":
                self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 20000000\r\n\r\n" + bytes(20000000))
            if how == "junk":
                self.wfile.write(b"\x00\x01 what\r\n\r\n")
            if how in ("hang", "drip"):
                time.sleep(3600)
            self.close_connection = True
            return
        self.note(body, self.decide(how, nth, body))

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        pass


server = Server(("127.0.0.1", 0), Handler)
if "--tls" in sys.argv:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*sys.argv[sys.argv.index("--tls") + 1:][:2])
    server.socket = context.wrap_socket(server.socket, server_side=True)
print("ready", server.server_port, flush=True)
server.serve_forever()
