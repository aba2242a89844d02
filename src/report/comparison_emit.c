/* A comparison for people: plain text and Markdown. Each escapes in one function. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "report/comparison.h"
#include "report/emit.h"
#include "util/text.h"

#define CELL_MAX 65536
#define NONE "\xe2\x80\x93" /* an en dash */

enum { COLUMNS = 7 };

static const char *const heads[COLUMNS] = {"Statistic",  "Base",     "New",    "Difference",
                                           "New / base", "Interval", "Verdict"};

/* The columns of numbers. */
static bool right(size_t column) {
    return column > 0 && column < 6;
}

static int digits(double v) {
    return fabs(v) < 9.995 ? 2 : fabs(v) < 99.95 ? 1 : 0;
}

/* A value of a statistic with its unit. */
static void value(struct buf *out, size_t statistic, double v, bool sign) {
    const char *plus = sign && v > 0 ? "+" : "";
    if (!isfinite(v)) {
        buf_str(out, NONE);
        return;
    }
    switch (comparison_statistics[statistic].measure.kind) {
    case COMPARE_FAILURES:
        buf_printf(out, "%s%.*f %s", plus, fabs(v) < 0.1 ? 2 : 1, 100 * v, sign ? "pts" : "%");
        return;
    case COMPARE_PER_SECOND:
        buf_printf(out, "%s%.*f", plus, digits(v), v);
        return;
    case COMPARE_MEAN:
    case COMPARE_QUANTILE:
        break;
    }
    buf_printf(out, "%s%.*f ms", plus, digits(v / 1e3), v / 1e3);
}

static void cell(struct buf *out, const struct comparison_entry *x, size_t s, size_t column) {
    const struct compare_result *r = &x->results[s];
    switch (column) {
    case 0:
        buf_str(out, comparison_statistics[s].label);
        break;
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
            buf_str(out, NONE);
        break;
    case 5:
        if (isfinite(r->ratio_low) && isfinite(r->ratio_high))
            buf_printf(out, "%.3f to %.3f", r->ratio_low, r->ratio_high);
        else if (isfinite(r->ratio_low))
            buf_printf(out, "%.3f and more", r->ratio_low);
        else
            buf_str(out, NONE);
        break;
    default:
        buf_str(out, comparison_verdict_text(s, r->verdict));
        if (r->alone != r->verdict)
            buf_printf(out, " (alone: %s)", comparison_verdict_text(s, r->alone));
    }
}

typedef void write_fn(struct buf *out, const char *text);

/* The escaping for a terminal. */
static void plain(struct buf *out, const char *text) {
    text_printable(out, text, strlen(text));
}

static void title(struct buf *out, const struct comparison_entry *x, write_fn *write) {
    if (x->name[0] == '\0' && x->method[0] == '\0')
        buf_str(out, "All requests");
    else {
        write(out, x->method);
        buf_char(out, ' ');
        write(out, x->name);
    }
    buf_printf(out, ", %" PRIu64 " and %" PRIu64 " of them", x->requests[0], x->requests[1]);
}

static void spaces(struct buf *out, size_t n) {
    while (n-- > 0)
        buf_char(out, ' ');
}

static void text_table(struct buf *out, const struct comparison_entry *x) {
    size_t width[COLUMNS];
    struct buf text;
    buf_init(&text, CELL_MAX);
    for (size_t c = 0; c < COLUMNS; c++) {
        width[c] = strlen(heads[c]);
        for (size_t s = 0; s < COMPARISON_STATISTICS; s++) {
            buf_clear(&text);
            cell(&text, x, s, c);
            size_t columns = text_columns(buf_text(&text));
            width[c] = columns > width[c] ? columns : width[c];
        }
    }
    for (size_t row = 0; row <= COMPARISON_STATISTICS; row++)
        for (size_t c = 0; c < COLUMNS; c++) {
            buf_clear(&text);
            if (row == 0)
                buf_str(&text, heads[c]);
            else
                cell(&text, x, row - 1, c);
            size_t pad = width[c] - text_columns(buf_text(&text));
            spaces(out, right(c) ? pad : 0);
            buf_str(out, buf_text(&text));
            spaces(out, right(c) || c + 1 == COLUMNS ? 0 : pad);
            buf_str(out, c + 1 == COLUMNS ? "\n" : "  ");
        }
    buf_done(&text);
}

static void markdown_table(struct buf *out, const struct comparison_entry *x) {
    for (size_t c = 0; c < COLUMNS; c++)
        buf_printf(out, "| %s ", heads[c]);
    buf_str(out, "|\n");
    for (size_t c = 0; c < COLUMNS; c++)
        buf_str(out, right(c) ? "| ---: " : "| :--- ");
    buf_str(out, "|\n");
    for (size_t s = 0; s < COMPARISON_STATISTICS; s++)
        for (size_t c = 0; c < COLUMNS; c++) {
            buf_str(out, "| ");
            cell(out, x, s, c);
            buf_str(out, c + 1 == COLUMNS ? " |\n" : " ");
        }
}

static void rank(struct buf *out, const struct comparison_entry *x) {
    const struct compare_rank *r = &x->rank;
    if (r->lack == COMPARE_ENOUGH)
        buf_printf(out,
                   "Mann-Whitney: of a request of each, that of the new side is the slower one in "
                   "%.1f %% of the cases (%.1f to %.1f %%, p %s%.2g).",
                   100 * r->share, 100 * r->low, 100 * r->high, r->p_value < 1e-9 ? "< " : "= ",
                   fmax(r->p_value, 1e-9));
    else
        buf_printf(out, "Mann-Whitney: too little data, %s.", comparison_lack_text(r->lack));
}

