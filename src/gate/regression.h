/*
 * regression: how much worse than a baseline a run may be.
 *
 *     [ METRIC [ "{" name:... , method:... "}" ] ] AGGREGATION PERCENT "%"
 *
 * METRIC is response_time where none is given (the times that `compare` shows), service_time,
 * http_req_duration (the same as service_time), http_req_failed or http_reqs; of streamed answers
 * ttft, time_per_token, token_gap or output_tokens. AGGREGATION is avg, med or p(N) of a time, and
 * rate of the others. PERCENT is of the baseline's value: of a time how much longer, of http_reqs
 * and output_tokens how many fewer; of http_req_failed it is points: 1% allows 2 % after 1 %.
 *
 * It is crossed where the whole interval of the change lies beyond what is allowed, and kept where
 * the whole interval lies within; else the data leave it open, which is no failure.
 *
 * Ownership: gate_regression_done() frees; all zeros is fine. Thread: plain data.
 */
#ifndef GATE_REGRESSION_H
#define GATE_REGRESSION_H

#include "gate/rule.h"
#include "stats/compare.h"

/* What has the values: requests, or a time of streamed answers. Tokens count with the answers that
 * have a TTFT. */
enum gate_regression_of {
    GATE_REGRESSION_REQUESTS,
    GATE_REGRESSION_TTFT,
    GATE_REGRESSION_TIME_PER_TOKEN,
    GATE_REGRESSION_GAP
};

struct gate_regression {
    struct gate_rule rule; /* its metric, filters, aggregation; the limit is not used */
    struct compare_measure measure;
    enum gate_regression_of of;
    bool service;   /* of service times, not response times */
    double allowed; /* a share: 0.05 */
    const char *text;
};

enum gate_regression_verdict {
    GATE_REGRESSION_KEPT,
    GATE_REGRESSION_OPEN,
    GATE_REGRESSION_CROSSED,
    GATE_REGRESSION_TOO_LITTLE
};

/* `text` is borrowed. On failure `r` owns nothing. */
int gate_regression_parse(const char *text, struct gate_regression *r, struct err *e);
void gate_regression_done(struct gate_regression *r);

/* How much worse: a share of the baseline, or points of failures; its interval in low and high. */
enum gate_regression_verdict gate_regression_judge(const struct gate_regression *r,
                                                   const struct compare_result *x, double *worse,
                                                   double *low, double *high);

#endif
