#include "cli/command_internal.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/optvalue.h"
#include "util/text.h"

const struct opt_def args_common[] = {
    {.name = "help", .letter = 'h', .type = OPT_FLAG, .help = "show this help"},
    {.name = "version",
     .letter = 'V',
     .type = OPT_FLAG,
     .help = "show the version; coldswarm --version --json has it for scripts"},
};
const size_t args_common_count = sizeof args_common / sizeof *args_common;

struct value {
    bool given;       /* on the command line or by environment */
    bool by_env;      /* by environment */
    const char *text; /* the last one given, or the default; NULL where neither is */
    const char **list;
    size_t count;
    struct opt_value v; /* `text`, converted */
};

struct args {
    const struct command *command;
    enum args_wants wants;
    struct value *values; /* one for each of the command's options */
    const char **positionals;
    size_t count;
    char **argv;
    size_t argc;
    int first;
    int next;                           /* while parsing: the argument to look at */
    const struct args_option *recalled; /* while parsing; NULL: the environment is asked instead */
    size_t recalled_count;
};

void args_free(struct args *a) {
    if (a == NULL)
        return;
    for (size_t i = 0; a->values != NULL && i < a->command->opt_count; i++)
        free(a->values[i].list);
    free(a->values);
    free(a->positionals);
    free(a);
}

enum args_wants args_wants(const struct args *a) {
    return a->wants;
}

/* By long name (n bytes of it) or, where name is NULL, by letter. */
static const struct opt_def *find_in(const struct opt_def *opts, size_t count, const char *name,
                                     size_t n, char letter) {
    for (size_t i = 0; i < count; i++) {
        if (name != NULL ? strlen(opts[i].name) == n && memcmp(opts[i].name, name, n) == 0
                         : opts[i].letter == letter)
            return &opts[i];
    }
    return NULL;
}

static const struct opt_def *find(const struct command *c, const char *name, size_t n,
                                  char letter) {
    const struct opt_def *d = find_in(c->opts, c->opt_count, name, n, letter);
    return d != NULL ? d : find_in(args_common, args_common_count, name, n, letter);
}

static int unknown_option(const struct command *c, const char *name, size_t n, struct err *e) {
    enum { MAX_NAMES = 128 };
    const char *names[MAX_NAMES];
    size_t count = 0;
    char word[64];
    snprintf(word, sizeof word, "%.*s", (int)(n < sizeof word ? n : sizeof word - 1), name);
    const char *nearest = NULL;
    for (size_t i = 0; i < c->opt_count && count < MAX_NAMES; i++) {
        names[count++] = c->opts[i].name;
        if (n >= 3 && strncmp(c->opts[i].name, word, n) == 0)
            nearest = c->opts[i].name; /* "--thresh" is cut short rather than mistyped */
    }
    for (size_t i = 0; i < args_common_count && count < MAX_NAMES; i++)
        names[count++] = args_common[i].name;
    if (nearest == NULL)
        nearest = text_nearest(word, names, count);
    if (nearest == NULL)
        return err_set(e, "unknown option --%.*s", (int)(n < 200 ? n : 200), name);
    return err_set(e, "unknown option --%.*s; did you mean --%s?", (int)(n < 200 ? n : 200), name,
                   nearest);
}

/* Takes a value for an option, converted and checked. `text` is NULL for a flag. */
static int take(struct args *a, const struct opt_def *d, const char *text, struct err *e) {
    struct opt_value v = {.flag = true};
    if (text != NULL && optvalue_parse(d, text, &v, e) != 0)
        return -1;
    struct value *value = &a->values[d - a->command->opts];
    if (d->repeat) {
        const char **list = realloc(value->list, (value->count + 1) * sizeof *list);
        if (list == NULL)
            return err_memory(e, NULL);
        list[value->count++] = text;
        value->list = list;
    }
    value->given = true;
    value->text = text;
    value->v = v;
    return 0;
}

static bool is_common(const struct opt_def *d) {
    return d >= args_common && d < args_common + args_common_count;
}

static void want(struct args *a, const struct opt_def *d) {
    a->wants = d == &args_common[0] ? ARGS_WANTS_HELP : ARGS_WANTS_VERSION;
}

/* True where the argument is exactly one of the command's options, so that it is hardly meant as a
 * value. */
static bool is_option(const struct command *c, const char *arg) {
    if (arg[0] != '-' || arg[1] == '\0')
        return false;
    if (arg[1] != '-')
        return arg[2] == '\0' && find(c, NULL, 0, arg[1]) != NULL;
    return arg[2] != '\0' && find(c, arg + 2, strcspn(arg + 2, "="), 0) != NULL;
}

