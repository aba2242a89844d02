"""nginx: an nginx of our own on 127.0.0.1, as a server or in front of one."""
import atexit
import os
import socket
import subprocess
import sys
import time

import torture

CONFIG = """worker_processes %d; pid %s/pid; daemon off; error_log %s/error.log; worker_rlimit_nofile %d; events { worker_connections %d; }
http { access_log off; keepalive_timeout 600s; keepalive_requests 1000000; client_body_temp_path %s; proxy_temp_path %s; fastcgi_temp_path %s;
  uwsgi_temp_path %s; scgi_temp_path %s; %s }"""


class Nginx:
    """One with these lines in its section http, where PORT is the port that it gets."""

    def __init__(self, http, workers, files):
        self.where, self.port = torture.folder(), free_port()
        path = os.path.join(self.where, "nginx.conf")
        with open(path, "w", encoding="ascii") as f:
            f.write(CONFIG % (workers, self.where, self.where, files, files - 100, *[self.where] * 5, http.replace("PORT", str(self.port))))
        self.process = subprocess.Popen(["nginx", "-p", self.where, "-c", path], stderr=subprocess.DEVNULL)
        atexit.register(self.stop)
        for _ in range(500):
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=20).close()
                return
            except OSError:
                time.sleep(0.02)
        sys.exit("nginx did not start: " + open(os.path.join(self.where, "error.log"), encoding="utf-8").read())

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait()


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as s:
        return s.getsockname()[1]
