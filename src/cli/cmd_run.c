/* coldswarm run: its options and its help; what it does is in run.c. */
#include "cli/command.h"
#include "cli/repeat.h"
#include "cli/run.h"
#include "engine/engine.h"
#include "schedule/load.h"

static const struct opt_def options[] = {
    {.name = "host",
     .letter = 'H',
     .type = OPT_TEXT,
     .meta = "URL",
     .env = "COLDSWARM_HOST",
     .help = "the target, in place of the scenario's"},
    {.name = "users",
     .letter = 'u',
     .type = OPT_INTEGER,
     .meta = "N",
     .min = 1,
     .max = LOAD_USERS_MAX,
     .env = "COLDSWARM_USERS",
     .help = "virtual users at the end of the ramp, in place of the scenario's; with a rate, the "
             "most that are busy at once"},
    {.name = "spawn-rate",
     .letter = 'r',
     .type = OPT_NUMBER,
     .meta = "N",
     .min = 0.001,
     .max = LOAD_USERS_MAX,
     .env = "COLDSWARM_SPAWN_RATE",
     .help = "users that start per second, evenly, in place of the scenario's"},
    {.name = "rate",
     .type = OPT_NUMBER,
     .meta = "N",
     .min = 1.0 / LOAD_MICRO,
     .max = LOAD_RATE_MAX,
     .env = "COLDSWARM_RATE",
     .help = "requests that arrive per second, however long the answers take, in place of the "
             "scenario's users"},
    {.name = "run-time",
     .letter = 't',
     .type = OPT_DURATION,
     .meta = "TIME",
     .env = "COLDSWARM_RUN_TIME",
     .help = "how long new requests are sent, counted from the start, in place of the scenario's"},
    {.name = "tags",
     .letter = 'T',
     .type = OPT_TEXT,
     .meta = "TAGS",
     .repeat = true,
     .env = "COLDSWARM_TAGS",
     .help = "only tasks and steps that have any of these tags; several with commas, or the option "
             "again"},
    {.name = "exclude-tags",
     .letter = 'E',
     .type = OPT_TEXT,
     .meta = "TAGS",
     .repeat = true,
     .env = "COLDSWARM_EXCLUDE_TAGS",
     .help = "no tasks and steps that have any of these tags, whatever --tags says"},
    {.name = "out",
     .local = true,
     .letter = 'o',
     .type = OPT_FILE,
     .meta = "FILE",
     .help = "the run file; runs/NAME-TIME.db if not given"},
    {.name = "report",
     .local = true,
     .type = OPT_FILE,
     .meta = "DIR",
     .help = "also write tables and figures into DIR at the end"},
    {.name = "html",
     .local = true,
     .type = OPT_FILE,
     .meta = "FILE",
     .env = "COLDSWARM_HTML",
     .help = "also write the report as one page at the end; {u}, {r} and {t} in the name stand for "
             "the users, the rate and the run time in seconds"},
    {.name = "transport",
     .type = OPT_CHOICE,
     .meta = "KIND",
     .choices = "auto|curl|direct",
     .env = "COLDSWARM_TRANSPORT",
     .def = "auto",
     .help = "what sends the requests: direct is the faster one, curl does everything; auto takes "
             "direct where it can"},
    {.name = "receive-clock",
     .type = OPT_CHOICE,
     .meta = "WHOSE",
     .choices = "kernel|client",
     .def = "kernel",
     .help = "when an answer has come: as the kernel stamped it, so that a busy client does not "
             "count its own lateness, or when the client read it (as always with curl)"},
    {.name = "no-trace",
     .type = OPT_FLAG,
     .help = "send no traceparent header; a server's log can then not be joined to the requests"},
    {.name = "trace-sampled",
     .type = OPT_FLAG,
     .help = "set the traceparent's sampled flag: the target traces each request, and may pay "
             "for it"},
    {.name = "threads",
     .type = OPT_INTEGER,
     .meta = "N",
     .def = "1",
     .min = 1,
     .max = ENGINE_THREADS_MAX,
     .env = "COLDSWARM_THREADS",
     .help = "threads that share the users"},
    {.name = "seed",
     .type = OPT_INTEGER,
     .meta = "N",
     .min = 0,
     .max = 9007199254740992.0,
     .env = "COLDSWARM_SEED",
     .help = "repeat the random choices of a run: each user draws the same tasks and waits"},
    {.name = "stop-timeout",
     .letter = 's',
     .type = OPT_DURATION,
     .meta = "TIME",
     .def = "30s",
     .env = "COLDSWARM_STOP_TIMEOUT",
     .help = "how long requests under way may take at the end before they are cancelled"},
    {.name = "threshold",
     .type = OPT_TEXT,
     .meta = "EXPR",
     .repeat = true,
     .help =
         "a threshold besides the scenario's, as in 'http_req_duration p(95)<500'; may be given "
         "several times"},
    {.name = "exit-code-on-error",
     .local = true,
     .type = OPT_INTEGER,
     .meta = "N",
     .def = "1",
     .min = 0,
     .max = 255,
     .env = "COLDSWARM_EXIT_CODE_ON_ERROR",
     .help = "the exit code when some request failed that no threshold judges"},
    {.name = "csv",
     .type = OPT_FILE,
     .meta = "PREFIX",
     .local = true,
     .help = "write Locust's CSV files PREFIX_stats.csv, _stats_history.csv, _failures.csv and "
             "_exceptions.csv, anew each second"},
    {.name = "csv-full-history",
     .type = OPT_FLAG,
     .local = true,
     .help = "in PREFIX_stats_history.csv a row for each endpoint too, and percentiles of the last "
             "ten seconds"},
    {.name = "replay",
     .type = OPT_FILE,
     .meta = "RUN.db",
     .local = true,
     .help = "run what that run file records: its scenario, options, seed and so its random "
             "choices; options given beside it come first"},
    {.name = "repeat",
     .type = OPT_INTEGER,
     .meta = "N",
     .def = "1",
     .min = 1,
     .max = REPEAT_MAX,
     .local = true,
     .help = "make so many runs, one after the other, each in a file of its own and with the "
             "next seed, and show their spread"},
    {.name = "pause",
     .type = OPT_DURATION,
     .meta = "TIME",
     .def = "0s",
     .local = true,
     .help = "between two runs of --repeat"},
    {.name = "calibrate",
     .local = true,
     .type = OPT_FLAG,
     .help = "measure first, for a second and a half, what this client adds to each latency: "
             "against a server that does nothing, over plain HTTP"},
    {.name = "only-summary",
     .local = true,
     .type = OPT_FLAG,
     .help = "no progress while running, the tables at the end"},
    {.name = "quiet", .local = true, .type = OPT_FLAG, .help = "nothing but the tables and errors"},
    {.name = "headless",
     .local = true,
     .type = OPT_FLAG,
     .help = "taken for the sake of Locust's command lines; there is no other way to run"},
};

