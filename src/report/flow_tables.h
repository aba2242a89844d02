/*
 * flow_tables: what users did besides single requests, as tables: tasks as wholes (iterations), and
 * what checks found.
 *
 *   iterations  a row for each task; made where some task has steps: else every request is one
 *   checks      a row for each check of a request
 *
 * A third one, of connections, is put behind them by who reads the requests: see connections.h.
 *
 * Percentiles are exact, as those of requests; the rows are read twice, in memory that does not
 * grow with their number. Tasks beyond FLOWS_NAMES_MAX share a row. Names are as they stand in the
 * file, so they are hostile.
 *
 * Ownership: flow_tables_done() frees; all zeros is fine. Thread: as the reader.
 */
#ifndef REPORT_FLOW_TABLES_H
#define REPORT_FLOW_TABLES_H

#include <stddef.h>

#include "record/reader.h"
#include "report/table.h"
#include "util/err.h"

#define FLOWS_TABLES_MAX 3
#define FLOWS_NAMES_MAX 256
#define FLOWS_OTHERS "(other tasks)"
#define FLOWS_SHOWN_MAX 50

struct flow_tables {
    struct table tables[FLOWS_TABLES_MAX]; /* those that there are */
    size_t count;
};

int flow_tables_read(struct reader *r, struct flow_tables *out, struct err *e);
void flow_tables_done(struct flow_tables *c);

#endif
