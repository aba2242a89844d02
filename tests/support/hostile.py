#!/usr/bin/env python3
"""A server that behaves as badly as asked: the path of a request chooses what happens to it.

Prints "ready PORT" (or "ready PATH" with --unix) on stdout once it listens, and writes one JSON line per request to the
file of --log before it answers, so that a test can hold what a client claims against what was seen here. tests/support/README.md
lists the paths. Python's standard library only; one process, one thread.
"""

import argparse
import asyncio
import gzip
import hashlib
import json
import os
import resource
import signal
import socket
import ssl
import struct
import sys

BODY = b'{"class":"tabby cat","score":0.873             }'  # 48 bytes, as the service of the paper answers
HEAD_LIMIT = 4 << 20


class Gone(Exception):
    """The client left, or sent something that ends the connection."""


class Request:
    def __init__(self, method, target, version, headers):
        self.method, self.target, self.version, self.headers = method, target, version, headers
        self.path = target.split("?", 1)[0]
        self.args = self.path.strip("/").split("/")
        self.body_bytes, self.sha256, self.complete = 0, hashlib.sha256(), False

    def header(self, name, default=""):
        return next((v for k, v in self.headers if k.lower() == name), default)

    def number(self, default):
        """The number behind the last slash: /slow/250, /trickle."""
        return int(self.args[1]) if len(self.args) > 1 else default


