/*
 * stream_row: how a streamed response went, as the run file stores it.
 *
 * It is made from a record on its way into the file (stream_record.h), and from a row of the file
 * (reader_streams.h). Both give the same numbers. Times are microseconds from the request's
 * sent_us. Before that subtraction, each was truncated to whole microseconds from the start of the
 * run. So ttft_us and all gaps add up to exactly last_token_us.
 *
 * Ownership: plain data. The text is borrowed, for as long as the source of the row says. Thread:
 * any.
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
    /* REQUEST_NO_VALUE: there was none. ttfo_us: the first token event that is not reasoning. */
    int64_t first_event_us, ttft_us, ttfo_us, last_token_us;
    uint64_t events, token_events;
    uint64_t reasoning_events, tool_events; /* of the token events */
    uint64_t reads, shared_reads; /* that brought token events; those that brought several */
    /* From the usage that the server reports. If it reports none, output_tokens is the number of
     * token events and the others are REQUEST_NO_VALUE. */
    int64_t output_tokens;
    int64_t prompt_tokens, cached_tokens, reasoning_tokens;
    /* The longest answer that was asked for, and the words of a generated prompt. REQUEST_NO_VALUE:
     * none, or not known. */
    int64_t asked_tokens, asked_words;
    bool from_usage;      /* output_tokens comes from the server's usage */
    int64_t first_tokens; /* tokens in the first token event */
    enum stream_finish finish;
    bool done;           /* the data or event came that ends the stream */
    uint64_t after_done; /* events after `done`, which are not counted anywhere else */
    int64_t gap_max_us;  /* REQUEST_NO_VALUE: there was no gap */
    /* The gaps between token events: a JSON array of whole microseconds, for stream_row_gap(). NULL
     * if no token came. */
    const char *gaps;
};

/* Makes the row of a request that was sent at sent_us of the run. It writes the gaps to `room`;
 * out->gaps points into it. */
void stream_row_of(const struct stream_record *s, int64_t sent_us, struct buf *room,
                   struct stream_row *out);

/* The time to the first token (REQUEST_NO_VALUE: no token came) and the output tokens alone, which
 * takes a fraction of the time. */
void stream_row_brief(const struct stream_record *s, int64_t sent_us, int64_t *ttft_us,
                      uint64_t *tokens);

/* Reads one gap after another. Set *at to `gaps` first. Returns false at the end, or if the text is
 * damaged. */
bool stream_row_gap(const char **at, int64_t *gap_us);

#endif
