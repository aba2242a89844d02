/*
 * command: the table of commands and the tables of their options.
 *
 * Parsing, defaults, environment names, `--help`, the man page and shell completion all use these
 * tables. A command's file contains its table and its function; nothing else parses argv. Option
 * values are checked (type, range, choice) before the command runs, so a command only gets valid
 * ones.
 *
 * Ownership: values point into argv, the environment or the tables. Thread: main only.
 */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/err.h"

enum exit_code {
    EXIT_OK = 0,
    EXIT_REQUESTS_FAILED = 1,
    EXIT_USAGE = 2,
    EXIT_RUNTIME = 3,
    EXIT_INVALID = 4,
    EXIT_THRESHOLD = 99
};

enum opt_type {
    OPT_FLAG,
    OPT_TEXT,
    OPT_INTEGER,
    OPT_NUMBER,
    OPT_DURATION,
    OPT_SIZE,
    OPT_CHOICE,
    OPT_FILE
};

struct opt_def {
    const char *name; /* long name, without dashes */
    char letter;      /* short, or 0 */
    enum opt_type type;
    const char *meta; /* placeholder of the value in help: "N", "FILE"; NULL for a flag */
    const char *def;  /* default as text, shown and parsed; NULL: none */
    /* Environment variable that is used if the option is not on the command line; NULL: none. */
    const char *env;
    const char *choices; /* OPT_CHOICE: "a|b|c" */
    double min, max;     /* OPT_INTEGER and OPT_NUMBER; max 0: no upper limit */
    bool repeat;         /* may be given more than once: opt_list() */
    /* An option that must be given with this one, where it is on the command line; NULL: none. */
    const char *needs;
    /* Only affects where results go and how they are shown; not part of a run's definition, see
     * args_each(). */
    bool local;
    const char *help; /* one sentence, lower case, no full stop */
};

struct args; /* the parsed command line of one command */

struct command {
    const char *program; /* NULL: coldswarm */
    const char *name;
    const char *usage;   /* after the command's name: "SCENARIO.json [options]" */
    const char *summary; /* one line, for the list of commands */
    /* Paragraphs for --help and the man page, separated by a blank line; NULL: none. */
    const char *details;
    const char *examples; /* lines "command # what it does"; NULL: none */
    const struct opt_def *opts;
    size_t opt_count;
    int positional_min, positional_max; /* max -1: any number */
    int (*run)(const struct args *a);   /* returns an exit code */
};

/* Values by long name. A name that is not in the command's table is a bug and aborts. opt_given():
 * the option is on the command line or in the environment. */
bool opt_given(const struct args *a, const char *name);
bool opt_flag(const struct args *a, const char *name);
/* TEXT, CHOICE, FILE. NULL if not given and without a default. */
const char *opt_text(const struct args *a, const char *name);
int64_t opt_integer(const struct args *a, const char *name);
double opt_number(const struct args *a, const char *name);
int64_t opt_duration(const struct args *a, const char *name); /* ns */
uint64_t opt_size(const struct args *a, const char *name);
size_t opt_list(const struct args *a, const char *name, const char *const **values);

size_t args_count(const struct args *a); /* number of positional arguments */
const char *args_at(const struct args *a, size_t i);
/* The whole command line, for the manifest. */
size_t args_argv(const struct args *a, char *const **argv);

/* An option with its value as text, "" for a flag. */
struct args_option {
    const char *name, *value;
};

/* Calls fn for each option that is given, on the command line or in the environment, and is not
 * `local`. A repeated option gets a call for each value. */
typedef void args_each_fn(void *context, const struct args_option *option);
void args_each(const struct args *a, args_each_fn *fn, void *context);

/* Parses the same command line again. Options that are not on it come from `recalled` instead of
 * the environment, which still has those that are `local`. The caller frees *out with args_free(),
 * and keeps the texts valid until then. */
int args_again(const struct args *a, const struct args_option *recalled, size_t n,
               struct args **out, struct err *e);
void args_free(struct args *a);

/* All commands, in the order of `help`. */
extern const struct command *const commands[];
extern const size_t command_count;

/* Returns the command of that name, or NULL with an error that suggests the closest one. */
const struct command *command_find(const char *name, struct err *e);

/* Prints the error of command_find() and how to list the commands. Returns EXIT_USAGE. */
int command_unknown(const char *error);

/* Parses the command line and runs the command. Returns the exit code of the process. Fails at
 * the end if stdout could not be written. SIGPIPE is ignored from now on, so that neither a
 * server nor `| head` can end a run: reset it in a child before exec. */
int command_main(int argc, char **argv);

/* Prints "coldswarm: TEXT" to stderr, on one line and escaped for a terminal. Returns `code`. */
int command_error(int code, const char *text);

#endif
