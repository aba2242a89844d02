#!/usr/bin/env python3
"""A Prometheus endpoint whose values a test knows: metrics_server.py --log FILE [--tls DIR]. Prints "ready PORT".

/metrics answers request n (1, 2, 3 …) with the values of numbers(n), and /old redirects to it. /mixed has lines that are wrong between
right ones, /many more series than coldswarm keeps, /binary no text at all, /openmetrics the other format, /flaky status 503 to every
second request, /engines the gauges of two engines. For each answer FILE gets a line of JSON: path, n, the time (real_us) before the answer was sent, and the port of the client.
"""

import argparse
import http.server
import json
import ssl
import threading
import time

LABELS = 'model_name="m \\"x\\", y",engine="0"'


def numbers(n):
    """Request n: a counter that is n, a gauge that goes up and down, a counter that does not move, a histogram of n observations."""
    return f"""# HELP vllm:num_requests_waiting Number of requests waiting.
# TYPE vllm:num_requests_waiting gauge
vllm:num_requests_waiting{{{LABELS}}} {float(n % 3)}
# HELP asked_total How often this page was asked for.
# TYPE asked_total counter
asked_total {n}
# TYPE still_total counter
still_total{{kind="a"}} 7 1700000000000
# TYPE vllm:time_to_first_token_seconds histogram
vllm:time_to_first_token_seconds_bucket{{le="0.5"}} {n // 2}
vllm:time_to_first_token_seconds_bucket{{le="+Inf"}} {n}
vllm:time_to_first_token_seconds_sum {n * 0.25}
vllm:time_to_first_token_seconds_count {n}
# TYPE llamacpp:predicted_tokens_seconds gauge
llamacpp:predicted_tokens_seconds {"nan" if n < 2 else 12.5}
untyped_one 1e-3
"""


def mixed(n):
    return f"good_one 1\nbad one\n{{}} 3\ngood_two{{a=\"b\" 2\n# TYPE good_three gauge\ngood_three{{b=\"2\", a=\"1\",}} {n}\nlast_without_end 5"


def engines(n):
    """Two engines of vLLM: what is running, waits, and is in the KV cache."""
    lines = ["# TYPE vllm:num_requests_running gauge", "# TYPE vllm:num_requests_waiting gauge", "# TYPE vllm:kv_cache_usage_perc gauge"]
    for engine in (0, 1):
        lines += [f'vllm:num_requests_running{{engine="{engine}"}} {(n + engine) % 5}', f'vllm:num_requests_waiting{{engine="{engine}"}} {n * (1 + engine)}',
                  f'vllm:kv_cache_usage_perc{{engine="{engine}"}} {(n % 4) / 10 + engine / 5}']
    return "\n".join(lines) + "\n"


def openmetrics(n):
    return (f"# TYPE asked counter\n# UNIT asked requests\nasked_total {n} # {{trace_id=\"x\"}} 1.0 1700000000.5\nasked_created 1700000000.25\n"
            "# TYPE q gauge\nq 2\n# EOF\nbehind_the_end 1\n")


def many(n):
    return "".join(f'one_of_many{{i="{i}"}} {n}\n' for i in range(5100))


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    lock = threading.Lock()
    counts = {}
    log = None

    def do_GET(self):
        with self.lock:
            n = self.counts[self.path] = self.counts.get(self.path, 0) + 1
            self.log.write(json.dumps({"path": self.path, "n": n, "real_us": time.time_ns() // 1000, "port": self.client_address[1],
                                       "accept": self.headers.get("Accept"), "agent": self.headers.get("User-Agent")}) + "\n")
            self.log.flush()
        if self.path == "/old":
            return self.answer(307, b"moved", ("Location", "/metrics"))
        if self.path == "/binary":
            return self.answer(200, bytes(range(256)) * 100)
        if self.path == "/flaky" and n % 2 == 0:
            return self.answer(503, b"busy")
        pages = {"/metrics": numbers, "/flaky": numbers, "/mixed": mixed, "/many": many, "/openmetrics": openmetrics, "/engines": engines}
        if self.path not in pages:
            return self.answer(404, b"no such page")
        return self.answer(200, pages[self.path](n).encode())

    def answer(self, status, body, *headers):
        self.send_response(status)
        self.send_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--log", required=True)
    parser.add_argument("--tls", metavar="DIR", help="serve https with the certificate server.pem of make-certs")
    options = parser.parse_args()
    Handler.log = open(options.log, "a", encoding="utf-8")  # a test may empty it
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if options.tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(f"{options.tls}/server.pem", f"{options.tls}/server.key")
        server.socket = context.wrap_socket(server.socket, server_side=True)
    print(f"ready {server.server_address[1]}", flush=True)
    server.serve_forever()
