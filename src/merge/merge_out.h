/*
 * merge_out: the merged file until it is complete.
 *
 * It has a temporary name next to its own. A merge that was killed leaves that name, and the next
 * one replaces it. Nobody else uses it: it is locked (flock). The file has no journal, because a
 * failure removes it.
 *
 * Internal to this folder. Ownership: merge_out_done() closes, and removes what is not published.
 * Thread: one.
 */
#ifndef MERGE_MERGE_OUT_H
#define MERGE_MERGE_OUT_H

#include "merge/merge_db.h"
#include "merge/merge_part.h"
#include "util/err.h"

struct merge_out {
    const char *path; /* of the complete file; borrowed */
    char *temporary;
    int fd; /* holds the lock */
    struct merge_db db;
};

/* Makes the empty file with the tables of a run file, and begins a transaction. The temporary name
 * must not be that of a part. */
int merge_out_open(struct merge_out *out, const char *path, const struct merge_part *parts,
                   size_t part_count, struct err *e);

/* Commits. The file can be read under its temporary name. */
int merge_out_commit(struct merge_out *out, struct err *e);

/* Gives the file its name, unless a file with that name exists. */
int merge_out_publish(struct merge_out *out, struct err *e);
void merge_out_done(struct merge_out *out);

#endif
