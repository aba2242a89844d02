/*
 * proto_time: the texts of google.protobuf.Timestamp and Duration in JSON.
 *
 * Timestamps are RFC 3339 from year 1 to 9999, "2026-11-24T02:50:36.5Z", read with any offset and
 * written in UTC. Durations are seconds, "-1.5s", up to 10000 years. Both have up to nine digits of
 * a second; 0, 3, 6 or 9 are written. (google/protobuf/timestamp.proto, duration.proto)
 * Thread: any.
 */
#ifndef GRPC_PROTO_TIME_H
#define GRPC_PROTO_TIME_H

#include <stdbool.h>
#include <stdint.h>

#include "util/buf.h"
#include "util/bytes.h"

/* Both numbers of a duration have the same sign; the nanoseconds of a timestamp count forwards. */
struct proto_time {
    int64_t seconds;
    int32_t nanos;
};

bool proto_timestamp_read(struct bytes text, struct proto_time *out);
bool proto_duration_read(struct bytes text, struct proto_time *out);

/* Append the text. False: the time is out of range. */
bool proto_timestamp_text(struct proto_time t, struct buf *out);
bool proto_duration_text(struct proto_time t, struct buf *out);

#endif
