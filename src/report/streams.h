/*
 * streams: what was counted of a run's streamed answers, by endpoint and over all, for tables,
 * remarks and the verdict.
 *
 * Percentiles are exact and pooled: of all answers of an endpoint; of gaps, of all gaps of all
 * answers. The rows are read once to find the steady state, once to count, and once more where the
 * values do not fit into STREAMS_KEEP_BYTES: memory does not grow with the number of tokens.
 *
 * Steady state: from the moment in which every user has its first answer, to the end of the load.
 * Under a load by rate, users say nothing about the start; there it is after the first 20th of the
 * load, at most 10 s. An answer is of it if it was sent in it, a token if it came in it. A part of
 * a run (reader_cut) has none: it is a choice of its own.
 *
 * It makes no tables (stream_tables.h) and judges nothing (stream_doubts.h).
 *
 * Ownership: heap, streams_free(NULL) is fine; it needs the reader no more once it is read. Thread:
 * as the reader.
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

/* For values that are kept, as SUMMARY_KEEP_BYTES. */
#define STREAMS_KEEP_BYTES ((size_t)32 << 20)

struct streams_part {
    uint64_t answers;
    double tokens; /* of the output */
    /* From the sending to the end, of all together; of the steady state, what was in it. */
    uint64_t taken_us;
    struct spread times[STREAM_TIME_COUNT]; /* microseconds; of TIME_PER_TOKEN nanoseconds */
};

struct streams_entry {
    const char *method, *name;
    struct streams_part whole, steady;
    uint64_t finishes[STREAM_FINISH_COUNT]; /* answers */
    uint64_t events, token_events, reasoning_events, tool_events;
    uint64_t reads, shared_reads;
    uint64_t output_tokens;                /* by usage, else token events */
    uint64_t reasoning_tokens;             /* likewise */
    uint64_t prompted, prompt_tokens;      /* answers that say it, and what they say */
    uint64_t cached_tokens, cached_prompt; /* of answers that say both; cached_said of them */
    uint64_t cached_said;
    uint64_t from_usage, usage_tokens, usage_events; /* answers, their tokens and token events */
    /* Where the scenario says how long an answer is to be: whole answers, the tokens that were
     * asked for, and those that came. */
    uint64_t asked_answers, asked_got;
    double asked_tokens;
    /* Where it says how long a prompt is: answers that say their prompt's tokens, its words, and
     * these tokens. */
    uint64_t worded_answers, worded_tokens;
    double asked_words;
    uint64_t unique_cached,
        unique_prompt; /* cached and prompt tokens where each prompt is unique */
};

/* The key of the manifest under which it is: a JSON array of {"endpoint": number, "output_tokens":
 * [least, most], "prompt_words": [least, most], "unique": true}, any of them but the first left
 * out. */
#define STREAMS_ASKED_KEY "stream_asked"

enum streams_steady {
    STREAMS_STEADY,
    STREAMS_CUT, /* the reader shows a part of the run */
    /* Some user had no answer when the load ended, or the load was too short. */
    STREAMS_NEVER_STEADY
};

struct streams {
    struct entries names;
    struct streams_entry
        *entries; /* as in `names`; the last one, at names.entry_count, is of all */
    int64_t duration_us;
    enum streams_steady is_steady;
    bool by_rate;
    int64_t from_us, to_us; /* of the steady state */
    bool kernel_clock;      /* of the events' times */
    size_t room;
    char *texts; /* of the names */
};

/* All zeros: the defaults. */
struct streams_options {
    size_t keep_bytes;   /* 0: STREAMS_KEEP_BYTES */
    int64_t duration_us; /* of a run whose file does not say it yet; 0: as the reader says */
};

/* *out is NULL if no answer was a stream. */
int streams_read(struct reader *r, const struct streams_options *o, struct streams **out,
                 struct err *e);
void streams_free(struct streams *s);

/* The entry of that number; with names.entry_count the one of all. */
const struct streams_entry *streams_at(const struct streams *s, size_t entry);
const struct streams_entry *streams_all(const struct streams *s);

/* In milliseconds; NAN if there is none, or too few values support it. */
void streams_times(const struct streams_part *p, enum stream_time which, struct spread_row *out);

#endif
