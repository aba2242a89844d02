/* `coldswarm run`: its options and its help. The work is in run.c. */
#include "cli/cmd.h"
#include "cli/command.h"
#include "cli/listeners.h"
#include "cli/repeat.h"
#include "cli/run.h"
#include "cli/shared_opts.h"
#include "cli/stream_scenario.h"
#include "schedule/load.h"

static const struct opt_def options[] = {
    SHARED_OPT_HOST,
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
    {.name = "change",
     .type = OPT_TEXT,
     .meta = "CHANGE",
     .repeat = true,
     .help = "change the load at a time of the run: '30s users=50 spawn_rate=5', or '30s rate=200' "
             "with an arrival rate"},
    {.name = "no-keys",
     .local = true,
     .type = OPT_FLAG,
     .help = "do not read the keys w, W, s and S, which change the load, from the terminal"},
    SHARED_OPT_TAGS,
    SHARED_OPT_EXCLUDE_TAGS,
    {.name = "out",
     .local = true,
     .letter = 'o',
     .type = OPT_FILE,
     .meta = "FILE",
     .help = "run file to write (default: runs/NAME-TIME.db); with a / at its end, the folder of "
             "NAME-TIME.db"},
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
    SHARED_OPT_TRANSPORT,
    SHARED_OPT_SOURCE,
    SHARED_OPT_RECEIVE_CLOCK,
    SHARED_OPT_NO_TRACE,
    {.name = "trace-sampled",
     .type = OPT_FLAG,
     .help = "set the sampled flag in traceparent: the target traces every request, which may cost "
             "money"},
    SHARED_OPT_THREADS,
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
     .local = true,
     .help = "file descriptor of a socket to an agent that starts, changes and stops this run, and "
             "gets a report every second; coldswarm-mpi uses it with --shard"},
    {.name = "seed",
     .type = OPT_INTEGER,
     .meta = "N",
     .min = 0,
     .max = 9007199254740992.0,
     .env = "COLDSWARM_SEED",
     .help = "random seed; the same seed gives each user the same tasks and waits"},
    SHARED_OPT_STOP_TIMEOUT,
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
    {.name = "web",
     .local = true,
     .type = OPT_TEXT,
     .meta = "[ADDR:]PORT",
     .env = "COLDSWARM_WEB",
     .help = "show the run on a page at this port while it goes on, with /metrics for Prometheus; "
             "0 is any free port, and another address than 127.0.0.1 needs a token"},
    {.name = "web-token",
     .local = true,
     .type = OPT_TEXT,
     .meta = "TOKEN",
     .needs = "web",
     .env = "COLDSWARM_WEB_TOKEN",
     .help = "the page and the metrics need this token; the environment hides it from other users"},
    {.name = "web-linger",
     .local = true,
     .type = OPT_DURATION,
     .meta = "TIME",
     .def = "0s",
     .needs = "web",
     .help = "keep the page and the metrics this long after the run, for a last scrape"},
    {.name = "web-base",
     .local = true,
     .type = OPT_TEXT,
     .meta = "PATH",
     .needs = "web",
     .help = "path of the page, for a reverse proxy, such as /load"},
    {.name = "tls-cert",
     .local = true,
     .type = OPT_FILE,
     .meta = "FILE",
     .needs = "web",
     .help = "certificate for https, in PEM; needs --tls-key"},
    {.name = "tls-key",
     .local = true,
     .type = OPT_FILE,
     .meta = "FILE",
     .needs = "web",
     .help = "private key of --tls-cert, in PEM"},
    {.name = "json-progress",
     .local = true,
     .type = OPT_TEXT,
     .meta = "FD|FILE",
     .help = "write the state of the run as a line of JSON once a second, to a file descriptor or "
             "a file; docs/live.md describes it"},
    {.name = "otlp",
     .local = true,
     .type = OPT_TEXT,
     .meta = "URL",
     .env = "COLDSWARM_OTLP",
     .help = "send metrics to this OpenTelemetry receiver over HTTP while the run goes on, such as "
             "http://localhost:4318; headers come from OTEL_EXPORTER_OTLP_HEADERS"},
    {.name = "influx",
     .local = true,
     .type = OPT_TEXT,
     .meta = "URL",
     .env = "COLDSWARM_INFLUX",
     .help = "write metrics to an InfluxDB while the run goes on: http://HOST:8086/DATABASE, or "
             "http://HOST:8086/api/v2/write?org=ORG&bucket=BUCKET; INFLUX_TOKEN, or "
             "INFLUX_USERNAME and INFLUX_PASSWORD, give access"},
    {.name = "export-interval",
     .local = true,
     .type = OPT_DURATION,
     .meta = "TIME",
     .def = "1s",
     .help = "time between two exports of --otlp and --influx"},
    {.name = "export-label",
     .local = true,
     .type = OPT_TEXT,
     .meta = "KEY=VALUE",
     .repeat = true,
     .help = "add a resource attribute to --otlp and a tag to --influx, such as testid=42"},
    {.name = "export-ca",
     .local = true,
     .type = OPT_FILE,
     .meta = "FILE",
     .help = "trust this certificate authority for --otlp and --influx, in PEM"},
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
    return run(a, &run_tables, NULL);
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
