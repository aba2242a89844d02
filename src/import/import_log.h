/*
 * import_log: what an entry of Cloud Logging says about a Cloud Run service.
 *
 * It extracts facts and keeps nothing. An entry is a request, a system event, a line that an
 * instance wrote, or none of these. The rules and texts come from real entries (docs/run-file.md
 * says what is read). It knows neither the run, nor the requested service, nor the database.
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
    uint64_t key; /* identical entries have the same key, in any file */
    int64_t at_us;
    const char *service, *revision, *instance; /* NULL: not given */
    const char *severity, *text;               /* NULL: none */

    /* Of a request: */
    int64_t latency_us; /* -1: not given; also for the next three */
    int64_t status, request_bytes, response_bytes;
    const char *method;
    const char *path; /* not NUL-terminated; without host and query; NULL: not given */
    size_t path_len;
    bool has_trace;
    uint8_t trace[IMPORT_TRACE_BYTES];

    /* Of an event: start ready probe_failed liveness_failed memory signal uncaught exit shutdown
     * lifetime other */
    const char *event;
    /* Of a start: "AUTOSCALING"; of a lifetime: how it ended. */
    char reason[IMPORT_REASON_BYTES];
    /* Of a lifetime, which only our own local Cloud Run reports. IMPORT_NO_TIME: not given. */
    int64_t started_us, ready_us, term_us, ended_us;
};

/* The error says what is wrong with the entry. The caller knows its place in the file. */
int import_log_read(const struct json *entry, struct import_log *out, struct err *e);

#endif
