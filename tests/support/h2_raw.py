#!/usr/bin/env python3
"""A server of HTTP/2 that writes its frames by hand, to break rules that no library breaks.

h2_raw.py MODE... [--cert F --key F] [--log F]: a mode decides what each request gets; MODE+tls is with TLS, and what MODE+grpc answers is a gRPC message and
its trailers. tests/support/README.md lists them.
Prints "ready PORT..." once it listens, with a port for each mode. The log has a JSON line for each request and each GOAWAY or RST_STREAM of the client. Python's standard
library only; a thread for each connection.
"""

import argparse
import json
import os
import signal
import socket
import ssl
import struct
import sys
import threading
import time

DATA, HEADERS, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = 0, 1, 3, 4, 5, 6, 7, 8, 9
END_STREAM, END_HEADERS, ACK = 1, 4, 1
MAX_CONCURRENT_STREAMS, INITIAL_WINDOW_SIZE = 3, 4
OK = b"\x88"  # :status 200, from the static table (RFC 7541 A)


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


def integer(value, bits, first=0):
    """RFC 7541 5.1"""
    most = (1 << bits) - 1
    if value < most:
        return bytes([first | value])
    out, value = bytearray([first | most]), value - most
    while value >= 128:
        out.append(value % 128 + 128)
        value //= 128
    out.append(value)
    return bytes(out)


def literal(name, value, indexed=False):
    return (bytes([0x40 if indexed else 0]) + integer(len(name), 7) + name + integer(len(value), 7) + value)


def settings(*pairs):
    return frame(SETTINGS, 0, 0, b"".join(struct.pack(">HI", *pair) for pair in pairs))


