/*
 * record_internal: the inside of record.h, for tests of what fails.
 *
 * Thread: as the record's.
 */
#ifndef RECORD_RECORD_INTERNAL_H
#define RECORD_RECORD_INTERNAL_H

#include "record/record.h"
#include "record/store.h"

/* The record's own; only its writer's thread may use it while rows are written. */
struct store *record_store(struct record *r);

#endif
