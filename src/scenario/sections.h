/*
 * sections: the parts of a scenario file, a function each.
 *
 * Each reads one value (NULL: the key is absent) into the scenario, checks it, and fails through
 * reader_fail(). Internal to scenario/. Ownership: what they store belongs to the scenario, also
 * after a failure. Thread: one.
 */
#ifndef SCENARIO_SECTIONS_H
#define SCENARIO_SECTIONS_H

#include "scenario/reader.h"

int load_read(struct reader *r, const struct json *v);
int wait_read(struct reader *r, const struct json *v);
int timeouts_read(struct reader *r, const struct json *timeout, const struct json *connect_timeout);
/* Reads "thresholds", after load and tasks, which they must fit. */
int thresholds_read(struct reader *r, const struct json *v);
int http_read(struct reader *r, const struct json *v);

struct header_list {
    struct scenario_header *items;
    size_t count;
};

void headers_free(struct header_list *l);

/* Sets a header, in place of one of the same name in any case; takes a copy. */
int headers_set(struct reader *r, struct header_list *l, const char *name, const char *value);
const char *headers_get(const struct header_list *l, const char *name);

/* Reads "headers" and "auth" of the scenario or a task on top of what the list holds. */
int headers_read(struct reader *r, const struct json *headers, const struct json *auth,
                 struct header_list *l);

/* Reads "tasks"; `common` holds the scenario's headers. */
int tasks_read(struct reader *r, const struct json *v, const struct header_list *common);

/* Reads the body of a task, whichever kind it is, and sets Content-Type where the task does not. */
int body_read(struct reader *r, const struct json *task, struct scenario_request *q,
              struct header_list *headers);

/* Which key of the task is its body, or NULL. */
const struct json *body_find(const struct json *task);

int multipart_read(struct reader *r, const struct json *v, struct buf *out, char **content_type);

/* Writes name=value pairs joined with '&' for "query" and "form". */
int pairs_read(struct reader *r, const struct json *v, enum place place, struct buf *out);

#endif
