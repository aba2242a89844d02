#!/usr/bin/env python3
"""split_server.py COMMAND...: in a network of its own, a server that writes head and body of each answer apart, as Nagle allows it.

Runs COMMAND with URL in its environment, then prints how many acknowledgements the kernel had put off until its timer ran out
(TcpExtDelayedACKs): on a kept connection the server waits for one of them with each answer, unless the client acknowledges at once.
To be started with unshare -n, where nothing else is counted.
"""

import fcntl
import os
import socket
import struct
import subprocess
import sys
import threading

SIOCSIFFLAGS, IFF_UP = 0x8914, 1


def loopback_up():
    with socket.socket() as s:
        fcntl.ioctl(s, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", IFF_UP))


def serve(connection):
    with connection:
        pending = b""
        while True:
            data = connection.recv(65536)
            if not data:
                return
            pending += data
            while b"\r\n\r\n" in pending:
                pending = pending.split(b"\r\n\r\n", 1)[1]
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n")
                connection.sendall(b"hello\n")


def accept(listener):
    while True:
        threading.Thread(target=serve, args=listener.accept()[:1], daemon=True).start()


def delayed():
    with open("/proc/net/netstat", encoding="ascii") as file:
        lines = [line.split() for line in file if line.startswith("TcpExt:")]
    return int(dict(zip(lines[0], lines[1]))["DelayedACKs"])


loopback_up()
server = socket.create_server(("127.0.0.1", 0))
threading.Thread(target=lambda: accept(server), daemon=True).start()
before = delayed()
code = subprocess.call(sys.argv[1:], env=dict(os.environ, URL=f"http://127.0.0.1:{server.getsockname()[1]}"))
print("delayed:", delayed() - before)
sys.exit(code)