class Connection:
    serial = 0

    def __init__(self, server, reader, writer):
        Connection.serial += 1
        self.number = Connection.serial
        self.server, self.reader, self.writer = server, reader, writer
        self.keep, self.idle_s, self.request, self.logged = True, None, None, False
        self.requests = 0

    # What was asked

    async def read_head(self):
        head = await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), self.idle_s)
        self.idle_s = None
        lines = head.decode("latin-1").split("\r\n")
        words = lines[0].split(" ")
        if len(words) != 3:
            raise Gone
        headers = [tuple(part.strip() for part in line.split(":", 1)) for line in lines[1:] if ":" in line]
        self.request, self.logged = Request(*words, headers), False
        self.requests += 1
        connection = self.request.header("connection").lower()
        self.keep = not self.server.http10 and connection != "close" and words[2] == "HTTP/1.1"

    async def read_some(self, n):
        data = await self.reader.read(min(n, 1 << 18))
        if not data:
            raise Gone
        self.request.body_bytes += len(data)
        self.request.sha256.update(data)
        return len(data)

    async def read_body(self, expect=True):
        request = self.request
        if expect and request.header("expect").lower() == "100-continue":
            await self.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        if "chunked" in request.header("transfer-encoding").lower():
            while left := int((await self.reader.readuntil(b"\r\n")).split(b";")[0], 16):
                while left:
                    left -= await self.read_some(left)
                await self.reader.readexactly(2)
            while await self.reader.readuntil(b"\r\n") != b"\r\n":
                pass  # trailers
        else:
            left = int(request.header("content-length", "0"))
            while left:
                left -= await self.read_some(left)
        request.complete = True

    def log(self):
        if self.logged or self.request is None or self.server.log is None:
            return
        self.logged, r = True, self.request
        line = {"connection": self.number, "method": r.method, "path": r.target, "version": r.version,
                "headers": r.headers, "body_bytes": r.body_bytes, "complete": r.complete}
        self.server.log.write(json.dumps(line) + "\n")
        self.server.log.flush()

    # What comes back

    async def send(self, data):
        self.writer.write(data)
        await self.writer.drain()

    def head(self, status, headers, length=None):
        """The response's head; `length` None leaves the length out."""
        version = "1.0" if self.server.http10 else "1.1"
        lines = [f"HTTP/{version} {status} Test", *headers]
        if length is not None and not self.server.http10:
            lines.append(f"Content-Length: {length}")
        if not self.keep:
            lines.append("Connection: close")
        return "\r\n".join(lines + ["", ""]).encode()

    async def answer(self, status=200, body=BODY, headers=("Content-Type: application/json",)):
        if status in (204, 304):
            await self.send(self.head(status, ()))
        else:
            head = self.head(status, headers, len(body))
            await self.send(head if self.request.method == "HEAD" else head + body)

    async def stream(self, pieces, headers=("Content-Type: application/octet-stream",)):
        """Chunked, or to the end of the connection for HTTP/1.0."""
        chunked = not self.server.http10
        await self.send(self.head(200, [*headers, *(["Transfer-Encoding: chunked"] if chunked else [])]))
        if self.request.method == "HEAD":
            return
        async for piece in pieces:
            await self.send(b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece)
        if chunked:
            await self.send(b"0\r\n\r\n")

    def reset(self):
        """Ends the connection with an RST instead of a FIN."""
        self.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()
        self.keep = False

    async def until_client_leaves(self):
        while await self.reader.read(1 << 16):
            pass
        self.keep = False

    # One request after the other

    async def serve(self):
        try:
            while self.keep:
                await self.read_head()
                name = self.request.args[0].replace("-", "_")
                if name not in EAGER:
                    await self.read_body()
                self.log()
                await BEHAVIOUR.get(name, unknown)(self, self.request)
        except asyncio.TimeoutError:
            self.log()
            self.writer.transport.abort()  # at once, where TLS would wait for the client's goodbye
        except (Gone, OSError, ValueError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            self.log()
        finally:
            self.writer.close()


BEHAVIOUR = {}
EAGER = {"early", "early_close", "100continue"}  # these see to the body themselves


def behaviour(function):
    BEHAVIOUR[function.__name__.removeprefix("do_")] = function
    return function


async def unknown(c, r):
    await c.answer(404, f"no behaviour {r.path}\n".encode(), ("Content-Type: text/plain",))


@behaviour
async def ok(c, r):
    await c.answer()


@behaviour
async def status(c, r):
    await c.answer(r.number(200))


@behaviour
async def reset(c, r):
    c.reset()


@behaviour
async def reset_mid(c, r):
    await c.send(c.head(200, (), 1000) + b"x" * 500)
    await asyncio.sleep(0.02)  # let the client have the first half
    c.reset()


@behaviour
async def hang(c, r):
    await c.until_client_leaves()


@behaviour
async def slow(c, r):
    await asyncio.sleep(r.number(100) / 1000)
    await c.answer()


@behaviour
async def hold(c, r):
    await c.server.released.wait()
    await c.answer()


@behaviour
async def garbage(c, r):
    c.keep = False
    await c.send(b"\x00\x01\x02 this is not HTTP \xff\xfe\r\n\r\n")


@behaviour
async def short(c, r):
    await c.send(c.head(200, ("Content-Length: 1000",)) + b"x" * 10)
    c.keep = False


@behaviour
async def wrong_length(c, r):
    """More bytes than the length says: the rest would be read as the next answer by a careless client."""
    await c.send(c.head(200, ("Content-Length: 10",)) + b"x" * 20)


@behaviour
async def redirect(c, r):
    await c.answer(r.number(301), b"", ("Location: /ok",))


@behaviour
async def redirect_loop(c, r):
    await c.answer(302, b"", ("Location: /redirect-loop",))


@behaviour
async def huge(c, r):
    async def pieces(left=r.number(1 << 30), piece=b"x" * (1 << 18)):
        while left:
            n = min(left, len(piece))
            left -= n
            yield piece if n == len(piece) else piece[:n]

    await c.stream(pieces())


@behaviour
async def headers(c, r):
    line = "X-Pad-%06d: " + "x" * 1008  # 1024 bytes with the line's end
    await c.answer(headers=[line % i for i in range(r.number(1))])


@behaviour
async def chunked(c, r):
    async def pieces():
        for i in range(0, len(BODY), 7):
            yield BODY[i : i + 7]

    await c.stream(pieces(), ("Content-Type: application/json",))


@behaviour
async def do_gzip(c, r):
    """/gzip/BYTES: that many zeros once unpacked."""
    body = BODY if len(r.args) == 1 else bytes(r.number(0))
    await c.answer(body=gzip.compress(body), headers=("Content-Encoding: gzip",))


@behaviour
async def close(c, r):
    c.keep = False
    await c.answer()


@behaviour
async def keep(c, r):
    await c.answer(headers=(f"Keep-Alive: timeout={r.number(5)}, max=100",))


@behaviour
async def lose(c, r):
    c.keep = False


@behaviour
async def lose_kept(c, r):
    if c.requests > 1:
        c.keep = False
    else:
        await c.answer()


@behaviour
async def reset_kept(c, r):
    if c.requests > 1:
        c.reset()
    else:
        await c.answer()


@behaviour
async def drop(c, r):
    await c.answer()
    c.keep = False


@behaviour
async def idle_close(c, r):
    await c.answer()
    c.idle_s = 0.05


@behaviour
async def idle_reset(c, r):
    await c.answer()
    await asyncio.sleep(0.05)
    c.reset()


@behaviour
async def cookie(c, r):
    """The first time 403 and a cookie of one's own; 200 for who brings one back. The body is the cookie's value."""
    sent = dict(part.strip().split("=", 1) for part in r.header("cookie").split(";") if "=" in part)
    if "visitor" in sent:
        await c.answer(200, sent["visitor"].encode())
    else:
        await c.answer(403, b"no cookie\n", (f"Set-Cookie: visitor={c.number}; Path=/",))


@behaviour
async def echo(c, r):
    peer = c.writer.get_extra_info("peername")
    tls = c.writer.get_extra_info("ssl_object")
    body = {"method": r.method, "path": r.target, "version": r.version, "headers": r.headers,
            "body_bytes": r.body_bytes, "body_sha256": r.sha256.hexdigest(), "connection": c.number,
            "peer_port": peer[1] if isinstance(peer, tuple) else 0, "tls": tls.version() if tls else None}
    await c.answer(body=json.dumps(body).encode())


@behaviour
async def trickle(c, r):
    count = r.number(len(BODY))
    await c.send(c.head(200, (), count))
    for i in range(0 if r.method == "HEAD" else count):
        await c.send(BODY[i % len(BODY) : i % len(BODY) + 1])
        await asyncio.sleep(0.1)


async def do_continue(c, r):
    """Always an interim answer first, asked for or not."""
    await c.send(b"HTTP/1.1 100 Continue\r\n\r\n")
    await c.read_body(expect=False)
    await c.answer()


BEHAVIOUR["100continue"] = do_continue


@behaviour
async def early(c, r):
    await c.answer()
    await c.read_body(expect=False)


@behaviour
async def early_close(c, r):
    """Refuses without reading; what the client still sends meets a closed socket."""
    c.keep = False
    await c.answer(413, b"too large\n")


@behaviour
async def nocontent(c, r):
    await c.answer(204)


class Server:
    def __init__(self, options):
        self.http10 = options.http1_0
        self.log = open(options.log, "a", encoding="utf-8") if options.log else None
        self.released = asyncio.Event()
        self.connections = set()  # a task nobody holds may be collected while it sleeps

    async def accept(self, reader, writer):
        task = asyncio.current_task()
        self.connections.add(task)
        await Connection(self, reader, writer).serve()
        self.connections.discard(task)


def tls_context(options):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(options.cert, options.key)
    if options.client_ca:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(options.client_ca)
    return context


async def accept_only(listener):
    """Accepts and never reads: the client's bytes stay in the kernel's buffers until those are full."""
    listener.setblocking(False)
    held = []
    while True:
        held.append(await asyncio.get_running_loop().sock_accept(listener))


def listen(options):
    if options.unix:
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(options.unix)
    else:
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((options.bind, options.port))
    listener.listen(4096)
    return listener


async def main(options):
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda *_: None)  # clients that vanish in a handshake are everyday business here
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    server = Server(options)
    loop.add_signal_handler(signal.SIGUSR1, server.released.set)
    listener = listen(options)
    where = options.unix or listener.getsockname()[1]
    if options.accept_only:
        serving = asyncio.ensure_future(accept_only(listener))
    else:
        start = asyncio.start_unix_server if options.unix else asyncio.start_server
        tls = tls_context(options) if options.tls else None
        serving = await start(server.accept, sock=listener, ssl=tls, limit=HEAD_LIMIT, backlog=4096)
    print("ready", where, flush=True)
    await stop.wait()
    # Not by asyncio's own end, which waits for every connection's task: wait_for() may lose a cancellation (Python before 3.12).
    os._exit(0)


def parse():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--port", type=int, default=0, help="default: any free one")
    p.add_argument("--bind", metavar="ADDRESS", default="127.0.0.1")
    p.add_argument("--unix", metavar="PATH", help="listen on a unix socket instead")
    p.add_argument("--log", metavar="FILE", help="one JSON line per request")
    p.add_argument("--tls", action="store_true")
    p.add_argument("--cert", metavar="FILE")
    p.add_argument("--key", metavar="FILE")
    p.add_argument("--client-ca", metavar="FILE", help="ask for a client certificate of this CA")
    p.add_argument("--accept-only", action="store_true", help="accept and never read")
    p.add_argument("--http1.0", dest="http1_0", action="store_true", help="answer as HTTP/1.0, no lengths, close each time")
    options = p.parse_args()
    if options.tls and not (options.cert and options.key):
        p.error("--tls needs --cert and --key")
    return options


if __name__ == "__main__":
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    try:
        asyncio.run(main(parse()))
    except OSError as error:
        sys.exit(f"hostile.py: {error}")
