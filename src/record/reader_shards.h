/*
 * reader_shards: reads how the parts of a merged run went, which `coldswarm merge` wrote.
 *
 * Other run files have no parts. Ownership: strings are borrowed for the call. Thread: as the
 * reader.
 */
#ifndef RECORD_READER_SHARDS_H
#define RECORD_READER_SHARDS_H

#include "record/reader.h"

/* READER_NO_VALUE marks a missing number. A missing part has none of them. */
struct reader_shard {
    int64_t shard;
    const char *host; /* NULL: unknown */
    const char *verdict, *verdict_reason;
    int64_t requests, failures, loop_lag_p99_us, dispatch_p99_us;
    int64_t offset_us, offset_bound_us; /* of its clock, see docs/run-file.md */
    double cpu_max;                     /* NAN: unknown */
};

/* Calls fn for each part, in order. Calls it for none if the run has no parts. */
typedef void reader_shard_fn(void *context, const struct reader_shard *s);
int reader_shards(struct reader *r, reader_shard_fn *fn, void *context, struct err *e);

#endif
