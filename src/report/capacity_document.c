#include "report/capacity_document.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "report/capacity_methods.h"
#include "report/capacity_price.h"
#include "report/emit.h"
#include "report/sql.h"
#include "report/table.h"
#include "util/array.h"
#include "util/text.h"

#define TEXT_MAX ((size_t)1 << 20)
#define NOTE                                                                                       \
    "The numbers of a step are of its measured time: of the requests that were due then. Times "   \
    "are "                                                                                         \
    "response times. The SLOs of a load are decided by intervals of 97.5 %, from all of its "      \
    "steps."

static const char *const load_names[] = {[CAPACITY_RATE] = "Load (requests/s)",
                                         [CAPACITY_USERS] = "Load (users)",
                                         [CAPACITY_SPEED] = "Load (times the recorded speed)"};

static const struct table_column step_columns[] = {
    {"load", "Load", TABLE_NUMBER},
    {"achieved", "Achieved", TABLE_NUMBER},
    {"throughput", "Successes/s", TABLE_NUMBER},
    {"failures_percent", "Failures (%)", TABLE_NUMBER},
    {"p50_ms", "p50 (ms)", TABLE_MS},
    {"p95_ms", "p95 (ms)", TABLE_MS},
    {"p99_ms", "p99 (ms)", TABLE_MS},
    {"measured_s", "Measured (s)", TABLE_NUMBER},
    {"file", "File", TABLE_TEXT},
    {"slo", "SLOs", TABLE_TEXT},
    {"verdict", "Client", TABLE_TEXT},
};
enum { ACHIEVED = 1, THROUGHPUT, FAILURES, P50, P95, P99 };

static const struct table_column load_columns[] = {
    {"load", "Load", TABLE_NUMBER},       {"steps", "Steps", TABLE_COUNT},
    {"expression", "SLO", TABLE_TEXT},    {"value", "Value", TABLE_NUMBER},
    {"low", "97.5 % from", TABLE_NUMBER}, {"high", "to", TABLE_NUMBER},
    {"result", "Result", TABLE_TEXT},
};

static const struct table_column law_columns[] = {
    {"parameter", "Parameter", TABLE_TEXT}, {"value", "Value", TABLE_NUMBER},
    {"low", "95 % from", TABLE_NUMBER},     {"high", "to", TABLE_NUMBER},
    {"meaning", "Meaning", TABLE_TEXT},
};

static const char *words(enum evidence_verdict v) {
    return v == EVIDENCE_HOLDS ? "holds" : v == EVIDENCE_FAILS ? "fails" : "not certain";
}

static double known(double x) {
    return isfinite(x) ? x : (double)NAN;
}

/* ---- the SQL behind the numbers of a step ---- */

#define DUE "coalesce(intended_us, sent_us)"

/* The time of the run in which a request was due, or ended, or a second began. */
static void within(struct buf *out, const char *what, const struct capacity_result_step *s) {
    buf_printf(out, "%s >= %lld AND %s < %lld", what, (long long)(s->from_s * 1e6), what,
               (long long)(s->to_s * 1e6));
}

static double seconds_of(const struct capacity_result_step *s) {
    return s->to_s - s->from_s;
}

static void count_sql(struct buf *out, const char *counted, const char *when,
                      const struct capacity_result_step *s) {
    buf_printf(out, "SELECT %s FROM requests WHERE ", counted);
    within(out, when, s);
}

static void achieved_sql(struct buf *out, const struct capacity_result *r,
                         const struct capacity_result_step *s) {
    char what[128];
    switch (r->unit) {
    case CAPACITY_RATE:
        snprintf(what, sizeof what, "1.0 * sum(outcome <> 'not_sent') / %.9g", seconds_of(s));
        count_sql(out, what, DUE, s);
        break;
    case CAPACITY_USERS:
        buf_str(out, "SELECT avg(users) FROM seconds WHERE ");
        within(out, "second * 1000000", s);
        break;
    case CAPACITY_SPEED:
        snprintf(what, sizeof what, "1.0 * %.9g * sum(outcome <> 'not_sent') / count(*)", s->load);
        count_sql(out, what, DUE, s);
        break;
    }
}

