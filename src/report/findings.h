/*
 * findings: what was judged and what came out, one after the other: thresholds, a baseline,
 * endpoints. And their writers for CI: JUnit's XML (as Jenkins' xUnit plugin reads it) and the
 * annotations of GitHub Actions.
 *
 * Who has findings hands each to a finding_fn; it judges nothing itself. Texts are hostile: writers
 * escape.
 *
 * Ownership: a finding is borrowed during the call, a suite while it is written. On failure
 * (memory) the buffer is marked. Thread: plain data.
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
    const char *name;     /* what was judged */
    const char *sentence; /* what came out; "": nothing to say of one that holds */
    const char *type;     /* of a failure; NULL: none */
    const char *details;  /* of a failure: printable lines; NULL: none */
    double time_s;        /* negative: none */
    bool failed;          /* memory did not suffice for its texts */
};

typedef void finding_fn(void *context, const struct finding *f);

#define FINDING_PROPERTIES 5

/* What was judged together. */
struct finding_suite {
    const char *name;
    void (*each)(const void *of, finding_fn *fn, void *context);
    const void *of;
    double time_s;         /* negative: none */
    const char *timestamp; /* NULL: none */
    struct {
        const char *name, *value;
    } properties[FINDING_PROPERTIES]; /* NULL names: none */
    const char *failed, *not_judged;  /* titles for GitHub */
};

/* JUnit's document. `name` is that of all suites; NULL: none. The counts of all are in it where
 * there is one suite. */
void findings_junit(struct buf *out, const char *name, const struct finding_suite *suites,
                    size_t n);

/* GitHub's workflow commands (actions/toolkit, packages/core/src/command.ts): a line for each
 * finding that does not hold. */
void findings_github(struct buf *out, const struct finding_suite *suites, size_t n);

#endif
