#!/usr/bin/python3
"""grpcio's client of the inference protocol: grpc_client.py ADDRESS KSERVE.proto [CA.pem, for TLS]. Prints a line for each call. Packages as for grpc_server.py."""

import os
import queue
import sys
import threading

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool
from grpc_server import HERE, descriptors, messages

address, proto, *ca = sys.argv[1:]
find = messages(proto)
reflection = lambda name, find=messages(os.path.join(HERE, "../../src/target/reflection.proto")): find("grpc.reflection.v1." + name)
channel = grpc.secure_channel(address, grpc.ssl_channel_credentials(open(ca[0], "rb").read())) if ca else grpc.insecure_channel(address)
SERVICE = "/inference.GRPCInferenceService/"


def kind(name):
    return find("inference." + name)


def unary(method, request, answer):
    return channel.unary_unary(SERVICE + method, request_serializer=lambda m: m.SerializeToString(), response_deserializer=answer.FromString)(request, timeout=20)


print("ServerLive", unary("ServerLive", kind("ServerLiveRequest")(), kind("ServerLiveResponse")).live)
print("ServerReady", unary("ServerReady", kind("ServerReadyRequest")(), kind("ServerReadyResponse")).ready)
print("ModelReady", unary("ModelReady", kind("ModelReadyRequest")(name="m"), kind("ModelReadyResponse")).ready)
m = unary("ModelMetadata", kind("ModelMetadataRequest")(name="m"), kind("ModelMetadataResponse"))
print("ModelMetadata", m.name, list(m.versions), *(t.name for t in [*m.inputs, *m.outputs]))
Request, Tensor = kind("ModelInferRequest"), kind("ModelInferRequest.InferInputTensor")
request = Request(model_name="m", id="id-1", inputs=[Tensor(name="image", datatype="BYTES", shape=[1])])
m = unary("ModelInfer", request, kind("ModelInferResponse"))
print("ModelInfer", m.model_name, m.id, *(word for t in m.outputs for word in (t.name, t.datatype)))
assert 0 < m.outputs[1].contents.fp32_contents[0] < 1 and m.outputs[0].contents.bytes_contents[0]
try:
    unary("ModelInfer", Request(), kind("ModelInferResponse"))
except grpc.RpcError as e:
    print("ModelInfer", e.code().name, e.details())


def stream(request):
    call = channel.stream_stream(SERVICE + "ModelStreamInfer", request_serializer=lambda m: m.SerializeToString(),
                                 response_deserializer=kind("ModelStreamInferResponse").FromString)
    return [m.infer_response for m in call(iter([request]), timeout=20)]


all_of_them = stream(request)
texts = [m for m in all_of_them if m.outputs]
print("ModelStreamInfer", len(all_of_them), "messages,", len(texts), "with text, final", all_of_them[-1].parameters["triton_final_response"].bool_param)
assert all(m.outputs[0].contents.bytes_contents[0].decode() for m in texts)
request.parameters["max_tokens"].int64_param = 3
print("ModelStreamInfer", len(stream(request)), "messages with max_tokens 3")

# Health, by hand: 1 is SERVING, 3 SERVICE_UNKNOWN.
check = channel.unary_unary("/grpc.health.v1.Health/Check")
for name in "", "inference.GRPCInferenceService", "inference.Nobody":
    try:
        print(f"Health \"{name}\"", check(b"\x0a" + bytes([len(name)]) + name.encode(), timeout=20)[1])
    except grpc.RpcError as e:
        print(f"Health \"{name}\"", e.code().name)
    watch = channel.unary_stream("/grpc.health.v1.Health/Watch")(b"\x0a" + bytes([len(name)]) + name.encode(), timeout=20)
    print("Watch", next(watch)[1])
    watch.cancel()

# Reflection: each question of a stream is sent when the answer before it is there. The messages are those that protoc knows of the same
# file; their numbers are those of the client in coldswarm too, which has no such file.
for version in "v1", "v1alpha":
    asked = queue.Queue()
    call = channel.stream_stream(f"/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo", request_serializer=lambda m: m.SerializeToString(),
                                 response_deserializer=reflection("ServerReflectionResponse").FromString)(iter(asked.get, None), timeout=20)

    def ask(**what):
        question = reflection("ServerReflectionRequest")(**what)
        asked.put(question)
        answer = next(call)
        assert answer.original_request == question
        return answer

    services = [s.name for s in ask(list_services="").list_services_response.service]
    print(version, *services)
    for symbol in "inference.GRPCInferenceService", "inference.GRPCInferenceService.ModelInfer", "inference.ModelInferRequest.InferInputTensor":
        [file] = ask(file_containing_symbol=symbol).file_descriptor_response.file_descriptor_proto
        assert descriptor_pb2.FileDescriptorProto.FromString(file) == descriptors(proto).file[0], symbol
    pool = descriptor_pool.DescriptorPool()
    for service in services:
        for file in ask(file_containing_symbol=service).file_descriptor_response.file_descriptor_proto:
            file = descriptor_pb2.FileDescriptorProto.FromString(file)
            pool.Add(file)
            again = ask(file_by_filename=file.name).file_descriptor_response.file_descriptor_proto[0]
            assert descriptor_pb2.FileDescriptorProto.FromString(again) == file
        assert pool.FindServiceByName(service).methods
    print(version, "no such", *(ask(**{k: "inference.Nothing"}).error_response.error_code
                                for k in ("file_by_filename", "file_containing_symbol", "all_extension_numbers_of_type")))
    answer = ask(all_extension_numbers_of_type="inference.ModelInferRequest").all_extension_numbers_response
    print(version, "extensions", answer.base_type_name, list(answer.extension_number))
    print(version, "nothing asked", ask().error_response.error_code)
    asked.put(None)
    assert list(call) == [] and call.code() == grpc.StatusCode.OK

# Answers that nobody reads must not fill the target's memory: 5000 of them have 20 MB.
sent = threading.Event()


def questions():
    for _ in range(5000):
        yield b"\x22\x1einference.GRPCInferenceService"
    sent.set()


call = channel.stream_stream("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo")(questions(), timeout=60)
sent.wait(60)
try:
    print("all answers", len(list(call)))
except grpc.RpcError as e:
    print("unread answers", e.code().name)
try:
    channel.unary_unary(SERVICE + "Nothing")(b"", timeout=20)
except grpc.RpcError as e:
    print("Nothing", e.code().name)
