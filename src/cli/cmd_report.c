/* coldswarm report: the tables of a run file, or a whole report. */
#include <string.h>

#include "cli/command.h"
#include "cli/groups.h"
#include "cli/results.h"
#include "report/locust_csv.h"
#include "util/clock.h"

static int set_cut(const struct args *a, struct results_options *o) {
    bool times = opt_given(a, "from") || opt_given(a, "to"), stage = opt_given(a, "stage");
    if (times && stage)
        return -1;
    o->stage = stage ? opt_integer(a, "stage") : 0;
    o->cut.from_us = opt_given(a, "from") ? opt_duration(a, "from") / NS_PER_US : 0;
    o->cut.to_us = opt_given(a, "to") ? opt_duration(a, "to") / NS_PER_US : READER_TO_THE_END;
    o->cut.name_count = opt_list(a, "name", &o->cut.names);
    o->cut.warm_only = opt_flag(a, "warm-only");
    o->is_cut = times || stage || o->cut.name_count > 0 || o->cut.warm_only;
    return 0;
}

/* Locust's files, from the rows. */
static int write_csv(const struct args *a) {
    struct reader *reader = NULL;
    struct err e = {""};
    int code = EXIT_OK;
    if (reader_open(args_at(a, 0), &reader, &e) != 0 ||
        locust_csv_replay(reader, opt_text(a, "csv"), opt_flag(a, "csv-full-history"), &e) != 0)
        code = command_error(EXIT_RUNTIME, e.text);
    reader_close(reader);
    return code;
}

static int run_group(const struct args *a) {
    const char *paths[GROUP_RUNS_MAX];
    struct groups_options o = {
        .format = groups_format(opt_text(a, "format")),
        .group = {.force = opt_flag(a, "force"), .locust = opt_flag(a, "locust")},
        .folder = opt_text(a, "out"),
    };
    if (o.format == NULL)
        return command_error(EXIT_USAGE, "several runs are shown as table, markdown, csv or json; "
                                         "the other formats are of one run");
    if (opt_given(a, "csv"))
        return command_error(EXIT_USAGE, "--csv is of one run; give it one file at a time");
    if (args_count(a) > GROUP_RUNS_MAX)
        return command_error(EXIT_USAGE, "too many run files for one report");
    for (size_t i = 0; i < args_count(a); i++)
        paths[i] = args_at(a, i);
    return groups_show(paths, args_count(a), &o);
}

static int run(const struct args *a) {
    if (args_count(a) > 1)
        return run_group(a);
    int csv = opt_given(a, "csv") ? write_csv(a) : EXIT_OK;
    if (csv != EXIT_OK)
        return csv;
    struct results_options o = {
        .format = report_format(opt_text(a, "format")),
        .locust = opt_flag(a, "locust"),
        .intervals = opt_flag(a, "intervals"),
        .folder = opt_text(a, "out"),
        .shape = {.cpus = opt_number(a, "cpu"),
                  .memory_bytes = (int64_t)opt_size(a, "memory"),
                  .billing = strcmp(opt_text(a, "billing"), "instance") == 0 ? BILLING_INSTANCE
                                                                             : BILLING_REQUEST,
                  .prices = opt_text(a, "prices"),
                  .region = opt_text(a, "region")},
    };
    if (set_cut(a, &o) != 0)
        return command_error(EXIT_USAGE, "--stage is a time of its own: give it without --from and "
                                         "--to");
    return results_show(args_at(a, 0), &o);
}

