#!/usr/bin/env python3
"""Answers every request with 200 and writes down what came, a JSON line each: method, path, headers (a list of pairs, as sent) and body
(Latin-1, so that every byte is one character). recorder.py LOG [ANSWERS.json]; prints "ready PORT". ANSWERS.json has other answers by path:
{"/path": {"status": 201, "headers": {"X": "y", "Z": ["a", "b"]}, "json": value}}."""
import http.server
import json
import sys

LOG = open(sys.argv[1], "a", buffering=1)
ANSWERS = json.load(open(sys.argv[2])) if len(sys.argv) > 2 else {}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def handle_any(self):
        if self.headers.get("Transfer-Encoding", "") == "chunked":
            body = b""
            while size := int(self.rfile.readline(), 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
        else:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        LOG.write(json.dumps({"method": self.command, "path": self.path, "headers": self.headers.items(),
                              "body": body.decode("latin-1")}) + "\n")
        answer = ANSWERS.get(self.path.split("?")[0], {})
        body = json.dumps(answer["json"]).encode() if "json" in answer else b"ok"
        self.send_response(answer.get("status", 200))
        for name, values in answer.get("headers", {}).items():
            for value in values if isinstance(values, list) else [values]:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = handle_any

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    # A burst of arrivals opens hundreds of connections; with the library's 5, some of them wait for seconds.
    request_queue_size = 1024


server = Server(("127.0.0.1", 0), Handler)
print("ready", server.server_port, flush=True)
server.serve_forever()
