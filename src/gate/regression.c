#include "gate/regression.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool is_time(enum gate_metric m) {
    return m == GATE_HTTP_REQ_DURATION || m == GATE_SERVICE_TIME || m == GATE_RESPONSE_TIME ||
           m == GATE_TTFT || m == GATE_TIME_PER_TOKEN || m == GATE_TOKEN_GAP;
}

static enum gate_regression_of of_metric(enum gate_metric m) {
    return m == GATE_TTFT || m == GATE_OUTPUT_TOKENS ? GATE_REGRESSION_TTFT
           : m == GATE_TIME_PER_TOKEN                ? GATE_REGRESSION_TIME_PER_TOKEN
           : m == GATE_TOKEN_GAP                     ? GATE_REGRESSION_GAP
                                                     : GATE_REGRESSION_REQUESTS;
}

static int measure_of(struct gate_regression *r, struct err *e) {
    enum gate_metric m = r->rule.metric;
    r->of = of_metric(m);
    if (is_time(m)) {
        r->service = m == GATE_HTTP_REQ_DURATION || m == GATE_SERVICE_TIME;
        if (r->rule.aggregation == GATE_AVG)
            r->measure = (struct compare_measure){COMPARE_MEAN, 0};
        else if (r->rule.aggregation == GATE_QUANTILE && r->rule.p > 0 && r->rule.p < 1)
            r->measure = (struct compare_measure){COMPARE_QUANTILE, r->rule.p};
        else
            return err_set(e,
                           "\"%.200s\": a regression of times needs avg, med or p(N), 0 < N < 100",
                           r->text);
    } else if (m == GATE_HTTP_REQ_FAILED)
        r->measure = (struct compare_measure){COMPARE_FAILURES, 0};
    else if ((m == GATE_HTTP_REQS || m == GATE_OUTPUT_TOKENS) &&
             r->rule.aggregation == GATE_PER_SECOND)
        r->measure = (struct compare_measure){COMPARE_PER_SECOND, 0};
    else if (m == GATE_HTTP_REQS || m == GATE_OUTPUT_TOKENS)
        return err_set(e, "\"%.200s\": a regression of %s needs rate", r->text,
                       gate_metrics[m].name);
    else
        return err_set(
            e,
            "\"%.200s\": %s cannot have a regression; use response_time, service_time, "
            "http_req_duration, http_req_failed, http_reqs, ttft, time_per_token, token_gap "
            "or output_tokens",
            r->text, gate_metrics[m].name);
    if ((r->rule.filters & ~(unsigned)(GATE_BY_NAME | GATE_BY_METHOD)) != 0)
        return err_set(e, "\"%.200s\": a regression can select requests only by name and method",
                       r->text);
    return 0;
}

/* The number in front of the % at the end; *end is where the rest ends. */
static int parse_percent(const char *text, double *allowed, size_t *end, struct err *e) {
    static const char how[] =
        "write a regression like 'p(95) 5%' or 'http_req_failed{name:/predict} rate 1%'";
    size_t n = strlen(text);
    while (n > 0 && text[n - 1] == ' ')
        n--;
    size_t from = n;
    while (from > 0 && text[from - 1] != ' ')
        from--;
    char *rest = NULL;
    errno = 0;
    double percent = from < n && strchr("0123456789.", text[from]) != NULL
                         ? strtod(text + from, &rest)
                         : (double)NAN;
    if (rest == NULL || rest != text + n - 1 || *rest != '%' || errno != 0 || !(percent >= 0) ||
        percent > 1e6 || from == 0)
        return err_set(e, "\"%.200s\": %s", text, how);
    *allowed = percent / 100;
    *end = from;
    return 0;
}

int gate_regression_parse(const char *text, struct gate_regression *r, struct err *e) {
    struct gate_regression x = {.text = text};
    struct buf whole;
    size_t end = 0;
    int result = -1;
    if (parse_percent(text, &x.allowed, &end, e) != 0)
        return -1;
    while (end > 0 && text[end - 1] == ' ')
        end--;
    size_t begin = strspn(text, " ");
    buf_init(&whole, GATE_TEXT_MAX);
    /* One word alone is an aggregation. */
    if (begin < end && memchr(text + begin, ' ', end - begin) == NULL &&
        memchr(text + begin, '{', end - begin) == NULL)
        buf_str(&whole, "response_time ");
    if (begin < end)
        buf_add(&whole, text + begin, end - begin);
    buf_str(&whole, "<1");
    if (!buf_ok(&whole))
        err_set(e, "\"%.100s...\" is too long", text);
    else if (gate_parse(buf_text(&whole), &x.rule, e) != 0)
        err_prefix(e, "\"%.200s\"", text);
    else if (measure_of(&x, e) == 0)
        result = 0;
    buf_done(&whole);
    if (result == 0)
        *r = x;
    else
        gate_rule_done(&x.rule);
    return result;
}

void gate_regression_done(struct gate_regression *r) {
    gate_rule_done(&r->rule);
}

enum gate_regression_verdict gate_regression_evaluate(const struct gate_regression *r,
                                                      const struct compare_result *x, double *worse,
                                                      double *low, double *high) {
    if (r->measure.kind == COMPARE_FAILURES) {
        *worse = x->difference;
        *low = x->difference_low;
        *high = x->difference_high;
    } else if (r->measure.kind == COMPARE_PER_SECOND) {
        *worse = 1 - x->ratio;
        *low = 1 - x->ratio_high;
        *high = 1 - x->ratio_low;
    } else {
        *worse = x->ratio - 1;
        *low = x->ratio_low - 1;
        *high = x->ratio_high - 1;
    }
    if (x->lack != COMPARE_ENOUGH || isnan(*low) || isnan(*high))
        return GATE_REGRESSION_TOO_LITTLE;
    if (*low > r->allowed)
        return GATE_REGRESSION_CROSSED;
    return *high <= r->allowed ? GATE_REGRESSION_KEPT : GATE_REGRESSION_OPEN;
}
