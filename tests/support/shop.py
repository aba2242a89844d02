#!/usr/bin/env python3
"""A small service with a login, for scenarios with flows: it gives tokens, asks for them, and writes down what it was sent.

Prints "ready PORT" once it listens. --log FILE gets one JSON line per request, before its answer: method, path, body, the headers
Authorization and X-*, and the connection's number. Python's standard library only.

    POST /login    {"user": U} -> {"token": "t-U-N", "n": N}, a cookie sid=N, and a header X-Login: N
    POST /predict  201 {"class": "cat", "user": U}; 401 without a token that /login gave
    POST /logout   204
    GET /item/N    {"id": N, "next": N+1}
    GET /inject    {"token": "a\\r\\nX-Evil: 1"}
    GET /binary    bytes that are no text, and a NUL
    GET /gzip      {"token": "packed"} with Content-Encoding: gzip
    GET /big/N     N bytes, the last of them "token=end"
    GET /fail/N    status N with a body that repeats the request's Authorization
    anything else  {"path": ...}
"""

import argparse
import gzip
import http.server
import itertools
import json
import threading

lock, serial, connections = threading.Lock(), itertools.count(1), itertools.count(1)
tokens = {}


class Shop(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    log_file = None

    def setup(self):
        super().setup()
        self.connection_number = next(connections)

    def log_message(self, *_):
        pass

    def answer(self, status, body=b"", headers=()):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD" and status != 204:
            self.wfile.write(body)

    def json(self, value, status=200, headers=()):
        self.answer(status, json.dumps(value).encode(), (("Content-Type", "application/json"), *headers))

    def note(self, body):
        line = {"method": self.command, "path": self.path, "body": body.decode("latin-1"),
                "authorization": self.headers.get("Authorization"), "connection": self.connection_number}
        line.update((k.lower(), v) for k, v in self.headers.items() if k.lower().startswith(("x-", "content-type")))
        with lock:
            Shop.log_file.write(json.dumps(line) + "\n")
            Shop.log_file.flush()

    def serve(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.note(body)
        words = self.path.split("?")[0].strip("/").split("/")
        number = int(words[1]) if len(words) > 1 and words[1].isdigit() else 0
        if words[0] == "login":
            user, n = json.loads(body)["user"], next(serial)
            token = f"t-{user}-{n}"
            tokens[token] = user
            return self.json({"token": token, "n": n}, headers=(("Set-Cookie", f"sid={n}"), ("X-Login", str(n))))
        if words[0] == "predict":
            user = tokens.get((self.headers.get("Authorization") or "").removeprefix("Bearer "))
            if user is None:
                return self.json({"error": "no token"}, 401)
            return self.json({"class": "cat", "user": user}, 201)
        if words[0] == "logout":
            return self.answer(204)
        if words[0] == "item":
            return self.json({"id": number, "next": number + 1})
        if words[0] == "inject":
            return self.json({"token": "a\r\nX-Evil: 1"})
        if words[0] == "binary":
            return self.answer(200, b"\xff\xfe\0token=raw;\0\x80")
        if words[0] == "gzip":
            packed = gzip.compress(b'{"token": "packed"}')
            return self.answer(200, packed, (("Content-Encoding", "gzip"), ("Content-Type", "application/json")))
        if words[0] == "big":
            return self.answer(200, b"x" * (number - 9) + b"token=end")
        if words[0] == "fail":
            return self.answer(number, f"sorry, {self.headers.get('Authorization')} is wrong".encode())
        return self.json({"path": self.path})

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = serve


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 512


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--log", required=True)
    options = parser.parse_args()
    with open(options.log, "w", encoding="utf-8") as Shop.log_file:
        server = Server(("127.0.0.1", options.port), Shop)
        print("ready", server.server_port, flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main()
