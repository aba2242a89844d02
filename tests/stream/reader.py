#!/usr/bin/env python3
"""reader.py: what the streams in samples/ contain, as `expected` has it for test_samples.c.

A second reader, written from the servers' documents and not from our code: it has the whole body at once, splits it with regular
expressions and reads events with Python's json module. `reader.py | diff - expected` must find nothing.
"""

import json
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).parent
# Of formats that the scenario describes: where the text is, and what ends the stream.
SPECS = {
    "sse.pointer": ("/a/1/t~0~1x", "[END]"), "sse.pointer_error": ("/t", None), "sse.pointer_repeated": ("/t", None),
    "sse.pointer_replaced": ("/a/b", None),
    "sse.whole_done": (None, "<end>"), "sse.whole_no_done": (None, "<end>"),
    "ndjson.pointer": ("/t", None), "ndjson.error": ("/t", None),
}
FINISH = {"stop": "stop", "eos_token": "stop", "end_turn": "stop", "stop_sequence": "stop", "length": "length", "max_tokens": "length",
          "tool_calls": "tool_calls", "tool_use": "tool_calls", "function_call": "tool_calls", "content_filter": "content_filter",
          "refusal": "content_filter"}


def get(value, *path):
    """The value at a path of keys and indexes; None if there is none."""
    for step in path:
        if isinstance(value, dict) and isinstance(step, str):
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
        else:
            return None
    return value


def objects(value):
    return [v for v in value if isinstance(v, dict)] if isinstance(value, list) else [value] if isinstance(value, dict) else []


def string(value):
    return value if isinstance(value, str) else ""


def number(*values):
    """The last that is a whole number from 0 to 2^53."""
    found = -1
    for v in values:
        if type(v) is int and 0 <= v <= 2**53:
            found = v
    return found


def sse_events(body):
    """(type, data, index of the byte that completes the event) by WHATWG; what the end of the body completes comes at its last byte."""
    text, at, base = body, 0, 0
    if text.startswith(b"\xef\xbb\xbf"):
        text, base = text[3:], 3
    data, kind = [], b""
    for match in re.finditer(rb"([^\r\n]*)(\r\n|\n|\r|\Z)", text):
        line, end = match[1], match[2]
        if not line and not end:
            break
        if line.startswith(b":"):
            continue
        if line:
            name, _, value = line.partition(b":")
            value = value[1:] if value.startswith(b" ") else value
            if name == b"data":
                data.append(value)
            elif name == b"event":
                kind = value
            elif name == b"error":
                data.append(value)
                kind = name
        else:
            if data:
                yield kind.decode(), b"\n".join(data), base + match.start(2)
            data, kind = [], b""
    if data:
        yield kind.decode(), b"\n".join(data), len(body) - 1


def ndjson_events(body):
    at = 0
    for line in re.split(rb"(?<=\n)", body):
        at += len(line)
        if line.strip():
            yield "", line.rstrip(b"\n"), at - 1


class Event:
    def __init__(self):
        self.text, self.reasoning, self.tools = [], [], []
        self.finish = None
        self.error = None
        self.done = False
        self.output = self.prompt = self.cached = self.reasoning_tokens = -1


def value_text(v):
    return v if isinstance(v, str) else json.dumps(v, separators=(",", ":"), ensure_ascii=False) if v is not None else ""


def openai_usage(e, *all_usage):
    for u in all_usage:
        if isinstance(u, dict):
            e.prompt = number(e.prompt, u.get("prompt_tokens"), u.get("input_tokens"))
            e.output = number(e.output, u.get("completion_tokens"), u.get("output_tokens"))
            for name in "prompt_tokens_details", "input_tokens_details":
                e.cached = number(e.cached, get(u, name, "cached_tokens"))
            for name in "completion_tokens_details", "output_tokens_details":
                e.reasoning_tokens = number(e.reasoning_tokens, get(u, name, "reasoning_tokens"))


def choices(e, v, read):
    for c in objects(get(v, "choices")):
        read(c)
        e.finish = string(c.get("finish_reason")) or e.finish
        openai_usage(e, c.get("usage"))
    openai_usage(e, get(v, "usage"), get(v, "x_groq", "usage"))
    if get(v, "object") == "error":
        e.error = v["message"]


