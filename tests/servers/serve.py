#!/usr/bin/env python3
"""serve.py NAME LOG: a real server on a free port of 127.0.0.1, with the settings that it ships with.

NAME is apache2, hypercorn, node, puma or waitress. Each answers every request with six bytes. LOG gets a line per request that the
server answered, "CONNECTION METHOD PATH": CONNECTION names the connection, so that the log tells how many were opened and how many
requests each had. Prints "serve: listening on URL" when the server accepts connections, and ends it on SIGTERM.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

LISTENING_SECONDS = 60

# %k counts the requests on a connection from 0: a client's port alone could come back with another connection.
APACHE = """\
ServerRoot {folder}
PidFile {folder}/pid
Listen 127.0.0.1:{port}
ServerName localhost
LoadModule mpm_event_module {modules}/mod_mpm_event.so
LoadModule authz_core_module {modules}/mod_authz_core.so
LoadModule dir_module {modules}/mod_dir.so
User www-data
Group www-data
DocumentRoot {folder}/www
ErrorLog {folder}/error.log
LogFormat "%{{remote}}p.%k %m %U" short
CustomLog {log} short
StartServers 2
MinSpareThreads 25
MaxSpareThreads 75
ThreadLimit 64
ThreadsPerChild 25
MaxRequestWorkers 150
MaxConnectionsPerChild 0
KeepAlive On
MaxKeepAliveRequests 100
KeepAliveTimeout 5
Timeout 300
"""

# Does not call receive(): this version then ends the connection after the answer, unannounced. A client's port can come back within
# seconds, so connections get a number, in the context that the tasks of their requests inherit.
ASGI = """\
import contextvars
import itertools
import os

from hypercorn.asyncio import tcp_server

connection, numbers = contextvars.ContextVar("connection"), itertools.count(1)
serve = tcp_server.TCPServer.run

async def numbered(self):
    connection.set(next(numbers))
    await serve(self)

tcp_server.TCPServer.run = numbered

async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    with open(os.environ["SERVE_LOG"], "a") as log:
        log.write("%d %s %s\\n" % (connection.get(), scope["method"], scope["path"]))
    headers = [(b"content-type", b"text/plain"), (b"content-length", b"6")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"hello\\n"})
"""

WSGI = """\
import os

log = open(os.environ["SERVE_LOG"], "a", buffering=1)

def app(environ, start_response):
    log.write("%s %s %s\\n" % (environ["REMOTE_PORT"], environ["REQUEST_METHOD"], environ["PATH_INFO"]))
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "6")])
    return [b"hello\\n"]
"""

NODE = """\
const fs = require("fs"), http = require("http");
const log = fs.openSync(process.env.SERVE_LOG, "a");
let connections = 0;
const server = http.createServer((request, response) => {
    fs.writeSync(log, `${request.socket.serial} ${request.method} ${request.url}\\n`);
    response.setHeader("Content-Length", 6);
    response.end("hello\\n");
});
server.on("connection", (socket) => { socket.serial = ++connections; });
server.listen(Number(process.env.SERVE_PORT), "127.0.0.1");
"""

RACK = """\
log = File.open(ENV["SERVE_LOG"], "a")
log.sync = true
run lambda { |env|
  log.write("#{env["puma.socket"].object_id} #{env["REQUEST_METHOD"]} #{env["PATH_INFO"]}\\n")
  [200, { "Content-Type" => "text/plain", "Content-Length" => "6" }, ["hello\\n"]]
}
"""


def write(folder, name, text):
    path = os.path.join(folder, name)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def apache2(folder, port, log):
    os.mkdir(os.path.join(folder, "www"))
    write(folder, "www/index.html", "hello\n")
    for path in (folder, os.path.join(folder, "www")):
        os.chmod(path, 0o755)
    text = APACHE.format(folder=folder, port=port, log=log, modules="/usr/lib/apache2/modules")
    return ["/usr/sbin/apache2", "-D", "FOREGROUND", "-f", write(folder, "apache2.conf", text)]


def hypercorn(folder, port, _log):
    write(folder, "answer.py", ASGI)
    return ["/usr/bin/python3", "-m", "hypercorn", "--bind", f"127.0.0.1:{port}", "answer:app"]


def waitress(folder, port, _log):
    write(folder, "answer.py", WSGI)
    return ["/usr/bin/python3", "-m", "waitress", f"--listen=127.0.0.1:{port}", "answer:app"]


def node(folder, _port, _log):
    return ["node", write(folder, "answer.js", NODE)]


def puma(folder, port, _log):
    return ["/usr/bin/puma", "--bind", f"tcp://127.0.0.1:{port}", write(folder, "config.ru", RACK)]


SERVERS = {"apache2": apache2, "hypercorn": hypercorn, "node": node, "puma": puma, "waitress": waitress}


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def listens(port):
    """By the kernel's table: a connection made to find out would be in the server's log. A port can be bound long before."""
    address, listen = f"0100007F:{port:04X}", "0A"
    with open("/proc/net/tcp", encoding="ascii") as table:
        return any(line.split()[1] == address and line.split()[3] == listen for line in table)


def wait_listening(process, port):
    end = time.monotonic() + LISTENING_SECONDS
    while time.monotonic() < end:
        if process.poll() is not None:
            return False
        if listens(port):
            return True
        time.sleep(0.05)
    return False


def main():
    if len(sys.argv) != 3 or sys.argv[1] not in SERVERS:
        sys.exit(__doc__)
    name, log = sys.argv[1], os.path.abspath(sys.argv[2])
    folder = tempfile.mkdtemp(prefix="coldswarm-serve-")
    port = free_port()
    with open(log, "w", encoding="utf-8"):
        os.chmod(log, 0o666)
    command = SERVERS[name](folder, port, log)
    env = dict(os.environ, SERVE_LOG=log, SERVE_PORT=str(port), PYTHONDONTWRITEBYTECODE="1")
    with open(os.path.join(folder, "output"), "w", encoding="utf-8") as output:
        process = subprocess.Popen(command, cwd=folder, env=env, stdout=output, stderr=output, start_new_session=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        if not wait_listening(process, port):
            with open(os.path.join(folder, "output"), encoding="utf-8", errors="replace") as output:
                sys.exit(f"serve: {name} does not listen: {output.read()}")
        print(f"serve: listening on http://127.0.0.1:{port}", file=sys.stderr, flush=True)
        process.wait()
        sys.exit(f"serve: {name} ended by itself")
    finally:
        try:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(timeout=10)
        except (ProcessLookupError, subprocess.TimeoutExpired):
            os.killpg(process.pid, signal.SIGKILL)
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
