/*
 * streams: counts of a run's streamed responses, by endpoint and in total, for tables, remarks and
 * the verdict.
 *
 * Percentiles are exact and pooled: over all responses of an endpoint; for gaps, over all gaps of
 * all responses. The rows are read once to find the steady state, once to count, and once more if
 * the values do not fit into STREAMS_KEEP_BYTES. Memory does not grow with the number of tokens.
 *
 * The steady state is from the time at which every user has its first response to the end of the
 * load. Under a load by rate, users say nothing about the start. There it begins after the first
 * 20th of the load, at most 10 s. A response belongs to it if it was sent in it, a token if it came
 * in it. A part of a run (reader_cut) has no steady state: the user has chosen the part.
 *
 * It makes no tables (stream_tables.h) and no remarks (stream_doubts.h).
 *
 * Ownership: heap, streams_free(NULL) is allowed. After reading it does not need the reader.
 * Thread: as the reader.
 */
#ifndef REPORT_STREAMS_H
#define REPORT_STREAMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "record/reader.h"
#include "report/entries.h"
#include "report/stream_answer.h"
#include "stats/spread.h"
#include "stream/stream.h"
#include "util/err.h"

/* Limit for kept values, as SUMMARY_KEEP_BYTES. */
#define STREAMS_KEEP_BYTES ((size_t)32 << 20)

/* A gap below this share of the mean gap of its own response is a short one. */
#define STREAMS_SHORT_GAP 0.1

struct streams_part {
    uint64_t answers;
    double tokens; /* output tokens */
    /* Sum of the times from sending to end; in the steady state, the part within it. */
    uint64_t taken_us;
    struct spread times[STREAM_TIME_COUNT]; /* microseconds; nanoseconds for TIME_PER_TOKEN */
};

struct streams_entry {
    const char *method, *name;
    struct streams_part whole, steady;
    uint64_t finishes[STREAM_FINISH_COUNT]; /* number of responses */
    uint64_t events, token_events, reasoning_events, tool_events;
    uint64_t reads, shared_reads;
    uint64_t gaps, short_gaps; /* of timed responses; STREAMS_SHORT_GAP of its response's mean */
    uint64_t output_tokens;    /* by usage, else number of token events */
    uint64_t reasoning_tokens; /* by usage, else number of reasoning events */
    uint64_t prompted, prompt_tokens; /* responses that report it, and their sum */
    /* Of the cached_said responses that report both. */
    uint64_t cached_tokens, cached_prompt;
    uint64_t cached_said;
    /* Responses with usage, their tokens and their token events. */
    uint64_t from_usage, usage_tokens, usage_events;
    /* If the scenario sets the length of a response: number of complete responses, tokens that they
     * got, and tokens that were requested. */
    uint64_t asked_answers, asked_got;
    double asked_tokens;
    /* If the scenario sets the length of a prompt: number of responses that report the tokens of
     * their prompt, these tokens, and the words of the prompts. */
    uint64_t worded_answers, worded_tokens;
    double asked_words;
    /* Cached tokens and prompt tokens, where each prompt is unique. */
    uint64_t unique_cached, unique_prompt;
};

/* Its key in the manifest: a JSON array of {"endpoint": number, "unique": true}. Before version 8
 * of the schema, rows did not have what was asked for; "output_tokens": [min, max] and
 * "prompt_words": [min, max] were here. */
#define STREAMS_ASKED_KEY "stream_asked"

enum streams_steady {
    STREAMS_STEADY,
    STREAMS_CUT, /* the reader shows only a part of the run */
    /* A user had no response when the load ended, or the load was too short. */
    STREAMS_NEVER_STEADY
};

struct streams {
    struct entries names;
    /* As in `names`. The last one, at names.entry_count, is the total. */
    struct streams_entry *entries;
    int64_t duration_us;
    enum streams_steady is_steady;
    bool by_rate;
    int64_t from_us, to_us; /* the steady state */
    bool kernel_clock;      /* used for the times of events */
    bool asked_by_row;      /* rows have what was asked for; else the manifest has averages */
    size_t room;
    char *texts; /* of the names */
};

/* All zeros select the defaults. */
struct streams_options {
    size_t keep_bytes; /* 0: STREAMS_KEEP_BYTES */
    /* Length of a run whose file does not have it yet. 0: as the reader says. */
    int64_t duration_us;
};

/* *out is NULL if no response was streamed. */
int streams_read(struct reader *r, const struct streams_options *o, struct streams **out,
                 struct err *e);
void streams_free(struct streams *s);

/* The entry with that number; for names.entry_count, the total. */
const struct streams_entry *streams_at(const struct streams *s, size_t entry);
const struct streams_entry *streams_all(const struct streams *s);

/* In milliseconds. NAN: there is none, or too few values to support it. */
void streams_times(const struct streams_part *p, enum stream_time which, struct spread_row *out);

#endif
