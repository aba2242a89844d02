/*
 * export_json: the few kinds of values that the exports are made of, put into cJSON trees.
 *
 * An add that finds no memory, or an object that is NULL, only sets w->failed; ask once at the end,
 * with export_json_print(). Strings may be hostile: what is not UTF-8 becomes U+FFFD, and so does a
 * NUL. Not for others; the exports are export_log.h and export_metrics.h.
 *
 * Ownership: every object belongs to the one that it was put into. Thread: plain data, owned by the
 * caller.
 */
#ifndef CLOUDRUN_EXPORT_JSON_H
#define CLOUDRUN_EXPORT_JSON_H

#include <stdbool.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "cloudrun/export_log.h"
#include "util/buf.h"

struct export_json {
    bool failed;
};

/* Takes ownership of item; key is NULL where `into` is an array. Returns item, NULL if it failed. */
cJSON *export_json_put(struct export_json *w, cJSON *into, const char *key, cJSON *item);

cJSON *export_json_object(struct export_json *w, cJSON *into, const char *key);
cJSON *export_json_array(struct export_json *w, cJSON *into, const char *key);

/* A NULL text is left out. */
void export_json_text(struct export_json *w, cJSON *into, const char *key, const char *text);
void export_json_bytes(struct export_json *w, cJSON *into, const char *key, const char *text,
                       size_t n);

/* An int64 the way that Google's JSON has it: as a string. */
void export_json_int64(struct export_json *w, cJSON *into, const char *key, int64_t value);

/* "2025-07-06T05:01:42.410213Z": 3, 6 or 9 decimals. */
void export_json_time(struct export_json *w, cJSON *into, const char *key, int64_t ns,
                      int decimals);

/* "203.678286565s": 0, 3, 6 or 9 decimals, as few as will do. */
void export_json_duration(struct export_json *w, cJSON *into, const char *key, int64_t ns);

/* The monitored resource "cloud_run_revision". */
void export_json_resource(struct export_json *w, cJSON *into, const struct export_service *s);

/* Appends the text of root in one line and frees root; without memory it sets out->failed. */
void export_json_print(struct export_json *w, cJSON *root, struct buf *out);

#endif
