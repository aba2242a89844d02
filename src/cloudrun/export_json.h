/*
 * export_json: the few kinds of values that the exports are made of, written one behind the other.
 *
 * Straight into a buffer, because an entry is written for every request that the proxy serves: a
 * tree would cost more than the rest of the entry. The caller opens and closes what it writes in
 * the right order; what may go wrong is memory, and that the buffer remembers. Text may be hostile:
 * what is not UTF-8 becomes U+FFFD, and so does a NUL. It does not read, and knows no entries.
 *
 * Ownership: the buffer is borrowed. Thread: plain data, owned by the caller.
 */
#ifndef CLOUDRUN_EXPORT_JSON_H
#define CLOUDRUN_EXPORT_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cloudrun/export_log.h"
#include "util/buf.h"

struct export_json {
    struct buf *out;
    bool comma; /* something stands in front in the same object or array */
};

void export_json_init(struct export_json *w, struct buf *out);

/* In all of these the key, a plain word, is NULL inside an array and for the outermost value. */
void export_json_open(struct export_json *w, const char *key, char bracket);
void export_json_close(struct export_json *w, char bracket);

/* A NULL text is left out. */
void export_json_text(struct export_json *w, const char *key, const char *text);
void export_json_bytes(struct export_json *w, const char *key, const char *text, size_t n);

/* An int64 the way that Google's JSON has it: as a string. */
void export_json_int64(struct export_json *w, const char *key, int64_t value);

/* A finite number, with 15 digits at most. */
void export_json_number(struct export_json *w, const char *key, double value);
void export_json_true(struct export_json *w, const char *key);

/* "2025-07-06T05:01:42.410213Z": 1 to 9 decimals. */
void export_json_time(struct export_json *w, const char *key, int64_t ns, int decimals);

/* "203.678286565s": 0, 3, 6 or 9 decimals, as few as will do. */
void export_json_duration(struct export_json *w, const char *key, int64_t ns);

/* The monitored resource "cloud_run_revision". */
void export_json_resource(struct export_json *w, const struct export_service *s);

/* In front of a value that the caller appends to w->out itself. */
void export_json_key(struct export_json *w, const char *key);

#endif