static void percentile_sql(struct buf *out, int level, const struct capacity_result_step *s) {
    struct buf from;
    buf_init(&from, TEXT_MAX);
    buf_str(&from, "FROM requests WHERE response_us >= 0 AND ");
    within(&from, DUE, s);
    sql_percentile(out, "response_us", level, buf_text(&from));
    buf_done(&from);
}

static void step_sql(struct buf *out, const struct table *t, size_t row, size_t column,
                     enum table_part part) {
    const struct capacity_result *r = t->sql_of;
    const struct capacity_result_step *s = &r->steps[row];
    char what[64];
    (void)part;
    switch (column) {
    case ACHIEVED:
        achieved_sql(out, r, s);
        break;
    case THROUGHPUT:
        snprintf(what, sizeof what, "1.0 * sum(outcome = 'ok') / %.9g", seconds_of(s));
        count_sql(out, what, "end_us", s);
        break;
    case FAILURES:
        count_sql(out, "100.0 - 100.0 * sum(outcome = 'ok') / count(*)", DUE, s);
        break;
    case P50:
        percentile_sql(out, 50, s);
        break;
    case P95:
        percentile_sql(out, 95, s);
        break;
    case P99:
        percentile_sql(out, 99, s);
        break;
    default:
        break;
    }
}

/* ---- tables ---- */

static void step_table(struct table *t, const struct capacity_result *r) {
    table_init(t, "steps", "Steps", step_columns, COUNT_OF(step_columns));
    t->sql = step_sql;
    t->sql_of = r;
    for (size_t i = 0; i < r->step_count; i++) {
        const struct capacity_result_step *s = &r->steps[i];
        const double numbers[] = {s->load,   s->achieved, s->throughput, 100 * s->failures,
                                  s->p50_ms, s->p95_ms,   s->p99_ms,     s->to_s - s->from_s};
        for (size_t k = 0; k < COUNT_OF(numbers); k++)
            table_number(t, known(numbers[k]));
        table_text(t, s->file);
        table_text(t, s->counts ? words(s->ok) : "does not count");
        table_text(t, s->verdict);
    }
}

static void load_table(struct table *t, const struct capacity_result *r) {
    table_init(t, "loads", "SLOs by load, from all of its steps", load_columns,
               COUNT_OF(load_columns));
    for (size_t i = 0; i < r->load_count; i++)
        for (size_t k = 0; k < r->expression_count; k++) {
            const struct capacity_result_load *l = &r->loads[i];
            table_number(t, l->load);
            table_number(t, l->steps);
            table_text(t, r->expressions[k]);
            table_number(t, known(l->slo[k].value));
            table_number(t, known(l->slo[k].low));
            table_number(t, known(l->slo[k].high));
            table_text(t, words(l->slo[k].verdict));
        }
}

static void law_row(struct table *t, const char *key, double value, double low, double high,
                    const char *meaning) {
    table_text(t, key);
    table_number(t, known(value));
    table_number(t, known(low));
    table_number(t, known(high));
    table_text(t, meaning);
}

static void law_table(struct table *t, const struct usl *u) {
    table_init(t, "law", "Universal Scalability Law", law_columns, COUNT_OF(law_columns));
    law_row(t, "lambda", u->lambda.value, u->lambda.low, u->lambda.high,
            "successes/s of one user alone");
    law_row(t, "sigma", u->sigma.value, u->sigma.low, u->sigma.high, "contention");
    law_row(t, "kappa", u->kappa.value, u->kappa.low, u->kappa.high, "coherency");
    law_row(t, "peak_load", u->peak_load, (double)NAN, (double)NAN, "users at the peak");
    law_row(t, "peak_throughput", u->peak_throughput, (double)NAN, (double)NAN,
            "successes/s at the peak");
    law_row(t, "error", u->error, (double)NAN, (double)NAN,
            "root of the mean square of the relative residuals");
}

/* ---- what was found ---- */

static const struct capacity_result_load *load_at(const struct capacity_result *r, double load) {
    for (size_t i = 0; i < r->load_count; i++)
        if (r->loads[i].load == load)
            return &r->loads[i];
    return NULL;
}

