#!/usr/bin/python3
"""A gRPC server by grpcio, with the service of echo.proto: grpc_server.py [--cert F --key F [--ca F]] [--gzip] [--log F] [--streams N]
[--reflection v1|v1alpha] [--proto F] [--health NAME=STATUS]... [--max-request BYTES].

Prints "ready PORT" once it listens. With --ca, clients need a certificate of that authority. The log has a JSON line for each call: the method,
its metadata, the time left of its deadline, and how it ended as the server sees it. Reflection tells the types of --proto, which are the service's
by default. Needs Debian's python3-grpcio, python3-protobuf and
protobuf-compiler.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from concurrent import futures

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

HERE = os.path.dirname(os.path.abspath(__file__))


def descriptors(proto):
    with tempfile.NamedTemporaryFile() as out:
        subprocess.run(["protoc", "--include_imports", "-o", out.name, "-I", os.path.dirname(proto), proto], check=True)
        return descriptor_pb2.FileDescriptorSet.FromString(out.read())


def messages(proto):
    files = descriptors(proto)
    pool = descriptor_pool.DescriptorPool()
    for file in files.file:
        pool.Add(file)
    return lambda name: message_factory.MessageFactory(pool).GetPrototype(pool.FindMessageTypeByName(name))


class Echo:
    def __init__(self, log):
        find = messages(os.path.join(HERE, "echo.proto"))
        self.wish, self.answer = find("test.Wish"), find("test.Answer")
        self.log, self.lock = log, threading.Lock()

    def note(self, method, context, end):
        if self.log is None:
            return
        line = {"method": method, "end": end, "left": context.time_remaining(),
                "metadata": {k: v.hex() if isinstance(v, bytes) else v for k, v in context.invocation_metadata()}}
        with self.lock:
            self.log.write(json.dumps(line) + "\n")
            self.log.flush()

    def make(self, wish, context, index):
        left = context.time_remaining()
        metadata = {k: v.hex() if isinstance(v, bytes) else v for k, v in context.invocation_metadata()}
        return self.answer(text=wish.text, index=index, metadata=metadata, seconds_left=left or 0, fill=b"x" * wish.fill_bytes,
                           number=wish.number, data=wish.data)

    def wait(self, seconds, context):
        end = time.monotonic() + seconds
        while time.monotonic() < end and context.is_active():
            time.sleep(0.005)

    def begin(self, method, wish, context):
        context.set_trailing_metadata((("x-trailing", "seen"),))
        gone = threading.Event()
        context.add_callback(lambda: gone.is_set() or self.note(method, context, "cancelled" if not getattr(context, "ok", False) else "over"))
        self.wait(wish.after, context)

    def finish(self, wish, context):
        context.ok = True
        if wish.code:
            context.set_code(next(c for c in grpc.StatusCode if c.value[0] == wish.code))
            context.set_details(wish.why)

    def unary(self, wish, context):
        self.begin("Unary", wish, context)
        answer = self.make(wish, context, 0)
        self.finish(wish, context)
        return answer

    def stream(self, wish, context, method="Stream"):
        self.begin(method, wish, context)
        for index in range(wish.count):
            if index > 0:
                self.wait(wish.gap, context)
            yield self.make(wish, context, index)
        self.finish(wish, context)

    def both(self, wishes, context):
        for wish in wishes:
            yield from self.stream(wish, context, "Both")

    def handler(self):
        read, write = self.wish.FromString, self.answer.SerializeToString
        return grpc.method_handlers_generic_handler("test.Echo", {
            "Unary": grpc.unary_unary_rpc_method_handler(self.unary, read, write),
            "Stream": grpc.unary_stream_rpc_method_handler(self.stream, read, write),
            "Both": grpc.stream_stream_rpc_method_handler(self.both, read, write)})


class Reflection:
    """Server reflection, which grpcio has in a package that Debian has not: the messages are made by hand (grpc/reflection/v1/reflection.proto)."""

    def __init__(self, version, files):
        self.version, self.files = version, {f.name: f for f in files.file}

    def ask(self, questions, context):
        for question in questions:
            # 3: file_by_filename, 4: file_containing_symbol; a length of one byte is enough here
            kind, name = question[0] >> 3, question[2:2 + question[1]].decode()
            if kind == 3:
                found = [f for f in self.files.values() if f.name == name]
            else:
                found = [f for f in self.files.values() if any(f"{f.package}.{s.name}" == name for s in f.service)]
            if not found:
                error = b"\x08\x05\x12\x09not found"
                yield b"\x3a" + bytes([len(error)]) + error
                continue
            file = found[0].SerializeToString()
            inner = b"\x0a" + varint(len(file)) + file
            yield b"\x22" + varint(len(inner)) + inner

    def handler(self):
        return grpc.method_handlers_generic_handler(f"grpc.reflection.{self.version}.ServerReflection", {
            "ServerReflectionInfo": grpc.stream_stream_rpc_method_handler(self.ask)})


class Health:
    """Health checking, likewise (grpc/health/v1/health.proto): the status of each name, by its number; "" is the server."""

    def __init__(self, states):
        self.states = dict(state.split("=") for state in states)

    def check(self, question, context):
        name = question[2:].decode()
        if name not in self.states:
            context.abort(grpc.StatusCode.NOT_FOUND, "unknown service")
        return b"\x08" + bytes([int(self.states[name])])

    def handler(self):
        return grpc.method_handlers_generic_handler("grpc.health.v1.Health", {"Check": grpc.unary_unary_rpc_method_handler(self.check)})


def varint(n):
    out = bytearray()
    while n >= 128:
        out.append(n % 128 + 128)
        n //= 128
    return bytes(out) + bytes([n])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--cert")
    parser.add_argument("--key")
    parser.add_argument("--ca")
    parser.add_argument("--reflection")
    parser.add_argument("--proto", default=os.path.join(HERE, "echo.proto"))
    parser.add_argument("--health", action="append")
    parser.add_argument("--max-request", type=int)
    parser.add_argument("--gzip", action="store_true")
    parser.add_argument("--streams", type=int)
    parser.add_argument("--log", type=argparse.FileType("w"))
    o = parser.parse_args()
    options = [] if o.streams is None else [("grpc.max_concurrent_streams", o.streams)]
    if o.max_request is not None:
        options.append(("grpc.max_receive_message_length", o.max_request))
    server = grpc.server(futures.ThreadPoolExecutor(16), options=options, compression=grpc.Compression.Gzip if o.gzip else None)
    server.add_generic_rpc_handlers((Echo(o.log).handler(),))
    if o.reflection is not None:
        server.add_generic_rpc_handlers((Reflection(o.reflection, descriptors(os.path.abspath(o.proto))).handler(),))
    if o.health is not None:
        server.add_generic_rpc_handlers((Health(o.health).handler(),))
    if o.cert is None:
        port = server.add_insecure_port("127.0.0.1:0")
    else:
        read = lambda name: open(name, "rb").read()
        port = server.add_secure_port("127.0.0.1:0", grpc.ssl_server_credentials(
            [(read(o.key), read(o.cert))], None if o.ca is None else read(o.ca), o.ca is not None))
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    server.start()
    print(f"ready {port}", flush=True)
    # Not for ever: Python's handler of a signal runs in this thread, which the signal wakes only if no other thread has got it.
    end = threading.Event()
    while not end.wait(1):
        pass


if __name__ == "__main__":
    sys.exit(main())
