#!/usr/bin/python3
"""judge.py make SEED COUNT SET: prints messages for tests/grpc/test_judged.c, one a line: KIND TYPE JSON HEX, separated by tabs.
judge.py check SET: reads what our code made of them, and prints each line that protobuf's own implementation sees in another way.

Kinds: "message": the JSON and the bytes are the same message. "wire": the same, only for decoding. "bad": JSON that no message is;
"good": JSON that is one. SET is a file, the FileDescriptorSet. The other judge is protoc, for the first messages.
"""

import json
import math
import random
import struct
import subprocess
import sys

from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory
from google.protobuf.descriptor import FieldDescriptor as F

PROTOS = "tests/grpc/protos"
TYPES = ("Scalars", "Optionals", "Lists", "Maps", "Choice", "Known", "Tree", "old.Old")
PROTOC_MESSAGES = 12
TEXTS = ("", "a", "text with \"quotes\", \\ and \n", "\u00e4\u20ac\U0001f600", "\u0000\u0001\u007f", "x" * 200, "NaN", "12", "null")
INT32 = (0, 1, -1, 127, 128, 300, 2**31 - 1, -(2**31))
INT64 = INT32 + (2**53 + 1, 2**63 - 1, -(2**63))
UINT32 = (0, 1, 127, 128, 2**31, 2**32 - 1)
UINT64 = UINT32 + (2**53 + 1, 2**64 - 1)
DOUBLES = (0.0, -0.0, 1.0, -1.5, 0.1, 1e300, 5e-324, 1.7976931348623157e308, math.inf, -math.inf, math.nan, 123456789.125)
# json_format refuses the shortest text of the largest float, 3.4028235e38, which is above it as a double.
FLOATS = (0.0, -0.0, 1.0, -1.5, 0.1, 3e38, 1e-45, 16777217.0, math.inf, -math.inf, math.nan)
VALUES = {
    F.TYPE_DOUBLE: DOUBLES, F.TYPE_FLOAT: FLOATS, F.TYPE_BOOL: (False, True), F.TYPE_STRING: TEXTS,
    F.TYPE_BYTES: (b"", b"a", b"ab", b"\x00\xff\xfe", bytes(range(256))),
    F.TYPE_INT32: INT32, F.TYPE_SINT32: INT32, F.TYPE_SFIXED32: INT32, F.TYPE_UINT32: UINT32, F.TYPE_FIXED32: UINT32,
    F.TYPE_INT64: INT64, F.TYPE_SINT64: INT64, F.TYPE_SFIXED64: INT64, F.TYPE_UINT64: UINT64, F.TYPE_FIXED64: UINT64,
}  # fmt: skip