static const char *side(bool with) {
    return with ? "new" : "base";
}

static void left_out(struct buf *out, const struct comparison_file *f) {
    buf_printf(out,
               ": %.1f s to %.1f s, %" PRIu64 " requests; %s; left out: %" PRIu64
               " before, %" PRIu64 " after",
               (double)f->from_us / 1e6, (double)f->to_us / 1e6, f->requests, f->rule, f->before,
               f->after);
    if (f->untimed > 0)
        buf_printf(out, ", %" PRIu64 " without a time (not sent, or cancelled)", f->untimed);
}

static void method(struct buf *out, const struct comparison *c) {
    buf_printf(out,
               "%s times. Intervals of %.4g %%, by %u resamples of %s, seed %" PRIu64
               ". Verdicts hold for the whole comparison at %.4g %% (Holm's correction over %zu "
               "statistics).",
               c->options.service ? "Service" : "Response", 100 * c->options.confidence,
               c->options.resamples,
               c->runs[0] > 1 || c->runs[1] > 1 ? "runs, then blocks of time within them"
                                                : "blocks of time",
               c->options.seed, 100 * c->options.confidence, c->family);
}

static const char one_run[] = "One run a side shows that these two runs differ. What lies between "
                              "runs (other neighbours, another placement) needs several a side.";

/* The entries to show: where there is one endpoint, all requests are its requests. */
static size_t entries_shown(const struct comparison *c) {
    return c->entry_count == 2 ? 1 : c->entry_count;
}

static bool shown(const struct comparison_entry *x, size_t s) {
    return x->results[s].verdict != COMPARE_NO_DIFFERENCE;
}

/* What was found, a line each. */
static void findings(struct buf *out, const struct comparison *c, const char *bullet,
                     write_fn *write) {
    size_t count = 0;
    struct buf text;
    buf_init(&text, out->max);
    for (size_t i = 0; i < entries_shown(c); i++)
        for (size_t s = 0; s < COMPARISON_STATISTICS; s++) {
            if (!shown(&c->entries[i], s))
                continue;
            buf_clear(&text);
            comparison_sentence(c, &c->entries[i], s, &text);
            buf_str(out, bullet);
            write(out, buf_text(&text));
            buf_char(out, '\n');
            count++;
        }
    if (!buf_ok(&text))
        out->failed = true;
    buf_done(&text);
    if (count == 0)
        buf_printf(out, "%sNo difference shown in any statistic.\n", bullet);
}

static void warnings(struct buf *out, const struct comparison *c, const char *bullet,
                     write_fn *write) {
    const char *text = buf_text(&c->refusals);
    for (size_t i = 0; i < c->refusal_count; i++, text += strlen(text) + 1) {
        buf_str(out, bullet);
        write(out, text);
        buf_char(out, '\n');
    }
}

void comparison_emit_text(struct buf *out, const struct comparison *c) {
    for (size_t i = 0; i < c->file_count; i++) {
        buf_printf(out, "%-5s ", side(c->files[i].with));
        plain(out, c->files[i].path);
        left_out(out, &c->files[i]);
        buf_char(out, '\n');
    }
    if (c->refusal_count > 0) {
        buf_str(out, "\nCompared by force, although:\n");
        warnings(out, c, "  ", plain);
    }
    for (size_t i = 0; i < entries_shown(c); i++) {
        buf_char(out, '\n');
        title(out, &c->entries[i], plain);
        buf_char(out, '\n');
        text_table(out, &c->entries[i]);
        rank(out, &c->entries[i]);
        buf_char(out, '\n');
    }
    buf_str(out, "\nFindings\n");
    findings(out, c, "  ", plain);
    buf_char(out, '\n');
    method(out, c);
    buf_char(out, '\n');
    if (c->runs[0] == 1 && c->runs[1] == 1)
        buf_printf(out, "%s\n", one_run);
}

void comparison_emit_markdown(struct buf *out, const struct comparison *c) {
    buf_str(out, "# Comparison\n\n");
    if (c->refusal_count > 0) {
        buf_str(out, "**Compared by force, although:**\n\n");
        warnings(out, c, "- ", emit_markdown_text);
        buf_char(out, '\n');
    }
    findings(out, c, "- ", emit_markdown_text);
    for (size_t i = 0; i < entries_shown(c); i++) {
        buf_str(out, "\n## ");
        title(out, &c->entries[i], emit_markdown_text);
        buf_str(out, "\n\n");
        markdown_table(out, &c->entries[i]);
        buf_char(out, '\n');
        rank(out, &c->entries[i]);
        buf_char(out, '\n');
    }
    buf_str(out, "\n## Method\n\n");
    method(out, c);
    buf_str(out, "\n\n");
    for (size_t i = 0; i < c->file_count; i++) {
        buf_printf(out, "- %s: ", side(c->files[i].with));
        emit_markdown_text(out, c->files[i].path);
        left_out(out, &c->files[i]);
        buf_char(out, '\n');
    }
    if (c->runs[0] == 1 && c->runs[1] == 1)
        buf_printf(out, "\n%s\n", one_run);
}
