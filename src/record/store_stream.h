/*
 * store_stream: binds the row of a stream, for store.h.
 *
 * Internal to this folder. Ownership: the statement is the store's. The text of the row is borrowed
 * until the statement has run. Thread: as the store.
 */
#ifndef RECORD_STORE_STREAM_H
#define RECORD_STORE_STREAM_H

#include <sqlite3.h>
#include <stdint.h>

#include "record/stream_row.h"

#define STORE_STREAM_INSERT                                                                        \
    "INSERT INTO stream VALUES"                                                                    \
    " (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"

/* Binds the values of the row of this request. */
void store_stream_bind(sqlite3_stmt *st, int64_t request, const struct stream_row *row);

#endif
