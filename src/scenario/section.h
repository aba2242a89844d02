/*
 * section: the parts of a scenario file, a function each.
 *
 * Each reads one value (NULL: the key is absent) into the scenario, checks it, and fails through
 * loader_fail(). Internal to scenario/. Ownership: what they store belongs to the scenario, also
 * after a failure. Thread: one.
 */
#ifndef SCENARIO_SECTION_H
#define SCENARIO_SECTION_H

#include "scenario/loader.h"
#include "scenario/scope.h"
#include "scenario/template.h"

int load_read(struct loader *r, const struct json *v, struct load *l);

/* Opens the trace of the scenario's load, where one has a trace: its rows become a feeder in the
 * scope. */
int trace_read(struct loader *r, const struct json *top, struct scope *scope);
/* Reads what a load with a trace may say besides. */
int trace_load_read(struct loader *r, const struct json *load, struct load *l);
/* After everything was read: only what the load with the trace does may use its rows. */
int trace_check_uses(struct loader *r, const struct json *top);

int wait_read(struct loader *r, const struct json *v, struct wait *w);
int timeouts_read(struct loader *r, const struct json *timeout, const struct json *connect_timeout);
int http_read(struct loader *r, const struct json *v);
int scrape_read(struct loader *r, const struct json *v);

struct header_list {
    struct scenario_header *items;
    size_t count;
};

void headers_free(struct header_list *l);

/* Sets a header, in place of one of the same name in any case; takes a copy of its texts and the
 * template, also where it fails. */
int headers_set(struct loader *r, struct header_list *l, const char *name, const char *value,
                struct template *varying);
/* The header of this name in any case, or NULL. */
const struct scenario_header *headers_find(const struct header_list *l, const char *name);

/* Reads "headers" and "auth" of the scenario or a request on top of what the list holds. */
int headers_read(struct loader *r, const struct json *headers, const struct json *auth,
                 struct header_list *l);

/* Notes the names that the scenario's parts give to values, and reads what gives them: before
 * anything that may use them. */
int names_read(struct loader *r, const struct json *top, struct scope *scope);

/* Reads what users do: "load" or "loads", "tasks" or "users", and what runs at start and stop. */
int flows_read(struct loader *r, const struct json *top);

/* Appends the steps of an array of requests, waits, repetitions and conditions; v NULL: none. */
int steps_read(struct loader *r, const struct json *v, bool with_tags, struct scenario_steps *out);

/* Appends the tasks of a class. */
int tasks_read(struct loader *r, const struct json *v, struct scenario_class *c);

/* Reads the members of a request; the scenario's headers are r->headers and r->auth. `q` is the
 * caller's to free with request_done(), also after a failure. */
int request_read(struct loader *r, const struct json *v, struct scenario_request *q);
void request_done(struct scenario_request *q);

/* Reads "stream" of a request with this method; v NULL: there is none. *out is the caller's to free
 * with stream_done(), also after a failure. */
int stream_read(struct loader *r, const struct json *v, const char *method,
                struct scenario_stream **out);
void stream_done(struct scenario_stream *s);

/* Reads the body of a request, whichever kind it is, and sets Content-Type where the request does
 * not. */
int body_read(struct loader *r, const struct json *task, struct scenario_request *q,
              struct header_list *headers);

/* Which key of the request is its body, or NULL. */
const struct json *body_find(const struct json *task);

int multipart_read(struct loader *r, const struct json *v, struct buf *out, char **content_type);

/* Writes name=value pairs joined with '&' for "query" and "form". */
int pairs_read(struct loader *r, const struct json *v, enum text_place place, struct buf *out);

/* Makes room for one more item after `count` in an array that grows only by this; what is new is
 * zero. */
int array_grow(struct loader *r, void *items, size_t count, size_t item_bytes);

#endif
