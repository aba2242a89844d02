"""An independent reader of token streams: http.client and json of Python, nothing of coldswarm.

ask(port, api, **changes) sends a request and reads its answer; log(path) reads a token log. check(answer, rows) compares the two.
"""
import csv
import http.client
import json
import time

PATHS = {
    "chat": "/v1/chat/completions",
    "completions": "/v1/completions",
    "responses": "/v1/responses",
    "messages": "/v1/messages",
    "tgi": "/generate_stream",
    "ollama_chat": "/api/chat",
    "ollama_generate": "/api/generate",
}
PROMPT = "one two three four five six seven eight nine ten"
MESSAGES = [{"role": "user", "content": PROMPT}]
BODIES = {
    "chat": {"model": "m", "messages": MESSAGES, "stream": True},
    "completions": {"model": "m", "prompt": PROMPT, "stream": True},
    "responses": {"model": "m", "input": PROMPT, "stream": True},
    "messages": {"model": "m", "messages": MESSAGES, "stream": True, "max_tokens": 1000},
    "tgi": {"inputs": PROMPT},
    "ollama_chat": {"model": "m", "messages": MESSAGES},
    "ollama_generate": {"model": "m", "prompt": PROMPT},
}


class Answer:
    """text and reasoning (lists, one entry a token event), usage (counts by our own names), finish, done, error, pings."""

    def __init__(self, api):
        self.api, self.text, self.reasoning, self.usage, self.usages = api, [], [], {}, 0
        self.finish = self.error = self.broken = self.role_alone = None
        self.done, self.pings, self.events, self.sequence = False, 0, [], []
        self.raw = b""


def events_of(answer):
    """Splits the raw bytes, once they are all there: (event name or None, data)."""
    text = answer.raw.decode()  # strict: what is split must be whole again
    lines = text.split("\r\n") if "\r\n" in text else text.split("\n")
    assert "\r" not in "".join(lines)
    if answer.api.startswith("ollama"):
        return [(None, line) for line in lines if line]
    found, name, data = [], None, []
    for line in lines:
        if line == "":
            if data:
                found.append((name, "\n".join(data)))
            name, data = None, []
        elif line.startswith(":"):
            answer.pings += 1
        else:
            field, _, value = line.partition(":")
            value = value[1:] if value.startswith(" ") else value
            if field == "event":
                name = value
            else:
                assert field == "data", line
                data.append(value)
    assert not data and name is None, "the last event has no end"
    return found


def openai(answer, name, event):
    assert name is None
    if "error" in event:
        answer.error = event["error"]["message"]
        return
    if event.get("usage"):
        u = event["usage"]
        assert u["total_tokens"] == u["prompt_tokens"] + u["completion_tokens"]
        answer.usages += 1
        answer.usage = {"prompt": u["prompt_tokens"], "output": u["completion_tokens"], "cached": u["prompt_tokens_details"]["cached_tokens"],
                        "reasoning": u["completion_tokens_details"]["reasoning_tokens"]}
    for choice in event["choices"]:
        delta = choice.get("delta", {})
        if delta.get("role") and delta.get("content") == "":
            answer.role_alone = len(answer.events) == 0
        if delta.get("content") or choice.get("text"):
            answer.text.append(delta.get("content") or choice.get("text"))
        if delta.get("reasoning_content"):
            answer.reasoning.append(delta["reasoning_content"])
        answer.finish = choice["finish_reason"] or answer.finish


def responses(answer, name, event):
    assert name == event["type"]
    answer.sequence.append(event["sequence_number"])
    if name == "response.output_text.delta":
        answer.text.append(event["delta"])
    elif name == "response.reasoning_text.delta":
        answer.reasoning.append(event["delta"])
    elif name == "response.output_text.done":
        assert event["text"] == "".join(answer.text)
    elif name == "response.failed":
        answer.error = event["response"]["error"]["message"]
    elif name in ("response.completed", "response.incomplete"):
        r = event["response"]
        answer.done, answer.finish = True, "length" if name.endswith("incomplete") else "stop"
        assert r["status"] == name.partition(".")[2]
        assert [p["text"] for i in r["output"] if i["type"] == "message" for p in i["content"]] in (["".join(answer.text)], [])
        if r["usage"]:
            answer.usages += 1
            u = r["usage"]
            answer.usage = {"prompt": u["input_tokens"], "output": u["output_tokens"], "cached": u["input_tokens_details"]["cached_tokens"],
                            "reasoning": u["output_tokens_details"]["reasoning_tokens"]}


def messages(answer, name, event):
    assert name == event["type"]
    if name == "ping":
        answer.pings += 1
    elif name == "content_block_delta":
        delta = event["delta"]
        if delta["type"] == "text_delta":
            answer.text.append(delta["text"])
        elif delta["type"] == "thinking_delta":
            answer.reasoning.append(delta["thinking"])
    elif name == "message_delta":
        answer.finish = {"end_turn": "stop", "max_tokens": "length"}[event["delta"]["stop_reason"]]
        if "usage" in event:
            answer.usages += 1
            u = event["usage"]
            answer.usage = {"prompt": u["input_tokens"] + u["cache_read_input_tokens"], "output": u["output_tokens"],
                            "cached": u["cache_read_input_tokens"]}
    elif name == "message_stop":
        answer.done = True
    elif name == "error":
        answer.error = event["error"]["message"]


