/* coldswarm compare: is the new one slower, by how much, how sure. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "report/comparison.h"

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

/* The arguments lie in argv in their order, so the address of each tells where it stood. */
static int split(const struct args *a, struct sides *s, struct err *e) {
    const char *const *with = NULL;
    char *const *argv = NULL;
    size_t n = opt_list(a, "with", &with), all = args_count(a), argc = args_argv(a, &argv);
    if (n == 0)
        return err_set(e, "what to compare with is missing; usage: coldswarm compare BASE.db... "
                          "--with NEW.db...");
    s->base = calloc(all + n, sizeof(char *));
    s->with = calloc(all + n, sizeof(char *));
    if (s->base == NULL || s->with == NULL)
        return err_set(e, "out of memory");
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
        return err_set(e, "the base is missing: it stands in front of --with; usage: coldswarm "
                          "compare BASE.db... --with NEW.db...");
    if (s->base_count > COMPARE_RUNS_MAX || s->with_count > COMPARE_RUNS_MAX)
        return err_set(e, "more than %d runs a side are too many", COMPARE_RUNS_MAX);
    return 0;
}

static void refuse(const struct comparison *c) {
    const char *text = buf_text(&c->refusals);
    for (size_t i = 0; i < c->refusal_count; i++, text += strlen(text) + 1)
        command_error(EXIT_USAGE, text);
    command_error(EXIT_USAGE, "compare: these runs cannot be compared (--force does it all the "
                              "same)");
}

static int print(const struct comparison *c, const char *format, struct err *e) {
    struct buf b;
    buf_init(&b, OUTPUT_MAX_BYTES);
    if (strcmp(format, "json") == 0)
        comparison_emit_json(&b, c);
    else if (strcmp(format, "markdown") == 0)
        comparison_emit_markdown(&b, c);
    else
        comparison_emit_text(&b, c);
    int result = buf_ok(&b) ? 0 : err_set(e, "out of memory for the comparison");
    if (result == 0)
        fwrite(b.data, 1, b.len, stdout);
    buf_done(&b);
    return result;
}

static int draw(const struct args *a, const struct comparison *c, struct err *e) {
    char note[512] = "";
    const char *dir = opt_text(a, "out");
    if (dir == NULL)
        return 0;
    if (comparison_draw(c, dir, note, e) != 0)
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
    struct err e = {""};
    int code = EXIT_USAGE;
    if (split(a, &s, &e) != 0)
        goto out;
    code = EXIT_RUNTIME;
    if (comparison_read(s.base, s.base_count, s.with, s.with_count, &o, &c, &e) != 0)
        goto out;
    if (c->refusal_count > 0 && !o.force) {
        refuse(c);
        code = EXIT_USAGE;
        goto out;
    }
    if (comparison_run(c, &e) != 0 || print(c, opt_text(a, "format"), &e) != 0 ||
        draw(a, c, &e) != 0)
        goto out;
    code = opt_given(a, "fail-on") && comparison_any(c, COMPARE_SLOWER) ? EXIT_THRESHOLD : EXIT_OK;
out:
    fflush(stdout);
    if (e.text[0] != '\0')
        command_error(code, e.text);
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
     .help = "a run of the new side; the arguments behind it are runs of the new side too"},
    {.name = "format",
     .letter = 'f',
     .type = OPT_CHOICE,
     .meta = "FORMAT",
     .def = "text",
     .choices = "text|json|markdown",
     .help = "what to print"},
    {.name = "out",
     .letter = 'o',
     .type = OPT_FILE,
     .meta = "DIR",
     .help = "draw to DIR by how much each quantile moved (shift.svg, shift.png and their data)"},
    {.name = "time",
     .type = OPT_CHOICE,
     .meta = "WHICH",
     .def = "response",
     .choices = "response|service",
     .help = "times from the intended start of a request, or from its sending"},
    {.name = "confidence",
     .type = OPT_NUMBER,
     .meta = "PERCENT",
     .def = "95",
     .min = 50,
     .max = 99.9,
     .help = "confidence of intervals and verdicts"},
    {.name = "resamples",
     .type = OPT_INTEGER,
     .meta = "N",
     .def = "2000",
     .min = 200,
     .max = 100000,
     .help = "resamples of the bootstrap"},
    {.name = "seed",
     .type = OPT_INTEGER,
     .meta = "N",
     .def = "1",
     .help = "seed of the resampling: the same runs and seed give the same numbers"},
    {.name = "warmup",
     .type = OPT_DURATION,
     .meta = "TIME",
     .help = "leave out this much of the start of each run, in place of the rule"},
    {.name = "force",
     .type = OPT_FLAG,
     .help = "compare runs that are refused otherwise, and say what is wrong with that"},
    {.name = "fail-on",
     .type = OPT_CHOICE,
     .meta = "VERDICT",
     .choices = "slower",
     .help = "exit with 99 where a verdict says so"},
};

extern const struct command command_compare;
const struct command command_compare = {
    .name = "compare",
    .usage = "BASE.db... --with NEW.db... [options]",
    .summary = "is the new version slower, by how much, how sure",
    .details =
        "Compares the runs in front of --with to those behind it: mean, percentiles, failures and "
        "requests per second of each endpoint and of all requests, with the interval of their "
        "ratio and a verdict: slower, faster, no difference shown, too little data. Several runs a "
        "side show what lies between runs; one a side cannot.\n"
        "\n"
        "Ramp and warm-up are left out: up to the first whole second with all users, the first "
        "stage, or the first 20th of a run with a rate. What is left out is shown.\n"
        "\n"
        "Runs that cannot be compared are refused: another scenario, other endpoints, another "
        "number of users, spawn rate or rate, another transport or receive clock, INVALID runs and "
        "those that were cut short.\n"
        "\n"
        "Intervals come from a block bootstrap, which knows that neighbouring requests are alike. "
        "All verdicts together are right in 95 of 100 comparisons of equals. docs/comparing.md "
        "has the method.\n"
        "\n"
        "Exits with 0 where a comparison was made, 2 where the runs cannot be compared, 3 where a "
        "file cannot be read, and with --fail-on slower 99 where something is slower.",
    .examples = "coldswarm compare old.db --with new.db # one run of each\n"
                "coldswarm compare old-*.db --with new-*.db --out report # several, and a picture\n"
                "coldswarm compare old.db --with new.db --format json | jq '.comparisons[] | "
                "select(.verdict == \"slower\")' # for a script",
    .opts = opts,
    .opt_count = sizeof opts / sizeof *opts,
    .positional_min = 1,
    .positional_max = -1,
    .run = run,
};
