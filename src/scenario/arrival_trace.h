/*
 * arrival_trace: arrivals that were recorded, from a file: when each came and how long its prompt
 * and answer were.
 *
 * Formats, told by the first line of the file:
 *   mooncake  JSON Lines: timestamp (milliseconds), input_length, output_length, and hash_ids as
 *             they like
 *   jsonl     JSON Lines: timestamp, or delay after the line before (milliseconds), and whatever
 *             else a line has
 *   azure     CSV: TIMESTAMP (a date with up to nine decimals of a second), ContextTokens,
 *             GeneratedTokens
 *   burstgpt  CSV: Timestamp (seconds), Request tokens, Response tokens
 * Columns are found by their names, in any order, and others may be there. Every row is checked:
 * times may not go back, lengths are whole numbers from 0.
 *
 * The rows are a feeder in mode FEEDER_ARRIVAL with the file's columns and input_tokens,
 * output_tokens: lengths as plain digits. The times begin with the first row of the file, whatever
 * the file counts from. 16 bytes a row are kept, and a file of up to FEEDER_MEMORY_MAX bytes; from
 * a larger one a row is read when it is drawn.
 *
 * Ownership: arrival_trace_free() frees, but not the feeder, which is the caller's. Thread: one
 * while opening; then only read.
 */
#ifndef SCENARIO_ARRIVAL_TRACE_H
#define SCENARIO_ARRIVAL_TRACE_H

#include <stdbool.h>
#include <stdint.h>

#include "scenario/feeder.h"
#include "schedule/load.h"
#include "util/err.h"

enum arrival_format { TRACE_MOONCAKE, TRACE_JSONL, TRACE_AZURE, TRACE_BURSTGPT };

struct arrival_trace {
    struct load_times times; /* of the part from `from_ns` on */
    enum arrival_format format;
    char *path;
    int64_t from_ns, to_ns;         /* what was asked for; to_ns 0: the end */
    int64_t whole_ns;               /* from the first row of the file to the last */
    uint64_t whole_count;           /* rows of the file */
    bool has_lengths;               /* every row has input_tokens and output_tokens */
    double mean_input, mean_output; /* of the part, where it has lengths */
    uint64_t silent;                /* rows of the part with an output of 0 tokens */
};

/* `path` is the file, `from_ns` and `to_ns` (0: the end) the part of it to replay. *rows becomes a
 * feeder named "trace". */
int arrival_trace_open(const char *path, int64_t from_ns, int64_t to_ns, struct arrival_trace **out,
                       struct feeder **rows, struct err *e);
void arrival_trace_free(struct arrival_trace *t);

/* "Azure LLM inference trace, timestamps are dates (UTC)". */
const char *arrival_trace_format_text(enum arrival_format format);

#endif
