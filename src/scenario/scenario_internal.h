/*
 * scenario_internal: what the files of scenario.h share while one is loaded.
 *
 * Internal to scenario/. Ownership: the scenario's, also after a failure. Thread: one.
 */
#ifndef SCENARIO_SCENARIO_INTERNAL_H
#define SCENARIO_SCENARIO_INTERNAL_H

#include "scenario/loader.h"
#include "scenario/scenario.h"

#define HTTP_NAMES_TTL_NS (60 * INT64_C(1000000000))

/* What follows from the rest: sums of weights, numbers of checks. After everything was read, and
 * after something was taken out. -1 where memory ran out. */
int scenario_finish(struct scenario *s);

/* Reads the scenario's "target"; it resolves nothing. */
int target_read(struct loader *r, const struct json *v);

/* Where nothing but whole URLs is sent, and no target is needed, notes in target_source what they
 * begin with; -1: no memory. */
int target_name(struct scenario *s);

/* Reads "resolve", "dns" and "source" of "http". It looks no name up and opens no socket: whether
 * an address is one of this machine's is asked before a run. */
int http_names_read(struct loader *r, const struct json *http, struct scenario_http *h);

/* Reads "thresholds", after load and tasks, which they must fit. */
int thresholds_read(struct loader *r, const struct json *v);

/* Remembers a value that came from the environment, and each form in which it may be sent; -1 where
 * memory ran out. An empty one is no secret. */
int secret_add(struct scenario *s, const char *value);

/* Remembers a variable's name, once; -1 where memory ran out. */
int secret_name_add(struct scenario *s, const char *name, size_t n);

#endif