/* An option that needs a value and has none attached takes the next argument. */
static int take_next(struct args *a, const struct opt_def *d, struct err *e) {
    const char *next = (size_t)a->next < a->argc ? a->argv[a->next] : NULL;
    if (next == NULL)
        return err_set(e, "a value is missing: --%s %s", d->name, d->meta);
    if (is_option(a->command, next))
        return err_set(e,
                       "a value is missing: --%s %s; if \"%.100s\" is the value, write --%s=%.100s",
                       d->name, d->meta, next, d->name, next);
    a->next++;
    return take(a, d, next, e);
}

static int parse_long(struct args *a, const char *name, struct err *e) {
    size_t n = strcspn(name, "=");
    const char *value = name[n] == '=' ? name + n + 1 : NULL;
    const struct opt_def *d = find(a->command, name, n, 0);
    if (d == NULL)
        return unknown_option(a->command, name, n, e);
    if (d->type == OPT_FLAG && value != NULL)
        return err_set(e, "--%s takes no value", d->name);
    if (is_common(d)) {
        want(a, d);
        return 0;
    }
    int rc = d->type == OPT_FLAG || value != NULL ? take(a, d, value, e) : take_next(a, d, e);
    return rc == 0 || d->type == OPT_FLAG ? rc : err_prefix(e, "--%s", d->name);
}

/* "-q", "-qn" (two flags), "-u10", "-u 10". */
static int parse_short(struct args *a, const char *letters, struct err *e) {
    for (const char *p = letters; *p != '\0'; p++) {
        const struct opt_def *d = find(a->command, NULL, 0, *p);
        if (d == NULL && p == letters && p[1] != '\0' &&
            find(a->command, letters, strcspn(letters, "="), 0) != NULL)
            return err_set(e, "unknown option -%.60s; did you mean --%.60s?", letters, letters);
        if (d == NULL)
            return err_set(e, "unknown option -%.*s", (unsigned char)*p < 0x80 ? 1 : 8, p);
        if (is_common(d)) {
            want(a, d);
            return 0;
        }
        if (d->type == OPT_FLAG) {
            if (take(a, d, NULL, e) != 0)
                return -1;
            continue;
        }
        if ((p[1] != '\0' ? take(a, d, p + 1, e) : take_next(a, d, e)) != 0)
            return err_prefix(e, "-%c/--%s", d->letter, d->name);
        return 0;
    }
    return 0;
}

static int parse_argv(struct args *a, struct err *e) {
    bool options = true;
    while ((size_t)a->next < a->argc && a->wants == ARGS_WANTS_RUN) {
        const char *arg = a->argv[a->next++];
        int rc = 0;
        if (options && strcmp(arg, "--") == 0)
            options = false;
        else if (options && strncmp(arg, "--", 2) == 0)
            rc = parse_long(a, arg + 2, e);
        else if (options && arg[0] == '-' && arg[1] != '\0')
            rc = parse_short(a, arg + 1, e);
        else
            a->positionals[a->count++] = arg;
        if (rc != 0)
            return -1;
    }
    return 0;
}

/* Takes every recalled value of an option. */
static int parse_recalled(struct args *a, const struct opt_def *d, struct err *e) {
    for (size_t i = 0; a->recalled != NULL && i < a->recalled_count; i++) {
        const struct args_option *r = &a->recalled[i];
        if (strcmp(r->name, d->name) == 0 &&
            take(a, d, d->type == OPT_FLAG ? NULL : r->value, e) != 0)
            return err_prefix(e, "the recorded --%s", d->name);
    }
    return 0;
}

/* What the command line left open comes from the environment, then from the table. */
static int parse_env(struct args *a, struct err *e) {
    for (size_t i = 0; i < a->command->opt_count; i++) {
        const struct opt_def *d = &a->command->opts[i];
        /* What is local is never recalled. */
        bool ask = d->env != NULL && (a->recalled == NULL || d->local);
        const char *env = ask ? getenv(d->env) : NULL;
        if (a->values[i].given)
            continue;
        if (parse_recalled(a, d, e) != 0)
            return -1;
        if (a->values[i].given)
            continue;
        if (env != NULL && *env != '\0') {
            if (take(a, d, env, e) != 0)
                return err_prefix(e, "environment variable %s (for --%s)", d->env, d->name);
            a->values[i].by_env = true;
        } else if (d->def != NULL) {
            if (take(a, d, d->def, e) != 0)
                return err_prefix(e, "default of --%s", d->name);
            a->values[i].given = false;
        }
    }
    return 0;
}

static int check_positionals(const struct args *a, struct err *e) {
    const struct command *c = a->command;
    const char *usage = c->usage == NULL ? "" : c->usage;
    if (a->count < (size_t)c->positional_min)
        return err_set(e, "an argument is missing; usage: coldswarm %s %s", c->name, usage);
    if (c->positional_max >= 0 && a->count > (size_t)c->positional_max)
        return err_set(e, "unexpected argument \"%.200s\"; usage: coldswarm %s %s",
                       a->positionals[c->positional_max], c->name, usage);
    return 0;
}

/* An option that would change nothing is a mistake. A variable is not: it is there for every
 * command. */
