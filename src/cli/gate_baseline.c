#include "cli/gate_baseline.h"

#include <stdlib.h>
#include <string.h>

void gate_baseline_free(struct gate_regression *items, size_t count) {
    for (size_t i = 0; i < count; i++)
        gate_regression_done(&items[i]);
    free(items);
}

static void say_refusals(const struct regressions *r) {
    const char *text = buf_text(&r->refusals);
    for (size_t i = 0; i < r->refusal_count; i++, text += strlen(text) + 1)
        command_error(EXIT_USAGE, text);
}

int gate_baseline(const struct args *a, const char *path, struct gate_regression **items,
                  size_t *count, struct regressions **out, struct err *e) {
    const char *const *base = NULL, *const *texts = NULL;
    size_t base_count = opt_list(a, "baseline", &base);
    size_t n = opt_list(a, "max-regression", &texts);
    if (base_count == 0 && n == 0 && !opt_flag(a, "strict"))
        return EXIT_OK;
    if (base_count == 0)
        err_set(e, "%s needs a --baseline to hold the run against",
                n > 0 ? "--max-regression" : "--strict");
    else if (n == 0)
        err_set(e, "--baseline needs to be told what may become how much worse, as in "
                   "--max-regression 'p(95) 5%%'");
    else if (base_count > COMPARE_RUNS_MAX)
        err_set(e, "more than %d runs of a baseline are too many", COMPARE_RUNS_MAX);
    if (base_count == 0 || n == 0 || base_count > COMPARE_RUNS_MAX)
        return EXIT_USAGE;
    *items = calloc(n, sizeof **items);
    if (*items == NULL) {
        err_set(e, "out of memory");
        return EXIT_RUNTIME;
    }
    for (; *count < n; ++*count) {
        for (size_t i = 0; i < *count; i++)
            if (strcmp(texts[i], texts[*count]) == 0) {
                err_set(e, "--max-regression \"%.200s\" is there twice", texts[i]);
                return EXIT_USAGE;
            }
        if (gate_regression_parse(texts[*count], &(*items)[*count], e) != 0) {
            err_prefix(e, "--max-regression");
            return EXIT_USAGE;
        }
    }
    struct comparison_options o = {.seed = 1,
                                   .confidence = opt_number(a, "confidence") / 100,
                                   .resamples = COMPARE_RESAMPLES,
                                   .warmup_us = -1};
    if (regressions_new(base, base_count, path, *items, n, &o, opt_flag(a, "strict"), out, e) != 0)
        return EXIT_RUNTIME;
    if ((*out)->refusal_count > 0) {
        say_refusals(*out);
        err_set(e, "gate: the run and its baseline cannot be compared");
        return EXIT_USAGE;
    }
    for (size_t i = 0; i < n; i++)
        if ((*out)->results[i].unknown) {
            err_set(e,
                    "--max-regression \"%.200s\": no request of the runs has that name and method",
                    (*items)[i].text);
            return EXIT_USAGE;
        }
    return EXIT_OK;
}

/* The counts of the root are optional, and would be wrong with another suite in it. */
void gate_baseline_junit(struct buf *document, const struct regressions *r) {
    static const char root[] = "<testsuites", end[] = "</testsuites>";
    char *old = buf_take(document);
    char *head = old == NULL ? NULL : strstr(old, root);
    char *inside = head == NULL ? NULL : strchr(head, '>');
    char *tail = inside == NULL ? NULL : strstr(inside, end);
    if (tail == NULL) {
        document->failed = true;
        free(old);
        return;
    }
    buf_add(document, old, (size_t)(head - old));
    buf_str(document, "<testsuites name=\"coldswarm\">");
    buf_add(document, inside + 1, (size_t)(tail - inside - 1));
    regressions_emit_junit_suite(document, r);
    buf_str(document, tail);
    free(old);
}
