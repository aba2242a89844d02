/*
 * store_stream: the row of a stream, for store.h.
 *
 * Internal to this folder. Ownership: the statement is the store's; the row's text is borrowed
 * until it has run. Thread: the store's.
 */
#ifndef RECORD_STORE_STREAM_H
#define RECORD_STORE_STREAM_H

#include <sqlite3.h>
#include <stdint.h>

#include "record/stream_row.h"

#define STORE_STREAM_INSERT                                                                        \
    "INSERT INTO stream VALUES"                                                                    \
    " (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"

/* Binds what the row of this request has. */
void store_stream_bind(sqlite3_stmt *st, int64_t request, const struct stream_row *row);

#endif
