/*
 * counted: what the tables of a run need of its requests, counted one by one.
 *
 * The writer's thread feeds it while a run goes on, so that nothing has to be read back at its end;
 * `report` feeds it by a reading of the rows. Either way the model makes the same numbers of it. It
 * holds counts, times by whole microseconds (stats/summary.h) and a few words a user, no request.
 * It makes no table and asks no file.
 *
 * Ownership: heap, counted_free(NULL) is fine; endpoints and cut are borrowed. Thread: one at a
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
    bool guess; /* gather the signs of cold starts, too */
};

struct counted {
    struct entries entries;
    uint64_t requests; /* all that were given */
    struct summary *summary;
    struct tally failures;
    struct served *served;           /* NULL: of a part of a run */
    struct connections *connections; /* the same */
    struct guess_signs *signs;       /* NULL: they are not wanted */
};

int counted_new(const struct endpoint *endpoints, size_t n, const struct counted_options *o,
                struct counted **out, struct err *e);
void counted_free(struct counted *c);

/* Requests in the order of their rows. */
int counted_add(struct counted *c, const struct request *x, struct err *e);

/* What counted_add() got are all rows of the file, of its own endpoints. */
bool counted_is_of(const struct counted *c, struct reader *r);

#endif