def openai(e, v, kind):
    def read(c):
        d = c.get("delta")
        e.reasoning.append(string(get(d, "reasoning_content")) or string(get(d, "reasoning")))
        content = get(d, "content")
        if isinstance(content, list):
            for part in content:
                e.text.append(part.get("text", ""))
                e.reasoning += [t["text"] for t in part.get("thinking", [])]
        else:
            e.text.append(string(content) or string(get(content, "text")))
        e.text.append(string(get(d, "refusal")))
        for call in objects(get(d, "tool_calls")):
            e.tools += [value_text(get(call, "function", "arguments")), string(get(call, "custom", "input"))]
        e.tools.append(string(get(d, "function_call", "arguments")))
    choices(e, v, read)


def completions(e, v, kind):
    choices(e, v, lambda c: e.text.append(string(c.get("text"))))


def responses(e, v, kind):
    kind = get(v, "type") or kind
    into = {"output_text": e.text, "refusal": e.text, "reasoning_text": e.reasoning, "reasoning_summary_text": e.reasoning,
            "function_call_arguments": e.tools, "mcp_call_arguments": e.tools, "code_interpreter_call_code": e.tools,
            "custom_tool_call_input": e.tools}
    match = re.fullmatch(r"response\.(\w+)\.delta", kind)
    if match and match[1] in into:
        into[match[1]].append(v["delta"])
    openai_usage(e, get(v, "response", "usage"))
    if kind == "response.completed":
        calls = any(o.get("type") == "function_call" for o in objects(get(v, "response", "output")))
        e.done, e.finish = True, "tool_calls" if calls else "stop"
    elif kind == "response.incomplete":
        e.done = True
        e.finish = {"max_output_tokens": "length", "content_filter": "content_filter"}[v["response"]["incomplete_details"]["reason"]]
    elif kind == "response.cancelled":
        e.done, e.finish = True, "cancelled"
    elif kind == "response.failed":
        e.done, e.error = True, v["response"]["error"]["message"]
    elif kind == "error":
        e.done, e.error = True, get(v, "error", "message") or v["message"]


def anthropic(e, v, kind):
    for part in get(v, "delta"), get(v, "content_block"):
        e.text.append(string(get(part, "text")))
        e.reasoning.append(string(get(part, "thinking")))
        e.tools.append(string(get(part, "partial_json")))
    e.finish = get(v, "delta", "stop_reason")
    e.output = number(get(v, "usage", "output_tokens")) if v["type"] == "message_delta" else -1
    e.reasoning_tokens = number(get(v, "usage", "output_tokens_details", "thinking_tokens"))
    u = get(v, "usage") or get(v, "message", "usage") or {}
    e.cached = number(u.get("cache_read_input_tokens"))
    if "input_tokens" in u:
        e.prompt = u["input_tokens"] + u.get("cache_read_input_tokens", 0) + u.get("cache_creation_input_tokens", 0)
    e.done = v["type"] == "message_stop"


def tgi(e, v, kind):
    if not get(v, "token", "special"):
        e.text.append(string(get(v, "token", "text")))
    e.done = isinstance(v.get("generated_text"), str)
    e.finish = get(v, "details", "finish_reason")
    e.output, e.prompt = number(get(v, "details", "generated_tokens")), number(get(v, "details", "input_length"))


def ollama(e, v, kind):
    e.text += [string(v.get("response")), string(get(v, "message", "content"))]
    e.reasoning += [string(v.get("thinking")), string(get(v, "message", "thinking"))]
    e.tools += [value_text(get(c, "function", "arguments")) for c in objects(get(v, "message", "tool_calls"))]
    e.done, e.finish = v.get("done") is True, v.get("done_reason")
    e.output, e.prompt = number(v.get("eval_count")), number(v.get("prompt_eval_count"))


def triton(e, v, kind):
    e.text.append(string(v.get("text_output")))
    e.finish = v.get("finish_reason") or None
    e.output, e.prompt = number(v.get("num_output_tokens")), number(v.get("num_input_tokens"))


def error_text(v, kind, data):
    """What an error event says; None if it is none."""
    error = v.get("error") if isinstance(v, dict) else None
    if isinstance(error, str) and error:
        return error
    if isinstance(error, dict):
        return error.get("message", json.dumps(error))
    if kind == "error":
        return get(v, "message") or data.decode() or "an error event without a text"
    return None


def pointed(v, pointer):
    for token in pointer.split("/")[1:]:
        token = token.replace("~1", "/").replace("~0", "~")
        v = get(v, int(token) if isinstance(v, list) else token)
    return v


