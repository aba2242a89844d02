/*
 * thresholds: judges the thresholds of a run file, and says the results in every format.
 *
 * The rules are those that the file keeps (manifest, "thresholds"), or others that are given. How
 * each is judged: gate/judge.h. Texts are hostile, as they come from the scenario: each emitter
 * escapes for its format.
 *
 *   text      a table, a line each, for a terminal
 *   markdown  a table for a pull request's comment
 *   json      {"ok": bool, "thresholds": [...]}, ASCII only; null where unknown
 *   junit     a test suite with a test for each threshold (JUnit's XML as Jenkins reads it)
 *   github    an annotation for each one that does not hold (workflow commands)
 *
 * Ownership: heap; thresholds_free(NULL) is fine. Thread: as the reader.
 */
#ifndef REPORT_THRESHOLDS_H
#define REPORT_THRESHOLDS_H

#include <stdbool.h>

#include "gate/judge.h"
#include "record/reader.h"
#include "util/buf.h"
#include "util/err.h"

/* Of the manifest: the rules, a line each; and, where one of them ended the run, when and which. */
#define THRESHOLDS_KEY "thresholds"
#define THRESHOLDS_END_KEY "thresholds_end"

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

/* The words of people: "412 ms", "0.4 %", "–" where there is none. */
void thresholds_value_text(const struct gate_rule *r, double value, struct buf *out);
/* "ok", "CROSSED", "waits" */
const char *thresholds_verdict_text(const struct gate_result *x);
/* Of values, limits and margins in machine-readable formats. */
const char *thresholds_unit(const struct gate_rule *r);
/* "405 – 420 ms", "88 ms (17.6 %)", "20s – 30s"; en dashes where there is nothing to say. */
void thresholds_interval_text(const struct gate_result *x, struct buf *out);
void thresholds_margin_text(const struct gate_result *x, struct buf *out);
/* One line: what was crossed, by what. */
void thresholds_sentence(const struct gate_result *x, struct buf *out);

void thresholds_emit_text(struct buf *out, const struct thresholds *t);
void thresholds_emit_markdown(struct buf *out, const struct thresholds *t, const char *run);
/* The array alone, and the whole document. */
void thresholds_emit_json_array(struct buf *out, const struct thresholds *t);
void thresholds_emit_json(struct buf *out, const struct thresholds *t);
void thresholds_emit_junit(struct buf *out, const struct thresholds *t, const char *run,
                           double run_s);
void thresholds_emit_github(struct buf *out, const struct thresholds *t);

/* The message of a workflow command (actions/toolkit, packages/core/src/command.ts); of one line, as
 * line ends are shown as \xNN. */
void thresholds_github_text(struct buf *out, const char *text);

#endif
