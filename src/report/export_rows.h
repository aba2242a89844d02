/*
 * export_rows: collects what the exports in a report's folder need of every row, while another part
 * reads the rows (model_options.also). So all exports together cost one reading.
 *
 * The lines of requests.jtl are written as the rows come; the other files are made from counts
 * later. Without it, an export reads the rows itself.
 *
 * Ownership: heap, export_rows_free(NULL) is allowed. A file that was begun and not ended is
 * removed. Thread: as the reader.
 */
#ifndef REPORT_EXPORT_ROWS_H
#define REPORT_EXPORT_ROWS_H

#include <stdio.h>

#include "record/reader.h"
#include "stats/hist.h"
#include "util/err.h"

struct jtl;
struct k6;
struct outfile;

struct export_rows {
    struct hist response_us, service_us;
    struct jtl *jtl;
    struct k6 *k6;
    struct outfile *file; /* the JTL file; NULL: it is complete */
};

/* Creates DIR and begins DIR/requests.jtl. */
int export_rows_new(struct reader *r, const char *dir, struct export_rows **out, struct err *e);
void export_rows_free(struct export_rows *x);

/* Give it each row with all of its members. `context` is the struct export_rows. */
int export_rows_add(void *context, const struct request *row, struct err *e);
int export_rows_end(struct export_rows *x, struct err *e);

#endif