# Type, JSON; what protobuf says of them decides.
CASES = [
    ("Scalars", text)
    for text in (
        "{}", "1", "null", '"x"', '{"nosuch":1}', '{"anInt32":null}', '{"anInt32":1.0}',
        '{"anInt32":1e2}', '{"anInt32":150e-1}', '{"anInt32":1.5}', '{"anInt32":"7"}', '{"anInt32":"1.5"}', '{"anInt32":""}',
        '{"anInt32":2147483647}', '{"anInt32":2147483648}', '{"anInt32":-2147483648}', '{"anInt32":-2147483649}', '{"anInt32":true}',
        '{"anInt32":[1]}', '{"anInt32":{}}', '{"anInt64":"9223372036854775807"}', '{"anInt64":9223372036854775807}',
        '{"anInt64":"9223372036854775808"}', '{"aUint32":-1}', '{"aUint32":4294967295}', '{"aUint32":4294967296}',
        '{"aUint64":"18446744073709551615"}', '{"aUint64":18446744073709551615}', '{"aUint64":"18446744073709551616"}',
        '{"aUint64":"-1"}', '{"aFixed32":-1}', '{"aDouble":"NaN"}', '{"aDouble":"Infinity"}', '{"aDouble":"-Infinity"}',
        '{"aDouble":"1.25"}', '{"aDouble":"nan"}', '{"aDouble":"x"}', '{"aFloat":1e39}', '{"aFloat":3.4e38}',
        '{"aFloat":"1e10"}', '{"aBool":"true"}', '{"aBool":1}', '{"aBool":true}', '{"aString":1}', '{"aString":true}', '{"aString":[]}',
        '{"someBytes":"YQ=="}', '{"someBytes":"YQ"}', '{"someBytes":"-_8="}', '{"someBytes":1}', '{"color":"RED"}', '{"color":"CRIMSON"}',
        '{"color":"red"}', '{"color":1}', '{"color":77}', '{"color":"2"}', '{"color":-5}', '{"color":2147483648}',
        '{"another-name":"x"}', '{"renamed":"x"}', '{"farNumber":3}',
    )
] + [
    ("Lists", text)
    for text in (
        '{"int32s":[]}', '{"int32s":null}', '{"int32s":[null]}', '{"int32s":1}', '{"int32s":{}}', '{"int32s":["1",2]}',
        '{"messages":[{}]}', '{"messages":[null]}', '{"messages":{}}', '{"colors":["RED",2]}', '{"strings":["",""]}',
    )
] + [
    ("Maps", text)
    for text in (
        '{"texts":{}}', '{"texts":[]}', '{"texts":null}', '{"texts":{"a":"b"}}', '{"texts":{"a":1}}', '{"texts":{"a":null}}',
        '{"colors":{"1":"RED"}}', '{"colors":{"x":"RED"}}', '{"colors":{"-3":2}}', '{"messages":{"true":{}}}', '{"messages":{"1":{}}}',
        '{"values":{"a":null}}', '{"bools":{"18446744073709551615":true}}', '{"bools":{"-1":true}}', '{"times":{"a":"2020-01-01T00:00:00Z"}}',
    )
] + [
    ("Choice", text)
    for text in (
        '{"text":"a"}', '{"text":"a","number":"1"}', '{"text":"a","number":null}', '{"nothing":null}', '{"text":"a","yes":true}',
        '{"yes":false,"ratio":0}', '{"value":null}', '{"scalars":null}', '{"color":"COLOR_UNSPECIFIED"}',
    )
] + [
    ("Known", text)
    for text in (
        '{"time":"2020-02-29T23:59:59.123456789Z"}', '{"time":"2021-02-29T00:00:00Z"}', '{"time":"0001-01-01T00:00:00Z"}',
        '{"time":"9999-12-31T23:59:59.999999999Z"}', '{"time":"2020-01-01T00:00:00+05:30"}', '{"time":"2020-01-01T00:00:00"}',
        '{"time":"2020-01-01"}', '{"time":1}', '{"time":{}}', '{"time":null}', '{"time":""}', '{"duration":"1.5s"}', '{"duration":"-1.5s"}',
        '{"duration":"-0.5s"}', '{"duration":"315576000000s"}',
        '{"duration":"315576000000.1s"}', '{"duration":"-315576000000.999999999s"}', '{"duration":"315576000001s"}',
        '{"duration":"1"}', '{"duration":""}',
        '{"duration":1}', '{"mask":"a,fooBar.bazQux"}', '{"mask":""}', '{"mask":"foo_bar"}', '{"mask":1}',
        '{"struct":{"a":[1,"x",null,true,{"b":{}}]}}', '{"struct":[]}', '{"struct":null}', '{"value":null}', '{"value":[null]}',
        '{"value":{"a":1e308}}', '{"list":[[],{}]}', '{"list":{}}', '{"null":null}', '{"null":"NULL_VALUE"}', '{"null":0}',
        '{"boolValue":true}', '{"boolValue":"true"}', '{"boolValue":null}', '{"boolValue":{}}', '{"bytesValue":"YQ=="}',
        '{"doubleValue":"NaN"}', '{"int64Value":"5"}', '{"int64Value":5}', '{"stringValue":""}', '{"uint32Value":-1}',
        '{"values":[null,1]}', '{"times":[null]}', '{"int64Values":["1",2]}', '{"any":{}}', '{"any":{"a":1}}',
        '{"any":{"@type":"type.googleapis.com/test.Scalars","anInt32":3}}', '{"any":{"@type":"type.googleapis.com/test.Scalars"}}',
        '{"any":{"@type":"type.googleapis.com/no.Such"}}',
        '{"any":{"@type":"type.googleapis.com/google.protobuf.Duration","value":"3s"}}',
        '{"any":{"@type":"type.googleapis.com/google.protobuf.Value","value":[1]}}',
        '{"any":{"@type":"type.googleapis.com/google.protobuf.Any","value":{"@type":"type.googleapis.com/test.Scalars","color":2}}}',
        '{"empty":{}}', '{"empty":{"a":1}}',
    )
] + [
    ("old.Old", text)
    for text in (
        '{"size":"LARGE"}', '{"size":3}', '{"size":2}', '{"sizes":["SMALL",3]}', '{"number":0}', '{"number":7}', '{"text":""}',
        '{"numbers":["1"],"packedNumbers":[1,2]}', '{"byName":{"a":"METRE"}}', '{"byName":{"a":2}}',
    )
] + [
    ("old.Strict", text) for text in ('{"name":"a"}', '{"name":"a","next":{"name":"b"}}')
]  # fmt: skip

# json_format takes these, against the mapping or protobuf's other implementations.
STRICTER = (
    ("Scalars", "[]"), ("Scalars", '{"anInt32":1,"an_int32":2}'), ("Scalars", '{"aDouble":true}'), ("Scalars", '{"color":true}'),
    ("Known", '{"any":{"@type":"test.Scalars"}}'),
)  # fmt: skip


