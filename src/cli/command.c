#include "cli/command.h"

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/command_internal.h"
#include "cli/show.h"
#include "util/memory.h"
#include "util/text.h"

const struct command *command_find(const char *name, struct err *e) {
    enum { MAX_COMMANDS = 32 };
    const char *names[MAX_COMMANDS];
    const char *nearest = NULL;
    size_t n = 0;
    for (; n < command_count && n < MAX_COMMANDS; n++) {
        names[n] = commands[n]->name;
        if (strcmp(names[n], name) == 0)
            return commands[n];
        if (strlen(name) >= 3 && strncmp(names[n], name, strlen(name)) == 0)
            nearest = names[n]; /* cut short rather than mistyped */
    }
    if (nearest == NULL)
        nearest = text_nearest(name, names, n);
    if (name[0] == '-')
        err_set(e, "unknown option %.200s; give the command before its options", name);
    else if (nearest != NULL)
        err_set(e, "unknown command \"%.200s\"; did you mean %s?", name, nearest);
    else
        err_set(e, "unknown command \"%.200s\"", name);
    return NULL;
}

int command_unknown(const char *error) {
    command_error(EXIT_USAGE, error);
    fputs("Run 'coldswarm help' for the list of commands.\n", stderr);
    return EXIT_USAGE;
}

static int run_command(const struct command *c, int argc, char **argv) {
    struct args *a = NULL;
    struct err e = {""};
    int code;
    if (args_parse(c, argc, argv, 2, &a, &e) != 0) {
        err_prefix(&e, "%s", c->name);
        command_error(EXIT_USAGE, e.text);
        fprintf(stderr, "Run 'coldswarm help %s' for its options.\n", c->name);
        return EXIT_USAGE;
    }
    switch (args_wants(a)) {
    case ARGS_WANTS_HELP:
        code = show_help(c);
        break;
    case ARGS_WANTS_VERSION:
        code = show_version(false);
        break;
    case ARGS_WANTS_RUN:
    default:
        code = c->run(a);
    }
    args_free(a);
    return code;
}

static int dispatch(int argc, char **argv) {
    if (argc < 2)
        return show_overview(stderr, true, EXIT_USAGE);
    const char *word = argv[1];
    bool json = argc == 3 && strcmp(argv[2], "--json") == 0;
    if (strcmp(word, "--version") == 0 || strcmp(word, "-V") == 0)
        return argc == 2 || json ? show_version(json)
                                 : command_unknown("--version takes nothing but --json");
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0)
        return show_overview(stdout, false, EXIT_OK);
    struct err e = {""};
    const struct command *c = command_find(word, &e);
    if (c != NULL)
        return run_command(c, argc, argv);
    return command_unknown(e.text);
}

/* A closed descriptor 0, 1 or 2 would be given to the next file that is opened, and our messages
 * would go into it. Read-only /dev/null takes the place: a write to it fails and is noticed. */
static void occupy_standard_descriptors(void) {
    int fd = open("/dev/null", O_RDONLY);
    while (fd >= 0 && fd <= STDERR_FILENO)
        fd = open("/dev/null", O_RDONLY);
    if (fd > STDERR_FILENO)
        close(fd);
}

/* Whoever read our output has gone, as in `| head -1`: their choice, not an error. */
static bool reader_gone(void) {
    struct pollfd p = {.fd = STDOUT_FILENO, .events = POLLOUT};
    return poll(&p, 1, 0) == 1 && (p.revents & (POLLERR | POLLHUP)) != 0;
}

/* What was not written is a failure of the command, whatever it returned. */
static int check_stdout(int code) {
    bool failed = ferror(stdout) != 0;
    errno = 0;
    if (fflush(stdout) != 0)
        failed = true;
    if (!failed || reader_gone())
        return code;
    /* A write that failed earlier has left no reason: the next one gives it. */
    if (errno == 0 && write(STDOUT_FILENO, "\n", 1) == 1)
        errno = 0;
    struct err e = {""};
    err_set(&e, "cannot write to standard output%s%s", errno == 0 ? "" : ": ",
            errno == 0 ? "" : strerror(errno));
    return command_error(EXIT_RUNTIME, e.text);
}

/* Not all that lacks something for want of memory can say so. */
static int check_memory(int code) {
    bool said = code == EXIT_USAGE || code == EXIT_RUNTIME;
    struct err e = {""};
    if (!memory_ran_out() || code > 128)
        return code;
    err_memory(&e, "all output: what was printed or written may lack something (free some memory "
                   "and repeat)");
    return said ? EXIT_RUNTIME : command_error(EXIT_RUNTIME, e.text);
}

int command_main(int argc, char **argv) {
    occupy_standard_descriptors();
    setlocale(LC_CTYPE, ""); /* the width of characters; numbers keep their dot */
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a file at its size limit is an error to report, not the end */
    return check_memory(check_stdout(dispatch(argc, argv)));
}
