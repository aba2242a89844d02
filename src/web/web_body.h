/*
 * web_body: reads the body of a request: a JSON object, or a form as browsers and Locust's scripts
 * send it.
 *
 * It knows no keys. Pure. Thread: any.
 */
#ifndef WEB_WEB_BODY_H
#define WEB_WEB_BODY_H

#include <stddef.h>

#include "util/err.h"

#define WEB_BODY_MAX 16384

enum web_value {
    WEB_FORM,   /* a text of a form */
    WEB_NUMBER, /* of JSON, as written */
    WEB_TEXT,   /* a string of JSON */
    WEB_OTHER   /* null, true, an array: `value` is "" */
};

struct web_member {
    const char *key, *value; /* valid during the call */
    enum web_value kind;
};

/* Returns 0, or -1 with an error. */
typedef int web_member_fn(void *context, const struct web_member *m, struct err *e);

/* Calls fn for each member, in order, until it fails. An empty body has none; one that is neither a
 * JSON object nor a form is an error. */
int web_body_read(const char *body, size_t n, web_member_fn *fn, void *context, struct err *e);

#endif
