#include "report/capacity_comparison.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/table.h"
#include "util/array.h"
#include "util/fits.h"
#include "util/json_write.h"

#define TEXT_MAX ((size_t)1 << 20)
#define REFUSAL_BYTES 8192

static const char *const words[] = {
    [CAPACITY_UNDECIDED] = "undecided", [CAPACITY_BETTER] = "better", [CAPACITY_WORSE] = "worse"};

static const struct table_column side_columns[] = {
    {"side", "Side", TABLE_TEXT},
    {"folder", "Folder", TABLE_TEXT},
    {"value", "Capacity, about", TABLE_NUMBER},
    {"low", "95 % from", TABLE_NUMBER},
    {"high", "to", TABLE_NUMBER},
    {"limited_by", "What gave way first", TABLE_TEXT},
};

static const struct table_column ratio_columns[] = {
    {"statistic", "Statistic", TABLE_TEXT}, {"base", "Base", TABLE_NUMBER},
    {"new", "New", TABLE_NUMBER},           {"difference", "Difference", TABLE_NUMBER},
    {"ratio", "New / base", TABLE_NUMBER},  {"interval", "Interval", TABLE_NUMBER},
    {"verdict", "Verdict", TABLE_TEXT},
};

/* ---- whether they fit ---- */

static void refuse(struct capacity_comparison *c, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void refuse(struct capacity_comparison *c, const char *format, ...) {
    char text[REFUSAL_BYTES];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    lines_add(&c->refusals, "", text);
}

static bool has_expression(const struct capacity_result *r, const char *expression) {
    for (size_t i = 0; i < r->expression_count; i++)
        if (strcmp(r->expressions[i], expression) == 0)
            return true;
    return false;
}

/* SLOs of one side that the other one lacks. */
static void check_expressions(struct capacity_comparison *c, const struct capacity_side *of,
                              const struct capacity_side *other) {
    for (size_t i = 0; i < of->result->expression_count; i++)
        if (!has_expression(other->result, of->result->expressions[i]))
            refuse(c, "the SLOs differ: only %s has '%s'", of->path, of->result->expressions[i]);
}

/* The values of an option, as they were given, separated by blanks; a flag has none. */
static void values_of(const struct capacity_result *r, const char *name, struct buf *out) {
    for (size_t i = 0; i < r->option_count; i++)
        if (strcmp(r->options[2 * i], name) == 0)
            buf_printf(out, " %s",
                       r->options[2 * i + 1][0] != '\0' ? r->options[2 * i + 1] : "with it");
}

static bool is_given(const struct capacity_result *r, const char *name) {
    for (size_t i = 0; i < r->option_count; i++)
        if (strcmp(r->options[2 * i], name) == 0)
            return true;
    return false;
}

/* Options that change what is sent or what counts. */
static void check_options(struct capacity_comparison *c) {
    static const char *const names[] = {"max-users",      "transport",    "receive-clock",
                                        "tags",           "exclude-tags", "no-trace",
                                        "accept-suspect", "source",       "stop-timeout"};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        bool of_base = is_given(c->base.result, names[i]);
        bool of_new = is_given(c->with.result, names[i]);
        struct buf base, with;
        buf_init(&base, TEXT_MAX);
        buf_init(&with, TEXT_MAX);
        values_of(c->base.result, names[i], &base);
        values_of(c->with.result, names[i], &with);
        if (of_base != of_new || strcmp(buf_text(&base), buf_text(&with)) != 0)
            refuse(c, "--%s differs: base%s, new%s", names[i],
                   of_base ? buf_text(&base) : " without it",
                   of_new ? buf_text(&with) : " without it");
        buf_done(&base);
        buf_done(&with);
    }
}

static const char *name_of(const struct capacity_result *r) {
    return r->name != NULL ? r->name : "";
}

