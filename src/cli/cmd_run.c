/* `coldswarm run`: its options and its help. The work is in run.c. */
#include "cli/cmd.h"
#include "cli/command.h"
#include "cli/listeners.h"
#include "cli/repeat.h"
#include "cli/run.h"
#include "cli/stream_scenario.h"
#include "engine/engine.h"
#include "schedule/load.h"

static const struct opt_def options[] = {
    {.name = "host",
     .letter = 'H',
     .type = OPT_TEXT,
     .meta = "URL",
     .env = "COLDSWARM_HOST",
     .help = "target URL; overrides the scenario"},
    {.name = "users",
     .letter = 'u',
     .type = OPT_INTEGER,
     .meta = "N",
     .min = 1,
     .max = LOAD_USERS_MAX,
     .env = "COLDSWARM_USERS",
     .help = "number of virtual users after the ramp; with a rate, the most that send at once; "
             "overrides the scenario"},
    {.name = "spawn-rate",
     .letter = 'r',
     .type = OPT_NUMBER,
     .meta = "N",
     .min = 0.001,
     .max = LOAD_USERS_MAX,
     .env = "COLDSWARM_SPAWN_RATE",
     .help = "users to start per second, evenly spaced; overrides the scenario"},
    {.name = "rate",
     .type = OPT_NUMBER,
     .meta = "N",
     .min = 1.0 / LOAD_MICRO,
     .max = LOAD_RATE_MAX,
     .env = "COLDSWARM_RATE",
     .help = "arrival rate in requests per second, independent of response times; replaces the "
             "scenario's users"},
    {.name = "speed",
     .type = OPT_NUMBER,
     .meta = "N",
     .min = 1.0 / LOAD_MICRO,
     .max = LOAD_SPEED_MAX,
     .env = "COLDSWARM_SPEED",
     .help = "how many times faster than recorded to replay the scenario's trace"},
    {.name = "stream",
     .type = OPT_CHOICE,
     .meta = "FORMAT",
     .choices = STREAM_SCENARIO_FORMATS,
     .help =
         "without a scenario: send prompts to a service of a language model at --host, and time "
         "each token of its answers"},
    {.name = "model",
     .type = OPT_TEXT,
     .meta = "NAME",
     .help = "model for --stream (default: the first that the service names at /v1/models)"},
    {.name = "prompt-words",
     .type = OPT_INTEGER,
     .meta = "N",
     .def = "100",
     .min = 1,
     .max = 1000000,
     .help = "words of each prompt of --stream; no two prompts are equal"},
    {.name = "max-tokens",
     .type = OPT_INTEGER,
     .meta = "N",
     .def = "128",
     .min = 1,
     .max = 1000000,
     .help = "tokens that --stream asks for in each answer"},
    {.name = "run-time",
     .letter = 't',
     .type = OPT_DURATION,
     .meta = "TIME",
     .env = "COLDSWARM_RUN_TIME",
     .help = "how long to send new requests, from the start of the run; overrides the scenario"},
    {.name = "tags",
     .letter = 'T',
     .type = OPT_TEXT,
     .meta = "TAGS",
     .repeat = true,
     .env = "COLDSWARM_TAGS",
     .help = "run only tasks and steps with any of these tags; separate tags with commas"},
    {.name = "exclude-tags",
     .letter = 'E',
     .type = OPT_TEXT,
     .meta = "TAGS",
     .repeat = true,
     .env = "COLDSWARM_EXCLUDE_TAGS",
     .help = "skip tasks and steps with any of these tags; takes precedence over --tags"},
    {.name = "out",
     .local = true,
     .letter = 'o',
     .type = OPT_FILE,
     .meta = "FILE",
     .help = "run file to write (default: runs/NAME-TIME.db)"},
    {.name = "report",
     .local = true,
     .type = OPT_FILE,
     .meta = "DIR",
     .help = "write tables and figures to DIR at the end"},
    {.name = "no-figures",
     .needs = "report",
     .local = true,
     .type = OPT_FLAG,
     .help = "do not draw the figures of --report; still write their data and scripts"},
    {.name = "html",
     .local = true,
     .type = OPT_FILE,
     .meta = "FILE",
     .env = "COLDSWARM_HTML",
     .help = "write the report as one HTML page at the end; {u}, {r} and {t} in the name become "
             "the users, the rate and the run time in seconds"},
    {.name = "transport",
     .type = OPT_CHOICE,
     .meta = "KIND",
     .choices = "auto|curl|direct",
     .env = "COLDSWARM_TRANSPORT",
     .def = "auto",
     .help = "HTTP client: direct is faster, curl supports everything; auto uses direct if it "
             "supports the scenario"},
    {.name = "source",
     .type = OPT_TEXT,
     .meta = "ADDRESSES",
     .repeat = true,
     .env = "COLDSWARM_SOURCE",
     .help = "local addresses to connect from; users take them in turn, and each adds its own "
             "range of ports; separate addresses with commas; overrides the scenario"},
    {.name = "receive-clock",
     .type = OPT_CHOICE,
     .meta = "WHOSE",
     .choices = "kernel|client",
     .def = "kernel",
     .help = "clock for the end of a response: the kernel's receive timestamp, which excludes the "
             "delay of a busy client, or the time when the client read it (curl always does this)"},
    {.name = "no-trace",
     .type = OPT_FLAG,
     .help =
         "do not send the traceparent header; server logs cannot be joined to the requests then"},
    {.name = "trace-sampled",
     .type = OPT_FLAG,
     .help = "set the sampled flag in traceparent: the target traces every request, which may cost "
             "money"},
    {.name = "threads",
     .type = OPT_INTEGER,
     .meta = "N",
     .def = "1",
     .min = 1,
     .max = ENGINE_THREADS_MAX,
     .env = "COLDSWARM_THREADS",
     .help = "number of threads; they share the users"},
    {.name = "shard",
     .type = OPT_TEXT,
     .meta = "I/N",
     .local = true,
     .help = "send only part I (from 0) of N of the load, as one of several machines; auto takes "
             "both from Slurm, MPI, Cloud Run Jobs or Kubernetes; needs --seed and --start-at"},
    {.name = "start-at",
     .type = OPT_TEXT,
     .meta = "UTC",
     .local = true,
     .help = "start the load at this time, such as 2026-11-29T12:00:00Z; refused if it is past"},
    {.name = "control",
     .type = OPT_TEXT,
     .meta = "FD",
     .needs = "shard",
     .local = true,
     .help = "file descriptor of a socket to an agent that starts and stops this part, and gets a "
             "report every second; coldswarm-mpi uses it"},
    {.name = "seed",
     .type = OPT_INTEGER,
     .meta = "N",
     .min = 0,
     .max = 9007199254740992.0,
     .env = "COLDSWARM_SEED",
     .help = "random seed; the same seed gives each user the same tasks and waits"},
    {.name = "stop-timeout",
     .letter = 's',
     .type = OPT_DURATION,
     .meta = "TIME",
     .def = "30s",
     .env = "COLDSWARM_STOP_TIMEOUT",
     .help = "time for requests in flight to finish at the end before they are cancelled"},
    {.name = "threshold",
     .type = OPT_TEXT,
     .meta = "EXPR",
     .repeat = true,
     .help = "add a threshold to the scenario's, such as 'http_req_duration p(95)<500'"},
    {.name = "exit-code-on-error",
     .local = true,
     .type = OPT_INTEGER,
     .meta = "N",
     .def = "1",
     .min = 0,
     .max = 255,
     .env = "COLDSWARM_EXIT_CODE_ON_ERROR",
     .help = "exit code if requests failed that no threshold covers"},
    {.name = "csv",
     .type = OPT_FILE,
     .meta = "PREFIX",
     .local = true,
     .help = "write Locust's CSV files PREFIX_stats.csv, _stats_history.csv, _failures.csv and "
             "_exceptions.csv, updated every second"},
    {.name = "csv-full-history",
     .type = OPT_FLAG,
     .needs = "csv",
     .local = true,
     .help = "add a row per endpoint to PREFIX_stats_history.csv, with percentiles of the last ten "
             "seconds"},
    {.name = "replay",
     .type = OPT_FILE,
     .meta = "RUN.db",
     .local = true,
     .help = "repeat a recorded run with its scenario, options, seed and random choices; other "
             "options on the command line override it"},
    {.name = "repeat",
     .type = OPT_INTEGER,
     .meta = "N",
     .def = "1",
     .min = 1,
     .max = REPEAT_MAX,
     .local = true,
     .help = "make N runs in sequence, each with its own file and the next seed, and show the "
             "variation between them"},
    {.name = "pause",
     .type = OPT_DURATION,
     .meta = "TIME",
     .def = "0s",
     .local = true,
     .help = "pause between the runs of --repeat"},
    {.name = "calibrate",
     .local = true,
     .type = OPT_FLAG,
     .help = "before the run, measure for 1.5 s how much latency this client adds, against a local "
             "HTTP server that does no work"},
    {.name = "json-progress",
     .local = true,
     .type = OPT_TEXT,
     .meta = "FD|FILE",
     .help = "write the state of the run as a line of JSON once a second, to a file descriptor or "
             "a file; docs/live.md describes it"},
    {.name = "only-summary",
     .local = true,
     .type = OPT_FLAG,
     .help = "show no progress during the run, only the tables at the end"},
    {.name = "quiet", .local = true, .type = OPT_FLAG, .help = "print only the tables and errors"},
    {.name = "headless",
     .local = true,
     .type = OPT_FLAG,
     .help = "ignored, for compatibility with Locust; every run is headless"},
};

