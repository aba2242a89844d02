/*
 * reader_raw: the connection of a reader, for queries that the reader does not have.
 *
 * Only for merge, which copies rows as they are. The connection is read-only and in the reader's
 * transaction. Ownership: the reader's. Thread: as the reader.
 */
#ifndef RECORD_READER_RAW_H
#define RECORD_READER_RAW_H

#include <sqlite3.h>

#include "record/reader.h"

sqlite3 *reader_raw(struct reader *r);

#endif