int capacity_comparison(struct capacity_comparison *c, const struct capacity_side *base,
                        const struct capacity_side *with, struct err *e) {
    *c = (struct capacity_comparison){.base = *base, .with = *with};
    lines_init(&c->refusals, NULL);
    c->other_unit = base->result->unit != with->result->unit;
    if (c->other_unit)
        refuse(c, "the units differ: %s is about %s, %s about %s", base->path,
               capacity_unit_words[base->result->unit], with->path,
               capacity_unit_words[with->result->unit]);
    if (strcmp(name_of(base->result), name_of(with->result)) != 0)
        refuse(c, "the scenarios differ: '%s' and '%s'", name_of(base->result),
               name_of(with->result));
    check_expressions(c, base, with);
    check_expressions(c, with, base);
    check_options(c);
    capacity_ratio(&base->result->answer, &with->result->answer, &c->ratio);
    return buf_fits(&c->refusals.texts, e, NULL, "the text of the differences");
}

void capacity_comparison_done(struct capacity_comparison *c) {
    lines_done(&c->refusals);
}

/* ---- for people ---- */

static double known(double x) {
    return isfinite(x) ? x : (double)NAN;
}

/* "1.05 to 1.4", "at least 1.05", "at most 1.4"; "" if nothing bounds it. */
static void interval_words(struct buf *out, const struct capacity_ratio *r) {
    if (r->low > 0 && isfinite(r->high))
        buf_printf(out, "%.3f to %.3f", r->low, r->high);
    else if (r->low > 0)
        buf_printf(out, "at least %.3f", r->low);
    else if (isfinite(r->high))
        buf_printf(out, "at most %.3f", r->high);
}

static void sentence(struct buf *out, const struct capacity_ratio *r) {
    struct buf interval;
    buf_init(&interval, TEXT_MAX);
    interval_words(&interval, r);
    if (interval.len == 0)
        buf_str(out, "Undecided: nothing bounds the ratio of the two capacities.");
    else if (r->verdict == CAPACITY_UNDECIDED)
        buf_printf(out,
                   "Undecided: the intervals overlap. The new capacity is %s times the base, with "
                   "%.0f %% confidence.",
                   buf_text(&interval), 100 * CAPACITY_RATIO_CONFIDENCE);
    else
        buf_printf(out, "The new capacity is %s: %s times the base, with %.0f %% confidence.",
                   words[r->verdict], buf_text(&interval), 100 * CAPACITY_RATIO_CONFIDENCE);
    buf_done(&interval);
}

static void side_row(struct table *t, const char *side, const struct capacity_side *s) {
    const struct capacity_result *r = s->result;
    table_text(t, side);
    table_text(t, s->path);
    table_number(t, known(r->answer.value));
    table_number(t, r->answer.low > 0 ? r->answer.low : (double)NAN);
    table_number(t, known(r->answer.high));
    table_text(t, r->limited_by < r->expression_count ? r->expressions[r->limited_by] : NULL);
}

static void ratio_row(struct table *t, const struct capacity_comparison *c) {
    const struct capacity_ratio *r = &c->ratio;
    struct buf interval;
    buf_init(&interval, TEXT_MAX);
    interval_words(&interval, r);
    table_text(t, "capacity");
    table_number(t, known(c->base.result->answer.value));
    table_number(t, known(c->with.result->answer.value));
    table_number(t, known(r->difference));
    table_number(t, known(r->ratio));
    table_worded(t, r->low, interval.len > 0 ? buf_text(&interval) : TABLE_UNKNOWN);
    table_text(t, words[r->verdict]);
    buf_done(&interval);
}

static void add_lines(struct document *d, const struct capacity_comparison *c) {
    const char *label, *text;
    struct lines *l = document_add_lines(d, SECTION_EVERYWHERE, NULL);
    struct buf b;
    buf_init(&b, TEXT_MAX);
    sentence(&b, &c->ratio);
    if (l != NULL)
        lines_add(l, "", buf_text(&b));
    buf_done(&b);
    if (c->refusals.count == 0)
        return;
    l = document_add_lines(d, SECTION_EVERYWHERE, "Compared because of --force, although:");
    for (size_t at = 0; l != NULL && lines_next(&c->refusals, &at, &label, &text);)
        lines_add(l, "", text);
}

