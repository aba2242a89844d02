// decode.js REQUESTS.jsonl: whether each request that a receiver took is OTLP, by OpenTelemetry's own messages, and nothing of it gets lost: it
// is read as the message, written as protobuf, read again, and as JSON equals what came. Writes the requests as OpenTelemetry understood them.
"use strict";
const fs = require("fs");
const assert = require("assert");
const root = require("@opentelemetry/otlp-transformer/build/src/generated/root").opentelemetry.proto.collector.metrics.v1;
const Request = root.ExportMetricsServiceRequest;

// What the message has in another form in JSON: numbers of 64 bits are strings, and a number may be written in several ways.
function same(value) {
    if (Array.isArray(value)) return value.map(same);
    if (value !== null && typeof value === "object") return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, same(v)]).sort());
    return value;
}

for (const line of fs.readFileSync(process.argv[2], "utf8").trim().split("\n")) {
    const { body, status, ...rest } = JSON.parse(line);
    if (status !== 200) continue;
    const sent = JSON.parse(Buffer.from(body, "latin1").toString("utf8"));
    const message = Request.decode(Request.encode(Request.fromObject(sent)).finish());
    const read = Request.toObject(message, { longs: String, enums: Number });
    assert.deepStrictEqual(same(read), same(sent));
    process.stdout.write(JSON.stringify({ ...rest, status, body: JSON.stringify(read) }) + "\n");
}