const struct command command_run = {
    .name = "run",
    .usage = "[SCENARIO.json] [options]",
    .summary = "run a load test and record every request",
    .details = "Runs the scenario: virtual users start along its ramp, and each sends a request, "
               "waits, and sends the next. A load by rate (--rate) sends requests when they are "
               "due instead: a request for which no user is free waits with its clock running, and "
               "is not sent when that takes too long. "
               "Every request becomes a row of one SQLite file, readable while the run goes on. At "
               "the end come the tables "
               "of request and response time statistics, the errors and a verdict: whether the "
               "numbers can be believed.\n\n"
               "Without a scenario, --host URL runs the mix of the paper that coldswarm comes "
               "from: GET / and POST /predict "
               "at 1 : 4, by 10 users that start one per second and wait 1 s between requests, for "
               "97 s.\n\n"
               "At the end of the run time, and at Ctrl-C or SIGTERM, no new requests are sent and "
               "those under way may "
               "finish within --stop-timeout; a second Ctrl-C cancels them.",
    .examples =
        "coldswarm run --host http://127.0.0.1:8080 # the paper's mix\n"
        "coldswarm run scenarios/smoke.json -t 5s # a scenario, cut to five seconds\n"
        "coldswarm run -H http://127.0.0.1:8080 --rate 50 -t 1m # 50 requests each second\n"
        "coldswarm run --replay runs/paper.db -H http://127.0.0.1:9090 # the same against another "
        "target\n"
        "coldswarm run s.json --repeat 5 --pause 30s -o r.db # r-1.db to r-5.db, and their spread\n"
        "coldswarm run s.json -u 100 -r 10 -t 2m --report out # 100 users, 10 more each "
        "second, a report",
    .opts = options,
    .opt_count = sizeof options / sizeof *options,
    .positional_min = 0,
    .positional_max = 1,
    .run = run,
};
