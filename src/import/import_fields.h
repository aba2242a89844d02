/*
 * import_fields: members of log entries and time series, in the spellings in which they come.
 *
 * Google's APIs write "httpRequest", their Python clients "http_request"; 64-bit numbers are
 * strings in one and numbers in the other; times are RFC 3339, what Python prints of a datetime, or
 * a pair of seconds and nanos. All of these are read; nothing else is guessed.
 *
 * Ownership: everything points into the document. Thread: any.
 */
#ifndef IMPORT_IMPORT_FIELDS_H
#define IMPORT_IMPORT_FIELDS_H

#include <stdbool.h>
#include <stdint.h>

#include "util/json.h"

/* The member whose name is `camel` ("httpRequest"), or the same in snake_case; NULL if there is
 * none or it is null. */
const struct json *import_get(const struct json *v, const char *camel);

/* The text of such a member, up to a NUL in it; NULL where it is no string. */
const char *import_text(const struct json *v, const char *camel);

/* What an object is, by its members. */
bool import_is_log(const struct json *v);
bool import_is_series(const struct json *v);

/* Numbers, as such or in a string; false where v is NULL, neither, or out of range. */
bool import_int64(const struct json *v, int64_t *out);
bool import_double(const struct json *v, double *out);

/* A moment between the years 1970 and 9999 in microseconds since 1970, cut to whole ones. */
bool import_time(const struct json *v, int64_t *us);
bool import_time_text(const char *text, int64_t *us);

/* "0.203678286s", a number of seconds, or {seconds, nanos}; rounded to microseconds, never
 * negative, at most a year. */
bool import_duration(const struct json *v, int64_t *us);

#endif
