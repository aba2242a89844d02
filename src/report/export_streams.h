/*
 * export_streams: shared by the formats of other stream clients: which requests they list, and what
 * those tools count as a response.
 *
 * A request is listed if it was sent to an endpoint that streamed at least one response. So a
 * refused connection is in the list, but a health check is not. docs/formats.md explains each
 * number.
 *
 * Ownership: export_streams_done() frees; all zeros is allowed. Thread: as the reader.
 */
#ifndef REPORT_EXPORT_STREAMS_H
#define REPORT_EXPORT_STREAMS_H

#include <stdbool.h>
#include <stddef.h>

#include "record/reader_streams.h"
#include "util/err.h"

struct export_streams {
    struct reader *reader;
    bool *has_streams; /* by endpoint */
    size_t endpoint_count;
};

/* Fails if the run has no streams. `format` is used in the error. */
int export_streams_init(struct export_streams *x, struct reader *r, const char *format,
                        struct err *e);
void export_streams_done(struct export_streams *x);

bool export_streams_lists(const struct export_streams *x, const struct request *row);

/* Why the request failed, for people: the text in the file, else "HTTP 503 Service Unavailable" or
 * the word of the outcome. `room` holds the text. */
const char *export_streams_error(const struct export_streams *x, const struct request *row,
                                 char *room, size_t n);

/* "Service Unavailable"; "" for a status without a name. */
const char *export_streams_phrase(int status);

#endif
