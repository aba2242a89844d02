#!/usr/bin/env python3
"""differ.py [--only PART] [--cases N] [--seed N]: coldswarm's readers of foreign text against those of others, on texts made at random.

Parts: `http1`: answers, against Python's h11 (Debian: python3-h11); `csv`: feeder files, against Python's csv; `json`: JSON Pointers and
JSONPaths in captures and checks, against jq, and JSON texts with mistakes against Python's json.
A difference that has a reason is in a list here with it, and is counted; any other one is a fault.
"""
import argparse
import csv
import io
import json
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
    head = data.lower()  # with those of interim answers
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


# ---- json ----

# What a path selects, in the words of jq: `walk` gives the nodes of RFC 9535's list in order, and the rest follows it.
JQ = r"""
def container: type == "object" or type == "array";
def step($s):
  if $s.k == "name" then if type == "object" and has($s.n) then .[$s.n] else empty end
  elif $s.k == "token" then
    if type == "object" then if has($s.n) then .[$s.n] else empty end
    elif type == "array" and ($s.n | test("^(0|[1-9][0-9]*)$")) then ($s.n | tonumber) as $i | if $i < length then .[$i] else empty end
    else empty end
  elif $s.k == "index" then
    if type != "array" then empty
    else length as $n | (if $s.i < 0 then $s.i + $n else $s.i end) as $i | if $i >= 0 and $i < $n then .[$i] else empty end end
  elif $s.k == "all" then if container then .[] else empty end
  elif $s.k == "slice" then
    if type != "array" or $s.c == 0 then empty
    elif $s.c == 1 then .[$s.a:$s.b][]
    elif $s.c > 1 then (.[$s.a:$s.b]) as $some | range(0; $some | length; $s.c) | $some[.]
    else length as $n
      | ([(if $s.a == null then $n - 1 elif $s.a < 0 then $s.a + $n else $s.a end), $n - 1] | min) as $from
      | (if $s.b == null then -1 else [(if $s.b < 0 then $s.b + $n else $s.b end), -1] | max end) as $to
      | . as $all | range($from; $to; $s.c) | $all[.] end
  else empty end;
def walk($path; $root):
  def holds($f; $at):
    def value($o): if $o.k == "lit" then {v: $o.v} else first((if $o.root then $root else $at end) | walk($o.p; $root) | {v: .}) // {none: true} end;
    if $f.k == "and" then holds($f.a; $at) and holds($f.b; $at)
    elif $f.k == "or" then holds($f.a; $at) or holds($f.b; $at)
    elif $f.k == "not" then holds($f.a; $at) | not
    elif $f.k == "has" then value($f.a) | has("v")
    else value($f.a) as $a | value($f.b) as $b
      | ($a | has("v")) as $x | ($b | has("v")) as $y
      | (if $x and $y then ($a.v == $b.v and ($a.v | container | not)) else $x == $y end) as $equal
      | ($x and $y and (($a.v | type) == ($b.v | type)) and (($a.v | type) == "number" or ($a.v | type) == "string")) as $ordered
      | if $f.k == "==" then $equal elif $f.k == "!=" then $equal | not
        elif $f.k == "<" then $ordered and $a.v < $b.v elif $f.k == "<=" then $equal or ($ordered and $a.v < $b.v)
        elif $f.k == ">" then $ordered and $a.v > $b.v else $equal or ($ordered and $a.v > $b.v) end end;
  if ($path | length) == 0 then .
  else $path[0] as $g | (if $g.d then recurse(.[]?) | select(container) else . end) as $at
    | $g.s[] as $s | $at
    | (if $s.k == "filter" then (if container then .[] | select(. as $one | holds($s.f; $one)) else empty end) else step($s) end)
    | walk($path[1:]; $root) end;
. as [$path, $text] | [first($text | walk($path; $text))]
"""
NAMES = ["a", "b", "c", "ab", "", "0", "1", "-1", "a b", "a.b", "\u00e4", "\u2603", "'", '"', "\\", "/", "~", "~1", "\n", "\U0001f600", "length", "*", "$", "@"]
SCALARS = [0, 1, 2, -1, 10, 1.5, 1e3, -0.0, 1e-7, 123456789012, True, False, None, "", "a", "b", "ab", "10", "\u00e4", "\U0001f600", "x\ty", '"', "\\", "\u2028"]


