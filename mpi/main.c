/*
 * coldswarm-mpi: runs one load on the machines of an MPI job, and makes one run file of it.
 *
 * Each rank starts `coldswarm run --shard R/N --control FD` (agent.h). Rank 0 also has the whole
 * (hub.h): it starts and stops all parts together, shows their sum, collects their files and merges
 * them. A search for capacity makes several such loads (search_mpi.h). The base program does not need MPI.
 */
#include <locale.h>
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent.h"
#include "cli/capacity_step.h"
#include "cli/command_internal.h"
#include "cli/exporting.h"
#include "cli/json_progress.h"
#include "cli/serving.h"
#include "cli/show.h"
#include "commands.h"
#include "control/signals.h"
#include "hub.h"
#include "result.h"
#include "search_mpi.h"
#include "serve.h"
#include "util/array.h"

/* ---- a rank ---- */

static void conclude(void *context, const struct reader_run *run,
                     const struct thresholds *thresholds, int code) {
    hub_conclude(context, run, thresholds, code);
}

static void complete(void *context, const char *path) {
    hub_keep_notes(context, path);
}

static int finish(const struct args *a, struct mail *m, struct hub *h, const char *out,
                  const char *folder) {
    struct hub_result r;
    hub_result(h, &r);
    const struct result_options o = {.args = a,
                                     .folder = folder,
                                     .files = (const char *const *)r.files,
                                     .file_count = r.file_count,
                                     .partial = r.partial,
                                     .conclude = conclude,
                                     .complete = complete,
                                     .context = h};
    bool merged = r.code == EXIT_OK;
    int code = r.code;
    if (!r.lost) {
        serve_bye(m, false);
        serve_finalize(false, code);
    }
    if (merged)
        code = result_make(&o, out);
    else
        result_forget(folder);
    hub_linger(h, code);
    hub_close_views(h);
    if (r.lost) {
        serve_bye(m, true);
        serve_finalize(true, code);
    }
    return code;
}

/* The options that rank 0 follows itself. Before MPI begins, because its own descriptors are no files
 * that somebody has opened for --json-progress. */
static void check_options(const struct args *a, struct err *mistake) {
    const char *launcher = getenv("PMI_FD"), *progress = opt_text(a, "json-progress");
    struct err why;
    if (serving_check(a, mistake) != 0 || exporting_check(a, mistake) != 0)
        return;
    if (launcher != NULL && progress != NULL && strcmp(launcher, progress) == 0)
        err_set(mistake, "--json-progress %s: this descriptor is the launcher's; give a file",
                progress);
    else if (json_progress_check(a, &why) != 0)
        err_set(mistake, "%s; launchers of MPI pass on only 1 and 2, so give a file", why.text);
}

static int lead(const struct args *a, struct mail *m, const struct err *mistake) {
    struct hub_options o = {.args = a,
                            .ready_timeout_ns = opt_duration(a, "ready-timeout"),
                            .stop_when_lost = strcmp(opt_text(a, "on-lost"), "stop") == 0};
    char out[4096], folder[4096];
    struct agent agent;
    struct serve s = {.mail = m, .agent = &agent};
    struct err e = {""};
    launch_choose(&o.job, a);
    agent_init(&agent, m, a, false);
    if (mistake->text[0] != '\0') {
        command_error(EXIT_USAGE, mistake->text);
        serve_finalize(true, EXIT_USAGE);
    }
    if (result_prepare(a, out, sizeof out, folder, sizeof folder, &e) != 0) {
        command_error(EXIT_RUNTIME, e.text);
        serve_finalize(true, EXIT_RUNTIME);
    }
    o.folder = folder;
    o.out = out;
    if (hub_new(&o, m, &s.hub, &e) != 0) {
        result_forget(folder);
        command_error(EXIT_RUNTIME, e.text);
        serve_finalize(true, EXIT_RUNTIME);
    }
    serve_load(&s, false);
    int code = finish(a, m, s.hub, out, folder);
    agent_done(&agent);
    hub_free(s.hub);
    return code;
}

static int follow(const struct args *a, struct mail *m, bool search, const struct err *mistake) {
    struct agent agent;
    struct serve s = {.mail = m, .agent = &agent};
    agent_init(&agent, m, a, search);
    agent.mistake = mistake->text;
    serve_load(&s, false);
    int code = agent.exit_code;
    bool abandoned = agent.abandoned;
    agent_done(&agent);
    if (abandoned)
        _exit(code);
    serve_finalize(code != EXIT_OK, code);
    return code;
}

