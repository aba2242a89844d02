/*
 * rule: parses one threshold from its text, and writes it back.
 *
 * The grammar is k6's (metrics/thresholds_parser.go), followed by words of our own:
 *
 *     METRIC [ "{" FILTER { "," FILTER } "}" ] AGGREGATION OP NUMBER { WORD }
 *
 *     AGGREGATION  count | rate | value | avg | min | max | med | p(N), 0 <= N <= 100
 *     OP           > >= < <= == === !=
 *     FILTER       KEY ":" VALUE; for goodput also LIMIT ( "<" | "<=" ) NUMBER
 *     LIMIT        ttft ttfo time_per_token token_gap e2e
 *     KEY          name method status grpc_status outcome expected_response; for checks also
 *                  request
 *     VALUE        up to "," or the "}" that closes it, or in "..." or '...' with \" \\ \n \xNN
 *     WORD         over DURATION | from DURATION | stage N | abortOnFail | delayAbortEval DURATION
 *
 * Times are milliseconds, as in k6. The output of gate_rule_text() parses to the same rule; a run
 * file stores this text.
 *
 * It does not evaluate rules: see gate_eval.h and gate_live.h. Ownership: a rule owns its texts,
 * and gate_rule_done() frees them. gate_rules_add() takes ownership of a rule. Thread: plain data.
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
    unsigned filters; /* those given: GATE_BY_... and GATE_WITHIN() */
    char *name, *method, *request;
    int status_low, status_high; /* 0: no response */
    int grpc_status;
    int outcome; /* enum outcome */
    bool expected;
    struct {
        enum gate_op op; /* GATE_LT or GATE_LE */
        double limit;    /* in milliseconds */
    } within[GATE_LIMITS];

    enum gate_aggregation aggregation;
    double p; /* of GATE_QUANTILE, 0 .. 1 */
    enum gate_op op;
    double limit;

    /* 0: the whole range at once; else every window of this length must pass */
    int64_t over_ns;
    int64_t from_ns; /* from the start of the run, or of the stage */
    uint32_t stage;  /* from 1; 0: the whole run */
    bool abort_on_fail;
    int64_t delay_ns; /* the rule does not abort before this time */

    char *place; /* where it was written: "paper.json:12:7", "-e"; "": not known */
};

void gate_rule_done(struct gate_rule *r); /* all zeros is allowed */

/* The parts of a threshold, which a scenario keeps separately. `r` must be all zeros before
 * gate_parse_metric(). */
int gate_parse_metric(const char *text, struct gate_rule *r, struct err *e);
int gate_parse_condition(const char *text, struct gate_rule *r, struct err *e);

/* For words that a scenario keeps separately: sets `over` and checks the words of a rule, as the
 * parser does. */
int gate_set_over(struct gate_rule *r, int64_t ns, struct err *e);
int gate_check_words(const struct gate_rule *r, struct err *e);

/* Parses a whole threshold. On failure `r` owns nothing. */
int gate_parse(const char *text, struct gate_rule *r, struct err *e);

/* "http_req_duration{name:/predict}", "p(95)<500", " over 10s from 30s abortOnFail" */
void gate_metric_text(const struct gate_rule *r, struct buf *out);
void gate_condition_text(const struct gate_rule *r, struct buf *out);
void gate_words_text(const struct gate_rule *r, struct buf *out);
void gate_rule_text(const struct gate_rule *r, struct buf *out);
/* The caller frees it; NULL: no memory. */
char *gate_rule_copy(const struct gate_rule *r);

struct gate_rules {
    struct gate_rule *items;
    size_t count;
};

void gate_rules_done(struct gate_rules *all);

/* Always takes ownership of the rule. Fails if `all` already has the same rule, or GATE_RULES_MAX
 * of them. Errors begin with the place. */
int gate_rules_add(struct gate_rules *all, struct gate_rule *r, struct err *e);

/* Parses a rule and adds it. `place` is copied. */
int gate_rules_parse(struct gate_rules *all, const char *place, const char *text, struct err *e);

int gate_rules_copy(const struct gate_rules *from, struct gate_rules *to, struct err *e);

/* Writes all rules, one per line, and reads them back. */
void gate_rules_text(const struct gate_rules *all, struct buf *out);
int gate_rules_read(struct gate_rules *all, const char *place, const char *lines, struct err *e);

/* What is known in advance about the run, to find names that do not exist and stages that it does
 * not have. */
struct gate_subject {
    const struct catalog *catalog;
    /* Start of each stage, then the end of the last: stage_count + 1 values. */
    const int64_t *stages;
    size_t stage_count;
    int64_t duration_us; /* of the load; 0: not known */
    const bool *streams; /* by endpoint: its responses are streams; NULL: not known */
    const char *what;    /* for messages: "the scenario sends", "the run has" */
};

/* Fails if a rule can never get a value from `subject`. */
int gate_rules_check(const struct gate_rules *all, const struct gate_subject *subject,
                     struct err *e);

/* Whether an endpoint has the name and method of the rule. */
bool gate_fits(const struct gate_rule *r, const struct endpoint *x);

/* Whether one of the rules covers failed requests of an endpoint: a rule of http_req_failed that
 * has all of its statuses. */
bool gate_covers_failures(const struct gate_rules *all, const struct endpoint *x);

bool gate_holds(enum gate_op op, double value, double limit);

/* Distance to the limit: positive if the condition holds, and also 0 if `op` includes the limit.
 * NAN for == and !=. */
double gate_margin(enum gate_op op, double value, double limit);

#endif
