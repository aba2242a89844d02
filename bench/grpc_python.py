#!/usr/bin/python3
"""grpc_python.py sync|future PORT SECONDS PATH FILE: unary calls by grpcio with the bytes of FILE, which it neither makes nor reads. sync: one after the
other; future: fifty at once, each started by the end of another. Prints the number of calls."""
import sys
import threading
import time

import grpc

kind, port, seconds, path, file = sys.argv[1:]
with open(file, "rb") as f:
    message = f.read()[5:]
channel = grpc.insecure_channel(f"127.0.0.1:{port}")
call = channel.unary_unary(path)
end, count = time.monotonic() + float(seconds), 0
if kind == "sync":
    while time.monotonic() < end:
        call(message)
        count += 1
else:
    lock, left = threading.Lock(), threading.Semaphore(0)

    def ended(future):
        global count
        future.result()
        with lock:
            count += 1
        if time.monotonic() < end:
            call.future(message).add_done_callback(ended)
        else:
            left.release()

    for _ in range(50):
        call.future(message).add_done_callback(ended)
    for _ in range(50):
        left.acquire()
print(f"{count} calls")
