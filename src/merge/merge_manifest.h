/*
 * merge_manifest: what becomes of each key of the parts' manifests in the merged file.
 *
 * Most keys describe the load: they are equal in all parts (merge_agree.h). Others describe a
 * machine or count what a part did. Those are kept for each part in shard_manifest.
 *
 * Internal to this folder. Thread: one.
 */
#ifndef MERGE_MERGE_MANIFEST_H
#define MERGE_MERGE_MANIFEST_H

#include <stddef.h>

#include "merge/merge_db.h"
#include "merge/merge_part.h"
#include "util/err.h"

enum merge_key {
    MERGE_KEY_SAME,    /* of the load: must be equal */
    MERGE_KEY_MACHINE, /* of a machine: in the merged manifest if it is equal in all parts */
    MERGE_KEY_PART,    /* of a part: never in the merged manifest */
    MERGE_KEY_FIRST,   /* that of the first part that has it */
    MERGE_KEY_SUM,
    MERGE_KEY_MOST,
    MERGE_KEY_CLOCK /* of received bytes: the kernel's if it is in all parts, else the client's */
};

enum merge_key merge_key_of(const char *key);

/* Writes `manifest` and `shard_manifest`. The table `part` must exist. */
int merge_manifest(const struct merge_db *out, const struct merge_part *parts, size_t n,
                   struct err *e);

#endif