/* "Cold starts break it: without the 24 of 300 requests ... it would be 52.1, which holds." */
static void say_cold(struct lines *l, const struct capacity_result *r) {
    const struct capacity_cold *c = &r->cold;
    char text[400];
    if (c->cold == 0)
        return;
    snprintf(text, sizeof text,
             "Cold starts are the limit: without the %" PRIu64 " of %" PRIu64
             " requests there that waited for a cold start, %s, it would be %s, which %s.",
             c->cold, c->requests,
             c->logged ? "by the server's log" : "as estimated from the client's side",
             text_rounded(c->value, 4).text,
             c->verdict == EVIDENCE_HOLDS ? "holds"
                                          : "is within the limit, though that is not certain");
    lines_add(l, "", text);
}

static void say_limit(struct lines *l, const struct capacity_result *r) {
    const struct capacity_result_load *at = load_at(r, r->answer.high);
    struct buf text;
    if (at == NULL || r->limited_by >= r->expression_count)
        return;
    const struct capacity_result_slo *s = &at->slo[r->limited_by];
    buf_init(&text, TEXT_MAX);
    buf_printf(&text, "What gave way first: %s. At %.10g %s ", r->expressions[r->limited_by],
               at->load, capacity_unit_words[r->unit]);
    if (isfinite(s->value))
        buf_printf(&text, "it is %s.", text_rounded(s->value, 4).text);
    else
        buf_str(&text, "too many requests got no answer.");
    for (size_t i = 0; i < r->step_count; i++)
        if (r->steps[i].load == at->load && r->steps[i].failing != NULL) {
            buf_printf(&text, " Most failures there: %s.", r->steps[i].failing);
            break;
        }
    lines_add(l, "", buf_text(&text));
    buf_done(&text);
}

static const char *end_words(const struct capacity_result *r) {
    switch (r->answer.end) {
    case SEARCH_UNRESOLVED:
        return "A load near the edge stayed uncertain after all of its repeats, so the interval is "
               "wider than --precision.";
    case SEARCH_TIME:
        return "The time of --max-time was used up. --resume goes on.";
    case SEARCH_STOPPED:
        return "The search was stopped before its end. --resume goes on.";
    case SEARCH_GOES_ON:
        return "The search has not ended. --resume goes on.";
    case SEARCH_DECIDED:
    case SEARCH_CLIENT:
        break;
    }
    return NULL;
}

static bool covers_failures(const struct capacity_result *r) {
    for (size_t i = 0; i < r->expression_count; i++) {
        struct gate_rule rule = {0};
        struct err ignored;
        bool covers = gate_parse(r->expressions[i], &rule, &ignored) == 0 &&
                      gate_metrics[rule.metric].kind == GATE_RATE;
        gate_rule_done(&rule);
        if (covers)
            return true;
    }
    return false;
}

static void say_failures(struct lines *l, const struct capacity_result *r) {
    for (size_t i = 0; i < r->step_count; i++)
        if (r->steps[i].ok == EVIDENCE_HOLDS && r->steps[i].counts && r->steps[i].failures > 0.01 &&
            !covers_failures(r)) {
            lines_add(
                l, "",
                "Requests failed at loads that hold, because no SLO is about failures. Add one, "
                "such as http_req_failed rate<0.01.");
            return;
        }
}

static void say_law(struct lines *l, const struct capacity_result *r) {
    const struct usl *u = &r->usl;
    char text[400], peak[120] = "A peak is not certain, because kappa may be 0.";
    if (!u->fits)
        return;
    if (isfinite(u->peak_load))
        snprintf(peak, sizeof peak, "Its peak is at %s users, with %s successes/s.",
                 text_rounded(u->peak_load, 4).text, text_rounded(u->peak_throughput, 4).text);
    snprintf(
        text, sizeof text,
        "Universal Scalability Law: sigma %.3g (%.3g to %.3g), kappa %.3g (%.3g to %.3g), each "
        "with 95 %% confidence. %s It is an extrapolation.",
        u->sigma.value, u->sigma.low, u->sigma.high, u->kappa.value, u->kappa.low, u->kappa.high,
        peak);
    lines_add(l, "", text);
}

