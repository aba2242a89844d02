/*
 * server_figures: the server's side as values per second of the run, for its figures; from the request
 * log where there is one, else from the metrics. Internal to server.h.
 *
 * A point of a series stands for its interval, or, where it is a moment, for the time since the point
 * before it. Where points are missing there is a gap. What was measured is preferred to what was worked
 * out from the log.
 *
 * Ownership: fills s->figures. Thread: as the reader.
 */
#ifndef REPORT_SERVER_FIGURES_H
#define REPORT_SERVER_FIGURES_H

#include "report/server.h"

int server_figures_make(struct reader *r, struct server *s, struct err *e);

#endif
