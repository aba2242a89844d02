/*
 * record_internal: the inside of record.h, for tests of failures.
 *
 * Thread: as the record.
 */
#ifndef RECORD_RECORD_INTERNAL_H
#define RECORD_RECORD_INTERNAL_H

#include "record/record.h"
#include "record/store.h"

/* The store belongs to the record. While rows are written, only the writer thread may use it. */
struct store *record_store(struct record *r);

#endif