/* All that follows the answer itself. */
static void say_rest(struct lines *l, const struct capacity_result *r) {
    struct buf text;
    buf_init(&text, TEXT_MAX);
    say_limit(l, r);
    say_cold(l, r);
    if (r->client != NULL) {
        buf_printf(&text, "The client is the limit at %.10g %s: %s.", r->client_load,
                   capacity_unit_words[r->unit], r->client);
        lines_add(l, "", buf_text(&text));
    }
    if (r->answer.contradicts) {
        buf_clear(&text);
        buf_printf(
            &text,
            "Not monotone: an SLO fails at %.10g, but all hold at %.10g %s. Cold or autoscaled "
            "services can be worse at less load.",
            r->answer.worse, r->answer.better, capacity_unit_words[r->unit]);
        lines_add(l, "", buf_text(&text));
    }
    if (end_words(r) != NULL)
        lines_add(l, "", end_words(r));
    say_failures(l, r);
    capacity_price_say(l, r);
    say_law(l, r);
    buf_done(&text);
}

static void say_answer(struct document_front *f, const struct capacity_result *r) {
    bool decided = r->answer.end == SEARCH_DECIDED && r->answer.kind != SEARCH_UNKNOWN;
    *f = (struct document_front){.kind = "Capacity",
                                 .of = "search for capacity",
                                 .name = r->name != NULL ? r->name : "",
                                 .state = decided ? FINDING_HOLDS : FINDING_SKIPPED,
                                 .word = f->word,
                                 .sentence = f->sentence,
                                 .remarks = f->remarks};
    buf_str(&f->word, "Capacity: ");
    capacity_result_words(r, &f->word);
    if (r->answer.kind != SEARCH_UNKNOWN)
        buf_printf(&f->sentence, "with %.0f %% confidence", 100 * SEARCH_CONFIDENCE);
    if (!isnan(r->answer.value))
        buf_printf(&f->sentence, "; about %s", text_rounded(r->answer.value, 4).text);
    say_rest(&f->remarks, r);
}

static void found(struct document *d, const struct capacity_result *r) {
    struct lines *l = document_add_lines(d, SECTION_EVERYWHERE, NULL);
    struct buf text;
    say_answer(&d->front, r);
    if (l == NULL)
        return;
    buf_init(&text, TEXT_MAX);
    buf_printf(&text, "%s%s%s.", buf_text(&d->front.word), d->front.sentence.len > 0 ? ", " : "",
               buf_text(&d->front.sentence));
    lines_add(l, "", buf_text(&text));
    say_rest(l, r);
    buf_done(&text);
}

/* ---- which search this is ---- */

static void facts(struct table *t, const struct capacity_result *r) {
    struct buf text;
    buf_init(&text, TEXT_MAX);
    table_init_pairs(t, "search", NULL);
    table_pair_text(t, "", "Search", r->name);
    table_pair_text(t, "", "Target", r->target);
    table_pair_text(t, "", "Scenario", r->scenario);
    table_pair_text(t, "", "Started", r->started_utc);
    buf_printf(&text, "%.10g to %.10g %s", r->from, r->to, capacity_unit_words[r->unit]);
    if (!r->sweep)
        buf_printf(&text, ", within %.3g %%", 100 * r->precision);
    table_pair_text(t, "", "Loads", buf_text(&text));
    buf_clear(&text);
    for (size_t i = 0; i < r->expression_count; i++)
        buf_printf(&text, "%s%s", i > 0 ? "; " : "", r->expressions[i]);
    table_pair_text(t, "", "SLOs", buf_text(&text));
    buf_done(&text);
}

/* What people look for first. */
static void headline(struct table *t, const struct capacity_result *r) {
    static const struct table_column columns[] = {
        {"value", "Capacity, about", TABLE_NUMBER},
        {"low", "At least", TABLE_NUMBER},
        {"high", "Below", TABLE_NUMBER},
        {"steps", "Steps", TABLE_COUNT},
        {"measured_s", "Measured (s)", TABLE_NUMBER},
    };
    double measured = 0;
    bool any = r->answer.kind != SEARCH_UNKNOWN;
    for (size_t i = 0; i < r->step_count; i++)
        measured += seconds_of(&r->steps[i]);
    table_init(t, "headline", NULL, columns, COUNT_OF(columns));
    table_number(t, known(r->answer.value));
    table_number(t, any && r->answer.low > 0 ? r->answer.low : (double)NAN);
    table_number(t, any ? known(r->answer.high) : (double)NAN);
    table_number(t, (double)r->step_count);
    table_number(t, known(measured));
}

/* ---- the figure ---- */

