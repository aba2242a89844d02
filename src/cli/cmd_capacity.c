/* `coldswarm capacity`: its options and its help. The work is in capacity.c. */
#include "cli/capacity.h"
#include "cli/cmd.h"
#include "cli/command.h"
#include "cli/cost_opts.h"
#include "cli/shared_opts.h"
#include "report/report.h"
#include "schedule/load.h"

/* Those that `run` has too are passed on to each step (capacity_step.h). */
static const struct opt_def options[] = {
    {.name = "slo",
     .type = OPT_TEXT,
     .meta = "EXPR",
     .repeat = true,
     .help = "a limit that the service must keep, such as 'http_req_duration p(95)<300' (default: "
             "the scenario's thresholds)"},
    {.name = "unit",
     .type = OPT_CHOICE,
     .meta = "UNIT",
     .choices = "rate|users|speed",
     .help = "what a load is: requests per second, concurrent users, or the speed of a trace "
             "(default: as the scenario's load)"},
    {.name = "from",
     .type = OPT_NUMBER,
     .meta = "LOAD",
     .min = 0.001,
     .max = LOAD_USERS_MAX,
     .help = "lowest load, which the search begins with (default: 10; for a speed 1)"},
    {.name = "to",
     .type = OPT_NUMBER,
     .meta = "LOAD",
     .def = "5000",
     .min = 0.001,
     .max = LOAD_USERS_MAX,
     .help = "highest load to try"},
    {.name = "loads",
     .type = OPT_TEXT,
     .meta = "A,B,C",
     .help = "try these loads, once each, instead of a search"},
    {.name = "step",
     .type = OPT_DURATION,
     .meta = "TIME",
     .def = "20s",
     .help = "measured time of a step; repeated steps are longer"},
    {.name = "settle",
     .type = OPT_DURATION,
     .meta = "TIME",
     .help = "time before the measured time of each step, in which the load rises and the first "
             "requests end (default: 5s, and more if responses take long)"},
    {.name = "precision",
     .type = OPT_NUMBER,
     .meta = "PERCENT",
     .def = "5",
     .min = 0.5,
     .max = 50,
     .help = "end the search if the interval is at most this much above and below its middle"},
    {.name = "max-time",
     .type = OPT_DURATION,
     .meta = "TIME",
     .help =
         "begin no step that would end later; the answer is the interval so far (default: until "
         "the interval is precise enough)"},
    {.name = "cool-down",
     .type = OPT_TEXT,
     .meta = "auto|TIME",
     .def = "auto",
     .help = "pause between steps; auto: after a load that fails, until the latency at a low load "
             "is as before"},
    {.name = "accept-suspect",
     .type = OPT_FLAG,
     .help =
         "also count steps whose client was SUSPECT, such as on a shared machine; its delays are "
         "then part of the times"},
    {.name = "instances",
     .type = OPT_NUMBER,
     .meta = "N",
     .min = 0.001,
     .max = 1000000,
     .help = "instances that the service has at capacity: the result then has the cost of 1000 "
             "requests"},
    COST_OPTIONS("instances", ""),
    {.name = "out",
     .letter = 'o',
     .local = true,
     .type = OPT_FILE,
     .meta = "DIR",
     .help = "folder for the run files and capacity.json (default: runs/NAME-capacity-TIME)"},
    {.name = "resume",
     .local = true,
     .type = OPT_FILE,
     .meta = "DIR",
     .help = "go on with the search in this folder, with its scenario and options"},
    {.name = "format",
     .letter = 'f',
     .local = true,
     .type = OPT_CHOICE,
     .meta = "FORMAT",
     .def = "table",
     .choices = report_format_words_without_run,
     .help = "format of the result on standard output"},
    {.name = "no-figures",
     .type = OPT_FLAG,
     .help = "do not draw the figure; still write its data and script"},
    {.name = "quiet",
     .local = true,
     .type = OPT_FLAG,
     .help = "print only the result and errors, no line per step"},
    {.name = "seed",
     .type = OPT_INTEGER,
     .meta = "N",
     .min = 0,
     .max = 9007199254740992.0,
     .help = "random seed of the first step; each later step has the next one"},
    SHARED_OPT_HOST,
    {.name = "max-users",
     .type = OPT_INTEGER,
     .meta = "N",
     .min = 1,
     .max = LOAD_USERS_MAX,
     .help = "with a rate or a speed, the most requests in flight; overrides the scenario"},
    SHARED_OPT_THREADS,
    SHARED_OPT_TRANSPORT,
    SHARED_OPT_SOURCE,
    SHARED_OPT_RECEIVE_CLOCK,
    SHARED_OPT_NO_TRACE,
    SHARED_OPT_TAGS,
    SHARED_OPT_EXCLUDE_TAGS,
    SHARED_OPT_STOP_TIMEOUT,
};

const struct command command_capacity = {
    .name = "capacity",
    .usage = "SCENARIO.json --slo EXPR... [options]",
    .summary = "find the highest load that a service sustains within limits",
    .details =
        "Searches for the highest load that holds every --slo, and shows it as an interval that "
        "contains it with 95 % confidence, with what gave way first.\n"
        "\n"
        "The load doubles from --from on until an SLO fails. Then the search halves the range, and "
        "repeats steps near the edge until it is certain that one load holds and another, at most "
        "about 10 % higher, fails. A repeated step is longer. Values only choose loads; the answer "
        "uses intervals.\n"
        "\n"
        "Each step is a run with a file of its own. The load rises and settles first; then "
        "--step is measured. A request counts if it was due in this time, whenever it ends. A step "
        "counts only if the client sent the load and was VALID, or late by too little to change a "
        "decision. Otherwise it is repeated twice, and then the search ends: the client is the "
        "limit.\n"
        "\n"
        "An SLO is a threshold as in `gate`, with a time, a share or a rate. Failed requests count "
        "in every time, so add a limit for http_req_failed: a service that refuses quickly would "
        "seem fast.\n"
        "\n"
        "With --instances 3 --cpu 2 --memory 1G, the result has the cost of 1000 requests at "
        "capacity.\n"
        "\n"
        "Ctrl-C ends the search with the interval so far; --resume goes on. capacity.json in the "
        "folder has the result; `report DIR` shows it, and `gate DIR --min-capacity N` checks it.\n"
        "\n"
        "Exit codes: 0 there is an answer; 2 usage or scenario error; 3 a step could not be run, "
        "or "
        "the service no longer answers; 4 the client is the limit; 130/143 stopped by a signal.",
    .examples =
        "coldswarm capacity s.json --slo 'http_req_duration p(95)<300' --slo 'http_req_failed "
        "rate<0.01' -o runs/cap # requests per second\n"
        "coldswarm capacity s.json --unit users --from 1 --to 500 --slo 'http_req_duration "
        "p(99)<1000' # concurrent users\n"
        "coldswarm capacity s.json --loads 10,20,50,100 --slo 'http_req_duration p(95)<300' # a "
        "sweep\n"
        "coldswarm capacity --resume runs/cap --precision 2 # go on, to be more precise",
    .opts = options,
    .opt_count = sizeof options / sizeof *options,
    .positional_min = 0,
    .positional_max = 1,
    .run = capacity,
};
