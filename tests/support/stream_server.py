#!/usr/bin/env python3
"""stream_server.py --log FILE [--tls CERT KEY] [--port-file]: answers requests with streams of events, and logs what it wrote.

The query of the path says how, for tests of "stream":
  n=20          token events          gap=2        milliseconds between them
  frame=chunked|close|length          how HTTP frames the body (close: HTTP/1.0)
  piece=7       writes of so many bytes, each on its own                  burst=3   events in one write
  crlf=1        lines end with CR LF  space=0      "data:" without a space     blank=0   no empty line behind the last event
  gzip=1        Content-Encoding, flushed with each write
  format=openai|ollama|plain (the data is the text)    role=1       an event with a role before the first token     ping=1   comments between events
  reasoning=5   the first so many are reasoning    usage=1   usage at the end
  end=done|nodone|noreason|cut|reset|error|stall|json|empty|silent|again   what ends it: see end()
  status=429    another status, with a JSON body   location=/x   a redirect
Each request is a line of the log: {"path", "body", "text", "reasoning", "tokens", "events", "ended": "server" or "client", "before_ns", "after_ns"},
times of CLOCK_MONOTONIC around the write that completed each token event. GET /v1/models names one model. Prints "ready PORT".
"""
import argparse
import asyncio
import json
import ssl
import time
import urllib.parse
import zlib

WORDS = ["Hello", " w\u00f6rld", " \u65e5\u672c", ' "quoted"', "\n", " back\\slash", " \U0001f600", " <tag>", " 1,5", "\t", " x" * 20]


class Gone(Exception):
    """The client has ended the connection."""


class Stream:
    def __init__(self, q, writer, reader):
        self.q, self.writer, self.reader = q, writer, reader
        self.entry = {"text": "", "reasoning": "", "tokens": 0, "events": 0, "ended": "server", "before_ns": [], "after_ns": []}
        self.zip = zlib.compressobj(6, zlib.DEFLATED, 31) if q.get("gzip") else None
        self.frame = q.get("frame", "chunked")
        self.held, self.marks = b"", []

    async def raw(self, data):
        """Writes bytes of the body; in pieces where that is asked for. They are with the kernel when it returns."""
        piece = int(self.q.get("piece", "0")) or max(len(data), 1)
        for at in range(0, len(data), piece):
            self.look()
            part = data[at:at + piece]
            if self.frame == "chunked":
                part = b"%x\r\n%s\r\n" % (len(part), part)
            self.writer.write(part)
            await self.writer.drain()
            if piece < len(data):
                await asyncio.sleep(0)

    async def flush(self):
        data, self.held = self.held, b""
        if self.zip is not None and data:
            data = self.zip.compress(data) + self.zip.flush(zlib.Z_SYNC_FLUSH)
        before = time.monotonic_ns()
        if data:
            await self.raw(data)
        after = time.monotonic_ns()
        for text, kind in self.marks:
            self.entry[kind] += text
            self.entry["tokens"] += 1
            self.entry["before_ns"].append(before)
            self.entry["after_ns"].append(after)
        self.marks = []

    def event(self, data, name=None, last=False):
        """Puts an event behind those that are held back for one write."""
        end = "\r\n" if self.q.get("crlf") else "\n"
        if self.q.get("format") == "ollama":
            self.held += (data + "\n").encode()
        else:
            colon = "data:" if self.q.get("space") == "0" else "data: "
            self.held += ((f"event: {name}{end}" if name else "") + colon + data + end +
                          ("" if last and self.q.get("blank") == "0" else end)).encode()
        self.entry["events"] += 1

    def token(self, i):
        word, kind = WORDS[i % len(WORDS)], "reasoning" if i < int(self.q.get("reasoning", "0")) else "text"
        self.marks.append((word, kind))
        ascii_only = i % 2 == 0  # both \u escapes and raw UTF-8
        if self.q.get("format") == "plain":
            self.event(word.strip())
        elif self.q.get("format") == "ollama":
            self.event(json.dumps({"model": "m", "response": word, "done": False}, ensure_ascii=ascii_only))
        else:
            delta = {"reasoning_content" if kind == "reasoning" else "content": word}
            self.event(json.dumps({"id": "c", "choices": [{"index": 0, "delta": delta, "finish_reason": None}]}, ensure_ascii=ascii_only))

    async def run(self):
        n, gap, burst = int(self.q.get("n", "10")), float(self.q.get("gap", "2")) / 1000, int(self.q.get("burst", "1"))
        if self.q.get("role"):
            self.event('{"choices": [{"delta": {"role": "assistant", "content": ""}}]}')
            await self.flush()
        for i in range(n):
            await self.wait(gap)
            if self.q.get("ping") and i % 3 == 1:
                self.held += b": keep-alive\n\n"
            self.token(i)
            if (i + 1) % burst == 0 or i + 1 == n:
                await self.flush()
        await self.end(self.q.get("end", "done"), n)

    def look(self):
        if self.reader.at_eof() or self.reader.exception() is not None:
            raise Gone

    async def wait(self, seconds):
        await asyncio.sleep(seconds)
        self.look()

    async def end(self, how, n):
        """done: finish reason and mark. nodone: the reason alone. noreason: neither, and HTTP ends in order. cut: the connection ends in the
        middle. reset: by a reset. error: an error event. stall: nothing more, for ever. again: the mark twice, and an event behind it."""
        if how == "error":
            self.event('{"error": {"message": "out of memory on GPU 3", "code": 500}}')
        elif how in ("done", "nodone", "again") and self.q.get("format") == "ollama":
            self.event(json.dumps({"model": "m", "response": "", "done": True, "done_reason": "length", "prompt_eval_count": 7, "eval_count": n}))
        elif how in ("done", "nodone", "again"):
            self.event('{"choices": [{"index": 0, "delta": {}, "finish_reason": "length"}]}')
            if self.q.get("usage"):
                self.event(json.dumps({"choices": [], "usage": {"prompt_tokens": 31, "completion_tokens": 2 * n,
                                                                "prompt_tokens_details": {"cached_tokens": 5}}}))
            if how != "nodone":
                self.event("[DONE]", last=how == "done")
            if how == "again":
                self.event("[DONE]")
                self.event('{"choices": [{"delta": {"content": "late"}}]}')
        if how == "stall":
            await self.flush()
            while True:
                await self.wait(0.01)
        await self.flush()
        if how == "cut":
            self.writer.write(b"40\r\nhalf of a chunk" if self.frame == "chunked" else b"")
            await self.writer.drain()
            self.writer.close()
            return
        if how == "reset":
            self.writer.transport.abort()
            return
        tail = self.zip.flush() if self.zip is not None else b""
        if tail:
            await self.raw(tail)
        if self.frame == "chunked":
            self.writer.write(b"0\r\n\r\n")
            await self.writer.drain()


