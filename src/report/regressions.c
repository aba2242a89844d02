#include "report/regressions.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/emit.h"
#include "report/json_text.h"
#include "report/markup.h"
#include "report/thresholds.h"
#include "util/text.h"

#define SENTENCE_MAX ((size_t)1 << 20)

static int judge(const struct comparison *c, const struct gate_regression *rule,
                 struct regression_result *x, struct err *e) {
    struct compare_pair *pair = NULL;
    *x = (struct regression_result){.rule = rule};
    if (comparison_pair(c, rule->rule.method, rule->rule.name, &pair, e) != 0)
        return -1;
    x->unknown = pair == NULL;
    int result = pair == NULL ? 0 : compare_measure(pair, &rule->measure, &x->numbers, e);
    compare_pair_free(pair);
    x->verdict = x->unknown
                     ? GATE_REGRESSION_TOO_LITTLE
                     : gate_regression_judge(rule, &x->numbers, &x->worse, &x->low, &x->high);
    return result;
}

/* All rules of one kind of time. */
static int judge_all(struct regressions *r, const char *const *base, size_t base_count,
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
            result = judge(c, &items[i], &r->results[i], e);
    comparison_free(c);
    return result;
}

bool regression_fails(const struct regressions *all, const struct regression_result *x) {
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
        return err_set(e, "out of memory for the baseline");
    }
    r->count = count;
    r->strict = strict;
    buf_init(&r->refusals, SENTENCE_MAX);
    for (int service = 0; service < 2; service++) {
        options.service = service == 1;
        if (judge_all(r, base, base_count, path, items, &options, e) != 0) {
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
        return regression_fails(all, x) ? "CROSSED (too little data)" : "too little data";
    return x->verdict == GATE_REGRESSION_CROSSED ? "CROSSED"
           : x->verdict == GATE_REGRESSION_KEPT  ? "ok"
                                                 : "ok (not shown either way)";
}

static const char *unit(const struct regression_result *x) {
    return x->rule->measure.kind == COMPARE_FAILURES ? "points" : "%";
}

/* What there is to know of a result, in one line. */
static void sentence(const struct regressions *all, const struct regression_result *x,
                     struct buf *out) {
    buf_printf(out, "%s: %s: ", x->rule->text, word(all, x));
    if (x->unknown)
        buf_str(out, "no request of either side has that name and method");
    else if (x->verdict == GATE_REGRESSION_TOO_LITTLE && x->numbers.lack != COMPARE_ENOUGH)
        buf_str(out, comparison_lack_text(x->numbers.lack));
    else if (x->verdict == GATE_REGRESSION_TOO_LITTLE)
        buf_str(out, "its change has no bounds");
    else
        buf_printf(out, "%+.2f %s to the baseline (%.2f to %.2f), %.4g allowed", 100 * x->worse,
                   unit(x), 100 * x->low, 100 * x->high, 100 * x->rule->allowed);
}

/* The sentence of a result through a format's escaping. */
typedef void escape_fn(struct buf *out, const char *text);

static void escaped(struct buf *out, const struct regressions *r, const struct regression_result *x,
                    escape_fn *escape) {
    struct buf text;
    buf_init(&text, SENTENCE_MAX);
    sentence(r, x, &text);
    if (!buf_ok(&text))
        out->failed = true;
    escape(out, buf_text(&text));
    buf_done(&text);
}

static void plain(struct buf *out, const char *text) {
    text_printable(out, text, strlen(text));
}

void regressions_emit_text(struct buf *out, const struct regressions *r) {
    buf_str(out, "Against the baseline\n");
    for (size_t i = 0; i < r->count; i++) {
        buf_str(out, "  ");
        escaped(out, r, &r->results[i], plain);
        buf_char(out, '\n');
    }
}

void regressions_emit_markdown(struct buf *out, const struct regressions *r) {
    buf_str(out, "## Against the baseline\n\n");
    for (size_t i = 0; i < r->count; i++) {
        buf_str(out, "- ");
        escaped(out, r, &r->results[i], emit_markdown_text);
        buf_char(out, '\n');
    }
}

void regressions_emit_json_array(struct buf *out, const struct regressions *r) {
    static const char *const words[] = {[GATE_REGRESSION_KEPT] = "kept",
                                        [GATE_REGRESSION_OPEN] = "open",
                                        [GATE_REGRESSION_CROSSED] = "crossed",
                                        [GATE_REGRESSION_TOO_LITTLE] = "too_little_data"};
    buf_char(out, '[');
    for (size_t i = 0; i < r->count; i++) {
        const struct regression_result *x = &r->results[i];
        bool known = x->verdict != GATE_REGRESSION_TOO_LITTLE;
        buf_str(out, i == 0 ? "\n    {\"expression\": " : ",\n    {\"expression\": ");
        json_text(out, x->rule->text);
        buf_str(out, ", \"value\": ");
        json_number(out, known ? x->worse : (double)NAN);
        buf_str(out, ", \"interval\": ");
        if (known) {
            buf_char(out, '[');
            json_number(out, x->low);
            buf_str(out, ", ");
            json_number(out, x->high);
            buf_char(out, ']');
        } else
            buf_str(out, "null");
        buf_printf(out, ", \"allowed\": %.15g, \"verdict\": \"%s\", \"ok\": %s, \"reason\": ",
                   x->rule->allowed, words[x->verdict], regression_fails(r, x) ? "false" : "true");
        escaped(out, r, x, json_text);
        buf_char(out, '}');
    }
    buf_str(out, "\n  ]");
}

void regressions_emit_junit_suite(struct buf *out, const struct regressions *r) {
    size_t failed = 0, skipped = 0;
    for (size_t i = 0; i < r->count; i++) {
        bool fails = regression_fails(r, &r->results[i]);
        failed += fails;
        skipped += !fails && r->results[i].verdict == GATE_REGRESSION_TOO_LITTLE;
    }
    buf_printf(out,
               "  <testsuite name=\"baseline\" tests=\"%zu\" failures=\"%zu\" errors=\"0\" "
               "skipped=\"%zu\" time=\"0\">\n",
               r->count, failed, skipped);
    for (size_t i = 0; i < r->count; i++) {
        const struct regression_result *x = &r->results[i];
        const char *kind = regression_fails(r, x)                     ? "failure"
                           : x->verdict == GATE_REGRESSION_TOO_LITTLE ? "skipped"
                                                                      : NULL;
        buf_str(out, "    <testcase classname=\"baseline\" name=\"");
        markup_text(out, x->rule->text);
        buf_str(out, "\" time=\"0\">\n      <");
        buf_printf(out, "%s", kind == NULL ? "system-out>" : kind);
        buf_str(out, kind == NULL ? "" : " message=\"");
        escaped(out, r, x, markup_text);
        buf_str(out, kind == NULL ? "</system-out>\n    </testcase>\n" : "\"/>\n    </testcase>\n");
    }
    buf_str(out, "  </testsuite>\n");
}

void regressions_emit_github(struct buf *out, const struct regressions *r) {
    for (size_t i = 0; i < r->count; i++) {
        const struct regression_result *x = &r->results[i];
        bool fails = regression_fails(r, x);
        if (!fails && x->verdict != GATE_REGRESSION_TOO_LITTLE)
            continue;
        buf_str(out, fails ? "::error title=Slower than the baseline::"
                           : "::notice title=Baseline not judged::");
        escaped(out, r, x, thresholds_github_text);
        buf_char(out, '\n');
    }
}