def tgi(answer, name, event):
    if "error" in event:
        answer.error = event["error"]
        return
    if not event["token"]["special"]:
        answer.text.append(event["token"]["text"])
    if event["generated_text"] is not None:
        assert event["generated_text"] == "".join(answer.text)
        answer.done = True
        if event["details"]:
            d = event["details"]
            answer.usages += 1
            answer.finish = {"eos_token": "stop", "length": "length"}[d["finish_reason"]]
            answer.usage = {"prompt": d["input_length"], "output": d["generated_tokens"]}


def ollama(answer, name, event):
    if "error" in event:
        answer.error = event["error"]
        return
    part = event.get("message", event)
    content = part["content" if "message" in event else "response"]
    if part.get("thinking"):
        answer.reasoning.append(part["thinking"])
    if content:
        answer.text.append(content)
    if event["done"]:
        answer.done, answer.finish = True, event["done_reason"]
        if "eval_count" in event:
            answer.usages += 1
            answer.usage = {"prompt": event["prompt_eval_count"], "output": event["eval_count"]}
            assert event["total_duration"] == event["prompt_eval_duration"] + event["eval_duration"]


READERS = {"chat": openai, "completions": openai, "responses": responses, "messages": messages, "tgi": tgi, "ollama_chat": ollama,
           "ollama_generate": ollama}


def understand(answer):
    for name, data in events_of(answer):
        assert not answer.done, "an event after the end"
        if data == "[DONE]":
            answer.done = True
        else:
            READERS[answer.api](answer, name, json.loads(data))
        answer.events.append(data)
    assert answer.sequence == list(range(len(answer.sequence)))
    return answer


def ask(port, api, connection=None, timeout=60, headers={}, **changes):
    """Streams an answer; its `broken` is the exception that ended it."""
    c = connection or http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    c.request("POST", PATHS[api], json.dumps({**BODIES[api], **changes}), {"Content-Type": "application/json", **headers})
    answer = Answer(api)
    try:
        r = c.getresponse()
        assert r.status == 200, (r.status, r.read())
        answer.type, answer.headers = r.headers["content-type"], r.headers
        while piece := r.read1(65536):
            answer.raw += piece
    except (ConnectionError, TimeoutError, http.client.HTTPException) as e:
        answer.broken = type(e).__name__
    if connection is None:
        c.close()
    return understand(answer)


def post(port, path, body, headers={}):
    c = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    c.request("POST", path, body if isinstance(body, (bytes, str)) else json.dumps(body), headers)
    r = c.getresponse()
    return r.status, r.read()


def log(path):
    """Rows by request, in the order of the file."""
    requests = {}
    with open(path, encoding="utf-8", newline="") as f:
        for row in csv.DictReader(f):
            for key in ("first_token", "tokens", "due_ns", "before_ns", "after_ns", "bytes"):
                row[key] = int(row[key])
            requests.setdefault(int(row["request"]), []).append(row)
    return requests


def number_of(answer):
    """The server's number of the request, from the id that the format has; None: it has none."""
    event = json.loads(answer.events[0])
    ident = event.get("id") or event.get("message", {}).get("id") or event.get("response", {}).get("id") if answer.api in (
        "chat", "completions", "messages", "responses") else None
    return int(ident.replace("-", "_").rpartition("_")[2]) if isinstance(ident, str) else None


def check_log(rows, ttft_ns, gap_ns, per_event=1):
    """What one stream's log must say: every token once and in order, at its due time or later, none before."""
    assert rows[0]["what"] == "request" and rows[-1]["what"] == "over", rows
    start, token = rows[0]["after_ns"], 0
    for before, row in zip(rows, rows[1:]):
        assert before["before_ns"] <= before["after_ns"] <= row["after_ns"]
        assert row["before_ns"] >= row["due_ns"], "too early"
        if row["what"] == "tokens":
            assert row["first_token"] == token and row["tokens"] > 0 and row["bytes"] > 0
            last_event = row["first_token"] + (row["tokens"] - 1) // per_event * per_event
            assert row["due_ns"] == start + ttft_ns + last_event * gap_ns, (row, start)
            token += row["tokens"]
    return token


def check(answer, rows):
    """An answer against its log: text, order and counts."""
    logged = [row for row in rows if row["what"] == "tokens"]
    pieces = [row["text"] for row in logged]
    assert "".join(answer.reasoning + answer.text).replace(" ", "") == "".join(pieces).replace(" ", "")
    tokens = sum(row["tokens"] for row in logged)
    assert len(" ".join(["".join(answer.reasoning), "".join(answer.text)]).split()) == tokens
    if answer.usage:
        assert answer.usage["output"] == tokens, (answer.usage, tokens)
    return tokens
