/*
 * export_streams: what the formats of other stream clients share: which requests they list, and
 * what those tools take for an answer.
 *
 * Listed is what was sent to an endpoint that answered some request with a stream: so a refused
 * connection is in the list, a health check is not. docs/formats.md says what each number is.
 *
 * Ownership: export_streams_done() frees; one that is all zeros is fine. Thread: as the reader.
 */
#ifndef REPORT_EXPORT_STREAMS_H
#define REPORT_EXPORT_STREAMS_H

#include <stdbool.h>
#include <stddef.h>

#include "record/reader_streams.h"
#include "util/err.h"

struct export_streams {
    struct reader *reader;
    bool *has_streams; /* per endpoint */
    size_t endpoint_count;
};

/* Fails where the run has no streams. `format` is for the error. */
int export_streams_init(struct export_streams *x, struct reader *r, const char *format,
                        struct err *e);
void export_streams_done(struct export_streams *x);

bool export_streams_lists(const struct export_streams *x, const struct request *row);

/* Why it failed, for people: the file's text, else "HTTP 503 Service Unavailable" or the outcome's
 * word. `room` holds it. */
const char *export_streams_error(const struct export_streams *x, const struct request *row,
                                 char *room, size_t n);

/* "Service Unavailable"; "" for a status without a name. */
const char *export_streams_phrase(int status);

#endif
