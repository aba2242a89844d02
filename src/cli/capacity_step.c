#include "cli/capacity_step.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/cmd.h"
#include "control/signals.h"
#include "schedule/load.h"
#include "util/argv.h"
#include "util/buf.h"
#include "util/clock.h"
#include "util/units.h"

#define PREFIX "coldswarm: "
#define MAX_USERS "max-users"
#define CANNOT_START 127

/* ---- the command line ---- */

/* A step gets the options that `run` has too, except those that it gets anyway. */
static bool is_passed_on(const char *name) {
    for (size_t i = 0; i < command_run.opt_count; i++)
        if (strcmp(command_run.opts[i].name, name) == 0)
            return !command_run.opts[i].local && strcmp(name, "seed") != 0;
    return strcmp(name, MAX_USERS) == 0;
}

static void add_option(void *context, const struct args_option *o) {
    if (is_passed_on(o->name))
        argv_option(context, strcmp(o->name, MAX_USERS) == 0 ? "users" : o->name, o->value);
}

static void add_time(struct buf *words, const char *name, int64_t ns) {
    char text[UNITS_BYTES];
    buf_printf(words, "--%s=%s", name, units_seconds_text(ns, text));
    buf_char(words, '\0');
}

/* A rate rises in quarters, users start one by one. */
static void add_load(struct buf *words, const struct capacity_step *s) {
    char text[UNITS_BYTES];
    switch (s->unit) {
    case CAPACITY_RATE:
        buf_printf(words, "--rate=%.6f", s->ramp_ns > 0 ? s->load / 4 : s->load);
        buf_char(words, '\0');
        for (int i = 2; i <= 4 && s->ramp_ns > 0; i++) {
            /* Rounded up: else an arrival of the end comes a nanosecond too early, and counts. */
            buf_printf(words, "--change=%s rate=%.6f",
                       units_seconds_text((s->ramp_ns * (i - 1) + 2) / 3, text), s->load * i / 4);
            buf_char(words, '\0');
        }
        break;
    case CAPACITY_USERS:
        buf_printf(words, "--users=%.0f", s->load);
        buf_char(words, '\0');
        /* Without a ramp, as fast as `run` can. */
        buf_printf(
            words, "--spawn-rate=%.3f",
            fmin(fmax(s->load / ((double)s->ramp_ns / NS_PER_S + 1e-9), 0.001), LOAD_USERS_MAX));
        buf_char(words, '\0');
        break;
    case CAPACITY_SPEED:
        buf_printf(words, "--speed=%.6f", s->load);
        buf_char(words, '\0');
        break;
    }
}

void capacity_step_words(struct buf *words, const struct capacity_step *s) {
    argv_add(words, "coldswarm");
    argv_add(words, "run");
    args_each(s->args, add_option, words);
    add_load(words, s);
    add_time(words, "run-time", s->settle_ns + s->measure_ns);
    buf_printf(words, "--seed=%" PRIu64, s->seed);
    buf_char(words, '\0');
    argv_option(words, "out", s->path);
    argv_add(words, "--exit-code-on-error=0");
    argv_add(words, "--quiet");
    argv_add(words, "--");
    argv_add(words, s->scenario);
}

void capacity_step_environment(void) {
    static const char *const of_load[] = {"users", "spawn-rate", "rate", "speed"};
    for (size_t i = 0; i < command_run.opt_count; i++)
        for (size_t k = 0; k < sizeof of_load / sizeof *of_load; k++)
            if (strcmp(command_run.opts[i].name, of_load[k]) == 0)
                unsetenv(command_run.opts[i].env);
}

/* ---- the process ---- */

/* In the child: the same program again, which ends in order if this one is killed. */
_Noreturn static void become_run(char *const *argv, int said, pid_t parent) {
    sigset_t none;
    int in = open("/dev/null", O_RDONLY | O_CLOEXEC), out = open("/dev/null", O_WRONLY | O_CLOEXEC);
    sigemptyset(&none);
    signal(SIGPIPE, SIG_DFL);
    setpgid(0, 0); /* of its own group: Ctrl-C reaches it through us, once */
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() == parent && in >= 0 && out >= 0 && dup2(in, STDIN_FILENO) >= 0 &&
        dup2(out, STDOUT_FILENO) >= 0 && dup2(said, STDERR_FILENO) >= 0) {
        sigprocmask(SIG_SETMASK, &none, NULL);
        execv("/proc/self/exe", argv);
    }
    dprintf(said, "%s\n", strerror(errno));
    _exit(CANNOT_START);
}