/* ---- for programs ---- */

static void json_pair(struct json_writer *w, const char *key, double low, double high) {
    json_write_array(w, key, JSON_LINE);
    json_write_exact(w, NULL, low > 0 ? low : (double)NAN);
    json_write_exact(w, NULL, known(high));
    json_write_end(w);
}

static void json_side(struct json_writer *w, const char *side, const struct capacity_side *s) {
    const struct capacity_result *r = s->result;
    json_write_object(w, NULL, JSON_LINE);
    json_write_text(w, "side", side);
    json_write_text(w, "file", s->path);
    json_write_exact(w, "value", r->answer.value);
    json_pair(w, "interval", r->answer.low, r->answer.high);
    json_write_text(w, "limited_by",
                    r->limited_by < r->expression_count ? r->expressions[r->limited_by] : NULL);
    json_write_uint(w, "steps", r->step_count);
    json_write_end(w);
}

static void json_method(struct json_writer *w, const struct capacity_comparison *c) {
    const char *label, *text;
    json_write_object(w, "method", JSON_LINES);
    json_write_number(w, "confidence", CAPACITY_RATIO_CONFIDENCE);
    json_write_number(w, "confidence_of_each", SEARCH_CONFIDENCE);
    json_write_text(w, "rule", "intervals that do not overlap");
    json_write_array(w, "capacities", JSON_LINES);
    json_side(w, "base", &c->base);
    json_side(w, "new", &c->with);
    json_write_end(w);
    json_write_array(w, "forced", JSON_LINE);
    for (size_t at = 0; lines_next(&c->refusals, &at, &label, &text);)
        json_write_text(w, NULL, text);
    json_write_end(w);
    json_write_end(w);
}

static void json(struct json_writer *w, const struct document *d) {
    const struct capacity_comparison *c = d->of;
    const struct capacity_ratio *r = &c->ratio;
    struct buf text;
    buf_init(&text, TEXT_MAX);
    sentence(&text, r);
    json_write_array(w, "comparisons", JSON_LINES);
    json_write_object(w, NULL, JSON_LINE);
    json_write_text(w, "name", name_of(c->with.result));
    json_write_text(w, "statistic", "capacity");
    json_write_text(w, "unit", capacity_units[c->with.result->unit]);
    json_write_exact(w, "base", c->base.result->answer.value);
    json_write_exact(w, "new", c->with.result->answer.value);
    json_write_exact(w, "difference", r->difference);
    json_write_exact(w, "ratio", r->ratio);
    json_pair(w, "interval", r->low, r->high);
    json_write_text(w, "verdict", words[r->verdict]);
    json_write_text(w, "sentence", buf_text(&text));
    json_write_end(w);
    json_write_end(w);
    json_method(w, c);
    buf_done(&text);
}

int capacity_comparison_document(struct document *d, const struct capacity_comparison *c,
                                 struct err *e) {
    document_start(d, c);
    d->json = json;
    buf_str(&d->title, "Comparison of two capacities");
    struct table *sides = document_add(d, SECTION_PEOPLE, NULL, NULL);
    if (sides != NULL) {
        table_init(sides, "capacities", "Capacities", side_columns, COUNT_OF(side_columns));
        sides->whole_names = true;
        side_row(sides, "base", &c->base);
        side_row(sides, "new", &c->with);
    }
    struct table *ratio = document_add(d, SECTION_PEOPLE, NULL, NULL);
    if (ratio != NULL) {
        table_init(ratio, "ratio", "Difference", ratio_columns, COUNT_OF(ratio_columns));
        ratio_row(ratio, c);
    }
    add_lines(d, c);
    return document_check(d, e);
}
