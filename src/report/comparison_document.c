/* A comparison as a document; see comparison.h. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "report/comparison.h"
#include "report/comparison_inputs.h"
#include "util/text.h"

#define CELL_MAX 65536
#define TEXT_MAX ((size_t)16 << 20)

static const struct table_column columns[] = {
    {"statistic", "Statistic", TABLE_TEXT}, {"base", "Base", TABLE_NUMBER},
    {"new", "New", TABLE_NUMBER},           {"difference", "Difference", TABLE_NUMBER},
    {"ratio", "New / base", TABLE_NUMBER},  {"interval", "Interval", TABLE_NUMBER},
    {"verdict", "Verdict", TABLE_TEXT},
};
enum { COLUMNS = sizeof columns / sizeof *columns };

/* A value of a statistic with its unit. */
static void value(struct buf *out, size_t statistic, double v, bool sign) {
    const char *plus = sign && v > 0 ? "+" : "";
    if (!isfinite(v)) {
        buf_str(out, TABLE_UNKNOWN);
        return;
    }
    switch (comparison_statistics[statistic].measure.kind) {
    case COMPARE_FAILURES:
        buf_printf(out, "%s%.*f %s", plus, fabs(v) < 0.1 ? 2 : 1, 100 * v, sign ? "pts" : "%");
        return;
    case COMPARE_PER_SECOND:
        buf_printf(out, "%s%.*f", plus, table_digits(v), v);
        return;
    case COMPARE_MEAN:
    case COMPARE_QUANTILE:
        break;
    }
    buf_printf(out, "%s%.*f ms", plus, table_digits(v / 1e3), v / 1e3);
}

static void words(struct buf *out, const struct comparison_entry *x, size_t s, size_t column) {
    const struct compare_result *r = &x->results[s];
    switch (column) {
    case 1:
        value(out, s, r->base, false);
        break;
    case 2:
        value(out, s, r->with, false);
        break;
    case 3:
        value(out, s, r->difference, true);
        break;
    case 4:
        if (isfinite(r->ratio))
            buf_printf(out, "%.3f", r->ratio);
        else
            buf_str(out, TABLE_UNKNOWN);
        break;
    case 5:
        if (isfinite(r->ratio_low) && isfinite(r->ratio_high))
            buf_printf(out, "%.3f to %.3f", r->ratio_low, r->ratio_high);
        else if (isfinite(r->ratio_low))
            buf_printf(out, "at least %.3f", r->ratio_low);
        else
            buf_str(out, TABLE_UNKNOWN);
        break;
    default:
        buf_str(out, comparison_verdict_text(s, r->verdict));
        if (r->alone != r->verdict)
            buf_printf(out, " (alone: %s)", comparison_verdict_text(s, r->alone));
    }
}

static void title_text(struct buf *out, const struct comparison_entry *x) {
    if (x->name[0] == '\0' && x->method[0] == '\0')
        buf_str(out, "All requests");
    else
        buf_printf(out, "%s %s", x->method, x->name);
    buf_printf(out, " (base: %" PRIu64 ", new: %" PRIu64 ")", x->requests[0], x->requests[1]);
}

static void statistics(struct table *t, const struct comparison_entry *x, const char *title) {
    struct buf text;
    table_init(t, "statistics", title, columns, COLUMNS);
    t->whole_names = true;
    buf_init(&text, CELL_MAX);
    for (size_t s = 0; s < COMPARISON_STATISTICS; s++) {
        const struct compare_result *r = &x->results[s];
        if (!comparison_has(x, s))
            continue;
        const double numbers[] = {r->base, r->with, r->difference, r->ratio, r->ratio_low};
        table_text(t, comparison_statistics[s].label);
        for (size_t c = 1; c < COLUMNS; c++) {
            buf_clear(&text);
            words(&text, x, s, c);
            if (columns[c].unit == TABLE_TEXT)
                table_text(t, buf_text(&text));
            else
                table_worded(t, numbers[c - 1], buf_text(&text));
        }
    }
    buf_done(&text);
}

