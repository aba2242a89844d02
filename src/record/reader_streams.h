/*
 * reader_streams: reads how streamed responses went, each with its request.
 *
 * Older files have no streams. If the reader is restricted to a part of a run (reader_cut()), only
 * the streams of requests in that part are read. Times are microseconds. Those of a request count
 * from the start of what the reader shows, those of a stream from the request's sent_us.
 *
 * Ownership: callback arguments are borrowed for the call. Thread: as the reader.
 */
#ifndef RECORD_READER_STREAMS_H
#define RECORD_READER_STREAMS_H

#include "record/reader.h"
#include "record/stream_row.h"

/* Whether at least one response was streamed. */
bool reader_has_streams(const struct reader *r);

/* Whether rows have asked_tokens and asked_words: from the schema's version 8 on. */
bool reader_streams_have_asked(const struct reader *r);

/* Calls fn for each request with a stream, in order of id, until fn returns non-zero; then returns
 * that value. Returns 0 at the end, or -1 with e set if the file cannot be read. */
typedef int reader_stream_fn(void *context, const struct request *request,
                             const struct stream_row *stream);
int reader_streams(struct reader *r, reader_stream_fn *fn, void *context, struct err *e);

/* As reader_streams(), for every request. `stream` is NULL if the request has none. */
int reader_answers(struct reader *r, reader_stream_fn *fn, void *context, struct err *e);

#endif
