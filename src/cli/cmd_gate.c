/* `coldswarm gate`: checks whether a finished run passes its thresholds. The work is in gate.c. */
#include "cli/cmd.h"
#include "cli/gate.h"

static const struct opt_def opts[] = {
    {.name = "expression",
     .letter = 'e',
     .type = OPT_TEXT,
     .meta = "EXPR",
     .repeat = true,
     .help = "check this threshold instead of the run's own"},
    {.name = "format",
     .letter = 'f',
     .type = OPT_CHOICE,
     .meta = "FORMAT",
     .def = "text",
     .choices = "text|json|markdown",
     .help = "output format"},
    {.name = "junit",
     .type = OPT_FILE,
     .meta = "FILE",
     .help = "also write the results as JUnit XML to FILE"},
    {.name = "github",
     .type = OPT_FLAG,
     .help = "also print a GitHub Actions annotation for each failed threshold; to stderr unless "
             "the format is text"},
    {.name = "baseline",
     .letter = 'b',
     .type = OPT_FILE,
     .meta = "BASE.db",
     .repeat = true,
     .help = "an earlier run to compare with"},
    {.name = "max-regression",
     .type = OPT_TEXT,
     .meta = "EXPR",
     .repeat = true,
     .help = "largest allowed regression against the baseline, such as 'p(95) 5%'"},
    {.name = "confidence",
     .type = OPT_NUMBER,
     .meta = "PERCENT",
     .def = "95",
     .min = 50,
     .max = 99.9,
     .help = "confidence at which a regression fails the gate"},
    {.name = "min-capacity",
     .type = OPT_NUMBER,
     .meta = "LOAD",
     .min = 0.001,
     .help = "of the folder of `capacity`: fail if the whole interval is below this load"},
    {.name = "strict",
     .type = OPT_FLAG,
     .help =
         "also fail if there is too little data to detect a regression, or if the interval of a "
         "capacity contains --min-capacity"},
};

const struct command command_gate = {
    .name = "gate",
    .usage = "RUN.db|DIR [-e EXPR]... [options]",
    .summary = "check a run against thresholds and set the exit code",
    .details =
        "Checks every recorded request of a run against the run's own thresholds, or against those "
        "of -e. A threshold is METRIC{FILTER} AGGREGATION OPERATOR VALUE, as in k6. Times are in "
        "milliseconds, rates from 0 to 1. Three suffixes restrict it: `over 10s` (every window of "
        "ten seconds must pass), `from 30s` and `stage 2`. Streams of tokens have metrics too, "
        "such as `ttft p(95)<200` and `goodput{ttft<200,time_per_token<50} rate>0.95`. "
        "docs/thresholds.md has the syntax.\n"
        "\n"
        "Each result shows the value, its 95 % confidence interval if it has one, and the margin "
        "to the limit. A threshold without data fails.\n"
        "\n"
        "--baseline and --max-regression compare the run with earlier runs, as `compare` does. A "
        "regression fails the gate if the whole confidence interval of the change is above the "
        "allowed limit. The default metric is response time; limits for failures are in percentage "
        "points.\n"
        "\n"
        "Of the folder of `capacity`, --min-capacity N fails if the whole interval is below N. If "
        "it "
        "contains N, there is a warning, and with --strict a failure.\n"
        "\n"
        "Exit codes: 0 all thresholds pass; 99 a threshold fails; 4 the run is INVALID or was "
        "interrupted, so its numbers prove nothing; 2 a threshold does not fit the run, for "
        "example names a stage that it does not have; 3 the file cannot be read.",
    .examples =
        "coldswarm gate runs/paper.db --junit gate.xml --github # the run's own thresholds, in CI\n"
        "coldswarm gate runs/paper.db -e 'http_req_duration{name:/predict} p(95)<500' # another "
        "threshold\n"
        "coldswarm gate runs/paper.db -e 'response_time p(99)<800 over 10s from 30s' # every ten "
        "seconds, after the first thirty\n"
        "coldswarm gate new.db --baseline old.db --max-regression 'p(95) 5%' # no slower than "
        "before",
    .opts = opts,
    .opt_count = sizeof opts / sizeof *opts,
    .positional_min = 1,
    .positional_max = 1,
    .run = gate,
};