static void rank(struct buf *out, const struct comparison_entry *x) {
    const struct compare_rank *r = &x->rank;
    if (r->lack == COMPARE_ENOUGH)
        buf_printf(out,
                   "Mann-Whitney: a random request of the new side is slower than one of the base "
                   "with a probability of %.1f %% (%.1f to %.1f %%, p %s%.2g).",
                   100 * r->share, 100 * r->low, 100 * r->high, r->p_value < 1e-9 ? "< " : "= ",
                   fmax(r->p_value, 1e-9));
    else
        buf_printf(out, "Mann-Whitney: too little data: %s.", comparison_lack_text(r->lack));
}

static void entry(struct document *d, const struct comparison_entry *x) {
    struct buf title, remark;
    buf_init(&title, TEXT_MAX);
    buf_init(&remark, TEXT_MAX);
    title_text(&title, x);
    rank(&remark, x);
    if (!buf_ok(&title) || !buf_ok(&remark))
        d->failed = true;
    struct table *t = document_add_titled(d, SECTION_PEOPLE, buf_take(&title), buf_take(&remark));
    if (t != NULL)
        statistics(t, x, d->last->title);
}

static const char *side(bool with) {
    return with ? "new" : "base";
}

static void left_out(struct buf *out, const struct comparison_file *f) {
    buf_printf(out,
               ": %.1f s to %.1f s, %" PRIu64 " request%s; %s; excluded: %" PRIu64
               " before, %" PRIu64 " after",
               (double)f->from_us / 1e6, (double)f->to_us / 1e6, f->requests,
               text_plural(f->requests), f->rule, f->before, f->after);
    if (f->untimed > 0)
        buf_printf(out, ", %" PRIu64 " without a time (not sent, cancelled or unsendable)",
                   f->untimed);
}

static void method(struct buf *out, const struct comparison *c) {
    buf_printf(
        out,
        "%s times. %.4g %% confidence intervals from %u bootstrap resamples of %s, seed %" PRIu64
        ". The verdicts together have a confidence of %.4g %% (Holm's correction over %zu "
        "statistics).",
        c->options.service ? "Service" : "Response", 100 * c->options.confidence,
        c->options.resamples,
        c->runs[0] > 1 || c->runs[1] > 1 ? "runs, then blocks of time within them"
                                         : "blocks of time",
        c->options.seed, 100 * c->options.confidence, c->family);
}

static const char one_run[] = "With one run per side, a difference holds for these two runs only. "
                              "The variation between runs needs several runs per side.";

/* The entries to show: where there is one endpoint, all requests are its requests. */
static size_t entries_shown(const struct comparison *c) {
    return c->entry_count == 2 ? 1 : c->entry_count;
}

static bool shown(const struct comparison_entry *x, size_t s) {
    return comparison_has(x, s) && x->results[s].verdict != COMPARE_NO_DIFFERENCE;
}

static void findings(struct document *d, const struct comparison *c, enum section_people people,
                     const char *heading) {
    struct lines *l = document_add_lines(d, people, heading);
    struct buf text;
    buf_init(&text, TEXT_MAX);
    for (size_t i = 0; l != NULL && i < entries_shown(c); i++)
        for (size_t s = 0; s < COMPARISON_STATISTICS; s++) {
            if (!shown(&c->entries[i], s))
                continue;
            buf_clear(&text);
            comparison_sentence(c, &c->entries[i], s, &text);
            lines_add(l, "", buf_text(&text));
        }
    if (l != NULL && l->count == 0)
        lines_add(l, "", "No difference shown in any statistic.");
    if (!buf_ok(&text))
        d->failed = true;
    buf_done(&text);
}

