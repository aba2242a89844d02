/*
 * platform_figures: the server's side as values per second of the run, for its figures; from the
 * request log where there is one, else from the metrics. Internal to platform.h.
 *
 * A point of a series stands for its interval, or, where it is a moment, for the time since the
 * point before it. Where points are missing there is a gap. What was measured is preferred to what
 * was worked out from the log.
 *
 * Ownership: fills s->figures. Thread: as the reader.
 */
#ifndef REPORT_PLATFORM_FIGURES_H
#define REPORT_PLATFORM_FIGURES_H

#include "report/platform.h"

int platform_figures_make(struct reader *r, struct platform *s, struct err *e);

/* What import works out from a log is request-based. For instance-based billing the figure of
 * billable time is made again, of the lives of the instances, unless metrics measured it. */
int platform_figures_bill_lives(struct platform *s, struct err *e);

#endif