def make_name(rng):
    return rng.choice("abc") if rng.random() < 0.6 else rng.choice(NAMES)


def make_value(rng, depth, least=0):
    kind = rng.randrange(least, 10) if depth > 0 else 0
    if kind < 4:
        return rng.choice(SCALARS)
    if kind < 7:
        return {make_name(rng): make_value(rng, depth - 1) for _ in range(rng.randrange(5))}
    return [make_value(rng, depth - 1) for _ in range(rng.randrange(5))]


def quoted(rng, text):
    """A text in quotes, in one of the ways of RFC 9535."""
    as_json = json.dumps(text, ensure_ascii=rng.random() < 0.5)
    return as_json if rng.random() < 0.5 else "'" + as_json[1:-1].replace('\\"', '"').replace("'", "\\'") + "'"


def make_operand(rng):
    if rng.random() < 0.5:
        value = rng.choice(SCALARS)
        return {"k": "lit", "v": value}, quoted(rng, value) if isinstance(value, str) else json.dumps(value)
    root, segments, text = rng.random() < 0.2, [], ""
    for _ in range(rng.randrange(3)):
        one, written = make_segment(rng, 0, True)
        segments.append(one)
        text += written
    return {"k": "path", "root": root, "p": segments}, ("$" if root else "@") + text


def make_filter(rng, depth):
    kind = rng.randrange(10)
    if depth > 0 and kind < 4:
        a, a_text = make_filter(rng, depth - 1)
        if kind == 3:
            return {"k": "not", "a": a}, f"!({a_text})"
        b, b_text = make_filter(rng, depth - 1)
        word, sign = ("and", "&&") if kind == 1 else ("or", "||")
        return {"k": word, "a": a, "b": b}, f"({a_text}){sign} ({b_text})"
    a, a_text = make_operand(rng)
    if a["k"] == "path" and rng.random() < 0.3:
        return {"k": "has", "a": a}, a_text
    b, b_text = make_operand(rng)
    sign = rng.choice(["==", "!=", "<", "<=", ">", ">="])
    return {"k": sign, "a": a, "b": b}, rng.choice(["{}{}{}", "{} {} {}"]).format(a_text, sign, b_text)


def make_selector(rng, depth, simple):
    kind = rng.randrange(3 if simple else 12)
    if kind < 2:
        name = make_name(rng)
        return {"k": "name", "n": name}, quoted(rng, name)
    if kind < 5:
        i = rng.randrange(-4, 5)
        return {"k": "index", "i": i}, str(i)
    if kind < 7:
        return {"k": "all"}, "*"
    if kind < 10:
        a, b = (rng.choice([None, rng.randrange(-6, 7)]) for _ in range(2))
        c = rng.choice([1, 1, 2, 3, -1, -2, 0])
        words = [("" if x is None else str(x)) for x in (a, b)]
        return {"k": "slice", "a": a, "b": b, "c": c}, ":".join(words) + ("" if c == 1 and rng.random() < 0.5 else f":{c}")
    f, text = make_filter(rng, depth)
    return {"k": "filter", "f": f}, "?" + text


def make_segment(rng, depth, simple=False):
    descend = not simple and rng.random() < 0.2
    lead = ".." if descend else "."
    name = rng.choice(["a", "b", "c", "ab", "\u00e4", "length"])
    if rng.random() < 0.4:
        return {"d": descend, "s": [{"k": "name", "n": name}]}, lead + name
    if not simple and rng.random() < 0.2:
        return {"d": descend, "s": [{"k": "all"}]}, lead + "*"
    made = [make_selector(rng, depth, simple) for _ in range(1 if simple else rng.choice([1, 1, 1, 2, 3]))]
    text = rng.choice([",", ", ", " ,"]).join(t for _, t in made)
    return {"d": descend, "s": [s for s, _ in made]}, (".." if descend else "") + "[" + text + "]"


