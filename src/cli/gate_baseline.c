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
        err_set(e, "%s needs --baseline", n > 0 ? "--max-regression" : "--strict");
    else if (n == 0)
        err_set(e, "--baseline needs --max-regression, for example --max-regression 'p(95) 5%%'");
    else if (base_count > COMPARE_RUNS_MAX)
        err_set(e, "too many runs for a baseline; the limit is %d", COMPARE_RUNS_MAX);
    if (base_count == 0 || n == 0 || base_count > COMPARE_RUNS_MAX)
        return EXIT_USAGE;
    *items = calloc(n, sizeof **items);
    if (*items == NULL) {
        err_memory(e, NULL);
        return EXIT_RUNTIME;
    }
    for (; *count < n; ++*count) {
        for (size_t i = 0; i < *count; i++)
            if (strcmp(texts[i], texts[*count]) == 0) {
                err_set(e, "--max-regression \"%.200s\" is given twice", texts[i]);
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
