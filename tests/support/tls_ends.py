#!/usr/bin/env python3
"""A TLS server that ends its connections as asked: the path of a request chooses the answer and the end behind it.

/AGAINST/END: AGAINST is what says where the body ends (close, length, short, chunked, half, nothing, early: before it reads the body); END is goodbye (close_notify, then the
end), cut (the end of TCP alone), or keep. With --handshake WHAT it goes no further than that: eof, reset, garbage, alert. Prints "ready PORT" once it listens. One thread a connection; the standard library only.
"""

import argparse
import os
import socket
import ssl
import struct
import threading

HEAD = b"HTTP/1.1 200 OK\r\n"
ANSWERS = {
    "close": HEAD + b"\r\nhello",
    "length": HEAD + b"Content-Length: 5\r\n\r\nhello",
    "short": HEAD + b"Content-Length: 9\r\n\r\nhello",
    "chunked": HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    "half": HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
    "nothing": b"",
    "early": b"HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno",
}


def break_off(plain, what):
    """Reads the client's first message and answers it so."""
    plain.recv(65536)
    if what == "reset":
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    elif what == "garbage":
        plain.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    elif what == "alert":
        plain.sendall(bytes([21, 3, 3, 0, 2, 2, 40]))  # RFC 8446 6: fatal, handshake_failure
    plain.close()


def serve(context, plain):
    # Else the kernel may hold an answer back behind the session's tickets, and drop it with the end.
    plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        tls = context.wrap_socket(plain, server_side=True)
        while True:
            request = b""
            while b"\r\n\r\n" not in request:
                some = tls.recv(65536)
                if not some:
                    return
                request += some
            kind, end = request.split(b" ")[1].decode().strip("/").split("/")
            if ANSWERS[kind]:
                tls.sendall(ANSWERS[kind])
            if end == "goodbye":
                tls.unwrap().close()
                return
            if end == "cut":
                os.close(tls.detach())
                return
    except (OSError, ValueError):
        plain.close()


def main():
    parser = argparse.ArgumentParser()
    for name in ("--log", "--cert", "--key", "--client-ca", "--handshake"):
        parser.add_argument(name)
    parser.add_argument("--tls1.2", action="store_true", dest="old")
    options = parser.parse_args()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(options.cert, options.key)
    if options.old:
        context.maximum_version = ssl.TLSVersion.TLSv1_2
    if options.client_ca:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(options.client_ca)
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)
    print("ready", listener.getsockname()[1], flush=True)
    while True:
        plain = listener.accept()[0]
        what = (break_off, (plain, options.handshake)) if options.handshake else (serve, (context, plain))
        threading.Thread(target=what[0], args=what[1], daemon=True).start()


main()