/* The step of a load that measured longest. */
static const struct capacity_result_step *longest(const struct capacity_result *r, double load) {
    const struct capacity_result_step *best = NULL;
    for (size_t i = 0; i < r->step_count; i++)
        if (r->steps[i].counts && r->steps[i].load == load &&
            (best == NULL || r->steps[i].units >= best->units))
            best = &r->steps[i];
    return best;
}

/* The lowest limits of times and of failures. */
static void limits(struct figure *f, const struct capacity_result *r) {
    f->limit_ms = f->limit_percent = (double)NAN;
    for (size_t i = 0; i < r->expression_count; i++) {
        struct gate_rule rule = {0};
        struct err ignored;
        if (gate_parse(r->expressions[i], &rule, &ignored) != 0)
            continue;
        if (rule.metric == GATE_HTTP_REQ_DURATION || rule.metric == GATE_RESPONSE_TIME ||
            rule.metric == GATE_SERVICE_TIME)
            f->limit_ms = fmin(f->limit_ms, rule.limit);
        else if (rule.metric == GATE_HTTP_REQ_FAILED)
            f->limit_percent = fmin(f->limit_percent, 100 * rule.limit);
        gate_rule_done(&rule);
    }
}

static const struct figure curves = {.key = "capacity",
                                     .caption = {.text = "Response times, throughput and failures "
                                                         "over the load"},
                                     .kind = FIGURE_CURVES,
                                     .page = "capacity",
                                     .unit = AXIS_MS,
                                     .y_name = {.text = "Response time"},
                                     .lines = {{{.text = "p50"}, "p50_ms", NULL},
                                               {{.text = "p95"}, "p95_ms", NULL},
                                               {{.text = "p99"}, "p99_ms", NULL},
                                               {{.text = "successes/s"}, "throughput", NULL},
                                               {{.text = "failures"}, "failures_percent", NULL}},
                                     .empty = "no step has response times"};
#define CURVES 5

static int add_figure(struct document *d, const struct capacity_result *r, struct err *e) {
    struct figure *f = document_add_figure(d, &curves, e);
    if (f == NULL)
        return -1;
    f->x_name = load_names[r->unit];
    limits(f, r);
    f->band_low = r->answer.kind == SEARCH_UNKNOWN ? (double)NAN : r->answer.low;
    f->band_high = r->answer.high;
    f->mark = r->answer.value;
    for (size_t i = 0; i < CURVES; i++) {
        struct figure_series *s = figure_add(f, r->load_count, e);
        if (s == NULL)
            return -1;
        for (size_t k = 0; k < r->load_count; k++) {
            const struct capacity_result_step *x = longest(r, r->loads[k].load);
            s->x[k] = r->loads[k].load;
            if (x == NULL)
                continue;
            const double values[CURVES] = {x->p50_ms, x->p95_ms, x->p99_ms, x->throughput,
                                           100 * x->failures};
            s->y[k] = values[i];
        }
    }
    return figure_finish(f, e);
}

static void json(struct json_writer *w, const struct document *d) {
    capacity_result_members(w, d->of);
}

static void methods(struct buf *out, const struct document *d) {
    capacity_methods(out, d->of);
}

int capacity_document(struct document *d, const struct capacity_result *r, struct err *e) {
    document_start(d, r);
    d->json = json;
    d->methods = methods;
    buf_printf(&d->title, "Capacity of %s", r->name != NULL ? r->name : "");
    facts(&d->facts, r);
    headline(&d->headline, r);
    struct table *steps = document_add(d, SECTION_PLAIN, "steps", NULL);
    struct table *loads = document_add(d, SECTION_PLAIN, "loads", NULL);
    struct table *cost =
        capacity_price_known(r) ? document_add(d, SECTION_PLAIN, "cost", NULL) : NULL;
    struct table *law = r->usl.fits ? document_add(d, SECTION_PLAIN, "law", NULL) : NULL;
    if (steps != NULL)
        step_table(steps, r);
    if (loads != NULL)
        load_table(loads, r);
    if (cost != NULL)
        capacity_price_table(cost, r);
    if (law != NULL)
        law_table(law, &r->usl);
    d->csv = steps;
    found(d, r);
    lines_add(&d->notes, "", NOTE);
    return add_figure(d, r, e) != 0 ? -1 : document_check(d, e);
}
