/*
 * endpoint_tables: the numbers of each endpoint and of all together, as one table with the SQL
 * behind each number; and what people see of it first.
 *
 * People see three views of the table (table_view). The JSON and the CSV of a report have it whole.
 *
 * Ownership: each function makes a table for the caller; its `sql_of` is the model, borrowed.
 * Thread: any. If memory runs out, the table is marked: check table_ok().
 */
#ifndef REPORT_ENDPOINT_TABLES_H
#define REPORT_ENDPOINT_TABLES_H

#include "report/model.h"
#include "report/table.h"

#define ENDPOINT_REQUESTS TABLE_VIEW_1
#define ENDPOINT_RESPONSE_TIMES TABLE_VIEW_2
#define ENDPOINT_SERVICE_TIMES TABLE_VIEW_3

/* A row for each endpoint, and the last one for all. */
void endpoint_tables_all(struct table *t, const struct model *m);

/* One row: the numbers that people look for first. */
void endpoint_tables_headline(struct table *t, const struct model *m);

#endif