static int start(char *const *argv, int said, pid_t *pid, struct err *e) {
    pid_t parent = getpid();
    *pid = fork();
    if (*pid == 0)
        become_run(argv, said, parent);
    return *pid > 0 ? 0 : err_set(e, "cannot start a step: %s", strerror(errno));
}

static void ending_signals(sigset_t *set) {
    sigemptyset(set);
    signals_set(set);
}

void capacity_step_block(void) {
    sigset_t set;
    ending_signals(&set);
    sigaddset(&set, SIGCHLD);
    sigprocmask(SIG_BLOCK, &set, NULL);
}

/* A first signal ends the load, a second one cancels what is in flight. */
static int wait_for(pid_t pid, int *status) {
    sigset_t set;
    int got = 0;
    const struct timespec tick = {.tv_nsec = 100 * NS_PER_MS};
    ending_signals(&set);
    sigaddset(&set, SIGCHLD);
    while (waitpid(pid, status, WNOHANG) == 0) {
        int signal = sigtimedwait(&set, NULL, &tick);
        if (signal <= 0 || signal == SIGCHLD)
            continue;
        got = got == 0 ? signal : got;
        kill(pid, signal);
    }
    return got;
}

static int wait_here(void *context, int64_t ns) {
    (void)context;
    sigset_t set;
    int64_t end = clock_mono_ns() + ns, rest = ns;
    ending_signals(&set);
    for (; rest > 0; rest = end - clock_mono_ns()) {
        const struct timespec t = {.tv_sec = (time_t)(rest / NS_PER_S),
                                   .tv_nsec = (long)(rest % NS_PER_S)};
        int got = sigtimedwait(&set, NULL, &t);
        if (got > 0)
            return got;
    }
    return 0;
}

/* Its last words, without the prefix of each line. */
static void last_words(int fd, struct err *out) {
    char text[sizeof out->text];
    off_t size = lseek(fd, 0, SEEK_END), from = size - (off_t)sizeof text + 1;
    ssize_t n = size > 0 ? pread(fd, text, sizeof text - 1, from > 0 ? from : 0) : 0;
    text[n > 0 ? n : 0] = '\0';
    size_t used = 0;
    out->text[0] = '\0';
    for (char *line = text, *end; *line != '\0'; line = end + (*end != '\0')) {
        end = line + strcspn(line, "\n");
        if (strncmp(line, PREFIX, strlen(PREFIX)) == 0)
            line += strlen(PREFIX);
        int length = snprintf(out->text + used, sizeof out->text - used, "%s%.*s",
                              used > 0 ? "; " : "", (int)(end - line), line);
        used += length > 0 ? (size_t)length : 0;
        if (used >= sizeof out->text)
            return;
    }
}

/* A signal that we passed on may have come before the process could take it. */
static int ended(const struct capacity_step *s, const struct capacity_step_end *end, int status,
                 struct err *e) {
    if (end->code == CANNOT_START)
        return err_set(e, "cannot start a step: %.800s", end->said.text);
    if (WIFEXITED(status) || end->signal != 0)
        return 0;
    return err_set(e, "the step at a load of %.10g was ended by signal %d (%s)%s%.500s", s->load,
                   WTERMSIG(status), strsignal(WTERMSIG(status)),
                   end->said.text[0] != '\0' ? ": " : "", end->said.text);
}

static int run_here(void *context, const struct capacity_step *s, struct capacity_step_end *out,
                    struct err *e) {
    (void)context;
    struct buf words;
    pid_t pid = 0;
    int status = 0, result = -1, said = memfd_create("said", MFD_CLOEXEC);
    int64_t began = clock_mono_ns();
    char **argv = NULL;
    size_t count;
    *out = (struct capacity_step_end){.code = -1};
    buf_init(&words, CAPACITY_STEP_WORDS_BYTES);
    capacity_step_words(&words, s);
    if (said < 0)
        err_set(e, "cannot start a step: %s", strerror(errno));
    else if ((argv = argv_split(&words, &count, e)) != NULL && start(argv, said, &pid, e) == 0) {
        out->signal = wait_for(pid, &status);
        out->spent_ns = clock_mono_ns() - began;
        last_words(said, &out->said);
        out->code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
        result = ended(s, out, status, e);
    }
    if (said >= 0)
        close(said);
    free(argv);
    buf_done(&words);
    return result;
}

const struct capacity_maker capacity_here = {
    .parts = 1,
    .run = run_here,
    .wait = wait_here,
    .more = "give it more --threads, or more machines with coldswarm-mpi capacity"};
