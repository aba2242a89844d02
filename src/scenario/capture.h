/*
 * capture: takes a value from a response and stores it under a name.
 *
 *     "capture": {
 *         "token": { "json": "/data/token" },
 *         "id": { "header": "Location", "regex": "/([0-9]+)$" },
 *         "csrf": { "regex": "name=\"csrf\" value=\"(.*?)\"", "group": 1, "default": "" }
 *     }
 *
 * The source is one of json (a pointer), jsonpath, header, cookie, body (true), text (true; of a
 * stream) and status (true). With only "regex", the source is the body. A regex takes a part of the
 * source: group 1 if it has groups, else the whole match. If the value is missing or JSON null, the
 * result is the default; without a default, the capture fails with a reason. This part does not
 * store the value: the caller does.
 *
 * Ownership: a list owns its captures. Thread: read-only once loaded; a capture_work belongs to one
 * thread.
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
#define CAPTURE_VALUE_MAX ((size_t)1 << 30) /* no response that is checked is larger */

#define CAPTURE_SEEN_MAX 2048 /* bytes kept of the value that a check found */

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
    uint32_t group;        /* group of `regex` */
    char *fallback;        /* the default, or NULL */
    size_t fallback_bytes;
};

struct capture_list { /* initialise with {0} */
    struct capture *items;
    size_t count;
};

/* Buffers that captures and checks reuse; one per thread. */
struct capture_work { /* initialise with {0} */
    struct pattern_work pattern;
    struct buf text;
    /* The start of what the last failed check found. "": nothing, or a body. */
    struct buf seen;
};

void capture_work_done(struct capture_work *w);

/* Reads "capture" of a request. Its names become variables of the scope. v NULL: no captures. */
int captures_read(struct loader *r, const struct json *v, struct scope *scope,
                  struct capture_list *out);
void captures_done(struct capture_list *l);

/* True if a capture reads the header lines, the body, or the text. The transport need not keep
 * other parts. */
bool captures_need_head(const struct capture_list *l);
bool captures_need_body(const struct capture_list *l);
bool captures_need_text(const struct capture_list *l);

/* True if it reads the body. It then fails on a response that was not kept whole. */
bool capture_reads_body(const struct capture *c);

/* Replaces the contents of `out` with the value. On failure, `why` is "capture NAME: ..." and
 * `out` is empty. */
int capture_take(const struct capture *c, const struct response *a, struct capture_work *w,
                 struct buf *out, struct err *why);

#endif
