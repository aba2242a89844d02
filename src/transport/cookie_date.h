/*
 * cookie_date: the date of a cookie's Expires (RFC 6265 5.1.1): day, month, year and time in any
 * order, between any separators.
 *
 * Years of two digits are 1970 to 2069. What names a weekday or a zone is ignored: the time is UTC.
 * It reads no other format of dates. Thread: a pure function.
 */
#ifndef TRANSPORT_COOKIE_DATE_H
#define TRANSPORT_COOKIE_DATE_H

#include <stdbool.h>
#include <time.h>

#include "util/bytes.h"

/* False where it is no date; *out may be before 1970, from 1601 on. */
bool cookie_date(struct bytes text, time_t *out);

#endif
