/*
 * arrival_trace: recorded arrivals from a file: the time of each, and the lengths of its prompt and
 * answer.
 *
 * Formats, recognised by the first line of the file:
 *   mooncake  JSON Lines: timestamp (milliseconds), input_length, output_length, and optionally
 *             hash_ids
 *   jsonl     JSON Lines: timestamp, or delay after the line before (milliseconds), and any
 *             other keys
 *   azure     CSV: TIMESTAMP (a date with up to nine decimals of a second), ContextTokens,
 *             GeneratedTokens
 *   burstgpt  CSV: Timestamp (seconds), Request tokens, Response tokens
 * Columns are found by name, in any order; other columns are allowed. Every row is checked: times
 * must not decrease, and lengths must be whole numbers from 0.
 *
 * The rows are a feeder in mode FEEDER_ARRIVAL. It has the file's columns, plus input_tokens and
 * output_tokens: the lengths as plain digits. Times are relative to the first row of the file. The
 * trace needs 16 bytes a row, and a file of up to FEEDER_MEMORY_MAX bytes is kept in memory. From a
 * larger file, a row is read when it is drawn.
 *
 * Ownership: arrival_trace_free() frees all but the feeder, which is the caller's. Thread: one
 * while opening, then read-only.
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
    struct load_times times; /* of the part that starts at `from_ns` */
    enum arrival_format format;
    char *path;
    int64_t from_ns, to_ns;         /* the part asked for; to_ns 0: up to the end */
    int64_t whole_ns;               /* from the first to the last row of the file */
    uint64_t whole_count;           /* rows of the file */
    bool has_lengths;               /* every row has input_tokens and output_tokens */
    double mean_input, mean_output; /* over the part, if the rows have lengths */
    uint64_t silent;                /* rows of the part with an output of 0 tokens */
};

/* Opens the trace in the file `path`. `from_ns` to `to_ns` (0: the end) is the part to replay.
 * *rows becomes a feeder named "trace". */
int arrival_trace_open(const char *path, int64_t from_ns, int64_t to_ns, struct arrival_trace **out,
                       struct feeder **rows, struct err *e);
void arrival_trace_free(struct arrival_trace *t);

/* Returns a text such as "Azure LLM inference trace, timestamps are dates (UTC)". */
const char *arrival_trace_format_text(enum arrival_format format);

#endif
