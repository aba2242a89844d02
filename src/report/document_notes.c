/* What the reader of the tables has to know: the model's remarks first, then what explains them. */
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "report/document.h"
#include "stats/interval.h"
#include "util/outcome.h"
#include "util/text.h"

static void note(struct document *d, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void note(struct document *d, const char *format, ...) {
    char text[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    lines_add(&d->notes, "", text);
}

/* "the 95th needs 20, the 99th 100": of each level that is left out. False where none is. */
static bool needs_text(struct buf *out, const bool left_out[SUMMARY_LEVELS], bool interval) {
    const char *after = " needs ";
    for (size_t i = 0; i < SUMMARY_LEVELS; i++) {
        double p = summary_levels[i] / 100.0;
        if (!left_out[i])
            continue;
        buf_printf(out, "%sp%d%s%" PRIu64, out->len == 0 ? "" : ", ", summary_levels[i], after,
                   interval ? interval_needs(p, INTERVAL_CONFIDENCE) : quantile_needs(p));
        after = " ";
    }
    return out->len > 0;
}

static void percentile_notes(struct document *d, const struct model *m) {
    struct buf text;
    buf_init(&text, 1024);
    if (needs_text(&text, m->unsupported, false))
        note(d, TABLE_UNKNOWN ": too few requests for this percentile (%s)", buf_text(&text));
    buf_clear(&text);
    if (m->options.intervals) {
        note(d, "From and to are a 95 %% confidence interval for the percentile (order statistics; "
                "no distribution is assumed). It assumes independent requests; correlation between "
                "neighbouring requests makes it less certain.");
        if (needs_text(&text, m->uncertain, true))
            note(d, "An interval needs more requests than its percentile: %s.", buf_text(&text));
    }
    buf_done(&text);
}

static void notes(struct document *d, const struct model *m) {
    const struct summary_row *all = &m->aggregated.row;
    const char *key, *text;
    for (size_t at = 0; lines_next(&m->remarks, &at, &key, &text);) {
        lines_add(&d->notes, "", text);
    }
    if (!m->run->complete)
        note(d, "This run was interrupted, or is still in progress. The numbers cover the part "
                "that was recorded.");
    if (m->cut != NULL)
        note(d, "This report covers a part of the run. A request belongs to the time in which it "
                "ended, and rates are over that time. The verdict applies to the whole run. "
                "Iterations, checks, the server's side and the client's own measurements exist "
                "only for the whole run and are omitted.");
    if (all->requests == 0)
        note(d, "No request completed, so there are no times.");
    if (all->not_sent > 0)
        note(
            d,
            "Scheduled but dropped: %" PRIu64
            " request%s (%.3g %% of all), so the load was lower than asked for. They have no times "
            "and are not in the tables above. If all users were busy, allow more (max_users). The "
            "threshold dropped_iterations count<=0 fails such a run.",
            all->not_sent, text_plural(all->not_sent),
            100 * (double)all->not_sent /
                (double)(all->requests + all->not_sent + all->cancelled + all->unsendable));
    if (all->unsendable > 0)
        note(d,
             "Could not be built from their values: %" PRIu64
             " request%s. They were not sent, have no times and appear only under Errors.",
             all->unsendable, text_plural(all->unsendable));
    if (all->cancelled > 0)
        note(d,
             "Cancelled when the run stopped: %" PRIu64
             " request%s. They have no times and are not in the tables above.",
             all->cancelled, text_plural(all->cancelled));
    if (m->has_failed_bodies)
        note(d, "The view failed_bodies of the run file shows the first responses that failed, and "
                "what the checks found.");
    if (m->error_count > DOCUMENT_ERRORS_MAX) {
        uint64_t rest = 0;
        for (size_t i = DOCUMENT_ERRORS_MAX; i < m->error_count; i++)
            rest += m->errors[i].count;
        note(d,
             "Not shown: %zu more kind%s of error, %" PRIu64
             " request%s; errors.csv and the JSON have them all.",
             m->error_count - DOCUMENT_ERRORS_MAX,
             text_plural(m->error_count - DOCUMENT_ERRORS_MAX), rest, text_plural(rest));
    }
    for (size_t i = 0; i < m->flows.count; i++) {
        const struct table *t = &m->flows.tables[i];
        if (t->shown_max > 0 && table_rows(t) > t->shown_max)
            note(d, "Not shown: %zu more %s; the JSON and %s.csv have them all.",
                 table_rows(t) - t->shown_max, t->key, t->key);
    }
    percentile_notes(d, m);
    if (m->options.locust)
        note(d, "By Locust's rules: percentiles of rounded times; rates up to the last request.");
}

/* ---- streams ---- */

static void steady_note(struct document *d, const struct streams *s) {
    if (s->is_steady == STREAMS_NEVER_STEADY)
        note(d, s->by_rate ? "No steady state: the load was too short."
                           : "No steady state: when the load ended, some user had no answer yet.");
    else if (s->is_steady == STREAMS_STEADY)
        note(d,
             "Steady state: from %s s, %s, to %s s, the end of the load. An answer belongs to "
             "it "
             "if it was sent in it, a token if it came in it.",
             text_rounded((double)s->from_us / 1e6, 4).text,
             s->by_rate ? "the first 20th of the load or 10 s"
                        : "when every user had its first answer",
             text_rounded((double)s->to_us / 1e6, 4).text);
}

static void streams_notes(struct document *d, const struct streams *s) {
    const struct streams_entry *all = streams_all(s);
    note(d, "ttft is from the sending to the first token, ttfo to the first one that is no "
            "reasoning, e2e to the end of the answer. time_per_token is of each answer, after its "
            "first token event; token_gap is each time between two token events of an answer. "
            "docs/streams.md has how other tools define these words.");
    note(d, s->kernel_clock
                ? "Times of token events are the kernel's: when it received them."
                : "Times of token events are the client's: when it read them. They include its own "
                  "delay.");
    steady_note(d, s);
    if (all->from_usage < all->whole.answers)
        note(d,
             "%" PRIu64 " of %" PRIu64
             " answers have no usage of the server: their tokens are their token events.",
             all->whole.answers - all->from_usage, all->whole.answers);
}

/* ---- the server's side ---- */

static void cost_note(struct document *d) {
    const struct platform_cost *c = &d->model->cost;
    const struct platform_shape *x = &c->shape;
    bool gpu = x->gpu != GPU_NONE;
    note(d,
         "Cost: %s billing of instances with %g vCPU%s %.6g GiB%s%s (--cpu, --memory, %s), prices "
         "of %s, %s (%s, %s). The cost after the free tier assumes that nothing else used the free "
         "tier in the month.",
         x->billing == BILLING_REQUEST ? "request-based" : "instance-based", x->cpus,
         gpu ? "," : " and", (double)x->memory_bytes / (1 << 30), gpu ? " and the GPU " : "",
         gpu_kinds[x->gpu].name, gpu ? "--gpu" : "--billing", x->region, c->prices.tier,
         c->prices.source, c->prices.date);
}

static void shown_note(struct document *d) {
    for (size_t i = 0; i < d->model->table_count; i++) {
        const struct table *t = &d->model->tables[i];
        if (t->shown_max > 0 && table_rows(t) > t->shown_max)
            note(d, "Not shown: %zu more instance%s; the JSON and server_%s.csv have them all.",
                 table_rows(t) - t->shown_max, text_plural(table_rows(t) - t->shown_max), t->key);
    }
}

static void guess_note(struct document *d, const struct guess *g) {
    note(d, "%s", GUESS_RULE);
    note(d,
         "The split: the slow group is %.1f times slower, %.1f standard deviations away, and has "
         "%.1f +- %.1f requests. Of the %" PRIu64
         " that belong to it with 95%% probability, %" PRIu64
         " used a new connection or followed a pause.",
         exp(g->split.high.mean - g->split.low.mean), mixture_distance(&g->split), g->expected_cold,
         1.96 * g->expected_sd, g->slow, g->slow_signs);
}

static void server_notes(struct document *d, const struct platform *s) {
    if (s->side.requests > 0)
        note(d, "%s", PLATFORM_COLD_RULE);
    else
        note(d, "No request log was imported. The tables of cold starts, of instances, and of "
                "client and server need it.");
    if (s->counts.early > 0)
        note(d,
             "Shorter at the client than in the server's log: %" PRIu64 " request%s. Their network "
             "time counts as 0.",
             s->counts.early, text_plural(s->counts.early));
    if (s->instance_count > 0 && s->side.requests > 0)
        note(d, "Requests at once are counted from the log, from the arrival or the end of the "
                "start-up to the response. The log does not show how long a request waited in the "
                "platform's queue, so waiting requests are included.");
    if (d->model->cost.cost.instance_s > 0)
        cost_note(d);
    shown_note(d);
}

static void figure_notes(struct document *d) {
    for (const struct section *s = document_figure(d, NULL); s != NULL; s = document_figure(d, s))
        if (!s->figure->there && s->figure->missing != NULL)
            note(d, "No figure %s: %s.", s->figure->key, s->figure->missing);
}

void document_notes(struct document *d) {
    const struct model *m = d->model;
    notes(d, m);
    if (m->streams != NULL)
        streams_notes(d, m->streams);
    if (m->guess != NULL)
        guess_note(d, m->guess);
    if (m->server != NULL)
        server_notes(d, m->server);
    figure_notes(d);
}
