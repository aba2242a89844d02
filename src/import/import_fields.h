/*
 * import_fields: reads members of log entries and time series in all their spellings.
 *
 * Google's APIs write "httpRequest", their Python clients "http_request". 64-bit numbers are
 * strings in one and numbers in the other. Times are RFC 3339, Python's text of a datetime, or a
 * pair of seconds and nanos. All of these are read; nothing else is guessed.
 *
 * Ownership: everything points into the document. Thread: any.
 */
#ifndef IMPORT_IMPORT_FIELDS_H
#define IMPORT_IMPORT_FIELDS_H

#include <stdbool.h>
#include <stdint.h>

#include "util/json.h"

/* The member with the name `camel` ("httpRequest") or the same name in snake_case. NULL if there is
 * none or it is null. */
const struct json *import_get(const struct json *v, const char *camel);

/* The text of such a member, up to the first NUL in it. NULL if it is not a string. */
const char *import_text(const struct json *v, const char *camel);

/* The type of an object, by its members. */
bool import_is_log(const struct json *v);
bool import_is_series(const struct json *v);

/* Reads a number or a string with a number. Returns false if v is NULL, is neither, or is out of
 * range. */
bool import_int64(const struct json *v, int64_t *out);
bool import_double(const struct json *v, double *out);

/* A time between the years 1970 and 9999, in microseconds since 1970, truncated to whole ones. */
bool import_time(const struct json *v, int64_t *us);
bool import_time_text(const char *text, int64_t *us);

/* Reads "0.203678286s", a number of seconds, or {seconds, nanos}. The result is rounded to
 * microseconds, never negative, and at most a year. */
bool import_duration(const struct json *v, int64_t *us);

#endif
