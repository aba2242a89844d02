/*
 * flow_tables: tables about what users did besides single requests: whole tasks (iterations), and
 * results of checks.
 *
 *   iterations  a row for each task, if a task has steps; otherwise every request is an iteration
 *   checks      a row for each check of a request
 *
 * Whoever reads the requests appends a third table, of connections: see connections.h.
 *
 * Percentiles are exact, as those of requests. The rows are read twice, in memory that does not
 * grow with their number. Tasks beyond FLOWS_NAMES_MAX share a row. Names are as in the file, so
 * they are hostile.
 *
 * Ownership: flow_tables_done() frees; all zeros is allowed. Thread: as the reader.
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
    struct table tables[FLOWS_TABLES_MAX]; /* the first `count` of them exist */
    size_t count;
};

int flow_tables_read(struct reader *r, struct flow_tables *out, struct err *e);
void flow_tables_done(struct flow_tables *c);

#endif