/* How many ranks a launcher says that it has started; NULL: there is none, or one. */
static const char *launched(void) {
    static const char *const names[] = {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "SLURM_STEP_NUM_TASKS"};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        const char *value = getenv(names[i]);
        if (value != NULL && strtol(value, NULL, 10) > 1)
            return value;
    }
    return NULL;
}

/* A launcher of another MPI starts ranks that do not know each other: each would run the whole. */
static int check_launcher(const struct mail *m, struct err *e) {
    const char *value = launched();
    if (mail_size(m) > 1 || value == NULL)
        return 0;
    return err_set(e,
                   "the launcher has started %s ranks, but MPI finds only this one; this "
                   "coldswarm-mpi was built for another MPI (make mpi MPICC=...), or the launcher "
                   "needs an option (srun --mpi=pmix or pmi2)",
                   value);
}

/* MPI, and the messages; on failure MPI has ended. */
static int join_job(struct mail **m) {
    struct err e = {""};
    sigset_t all, before;
    serve_signals();
    /* Signals are for this thread, not for those of MPI: the page may wait for one. The load
     * processes have no page. */
    signals_set(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    MPI_Init(NULL, NULL);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    if (mail_new(m, &e) == 0 && check_launcher(*m, &e) == 0)
        return 0;
    command_error(EXIT_RUNTIME, e.text);
    serve_finalize(true, EXIT_RUNTIME);
    return -1;
}

static int start(const struct args *a, bool search) {
    struct mail *m = NULL;
    struct err mistake = {""};
    int code;
    if (!search)
        check_options(a, &mistake);
    commands_take_environment();
    if (join_job(&m) != 0)
        return EXIT_RUNTIME;
    if (mail_rank(m) != 0)
        code = follow(a, m, search, &mistake);
    else
        code = search ? search_mpi_lead(a, m) : lead(a, m, &mistake);
    mail_free(m);
    return code;
}

static int run(const struct args *a) {
    return start(a, false);
}

static int capacity_of_all(const struct args *a) {
    capacity_step_environment();
    return start(a, true);
}

/* ---- the command line ---- */

static int usage(const char *error) {
    command_error(EXIT_USAGE, error);
    fputs("Run 'coldswarm-mpi run --help' or 'coldswarm-mpi capacity --help' for the options.\n",
          stderr);
    return EXIT_USAGE;
}

/* A command line that is wrong on all hosts is said once, by rank 0. If it is wrong on another one
 * alone, because of its environment, rank 0 says which. */
static int refuse(const struct command *c, const struct err *mistake) {
    struct mail *m = NULL;
    if (launched() == NULL)
        return usage(mistake->text);
    if (join_job(&m) != 0)
        return EXIT_RUNTIME;
    if (mail_rank(m) != 0)
        return follow(NULL, m, c == &commands_capacity, mistake);
    usage(mistake->text);
    serve_finalize(true, EXIT_USAGE);
    return EXIT_USAGE;
}

static int command(struct command *c, int argc, char **argv) {
    struct args *a = NULL;
    struct err e = {""};
    if (args_parse(c, argc, argv, 2, &a, &e) != 0)
        return refuse(c, &e);
    int code = args_wants(a) == ARGS_WANTS_HELP      ? show_help(c)
               : args_wants(a) == ARGS_WANTS_VERSION ? show_version(false)
                                                     : c->run(a);
    args_free(a);
    return code;
}

int main(int argc, char **argv) {
    setlocale(LC_CTYPE, "");
    commands_collect();
    commands_run.run = run;
    commands_capacity.run = capacity_of_all;
    bool json = argc == 3 && strcmp(argv[2], "--json") == 0;
    if ((argc == 2 || json) && (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0))
        return show_version(json);
    if (argc == 2 && strcmp(argv[1], "--man") == 0)
        return show_manpage(&commands_run);
    if (argc < 2 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
        return argc < 2 ? usage("write: coldswarm-mpi run SCENARIO.json")
                        : show_help(&commands_run);
    struct command *c = commands_find(argv[1]);
    return c == NULL ? usage("the first word must be run or capacity") : command(c, argc, argv);
}
