/*
 * regressions: compares a run with a baseline by gate/regression.h, and writes the results in every
 * format.
 *
 * For the runs, what counts of them and why they may be refused: see comparison.h. Texts are
 * hostile.
 *
 * Ownership: heap; regressions_free(NULL) is allowed; `items` are borrowed. Thread: one.
 */
#ifndef REPORT_REGRESSIONS_H
#define REPORT_REGRESSIONS_H

#include "gate/regression.h"
#include "report/comparison.h"
#include "report/findings.h"
#include "util/json_write.h"

struct regression_result {
    const struct gate_regression *rule;
    struct compare_result numbers;
    enum gate_regression_verdict verdict;
    double worse, low, high;
    bool unknown; /* no endpoint has that name and method */
};

struct regressions {
    struct regression_result *results;
    size_t count;
    bool strict; /* too little data counts as a failure */
    bool ok;
    struct buf refusals; /* why the runs cannot be compared; each text ends with a NUL */
    size_t refusal_count;
};

/* options.service is ignored: each rule says which time it needs. */
int regressions_new(const char *const *base, size_t base_count, const char *path,
                    const struct gate_regression *items, size_t count,
                    const struct comparison_options *o, bool strict, struct regressions **out,
                    struct err *e);
void regressions_free(struct regressions *r);

/* Writes the member "regressions". */
void regressions_write_json(struct json_writer *w, const struct regressions *r);
/* Reports each result as a finding. `regressions` is a struct regressions: see struct
 * finding_suite. */
void regressions_findings(const void *regressions, finding_fn *fn, void *context);

#endif
