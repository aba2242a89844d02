/*
 * reader_streams: reads how streamed answers went, each with its request.
 *
 * Older files have no streams. A reader that shows a part of a run (reader_cut()) gives the streams
 * of its requests. Times are microseconds: of the request from the start of what the reader shows,
 * of the stream from the request's sent_us.
 *
 * Ownership: what a callback gets is borrowed for the call. Thread: as the reader.
 */
#ifndef RECORD_READER_STREAMS_H
#define RECORD_READER_STREAMS_H

#include "record/reader.h"
#include "record/stream_row.h"

/* Whether some request was answered by a stream. */
bool reader_has_streams(struct reader *r);

/* Calls fn for each request with a stream, in the order of ids, until it returns non-zero (then
 * that is returned); 0 at the end, -1 with e set where the file cannot be read. */
typedef int reader_stream_fn(void *context, const struct request *request,
                             const struct stream_row *stream);
int reader_streams(struct reader *r, reader_stream_fn *fn, void *context, struct err *e);

/* The same for every request; `stream` is NULL for one without. */
int reader_answers(struct reader *r, reader_stream_fn *fn, void *context, struct err *e);

#endif
