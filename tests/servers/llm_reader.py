#!/usr/bin/env python3
"""Asks the engine of examples/llm at PORT as a plain client, and says what it does: llm_reader.py PORT CHECK. Exit code 1 with the reason.

It shares no code with coldswarm or the engine: a socket, and the text between "data: " and an empty line.
"""

import http.client
import json
import sys
import threading
import time


class Stream:
    """What came of one request: text, token events, and the moments of the first and the last one in ms since the sending."""

    def __init__(self, port, **wanted):
        body = {"messages": [{"role": "user", "content": "bada dodo"}], "stream": True, "ignore_eos": True,
                "stream_options": {"include_usage": True}, **wanted}
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        sent = time.monotonic()
        connection.request("POST", "/v1/chat/completions", json.dumps(body))
        response = connection.getresponse()
        assert response.status == 200, response.read()
        self.tokens, self.at, self.roles, self.finish, self.usage, self.timings, self.done = [], [], [], None, None, None, 0
        for line in response:
            if not line.startswith(b"data: "):
                assert line == b"\n", line
                continue
            if line == b"data: [DONE]\n":
                self.done += 1
                continue
            assert self.done == 0
            self.take(json.loads(line[6:]), 1000 * (time.monotonic() - sent))
        self.text = "".join(self.tokens)

    def take(self, event, at):
        for choice in event["choices"]:
            self.finish = choice["finish_reason"] or self.finish
            if "role" in choice["delta"]:
                self.roles.append(len(self.tokens))
            if choice["delta"].get("content"):
                self.tokens.append(choice["delta"]["content"])
                self.at.append(at)
        self.usage = event.get("usage", self.usage)
        self.timings = event.get("timings", self.timings)


def whole(port, **wanted):
    body = {"messages": [{"role": "user", "content": "bada dodo"}], "ignore_eos": True, **wanted}
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("POST", "/v1/chat/completions", json.dumps(body))
    response = connection.getresponse()
    return response.status, json.loads(response.read())


def metrics(port):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", "/metrics")
    lines = connection.getresponse().read().decode().splitlines()
    return {line.split(" ")[0]: float(line.split(" ")[1]) for line in lines if not line.startswith("#")}


def check_streams(port):
    """12 streams from 6 clients at once, more than there are slots: each has its own text, whole and in order."""
    before, all_tokens = metrics(port), 0
    expected = {seed: whole(port, seed=seed, max_tokens=40 + seed)[1] for seed in range(6)}
    streams, lock = [], threading.Lock()

    def client(seed):
        for _ in range(2):
            stream = Stream(port, seed=seed, max_tokens=40 + seed)
            with lock:
                streams.append((seed, stream))

    clients = [threading.Thread(target=client, args=(seed,)) for seed in range(6)]
    for c in clients:
        c.start()
    for c in clients:
        c.join()
    assert len(streams) == 12
    for seed, s in streams:
        n = 40 + seed
        assert len(s.tokens) == s.usage["completion_tokens"] == s.timings["predicted_n"] == n == len(s.text.split()), (seed, s.text, s.usage)
        assert s.usage["prompt_tokens"] == s.timings["prompt_n"] + s.timings["cache_n"] > 2
        assert s.text == expected[seed]["choices"][0]["message"]["content"], (seed, s.text, expected[seed])
        assert s.finish == "length" and s.done == 1 and s.roles == [0], vars(s)
        assert s.at[0] >= s.timings["prompt_ms"] > 0, (s.at[0], s.timings)
        all_tokens += n
    assert len({s.text for _, s in streams}) == 6
    all_tokens += sum(a["usage"]["completion_tokens"] for a in expected.values())
    after = metrics(port)
    assert after["llamacpp:tokens_predicted_total"] - before["llamacpp:tokens_predicted_total"] == all_tokens, (before, after, all_tokens)
    assert after["llamacpp:requests_processing"] == after["llamacpp:requests_deferred"] == 0, after


def check_end(port):
    """Without ignore_eos some answers end by themselves, and say so."""
    ends = [Stream(port, seed=seed, max_tokens=400, ignore_eos=False) for seed in range(12)]
    assert all(len(s.tokens) == len(s.text.split()) == s.usage["completion_tokens"] for s in ends)
    assert any(s.finish == "stop" and s.usage["completion_tokens"] < 400 for s in ends), [s.usage for s in ends]


def check_cancel(port):
    """Clients that leave give their slots back."""
    body = json.dumps({"messages": [{"role": "user", "content": "bada"}], "stream": True, "ignore_eos": True, "max_tokens": 4000})
    for _ in range(8):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        connection.request("POST", "/v1/chat/completions", body)
        response = connection.getresponse()
        assert response.read(100)
        response.close()
        connection.close()
    for _ in range(600):
        if metrics(port)["llamacpp:requests_processing"] == 0:
            break
        time.sleep(0.1)
    assert metrics(port)["llamacpp:requests_processing"] == 0, metrics(port)
    assert len(Stream(port, seed=1, max_tokens=5).tokens) == 5


def check_errors(port):
    """Each mistake is a 400 that names it."""
    mistakes = {"max_tokens": (5000, "max_tokens"), "seed": (1.5, "seed"), "temperature": ("hot", "temperature"), "stop": ("bada", "stop"), "n": (2, "n"),
                "messages": ([], "messages"), "stream_options": ({"include_usage": 1}, "include_usage")}
    for key, (value, word) in mistakes.items():
        status, answer = whole(port, **{key: value})
        assert status == 400 and word in answer["error"]["message"], (key, status, answer)
    status, answer = whole(port, messages=[{"role": "user", "content": "bada " * 5000}])
    assert status == 400 and "tokens" in answer["error"]["message"], answer
    assert whole(port, max_tokens=3)[0] == 200


def check_text(port):
    """Prints the whole answers of seeds 1 to 4, as llm_run.py asks for them, a JSON string a line."""
    for seed in range(1, 5):
        print(json.dumps(whole(port, seed=seed, max_tokens=20 + 10 * seed)[1]["choices"][0]["message"]["content"]))


if __name__ == "__main__":
    globals()["check_" + sys.argv[2]](int(sys.argv[1]))
