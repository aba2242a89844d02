/*
 * log_tally: counts how often each request is in a log, in bounded memory.
 *
 * Requests are equal if group (method and host) and text (path with query) are. Up to
 * LOG_TALLY_MAX different ones are counted exactly. Beyond that, those that are rarest so far are
 * dropped, so that the frequent ones are kept; `missed` says how much too low a count can be. It
 * is the algorithm of lossy counting (Manku and Motwani, VLDB 2002), with a table of fixed size.
 *
 * Ownership: log_tally_init() and log_tally_done(); entries belong to the tally. Thread: one.
 */
#ifndef CONVERT_LOG_TALLY_H
#define CONVERT_LOG_TALLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LOG_TALLY_MAX 500000
#define LOG_TALLY_BYTES ((size_t)96 << 20) /* of all texts */

struct log_entry {
    uint64_t hash, count, missed; /* the true count is from count to count + missed */
    uint64_t failed;              /* of count: with a status of 400 or above */
    uint64_t order;               /* of its first occurrence */
    uint32_t group, bytes;
    int status; /* of all that failed; 0: several */
    char text[];
};

struct log_tally {
    struct log_entry **slots;
    size_t cap, count, bytes, max;
    uint64_t floor;       /* highest count + missed of an entry that was dropped */
    uint64_t dropped;     /* requests that are in no entry any more */
    uint64_t *dropped_of; /* the same by group */
    size_t groups;
    uint64_t orders;
};

/* At most `max` entries; LOG_TALLY_MAX but for tests. Returns false if memory runs out. */
bool log_tally_init(struct log_tally *t, size_t max);
void log_tally_done(struct log_tally *t);

/* Counts one request. Returns false if memory runs out. */
bool log_tally_add(struct log_tally *t, uint32_t group, const char *text, size_t n, int status);

/* The entries, most frequent first, those with equal counts in the order of the log. Afterwards
 * nothing can be added. */
struct log_entry **log_tally_sort(struct log_tally *t, size_t *count);

#endif