def decoded(parts):
    """Strings of JSON, joined: halves of surrogate pairs meet, and those that stay alone become U+FFFD."""
    out, joined = [], "".join(parts)
    for match in re.finditer("([\ud800-\udbff])([\udc00-\udfff])|([\ud800-\udfff])|(.)", joined, re.DOTALL):
        if match[1]:
            out.append(chr(0x10000 + ((ord(match[1]) - 0xd800) << 10) + ord(match[2]) - 0xdc00))
        else:
            out.append("\ufffd" if match[3] else match[4])
    return "".join(out).encode()


def read(name, body):
    form = name.partition(".")[0]
    pointer, mark = SPECS.get(name, (None, None))
    lines = form in ("ollama", "ndjson")
    marks = {mark} if form in ("sse", "ndjson") else set() if lines else {"[DONE]"}
    text, reasoning, tools, tokens = [], [], [], []
    r = dict(events=0, after_done=0, reasoning_events=0, tool_events=0, output=-1, prompt=-1, cached=-1, reasoning_tokens=-1, first_tokens=0)
    finish, error, done, mark_seen, first_event, ttfo = None, None, False, False, None, None
    for kind, data, at in (ndjson_events if lines else sse_events)(body):
        is_mark = data.strip().decode() in marks
        if done:
            r["after_done"] += not is_mark or mark_seen
            mark_seen |= is_mark
            continue
        strict = not (form == "sse" or (form == "ndjson" and pointer is None))
        try:
            v = json.loads(data) if data.strip() else None
        except ValueError:
            v = None
            if strict and kind != "error" and not is_mark:
                continue  # the end of the body cut it
        r["events"] += 1
        first_event = at if first_event is None else first_event
        if is_mark:
            done = mark_seen = True
            continue
        e = Event()
        if form in ("sse", "ndjson") and pointer is None:
            if kind != "error":
                e.text.append(data.decode())
        if form in ("sse", "ndjson"):
            e.text.append(value_text(pointed(v, pointer)) if pointer is not None and v is not None else "")
        elif v is not None:
            globals()[form](e, v, kind)
        e.error = error_text(v, kind, data) or e.error
        if e.finish in ("error", "abort"):
            e.error = e.error or "the finish reason is an error"
        for parts, found in (text, e.text), (reasoning, e.reasoning), (tools, e.tools):
            parts += found
        r["reasoning_events"] += any(e.reasoning)
        r["tool_events"] += any(e.tools)
        if e.output >= 0:
            r["output"] = max(r["output"], 0) + e.output if form == "triton" else e.output
        r["prompt"] = e.prompt if e.prompt > 0 or r["prompt"] < 0 else r["prompt"]
        r["cached"] = e.cached if e.cached > 0 or r["cached"] < 0 else r["cached"]
        r["reasoning_tokens"] = e.reasoning_tokens if e.reasoning_tokens >= 0 else r["reasoning_tokens"]
        if any(e.text + e.reasoning + e.tools):
            if not tokens:
                r["first_tokens"] = e.output if e.output > 0 else 1
            tokens.append(at)
            ttfo = at if ttfo is None and any(e.text + e.tools) else ttfo
        if e.error is not None:
            error, finish = error if error is not None else e.error, "error"
        elif e.finish and finish != "error":
            finish = FINISH.get(e.finish, "other")
        done |= e.done
    body_is_all = form in ("triton", "sse", "ndjson") and mark is None
    if finish is None:
        finish = "none" if done or body_is_all else "cut"
    verdict = {"error": "error", "cut": "cut", "tool_calls": "ok"}.get(finish, "ok" if tokens else "no_tokens")
    shown = lambda at: -1 if at is None else at
    print(f"sample {name}")
    print(f"spec {pointer if pointer is not None else '-'} {mark or '-'}")
    print("counts", *r.values())
    print("end", finish, int(done), verdict)
    print("at", shown(first_event), shown(ttfo), *tokens)
    for word, value in (("text", decoded(text)), ("reasoning", decoded(reasoning)), ("tools", decoded(tools)), ("error", (error or "").encode())):
        print(word, value.hex() or "-")


def main():
    for path in sorted((HERE / "samples").iterdir(), key=lambda p: p.name):
        read(path.name, path.read_bytes())


if __name__ == "__main__":
    sys.exit(main())
