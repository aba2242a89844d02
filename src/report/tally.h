/*
 * tally: counts failed requests by what they share: entry, outcome, and error text or status.
 *
 * It keeps numbers, not texts. Beyond TALLY_KINDS_MAX kinds it adds up the rest in one number. So a
 * file in which every error has a different text takes no more memory than others.
 *
 * Ownership: all zeros is an empty tally; tally_done frees. Thread: plain data.
 */
#ifndef REPORT_TALLY_H
#define REPORT_TALLY_H

#include <stddef.h>
#include <stdint.h>

#include "util/err.h"

#define TALLY_KINDS_MAX 10000

struct tally_kind {
    uint32_t entry;
    uint32_t error; /* number of the text; 0: none */
    int outcome;
    int status; /* distinguishes kinds without a text; else 0 */
    uint64_t count;
};

struct tally {
    struct tally_kind *slots; /* open addressing; count 0: free */
    size_t slot_count;
    size_t kinds;
    uint64_t others; /* requests of kinds beyond the limit */
};

/* Adds one request; kind->count is ignored. */
int tally_add(struct tally *t, const struct tally_kind *kind, struct err *e);
void tally_done(struct tally *t);

#endif
