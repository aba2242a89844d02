"""The servers under load: nginx, and truth, which knows its own service times."""
import json
import os
import re
import signal
import socket
import subprocess
import time
import urllib.request

from measure import Unable

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
NGINX = """
worker_processes 1; daemon off; pid {dir}/nginx.pid; error_log {dir}/error.log;
worker_rlimit_nofile 20000;
events {{ worker_connections 15000; }}
http {{
    access_log off; keepalive_requests 1000000000; keepalive_timeout 600s;
    ssl_certificate {dir}/cert.pem; ssl_certificate_key {dir}/key.pem;
    server {{
        listen 127.0.0.1:{http} backlog=8192;
        listen 127.0.0.1:{https} ssl backlog=8192;
        listen 127.0.0.1:{http2} ssl http2 backlog=8192;
        location / {{ return 200 '{body}'; }}
    }}
    server {{ listen 127.0.0.1:{status}; location / {{ stub_status; }} }}
}}
"""


def free_ports(n):
    sockets = [socket.socket() for _ in range(n)]
    for s in sockets:
        s.bind(("127.0.0.1", 0))
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


class Nginx:
    """with Nginx(directory) as server: one worker, 48 bytes for any path, a certificate signed by itself."""

    def __init__(self, directory, body="0" * 48):
        self.ports = dict(zip(("http", "https", "http2", "status"), free_ports(4)))
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1", "-subj", "/CN=127.0.0.1",
                        "-keyout", f"{directory}/key.pem", "-out", f"{directory}/cert.pem"], check=True, capture_output=True)
        with open(f"{directory}/nginx.conf", "w", encoding="utf-8") as f:
            f.write(NGINX.format(dir=directory, body=body, **self.ports))
        self.process = subprocess.Popen(["nginx", "-c", f"{directory}/nginx.conf"], start_new_session=True)

    def __enter__(self):
        for _ in range(100):
            try:
                self.status()
                return self
            except OSError:
                time.sleep(0.05)
        self.__exit__()
        raise Unable("nginx does not answer")

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()

    def url(self, scheme, http2=False):
        return f"{scheme}://127.0.0.1:{self.ports['http2' if http2 else scheme]}/"

    def status(self):
        """(connections, requests answered so far) without those of this question."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.ports['status']}/", timeout=5) as answer:
            text = answer.read().decode()
        self.asked = getattr(self, "asked", 0) + 1
        connections, requests = re.search(r"connections: (\d+)[^\n]*\n[^\n]*\n\s*\d+ \d+ (\d+)", text).groups()
        return int(connections) - 1, int(requests) - self.asked


class Truth:
    """with Truth("--delay", "5ms") as server: server.url; after the with, server.told is what it knows of itself."""

    def __init__(self, *options):
        self.process = subprocess.Popen([os.path.join(ROOT, "build/release/tests/support/truth"), *options],
                                        stdout=subprocess.PIPE, text=True, start_new_session=True)

    def __enter__(self):
        self.url = self.process.stdout.readline().rpartition(" ")[2].strip() + "/"
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        out, _ = self.process.communicate()
        self.told = json.loads(out)
