#include "report/regressions.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SENTENCE_MAX ((size_t)1 << 20)

static int evaluate(const struct comparison *c, const struct gate_regression *rule,
                    struct regression_result *x, struct err *e) {
    static const enum comparison_of of_rule[] = {
        [GATE_REGRESSION_REQUESTS] = COMPARISON_OF_REQUESTS,
        [GATE_REGRESSION_TTFT] = COMPARISON_OF_TTFT,
        [GATE_REGRESSION_TIME_PER_TOKEN] = COMPARISON_OF_TIME_PER_TOKEN,
        [GATE_REGRESSION_GAP] = COMPARISON_OF_GAP};
    enum comparison_of of = of_rule[rule->of];
    struct compare_pair *pair = NULL;
    *x = (struct regression_result){.rule = rule};
    if (comparison_pair(c, of, rule->rule.method, rule->rule.name, &pair, e) != 0)
        return -1;
    x->unknown = pair == NULL;
    int result = pair == NULL ? 0 : comparison_measure(pair, of, &rule->measure, &x->numbers, e);
    compare_pair_free(pair);
    x->verdict = x->unknown
                     ? GATE_REGRESSION_TOO_LITTLE
                     : gate_regression_evaluate(rule, &x->numbers, &x->worse, &x->low, &x->high);
    return result;
}

/* All rules of one kind of time. */
static int evaluate_all(struct regressions *r, const char *const *base, size_t base_count,
                        const char *path, const struct gate_regression *items,
                        const struct comparison_options *options, struct err *e) {
    struct comparison_options o = *options;
    struct comparison *c = NULL;
    bool any = false;
    int result = 0;
    for (size_t i = 0; i < r->count; i++)
        any = any || items[i].service == o.service;
    if (!any || r->refusal_count > 0)
        return 0;
    if (comparison_read(base, base_count, &path, 1, &o, &c, e) != 0)
        return -1;
    if (c->refusal_count > 0) {
        buf_add(&r->refusals, c->refusals.data, c->refusals.len);
        r->refusal_count = c->refusal_count;
    }
    for (size_t i = 0; i < r->count && result == 0 && r->refusal_count == 0; i++)
        if (items[i].service == o.service)
            result = evaluate(c, &items[i], &r->results[i], e);
    comparison_free(c);
    return result;
}

static bool regression_fails(const struct regressions *all, const struct regression_result *x) {
    return x->unknown || x->verdict == GATE_REGRESSION_CROSSED ||
           (x->verdict == GATE_REGRESSION_TOO_LITTLE && all->strict);
}

int regressions_new(const char *const *base, size_t base_count, const char *path,
                    const struct gate_regression *items, size_t count,
                    const struct comparison_options *o, bool strict, struct regressions **out,
                    struct err *e) {
    struct regressions *r = calloc(1, sizeof *r);
    struct comparison_options options = *o;
    if (r == NULL || (r->results = calloc(count + 1, sizeof *r->results)) == NULL) {
        free(r);
        return err_memory(e, "the baseline");
    }
    r->count = count;
    r->strict = strict;
    buf_init(&r->refusals, SENTENCE_MAX);
    for (int service = 0; service < 2; service++) {
        options.service = service == 1;
        if (evaluate_all(r, base, base_count, path, items, &options, e) != 0) {
            regressions_free(r);
            return -1;
        }
    }
    r->ok = r->refusal_count == 0;
    for (size_t i = 0; i < count && r->refusal_count == 0; i++)
        r->ok = r->ok && !regression_fails(r, &r->results[i]);
    *out = r;
    return 0;
}

void regressions_free(struct regressions *r) {
    if (r == NULL)
        return;
    free(r->results);
    buf_done(&r->refusals);
    free(r);
}

static const char *word(const struct regressions *all, const struct regression_result *x) {
    if (x->verdict == GATE_REGRESSION_TOO_LITTLE)
        return regression_fails(all, x) ? "FAILED (too little data)" : "too little data";
    return x->verdict == GATE_REGRESSION_CROSSED ? "FAILED"
           : x->verdict == GATE_REGRESSION_KEPT  ? "ok"
                                                 : "ok (no regression shown)";
}

static const char *unit(const struct regression_result *x) {
    return x->rule->measure.kind == COMPARE_FAILURES ? "points" : "%";
}

/* What there is to know of a result, in one line. */
static void sentence(const struct regressions *all, const struct regression_result *x,
                     struct buf *out) {
    buf_printf(out, "%s: %s: ", x->rule->text, word(all, x));
    if (x->unknown)
        buf_str(out, "no request has this name and method");
    else if (x->verdict == GATE_REGRESSION_TOO_LITTLE && x->numbers.lack != COMPARE_ENOUGH)
        buf_str(out, comparison_lack_text(x->numbers.lack));
    else if (x->verdict == GATE_REGRESSION_TOO_LITTLE)
        buf_str(out, "the change has no confidence interval");
    else
        buf_printf(out, "%+.2f %s against the baseline (%.2f to %.2f), %.4g allowed",
                   100 * x->worse, unit(x), 100 * x->low, 100 * x->high, 100 * x->rule->allowed);
}

void regressions_write_json(struct json_writer *w, const struct regressions *r) {
    static const char *const words[] = {[GATE_REGRESSION_KEPT] = "kept",
                                        [GATE_REGRESSION_OPEN] = "open",
                                        [GATE_REGRESSION_CROSSED] = "crossed",
                                        [GATE_REGRESSION_TOO_LITTLE] = "too_little_data"};
    const double nothing = (double)NAN;
    json_write_array(w, "regressions", JSON_LINES);
    for (size_t i = 0; i < r->count; i++) {
        const struct regression_result *x = &r->results[i];
        bool known = x->verdict != GATE_REGRESSION_TOO_LITTLE;
        struct buf reason;
        buf_init(&reason, SENTENCE_MAX);
        sentence(r, x, &reason);
        json_write_object(w, NULL, JSON_LINE);
        json_write_text(w, "expression", x->rule->text);
        json_write_number(w, "value", known ? x->worse : nothing);
        json_write_pair(w, "interval", known ? x->low : nothing, known ? x->high : nothing);
        json_write_number(w, "allowed", x->rule->allowed);
        json_write_text(w, "verdict", words[x->verdict]);
        json_write_bool(w, "ok", !regression_fails(r, x));
        json_write_text(w, "reason", buf_text(&reason));
        json_write_end(w);
        buf_done(&reason);
    }
    json_write_end(w);
}

void regressions_findings(const void *regressions, finding_fn *fn, void *context) {
    const struct regressions *r = regressions;
    for (size_t i = 0; i < r->count; i++) {
        const struct regression_result *x = &r->results[i];
        bool fails = regression_fails(r, x), enough = x->verdict != GATE_REGRESSION_TOO_LITTLE;
        struct buf text;
        buf_init(&text, SENTENCE_MAX);
        sentence(r, x, &text);
        fn(context, &(struct finding){.state = fails    ? FINDING_FAILS
                                               : enough ? FINDING_HOLDS
                                                        : FINDING_SKIPPED,
                                      .kind = "baseline",
                                      .name = x->rule->text,
                                      .sentence = buf_text(&text),
                                      .time_s = -1,
                                      .failed = !buf_ok(&text)});
        buf_done(&text);
    }
}
