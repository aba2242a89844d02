#include "record/reader_streams.h"

#include <string.h>

#include "record/reader_internal.h"

/* The schema's version in which a stream knows what was asked for. */
#define ASKED_VERSION 8

/* The columns of the query below. */
enum {
    C_REQUEST,
    C_FIRST_EVENT,
    C_TTFT,
    C_TTFO,
    C_LAST,
    C_EVENTS,
    C_TOKEN_EVENTS,
    C_REASONING_EVENTS,
    C_TOOL_EVENTS,
    C_READS,
    C_SHARED_READS,
    C_OUTPUT,
    C_PROMPT,
    C_CACHED,
    C_REASONING,
    C_FROM_USAGE,
    C_FIRST_TOKENS,
    C_FINISH,
    C_DONE,
    C_AFTER_DONE,
    C_GAP_MAX,
    C_GAPS,
    C_ASKED_TOKENS,
    C_ASKED_WORDS
};

#define QUERY(asked)                                                                               \
    "SELECT request_id, first_event_us, ttft_us, ttfo_us, last_token_us, events, token_events,"    \
    " reasoning_events, tool_events, reads, shared_reads, output_tokens, prompt_tokens,"           \
    " cached_tokens, reasoning_tokens, tokens_from = 'usage', first_tokens, finish, done,"         \
    " after_done, gap_max_us, gaps_us, " asked " FROM streams ORDER BY request_id"

bool reader_has_streams(const struct reader *r) {
    return r->has.streams;
}

bool reader_streams_have_asked(const struct reader *r) {
    return r->version >= ASKED_VERSION;
}

/* Both tables are read side by side, in the order of ids. */
struct streams_scan {
    sqlite3_stmt *st;
    int rc;   /* of its last step */
    bool all; /* the requests without a stream too */
    reader_stream_fn *fn;
    void *context;
};

static enum stream_finish finish_of(const unsigned char *word) {
    for (int i = 0; word != NULL && i < STREAM_FINISH_COUNT; i++)
        if (strcmp(stream_finish_text(i), (const char *)word) == 0)
            return (enum stream_finish)i;
    return STREAM_FINISH_OTHER;
}

/* A year. Beyond it, and before the sending, the file is damaged: as if there were none, so that
 * sums of moments fit. */
#define MOMENT_MAX_US (INT64_C(366) * 24 * 3600 * 1000000)

static int64_t moment_of(sqlite3_stmt *st, int column) {
    int64_t us = reader_column(st, column);
    return us >= 0 && us <= MOMENT_MAX_US ? us : REQUEST_NO_VALUE;
}

static uint64_t count_of(sqlite3_stmt *st, int column) {
    int64_t n = sqlite3_column_int64(st, column);
    return n > 0 ? (uint64_t)n : 0;
}

static struct stream_row row_of(sqlite3_stmt *st) {
    return (struct stream_row){
        .first_event_us = moment_of(st, C_FIRST_EVENT),
        .ttft_us = moment_of(st, C_TTFT),
        .ttfo_us = moment_of(st, C_TTFO),
        .last_token_us = moment_of(st, C_LAST),
        .events = count_of(st, C_EVENTS),
        .token_events = count_of(st, C_TOKEN_EVENTS),
        .reasoning_events = count_of(st, C_REASONING_EVENTS),
        .tool_events = count_of(st, C_TOOL_EVENTS),
        .reads = count_of(st, C_READS),
        .shared_reads = count_of(st, C_SHARED_READS),
        .output_tokens = sqlite3_column_int64(st, C_OUTPUT),
        .prompt_tokens = reader_column(st, C_PROMPT),
        .cached_tokens = reader_column(st, C_CACHED),
        .reasoning_tokens = reader_column(st, C_REASONING),
        .from_usage = sqlite3_column_int(st, C_FROM_USAGE) != 0,
        .first_tokens = sqlite3_column_int64(st, C_FIRST_TOKENS),
        .finish = finish_of(sqlite3_column_text(st, C_FINISH)),
        .done = sqlite3_column_int(st, C_DONE) != 0,
        .after_done = count_of(st, C_AFTER_DONE),
        .gap_max_us = moment_of(st, C_GAP_MAX),
        .gaps = (const char *)sqlite3_column_text(st, C_GAPS),
        .asked_tokens = reader_column(st, C_ASKED_TOKENS),
        .asked_words = reader_column(st, C_ASKED_WORDS),
    };
}

static int on_request(void *context, const struct request *x) {
    struct streams_scan *s = context;
    while (s->rc == SQLITE_ROW && sqlite3_column_int64(s->st, C_REQUEST) < x->id)
        s->rc = sqlite3_step(s->st);
    if (s->rc != SQLITE_ROW && (s->rc != SQLITE_DONE || !s->all))
        return 1; /* no more of them, or an error that scan() tells */
    if (s->rc != SQLITE_ROW || sqlite3_column_int64(s->st, C_REQUEST) != x->id)
        return s->all ? s->fn(s->context, x, NULL) : 0;
    struct stream_row row = row_of(s->st);
    struct request streamed = *x;
    streamed.streamed = true;
    return s->fn(s->context, &streamed, &row);
}

static int scan(struct reader *r, bool all, reader_stream_fn *fn, void *context, struct err *e) {
    struct streams_scan s = {.all = all, .fn = fn, .context = context};
    if (reader_prepare(r,
                       r->version < ASKED_VERSION ? QUERY("NULL, NULL")
                                                  : QUERY("asked_tokens, asked_words"),
                       &s.st, e) != 0)
        return -1;
    s.rc = sqlite3_step(s.st);
    int stopped =
        s.rc == SQLITE_ROW || (s.rc == SQLITE_DONE && all) ? reader_scan(r, on_request, &s, e) : 0;
    bool ended = s.rc != SQLITE_ROW;
    if (reader_finish(r, s.st, s.rc, stopped < 0 ? NULL : e) != 0 || stopped < 0)
        return -1;
    return ended && !all ? 0 : stopped;
}

int reader_streams(struct reader *r, reader_stream_fn *fn, void *context, struct err *e) {
    return reader_has_streams(r) ? scan(r, false, fn, context, e) : 0;
}

static int without_stream(void *context, const struct request *x) {
    const struct streams_scan *s = context;
    return s->fn(s->context, x, NULL);
}

int reader_answers(struct reader *r, reader_stream_fn *fn, void *context, struct err *e) {
    if (reader_has_streams(r))
        return scan(r, true, fn, context, e);
    struct streams_scan s = {.all = true, .fn = fn, .context = context};
    return reader_scan(r, without_stream, &s, e);
}
