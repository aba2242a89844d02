/*
 * rule: one threshold, from its text and back to it.
 *
 * k6's grammar (metrics/thresholds_parser.go) with words of our own behind it:
 *
 *     METRIC [ "{" FILTER { "," FILTER } "}" ] AGGREGATION OP NUMBER { WORD }
 *
 *     AGGREGATION  count | rate | value | avg | min | max | med | p(N), 0 <= N <= 100
 *     OP           > >= < <= == === !=
 *     FILTER       KEY ":" VALUE; of goodput also LIMIT ( "<" | "<=" ) NUMBER
 *     LIMIT        ttft ttfo time_per_token token_gap e2e
 *     KEY          name method status outcome expected_response; request of a check
 *     VALUE        up to "," or the "}" that closes it, or in "..." or '...' with \" \\ \n \xNN
 *     WORD         over DURATION | from DURATION | stage N | abortOnFail | delayAbortEval DURATION
 *
 * Times are milliseconds, as in k6. gate_rule_text() writes a rule so that parsing gives it again:
 * that is what a run file keeps.
 *
 * It judges nothing: see gate_judge.h and gate_live.h. Ownership: a rule owns its texts,
 * gate_rule_done() frees them; gate_rules_add() takes a rule over. Thread: plain data.
 */
#ifndef GATE_RULE_H
#define GATE_RULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gate/metric.h"
#include "util/buf.h"
#include "util/catalog.h"
#include "util/err.h"

#define GATE_OVER_MAX_NS (INT64_C(600) * 1000000000)
#define GATE_RULES_MAX 1000
#define GATE_TEXT_MAX ((size_t)64 << 10)

enum gate_op { GATE_LT, GATE_LE, GATE_GT, GATE_GE, GATE_EQ, GATE_NE };

struct gate_rule {
    enum gate_metric metric;
    unsigned filters; /* GATE_BY_... and GATE_WITHIN() that are given */
    char *name, *method, *request;
    int status_low, status_high; /* 0: no response */
    int outcome;                 /* enum outcome */
    bool expected;
    struct {
        enum gate_op op; /* GATE_LT or GATE_LE */
        double limit;    /* milliseconds */
    } within[GATE_LIMITS];

    enum gate_aggregation aggregation;
    double p; /* of GATE_QUANTILE, 0 .. 1 */
    enum gate_op op;
    double limit;

    int64_t over_ns; /* 0: the whole range at once; else every window of this length must hold */
    int64_t from_ns; /* from the start of the run, or of the stage */
    uint32_t stage;  /* from 1; 0: the whole run */
    bool abort_on_fail;
    int64_t delay_ns; /* no abort before */

    char *place; /* where it was written: "paper.json:12:7", "-e"; "" unknown */
};

void gate_rule_done(struct gate_rule *r); /* one that is all zeros is fine */

/* The parts of a threshold as a scenario has them apart. `r` is all zeros before the metric. */
int gate_parse_metric(const char *text, struct gate_rule *r, struct err *e);
int gate_parse_condition(const char *text, struct gate_rule *r, struct err *e);

/* Values of words that stand apart as well, checked as in the text. */
int gate_set_over(struct gate_rule *r, int64_t ns, struct err *e);
int gate_check_words(const struct gate_rule *r, struct err *e);

/* All of it in one text. On failure `r` owns nothing. */
int gate_parse(const char *text, struct gate_rule *r, struct err *e);

/* "http_req_duration{name:/predict}", "p(95)<500", " over 10s from 30s abortOnFail" */
void gate_metric_text(const struct gate_rule *r, struct buf *out);
void gate_condition_text(const struct gate_rule *r, struct buf *out);
void gate_words_text(const struct gate_rule *r, struct buf *out);
void gate_rule_text(const struct gate_rule *r, struct buf *out);

struct gate_rules {
    struct gate_rule *items;
    size_t count;
};

void gate_rules_done(struct gate_rules *all);

/* Takes the rule over in any case; refuses one that is there already. Errors begin with the
 * place. */
int gate_rules_add(struct gate_rules *all, struct gate_rule *r, struct err *e);

/* Parses and adds; `place` is copied. */
int gate_rules_parse(struct gate_rules *all, const char *place, const char *text, struct err *e);

int gate_rules_copy(const struct gate_rules *from, struct gate_rules *to, struct err *e);

/* All rules, a line each, and back. */
void gate_rules_text(const struct gate_rules *all, struct buf *out);
int gate_rules_read(struct gate_rules *all, const char *place, const char *lines, struct err *e);

/* What is judged, as far as it is known before: names that nothing has, stages that there are
 * not. */
struct gate_subject {
    const struct catalog *catalog;
    const int64_t *stages; /* where each stage begins, and the end of the last: stage_count + 1 */
    size_t stage_count;
    int64_t duration_us; /* of the load; 0: not known */
    const bool *streams; /* by endpoint: its answers are streams; NULL: not known */
    const char *what;    /* "the scenario sends", "the run has": for messages */
};

/* Refuses what `subject` can never give values for. */
int gate_rules_check(const struct gate_rules *all, const struct gate_subject *subject,
                     struct err *e);

/* Whether an endpoint has the name and method that the rule wants. */
bool gate_fits(const struct gate_rule *r, const struct endpoint *x);

bool gate_holds(enum gate_op op, double value, double limit);

/* How much room is left: positive where it holds (0 and above for a limit that may be touched);
 * NAN where the operator has no side. */
double gate_margin(enum gate_op op, double value, double limit);

#endif
