/*
 * regression: how much worse than a baseline a run may be.
 *
 *     [ METRIC [ "{" name:... , method:... "}" ] ] AGGREGATION PERCENT "%"
 *
 * METRIC is one of
 *   response_time        the default; the times that `compare` shows
 *   service_time
 *   http_req_duration    the same as service_time
 *   http_req_failed
 *   http_reqs
 *   ttft, time_per_token, token_gap, output_tokens    of streamed responses
 *
 * AGGREGATION is avg, med or p(N) for times, and rate for the others. PERCENT is relative to the
 * baseline: how much longer a time, or how many fewer http_reqs or output_tokens. For
 * http_req_failed it is in percentage points: 1% allows 2 % after 1 %.
 *
 * A regression fails if the whole interval of the change is beyond the allowed value, and passes if
 * the whole interval is within it. Otherwise the data do not decide, which is not a failure.
 *
 * Ownership: gate_regression_done() frees; all zeros is allowed. Thread: plain data.
 */
#ifndef GATE_REGRESSION_H
#define GATE_REGRESSION_H

#include "gate/rule.h"
#include "stats/compare.h"

/* What has the values: requests, or a time of streamed responses. Tokens are counted with the
 * responses that have a TTFT. */
enum gate_regression_of {
    GATE_REGRESSION_REQUESTS,
    GATE_REGRESSION_TTFT,
    GATE_REGRESSION_TIME_PER_TOKEN,
    GATE_REGRESSION_GAP
};

struct gate_regression {
    struct gate_rule rule; /* its metric, filters and aggregation; the limit is not used */
    struct compare_measure measure;
    enum gate_regression_of of;
    bool service;   /* of service times, not of response times */
    double allowed; /* as a share: 0.05 */
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

/* Returns in *worse how much worse the run is: as a share of the baseline, or in percentage points
 * of failures. *low and *high are the bounds of its interval. */
enum gate_regression_verdict gate_regression_evaluate(const struct gate_regression *r,
                                                      const struct compare_result *x, double *worse,
                                                      double *low, double *high);

#endif
