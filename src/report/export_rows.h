/*
 * export_rows: what the exports of a report's folder need of every row, taken while somebody else
 * reads the rows (model_options.also), so that all of them cost one reading.
 *
 * The lines of requests.jtl are written as the rows come; the others are made of counts later. An
 * export without it reads the rows itself.
 *
 * Ownership: heap, export_rows_free(NULL) is fine; what was begun and not ended leaves no file.
 * Thread: as the reader.
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
    struct outfile *file; /* of the JTL lines; NULL: it is ended */
};

/* Makes DIR, and begins its requests.jtl. */
int export_rows_new(struct reader *r, const char *dir, struct export_rows **out, struct err *e);
void export_rows_free(struct export_rows *x);

/* Each row, with all of its members; the context is the struct. */
int export_rows_add(void *context, const struct request *row, struct err *e);
int export_rows_end(struct export_rows *x, struct err *e);

#endif
