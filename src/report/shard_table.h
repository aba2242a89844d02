/*
 * shard_table: the parts of a merged run: requests, CPU, lag and verdict of each.
 *
 * Names of hosts are hostile. Ownership: shard_table_free() frees; NULL is allowed. Thread: as the
 * reader.
 */
#ifndef REPORT_SHARD_TABLE_H
#define REPORT_SHARD_TABLE_H

#include "record/reader.h"
#include "report/table.h"
#include "util/err.h"

#define SHARD_TABLE_KEY "shards"

/* *out is NULL if the run has no parts. */
int shard_table_read(struct reader *r, struct table **out, struct err *e);
void shard_table_free(struct table *t);

#endif
