/*
 * lateness: whether a client that sent some requests late can have changed what a step says about
 * its SLOs.
 *
 * A client is SUSPECT if it sent one in a hundred requests over a millisecond late. Of 140 requests
 * that is the second worst, so one late wake-up makes a short step SUSPECT. But an SLO of 300 ms
 * does not notice 2 ms. So lateness is compared with the SLOs:
 *
 *     A request is late if it was sent later than 1 % of the smallest time limit of the SLOs.
 *     Lateness is harmless if at most a tenth of the requests that may be beyond the limit of the
 *     strictest SLO are late: of p(95), 0.5 % of all.
 *
 * Then each time that is not late is off by at most 1 % of a limit, and those that are late can
 * change the share beyond a limit by at most a tenth of what is allowed. That is little next to the
 * precision of a search, which is +-5 %. An average may be off by more: for one, no request may be
 * late. Without a limit of a time, lateness is never harmless. It does not judge other doubts about
 * the client.
 *
 * Thread: pure functions.
 */
#ifndef CAPACITY_LATENESS_H
#define CAPACITY_LATENESS_H

#include <stdbool.h>
#include <stdint.h>

#include "gate/rule.h"

struct lateness {
    double limit_ms; /* a request sent later than this is late; NAN: no SLO has a limit of a time */
    double share;    /* of the requests that may be late */
};

void lateness_allowed(const struct gate_rules *slos, struct lateness *out);

/* late: of the requests that were sent. */
bool lateness_is_harmless(const struct lateness *l, uint64_t late, uint64_t sent);

#endif
