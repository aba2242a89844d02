#!/usr/bin/env python3
"""differ.py [--only PART] [--cases N] [--seed N]: coldswarm's readers of foreign text against those of others, on texts made at random.

Parts: `http1`: answers, against Python's h11 (Debian: python3-h11); `csv`: feeder files, against Python's csv.
A difference that has a reason is in a list here with it, and is counted; any other one is a fault.
"""
import argparse
import csv
import io
import os
import random
import re
import struct
import subprocess
import sys

import torture

READERS = os.path.join(os.path.dirname(torture.COLDSWARM), "tests/torture/readers")


def read_all(kind, cases):
    """What coldswarm makes of each case: its lines."""
    given = b"".join(struct.pack("=I", len(case)) + case for case in cases)
    done = subprocess.run([READERS, kind], input=given, capture_output=True, env=torture.environment(None, None), check=False)
    lines = done.stdout.decode().splitlines()
    if done.returncode != 0 or len(lines) != len(cases):
        sys.exit(f"readers {kind} ended with {done.returncode} after {len(lines)} of {len(cases)} cases: {done.stderr.decode()[-500:]}\n"
                 f"the next one: {cases[len(lines)] if len(lines) < len(cases) else None!r}")
    return lines


def mutated(rng, data, letters):
    data = bytearray(data)
    for _ in range(rng.choice([0, 0, 0, 1, 1, 2, 4])):
        at = rng.randrange(len(data) + 1)
        what = rng.randrange(4)
        if what == 0:
            data[at:at] = rng.choice(letters)
        elif what == 1:
            del data[at:at + rng.choice([1, 1, 2, 5])]
        elif what == 2:
            data[at:at + 1] = rng.choice(letters)
        else:
            other = rng.randrange(len(data) + 1)
            data[at:at] = data[other:other + rng.choice([1, 4, 12])]
    return bytes(data)


# ---- http1 ----

