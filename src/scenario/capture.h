/*
 * capture: a value taken from a response and kept under a name.
 *
 *     "capture": { "token": { "json": "/data/token" }, "id": { "header": "Location", "regex":
 *     "/([0-9]+)$" },
 *                  "csrf": { "regex": "name=\"csrf\" value=\"(.*?)\"", "group": 1, "default": "" }
 *                  }
 *
 * The source is one of json (a pointer), jsonpath, header, cookie, body (true), text (true, of a
 * stream), status (true); the body where only "regex" is given. A regex then takes a part of what
 * the source gave: group 1 where it has groups, else all that it matched. What cannot be found (or
 * is JSON's null) is the default, or a failure with its reason. It stores nothing: the caller does.
 *
 * Ownership: a list owns its captures. Thread: only read once loaded; a work belongs to one thread.
 */
#ifndef SCENARIO_CAPTURE_H
#define SCENARIO_CAPTURE_H

#include <stddef.h>
#include <stdint.h>

#include "scenario/jsonpath.h"
#include "scenario/loader.h"
#include "scenario/pattern.h"
#include "scenario/response.h"
#include "scenario/scope.h"
#include "util/buf.h"
#include "util/err.h"

#define CAPTURES_MAX 1000
#define CAPTURE_VALUE_MAX ((size_t)1 << 30) /* no answer that is judged is larger */

#define CAPTURE_SEEN_MAX 2048 /* bytes of a value that a check has found */

enum capture_source {
    CAPTURE_JSON,
    CAPTURE_HEADER,
    CAPTURE_COOKIE,
    CAPTURE_BODY,
    CAPTURE_TEXT,
    CAPTURE_STATUS
};

struct capture {
    char *name;
    uint32_t slot; /* in the scope */
    enum capture_source source;
    struct jsonpath *path; /* CAPTURE_JSON */
    char *field;           /* CAPTURE_HEADER, CAPTURE_COOKIE */
    struct pattern *regex; /* or NULL */
    uint32_t group;        /* of it */
    char *fallback;        /* the default, or NULL */
    size_t fallback_bytes;
};

struct capture_list { /* begins as {0} */
    struct capture *items;
    size_t count;
};

/* What captures and checks reuse; one per thread. */
struct capture_work { /* begins as {0} */
    struct pattern_work pattern;
    struct buf text;
    /* What the last check that did not hold has found, its beginning; "": nothing, or a body. */
    struct buf seen;
};

void capture_work_done(struct capture_work *w);

/* Reads "capture" of a request; its names become variables of the scope. v NULL: none. */
int captures_read(struct loader *r, const struct json *v, struct scope *scope,
                  struct capture_list *out);
void captures_done(struct capture_list *l);

/* True where one looks at header lines or the body: the transport need not keep what nobody
 * reads. */
bool captures_need_head(const struct capture_list *l);
bool captures_need_body(const struct capture_list *l);
bool captures_need_text(const struct capture_list *l);

/* True where it looks into the body: of an answer that was not kept whole it can take nothing. */
bool capture_reads_body(const struct capture *c);

/* Replaces what `out` holds with the value. On failure `why` reads "capture NAME: ..."
 * and `out` is empty. */
int capture_take(const struct capture *c, const struct response *a, struct capture_work *w,
                 struct buf *out, struct err *why);

#endif