class Schema:
    def __init__(self, path):
        self.pool = descriptor_pool.DescriptorPool()
        with open(path, "rb") as file:
            files = descriptor_pb2.FileDescriptorSet.FromString(file.read()).file
        for file in files:  # protoc writes imports before what needs them
            self.pool.Add(file)
        self.factory = message_factory.MessageFactory(self.pool)

    def new(self, name):
        return self.factory.GetPrototype(self.pool.FindMessageTypeByName("test." + name if not name.startswith("google") else name))()


class Maker:
    """Fills messages with values from a seed."""

    def __init__(self, schema, seed):
        self.schema, self.random = schema, random.Random(seed)

    def scalar(self, field):
        if field.type == F.TYPE_ENUM:
            numbers = [value.number for value in field.enum_type.values]
            if field.file.syntax == "proto3" and field.enum_type.name == "Color":
                numbers.append(99)
            return self.random.choice(numbers)
        pick = self.random.choice
        if self.random.random() < 0.5:
            if field.type in (F.TYPE_INT64, F.TYPE_SINT64, F.TYPE_SFIXED64):
                return self.random.getrandbits(64) - 2**63 >> self.random.randrange(64)
            if field.type in (F.TYPE_UINT64, F.TYPE_FIXED64):
                return self.random.getrandbits(64) >> self.random.randrange(64)
            if field.type == F.TYPE_DOUBLE:
                return struct.unpack("<d", struct.pack("<Q", self.random.getrandbits(64)))[0]
            if field.type == F.TYPE_FLOAT:
                return struct.unpack("<f", struct.pack("<I", self.random.getrandbits(32)))[0]
        return pick(VALUES[field.type])

    def json_value(self, depth):
        kind = self.random.randrange(6 if depth > 0 else 4)
        if kind == 4:
            return [self.json_value(depth - 1) for _ in range(self.random.randrange(4))]
        if kind == 5:
            return {key: self.json_value(depth - 1) for key in self.random.sample(TEXTS, self.random.randrange(4))}
        return (None, True, self.random.choice((0.0, -1.5, 1e300, 3.0)), self.random.choice(TEXTS))[kind]

    def known(self, message, name, depth):
        """True if the message is filled: its type must not have just any value."""
        if name == "Timestamp":
            message.seconds = self.random.choice((0, 1, -62135596800, 253402300799, 1600000000, -1))
            message.nanos = self.random.choice((0, 1, 999999999, 500000000, 123456000, 7000))
        elif name == "Duration":
            sign = self.random.choice((1, -1))
            message.seconds = sign * self.random.choice((0, 1, 315575999999, 3600))
            message.nanos = sign * self.random.choice((0, 1, 999999999, 500000000))
        elif name == "FieldMask":
            message.paths.extend(self.random.sample(("a", "foo_bar", "foo.bar_baz", "x1.y"), self.random.randrange(4)))
        elif name in ("Struct", "Value", "ListValue"):
            value = {"Struct": {}, "Value": None, "ListValue": []}[name]
            while True:
                made = self.json_value(3)
                if name == "Value" or isinstance(made, type(value)):
                    break
            json_format.ParseDict(made, message)
        elif name == "Any":
            if depth > 0 and self.random.random() < 0.8:
                inside = self.schema.new(self.random.choice(("Scalars", "Maps", "google.protobuf.Duration", "google.protobuf.Int64Value")))
                self.fill(inside, depth - 1)
                message.Pack(inside)
        else:
            return False
        return True

    def fill(self, message, depth):
        descriptor = message.DESCRIPTOR
        if descriptor.full_name.startswith("google.protobuf.") and self.known(message, descriptor.name, depth):
            return
        for field in descriptor.fields:
            if self.random.random() < 0.45 or (field.message_type is not None and depth == 0) or field.type == F.TYPE_GROUP:
                continue
            if field.label != F.LABEL_REPEATED:
                self.one(message, field, depth)
                continue
            for _ in range(self.random.choice((0, 1, 2, 5))):
                if field.message_type is None:
                    getattr(message, field.name).append(self.scalar(field))
                elif field.message_type.GetOptions().map_entry:
                    key, value = field.message_type.fields_by_name["key"], field.message_type.fields_by_name["value"]
                    if value.message_type is None:
                        getattr(message, field.name)[self.scalar(key)] = self.scalar(value)
                    else:
                        self.fill(getattr(message, field.name)[self.scalar(key)], depth - 1)
                else:
                    self.fill(getattr(message, field.name).add(), depth - 1)

    def one(self, message, field, depth):
        if field.message_type is None:
            setattr(message, field.name, self.scalar(field))
        else:
            getattr(message, field.name).SetInParent()
            self.fill(getattr(message, field.name), depth - 1)


