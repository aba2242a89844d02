#!/usr/bin/env python3
"""A server on several addresses with one port, which notes where each request came to and where it came from.

places.py --log FILE [--port N] [--tls CERT KEY] [--tls12] [--close] ADDRESS... prints "ready PORT" and answers every request with 200.
A line of the log is: address, peer's address, requests on the connection so far, Host, target, SNI or "-", "resumed" or "full" (TLS)
or "-". --close ends each connection after its answer. An address may have a zone: fe80::1%lo. Python's standard library only.
"""
import argparse
import socket
import ssl
import threading

p = argparse.ArgumentParser()
p.add_argument("--port", type=int, default=0)
p.add_argument("--log", required=True)
p.add_argument("--tls", nargs=2, metavar=("CERT", "KEY"))
p.add_argument("--tls12", action="store_true")
p.add_argument("--close", action="store_true")
p.add_argument("address", nargs="+")
a = p.parse_args()
log = open(a.log, "a", buffering=1, encoding="latin-1")
names = {}


def note_name(connection, name, context):
    names[id(connection)] = name


context = None
if a.tls:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*a.tls)
    context.sni_callback = note_name
    if a.tls12:
        context.maximum_version = ssl.TLSVersion.TLSv1_2


def serve(c, here, peer):
    name = resumed = "-"
    try:
        if context:
            c = context.wrap_socket(c, server_side=True, do_handshake_on_connect=False)
            c.do_handshake()
            name, resumed = names.pop(id(c), "-"), "resumed" if c.session_reused else "full"
        held, count = b"", 0
        while True:
            while b"\r\n\r\n" not in held:
                more = c.recv(65536)
                if not more:
                    return
                held += more
            head, held = held.split(b"\r\n\r\n", 1)
            lines = head.decode("latin-1").split("\r\n")
            host = next((line[5:].strip() for line in lines if line.lower().startswith("host:")), "-")
            count += 1
            log.write(f"{here} {peer} {count} {host} {lines[0].split(' ')[1]} {name} {resumed}\n")
            close = "Connection: close\r\n" if a.close or "connection: close" in head.decode("latin-1").lower() else ""
            c.sendall(f"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n{close}\r\nok".encode())
            if close:
                return
    except OSError:
        pass
    finally:
        c.close()


def listen(address, port):
    family, kind, protocol, _, to = socket.getaddrinfo(address, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)[0]
    s = socket.socket(family, kind, protocol)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(to)
    s.listen(1024)
    return s


def accept(s, here):
    while True:
        c, peer = s.accept()
        threading.Thread(target=serve, args=(c, here, peer[0]), daemon=True).start()


for attempt in range(50):
    sockets = []
    try:
        for address in a.address:
            sockets.append(listen(address, sockets[0].getsockname()[1] if sockets else a.port))
        break
    except OSError:
        # Another address has the port that is free on the first.
        for s in sockets:
            s.close()
        if attempt == 49 or a.port:
            raise
threads = [threading.Thread(target=accept, args=pair, daemon=True) for pair in zip(sockets, a.address)]
for t in threads:
    t.start()
print("ready", sockets[0].getsockname()[1], flush=True)
for t in threads:
    t.join()
