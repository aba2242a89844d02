/*
 * export_json: what the exports of Google's APIs have in their JSON beyond plain values.
 *
 * A writer writes straight into a buffer, because there is an entry for every request that the
 * proxy serves. Texts may be hostile (util/json_write.h); they stay UTF-8, as in Google's files. It
 * does not read, and knows no entries.
 *
 * Ownership: the buffer is borrowed. Thread: plain data, owned by the caller.
 */
#ifndef EMULATOR_EXPORT_JSON_H
#define EMULATOR_EXPORT_JSON_H

#include <stdint.h>

#include "emulator/export_log.h"
#include "util/buf.h"
#include "util/json_write.h"

/* A compact writer. */
void export_json_init(struct json_writer *w, struct buf *out);

/* A NULL text is left out. */
void export_json_text(struct json_writer *w, const char *key, const char *text);

/* An int64 the way that Google's JSON has it: as a string. */
void export_json_int64(struct json_writer *w, const char *key, int64_t value);

/* "2025-07-06T05:01:42.410213Z": 1 to 9 decimals. */
void export_json_time(struct json_writer *w, const char *key, int64_t ns, int decimals);

/* "203.678286565s": 0, 3, 6 or 9 decimals, as few as will do. */
void export_json_duration(struct json_writer *w, const char *key, int64_t ns);

/* The monitored resource "cloud_run_revision". */
void export_json_resource(struct json_writer *w, const struct export_service *s);

#endif
