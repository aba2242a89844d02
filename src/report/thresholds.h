/*
 * thresholds: judges the thresholds of a run file, and says the results in every format.
 *
 * The rules are those that the file keeps (manifest, "thresholds"), or others that are given. How
 * each is judged: gate/gate_judge.h. Texts are hostile, as they come from the scenario: each
 * emitter escapes for its format.
 *
 *   text      a table, a line each, for a terminal
 *   markdown  a table for a pull request's comment
 *   json      "thresholds": [...], null where unknown
 *   findings  for JUnit and GitHub (findings.h)
 *
 * Ownership: heap; thresholds_free(NULL) is fine. Thread: as the reader.
 */
#ifndef REPORT_THRESHOLDS_H
#define REPORT_THRESHOLDS_H

#include <stdbool.h>

#include "gate/gate_judge.h"
#include "record/reader.h"
#include "report/findings.h"
#include "report/table.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/json_write.h"

/* Of the manifest: the rules, a line each; and, where one of them ended the run, when and which. */
#define THRESHOLDS_KEY "thresholds"
#define THRESHOLDS_END_KEY "thresholds_end"
/* Of the manifest: the numbers of the endpoints whose answers the run read as streams, as a JSON
 * array. Without it, they are those with such an answer. */
#define THRESHOLDS_STREAMS_KEY "stream_endpoints"

struct thresholds {
    struct gate_rules rules;     /* owned */
    struct gate_result *results; /* one for each */
    bool ok;                     /* none is crossed */
    size_t crossed, pending;
};

struct thresholds_options {
    const struct gate_rules *rules; /* NULL: the file's own */
    bool check;                     /* refuse what does not fit the run; else it has no data */
    int64_t duration_us;            /* negative: what the file says */
    const char *ended;              /* as in the manifest; with rules of its own, else the file's */
    bool during_run;                /* the server's side may still come: its metrics wait */
};

/* *out is NULL where there is no rule. *usage tells whether it failed by `check`. */
int thresholds_new(struct reader *r, const struct thresholds_options *o, struct thresholds **out,
                   bool *usage, struct err *e);
void thresholds_free(struct thresholds *t);

/* Of values, limits and margins in machine-readable formats. */
const char *thresholds_unit(const struct gate_rule *r);
/* One line: the threshold, its value, and why it fails. */
void thresholds_sentence(const struct gate_result *x, struct buf *out);

/* The table for people; the caller's to table_done(). */
void thresholds_table(struct table *t, const struct thresholds *of);

/* "2 of 3 thresholds hold, 1 crossed" */
void thresholds_summary(const struct thresholds *t, struct buf *out);

/* The member "thresholds". */
void thresholds_write_json(struct json_writer *w, const struct thresholds *t,
                           enum json_layout layout);

/* Each as a finding. `thresholds` is a struct thresholds: see struct finding_suite. */
void thresholds_findings(const void *thresholds, finding_fn *fn, void *context);

#endif
