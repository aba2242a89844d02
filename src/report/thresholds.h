/*
 * thresholds: evaluates the thresholds of a run file. The results are a table and findings.
 *
 * The rules are those in the file (manifest, "thresholds"), or others that are passed in. How each
 * is evaluated: gate/gate_eval.h. Texts are hostile because they come from the scenario; each
 * emitter escapes them for its format.
 *
 * Ownership: heap; thresholds_free(NULL) is allowed. Thread: as the reader.
 */
#ifndef REPORT_THRESHOLDS_H
#define REPORT_THRESHOLDS_H

#include <stdbool.h>

#include "gate/gate_eval.h"
#include "record/reader.h"
#include "report/findings.h"
#include "report/table.h"
#include "util/buf.h"
#include "util/err.h"

/* Keys of the manifest: the rules, one per line; and, if one of them ended the run, when and
 * which. */
#define THRESHOLDS_KEY "thresholds"
#define THRESHOLDS_END_KEY "thresholds_end"
/* Key of the manifest of a part: which of how many, as in "2/8". A part has no thresholds: only all
 * together can be evaluated. */
#define THRESHOLDS_PART_KEY "shard"
#define THRESHOLDS_PART_BYTES 32

/* Which part of how many the file is; "": it is a whole run. */
int thresholds_part(struct reader *r, char part[THRESHOLDS_PART_BYTES], struct err *e);

/* Fails if the file is a part. */
int thresholds_check_whole(struct reader *r, const char *path, struct err *e);

struct thresholds {
    struct gate_rules rules;     /* owned */
    struct gate_result *results; /* one per rule */
    bool ok;                     /* none has failed */
    size_t crossed, pending;
};

struct thresholds_options {
    const struct gate_rules *rules; /* NULL: those in the file */
    /* Fail if a rule does not fit the run. If not set, such a rule has no data. */
    bool check;
    int64_t duration_us; /* negative: as in the file */
    /* With `rules`: which of them ended the run, in the format of the manifest; NULL: none did.
     * Without `rules`, the file says it. */
    const char *ended;
    /* The server side may still be imported: its metrics are pending. */
    bool during_run;
};

/* *out is NULL if there is no rule, or the file is a part. *usage tells whether it failed because
 * of `check`. */
int thresholds_new(struct reader *r, const struct thresholds_options *o, struct thresholds **out,
                   bool *usage, struct err *e);
void thresholds_free(struct thresholds *t);

/* The caller calls table_done(). */
void thresholds_table(struct table *t, const struct thresholds *of);

/* "2 of 3 thresholds passed, 1 failed" */
void thresholds_summary(const struct thresholds *t, struct buf *out);

/* Reports each result as a finding. `thresholds` is a struct thresholds: see struct
 * finding_suite. */
void thresholds_findings(const void *thresholds, finding_fn *fn, void *context);

#endif
