/*
 * reader_raw: the connection of a reader, for queries that the reader does not have.
 *
 * Only for merge, which copies rows as they are. The connection is read-only and in the reader's
 * transaction. Ownership: the reader's. Thread: as the reader.
 */
#ifndef RECORD_READER_RAW_H
#define RECORD_READER_RAW_H

#include <sqlite3.h>
#include <stdbool.h>

#include "record/reader.h"

sqlite3 *reader_raw(struct reader *r);

/* For one of many readers that a thread reads side by side, and none of whose views it reads: see
 * db_budget_share(). */
void reader_share(struct reader *r, bool (*stop)(void));

#endif