static int check_needs(const struct args *a, struct err *e) {
    const struct command *c = a->command;
    for (size_t i = 0; i < c->opt_count; i++) {
        const struct opt_def *d = &c->opts[i];
        if (d->needs == NULL || !a->values[i].given || a->values[i].by_env)
            continue;
        const struct opt_def *other = find_in(c->opts, c->opt_count, d->needs, strlen(d->needs), 0);
        if (other != NULL && !a->values[other - c->opts].given)
            return err_set(e, "--%s needs --%s%s%s", d->name, other->name,
                           other->meta == NULL ? "" : " ", other->meta == NULL ? "" : other->meta);
    }
    return 0;
}

static int parse(const struct command *c, int argc, char **argv, int first,
                 const struct args_option *recalled, size_t recalled_count, struct args **out,
                 struct err *e) {
    int rc = -1;
    struct args *a = calloc(1, sizeof *a);
    if (a == NULL)
        return err_memory(e, NULL);
    a->command = c;
    a->argv = argv;
    a->argc = (size_t)argc;
    a->first = a->next = first;
    a->recalled = recalled;
    a->recalled_count = recalled_count;
    a->values = calloc(c->opt_count + 1, sizeof *a->values);
    a->positionals = calloc((size_t)argc + 1, sizeof *a->positionals);
    if (a->values == NULL || a->positionals == NULL) {
        err_memory(e, NULL);
        goto out;
    }
    if (parse_argv(a, e) != 0)
        goto out;
    if (a->wants == ARGS_WANTS_RUN &&
        (parse_env(a, e) != 0 || check_positionals(a, e) != 0 || check_needs(a, e) != 0))
        goto out;
    *out = a;
    a = NULL;
    rc = 0;
out:
    args_free(a);
    return rc;
}

int args_parse(const struct command *c, int argc, char **argv, int first, struct args **out,
               struct err *e) {
    return parse(c, argc, argv, first, NULL, 0, out, e);
}

int args_again(const struct args *a, const struct args_option *recalled, size_t n,
               struct args **out, struct err *e) {
    static const struct args_option none;
    return parse(a->command, (int)a->argc, a->argv, a->first, n == 0 ? &none : recalled, n, out, e);
}

void args_each(const struct args *a, args_each_fn *fn, void *context) {
    for (size_t i = 0; i < a->command->opt_count; i++) {
        const struct opt_def *d = &a->command->opts[i];
        const struct value *v = &a->values[i];
        if (!v->given || d->local)
            continue;
        for (size_t k = 0; d->repeat && k < v->count; k++)
            fn(context, &(struct args_option){d->name, v->list[k]});
        if (d->type == OPT_FLAG ? v->v.flag : !d->repeat)
            fn(context, &(struct args_option){d->name, d->type == OPT_FLAG ? "" : v->text});
    }
}

/* The value of an option that the command's code asks for; a wrong name or type is a bug in that
 * code. */
static const struct value *get(const struct args *a, const char *name, unsigned types) {
    const struct command *c = a->command;
    const struct opt_def *d = find_in(c->opts, c->opt_count, name, strlen(name), 0);
    if (d == NULL || (types & (1U << d->type)) == 0) {
        fprintf(stderr, "coldswarm: bug: %s asks for --%s, which its table %s\n", c->name, name,
                d == NULL ? "lacks" : "has with another type");
        abort();
    }
    return &a->values[d - c->opts];
}

#define ANY_TYPE (~0U)
#define TEXT_TYPES (1U << OPT_TEXT | 1U << OPT_CHOICE | 1U << OPT_FILE)

bool opt_given(const struct args *a, const char *name) {
    return get(a, name, ANY_TYPE)->given;
}

bool opt_flag(const struct args *a, const char *name) {
    return get(a, name, 1U << OPT_FLAG)->v.flag;
}

const char *opt_text(const struct args *a, const char *name) {
    return get(a, name, TEXT_TYPES)->text;
}

int64_t opt_integer(const struct args *a, const char *name) {
    return get(a, name, 1U << OPT_INTEGER)->v.integer;
}

double opt_number(const struct args *a, const char *name) {
    return get(a, name, 1U << OPT_NUMBER)->v.number;
}

int64_t opt_duration(const struct args *a, const char *name) {
    return get(a, name, 1U << OPT_DURATION)->v.duration_ns;
}

uint64_t opt_size(const struct args *a, const char *name) {
    return get(a, name, 1U << OPT_SIZE)->v.size_bytes;
}

size_t opt_list(const struct args *a, const char *name, const char *const **values) {
    const struct value *v = get(a, name, ANY_TYPE);
    *values = v->list;
    return v->count;
}

size_t args_count(const struct args *a) {
    return a->count;
}

const char *args_at(const struct args *a, size_t i) {
    return i < a->count ? a->positionals[i] : NULL;
}

size_t args_argv(const struct args *a, char *const **argv) {
    *argv = a->argv;
    return a->argc;
}