def make_path(rng, value):
    """(what jq follows, how it is written); often one that leads somewhere in `value`"""
    made, at, pointer = [], value, rng.random() < 0.25
    for _ in range(rng.randrange(5)):
        name = None
        if isinstance(at, (dict, list)) and at and rng.random() < 0.7:
            name = rng.choice(list(at) if isinstance(at, dict) else range(len(at)))
            at = at[name]
        else:
            at = None
        if pointer:
            token = rng.choice(NAMES + ["2", "3", "00", "01", "+1", "-"]) if name is None else str(name)
            made.append(({"d": False, "s": [{"k": "token", "n": token}]}, "/" + token.replace("~", "~0").replace("/", "~1")))
        elif name is None:
            made.append(make_segment(rng, 2))
        elif isinstance(name, int):
            made.append(({"d": False, "s": [{"k": "index", "i": name}]}, f"[{name}]"))
        else:
            made.append(({"d": False, "s": [{"k": "name", "n": name}]}, f"[{quoted(rng, name)}]"))
    return [s for s, _ in made], ("" if pointer else "$") + "".join(t for _, t in made)


JSON_LETTERS = [b"{", b"}", b"[", b"]", b",", b":", b'"', b"\\", b"\\u", b"\\x", b"0", b"-", b".", b"e", b"t", b"nul", b"\x00", b"\x01", b"\x7f", b"\xff",
                b" ", b"\t", b"\x0b", b"'", b"NaN", b"//", b"\xef\xbb\xbf"]


def strict(text):
    """(whether a JSON text is one that all readers take for the same, its value)"""
    def refuse(word):
        raise ValueError(word)

    def once(pairs):
        if len(dict(pairs)) < len(pairs):
            raise ValueError("a key twice: the first is ours, the last is jq's")
        return dict(pairs)

    try:
        value = json.loads(text.decode("utf-8"), parse_constant=refuse, object_pairs_hook=once)
        json.dumps(value, allow_nan=False, ensure_ascii=False).encode()  # no half of a pair, no infinity
        return True, value
    except (ValueError, RecursionError):
        return False, None


def is_json(text):
    try:
        json.loads(text.decode("utf-8", "replace"))
        return True
    except ValueError:
        return False


def same_value(a, b):
    if isinstance(a, (bool, str)) or a is None or isinstance(b, (bool, str)) or b is None:
        return type(a) is type(b) and a == b
    if isinstance(a, list) or isinstance(b, list):
        return isinstance(a, list) and isinstance(b, list) and len(a) == len(b) and all(map(same_value, a, b))
    if isinstance(a, dict) or isinstance(b, dict):
        return isinstance(a, dict) and isinstance(b, dict) and a.keys() == b.keys() and all(same_value(a[k], b[k]) for k in a)
    return a == b


def by_jq(cases):
    """For each (path, value): the list of its first node, or of none."""
    lines = "\n".join(json.dumps([path, value]) for path, value in cases)
    done = subprocess.run(["jq", "-c", JQ], input=lines.encode(), capture_output=True, check=False)
    if done.returncode != 0:
        sys.exit(f"jq: {done.stderr.decode()[-500:]}")
    return [json.loads(line) for line in done.stdout.splitlines()]


def json_part(options):
    rng, part = random.Random(options.seed), torture.Part("json")
    cases, texts, questions = [], [], []
    for _ in range(options.cases):
        value = make_value(rng, 4, rng.choice([0, 4, 4, 4]))
        path, written = make_path(rng, value)
        text = json.dumps(value, ensure_ascii=rng.random() < 0.5, indent=rng.choice([None, None, 1]), separators=rng.choice([None, (",", ":")])).encode()
        good = True
        if rng.random() < 0.3:
            text = mutated(rng, text, JSON_LETTERS)
            good, value = strict(text)
        cases.append(written.encode() + b"\0" + text)
        texts.append((written, text, good))
        questions.append((path, value))
    for (written, text, good), line, theirs in zip(texts, read_all("json", cases), by_jq(questions)):
        found = line.startswith("found ")
        case = f"{written} in {text!r}"
        if not good:  # only what is read on the way is checked
            part.note("texts with a mistake")
            good = line in ("missing", "broken") or (found and is_json(bytes.fromhex(line[6:])))
            part.add(None if good else f"{case}: {line}", "a text with a mistake")
            continue
        ours = [strict(bytes.fromhex(line[6:]))[1]] if found else []
        part.note("values found", found)
        part.add(None if line in ("missing", "found " + line[6:]) and same_value(ours, theirs) else f"{case}: ours {line} {ours}, jq's {theirs}",
                 f"ours {line.split()[0]}, jq's {'found' if theirs else 'missing'}")
    return part.end("values as jq finds them")


PARTS = {"http1": http1, "csv": csv_part, "json": json_part}


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
