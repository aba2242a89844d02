/*
 * export_json: JSON forms that the exports of Google's APIs use beyond plain values.
 *
 * It writes directly into a buffer, because there is an entry for every request that the proxy
 * serves. Texts may be hostile (util/json_write.h); they stay UTF-8, as in Google's files. It does
 * not read JSON and knows no entries.
 *
 * Ownership: the buffer is borrowed. Thread: plain data, owned by the caller.
 */
#ifndef EMULATOR_EXPORT_JSON_H
#define EMULATOR_EXPORT_JSON_H

#include <stdint.h>

#include "emulator/export_log.h"
#include "util/buf.h"
#include "util/json_write.h"

/* Initialises a compact writer. */
void export_json_init(struct json_writer *w, struct buf *out);

/* Omits the member if the text is NULL. */
void export_json_text(struct json_writer *w, const char *key, const char *text);

/* Writes an int64 as Google's JSON does: as a string. */
void export_json_int64(struct json_writer *w, const char *key, int64_t value);

/* Writes "2025-07-06T05:01:42.410213Z", with 1 to 9 decimals. */
void export_json_time(struct json_writer *w, const char *key, int64_t ns, int decimals);

/* Writes "203.678286565s", with 0, 3, 6 or 9 decimals, as few as are exact. */
void export_json_duration(struct json_writer *w, const char *key, int64_t ns);

/* Writes the monitored resource "cloud_run_revision". */
void export_json_resource(struct json_writer *w, const struct export_service *s);

#endif
