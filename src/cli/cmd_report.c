/* coldswarm report: the tables of a run file, or a whole report. */
#include <stdlib.h>
#include <string.h>

#include "cli/capacity_read.h"
#include "cli/cmd.h"
#include "cli/command.h"
#include "cli/cost_opts.h"
#include "cli/groups.h"
#include "cli/merging.h"
#include "cli/results.h"
#include "report/goodput.h"
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
static int write_csv(const struct args *a, const char *path) {
    struct reader *reader = NULL;
    struct err e = {""};
    int code = EXIT_OK;
    if (reader_open(path, &reader, &e) != 0 ||
        locust_csv_replay(reader, opt_text(a, "csv"), opt_flag(a, "csv-full-history"), &e) != 0)
        code = command_error(EXIT_RUNTIME, e.text);
    reader_close(reader);
    return code;
}

static const char *const of_one_run[] = {
    "intervals", "dialects",         "goodput", "from",   "to",  "stage",   "name",   "warm-only",
    "csv",       "csv-full-history", "cpu",     "memory", "gpu", "billing", "region", "prices"};

static int run_group(const struct args *a) {
    const char *paths[GROUP_RUNS_MAX];
    struct groups_options o = {
        .format = groups_format(opt_text(a, "format")),
        .group = {.force = opt_flag(a, "force"), .locust = opt_flag(a, "locust")},
        .folder = opt_text(a, "out"),
    };
    if (o.format == NULL)
        return command_error(EXIT_USAGE,
                             "several runs can be shown only as table, markdown, csv or json");
    for (size_t i = 0; i < sizeof of_one_run / sizeof *of_one_run; i++)
        if (opt_given(a, of_one_run[i])) {
            struct err e;
            err_set(&e, "--%s needs exactly one run file", of_one_run[i]);
            return command_error(EXIT_USAGE, e.text);
        }
    if (args_count(a) > GROUP_RUNS_MAX)
        return command_error(EXIT_USAGE, "too many run files for one report");
    for (size_t i = 0; i < args_count(a); i++)
        paths[i] = args_at(a, i);
    return groups_show(paths, args_count(a), &o);
}

static int read_goodput(const struct args *a, struct gate_rules *out, struct err *e) {
    const char *const *limits;
    size_t n = opt_list(a, "goodput", &limits);
    for (size_t i = 0; i < n; i++)
        if (goodput_add(out, "--goodput", limits[i], e) != 0)
            return -1;
    return 0;
}

static int show_tables(const struct args *a, const char *path) {
    struct gate_rules goodput = {0};
    struct results_options o = {
        .format = report_format(opt_text(a, "format")),
        .locust = opt_flag(a, "locust"),
        .intervals = opt_flag(a, "intervals"),
        .dialects = opt_flag(a, "dialects"),
        .folder = opt_text(a, "out"),
        .no_figures = opt_flag(a, "no-figures"),
        .cost_option = cost_opts_given(a),
    };
    struct err e;
    int code = EXIT_OK;
    if (cost_opts_read(a, &o.shape, &e) != 0 || read_goodput(a, &goodput, &e) != 0)
        code = command_error(EXIT_USAGE, e.text);
    else if (set_cut(a, &o) != 0)
        code = command_error(EXIT_USAGE, "--stage cannot be combined with --from or --to");
    o.goodput = goodput.count > 0 ? &goodput : NULL;
    if (code == EXIT_OK)
        code = results_show(path, &o);
    gate_rules_done(&goodput);
    return code;
}

static int show(const struct args *a, const char *path) {
    int csv = opt_given(a, "csv") ? write_csv(a, path) : EXIT_OK;
    return csv != EXIT_OK ? csv : show_tables(a, path);
}

/* Of parts, none is a run: all of them are one. */
static int show_parts(const struct args *a) {
    struct err e = {""};
    const char *path = NULL;
    size_t n = args_count(a);
    const char **parts = calloc(n, sizeof *parts);
    if (parts == NULL) {
        err_memory(&e, "the parts of a run");
        return command_error(EXIT_RUNTIME, e.text);
    }
    for (size_t i = 0; i < n; i++)
        parts[i] = args_at(a, i);
    int code = merging_temporary(parts, n, &path, &e);
    free(parts);
    if (code != EXIT_OK)
        return code > MERGING_SIGNAL ? code : command_error(code, e.text);
    code = show(a, path);
    merging_remove();
    return code;
}

static int run(const struct args *a) {
    if (args_count(a) == 1 && capacity_is(args_at(a, 0)))
        return capacity_report(a);
    if (args_count(a) == 1)
        return show(a, args_at(a, 0));
    for (size_t i = 0; i < args_count(a); i++)
        if (capacity_is(args_at(a, i))) {
            struct err e;
            err_set(&e,
                    "%s is a capacity, which is shown alone; `coldswarm compare` takes two of them",
                    args_at(a, i));
            return command_error(EXIT_USAGE, e.text);
        }
    for (size_t i = 0; i < args_count(a); i++)
        if (merging_is_part(args_at(a, i)))
            return show_parts(a);
    return run_group(a);
}

