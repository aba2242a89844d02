/*
 * coldswarm-mpi: runs one load on the machines of an MPI job, and makes one run file of it.
 *
 * Each rank starts `coldswarm run --shard R/N --control FD` (agent.h). Rank 0 also has the whole
 * (hub.h): it starts and stops all parts together, shows their sum, collects their files and merges
 * them. The base program does not need MPI.
 */
#include <inttypes.h>
#include <locale.h>
#include <mpi.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "agent.h"
#include "cli/cmd.h"
#include "cli/command_internal.h"
#include "cli/program.h"
#include "cli/show.h"
#include "hub.h"
#include "result.h"
#include "util/array.h"
#include "util/clock.h"

#define OPTIONS_MAX 128
/* How often a rank looks for messages. */
#define PAUSE_NS (5 * NS_PER_MS)
#define PAUSE_QUIET_NS (100 * NS_PER_MS)
/* While a file is sent: MPI moves it in steps, one for each look. */
#define PAUSE_BUSY_NS (100 * NS_PER_US)
#define BUSY_NS (50 * NS_PER_MS)
#define LARGE_BYTES ((size_t)256 << 10)
#define LAST_WORDS_NS (2 * NS_PER_S)

/* ---- options ---- */

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
    {.name = "ready-timeout",
     .local = true,
     .type = OPT_DURATION,
     .meta = "TIME",
     .def = "2m",
     .help = "how long all parts have to become ready before the start"},
};

/* Options of `run` that change no request, and that rank 0 follows. Its other ones of that kind are of
 * one process: files that grow during a run, series of runs. */
static const char *const shared[] = {"out",          "report",  "no-figures",
                                     "html",         "quiet",   "exit-code-on-error",
                                     "only-summary", "headless"};

static struct opt_def options[OPTIONS_MAX];

static struct command command_mpi = {
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
        "of all parts, evaluates thresholds with abortOnFail on it, and stops all parts together.\n"
        "\n"
        "Parts write to a local disk ($TMPDIR, or /tmp). At the end rank 0 collects their files, "
        "merges them into the file of --out, and exits with the code that one machine would have. "
        "The other ranks exit with 0.\n"
        "\n"
        "A part that is silent for 3 seconds is reported. After 10 seconds it counts as lost, and "
        "the others go on. With Open MPI, use mpirun --enable-recovery, so that mpirun does not "
        "end all ranks if one dies. Ctrl-C, SIGTERM and the end of a rank stop the load in order: "
        "no file is damaged.",
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

static void collect_options(void) {
    size_t n = 0;
    for (size_t i = 0; i < command_run.opt_count && n < OPTIONS_MAX; i++)
        if (is_here(&command_run.opts[i]))
            options[n++] = command_run.opts[i];
    for (size_t i = 0; i < COUNT_OF(own) && n < OPTIONS_MAX; i++)
        options[n++] = own[i];
    command_mpi.opt_count = n;
}

/* ---- signals ---- */

static volatile sig_atomic_t signals, last_signal;

static void on_signal(int number) {
    signals++;
    last_signal = number;
}

static void catch_signals(void) {
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < COUNT_OF(numbers); i++)
        sigaction(numbers[i], &action, NULL);
    signal(SIGPIPE, SIG_IGN);
}

/* ---- a rank ---- */

static void nap(int64_t ns) {
    const struct timespec t = {.tv_nsec = ns};
    nanosleep(&t, NULL);
}

/* Messages to the agent of rank 0 and those to the hub are told apart by their sender's side: both
 * have words of their own. */
static bool is_for_agent(const char *text) {
    static const char *const words[] = {"begin", "say",  "clock", "quiet",
                                        "kill",  "send", "drop",  "bye"};
    size_t n = strcspn(text, " \n");
    for (size_t i = 0; i < COUNT_OF(words); i++)
        if (strlen(words[i]) == n && memcmp(text, words[i], n) == 0)
            return true;
    return false;
}

/* Returns whether a large one came: a piece of a file. */
static bool take_messages(struct mail *m, struct agent *a, struct hub *h, struct buf *message) {
    int from;
    bool large = false;
    while (mail_next(m, &from, message)) {
        large = large || message->len > LARGE_BYTES;
        const char *text = buf_text(message);
        if (h == NULL || (from == 0 && is_for_agent(text)))
            agent_message(a, text, message->len);
        else
            hub_message(h, from, text, message->len);
    }
    return large;
}

/* Until there is nothing more to do. */
static void serve(struct mail *m, struct agent *a, struct hub *h) {
    struct buf message;
    int64_t busy_ns = 0; /* until when a file is on its way */
    buf_init(&message, SIZE_MAX / 2);
    while (!a->over && (h == NULL || !hub_is_over(h))) {
        mail_turn(m);
        bool large = take_messages(m, a, h, &message);
        agent_turn(a, signals, last_signal);
        if (h != NULL)
            hub_turn(h);
        bool quiet = h != NULL ? hub_is_quiet(h) : a->quiet;
        if (large || a->file >= 0)
            busy_ns = clock_mono_ns() + BUSY_NS;
        nap(quiet ? PAUSE_QUIET_NS : busy_ns > clock_mono_ns() ? PAUSE_BUSY_NS : PAUSE_NS);
    }
    /* What rank 0 has said to its own agent. */
    mail_turn(m);
    take_messages(m, a, h, &message);
    buf_done(&message);
}

static void say_bye(struct mail *m, bool lost) {
    int64_t until_ns = clock_mono_ns() + LAST_WORDS_NS;
    for (int i = 1; i < mail_size(m); i++)
        mail_text(m, i, "bye %d", lost);
    while (mail_waiting(m, -1) > 0 && clock_mono_ns() < until_ns) {
        mail_turn(m);
        nap(NS_PER_MS);
    }
}

