/* `coldswarm web`: its options and its help. The work is in hosting.c. */
#include "cli/cmd.h"
#include "cli/command.h"
#include "cli/hosting.h"

static const struct opt_def options[] = {
    {.name = "port",
     .letter = 'P',
     .type = OPT_TEXT,
     .meta = "[ADDR:]PORT",
     .def = "8089",
     .help = "where the page is; 0 is any free port, and another address than 127.0.0.1 needs a "
             "token"},
    {.name = "host",
     .letter = 'H',
     .type = OPT_TEXT,
     .meta = "URL",
     .repeat = true,
     .help = "target that the form offers; the first is used for a start without one"},
    {.name = "out",
     .letter = 'o',
     .type = OPT_FILE,
     .meta = "DIR",
     .def = "runs",
     .help = "folder of the run files, whose runs the page lists"},
    {.name = "web-token",
     .type = OPT_TEXT,
     .meta = "TOKEN",
     .env = "COLDSWARM_WEB_TOKEN",
     .help = "the page and the metrics need this token; the environment hides it from other users"},
    {.name = "web-base",
     .type = OPT_TEXT,
     .meta = "PATH",
     .help = "path of the page, for a reverse proxy, such as /load"},
    {.name = "tls-cert",
     .type = OPT_FILE,
     .meta = "FILE",
     .help = "certificate for https, in PEM; needs --tls-key"},
    {.name = "tls-key",
     .type = OPT_FILE,
     .meta = "FILE",
     .help = "private key of --tls-cert, in PEM"},
};

const struct command command_web = {
    .name = "web",
    .usage = "[SCENARIO.json|FOLDER] [options]",
    .summary = "start and watch runs on a page, one after the other",
    .details =
        "Opens a page in which a run is started, watched, changed and stopped, as Locust's page "
        "does. It offers the scenarios (*.json) of the folder, or the one that is given; without "
        "an argument, those of the current folder. What the form leaves empty is as in the "
        "scenario. Each run is a run file in --out, the same as that of `run`, whose options also "
        "come from the environment (such as COLDSWARM_THREADS).\n"
        "\n"
        "The page lists the runs in --out, with their reports in every format, and compares two. "
        "It also answers Locust's /swarm and /stop, and has /metrics for Prometheus. docs/live.md "
        "describes all addresses.\n"
        "\n"
        "It stays until Ctrl-C, which first ends a run in progress as Ctrl-C on `run` does.",
    .examples = "coldswarm web # the scenarios of this folder, at http://127.0.0.1:8089/\n"
                "coldswarm web scenarios --host http://127.0.0.1:8080 # with a target\n"
                "coldswarm web shop.json --port 0.0.0.0:8089 # for others too; prints a token",
    .opts = options,
    .opt_count = sizeof options / sizeof *options,
    .positional_max = 1,
    .run = hosting_run,
};
