#include "cli/capacity_say.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/results.h"
#include "gate/rule.h"
#include "report/capacity_document.h"
#include "util/array.h"
#include "util/clock.h"
#include "util/text.h"
#include "util/units.h"

#define OUTPUT_MAX_BYTES ((size_t)256 << 20)

static void print(struct buf *text) {
    struct buf shown;
    buf_init(&shown, OUTPUT_MAX_BYTES);
    text_printable(&shown, buf_text(text), text->len);
    fprintf(stderr, "%s\n", buf_text(&shown));
    buf_done(&shown);
    buf_done(text);
}

void capacity_say_plan(const struct capacity_result *r, const char *folder) {
    struct buf text;
    const char *unit = capacity_unit_words[r->unit];
    buf_init(&text, OUTPUT_MAX_BYTES);
    if (r->sweep)
        buf_printf(&text, "loads from %.10g to %.10g %s", r->from, r->to, unit);
    else
        buf_printf(&text, "the highest load from %.10g to %.10g %s, within %.3g %%", r->from, r->to,
                   unit, 100 * r->precision);
    for (size_t i = 0; i < r->expression_count; i++)
        buf_printf(&text, "%s%s",
                   i > 0      ? " and "
                   : r->sweep ? ", each against "
                              : ", that holds ",
                   r->expressions[i]);
    buf_printf(&text, "; steps of %.10g s into %s", r->step_s, folder);
    print(&text);
}

static void add_bound(struct buf *out, double x) {
    if (isinf(x))
        buf_str(out, "no bound");
    else
        buf_printf(out, "%.4g", x);
}

/* "212 (188 to 241), margin 88" */
static void add_slo(struct buf *out, const struct capacity_result *r,
                    const struct capacity_result_load *l, size_t i) {
    const struct capacity_result_slo *s = &l->slo[i];
    struct gate_rule rule = {0};
    struct err ignored;
    buf_printf(out, "; %s: ", r->expressions[i]);
    if (!isfinite(s->value)) {
        buf_str(out, isnan(s->value) ? "no data" : "too many requests got no answer");
        return;
    }
    add_bound(out, s->value);
    buf_str(out, " (");
    add_bound(out, s->low);
    buf_str(out, " to ");
    add_bound(out, s->high);
    buf_char(out, ')');
    if (gate_parse(r->expressions[i], &rule, &ignored) == 0)
        buf_printf(out, ", margin %.4g", gate_margin(rule.op, s->value, rule.limit));
    gate_rule_done(&rule);
}

static const char *verdict_words(enum evidence_verdict v) {
    return v == EVIDENCE_HOLDS ? "holds" : v == EVIDENCE_FAILS ? "fails" : "not certain yet";
}

static const struct capacity_result_load *load_of(const struct capacity_result *r, double load) {
    for (size_t i = 0; i < r->load_count; i++)
        if (r->loads[i].load == load)
            return &r->loads[i];
    return NULL;
}

/* "; at least 50s, at most 2m left". If the search needs more than --max-time leaves:
 * "; at least 50s needed, at most 35s left". */
static void add_left(struct buf *out, const struct capacity_left *left) {
    const bool too_short = left->most_ns >= NS_PER_S && left->most_ns < left->least_ns;
    const struct {
        const char *word, *after;
        int64_t ns;
    } bounds[] = {{"at least", too_short ? " needed" : "", left->least_ns},
                  {"at most", "", left->most_ns}};
    char text[UNITS_BYTES];
    const char *before = "; ";
    for (size_t i = 0; i < COUNT_OF(bounds); i++)
        if (bounds[i].ns >= NS_PER_S) {
            units_duration_text(bounds[i].ns / NS_PER_S * NS_PER_S, text);
            buf_printf(out, "%s%s %s%s", before, bounds[i].word, text, bounds[i].after);
            before = ", ";
        }
    buf_str(out, before[0] == ',' ? " left" : "");
}

void capacity_say_step(const struct capacity_result *r, const struct search_ask *ask,
                       const struct capacity_left *left, bool silent) {
    const struct capacity_result_step *s = &r->steps[r->step_count - 1];
    const struct capacity_result_load *l = load_of(r, s->load);
    struct buf text;
    buf_init(&text, OUTPUT_MAX_BYTES);
    buf_printf(&text, "step %zu: %.10g %s", r->step_count, s->load, capacity_unit_words[r->unit]);
    if (ask->nth > 1)
        buf_printf(&text, " (%u)", ask->nth);
    if (!isnan(s->achieved))
        buf_printf(&text, ", %s %.4g", r->unit == CAPACITY_USERS ? "reached" : "sent", s->achieved);
    if (!s->counts && silent)
        buf_str(&text, "; does not count, the service answered no request");
    else if (!s->counts)
        buf_printf(&text, "; does not count, the client was %s%s%s",
                   s->verdict != NULL ? s->verdict : "not complete", s->reason != NULL ? ": " : "",
                   s->reason != NULL ? s->reason : "");
    for (size_t i = 0; s->counts && l != NULL && i < r->expression_count; i++)
        add_slo(&text, r, l, i);
    if (s->counts && l != NULL)
        buf_printf(&text, "; %s", verdict_words(l->ok));
    if ((s->counts || silent) && s->failing != NULL)
        buf_printf(&text, "; most failures: %s", s->failing);
    add_left(&text, left);
    print(&text);
}

int capacity_say_files(const struct capacity_result *r, const char *folder, bool figures,
                       FILE *list) {
    const struct figures_options how = {.leave_out = !figures};
    struct figures_result drawn = {0};
    struct document d;
    struct err e = {""};
    int code = EXIT_OK;
    if (capacity_document(&d, r, &e) != 0 ||
        report_write_dir(folder, &(struct report_source){.document = &d}, &how, &drawn, &e) != 0)
        code = command_error(EXIT_RUNTIME, e.text);
    else if (list != NULL)
        results_list(list, folder, &d, &drawn);
    if (code == EXIT_OK && drawn.note[0] != '\0')
        command_error(EXIT_OK, drawn.note);
    document_done(&d);
    return code;
}

int capacity_say_result(const struct capacity_result *r, const char *folder,
                        const struct report_format *format) {
    struct document d;
    struct err e = {""};
    int code = EXIT_OK;
    if (capacity_document(&d, r, &e) != 0 ||
        report_write(stdout, format, &(struct report_source){.document = &d}, &e) != 0)
        code = command_error(EXIT_RUNTIME, e.text);
    fflush(stdout);
    if (code == EXIT_OK && folder != NULL && format->for_people)
        fprintf(stderr, "%s/%s has the result; coldswarm report %s shows it\n", folder,
                CAPACITY_FILE, folder);
    document_done(&d);
    return code;
}
