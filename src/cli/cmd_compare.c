/* `coldswarm compare`: compares two sets of runs: which is slower, by how much, and how certain
 * that is. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/capacity_compare.h"
#include "cli/capacity_read.h"
#include "cli/cmd.h"
#include "cli/command.h"
#include "report/comparison.h"
#include "report/emit.h"
#include "util/fits.h"

#define OUTPUT_MAX_BYTES ((size_t)256 << 20)

/* What the command line gives: base runs are the arguments before --with, which takes one, and
 * the new ones are that one and the arguments behind it. */
struct sides {
    const char **base, **with;
    size_t base_count, with_count;
};

static void sides_done(struct sides *s) {
    free(s->base);
    free(s->with);
}

/* Two capacities need no --with: there is one per side. */
static int split_two(const struct args *a, struct sides *s, struct err *e) {
    s->base = calloc(1, sizeof(char *));
    s->with = calloc(1, sizeof(char *));
    if (s->base == NULL || s->with == NULL)
        return err_memory(e, NULL);
    s->base[s->base_count++] = args_at(a, 0);
    s->with[s->with_count++] = args_at(a, 1);
    return 0;
}

static bool has_capacity(const struct sides *s) {
    for (size_t i = 0; i < s->base_count; i++)
        if (capacity_is(s->base[i]))
            return true;
    for (size_t i = 0; i < s->with_count; i++)
        if (capacity_is(s->with[i]))
            return true;
    return false;
}

/* The arguments lie in argv in their order, so the address of each tells where it stood. */
static int split(const struct args *a, struct sides *s, struct err *e) {
    const char *const *with = NULL;
    char *const *argv = NULL;
    size_t n = opt_list(a, "with", &with), all = args_count(a), argc = args_argv(a, &argv);
    if (n == 0 && all == 2 && capacity_is(args_at(a, 0)) && capacity_is(args_at(a, 1)))
        return split_two(a, s, e);
    if (n == 0)
        return err_set(e,
                       "--with is missing; usage: coldswarm compare BASE.db... --with NEW.db...");
    s->base = calloc(all + n, sizeof(char *));
    s->with = calloc(all + n, sizeof(char *));
    if (s->base == NULL || s->with == NULL)
        return err_memory(e, NULL);
    for (size_t i = 0; i < n; i++)
        s->with[s->with_count++] = with[i];
    bool behind = false;
    for (size_t i = 0; i < argc; i++) {
        behind = behind || strncmp(argv[i], "--with", 6) == 0;
        for (size_t k = 0; k < all; k++)
            if (args_at(a, k) == argv[i] && behind)
                s->with[s->with_count++] = argv[i];
            else if (args_at(a, k) == argv[i])
                s->base[s->base_count++] = argv[i];
    }
    if (s->base_count == 0)
        return err_set(e, "the base runs before --with are missing; usage: coldswarm compare "
                          "BASE.db... --with NEW.db...");
    if (s->base_count > COMPARE_RUNS_MAX || s->with_count > COMPARE_RUNS_MAX)
        return err_set(e, "too many runs; the limit is %d per side", COMPARE_RUNS_MAX);
    return 0;
}

static void refuse(const struct comparison *c) {
    const char *text = buf_text(&c->refusals);
    for (size_t i = 0; i < c->refusal_count; i++, text += strlen(text) + 1)
        command_error(EXIT_USAGE, text);
    command_error(EXIT_USAGE,
                  "compare: these runs cannot be compared (use --force to compare them anyway)");
}

static int print(const struct document *d, const char *format, struct err *e) {
    struct buf b;
    buf_init(&b, OUTPUT_MAX_BYTES);
    if (strcmp(format, "json") == 0)
        emit_json(&b, d);
    else if (strcmp(format, "markdown") == 0)
        emit_markdown(&b, d);
    else
        emit_table(&b, d);
    int result = buf_fits(&b, e, "compare fewer runs", "the comparison");
    if (result == 0)
        fwrite(b.data, 1, b.len, stdout);
    buf_done(&b);
    return result;
}

static int draw(const struct args *a, struct document *d, struct err *e) {
    char note[512] = "";
    const char *dir = opt_text(a, "out");
    if (dir == NULL)
        return 0;
    if (comparison_draw(d, dir, note, e) != 0)
        return -1;
    if (note[0] != '\0')
        command_error(EXIT_OK, note);
    return 0;
}

