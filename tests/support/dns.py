#!/usr/bin/env python3
"""A name server for tests: dns.py ADDRESS LOG [silent | NAME=A,A ...] answers on UDP port 53 of ADDRESS, and notes each question.

It turns the addresses of a name around with each answer, as name servers do; a name that it does not have does not exist. NAME=refuse
answers SERVFAIL. With "silent" it answers nothing. Prints "ready". RFC 1035; Python's standard library only.
"""
import socket
import struct
import sys

address, log, *rest = sys.argv[1:]
names = dict(pair.split("=") for pair in rest if "=" in pair)
turns = {}
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind((address, 53))
out = open(log, "a", buffering=1)
print("ready", flush=True)
while True:
    query, peer = s.recvfrom(4096)
    at, labels = 12, []
    while query[at]:
        labels.append(query[at + 1 : at + 1 + query[at]].decode())
        at += 1 + query[at]
    kind = struct.unpack("!H", query[at + 1 : at + 3])[0]
    name = ".".join(labels)
    out.write(f"{name} {kind}\n")
    if "silent" in rest:
        continue
    known = names.get(name)
    code = 3 if known is None else 2 if known == "refuse" else 0
    found = known.split(",") if code == 0 and kind == 1 else []
    turn = turns[name] = turns.get(name, -1) + (kind == 1)
    found = found[turn % len(found) :] + found[: turn % len(found)] if found else []
    answer = query[:2] + struct.pack("!HHHHH", 0x8180 | code, 1, len(found), 0, 0) + query[12 : at + 5]
    for a in found:
        answer += struct.pack("!HHHIH", 0xC00C, 1, 1, 0, 4) + socket.inet_aton(a)
    s.sendto(answer, peer)
