/*
 * advice: what is allowed in a scenario and yet seldom meant, where the name of a host or a secret
 * has to do with it; and how much a scenario will send.
 *
 * It may ask the system for the address of a host, as a run would; it sends nothing to it. Thread:
 * main.
 */
#ifndef CLI_ADVICE_H
#define CLI_ADVICE_H

#include "scenario/scenario.h"
#include "util/buf.h"

/* Appends "  - text" lines. */
void advice_hosts(const struct scenario *s, struct buf *out);

/* The same, for thresholds that no value can cross. */
void advice_thresholds(const struct scenario *s, struct buf *out);

/* The same, for classes of users that get none. */
void advice_classes(const struct scenario *s, const struct scenario_load *l, struct buf *out);

/* One phrase on the requests of a load: "about 600 requests in all", "at most 10 requests per
 * second". */
void advice_amount(const struct scenario *s, const struct scenario_load *l, struct buf *out);

/* HTTP/2 is asked for in a way that the target's scheme rules out. */
void advice_version(const struct scenario *s, struct buf *out);

#endif
