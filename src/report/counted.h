/*
 * counted: counts what the tables of a run need of its requests, one by one.
 *
 * The writer thread feeds it while a run is in progress, so that nothing has to be read back at the
 * end. `report` feeds it by reading the rows. In both cases, the model gets the same numbers. It
 * holds counts, times in whole microseconds (stats/summary.h) and a few words per user, but no
 * requests. It makes no tables and reads no file.
 *
 * Ownership: heap, counted_free(NULL) is allowed; endpoints and cut are borrowed. Thread: one at a
 * time.
 */
#ifndef REPORT_COUNTED_H
#define REPORT_COUNTED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "record/reader.h"
#include "report/connections.h"
#include "report/entries.h"
#include "report/guess.h"
#include "report/served.h"
#include "report/tally.h"
#include "stats/summary.h"
#include "util/err.h"
#include "util/request.h"

struct counted_options {
    const struct reader_cut *cut; /* NULL: the whole run */
    enum summary_rule rule;
    bool guess; /* also gather the signs of cold starts */
};

struct counted {
    struct entries entries;
    uint64_t requests; /* number of requests given */
    struct summary *summary;
    struct tally failures;
    struct served *served;           /* NULL: only a part of the run */
    struct connections *connections; /* NULL: only a part of the run */
    struct guess_signs *signs;       /* NULL: not wanted */
};

int counted_new(const struct endpoint *endpoints, size_t n, const struct counted_options *o,
                struct counted **out, struct err *e);
void counted_free(struct counted *c);

/* Add requests in the order of their rows. */
int counted_add(struct counted *c, const struct request *x, struct err *e);

/* Whether counted_add() got all rows of the file, with the endpoints of the file. */
bool counted_is_of(const struct counted *c, struct reader *r);

#endif
