/*
 * stream_endpoints: which endpoints of a run should be answered by a stream.
 *
 * Goodput needs it: it counts the requests that failed before their stream began.
 *
 * Ownership: the caller frees *out with free(). Thread: as the reader.
 */
#ifndef REPORT_STREAM_ENDPOINTS_H
#define REPORT_STREAM_ENDPOINTS_H

#include <stdbool.h>

#include "record/reader.h"
#include "util/err.h"

/* Key of the manifest: the numbers of the endpoints whose responses the run read as streams, as a
 * JSON array. Without it, they are the endpoints that have such a response. */
#define STREAM_ENDPOINTS_KEY "stream_endpoints"

/* *out: by endpoint. *said: whether the manifest says it. */
int stream_endpoints(struct reader *r, bool **out, bool *said, struct err *e);

#endif
