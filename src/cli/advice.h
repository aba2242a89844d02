/*
 * advice: warnings about things that a scenario may contain but rarely means, concerning host
 * names, secrets, thresholds and classes; and how much a scenario will send.
 *
 * It may resolve a host's address, as a run would, but sends nothing to the host. Thread: main.
 */
#ifndef CLI_ADVICE_H
#define CLI_ADVICE_H

#include "scenario/scenario.h"
#include "util/buf.h"

/* Appends lines "  - text". */
void advice_hosts(const struct scenario *s, struct buf *out);

/* The same, for thresholds that no value can fail. */
void advice_thresholds(const struct scenario *s, struct buf *out);

/* The same, for classes that get no users. */
void advice_classes(const struct scenario *s, const struct scenario_load *l, struct buf *out);

/* Appends a phrase about the requests of a load: "about 600 requests in all", "at most 10
 * requests per second". */
void advice_amount(const struct scenario *s, const struct scenario_load *l, struct buf *out);

/* Warns if the scenario asks for HTTP/2 in a way that the target's scheme rules out. */
void advice_version(const struct scenario *s, struct buf *out);

#endif
