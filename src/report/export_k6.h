/*
 * export_k6: the counts and times behind k6's summary, from each given row.
 *
 * Ownership: heap, k6_free(NULL) is allowed; the reader is borrowed. Thread: as the reader.
 */
#ifndef REPORT_EXPORT_K6_H
#define REPORT_EXPORT_K6_H

#include "record/reader.h"
#include "util/err.h"

struct k6;

int k6_new(struct reader *r, struct k6 **out, struct err *e);
void k6_free(struct k6 *k);

/* Sets another limit for the times that it keeps. Call it before the first row. What does not fit
 * is read again from the file. */
void k6_keep(struct k6 *k, size_t bytes);

void k6_add(struct k6 *k, const struct request *row);

#endif
