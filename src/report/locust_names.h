/*
 * locust_names: the endpoints of a run as Locust's entries: one for each name and method, sorted as Locust sorts them.
 *
 * Ownership: locust_names_done() frees; names are borrowed. Thread: plain data.
 */
#ifndef REPORT_LOCUST_NAMES_H
#define REPORT_LOCUST_NAMES_H

#include "record/reader.h"
#include "util/err.h"

struct locust_names {
    struct reader_endpoint *entries;
    size_t entry_count;
    size_t *entry_of; /* per endpoint */
    size_t endpoint_count;
};

int locust_names_init(struct locust_names *x, const struct reader_endpoint *endpoints, size_t n,
                      struct err *e);
void locust_names_done(struct locust_names *x);

#endif