static int run_with_all(const struct args *a) {
    return run(a, &run_tables);
}

const struct command command_run = {
    .name = "run",
    .usage = "[SCENARIO.json] [options]",
    .summary = "run a load test and record every request",
    .details =
        "Runs the scenario. Virtual users start along its ramp; each sends a request, waits, and "
        "sends the next. With an arrival rate (--rate), requests start on schedule instead. A "
        "request waits if no user is free; the wait counts as response time. If the wait exceeds "
        "the queue timeout, the request is dropped.\n"
        "\n"
        "Every request becomes a row of one SQLite file, which can be read during the run. The run "
        "ends with tables of request and response time statistics, the errors and a verdict on "
        "whether the measurement is reliable.\n"
        "\n"
        "Without a scenario, --host URL runs a built-in mix: GET / and POST /predict at a ratio of "
        "1:4. 10 users start at one per second, wait 1 s between requests, and run for 97 s. The "
        "paper behind coldswarm used this mix.\n"
        "\n"
        "With --stream FORMAT instead, each request is a prompt of its own to a service of a "
        "language model, such as vLLM, and every token of the answer is timed. One user sends one "
        "prompt after the other for a minute, unless --users, --rate and --run-time say otherwise. "
        "The key of the service is read from OPENAI_API_KEY or ANTHROPIC_API_KEY.\n"
        "\n"
        "At the end of the run time, and on Ctrl-C, SIGTERM or SIGHUP, coldswarm sends no new "
        "requests and "
        "waits up to --stop-timeout for those in flight. A second Ctrl-C cancels them.",
    .examples = "coldswarm run scenarios/smoke.json -t 5s # run a scenario for five seconds\n"
                "coldswarm run -H http://127.0.0.1:8000 --stream openai --prompt-words 200 "
                "--max-tokens 128 --rate 2 -t 1m # two prompts per second to a vLLM server\n"
                "coldswarm run s.json -u 100 -r 10 -t 2m --report out # 100 users, ten more per "
                "second, and a report\n"
                "coldswarm run s.json --repeat 5 --pause 30s -o r.db # five runs, r-1.db to "
                "r-5.db, and their variation",
    .opts = options,
    .opt_count = sizeof options / sizeof *options,
    .positional_min = 0,
    .positional_max = 1,
    .run = run_with_all,
};