static void choose_job(const struct args *a, struct launch_job *job) {
    uint64_t id = 0;
    uint32_t seed = 1;
    if (getrandom(&id, sizeof id, 0) != (ssize_t)sizeof id || id == 0)
        id = (uint64_t)clock_real_ns();
    if (getrandom(&seed, sizeof seed, 0) != (ssize_t)sizeof seed)
        seed = (uint32_t)clock_real_ns();
    job->seed = opt_given(a, "seed") ? (uint64_t)opt_integer(a, "seed") : seed;
    snprintf(job->trace, sizeof job->trace, "%016" PRIx64, id);
}

/* Ends MPI. If a rank does not answer, MPI_Finalize() could wait for ever. With mpirun
 * --enable-recovery, MPI_Abort() ends this rank only. */
static void finalize(bool lost, int code) {
    fflush(stdout);
    fflush(stderr);
    if (lost)
        MPI_Abort(MPI_COMM_WORLD, code);
    MPI_Finalize();
}

static int finish(const struct args *a, struct mail *m, struct hub *h, const char *out,
                  const char *folder) {
    struct hub_result r;
    hub_result(h, &r);
    const struct result_options o = {.args = a,
                                     .folder = folder,
                                     .files = (const char *const *)r.files,
                                     .file_count = r.file_count,
                                     .partial = r.partial};
    bool merged = r.code == EXIT_OK;
    int code = r.code;
    if (!r.lost) {
        say_bye(m, false);
        finalize(false, code);
    }
    if (merged)
        code = result_make(&o, out);
    else
        result_forget(folder);
    if (r.lost) {
        say_bye(m, true);
        finalize(true, code);
    }
    return code;
}

static int lead(const struct args *a, struct mail *m) {
    struct hub_options o = {.args = a,
                            .ready_timeout_ns = opt_duration(a, "ready-timeout"),
                            .stop_when_lost = strcmp(opt_text(a, "on-lost"), "stop") == 0};
    char out[4096], folder[4096];
    struct agent agent;
    struct hub *h = NULL;
    struct err e = {""};
    choose_job(a, &o.job);
    agent_init(&agent, m, a);
    if (result_prepare(a, out, sizeof out, folder, sizeof folder, &e) != 0) {
        command_error(EXIT_RUNTIME, e.text);
        finalize(true, EXIT_RUNTIME);
    }
    o.folder = folder;
    if (hub_new(&o, m, &h, &e) != 0) {
        command_error(EXIT_RUNTIME, e.text);
        finalize(true, EXIT_RUNTIME);
    }
    serve(m, &agent, h);
    int code = finish(a, m, h, out, folder);
    agent_done(&agent);
    hub_free(h);
    return code;
}

static int follow(const struct args *a, struct mail *m) {
    struct agent agent;
    agent_init(&agent, m, a);
    serve(m, &agent, NULL);
    int code = agent.exit_code;
    bool abandoned = agent.abandoned;
    agent_done(&agent);
    if (abandoned)
        _exit(code);
    finalize(code != EXIT_OK, code);
    return code;
}

/* A launcher of another MPI starts ranks that do not know each other: each would run the whole. */
static int check_launcher(const struct mail *m, struct err *e) {
    static const char *const names[] = {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "SLURM_STEP_NUM_TASKS"};
    for (size_t i = 0; i < COUNT_OF(names) && mail_size(m) == 1; i++) {
        const char *value = getenv(names[i]);
        if (value != NULL && strtol(value, NULL, 10) > 1)
            return err_set(e,
                           "the launcher has started %s ranks, but MPI finds only this one; this "
                           "coldswarm-mpi was built for another MPI (make mpi MPICC=...), or the "
                           "launcher needs an option (srun --mpi=pmix or pmi2)",
                           value);
    }
    return 0;
}

static int run(const struct args *a) {
    struct mail *m = NULL;
    struct err e = {""};
    int code;
    catch_signals();
    MPI_Init(NULL, NULL);
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    if (mail_new(&m, &e) != 0 || check_launcher(m, &e) != 0) {
        code = command_error(EXIT_RUNTIME, e.text);
        finalize(true, code);
        return code;
    }
    code = mail_rank(m) == 0 ? lead(a, m) : follow(a, m);
    mail_free(m);
    return code;
}

/* ---- the command line ---- */

static int usage(const char *error) {
    command_error(EXIT_USAGE, error);
    fputs("Run 'coldswarm-mpi run --help' for the options.\n", stderr);
    return EXIT_USAGE;
}

int main(int argc, char **argv) {
    struct args *a = NULL;
    struct err e = {""};
    setlocale(LC_CTYPE, "");
    collect_options();
    command_mpi.run = run;
    if (argc == 2 && (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0))
        return show_version();
    if (argc == 2 && strcmp(argv[1], "--man") == 0)
        return show_manpage(&command_mpi);
    if (argc < 2 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
        return argc < 2 ? usage("write: coldswarm-mpi run SCENARIO.json") : show_help(&command_mpi);
    if (strcmp(argv[1], "run") != 0)
        return usage("the first word must be run");
    if (args_parse(&command_mpi, argc, argv, 2, &a, &e) != 0)
        return usage(e.text);
    int code = args_wants(a) == ARGS_WANTS_HELP      ? show_help(&command_mpi)
               : args_wants(a) == ARGS_WANTS_VERSION ? show_version()
                                                     : run(a);
    args_free(a);
    return code;
}
