/*
 * web_start: what a request asks of a new run: JSON or a form, as the page and Locust's scripts
 * send it.
 *
 * It knows the keys, not what their values may be: the texts become options of `coldswarm run`.
 * Pure. Thread: any.
 */
#ifndef WEB_WEB_START_H
#define WEB_WEB_START_H

#include <stdbool.h>
#include <stddef.h>

#include "util/err.h"

enum web_field {
    WEB_FIELD_SCENARIO,
    WEB_FIELD_HOST,
    WEB_FIELD_USERS,
    WEB_FIELD_SPAWN_RATE,
    WEB_FIELD_RATE,
    WEB_FIELD_RUN_TIME,
    WEB_FIELD_SEED,
    WEB_FIELDS
};

#define WEB_FIELD_BYTES 2048

/* What is asked for, as texts that nobody has checked. */
struct web_start {
    char field[WEB_FIELDS][WEB_FIELD_BYTES]; /* "": not given */
};

/* The names of the fields: "scenario", "run_time". */
const char *web_field_name(enum web_field f);

/* Reads a body: JSON or a form, with Locust's user_count for users. Unknown keys are errors, unless
 * `locust`: its scripts send more. */
int web_start_read(const char *body, size_t n, bool locust, struct web_start *out, struct err *e);

#endif
