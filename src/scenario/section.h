/*
 * section: one function for each part of a scenario file.
 *
 * Each reads one value (NULL: the key is absent) into the scenario, checks it, and fails through
 * loader_fail(). Internal to scenario/. Ownership: results belong to the scenario, also after a
 * failure. Thread: one.
 */
#ifndef SCENARIO_SECTION_H
#define SCENARIO_SECTION_H

#include "scenario/loader.h"
#include "scenario/scope.h"
#include "scenario/template.h"

int load_read(struct loader *r, const struct json *v, struct load *l);

/* Opens the trace of the scenario's load, if a load has one. Its rows become a feeder in the
 * scope. */
int trace_read(struct loader *r, const struct json *top, struct scope *scope);
/* Reads the other keys of a load with a trace. */
int trace_load_read(struct loader *r, const struct json *load, struct load *l);
/* Call after everything was read: checks that only users of the load with the trace use its
 * rows. */
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

/* Sets a header, and replaces one of the same name in any case. Copies the texts, and takes the
 * template, even on failure. */
int headers_set(struct loader *r, struct header_list *l, const char *name, const char *value,
                struct template *varying);
/* Sets a header to the string v, which may vary. */
int headers_set_text(struct loader *r, const struct json *v, const char *name,
                     struct header_list *l);
/* Returns the header of this name in any case, or NULL. */
const struct scenario_header *headers_find(const struct header_list *l, const char *name);

/* Reads "headers" and "auth" of the scenario or of a request, and adds them to the list. */
int headers_read(struct loader *r, const struct json *headers, const struct json *auth,
                 struct header_list *l);

/* Collects the names of values that the scenario defines, and reads the parts that define them.
 * Call before reading anything that may use them. */
int names_read(struct loader *r, const struct json *top, struct scope *scope);

/* Reads the users' behaviour: "load" or "loads", "tasks" or "users", and the steps at start and
 * stop. */
int flows_read(struct loader *r, const struct json *top);

/* Appends the steps of an array of requests, waits, repetitions and conditions. v NULL: none. */
int steps_read(struct loader *r, const struct json *v, bool with_tags, struct scenario_steps *out);

/* Appends the tasks of a class. */
int tasks_read(struct loader *r, const struct json *v, struct scenario_class *c);

/* Reads the members of a request. The scenario's headers are r->headers and r->auth. The caller
 * frees `q` with request_done(), also after a failure. */
int request_read(struct loader *r, const struct json *v, struct scenario_request *q);
void request_done(struct scenario_request *q);

/* Reads "stream" of a request with this method. v NULL: not a stream. The caller frees *out with
 * stream_done(), also after a failure. */
int stream_read(struct loader *r, const struct json *v, const char *method,
                struct scenario_stream **out);
void stream_done(struct scenario_stream *s);

/* Reads "stream" of a gRPC call whose response is a stream of messages: each, as JSON, is an event.
 * v NULL: with the defaults. */
int stream_messages_read(struct loader *r, const struct json *v, struct scenario_stream **out);

/* Reads a request that is a gRPC call. Frees as request_read(). */
int grpc_read(struct loader *r, const struct json *v, struct scenario_request *q);
/* Fails if a request has keys that do not belong to its kind: a gRPC call, or not. */
int grpc_check_keys(struct loader *r, const struct json *v);
/* Call after all requests were read: gRPC calls and "streams" need HTTP/2. `http` may be NULL. */
int grpc_version(struct loader *r, const struct json *http);
void grpc_types_free(struct scenario_types *t);

/* Reads the body of a request, of any kind, and sets Content-Type if the request does not. */
int body_read(struct loader *r, const struct json *task, struct scenario_request *q,
              struct header_list *headers);

/* True for "${value(...)}": what is sent has no quotes. */
bool body_is_value(const char *text, size_t n);

/* Returns the key of the request that is its body, or NULL. */
const struct json *body_find(const struct json *task);

int multipart_read(struct loader *r, const struct json *v, struct buf *out, char **content_type);

/* Appends name=value pairs joined with '&', for "query" and "form". */
int pairs_read(struct loader *r, const struct json *v, enum text_place place, struct buf *out);

/* Makes room for one more item after `count`, in an array that is only grown by this function.
 * New memory is zeroed. */
int array_grow(struct loader *r, void *items, size_t count, size_t item_bytes);

#endif
