#!/usr/bin/env python3
"""Compares what a recorder (tests/support/recorder.py) has written down.

check_convert.py same A.log B.log...        pair by pair, B begins with the requests of A: method, path, headers and body are the same
check_convert.py like A.log B.log...        the same, but the white space in JSON may differ
check_convert.py expect LOG EXPECTED.json   LOG begins with these requests; of headers only those that are named (null: not sent)
check_convert.py among LOG EXPECTED.json    each of these requests is somewhere in LOG, and nothing else is
"""
import email.parser
import email.policy
import json
import re
import sys

OWN = {"host", "user-agent", "content-length", "accept", "traceparent", "connection", "expect", "accept-encoding"}


def read(path):
    return [json.loads(line) for line in open(path)]


def header(request, name):
    values = [v for k, v in request["headers"] if k.lower() == name.lower()]
    return ", ".join(values) if values else None


def parts(request):
    """A multipart body as (name, filename, type, bytes) of each part: boundaries differ from client to client."""
    kind = header(request, "Content-Type") or ""
    if not kind.startswith("multipart/form-data"):
        return None
    raw = b"Content-Type: " + kind.encode() + b"\r\n\r\n" + request["body"].encode("latin-1")
    message = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(raw)
    return [(p.get_param("name", header="content-disposition"), p.get_filename(), p["Content-Type"] and p.get_content_type(),
             p.get_payload(decode=True)) for p in message.iter_parts()]


def plain_headers(request):
    multipart = parts(request) is not None
    return sorted((k.lower(), v) for k, v in request["headers"]
                  if k.lower() not in OWN and not (multipart and k.lower() == "content-type"))


def escapes(text):
    """%xx and %XX are the same (RFC 3986 2.1), and so are characters that a URL should have escaped."""
    text = re.sub(r"%[0-9A-Fa-f]{2}", lambda m: m.group().upper(), text)
    return re.sub(r'[{}|^`"<>\\ ]', lambda m: f"%{ord(m.group()):02X}", text)


def minified(body):
    try:
        return json.dumps(json.loads(body.encode("latin-1")))
    except ValueError:
        return body


def same(a, b, like=False):
    assert a["method"] == b["method"], (a["method"], b["method"])
    assert escapes(a["path"]) == escapes(b["path"]), (a["path"], b["path"])
    assert plain_headers(a) == plain_headers(b), (plain_headers(a), plain_headers(b))
    if header(a, "Accept") not in (None, "*/*"):
        assert header(a, "Accept") == header(b, "Accept")
    if parts(a) is not None:
        assert parts(a) == parts(b), (parts(a), parts(b))
    elif "urlencoded" in (header(a, "Content-Type") or ""):
        assert re.sub("%..", lambda m: m.group().upper(), a["body"]) == re.sub("%..", lambda m: m.group().upper(), b["body"]), (a["body"], b["body"])
    elif like:
        assert minified(a["body"]) == minified(b["body"]), (a["body"], b["body"])
    else:
        assert a["body"] == b["body"], (a["body"], b["body"])


def matches(request, want):
    """What differs, or None."""
    for key in ("method", "path"):
        if request[key] != want[key]:
            return f"{key}: {request[key]} is not {want[key]}"
    for name, value in want.get("headers", {}).items():
        if header(request, name) != value:
            return f"{name}: {header(request, name)} is not {value}"
    if "json" in want:
        return None if request["body"] and json.loads(request["body"].encode("latin-1")) == want["json"] else f"body: {request['body']}"
    if "parts" in want:
        got = [[n, f, t, b.decode("latin-1")] for n, f, t, b in parts(request) or []]
        return None if got == want["parts"] else f"parts: {got}"
    return None if request["body"] == want.get("body", "") else f"body: {request['body']!r}"


def main():
    what, log = sys.argv[1], read(sys.argv[2])
    if what in ("same", "like"):
        for a, b in zip(sys.argv[2::2], sys.argv[3::2]):
            print(a, b)
            ours = read(b)
            assert len(ours) >= len(read(a)), [r["path"] for r in ours]
            for one, other in zip(read(a), ours):
                same(one, other, what == "like")
        return
    wanted = json.load(open(sys.argv[3]))
    if what == "expect":
        assert len(log) >= len(wanted), f"only {len(log)} requests: {[r['path'] for r in log]}"
        for request, want in zip(log, wanted):
            assert matches(request, want) is None, f"{want}: {matches(request, want)}"
        return
    for want in wanted:
        assert any(matches(r, want) is None for r in log), \
            f"not sent: {want}; {[matches(r, want) for r in log if r['path'] == want['path']][:1]}, {sorted({r['path'] for r in log})}"
    for r in log:
        assert any(matches(r, want) is None for want in wanted), f"not wanted: {r}"


if __name__ == "__main__":
    main()
