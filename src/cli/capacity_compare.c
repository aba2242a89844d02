#include "cli/capacity_compare.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/capacity_read.h"
#include "report/capacity_comparison.h"
#include "report/report.h"
#include "util/array.h"

/* The first path of both sides that is a capacity, or that is none; NULL: there is none. */
static const char *first(const char *const *base, size_t base_count, const char *const *with,
                         size_t with_count, bool capacity) {
    for (size_t i = 0; i < base_count; i++)
        if (capacity_is(base[i]) == capacity)
            return base[i];
    for (size_t i = 0; i < with_count; i++)
        if (capacity_is(with[i]) == capacity)
            return with[i];
    return NULL;
}

static int check(const struct args *a, const char *const *base, size_t base_count,
                 const char *const *with, size_t with_count, struct err *e) {
    static const char *const of_runs[] = {"time", "confidence", "resamples",
                                          "seed", "warmup",     "out"};
    const char *capacity = first(base, base_count, with, with_count, true);
    const char *run = first(base, base_count, with, with_count, false);
    if (run != NULL)
        return err_set(e, "%s is a capacity, but %s is a run file; compare two of one kind",
                       capacity, run);
    if (base_count != 1 || with_count != 1 || base[0] == NULL || with[0] == NULL)
        return err_set(e,
                       "capacities are compared one with one: coldswarm compare BASE --with NEW");
    if (capacity_same(base[0], with[0]))
        return err_set(e, "%s is given twice; compare two searches", with[0]);
    if (opt_given(a, "fail-on") && strcmp(opt_text(a, "fail-on"), "worse") != 0)
        return err_set(e, "a capacity is better or worse; use --fail-on worse");
    return capacity_refuse(a, of_runs, COUNT_OF(of_runs), e);
}

static int refuse(const struct capacity_comparison *c) {
    const char *label, *text;
    for (size_t at = 0; lines_next(&c->refusals, &at, &label, &text);)
        command_error(EXIT_USAGE, text);
    return command_error(EXIT_USAGE, c->other_unit
                                         ? "compare: these capacities cannot be compared"
                                         : "compare: these capacities cannot be compared (use "
                                           "--force to compare them anyway)");
}

static int show(const struct args *a, const struct capacity_comparison *c) {
    const char *word = opt_text(a, "format");
    const struct report_format *format = report_format(strcmp(word, "text") == 0 ? "table" : word);
    struct document d;
    struct err e = {""};
    int result = capacity_comparison_document(&d, c, &e);
    if (result == 0)
        result = report_write(stdout, format, &(struct report_source){.document = &d}, &e);
    fflush(stdout);
    document_done(&d);
    if (result != 0)
        return command_error(EXIT_RUNTIME, e.text);
    return opt_given(a, "fail-on") && c->ratio.verdict == CAPACITY_WORSE ? EXIT_THRESHOLD : EXIT_OK;
}

int capacity_compare(const struct args *a, const char *const *base, size_t base_count,
                     const char *const *with, size_t with_count) {
    struct capacity_result results[2] = {{0}, {0}};
    struct capacity_comparison c = {.other_unit = false};
    struct err e = {""};
    int code = EXIT_OK;
    if (check(a, base, base_count, with, with_count, &e) != 0)
        return command_error(EXIT_USAGE, e.text);
    if (capacity_read(base[0], &results[0], &e) != 0 ||
        capacity_read(with[0], &results[1], &e) != 0 ||
        capacity_comparison(&c, &(struct capacity_side){base[0], &results[0]},
                            &(struct capacity_side){with[0], &results[1]}, &e) != 0)
        code = command_error(EXIT_RUNTIME, e.text);
    else if (c.refusals.count > 0 && (c.other_unit || !opt_flag(a, "force")))
        code = refuse(&c);
    else
        code = show(a, &c);
    capacity_comparison_done(&c);
    capacity_result_done(&results[0]);
    capacity_result_done(&results[1]);
    return code;
}
