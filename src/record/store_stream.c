#include "record/store_stream.h"

static void bind(sqlite3_stmt *st, int at, int64_t value) {
    if (value == REQUEST_NO_VALUE)
        sqlite3_bind_null(st, at);
    else
        sqlite3_bind_int64(st, at, value);
}

void store_stream_bind(sqlite3_stmt *st, int64_t request, const struct stream_row *row) {
    const int64_t numbers[] = {
        request,
        row->first_event_us,
        row->ttft_us,
        row->ttfo_us,
        row->last_token_us,
        (int64_t)row->events,
        (int64_t)row->token_events,
        (int64_t)row->reasoning_events,
        (int64_t)row->tool_events,
        (int64_t)row->reads,
        (int64_t)row->shared_reads,
        row->from_usage ? row->output_tokens : REQUEST_NO_VALUE,
        row->prompt_tokens,
        row->cached_tokens,
        row->reasoning_tokens,
        row->first_tokens,
    };
    int at = 0;
    for (; at < (int)(sizeof numbers / sizeof *numbers); at++)
        bind(st, at + 1, numbers[at]);
    sqlite3_bind_text(st, at + 1, stream_finish_text((int)row->finish), -1, SQLITE_STATIC);
    sqlite3_bind_int(st, at + 2, row->done);
    sqlite3_bind_int64(st, at + 3, (int64_t)row->after_done);
    bind(st, at + 4, row->gap_max_us);
    sqlite3_bind_text(st, at + 5, row->gaps, -1, SQLITE_STATIC);
    bind(st, at + 6, row->asked_tokens);
    bind(st, at + 7, row->asked_words);
}