STATUS = [b"HTTP/1.1 200 OK", b"HTTP/1.1 200 OK", b"HTTP/1.1 200 OK", b"HTTP/1.1 404 Not Found", b"HTTP/1.0 200 OK", b"HTTP/1.1 204 No Content",
          b"HTTP/1.1 304 Not Modified", b"HTTP/1.1 500 ", b"HTTP/1.1 200", b"HTTP/1.1 299 \xe4\xf6\xfc", b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Made",
          b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK"]
FIELDS = [b"Content-Length: 5", b"Content-Length: 5", b"Content-Length: 5", b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked",
          b"Transfer-Encoding: gzip, chunked", b"content-length: 5, 5", b"Content-Length: +5", b"Content-Length: 0x5", b"Content-Length:5 ",
          b"Connection: close", b"Connection: keep-alive", b"X-A: b", b"X-Empty:", b"X-Space:  a b \t", b"X-Fold: a\r\n b", b"X-\xc3\xa4: \xff",
          b"Set-Cookie: a=b; Path=/", b"Content-Length: 4", b"Transfer-Encoding: identity", b"Content-Length: 99999999999999999999"]
BODIES = [b"hello", b"hello", b"5\r\nhello\r\n0\r\n\r\n", b"5\r\nhello\r\n0\r\n\r\n", b"2;x=y\r\nhe\r\n3 \r\nllo\r\n0\r\nX-T: a\r\n\r\n", b"", b"hell",
          b"00005\r\nhello\r\n000\r\n\r\n", b"5\nhello\n0\n\n", b"FFFFFFFFFFFFFFFFF\r\nx", b"hello and more"]
HTTP_LETTERS = [b"\r", b"\n", b"\r\n", b" ", b"\t", b":", b"\0", b"\x80", b"a", b"0", b"9", b",", b";", b"\r\n\r\n", b"H", b"-", b"+", b"\x7f", b"\x0b"]


def make_answer(rng):
    fields = [rng.choice(FIELDS) for _ in range(rng.choice([0, 1, 1, 2, 2, 3]))]
    return mutated(rng, b"\r\n".join([rng.choice(STATUS), *fields]) + b"\r\n\r\n" + rng.choice(BODIES), HTTP_LETTERS)


def by_h11(data):
    """(complete|failed|more, status, body, fields)"""
    import h11
    c = h11.Connection(h11.CLIENT)
    c.send(h11.Request(method="GET", target="/", headers=[("Host", "x")]))
    c.send(h11.EndOfMessage())
    status, body, fields = 0, b"", []
    try:
        c.receive_data(data)
        ended = False
        while True:
            event = c.next_event()
            if event is h11.NEED_DATA:
                if ended:
                    return "more", status, body, fields
                ended = True
                c.receive_data(b"")
            elif isinstance(event, h11.Response):
                status, fields = event.status_code, [(bytes(n), bytes(v)) for n, v in event.headers]
            elif isinstance(event, h11.Data):
                body += bytes(event.data)
            elif isinstance(event, h11.EndOfMessage):
                return "complete", status, body, fields
            elif isinstance(event, h11.ConnectionClosed) or event is h11.PAUSED:
                return "more", status, body, fields
    except h11.RemoteProtocolError as e:
        if "closed connection without sending complete" in str(e) or "peer unexpectedly closed" in str(e):
            return "more", status, body, fields
        return "failed", status, body, str(e)


def ours_http1(line):
    head, _, rest = line.partition("[")
    body, _, fields = rest.partition("]")
    state, status, _ = head.split()
    pairs = [tuple(bytes.fromhex(x) for x in pair.split("=")) for pair in fields.split()]
    return state, int(status), bytes.fromhex(body), [(name.lower(), value) for name, value in pairs]


def reason_http1(data, ours, theirs):
    """Why two readings may differ; None: nobody knows. What ours accepts and h11 refuses is read as RFC 9112 says, or as it allows."""
    head = data.split(b"\r\n\r\n", 1)[0].lower()
    said = theirs[3] if theirs[0] == "failed" else ""
    if "Only Transfer-Encoding" in said or "multiple Transfer-Encoding" in said:
        return "other codings than chunked: the body ends with the connection (6.3), or several fields are one list"
    if ("bad Content-Length" in said or "conflicting Content-Length" in said) and (
            ours[1] in (204, 304) or b"transfer-encoding" in head or re.search(rb"content-length: *0+5", head)):
        return "a length that does not count, because there is no body or it is chunked, or one with zeros before it"
    if "illegal status line" in said or "illegal header line" in said:
        return "control characters in a reason or a value, or more blanks: allowed to be read"
    if ours[0] == theirs[0] == "complete" and ours[1:3] == theirs[1:3]:
        lengths = [{n for n, _ in fields} for fields in (ours[3], theirs[3])]
        rest = [sorted(f for f in fields if f[0] not in (b"content-length", b"transfer-encoding")) for fields in (ours[3], theirs[3])]
        if lengths[0] == lengths[1] and [(n, v.split()) for n, v in rest[0]] == [(n, v.split()) for n, v in rest[1]]:
            return "h11 makes one of several lengths, and keeps blanks before a folded line"
    if ours[0] == "failed" and re.search(rb"content-length: *[0-9]{19}", head):
        return "a length beyond 64 bits, beside chunks"
    if ours[0] == "failed" and re.search(rb"(?i)http/(?!1\.[01] )", data):
        return "a version that is not HTTP/1"
    return None


def http1(options):
    rng, part = random.Random(options.seed), torture.Part("http1")
    cases = [make_answer(rng) for _ in range(options.cases)]
    for data, line in zip(cases, read_all("http1", cases)):
        ours, theirs = ours_http1(line), by_h11(data)
        # No whole answer is one outcome: which mistake is seen first, and whether the end came before it, is not compared.
        same = (ours[0] == "complete") == (theirs[0] == "complete") and (ours[0] != "complete" or ours[1:3] == theirs[1:3] and sorted(ours[3]) == sorted(theirs[3]))
        reason = None if same else reason_http1(data, ours, theirs)
        if reason:
            part.note(reason)
        part.add(None if same or reason else f"{data!r}: ours {ours}, h11's {theirs}", f"ours {ours[0]}, h11's {theirs[0]}: {theirs[3] if theirs[0] == 'failed' else ''}")
    return part.end("answers as h11 reads them")


# ---- csv ----

CSV_PIECES = [b"a", b"b", b"name", b"1", b"x y", b"", b",", b",", b",", b"\n", b"\n", b"\r\n", b'"', b'""', b'"a,b"', b'"a\nb"', b'"say ""x"""', b" ",
              b"\xc3\xa4", b"\t", b"'", b"\\"]


def make_csv(rng):
    columns = rng.randrange(1, 4)
    lines = []
    for i in range(rng.randrange(1, 5)):
        fields = [rng.choice([b"a", b"1", b"x y", b"", b'"q"', b'"a,b"', b'"a\nb"', b'"say ""x"""', b"\xc3\xa4", b" s "]) for _ in range(columns)]
        if i == 0:
            fields = [f"c{k}".encode() for k in range(columns)]
        lines.append(b",".join(fields))
    return mutated(rng, rng.choice([b"\n", b"\r\n"]).join(lines) + rng.choice([b"", b"\n"]), CSV_PIECES)


def by_csv(data):
    """The rows, or None if the text is bad by the rules of feeders: empty lines are none, each row has a field for each column."""
    text = data.removeprefix(b"\xef\xbb\xbf").decode("latin-1")  # the bytes as they are
    try:
        rows = [row for row in csv.reader(io.StringIO(text, newline=""), strict=True) if row]
    except csv.Error:
        return None
    if len(rows) < 2 or any(len(row) != len(rows[0]) for row in rows):
        return None
    if len(set(rows[0])) != len(rows[0]) or "" in rows[0]:
        return None
    return [[field.encode("latin-1") for field in row] for row in rows]


def reason_csv(data, ours, theirs):
    """Why two readings may differ; None: nobody knows."""
    if ours is None and re.search(rb'[^",\r\n]"|"[^",\r\n]', data):
        return "a quote within a field that does not begin with one: RFC 4180 has none, csv takes it as it is"
    if ours is None and re.search(rb"\r(?!\n)", data):
        return "a CR alone, which csv takes for the end of a line"
    return None


def csv_part(options):
    rng, part = random.Random(options.seed), torture.Part("csv")
    cases = [make_csv(rng) for _ in range(options.cases)]
    for data, line in zip(cases, read_all("csv", cases)):
        ours = None if line == "bad" else [[bytes.fromhex(field[1:]) for field in row.split(" ")] for row in line.split(";")]
        theirs = by_csv(data)
        reason = None if ours == theirs else reason_csv(data, ours, theirs)
        if reason:
            part.note(reason)
        kind = "ours bad" if ours is None else "theirs bad" if theirs is None else "other rows"
        part.add(None if ours == theirs or reason else f"{data!r}: ours {ours}, csv's {theirs}", kind)
        part.note("good files", ours is not None and ours == theirs)
    return part.end("files as Python's csv reads them")


PARTS = {"http1": http1, "csv": csv_part}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--only", action="append", choices=list(PARTS))
    parser.add_argument("--cases", type=int, default=200000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    torture.start()
    good = [part(options) for name, part in PARTS.items() if not options.only or name in options.only]
    sys.exit(0 if all(good) else 1)


main()