static const struct opt_def opts[] = {
    {.name = "locust",
     .type = OPT_FLAG,
     .help = "use Locust's rules for rounding, percentiles, median and rates"},
    {.name = "intervals",
     .type = OPT_FLAG,
     .help = "show a 95 % confidence interval for each percentile (always in JSON and CSV)"},
    {.name = "dialects",
     .type = OPT_FLAG,
     .help = "show streamed answers also as vLLM, SGLang, AIPerf, guidellm and others define TTFT, "
             "TPOT, ITL and E2EL (always in html and --out)"},
    {.name = "goodput",
     .type = OPT_TEXT,
     .meta = "LIMITS",
     .repeat = true,
     .help = "count streamed answers within limits, such as ttft<200,time_per_token<50 (times in "
             "ms; also e2e, ttfo, token_gap, and name:NAME)"},
    {.name = "format",
     .letter = 'f',
     .type = OPT_CHOICE,
     .meta = "FORMAT",
     .def = "table",
     .choices = report_format_words,
     .help = "output format"},
    {.name = "out",
     .letter = 'o',
     .type = OPT_FILE,
     .meta = "DIR",
     .help = "write the tables in every format, the figures and their data to DIR"},
    {.name = "no-figures",
     .type = OPT_FLAG,
     .needs = "out",
     .help = "do not draw the figures, which take most of the time; still write their data and "
             "scripts"},
    {.name = "from",
     .type = OPT_DURATION,
     .meta = "TIME",
     .help = "report only requests that ended at or after this time of the run"},
    {.name = "to",
     .type = OPT_DURATION,
     .meta = "TIME",
     .help = "report only requests that ended before this time of the run"},
    {.name = "stage",
     .type = OPT_INTEGER,
     .meta = "N",
     .min = 1,
     .help = "report only requests that ended in the Nth stage of the load"},
    {.name = "name",
     .type = OPT_TEXT,
     .meta = "NAME",
     .repeat = true,
     .help = "report only endpoints with this name"},
    {.name = "warm-only",
     .type = OPT_FLAG,
     .help = "exclude requests that the server's log marks as cold starts"},
    {.name = "csv",
     .type = OPT_FILE,
     .meta = "PREFIX",
     .help = "also write Locust's CSV files, the same as run --csv"},
    {.name = "csv-full-history",
     .type = OPT_FLAG,
     .needs = "csv",
     .help = "add a row per endpoint to PREFIX_stats_history.csv, with percentiles of the last ten "
             "seconds"},
    {.name = "force",
     .type = OPT_FLAG,
     .help = "group runs even if their scenarios or loads differ"},
    COST_OPTIONS(NULL, "needs imported server logs; "),
};

const struct command command_report = {
    .name = "report",
    .usage = "RUN.db... [options]",
    .summary = "print the results of a run, or write a full report",
    .details =
        "Prints request statistics, response time statistics and errors, computed from "
        "every recorded request. Percentiles are exact: linear interpolation at p*(n-1) of "
        "the sorted times, as in numpy and k6. Failed requests count in all times. Requests "
        "that were dropped or cancelled have no times and are counted separately. Rates are "
        "over the duration of the run. A percentile is omitted if too few requests support "
        "it: p95 needs 20, p99 needs 100.\n"
        "\n"
        "--locust prints the numbers that Locust would print: percentiles of rounded times, "
        "rates up to the end of the last request.\n"
        "\n"
        "--dialects computes the times of streamed answers by the definitions of other tools, "
        "from the same rows, and says how each differs. --goodput counts the answers that are "
        "complete and within limits, as the run's thresholds on goodput do.\n"
        "\n"
        "After `import`, the report compares client and server: which requests reached the "
        "server, where the time went, which requests hit a cold start, how requests were "
        "distributed over the instances, and the cost. --cpu, --memory, --gpu, --billing, "
        "--region and --prices describe an instance for the cost; without an import they are an "
        "error. The run file does not know them, so give them with each report.\n"
        "\n"
        "--from, --to, --stage, --name and --warm-only report a part of the run as if it "
        "were a separate run. A request belongs to the part in which it ended. Rates are "
        "over the time of that part.\n"
        "\n"
        "Several run files of one scenario form a group: each number is shown as the mean "
        "over the runs, with the variation between runs and a confidence interval.\n"
        "\n"
        "The parts of one load (`run --shard I/N`) are one run: they are merged into a temporary "
        "file in $TMPDIR, which has all requests. `merge` keeps that file.\n"
        "\n"
        "A run that is in progress or was interrupted is reported as far as it is recorded. "
        "The CSV has a row per endpoint; errors are in DIR/errors.csv and in the JSON.",
    .examples =
        "coldswarm report runs/paper.db --out report # tables, figures and data\n"
        "coldswarm report runs/paper.db --from 30s --to 90s --name /predict # a part of the run\n"
        "coldswarm report runs/paper.db --format html >page.html # one HTML page\n"
        "coldswarm report runs/paper.db --format json | jq .aggregated.percentiles_ms # JSON for a "
        "script",
    .opts = opts,
    .opt_count = sizeof opts / sizeof *opts,
    .positional_min = 1,
    .positional_max = -1,
    .run = run,
};
