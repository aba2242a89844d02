/*
 * platform_figures: the server side as values per second of the run, for its figures. They come
 * from the request log if there is one, else from the metrics. Internal to platform.h.
 *
 * A point of a series applies to its interval. If it is a moment, it applies to the time since the
 * previous point. Missing points leave a gap. Measured values are preferred to values derived from
 * the log.
 *
 * Ownership: fills s->figures. Thread: as the reader.
 */
#ifndef REPORT_PLATFORM_FIGURES_H
#define REPORT_PLATFORM_FIGURES_H

#include "report/platform.h"

int platform_figures_make(struct reader *r, struct platform *s, struct err *e);

/* What import derives from a log is request-based. For instance-based billing, this makes the
 * figure of billable time again, from the lifetimes of the instances, unless metrics measured
 * it. */
int platform_figures_bill_lives(struct platform *s, struct err *e);

#endif
