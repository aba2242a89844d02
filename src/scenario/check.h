/*
 * check: conditions on a response, each with a name to be counted under.
 *
 *     "checks": [ { "status": [200, "2xx", "300-304"] }, { "json": "/n", "equals": 7, "name":
 *     "seven" },
 *                 { "jsonpath": "$..id", "exists": true }, { "header": "X", "matches": "^a" }, {
 *                 "body": { "contains": "ok" } }, { "size": { "max": 4096 } }, { "time": { "max":
 *                 "500ms" } } ]
 *
 * "text" is as "body", of the joined text of a stream.
 *
 * json, jsonpath and header take one or more of exists, equals, not, contains, matches, and for
 * numbers less, greater (both strict); all of them must hold. A value compared is a JSON value: 7
 * and "7" differ, 7 and 7.0 do not. A check without a name is called by what it says. It counts
 * nothing: the caller does.
 *
 * Ownership: a list owns its checks. Thread: only read once loaded; a work belongs to one thread.
 */
#ifndef SCENARIO_CHECK_H
#define SCENARIO_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "scenario/capture.h"
#include "scenario/jsonpath.h"
#include "scenario/loader.h"
#include "scenario/pattern.h"
#include "scenario/response.h"
#include "util/err.h"

#define CHECKS_MAX 1000
#define CHECK_RANGES_MAX 64

enum check_subject {
    CHECK_STATUS,
    CHECK_JSON,
    CHECK_HEADER,
    CHECK_BODY,
    CHECK_TEXT,
    CHECK_SIZE,
    CHECK_TIME
};

struct check_range { /* both ends included */
    int from, to;
};

/* A JSON value to compare with. */
struct check_value {
    enum json_kind kind;
    bool boolean;
    char *text; /* a string decoded, a number as written */
    size_t len;
    double number;
};

struct check {
    char *name;
    enum check_subject subject;
    struct jsonpath *path; /* CHECK_JSON */
    char *field;           /* CHECK_HEADER */
    /* CHECK_STATUS */
    struct check_range *ranges;
    size_t range_count;
    /* CHECK_JSON, CHECK_HEADER, CHECK_BODY, CHECK_TEXT: NULL or false where not asked for */
    bool has_exists, exists;
    struct check_value *equals, *not_equals;
    char *contains;
    size_t contains_bytes;
    struct pattern *matches;
    bool has_less, has_greater;
    double less, greater;
    /* CHECK_SIZE in bytes, CHECK_TIME in ns */
    int64_t min, max; /* 0 and INT64_MAX where not asked for */
};

struct check_list { /* begins as {0} */
    struct check *items;
    size_t count;
};

/* Reads "checks" of a request; v NULL: none. */
int checks_read(struct loader *r, const struct json *v, struct check_list *out);
void checks_done(struct check_list *l);

/* True where one looks at the status: then the author has said which status is good. */
bool checks_have_status(const struct check_list *l);
bool checks_need_head(const struct check_list *l);
bool checks_need_body(const struct check_list *l);
bool checks_need_text(const struct check_list *l);

/* True where it looks into the body: of an answer that was not kept whole it cannot be judged. */
bool check_reads_body(const struct check *c);

/* Whether the check holds. Where it does not, `why` reads "NAME: what is wrong", in words that are
 * the same for every value, and w->seen has what was found (a body is not repeated there): bytes of
 * the response, so mask and escape them. Where check_reads_body(), the answer's body was kept
 * whole. */
bool check_holds(const struct check *c, const struct response *a, struct capture_work *w,
                 struct err *why);

#endif
