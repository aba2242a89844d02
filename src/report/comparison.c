#include "report/comparison.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/comparison_inputs.h"
#include "report/comparison_runs.h"
#include "report/table.h"

const struct comparison_statistic comparison_statistics[COMPARISON_STATISTICS] = {
    {"mean", "Mean", {COMPARE_MEAN, 0}, COMPARISON_OF_REQUESTS},
    {"p50", "p50", {COMPARE_QUANTILE, 0.5}, COMPARISON_OF_REQUESTS},
    {"p90", "p90", {COMPARE_QUANTILE, 0.9}, COMPARISON_OF_REQUESTS},
    {"p95", "p95", {COMPARE_QUANTILE, 0.95}, COMPARISON_OF_REQUESTS},
    {"p99", "p99", {COMPARE_QUANTILE, 0.99}, COMPARISON_OF_REQUESTS},
    {"failure_rate", "Failures", {COMPARE_FAILURES, 0}, COMPARISON_OF_REQUESTS},
    {"requests_per_second", "Requests/s", {COMPARE_PER_SECOND, 0}, COMPARISON_OF_REQUESTS},
    {"ttft_p50", "ttft p50", {COMPARE_QUANTILE, 0.5}, COMPARISON_OF_TTFT},
    {"ttft_p90", "ttft p90", {COMPARE_QUANTILE, 0.9}, COMPARISON_OF_TTFT},
    {"ttft_p99", "ttft p99", {COMPARE_QUANTILE, 0.99}, COMPARISON_OF_TTFT},
    {"time_per_token_p50",
     "time_per_token p50",
     {COMPARE_QUANTILE, 0.5},
     COMPARISON_OF_TIME_PER_TOKEN},
    {"time_per_token_p90",
     "time_per_token p90",
     {COMPARE_QUANTILE, 0.9},
     COMPARISON_OF_TIME_PER_TOKEN},
    {"token_gap_p50", "token_gap p50", {COMPARE_QUANTILE, 0.5}, COMPARISON_OF_GAP},
    {"token_gap_p99", "token_gap p99", {COMPARE_QUANTILE, 0.99}, COMPARISON_OF_GAP},
    {"output_tokens_per_second", "Output tokens/s", {COMPARE_PER_SECOND, 0}, COMPARISON_OF_TTFT},
};

static int no_memory(struct err *e) {
    return err_memory(e, "comparing runs");
}

int comparison_read(const char *const *base, size_t base_count, const char *const *with,
                    size_t with_count, const struct comparison_options *o, struct comparison **out,
                    struct err *e) {
    struct comparison *c = calloc(1, sizeof *c);
    if (c == NULL)
        return no_memory(e);
    c->options = *o;
    c->runs[0] = base_count;
    c->runs[1] = with_count;
    buf_init(&c->refusals, (size_t)1 << 20);
    c->files = calloc(base_count + with_count, sizeof *c->files);
    if (c->files == NULL) {
        no_memory(e);
        goto fail;
    }
    for (size_t i = 0; i < base_count + with_count; i++) {
        struct comparison_file *f = &c->files[i];
        c->file_count++;
        f->with = i >= base_count;
        f->path = strdup(f->with ? with[i - base_count] : base[i]);
        if (f->path == NULL) {
            no_memory(e);
            goto fail;
        }
    }
    if (comparison_runs_read(c, e) != 0)
        goto fail;
    *out = c;
    return 0;
fail:
    comparison_free(c);
    return -1;
}

void comparison_free(struct comparison *c) {
    if (c == NULL)
        return;
    comparison_inputs_free(c);
    for (size_t i = 0; c->files != NULL && i < c->file_count; i++)
        free(c->files[i].path);
    for (size_t i = 0; i < c->entry_count; i++) {
        free(c->entries[i].method);
        free(c->entries[i].name);
    }
    free(c->files);
    free(c->entries);
    buf_done(&c->refusals);
    for (size_t of = 0; of < COMPARISON_OFS; of++) {
        compare_side_free(c->sides[of][0]);
        compare_side_free(c->sides[of][1]);
    }
    free(c);
}

