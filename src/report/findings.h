/*
 * findings: the results of an evaluation, one after the other: thresholds, a baseline, endpoints.
 * Also their writers for CI: JUnit XML (as Jenkins' xUnit plugin reads it) and annotations of
 * GitHub Actions.
 *
 * Whoever has findings passes each to a finding_fn. This module evaluates nothing. Texts are
 * hostile; writers escape them.
 *
 * Ownership: a finding is borrowed during the call, a suite while it is written. If memory runs
 * out, the buffer is marked. Thread: plain data.
 */
#ifndef REPORT_FINDINGS_H
#define REPORT_FINDINGS_H

#include <stdbool.h>
#include <stddef.h>

#include "util/buf.h"

enum finding_state { FINDING_HOLDS, FINDING_FAILS, FINDING_SKIPPED };

struct finding {
    enum finding_state state;
    const char *kind;     /* a word of our own */
    const char *name;     /* what was evaluated */
    const char *sentence; /* the result; "": nothing to say about one that passes */
    const char *type;     /* of a failure; NULL: none */
    const char *details;  /* of a failure: printable lines; NULL: none */
    double time_s;        /* negative: none */
    bool failed;          /* out of memory for its texts */
};

typedef void finding_fn(void *context, const struct finding *f);

#define FINDING_PROPERTIES 5

/* What was evaluated together. */
struct finding_suite {
    const char *name;
    void (*each)(const void *of, finding_fn *fn, void *context);
    const void *of;
    double time_s;         /* negative: none */
    const char *timestamp; /* NULL: none */
    struct {
        const char *name, *value;
    } properties[FINDING_PROPERTIES]; /* a name of NULL: none */
    const char *failed, *skipped;     /* titles for GitHub */
};

/* Writes a JUnit document. `name` is that of all suites; NULL: none. With a single suite, the root
 * element has its counts too. */
void findings_junit(struct buf *out, const char *name, const struct finding_suite *suites,
                    size_t n);

/* Writes GitHub's workflow commands (actions/toolkit, packages/core/src/command.ts): a line for
 * each finding that does not pass. */
void findings_github(struct buf *out, const struct finding_suite *suites, size_t n);

#endif