def text_of(schema, message, style):
    options = ({}, {"preserving_proto_field_name": True}, {"use_integers_for_enums": True}, {"including_default_value_fields": True})[style]
    return json_format.MessageToJson(message, indent=None, descriptor_pool=schema.pool, **options)


def line(kind, name, text, data):
    assert "\t" not in text and "\n" not in text
    print(kind, "test." + name, text, data.hex(), sep="\t")


def make(schema, seed, count):
    maker = Maker(schema, seed)
    for i in range(count):
        name = TYPES[i % len(TYPES)]
        message, second = schema.new(name), schema.new(name)
        maker.fill(message, 3)
        maker.fill(second, 2)
        text, meant = text_of(schema, message, i // len(TYPES) % 4), schema.new(name)
        json_format.Parse(text, meant, descriptor_pool=schema.pool)  # with the defaults that the text has
        line("message", name, text, meant.SerializeToString(deterministic=True))
        joined = message.SerializeToString() + second.SerializeToString()
        merged = schema.new(name)
        merged.ParseFromString(joined)
        try:
            line("wire", name, text_of(schema, merged, 0), joined)
        except json_format.SerializeToJsonError:  # merged times may have two signs
            pass
    for name, text in CASES:
        message = schema.new(name)
        try:
            json_format.Parse(text, message, descriptor_pool=schema.pool)
            line("good", name, text, message.SerializeToString(deterministic=True))
        except Exception:  # noqa: BLE001: ParseError, and whatever else it stumbles over
            line("bad", name, text, b"")
    for name, text in STRICTER:
        line("bad", name, text, b"")


def canonical(value):
    """Numbers as doubles, so that 1 and 1.0 are the same; floats have at least six digits."""
    if isinstance(value, dict):
        return {key: canonical(v) for key, v in value.items()}
    if isinstance(value, list):
        return [canonical(v) for v in value]
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else value


def same(schema, one, two):
    """Bytes tell NaN and -0.0 apart. What is in an Any is bytes, too, in which a map may have any order."""
    if one.SerializeToString(deterministic=True) == two.SerializeToString(deterministic=True):
        return True
    texts = [json.loads(text_of(schema, message, 0)) for message in (one, two)]
    return b"type.googleapis.com" in one.SerializeToString() and canonical(texts[0]) == canonical(texts[1])


def decoded(name, data):
    command = ["protoc", "--decode=" + name, f"-I{PROTOS}", "all.proto", "more/old.proto"]
    return subprocess.run(command, input=data, capture_output=True, check=True).stdout


def encoded(name, text):
    command = ["protoc", "--encode=" + name, "--deterministic_output", f"-I{PROTOS}", "all.proto", "more/old.proto"]
    return subprocess.run(command, input=text, capture_output=True, check=True).stdout


def check(schema, lines):
    """Lines of: kind, type, the reference's bytes, our bytes of its JSON ("-": we refused), our JSON of its bytes."""
    count = asked = 0
    for text in lines:
        kind, name, data, ours, decoded_text = text.rstrip("\n").split("\t")
        expected = schema.new(name.removeprefix("test."))
        expected.ParseFromString(bytes.fromhex(data))
        count += 1
        if kind == "bad":
            if ours != "-":
                print(f"accepted, but protobuf refuses it: {text}")
            continue
        if kind != "wire":
            got = schema.new(name.removeprefix("test."))
            if ours == "-":
                print(f"refused, but protobuf accepts it: {text}")
                continue
            got.ParseFromString(bytes.fromhex(ours))
            if not same(schema, got, expected):
                print(f"another message: {text}")
        wanted = json.loads(text_of(schema, expected, 0))
        if canonical(json.loads(decoded_text)) != canonical(wanted):
            print(f"another JSON: {text}")
        back = schema.new(name.removeprefix("test."))
        json_format.Parse(decoded_text, back, descriptor_pool=schema.pool)
        if not same(schema, back, expected):
            print(f"the JSON is another message: {text}")
        if kind == "message" and asked < PROTOC_MESSAGES:
            asked += 1
            if decoded(name, bytes.fromhex(ours)) != decoded(name, bytes.fromhex(data)):
                print(f"protoc sees another message: {text}")
            if encoded(name, decoded(name, bytes.fromhex(ours))) != bytes.fromhex(data):
                print(f"protoc writes another message: {text}")
    print(f"compared {count}, by protoc {asked}")


def main():
    schema = Schema(sys.argv[-1])
    if sys.argv[1] == "make":
        make(schema, int(sys.argv[2]), int(sys.argv[3]))
    else:
        check(schema, sys.stdin)


if __name__ == "__main__":
    main()