async def respond(path, body, reader, writer):
    """True where the connection stays."""
    url = urllib.parse.urlsplit(path)
    q = dict(urllib.parse.parse_qsl(url.query))
    if url.path == "/v1/models":
        data = b'{"object": "list", "data": [{"id": "tiny-1", "object": "model"}]}'
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(data), data))
        return True
    if "location" in q:
        writer.write(b"HTTP/1.1 307 T\r\nLocation: %s\r\nContent-Length: 3\r\n\r\nno\n" % q["location"].encode())
        return True
    if "status" in q or q.get("end") in ("json", "empty"):
        data = b"" if q.get("end") == "empty" else b'{"choices": [{"message": {"content": "all at once"}}], "error": "busy"}'
        writer.write(b"HTTP/1.1 %s X\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: %d\r\n\r\n%s" %
                     (q.get("status", "200").encode(), len(data), data))
        ARGS.log.write(json.dumps({"path": path, "body": body.decode(errors="replace"), "tokens": 0}) + "\n")
        return True
    if q.get("end") == "silent":
        await reader.read(1)
        ARGS.log.write(json.dumps({"path": path, "ended": "client", "tokens": 0}) + "\n")
        return False
    s = Stream(q, writer, reader)
    kind = "application/x-ndjson" if q.get("format") == "ollama" else "text/event-stream; charset=utf-8"
    head = "HTTP/1.%d 200 OK\r\nContent-Type: %s\r\n" % (s.frame != "close", kind)
    head += "Content-Encoding: gzip\r\n" if s.zip is not None else ""
    head += {"chunked": "Transfer-Encoding: chunked\r\n", "close": "", "length": "Content-Length: %s\r\n" % q.get("length", "0")}[s.frame]
    writer.write(head.encode() + b"\r\n")
    try:
        await s.run()
    except (Gone, ConnectionError):
        s.entry["ended"] = "client"
    kept = s.frame != "close" and s.entry["ended"] == "server" and q.get("end") not in ("cut", "reset")
    ARGS.log.write(json.dumps({"path": path, "body": body.decode(errors="replace"), **s.entry}) + "\n")
    return kept


async def serve(reader, writer):
    try:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            fields = dict(line.split(": ", 1) for line in head.decode("latin-1").split("\r\n")[1:] if ": " in line)
            body = await reader.readexactly(int(fields.get("Content-Length", "0")))
            if not await respond(head.split(b" ")[1].decode(), body, reader, writer):
                break
            await writer.drain()
    except (ConnectionError, asyncio.IncompleteReadError):
        pass
    finally:
        writer.close()


async def main():
    context = None
    if ARGS.tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*ARGS.tls)
    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context, backlog=2000)
    print("ready", server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--log", required=True, type=lambda p: open(p, "a", buffering=1, encoding="utf-8"))
    parser.add_argument("--tls", nargs=2)
    ARGS = parser.parse_args()
    asyncio.run(main())
