/*
 * status_json: writes the status of a run as JSON: docs/live.md describes each key.
 *
 * Documents are ASCII. Times are milliseconds, unless the key says otherwise. What is unknown is
 * null. Thread: that of the status.
 */
#ifndef CONTROL_STATUS_JSON_H
#define CONTROL_STATUS_JSON_H

#include "control/status.h"
#include "util/buf.h"

enum status_json_parts {
    STATUS_JSON_RUN = 1,    /* what does not change */
    STATUS_JSON_COURSE = 2, /* the whole course; without it, its last two points */
};

#define STATUS_JSON_COURSES 32 /* parts of a load whose course is written */

/* One object on one line, without a newline. Events with a number up to `seen` are left out. */
void status_json(const struct status *s, unsigned parts, uint64_t seen, struct buf *out);

#endif
