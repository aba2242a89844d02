/*
 * entries: the endpoints of a run as tables list them: one per name and method, sorted by name,
 * then method.
 *
 * Ownership: entries_done() frees; names are borrowed. Thread: plain data.
 */
#ifndef REPORT_ENTRIES_H
#define REPORT_ENTRIES_H

#include "record/reader.h"
#include "util/err.h"

struct entries {
    struct endpoint *entries;
    size_t entry_count;
    size_t *entry_of; /* by endpoint; 0 for those outside the cut */
    size_t endpoint_count;
};

/* cut: only the names in it; NULL: all. */
int entries_init(struct entries *x, const struct endpoint *endpoints, size_t n,
                 const struct reader_cut *cut, struct err *e);
void entries_done(struct entries *x);

#endif
