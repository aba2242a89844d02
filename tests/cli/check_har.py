#!/usr/bin/env python3
"""Reads HAR files by itself, for tests of `coldswarm convert`.

check_har.py answers FILE.har               what tests/support/recorder.py must answer, so that it sets the cookies of the recording
check_har.py same FILE.har LOG PORT         LOG, a recorder's, begins with the requests of the recording to 127.0.0.1:PORT that are neither
                                            preflights nor assets: method, path, headers, cookies, body. Variables of the scenario had the
                                            value v-NAME; each must stand for one and the same text of the recording.
"""
import base64
import email.parser
import email.policy
import json
import re
import sys
import urllib.parse

# What browsers set by themselves: forbidden request headers (Fetch, 2.2.2), and what no page asked for.
BROWSERS = {"accept-encoding", "accept-language", "cache-control", "connection", "content-length", "dnt", "host", "if-modified-since", "if-none-match",
            "origin", "pragma", "priority", "referer", "te", "upgrade-insecure-requests", "user-agent", "x-client-data"}
OURS = {"traceparent", "expect"}
ASSETS = {"stylesheet", "script", "image", "font", "media", "preflight"}
meanings = {}


def entries(path):
    return json.load(open(path))["log"]["entries"]


def answers(path):
    out = {}
    for e in entries(path):
        lines = [line for h in e["response"].get("headers", []) if h["name"].lower() == "set-cookie" for line in h["value"].split("\n")]
        if lines:
            out.setdefault(urllib.parse.urlsplit(e["request"]["url"]).path, {"headers": {}})["headers"]["Set-Cookie"] = lines
    return out


def equal(theirs, ours, what):
    """Equal, but for variables, of which each always means the same."""
    names = re.findall(r"v-([A-Z_0-9]+)", ours)
    found = re.fullmatch("(.+?)".join(re.escape(p) for p in re.split(r"v-[A-Z_0-9]+", ours)), theirs, re.S)
    assert found, (what, theirs, ours)
    for name, text in zip(names, found.groups()):
        assert meanings.setdefault(name, text) == text, (what, name, text, meanings[name])


def cookies(value):
    return sorted(c.strip() for c in value.split(";")) if value else []


def body_of(request):
    data = request.get("postData") or {}
    if data.get("encoding") == "base64":
        return base64.b64decode(data["text"])
    return data.get("text", "").encode("latin-1" if all(ord(c) < 256 for c in data.get("text", "")) else "utf-8")


def parts(kind, body):
    message = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(b"Content-Type: " + kind.encode() + b"\r\n\r\n" + body)
    return [(p.get_param("name", header="content-disposition"), p.get_filename(), p["Content-Type"] and p.get_content_type(),
             p.get_payload(decode=True)) for p in message.iter_parts()]


def same_body(kind, theirs, ours):
    if kind.startswith("multipart/"):
        assert parts(theirs[0], theirs[1]) == parts(ours[0], ours[1]), (theirs, ours)
    elif "urlencoded" in kind:
        a, b = (urllib.parse.parse_qsl(x[1].decode(), keep_blank_values=True) for x in (theirs, ours))
        assert [k for k, _ in a] == [k for k, _ in b], (a, b)
        for (key, one), (_, other) in zip(a, b):
            equal(one, other, key)
    elif "json" in kind:
        flat = lambda x: json.dumps(json.loads(x[1]), ensure_ascii=False)
        equal(flat(theirs), flat(ours), "json")
    else:
        assert theirs[1] == ours[1], (theirs, ours)


def same(path, log, port):
    entries_of = entries(path)
    kept = [e["request"] for e in entries_of if urllib.parse.urlsplit(e["request"]["url"]).netloc == f"127.0.0.1:{port}" and
            e["request"]["method"] != "OPTIONS" and e.get("_resourceType") not in ASSETS]
    set_by = {id(e["request"]): {line.split(";")[0] for h in e["response"].get("headers", []) if h["name"].lower() == "set-cookie"
                                 for line in h["value"].split("\n")} for e in entries_of}
    jar, sent = set(), [json.loads(line) for line in open(log)]
    assert len(kept) >= 5 and len(sent) >= len(kept), (len(kept), len(sent))
    for request, got in zip(kept, sent):
        url = urllib.parse.urlsplit(request["url"])
        assert request["method"] == got["method"]
        equal(url.path + ("?" + url.query if url.query else ""), got["path"], "path")
        theirs = {h["name"].lower(): h["value"] for h in request["headers"] if h["name"][0] != ":"}
        ours = {k.lower(): v for k, v in got["headers"]}
        a, b = cookies(theirs.pop("cookie", "")), cookies(ours.pop("cookie", ""))
        equal("; ".join(a), "; ".join(c for c in b if c in a or c not in jar), "cookies")  # a recording may omit those of the jar
        jar |= set_by[id(request)]
        kind = theirs.get("content-type", "")
        same_body(kind, (kind, body_of(request)), (ours.get("content-type", ""), got["body"].encode("latin-1")))
        if kind.startswith("multipart/"):
            theirs.pop("content-type")
            ours.pop("content-type")
        asked = {k for k in theirs if k not in BROWSERS and not k.startswith("sec-")}
        extra = {k for k in ours if k not in BROWSERS | OURS | {"accept"}}
        assert extra <= asked, (request["url"], extra - asked)
        for name in asked:
            assert name in ours, (request["url"], name)
            equal(theirs[name], ours[name], name)
    print(len(kept), "requests are the same")


if sys.argv[1] == "answers":
    print(json.dumps(answers(sys.argv[2])))
else:
    same(*sys.argv[2:])