static void forced(struct document *d, const struct comparison *c) {
    const char *text = buf_text(&c->refusals);
    struct lines *l =
        c->refusal_count == 0
            ? NULL
            : document_add_lines(d, SECTION_EVERYWHERE, "Compared because of --force, although:");
    if (l == NULL)
        return;
    l->strong = true;
    for (size_t i = 0; i < c->refusal_count; i++, text += strlen(text) + 1)
        lines_add(l, "", text);
}

/* The first digits of the hashes on a side; JSON has them whole. */
static void hashes(struct buf *out, const struct comparison *c, const struct comparison_input *x,
                   bool with) {
    const char *all[COMPARE_RUNS_MAX];
    size_t n = comparison_input_hashes(c, x, with, all);
    buf_printf(out, "%s ", side(with));
    for (size_t i = 0; i < n; i++)
        buf_printf(out, "%s%.12s", i > 0 ? " or " : "", all[i] == NULL ? "without it" : all[i]);
    if (n == 0)
        buf_str(out, "not known");
}

static void inputs(struct document *d, const struct comparison *c) {
    struct lines *l =
        c->input_count == 0
            ? NULL
            : document_add_lines(d, SECTION_EVERYWHERE,
                                 "These files differ between the runs, by their SHA-256:");
    struct buf text;
    buf_init(&text, TEXT_MAX);
    for (size_t i = 0; l != NULL && i < c->input_count; i++) {
        buf_clear(&text);
        buf_printf(&text, "%s: ", c->inputs[i].path);
        hashes(&text, c, &c->inputs[i], false);
        buf_str(&text, ", ");
        hashes(&text, c, &c->inputs[i], true);
        lines_add(l, "", buf_text(&text));
    }
    if (!buf_ok(&text))
        d->failed = true;
    buf_done(&text);
}

static void files(struct document *d, const struct comparison *c, enum section_people people) {
    struct lines *l = document_add_lines(d, people, NULL);
    struct buf text;
    buf_init(&text, TEXT_MAX);
    for (size_t i = 0; l != NULL && i < c->file_count; i++) {
        buf_clear(&text);
        buf_str(&text, c->files[i].path);
        left_out(&text, &c->files[i]);
        lines_add(l, side(c->files[i].with), buf_text(&text));
    }
    if (!buf_ok(&text))
        d->failed = true;
    buf_done(&text);
}

static void method_lines(struct document *d, const struct comparison *c) {
    struct lines *l = document_add_lines(d, SECTION_IN_MARKDOWN, "Method");
    struct buf text;
    buf_init(&text, TEXT_MAX);
    method(&text, c);
    if (l != NULL) {
        l->paragraphs = true;
        lines_add(l, "", buf_text(&text));
    }
    files(d, c, SECTION_IN_MARKDOWN);
    l = document_add_lines(d, SECTION_IN_TEXT, NULL);
    if (l != NULL)
        lines_add(l, "", buf_text(&text));
    if (l != NULL && c->runs[0] == 1 && c->runs[1] == 1)
        lines_add(l, "", one_run);
    buf_done(&text);
}

/* Text ends with what was found, Markdown begins with it. */
int comparison_document(struct document *d, const struct comparison *c, struct err *e) {
    document_start(d, c);
    d->json = comparison_json;
    buf_str(&d->title, "Comparison");
    files(d, c, SECTION_IN_TEXT);
    forced(d, c);
    inputs(d, c);
    findings(d, c, SECTION_IN_MARKDOWN, NULL);
    for (size_t i = 0; i < entries_shown(c); i++)
        entry(d, &c->entries[i]);
    findings(d, c, SECTION_IN_TEXT, "Findings");
    method_lines(d, c);
    if (c->runs[0] == 1 && c->runs[1] == 1) {
        struct lines *l = document_add_lines(d, SECTION_IN_MARKDOWN, NULL);
        if (l != NULL) {
            l->paragraphs = true;
            lines_add(l, "", one_run);
        }
    }
    return document_check(d, e);
}
