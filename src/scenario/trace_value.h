/*
 * trace_value: parses the numbers and times of recorded traces.
 *
 * It reads texts, not files. It only rounds to the nearest nanosecond; it never rounds silently
 * otherwise. Internal to scenario/. Thread: any.
 */
#ifndef SCENARIO_TRACE_VALUE_H
#define SCENARIO_TRACE_VALUE_H

#include <stddef.h>
#include <stdint.h>

#include "util/bytes.h"

#define TRACE_COUNT_MAX 1000000000

/* Parses a whole number from 0 to TRACE_COUNT_MAX: "4808", "4,808", "4808.0". Returns NULL, or
 * what is wrong: "is negative". */
const char *trace_count(struct bytes text, uint32_t *out);

/* Parses a number of units of 10^power nanoseconds (6: milliseconds, 9: seconds), such as "105",
 * "105.5" or "1.05e2". */
const char *trace_decimal(struct bytes text, int power, int64_t *ns);

/* Parses "2023-11-16 18:15:46.6805900", "2024-05-10T00:00:00.009930+00:00", "…Z" to nanoseconds
 * since 1970. UTC if no offset is given. */
const char *trace_date(struct bytes text, int64_t *ns);

#endif
