/*
 * check: conditions on a response. Results are counted under the name of the check.
 *
 *     "checks": [
 *         { "status": [200, "2xx", "300-304"] },
 *         { "grpc_status": ["NOT_FOUND", 0] },
 *         { "json": "/n", "equals": 7, "name": "seven" },
 *         { "jsonpath": "$..id", "exists": true },
 *         { "header": "X", "matches": "^a" },
 *         { "body": { "contains": "ok" } },
 *         { "size": { "max": 4096 } },
 *         { "time": { "max": "500ms" } }
 *     ]
 *
 * "text" works like "body", on the joined text of a stream.
 *
 * json, jsonpath and header take one or more of exists, equals, not, contains and matches. For
 * numbers there are also less and greater (both strict). All of them must hold. Values are compared
 * as JSON values: 7 and "7" differ, 7 and 7.0 do not. The default name of a check is its condition.
 * This part does not count results: the caller does.
 *
 * Ownership: a list owns its checks. Thread: read-only once loaded; a capture_work belongs to one
 * thread.
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
    CHECK_GRPC_STATUS,
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
    char *text; /* decoded if a string, as written if a number */
    size_t len;
    double number;
};

struct check {
    char *name;
    enum check_subject subject;
    struct jsonpath *path; /* CHECK_JSON */
    char *field;           /* CHECK_HEADER */
    /* CHECK_STATUS, CHECK_GRPC_STATUS */
    struct check_range *ranges;
    size_t range_count;
    /* CHECK_JSON, CHECK_HEADER, CHECK_BODY, CHECK_TEXT: NULL or false if not given */
    bool has_exists, exists;
    struct check_value *equals, *not_equals;
    char *contains;
    size_t contains_bytes;
    struct pattern *matches;
    bool has_less, has_greater;
    double less, greater;
    /* CHECK_SIZE in bytes, CHECK_TIME in ns */
    int64_t min, max; /* 0 and INT64_MAX if not given */
};

struct check_list { /* initialise with {0} */
    struct check *items;
    size_t count;
};

/* Reads "checks" of a request. v NULL: no checks. */
int checks_read(struct loader *r, const struct json *v, struct check_list *out);
void checks_done(struct check_list *l);

/* True if a check is about the status: then the author has defined which status is good. */
bool checks_have_status(const struct check_list *l);
bool checks_have_grpc_status(const struct check_list *l);
bool checks_need_head(const struct check_list *l);
bool checks_need_body(const struct check_list *l);
bool checks_need_text(const struct check_list *l);

/* True if it reads the body. It then cannot check a response that was not kept whole. */
bool check_reads_body(const struct check *c);

/* Returns whether the check holds. If not, `why` is "NAME: what is wrong", with the same text
 * for every value. w->seen is then what was found (except a body): bytes of the response, so
 * mask and escape them. If check_reads_body(), the body must have been kept whole. */
bool check_holds(const struct check *c, const struct response *a, struct capture_work *w,
                 struct err *why);

#endif
