#include "commands.h"

#include <stdlib.h>
#include <string.h>

#include "cli/cmd.h"
#include "util/array.h"

#define OPTIONS_MAX 128

#define READY_TIMEOUT                                                                              \
    {                                                                                              \
        .name = "ready-timeout", .local = true, .type = OPT_DURATION, .meta = "TIME", .def = "2m", \
        .help = "how long all parts have to become ready before the start"                         \
    }

/* ---- run ---- */

static const struct opt_def own[] = {
    {.name = "keep-parts",
     .local = true,
     .type = OPT_FLAG,
     .help = "keep the files of the parts, in the folder OUT.db.parts"},
    {.name = "on-lost",
     .local = true,
     .type = OPT_CHOICE,
     .meta = "WHAT",
     .choices = "continue|stop",
     .def = "continue",
     .help = "what the other parts do if one is lost; the merged run is INVALID in any case"},
    READY_TIMEOUT,
};

/* Options of `run` that change no request, and that rank 0 follows. Its other ones of that kind are of
 * one process: files that grow during a run, series of runs. */
static const char *const shared[] = {
    "out",          "report",   "no-figures",    "html",      "quiet",      "exit-code-on-error",
    "only-summary", "headless", "web",           "web-token", "web-linger", "web-base",
    "tls-cert",     "tls-key",  "json-progress", "otlp",      "influx",     "export-interval",
    "export-label", "export-ca"};

static struct opt_def options[OPTIONS_MAX];

struct command commands_run = {
    .program = "coldswarm-mpi",
    .name = "run",
    .usage = "[SCENARIO.json] [options]",
    .summary = "run one load on the machines of an MPI job",
    .details =
        "Start it with mpirun or srun, one rank per machine. Each rank runs its part of the load "
        "with the program coldswarm, which is next to coldswarm-mpi, in PATH, or named by the "
        "variable COLDSWARM. The options are those of coldswarm run, and mean the whole load.\n"
        "\n"
        "All parts start at the same moment, whatever their clocks say, after all are ready. "
        "Nothing is sent if a part cannot start: the message names its host. Rank 0 shows the sum "
        "of all parts, evaluates thresholds with abortOnFail on it, and stops all parts together. "
        "With --web it shows all of them on a page, and --otlp, --influx and --json-progress have "
        "the whole load as one run.\n"
        "\n"
        "Parts write to a local disk ($TMPDIR, or /tmp). At the end rank 0 collects their files, "
        "merges them into the file of --out, and exits with the code that one machine would have. "
        "The other ranks exit with 0.\n"
        "\n"
        "A part that is silent for 3 seconds is reported. After 10 seconds it counts as lost, and "
        "the others go on. With Open MPI, use mpirun --enable-recovery, so that mpirun does not "
        "end all ranks if one dies. Ctrl-C, SIGTERM and the end of a rank stop the load in order: "
        "no file is damaged.\n"
        "\n"
        "coldswarm-mpi capacity searches for the highest load that a service sustains, with all "
        "machines; coldswarm-mpi capacity --help has its options.",
    .examples =
        "mpirun -n 4 --hostfile hosts --bind-to none --enable-recovery coldswarm-mpi run s.json "
        "-o runs/big.db # four machines, with Open MPI\n"
        "srun -N8 -n8 --mpi=pmix coldswarm-mpi run s.json --rate 200000 -o runs/big.db # eight "
        "nodes of a Slurm cluster",
    .opts = options,
    .positional_max = 1,
};

static bool is_here(const struct opt_def *d) {
    for (size_t i = 0; i < COUNT_OF(shared); i++)
        if (strcmp(shared[i], d->name) == 0)
            return true;
    return !d->local;
}

static void collect_run(void) {
    size_t n = 0;
    for (size_t i = 0; i < command_run.opt_count && n < OPTIONS_MAX; i++)
        if (is_here(&command_run.opts[i]))
            options[n++] = command_run.opts[i];
    for (size_t i = 0; i < COUNT_OF(own) && n < OPTIONS_MAX; i++)
        options[n++] = own[i];
    commands_run.opt_count = n;
}

void commands_take_environment(void) {
    for (size_t i = 0; i < command_run.opt_count; i++)
        if (command_run.opts[i].local && command_run.opts[i].env != NULL)
            unsetenv(command_run.opts[i].env);
}

/* ---- capacity ---- */

static const struct opt_def of_search[] = {READY_TIMEOUT};

static struct opt_def search_options[OPTIONS_MAX];

struct command commands_capacity = {
    .program = "coldswarm-mpi",
    .name = "capacity",
    .summary = "find the highest load that a service sustains, with the machines of an MPI job",
    .details =
        "The search of coldswarm capacity, with its options; loads are those of all machines "
        "together. Rank 0 decides each step. All ranks send their parts of it, as with "
        "coldswarm-mpi run, and the folder has the merged run file of each step.\n"
        "\n"
        "A step counts only if every part is VALID. If a rank is lost, the search ends with exit "
        "code 3 and the interval so far. Ctrl-C, SIGTERM and scancel end it too. "
        "--resume goes on, also with another number of ranks.",
    .examples =
        "mpirun -n 4 --hostfile hosts --bind-to none --enable-recovery coldswarm-mpi capacity "
        "s.json --slo 'http_req_duration p(95)<300' --to 500000 -o runs/cap # four machines\n"
        "srun -N8 -n8 --mpi=pmix coldswarm-mpi capacity --resume runs/cap # go on, with eight "
        "nodes of a Slurm cluster",
    .opts = search_options,
};

static void collect_search(void) {
    size_t n = 0;
    for (size_t i = 0; i < command_capacity.opt_count && n < OPTIONS_MAX; i++)
        search_options[n++] = command_capacity.opts[i];
    for (size_t i = 0; i < COUNT_OF(of_search) && n < OPTIONS_MAX; i++)
        search_options[n++] = of_search[i];
    commands_capacity.opt_count = n;
    commands_capacity.usage = command_capacity.usage;
    commands_capacity.positional_max = command_capacity.positional_max;
}

/* ---- both ---- */

void commands_collect(void) {
    collect_run();
    collect_search();
}

struct command *commands_find(const char *name) {
    struct command *const all[] = {&commands_run, &commands_capacity};
    for (size_t i = 0; i < COUNT_OF(all); i++)
        if (strcmp(all[i]->name, name) == 0)
            return all[i];
    return NULL;
}