int comparison_pair(const struct comparison *c, enum comparison_of of, const char *method,
                    const char *name, struct compare_pair **out, struct err *e) {
    struct compare_options o = {.seed = c->options.seed,
                                .resamples = c->options.resamples,
                                .confidence = c->options.confidence};
    if (method == NULL && name == NULL)
        return compare_pair_new(c->sides[of][0], c->sides[of][1], NULL, &o, out, e);
    bool *wanted = calloc(c->entry_count + 1, sizeof *wanted), any = false;
    if (wanted == NULL)
        return no_memory(e);
    for (size_t i = 0; i + 1 < c->entry_count; i++) {
        const struct comparison_entry *x = &c->entries[i];
        wanted[i] = (name == NULL || strcmp(name, x->name) == 0) &&
                    (method == NULL || strcmp(method, x->method) == 0);
        any = any || wanted[i];
    }
    int result = 0;
    struct compare_pair *pair = NULL;
    if (any)
        result = compare_pair_new(c->sides[of][0], c->sides[of][1], wanted, &o, &pair, e);
    free(wanted);
    if (result == 0)
        *out = pair;
    return result;
}

int comparison_measure(struct compare_pair *pair, enum comparison_of of,
                       const struct compare_measure *m, struct compare_result *out, struct err *e) {
    if (compare_measure(pair, m, out, e) != 0)
        return -1;
    if (of == COMPARISON_OF_TIME_PER_TOKEN) {
        double *ns[] = {&out->base, &out->with, &out->difference, &out->difference_low,
                        &out->difference_high};
        for (size_t i = 0; i < sizeof ns / sizeof *ns; i++)
            *ns[i] /= 1000;
    }
    return 0;
}

/* The statistics of what has these values. */
static int fill_of(struct comparison *c, struct comparison_entry *x, bool all,
                   enum comparison_of of, struct err *e) {
    struct compare_pair *pair = NULL;
    int result = -1;
    if (comparison_pair(c, of, all ? NULL : x->method, all ? NULL : x->name, &pair, e) != 0)
        return -1;
    uint64_t n[2] = {compare_pair_requests(pair, false), compare_pair_requests(pair, true)};
    if (of == COMPARISON_OF_REQUESTS)
        memcpy(x->requests, n, sizeof n);
    else
        x->has_streams = x->has_streams || n[0] > 0 || n[1] > 0;
    for (size_t i = 0; i < COMPARISON_STATISTICS; i++) {
        const struct comparison_statistic *s = &comparison_statistics[i];
        if (s->of == of && comparison_measure(pair, of, &s->measure, &x->results[i], e) != 0)
            goto out;
    }
    result = of == COMPARISON_OF_REQUESTS ? compare_rank(pair, &x->rank, e) : 0;
out:
    compare_pair_free(pair);
    return result;
}

static int fill(struct comparison *c, struct comparison_entry *x, bool all, struct err *e) {
    for (enum comparison_of of = 0; of < COMPARISON_OFS; of++)
        if (fill_of(c, x, all, of, e) != 0)
            return -1;
    return 0;
}

bool comparison_has(const struct comparison_entry *x, size_t statistic) {
    return x->has_streams || comparison_statistics[statistic].of == COMPARISON_OF_REQUESTS;
}

/* One family: every verdict of the comparison. */
static int decide_together(struct comparison *c, struct err *e) {
    /* With one endpoint, "all" are the same requests with the same draws: decided once. */
    bool twice = c->entry_count == 2;
    size_t n = (twice ? 1 : c->entry_count) * COMPARISON_STATISTICS;
    struct compare_result **results = calloc(n + 1, sizeof(struct compare_result *));
    if (results == NULL)
        return no_memory(e);
    c->family = 0;
    for (size_t i = 0; i < n; i++) {
        struct comparison_entry *x = &c->entries[i / COMPARISON_STATISTICS];
        if (comparison_has(x, i % COMPARISON_STATISTICS))
            results[c->family++] = &x->results[i % COMPARISON_STATISTICS];
    }
    compare_family(results, c->family, c->options.confidence);
    free(results);
    for (size_t s = 0; twice && s < COMPARISON_STATISTICS; s++)
        c->entries[1].results[s] = c->entries[0].results[s];
    return 0;
}

int comparison_run(struct comparison *c, struct err *e) {
    for (size_t i = 0; i < c->entry_count; i++)
        if (fill(c, &c->entries[i], i + 1 == c->entry_count, e) != 0)
            return -1;
    return decide_together(c, e);
}

bool comparison_any(const struct comparison *c, enum compare_verdict v) {
    for (size_t i = 0; i < c->entry_count; i++)
        for (size_t s = 0; s < COMPARISON_STATISTICS; s++)
            if (comparison_has(&c->entries[i], s) && c->entries[i].results[s].verdict == v)
                return true;
    return false;
}

