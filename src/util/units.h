/*
 * units: durations and sizes as people write them.
 *
 * Durations: "250ms", "5s", "2m", "1h30m", "1.5s"; a bare number is seconds. Sizes: "512", "16k",
 * "2M", "1GiB" (powers of 1024). It does not know negative values. Thread: any.
 */
#ifndef UTIL_UNITS_H
#define UTIL_UNITS_H

#include <stddef.h>
#include <stdint.h>

#include "util/err.h"

/* The longest duration accepted: ten years, far from the limits of int64 nanoseconds. */
#define UNITS_DURATION_MAX_NS (INT64_C(3650) * 24 * 3600 * 1000000000)

int units_duration(const char *text, int64_t *ns, struct err *e);

/* Converts a number of seconds (a JSON number). */
int units_duration_seconds(double seconds, int64_t *ns, struct err *e);

int units_size(const char *text, uint64_t *bytes, struct err *e);

#define UNITS_BYTES 32

/* Writes a short form for people: "1h 2m", "97s", "1.5s", "250ms". */
void units_duration_text(int64_t ns, char out[UNITS_BYTES]);

/* Writes exact seconds without an exponent, which units_duration() can read: "90s", "0.25s",
 * "0.000001s". Returns out. */
const char *units_seconds_text(int64_t ns, char out[UNITS_BYTES]);

#endif
