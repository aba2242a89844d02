/*
 * import_log: what an entry of Cloud Logging says about a Cloud Run service.
 *
 * Facts out, nothing kept: a request, a system event, a line that an instance wrote, or none of
 * these. Rules and texts: as real entries have them (docs/run-file.md names what is read). It does
 * not know the run, the service that is looked for, or the database.
 *
 * Ownership: texts point into the document, which must outlive the entry. Thread: any.
 */
#ifndef IMPORT_IMPORT_LOG_H
#define IMPORT_IMPORT_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "util/err.h"
#include "util/json.h"

enum import_log_kind {
    IMPORT_LOG_REQUEST,
    IMPORT_LOG_EVENT,
    IMPORT_LOG_OUTPUT, /* stdout, stderr */
    IMPORT_LOG_OTHER,  /* another log or another product */
};

#define IMPORT_NO_TIME INT64_MIN
#define IMPORT_TRACE_BYTES 16
#define IMPORT_REASON_BYTES 48

struct import_log {
    enum import_log_kind kind;
    uint64_t key; /* the same for the same entry, whatever file it is in */
    int64_t at_us;
    const char *service, *revision, *instance; /* NULL: not said */
    const char *severity, *text;               /* NULL: none */

    /* requests */
    int64_t latency_us; /* -1: not said, like the next three */
    int64_t status, request_bytes, response_bytes;
    const char *method;
    const char *path; /* not NUL-terminated: without host and query; NULL: not said */
    size_t path_len;
    bool has_trace;
    uint8_t trace[IMPORT_TRACE_BYTES];

    /* events: start ready probe_failed liveness_failed memory signal uncaught exit shutdown
     * lifetime other */
    const char *event;
    char reason[IMPORT_REASON_BYTES]; /* of a start: "AUTOSCALING"; of a lifetime: how it ended */
    /* lifetime: what coldswarm's own local Cloud Run says of an instance; IMPORT_NO_TIME */
    int64_t started_us, ready_us, term_us, ended_us;
};

/* The error says what is wrong with the entry; its place is the caller's to know. */
int import_log_read(const struct json *entry, struct import_log *out, struct err *e);

#endif
