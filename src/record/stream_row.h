/*
 * stream_row: how a streamed answer went, as the run file has it.
 *
 * Two places make one: a record on its way into the file (stream_record.h) and a row that is read
 * from it (reader_streams.h). Both give the same numbers. Moments are microseconds from the
 * request's sent_us. Each was cut to whole microseconds from the start of the run before, so that
 * ttft_us and all gaps add up to last_token_us exactly.
 *
 * Ownership: plain data; the text is borrowed, for as long as its giver says. Thread: any.
 */
#ifndef RECORD_STREAM_ROW_H
#define RECORD_STREAM_ROW_H

#include <stdbool.h>
#include <stdint.h>

#include "record/stream_record.h"
#include "stream/stream.h"
#include "util/buf.h"
#include "util/request.h"

struct stream_row {
    /* REQUEST_NO_VALUE: there was none. ttfo: of the first token event that is no reasoning. */
    int64_t first_event_us, ttft_us, ttfo_us, last_token_us;
    uint64_t events, token_events;
    uint64_t reasoning_events, tool_events; /* of the token events */
    uint64_t reads, shared_reads; /* that brought token events; of them, that brought several */
    /* As the server's usage says, all but the first; REQUEST_NO_VALUE: it did not say. */
    int64_t output_tokens; /* or else the number of token events */
    int64_t prompt_tokens, cached_tokens, reasoning_tokens;
    bool from_usage;      /* output_tokens is the server's count */
    int64_t first_tokens; /* in the first token event */
    enum stream_finish finish;
    bool done;           /* the data or the event came that ends the stream */
    uint64_t after_done; /* events behind it, which count for nothing else */
    int64_t gap_max_us;  /* REQUEST_NO_VALUE: there was no gap */
    /* The gaps between token events: a JSON array of whole microseconds, for stream_row_gap();
     * NULL: no token came. */
    const char *gaps;
};

/* The row of a request that was sent at sent_us of the run. Its gaps are written to `room`, which
 * it borrows. */
void stream_row_of(const struct stream_record *s, int64_t sent_us, struct buf *room,
                   struct stream_row *out);

/* Reads the gaps one after the other: *at begins as `gaps`. False at the end, and where the text is
 * damaged. */
bool stream_row_gap(const char **at, int64_t *gap_us);

#endif