const char *comparison_verdict_text(size_t statistic, enum compare_verdict verdict) {
    enum compare_kind kind = comparison_statistics[statistic].measure.kind;
    switch (verdict) {
    case COMPARE_SLOWER:
        return kind == COMPARE_FAILURES     ? "fails more"
               : kind == COMPARE_PER_SECOND ? "fewer"
                                            : "slower";
    case COMPARE_FASTER:
        return kind == COMPARE_FAILURES     ? "fails less"
               : kind == COMPARE_PER_SECOND ? "more"
                                            : "faster";
    case COMPARE_NO_DIFFERENCE:
        return "no difference shown";
    case COMPARE_TOO_LITTLE:
        break;
    }
    return "too little data";
}

const char *comparison_lack_text(enum compare_lack lack) {
    switch (lack) {
    case COMPARE_ENOUGH:
        return "";
    case COMPARE_LACK_REQUESTS:
        return "one side has fewer than 50 requests";
    case COMPARE_LACK_TAIL:
        return "too few requests are beyond it for an interval";
    case COMPARE_LACK_BLOCKS:
        return "it changes so slowly that the run is too short to tell";
    }
    return "";
}

/* Percent with the digits that count: 8.2, 0.31, 120. */
static void percent(struct buf *out, double share) {
    double v = 100 * share;
    if (!isfinite(v))
        buf_str(out, "any");
    else
        buf_printf(out, "%.*f", fabs(v) < 0.995 ? 2 : fabs(v) < 99.5 ? 1 : 0, v);
}

/* "412 ms became 446 ms" */
static void change(struct buf *out, enum compare_kind kind, const struct compare_result *r) {
    if (kind == COMPARE_FAILURES) {
        percent(out, r->base);
        buf_str(out, " % became ");
        percent(out, r->with);
        buf_str(out, " %");
    } else if (kind == COMPARE_PER_SECOND)
        buf_printf(out, "%.*f became %.*f", table_digits(r->base), r->base, table_digits(r->with),
                   r->with);
    else
        buf_printf(out, "%.*f ms became %.*f ms", table_digits(r->base / 1e3), r->base / 1e3,
                   table_digits(r->with / 1e3), r->with / 1e3);
}

/* From the smaller change to the larger one, in percent or points of it. */
static void range(struct buf *out, double low, double high, const char *unit) {
    bool turned = fabs(low) > fabs(high);
    percent(out, fabs(turned ? high : low));
    buf_str(out, " to ");
    percent(out, fabs(turned ? low : high));
    buf_printf(out, " %s", unit);
}

void comparison_sentence(const struct comparison *c, const struct comparison_entry *x,
                         size_t statistic, struct buf *out) {
    const struct comparison_statistic *s = &comparison_statistics[statistic];
    const struct compare_result *r = &x->results[statistic];
    const char *who = x->name[0] == '\0' ? "all requests" : x->name;
    double confidence = 100 * c->options.confidence;
    bool slower = r->verdict == COMPARE_SLOWER;
    buf_printf(out, "%s of %s", s->label, who);
    if (r->verdict == COMPARE_TOO_LITTLE) {
        buf_printf(out, ": too little data: %s.", comparison_lack_text(r->lack));
        return;
    }
    if (r->verdict == COMPARE_NO_DIFFERENCE) {
        buf_printf(out, ": no difference shown (%.4g %% interval of the ", confidence);
        /* Without failures in the base there is no ratio, and with few of them no end of one. */
        if (s->measure.kind == COMPARE_FAILURES &&
            !(isfinite(r->ratio_low) && isfinite(r->ratio_high)))
            buf_printf(out, "difference %.2f to %.2f points", 100 * r->difference_low,
                       100 * r->difference_high);
        else
            buf_printf(out, "ratio %.3f to %.3f", r->ratio_low, r->ratio_high);
        buf_str(out, r->alone == r->verdict
                         ? ")."
                         : ", which may be chance, because the comparison has many intervals).");
        return;
    }
    if (s->measure.kind == COMPARE_FAILURES) {
        buf_printf(out, " are %s by ", slower ? "up" : "down");
        percent(out, fabs(r->difference));
        buf_printf(out, " points (%.4g %% interval ", confidence);
        range(out, r->difference_low, r->difference_high, "points");
    } else {
        buf_str(out, s->measure.kind == COMPARE_PER_SECOND ? " are " : " is ");
        percent(out, fabs(r->ratio - 1));
        buf_printf(out, " %% %s (%.4g %% interval ",
                   s->measure.kind == COMPARE_PER_SECOND ? slower ? "fewer" : "more"
                   : slower                              ? "slower"
                                                         : "faster",
                   confidence);
        range(out, r->ratio_low - 1, r->ratio_high - 1, "%");
    }
    buf_str(out, "; ");
    change(out, s->measure.kind, r);
    buf_str(out, ").");
}