static const struct opt_def opts[] = {
    {.name = "locust",
     .type = OPT_FLAG,
     .help = "count by Locust's rules: its rounding, percentiles, median and rates"},
    {.name = "intervals",
     .type = OPT_FLAG,
     .help = "show between which times each percentile lies, with 95 % confidence (JSON and CSV "
             "always have it)"},
    {.name = "format",
     .letter = 'f',
     .type = OPT_CHOICE,
     .meta = "FORMAT",
     .def = "table",
     .choices = report_format_words,
     .help = "what to print"},
    {.name = "out",
     .letter = 'o',
     .type = OPT_FILE,
     .meta = "DIR",
     .help = "write the tables in every format, the figures and the data behind them to DIR"},
    {.name = "from",
     .type = OPT_DURATION,
     .meta = "TIME",
     .help = "only what ended from this time of the run on"},
    {.name = "to",
     .type = OPT_DURATION,
     .meta = "TIME",
     .help = "only what ended before this time"},
    {.name = "stage",
     .type = OPT_INTEGER,
     .meta = "N",
     .min = 1,
     .help = "only what ended in the Nth stage of the load"},
    {.name = "name",
     .type = OPT_TEXT,
     .meta = "NAME",
     .repeat = true,
     .help = "only the endpoints of this name; may be given again"},
    {.name = "warm-only",
     .type = OPT_FLAG,
     .help = "leave out the requests that the server's log labels cold"},
    {.name = "csv",
     .type = OPT_FILE,
     .meta = "PREFIX",
     .help = "also write Locust's CSV files, as run --csv leaves them"},
    {.name = "csv-full-history",
     .type = OPT_FLAG,
     .help = "in PREFIX_stats_history.csv a row for each endpoint too, and percentiles of the last "
             "ten seconds"},
    {.name = "force",
     .type = OPT_FLAG,
     .help = "show runs of different scenarios or loads side by side all the same"},
    {.name = "cpu",
     .type = OPT_NUMBER,
     .meta = "N",
     .def = "1",
     .min = 0.08,
     .max = 64,
     .help = "vCPUs of an instance, for the cost of a run with the server's side"},
    {.name = "memory",
     .type = OPT_SIZE,
     .meta = "SIZE",
     .def = "512M",
     .help = "memory of an instance, for the cost"},
    {.name = "billing",
     .type = OPT_CHOICE,
     .meta = "HOW",
     .def = "request",
     .choices = "request|instance",
     .help = "what is billed: instances while they work, or as long as they live"},
    {.name = "region",
     .type = OPT_TEXT,
     .meta = "NAME",
     .def = "us-central1",
     .help = "whose prices to take"},
    {.name = "prices",
     .type = OPT_FILE,
     .meta = "FILE",
     .help = "a price list of your own, in the shape of src/stats/prices.json"},
};

extern const struct command command_report;
const struct command command_report = {
    .name = "report",
    .usage = "RUN.db... [options]",
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
        "Where `import` has added the server's side, the report compares it with the client's: "
        "what reached the server, where the time went, which requests hit a cold start, how the "
        "requests were shared among the instances, and what those cost.\n"
        "\n"
        "--from, --to, --stage, --name and --warm-only report a part of the run: tables, figures "
        "and data show it as if it were a run of its own. A request is of the time in which it "
        "ended, as in the figures, and rates are over that time.\n"
        "\n"
        "Several run files of one scenario make a group: for each number its mean over the runs, "
        "how far the runs are apart, and an interval for the mean.\n"
        "\n"
        "A run that is under way, or was cut short, is reported as far as it is recorded. The CSV "
        "has a row for each endpoint; errors are in DIR/errors.csv and in the JSON.",
    .examples =
        "coldswarm report runs/paper.db # the tables\n"
        "coldswarm report runs/paper.db --out report # tables, figures and data\n"
        "coldswarm report runs/paper.db --cpu 1 --memory 2G # what it cost, on such instances\n"
        "coldswarm report runs/paper.db --from 30s --to 90s --name /predict # a part of it\n"
        "coldswarm report runs/paper.db --format html >page.html # all of it as one page\n"
        "coldswarm report runs/paper.db --format json | jq .aggregated.percentiles_ms # "
        "for a script",
    .opts = opts,
    .opt_count = sizeof opts / sizeof *opts,
    .positional_min = 1,
    .positional_max = -1,
    .run = run,
};