static int run(const struct args *a) {
    struct comparison_options o = {
        .seed = (uint64_t)opt_integer(a, "seed"),
        .resamples = (unsigned)opt_integer(a, "resamples"),
        .confidence = opt_number(a, "confidence") / 100,
        .service = strcmp(opt_text(a, "time"), "service") == 0,
        .force = opt_flag(a, "force"),
        .warmup_us = opt_given(a, "warmup") ? opt_duration(a, "warmup") / 1000 : -1,
    };
    struct sides s = {0};
    struct comparison *c = NULL;
    struct document d = {.of = NULL};
    struct err e = {""};
    int code = EXIT_USAGE;
    if (split(a, &s, &e) != 0)
        goto out;
    if (has_capacity(&s)) {
        code = capacity_compare(a, s.base, s.base_count, s.with, s.with_count);
        goto out;
    }
    if (opt_given(a, "fail-on") && strcmp(opt_text(a, "fail-on"), "slower") != 0) {
        err_set(&e, "--fail-on worse is about capacities; use --fail-on slower");
        goto out;
    }
    code = EXIT_RUNTIME;
    if (comparison_read(s.base, s.base_count, s.with, s.with_count, &o, &c, &e) != 0)
        goto out;
    if (c->refusal_count > 0 && !o.force) {
        refuse(c);
        code = EXIT_USAGE;
        goto out;
    }
    if (comparison_run(c, &e) != 0 || comparison_document(&d, c, &e) != 0 ||
        print(&d, opt_text(a, "format"), &e) != 0 || draw(a, &d, &e) != 0)
        goto out;
    code = opt_given(a, "fail-on") && comparison_any(c, COMPARE_SLOWER) ? EXIT_THRESHOLD : EXIT_OK;
out:
    fflush(stdout);
    if (e.text[0] != '\0')
        command_error(code, e.text);
    document_done(&d);
    comparison_free(c);
    sides_done(&s);
    return code;
}

static const struct opt_def opts[] = {
    {.name = "with",
     .letter = 'w',
     .type = OPT_FILE,
     .meta = "NEW.db",
     .repeat = true,
     .help = "a run of the new version; all arguments after it are new runs too"},
    {.name = "format",
     .letter = 'f',
     .type = OPT_CHOICE,
     .meta = "FORMAT",
     .def = "text",
     .choices = "text|json|markdown",
     .help = "output format"},
    {.name = "out",
     .letter = 'o',
     .type = OPT_FILE,
     .meta = "DIR",
     .help = "draw the shift of each quantile to DIR (shift.svg, shift.png and their data)"},
    {.name = "time",
     .type = OPT_CHOICE,
     .meta = "WHICH",
     .def = "response",
     .choices = "response|service",
     .help = "measure from the scheduled start of a request, or from its sending"},
    {.name = "confidence",
     .type = OPT_NUMBER,
     .meta = "PERCENT",
     .def = "95",
     .min = 50,
     .max = 99.9,
     .help = "confidence level of intervals and verdicts"},
    {.name = "resamples",
     .type = OPT_INTEGER,
     .meta = "N",
     .def = "2000",
     .min = 200,
     .max = 100000,
     .help = "number of bootstrap resamples"},
    {.name = "seed",
     .type = OPT_INTEGER,
     .meta = "N",
     .def = "1",
     .help = "seed for resampling; the same runs and seed give the same numbers"},
    {.name = "warmup",
     .type = OPT_DURATION,
     .meta = "TIME",
     .help = "exclude this much of the start of each run, instead of the detected warm-up"},
    {.name = "force",
     .type = OPT_FLAG,
     .help = "compare runs that do not match, and print the differences as warnings"},
    {.name = "fail-on",
     .type = OPT_CHOICE,
     .meta = "VERDICT",
     .choices = "slower|worse",
     .help = "exit with 99 if any verdict is this; worse is that of capacities"},
};

const struct command command_compare = {
    .name = "compare",
    .usage = "BASE.db... --with NEW.db... [options]",
    .summary = "compare two sets of runs",
    .details =
        "Compares the runs before --with to those after it: mean, percentiles, failures and "
        "requests per second, per endpoint and in total. Each difference has a ratio with a "
        "confidence interval, and a verdict: slower, faster, no difference shown, too little data. "
        "With several runs per side the interval includes the variation between runs; with one it "
        "cannot.\n"
        "\n"
        "Ramp and warm-up are excluded: up to the first whole second with all users, the first "
        "stage, or the first 20th of a run at a fixed rate. The output shows what is excluded.\n"
        "\n"
        "Runs that do not match are refused: different scenario, endpoints, number of users, spawn "
        "rate, arrival rate, transport or receive clock. So are INVALID and interrupted runs.\n"
        "\n"
        "Intervals come from a block bootstrap, which accounts for the correlation between "
        "neighbouring requests. In 95 of 100 comparisons of equal versions, all verdicts together "
        "are right. docs/comparing.md describes the method.\n"
        "\n"
        "With two folders of `capacity`, it compares their capacities: the new one is better or "
        "worse if the two intervals do not overlap. The ratio has an interval with 90 % "
        "confidence.\n"
        "\n"
        "Exit codes: 0 the comparison was made; 2 the runs cannot be compared; 3 a file cannot be "
        "read; 99 something is slower, or the capacity worse (with --fail-on).",
    .examples = "coldswarm compare old.db --with new.db # one run per version\n"
                "coldswarm compare old-*.db --with new-*.db --out report # several runs per "
                "version, and a figure\n"
                "coldswarm compare runs/cap-old --with runs/cap-new # two capacities\n"
                "coldswarm compare old.db --with new.db --format json | jq '.comparisons[] | "
                "select(.verdict == \"slower\")' # JSON for a script",
    .opts = opts,
    .opt_count = sizeof opts / sizeof *opts,
    .positional_min = 1,
    .positional_max = -1,
    .run = run,
};
