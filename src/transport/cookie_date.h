/*
 * cookie_date: parses the date of a cookie's Expires (RFC 6265 5.1.1): day, month, year and time in
 * any order, with any separators.
 *
 * Two-digit years mean 1970 to 2069. Weekdays and time zones are ignored: the time is UTC. It
 * parses no other date format. Thread: a pure function.
 */
#ifndef TRANSPORT_COOKIE_DATE_H
#define TRANSPORT_COOKIE_DATE_H

#include <stdbool.h>
#include <time.h>

#include "util/bytes.h"

/* Returns false if `text` is not a date. *out may be before 1970, back to 1601. */
bool cookie_date(struct bytes text, time_t *out);

#endif
