/*
 * scenario_internal: shared by the files of scenario.h while a scenario is loaded.
 *
 * Internal to scenario/. Ownership: the scenario's, also after a failure. Thread: one.
 */
#ifndef SCENARIO_SCENARIO_INTERNAL_H
#define SCENARIO_SCENARIO_INTERNAL_H

#include "scenario/loader.h"
#include "scenario/scenario.h"

#define HTTP_NAMES_TTL_NS (60 * INT64_C(1000000000))

/* Computes derived values: sums of weights, numbers of checks. Call after everything was read,
 * and after items were removed. Returns -1 if memory runs out. */
int scenario_finish(struct scenario *s);

/* Reads the scenario's "target". Does not resolve names. */
int target_read(struct loader *r, const struct json *v);

/* If only whole URLs are sent and no target is needed, sets target_source to their origins.
 * Returns -1 if memory runs out. */
int target_name(struct scenario *s);

/* Reads "resolve", "dns" and "source" of "http". Looks up no names and opens no sockets: whether
 * an address belongs to this machine is checked before a run. */
int http_names_read(struct loader *r, const struct json *http, struct scenario_http *h);

/* Reads "thresholds". Call after load and tasks were read, because thresholds are checked
 * against them. */
int thresholds_read(struct loader *r, const struct json *v);

/* Gets the types of a service as scenario_set_reflection() says. */
int scenario_reflect(const struct scenario *s, const char *service, proto_set_file_fn *file,
                     void *file_context, struct proto_set **out, struct err *e);

/* Stores a value from the environment, in each form in which it may be sent. An empty value is
 * not a secret. Returns -1 if memory runs out. */
int secret_add(struct scenario *s, const char *value);

/* Stores the name of an environment variable, once. Returns -1 if memory runs out. */
int secret_name_add(struct scenario *s, const char *name, size_t n);

#endif
