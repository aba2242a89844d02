/*
 * merge_notes: events, failed bodies and scraped series.
 *
 * An event that several parts have with the same time, kind and text is one row. Other events have
 * the name of their part. "All users are active" is one row, with the users of all parts. Of the
 * failed bodies the first of each request are kept, as many as a run keeps. Scraped series are
 * those of the first part that has some.
 *
 * Internal to this folder. Thread: one.
 */
#ifndef MERGE_MERGE_NOTES_H
#define MERGE_MERGE_NOTES_H

#include <stddef.h>

#include "merge/merge_db.h"
#include "merge/merge_part.h"
#include "util/err.h"

int merge_notes(const struct merge_db *out, const struct merge_part *parts, size_t n,
                struct err *e);

#endif