class Connection:
    serial = 0

    def __init__(self, server, sock):
        Connection.serial += 1
        self.server, self.sock, self.number = server, sock, Connection.serial
        self.bodies, self.answered = {}, 0

    def send(self, *frames):
        self.sock.sendall(b"".join(frames))

    def read(self, n):
        data = b""
        while len(data) < n:
            part = self.sock.recv(n - len(data))
            if not part:
                raise EOFError
            data += part
        return data

    def log(self, **line):
        if self.server.log is not None:
            with self.server.lock:
                self.server.log.write(json.dumps({"mode": self.server.mode, "connection": self.number, **line}) + "\n")
                self.server.log.flush()

    def run(self):
        mode = getattr(self, "begin_" + self.server.mode, None)
        if mode is not None:
            return mode()
        self.read(24)
        self.send(getattr(self, "settings_" + self.server.mode, settings)())
        while True:
            self.take(*self.read_frame())

    def read_frame(self):
        head = self.read(9)
        length = int.from_bytes(head[:3], "big")
        return head[3], head[4], struct.unpack(">I", head[5:])[0], self.read(length)

    def take(self, kind, flags, stream, payload):
        if kind == SETTINGS and not flags & ACK:
            self.send(frame(SETTINGS, ACK, 0))
        elif kind == PING and not flags & ACK:
            self.send(frame(PING, ACK, 0, payload))
        elif kind == PING:
            self.ponged(payload)
        elif kind == GOAWAY:
            self.log(goaway=struct.unpack(">II", payload[:8])[1])
        elif kind == RST_STREAM:
            self.log(rst=struct.unpack(">I", payload)[0], stream=stream)
        elif kind in (HEADERS, DATA):
            self.bodies[stream] = self.bodies.get(stream, 0) + (len(payload) if kind == DATA else 0)
            if kind == DATA and payload and self.server.mode != "no_window":
                self.send(*(frame(WINDOW_UPDATE, 0, s, struct.pack(">I", len(payload))) for s in (0, stream)))
            if flags & END_STREAM:
                self.log(stream=stream, body_bytes=self.bodies[stream])
                self.answered += 1
                getattr(self, "do_" + self.server.mode, self.do_ok)(stream)

    def ponged(self, payload):
        self.answer(struct.unpack(">Q", payload)[0])

    def answer(self, stream, body=None, head=None):
        self.send(frame(HEADERS, END_HEADERS, stream, self.head() if head is None else head), *self.data(stream, self.body() if body is None else body))

    def head(self):
        return self.GRPC if self.server.grpc else OK

    def body(self):
        return self.MESSAGE if self.server.grpc else b"hello"

    def data(self, stream, body, flags=0, trailers=b""):
        """The body, and what ends the stream."""
        trailers = literal(b"grpc-status", b"0") + trailers if self.server.grpc else trailers
        if not trailers:
            return [frame(DATA, flags | END_STREAM, stream, body)]
        return [frame(DATA, flags, stream, body), frame(HEADERS, END_HEADERS | END_STREAM, stream, trailers)]

    do_ok = answer

    # What is not HTTP/2

    def begin_garbage(self):
        self.send(b"SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n")
        self.read(1 << 30)

    def begin_http1(self):
        self.read(24)
        self.send(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")

    def begin_silent(self):
        self.read(1 << 30)

    # SETTINGS

    def settings_no_streams(self):
        return settings((MAX_CONCURRENT_STREAMS, 0))

    def settings_one_stream(self):
        return settings((MAX_CONCURRENT_STREAMS, 1))

    def settings_no_window(self):
        return settings((INITIAL_WINDOW_SIZE, 0))

    def settings_wrong(self):
        return settings((INITIAL_WINDOW_SIZE, 1 << 31))

    def do_no_streams(self, stream):
        """It came before the client knew."""

    # Heads

    def do_header_bomb(self, stream):
        """4 kB become 4 MB: a value in the table, and a byte for each time it is meant."""
        self.answer(stream, head=self.head() + literal(b"x-a", b"x" * 4000, indexed=True) + b"\xbe" * 1000)

    def do_long_head(self, stream):
        """400 kB that are there."""
        head = self.head() + b"".join(literal(b"x-%d" % i, b"x" * 4000) for i in range(100))
        pieces = [head[at : at + 16384] for at in range(0, len(head), 16384)]
        last = len(pieces) - 1
        for i, piece in enumerate(pieces):
            self.send(frame(CONTINUATION if i else HEADERS, END_HEADERS if i == last else 0, stream, piece))
        self.send(*self.data(stream, self.body()))

    def do_long_value(self, stream):
        head = self.head() + literal(b"x-a", b"x" * 70000)
        self.send(frame(HEADERS, 0, stream, head[:16384]))
        for at in range(16384, len(head), 16384):
            piece = head[at : at + 16384]
            self.send(frame(CONTINUATION, END_HEADERS if at + 16384 >= len(head) else 0, stream, piece))
        self.send(*self.data(stream, self.body()))

    def do_continuations(self, stream):
        self.send(frame(HEADERS, 0, stream, self.head()))
        while True:
            self.send(frame(CONTINUATION, 0, stream, literal(b"x-a", b"b")))

    def do_upper_case(self, stream):
        self.answer(stream, head=self.head() + literal(b"X-A", b"b"))

    def do_connection_field(self, stream):
        self.answer(stream, head=self.head() + literal(b"connection", b"close"))

    def do_no_status(self, stream):
        self.answer(stream, head=literal(b"x-a", b"b"))

    def do_bad_status(self, stream):
        self.answer(stream, head=literal(b":status", b"099"))

    def do_bad_index(self, stream):
        self.answer(stream, head=self.head() + b"\xfe")

    def do_interim(self, stream):
        self.send(frame(HEADERS, END_HEADERS, stream, literal(b":status", b"103") + literal(b"link", b"</a>")))
        self.send(frame(HEADERS, END_HEADERS, stream, literal(b":status", b"100")))
        self.answer(stream)

    def do_trailers(self, stream):
        self.send(frame(HEADERS, END_HEADERS, stream, self.head()),
                  *self.data(stream, self.body(), trailers=literal(b"x-sum", b"5") + literal(b"set-cookie", b"a=b")))

    # Bodies

    def do_tiny(self, stream):
        if self.server.grpc:
            return self.do_grpc_tiny(stream)
        self.send(frame(HEADERS, END_HEADERS, stream, OK))
        for _ in range(100):
            self.send(frame(DATA, 0, stream, b"x") * 10000)
        self.send(frame(DATA, END_STREAM, stream))

    def do_padded(self, stream):
        self.send(frame(HEADERS, END_HEADERS, stream, self.head()), *self.data(stream, bytes([200]) + self.body() + bytes(200), flags=8))

    def do_wrong_length(self, stream):
        self.answer(stream, head=self.head() + literal(b"content-length", b"10"))

    def do_data_first(self, stream):
        self.send(frame(DATA, END_STREAM, stream, b"hello"))

    def do_too_large(self, stream):
        self.send(frame(HEADERS, END_HEADERS, stream, self.head()), frame(DATA, END_STREAM, stream, bytes(16385)))

    # Streams and connections

    def do_goaway_each(self, stream):
        self.send(frame(GOAWAY, 0, 0, struct.pack(">II", stream, 0)))
        self.answer(stream)

    def do_goaway_never(self, stream):
        """It never processes any."""
        self.send(frame(GOAWAY, 0, 0, struct.pack(">II", 0, 0)))

    def do_goaway_twice(self, stream):
        """As graceful servers do: first all are allowed."""
        self.send(frame(GOAWAY, 0, 0, struct.pack(">II", (1 << 31) - 1, 0)))
        self.answer(stream)
        self.send(frame(GOAWAY, 0, 0, struct.pack(">II", stream, 0)))

    def do_goaway_calm(self, stream):
        self.send(frame(GOAWAY, 0, 0, struct.pack(">II", stream, 11) + b"too_many_pings"))
        self.answer(stream)

    def do_goaway_error(self, stream):
        self.send(frame(GOAWAY, 0, 0, struct.pack(">II", stream, 2)))
        self.answer(stream)

    def do_goaway_idle(self, stream):
        self.answer(stream)
        time.sleep(0.05)
        self.send(frame(GOAWAY, 0, 0, struct.pack(">II", stream, 0)))

    def do_rst_after_headers(self, stream):
        self.send(frame(HEADERS, END_HEADERS, stream, self.head() + literal(b"content-length", b"5")), frame(RST_STREAM, 0, stream, struct.pack(">I", 8)))

    def do_rst_no_error(self, stream):
        self.send(frame(HEADERS, END_HEADERS, stream, self.head()), frame(DATA, 0, stream, b"hel"), frame(RST_STREAM, 0, stream, struct.pack(">I", 0)))

    def do_rst_unknown(self, stream):
        self.send(frame(RST_STREAM, 0, stream, struct.pack(">I", 4711)))

    def do_push(self, stream):
        self.send(frame(PUSH_PROMISE, END_HEADERS, stream, struct.pack(">I", 2) + b"\x82\x87\x84"))
        self.answer(stream)

    def do_unknown(self, stream):
        odd = frame(0xFA, 0x55, stream, b"anything") + frame(0xFB, 0, 0)
        self.send(odd, frame(HEADERS, END_HEADERS, stream, self.head()), odd, *self.data(stream, self.body()), odd)

    def do_unknown_within_head(self, stream):
        self.send(frame(HEADERS, 0, stream, self.head()), frame(0xFA, 0, stream), frame(CONTINUATION, END_HEADERS | END_STREAM, stream))

    def do_ping(self, stream):
        """Answers when the client has answered the PING."""
        self.send(frame(PING, 0, 0, struct.pack(">Q", stream)))

    def do_pings(self, stream):
        while True:
            self.send(frame(PING, 0, 0, bytes(8)) * 10000)

    def do_window_overflow(self, stream):
        self.send(frame(WINDOW_UPDATE, 0, 0, struct.pack(">I", (1 << 31) - 1)))

    def do_other_stream(self, stream):
        self.answer(stream + 2)

    def do_close(self, stream):
        """In order: what the client sends is read to its end."""
        self.sock.shutdown(socket.SHUT_WR)
        self.read(1 << 30)

    def do_cut(self, stream):
        self.send(frame(HEADERS, END_HEADERS, stream, self.head()), frame(DATA, 0, stream, b"hel"))
        self.do_close(stream)


    # gRPC: what no library answers. Each call expects one message, in which field 1 is a text.

    GRPC = OK + literal(b"content-type", b"application/grpc+proto")
    MESSAGE = b"\x00\x00\x00\x00\x04\x0a\x02hi"

    def grpc(self, stream, body=MESSAGE, status=b"0", head=GRPC, *more):
        trailers = [] if status is None else [frame(HEADERS, END_HEADERS | END_STREAM, stream, literal(b"grpc-status", status) + b"".join(more))]
        self.send(frame(HEADERS, END_HEADERS, stream, head), frame(DATA, 0 if trailers else END_STREAM, stream, body), *trailers)

    do_grpc_good = grpc

    def do_grpc_pieces(self, stream):
        """A byte for each frame."""
        self.send(frame(HEADERS, END_HEADERS, stream, self.GRPC))
        for byte in self.MESSAGE:
            self.send(frame(DATA, 0, stream, bytes([byte])))
        self.send(frame(HEADERS, END_HEADERS | END_STREAM, stream, literal(b"grpc-status", b"0")))

    def do_grpc_tiny(self, stream):
        """A message of a million letters, a byte for each frame."""
        body = b"\x0a" + bytes([1000000 & 127 | 128, 1000000 >> 7 & 127 | 128, 1000000 >> 14]) + b"x" * 1000000
        body = b"\x00" + struct.pack(">I", len(body)) + body
        self.send(frame(HEADERS, END_HEADERS, stream, self.GRPC))
        for at in range(0, len(body), 10000):
            self.send(*(frame(DATA, 0, stream, body[i : i + 1]) for i in range(at, min(at + 10000, len(body)))))
        self.send(frame(HEADERS, END_HEADERS | END_STREAM, stream, literal(b"grpc-status", b"0")))

    def do_grpc_goaway(self, stream):
        self.send(frame(GOAWAY, 0, 0, struct.pack(">II", stream, 0)))
        self.grpc(stream)

    def do_grpc_no_trailers(self, stream):
        self.grpc(stream, status=None)

    def do_grpc_other_trailers(self, stream):
        self.send(frame(HEADERS, END_HEADERS, stream, self.GRPC), frame(DATA, 0, stream, self.MESSAGE),
                  frame(HEADERS, END_HEADERS | END_STREAM, stream, literal(b"x-sum", b"5")))

    def do_grpc_html(self, stream):
        self.answer(stream, b"<html>", OK + literal(b"content-type", b"text/html; charset=utf-8"))

    def do_grpc_no_type(self, stream):
        self.grpc(stream, head=OK)

    def do_grpc_503(self, stream):
        self.answer(stream, b"no backend", literal(b":status", b"503") + literal(b"content-type", b"text/plain"))

    def do_grpc_404_with_status(self, stream):
        self.grpc(stream, b"", b"5", literal(b":status", b"404") + literal(b"content-type", b"application/grpc"))

    def do_grpc_trailers_only(self, stream):
        self.send(frame(HEADERS, END_HEADERS | END_STREAM, stream, self.GRPC + literal(b"grpc-status", b"7") + literal(b"grpc-message", b"not%20for%20you%3a%20%C3%BC")))

    def do_grpc_bad_status(self, stream):
        self.grpc(stream, status=b"good")

    def do_grpc_unknown_status(self, stream):
        self.grpc(stream, status=b"99")

    def do_grpc_compressed(self, stream):
        """… without saying how."""
        self.grpc(stream, b"\x01" + self.MESSAGE[1:])

    def do_grpc_bad_gzip(self, stream):
        self.grpc(stream, b"\x01" + self.MESSAGE[1:], b"0", self.GRPC + literal(b"grpc-encoding", b"gzip"))

    def do_grpc_flag(self, stream):
        self.grpc(stream, b"\x02" + self.MESSAGE[1:])

    def do_grpc_truncated(self, stream):
        self.grpc(stream, self.MESSAGE[:-1])

    def do_grpc_prefix_only(self, stream):
        self.grpc(stream, self.MESSAGE[:3])

    def do_grpc_none(self, stream):
        self.grpc(stream, b"")

    def do_grpc_two(self, stream):
        self.grpc(stream, 2 * self.MESSAGE)

    def do_grpc_too_large(self, stream):
        self.grpc(stream, b"\x00\x00\x50\x00\x00" + bytes(1000))

    def do_grpc_not_protobuf(self, stream):
        self.grpc(stream, b"\x00\x00\x00\x00\x04\xff\xff\xff\xff")

    def do_grpc_late(self, stream):
        """Never."""

    def do_grpc_rst(self, stream):
        self.send(frame(HEADERS, END_HEADERS, stream, self.GRPC), frame(RST_STREAM, 0, stream, struct.pack(">I", 2)))


class Server:
    """One of the modes, on a port of its own."""

    def __init__(self, mode, grpc, tls, log, lock):
        self.mode, self.grpc, self.tls, self.log, self.lock = mode.replace("-", "_"), grpc, tls, log, lock
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port = self.listener.getsockname()[1]

    def serve(self, sock):
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self.tls is not None:
                sock = self.tls.wrap_socket(sock, server_side=True)
            Connection(self, sock).run()
        except (EOFError, OSError, ValueError):
            pass
        finally:
            sock.close()

    def run(self):
        while True:
            sock, _ = self.listener.accept()
            threading.Thread(target=self.serve, args=(sock,), daemon=True).start()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("mode", nargs="+")
    parser.add_argument("--cert")
    parser.add_argument("--key")
    parser.add_argument("--log", type=argparse.FileType("w"))
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    tls = None
    if options.cert is not None:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(options.cert, options.key)
        tls.set_alpn_protocols(["h2"])
    lock = threading.Lock()
    ports = []
    for word in options.mode:
        name, *with_what = word.split("+")
        server = Server(name, "grpc" in with_what, tls if "tls" in with_what else None, options.log, lock)
        threading.Thread(target=server.run, daemon=True).start()
        ports.append(server.port)
    print("ready", *ports, flush=True)
    signal.pause()


main()
