#include <stdio.h>

#include "cli/command.h"
#include "record/reader.h"
#include "report/report.h"
#include "util/text.h"

static void wrote(FILE *to, const char *dir, const char *name, const char *what) {
    struct buf line;
    buf_init(&line, 65536);
    size_t n = strlen(dir);
    while (n > 1 && dir[n - 1] == '/')
        n--;
    text_printable(&line, dir, n);
    fprintf(to, "wrote %s/%s (%s)\n", buf_text(&line), name, what);
    buf_done(&line);
}

/* Where each thing went: to stdout after tables for people, to stderr where stdout is for a
 * program. */
static void list(FILE *to, const char *dir, const struct figures_result *figures) {
    fputc('\n', to);
    wrote(to, dir, "tables.txt, .md, .csv, .json", "the tables");
    wrote(to, dir, "errors.csv", "every kind of error");
    wrote(to, dir, "data/*.csv", "the numbers behind each figure");
    for (int f = 0; f < FIGURE_COUNT; f++) {
        char name[128];
        snprintf(name, sizeof name, "%s.svg, .png", figure_name((enum figure)f));
        if (figures->drawn[f])
            wrote(to, dir, name, figure_caption((enum figure)f));
    }
}

static int write_out(const struct args *a, const struct model *m, enum report_format format) {
    struct figures_result figures = {0};
    struct err e = {""};
    const char *dir = opt_text(a, "out");
    if (report_write_dir(dir, m, &figures, &e) != 0)
        return command_error(EXIT_RUNTIME, e.text);
    list(format == REPORT_TABLE || format == REPORT_MARKDOWN ? stdout : stderr, dir, &figures);
    if (figures.note[0] != '\0')
        command_error(EXIT_OK, figures.note);
    return EXIT_OK;
}

static int run(const struct args *a) {
    struct reader *reader = NULL;
    struct model *m = NULL;
    struct err e = {""};
    enum report_format format = report_format(opt_text(a, "format"));
    bool out = opt_text(a, "out") != NULL;
    struct model_options options = {.locust = opt_flag(a, "locust"), .figures = out};
    int code = EXIT_OK;
    if (reader_open(args_at(a, 0), &reader, &e) != 0 || model_new(reader, &options, &m, &e) != 0 ||
        report_print(stdout, m, format, false, &e) != 0)
        code = command_error(EXIT_RUNTIME, e.text);
    else if (out)
        code = write_out(a, m, format);
    model_free(m);
    reader_close(reader);
    return code;
}

static const struct opt_def opts[] = {
    {.name = "locust",
     .type = OPT_FLAG,
     .help = "count by Locust's rules: its rounding, percentiles, median and rates"},
    {.name = "format",
     .letter = 'f',
     .type = OPT_CHOICE,
     .meta = "FORMAT",
     .def = "table",
     .choices = REPORT_FORMATS,
     .help = "what to print"},
    {.name = "out",
     .letter = 'o',
     .type = OPT_FILE,
     .meta = "DIR",
     .help = "write the tables in every format, the figures and the data behind them to DIR"},
};

extern const struct command command_report;
const struct command command_report = {
    .name = "report",
    .usage = "RUN.db [options]",
    .summary = "print the tables of a run, or write a whole report",
    .details =
        "Prints request statistics, response time statistics and errors of a run, computed from "
        "every request that it recorded. Percentiles are exact: linear interpolation at "
        "p*(n-1) of the sorted times, as numpy and k6 do it. Failed requests count in every time; "
        "requests that were not sent or were cancelled have none and count apart. Rates are over "
        "the duration of the run. A percentile is left out where fewer requests stand behind it "
        "than it needs: 20 for the 95th, 100 for the 99th.\n"
        "\n"
        "With --locust the numbers are those that Locust would print: percentiles of rounded "
        "times, rates up to the end of the last request.\n"
        "\n"
        "A run that is under way, or was cut short, is reported as far as it is recorded. The CSV "
        "has a row for each endpoint; errors are in DIR/errors.csv and in the JSON.",
    .examples = "coldswarm report runs/paper.db # the tables\n"
                "coldswarm report runs/paper.db --out report # tables, figures and data\n"
                "coldswarm report runs/paper.db --format json | jq .aggregated.percentiles_ms # "
                "for a script",
    .opts = opts,
    .opt_count = sizeof opts / sizeof *opts,
    .positional_min = 1,
    .positional_max = 1,
    .run = run,
};
