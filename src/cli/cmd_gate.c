/* coldswarm gate: does a finished run keep to its thresholds? The work is in gate.c. */
#include "cli/gate.h"

static const struct opt_def opts[] = {
    {.name = "expression",
     .letter = 'e',
     .type = OPT_TEXT,
     .meta = "EXPR",
     .repeat = true,
     .help = "a threshold, in place of the run's own; may be given several times"},
    {.name = "format",
     .letter = 'f',
     .type = OPT_CHOICE,
     .meta = "FORMAT",
     .def = "text",
     .choices = "text|json|markdown",
     .help = "what to print"},
    {.name = "junit",
     .type = OPT_FILE,
     .meta = "FILE",
     .help = "also write the results as JUnit's XML to FILE"},
    {.name = "github",
     .type = OPT_FLAG,
     .help = "also print an annotation of GitHub Actions for each threshold that is crossed, to "
             "stderr where stdout has another format than text"},
    {.name = "baseline",
     .letter = 'b',
     .type = OPT_FILE,
     .meta = "BASE.db",
     .repeat = true,
     .help = "an earlier run to hold this one against; may be given several times"},
    {.name = "max-regression",
     .type = OPT_TEXT,
     .meta = "EXPR",
     .repeat = true,
     .help = "what may become how much worse than in the baseline, as in 'p(95) 5%'"},
    {.name = "confidence",
     .type = OPT_NUMBER,
     .meta = "PERCENT",
     .def = "95",
     .min = 50,
     .max = 99.9,
     .help = "how sure a regression must be to count"},
    {.name = "strict",
     .type = OPT_FLAG,
     .help = "too little data to tell a regression counts as one"},
};

extern const struct command command_gate;
const struct command command_gate = {
    .name = "gate",
    .usage = "RUN.db [-e EXPR]... [options]",
    .summary = "judge a run by thresholds",
    .details =
        "Judges a run by the thresholds that it ran with, or by those that -e gives, from every "
        "request that it recorded. A threshold is k6's: a metric, perhaps with what to choose of "
        "it in braces, an aggregation and a limit. Times are milliseconds, shares go from 0 to 1. "
        "Behind it may stand `over 10s` (every window of ten seconds must hold), `from 30s` and "
        "`stage 2`. docs/thresholds.md describes all of them.\n"
        "\n"
        "Each result has its value, a 95 % confidence interval where there is one, and the margin "
        "to the limit. What had no data is crossed, not passed.\n"
        "\n"
        "--baseline and --max-regression hold the run against earlier ones, as `compare` does: a "
        "regression counts where the whole interval of the change is beyond what is allowed. Times "
        "are response times where no metric is named; failures are allowed in points.\n"
        "\n"
        "Exits with 0 where all hold, 99 where one is crossed, 4 where the run itself is INVALID "
        "or was cut short, so that its numbers prove nothing, 2 for a threshold that the run "
        "cannot have and 3 where the file cannot be read.",
    .examples =
        "coldswarm gate runs/paper.db # by the thresholds of its scenario\n"
        "coldswarm gate runs/paper.db -e 'http_req_duration{name:/predict} p(95)<500' -e "
        "'http_req_failed rate<0.01' # by others\n"
        "coldswarm gate runs/paper.db --junit gate.xml --github # in CI\n"
        "coldswarm gate runs/paper.db -e 'response_time p(99)<800 over 10s from 30s' # in each "
        "ten seconds after the first thirty\n"
        "coldswarm gate new.db --baseline old.db --max-regression 'p(95) 5%' # no slower than "
        "before",
    .opts = opts,
    .opt_count = sizeof opts / sizeof *opts,
    .positional_min = 1,
    .positional_max = 1,
    .run = gate,
};
