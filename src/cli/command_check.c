/* The self-check of a command's table. It runs in the unit tests, not in the program. */
#include <ctype.h>
#include <string.h>

#include "cli/command_internal.h"
#include "cli/optvalue.h"

static int check_name(const char *name, struct err *e) {
    if (name == NULL || *name == '\0' || *name == '-' ||
        name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-")] != '\0')
        return err_set(e, "the name is not made of lower-case letters, digits and dashes");
    return 0;
}

/* The shape of all our one-line texts, which views put into sentences of their own. */
static int check_line(const char *text, struct err *e) {
    if (text == NULL || *text == '\0')
        return err_set(e, "the text is missing");
    if (text[strlen(text) - 1] == '.' || strchr(text, '\n') != NULL)
        return err_set(e, "the text is not one line without a full stop: \"%s\"", text);
    return 0;
}

static int check_opt(const struct opt_def *d, struct err *e) {
    struct opt_value v = {0};
    bool flag = d->type == OPT_FLAG;
    if (check_name(d->name, e) != 0 || check_line(d->help, e) != 0)
        return -1;
    if (d->letter != 0 && !isalnum((unsigned char)d->letter))
        return err_set(e, "the letter is neither letter nor digit");
    if (flag && (d->meta != NULL || d->def != NULL || d->repeat))
        return err_set(e, "a flag has no value, so no meta, default or repetition");
    if (!flag && (d->meta == NULL || *d->meta == '\0'))
        return err_set(e, "meta is missing");
    if ((d->type == OPT_CHOICE) != (d->choices != NULL))
        return err_set(e, "choices belong to OPT_CHOICE, and it needs them");
    if (d->max != 0 && d->min > d->max)
        return err_set(e, "min is above max");
    if (d->env != NULL && d->env[strspn(d->env, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")] != '\0')
        return err_set(e, "the environment name is not in capitals");
    if (d->def != NULL && optvalue_parse(d, d->def, &v, e) != 0)
        return err_prefix(e, "the default does not parse");
    return 0;
}

static int check_pair(const struct opt_def *a, const struct opt_def *b, struct err *e) {
    if (strcmp(a->name, b->name) == 0)
        return err_set(e, "the name is there twice");
    if (a->letter != 0 && a->letter == b->letter)
        return err_set(e, "the letter -%c is also --%s", a->letter, b->name);
    if (a->env != NULL && b->env != NULL && strcmp(a->env, b->env) == 0)
        return err_set(e, "the environment name is also that of --%s", b->name);
    return 0;
}

static int check_opts(const struct command *c, struct err *e) {
    for (size_t i = 0; i < c->opt_count; i++) {
        const struct opt_def *d = &c->opts[i];
        int rc = check_opt(d, e);
        for (size_t k = 0; k < i && rc == 0; k++)
            rc = check_pair(d, &c->opts[k], e);
        bool met = d->needs == NULL;
        for (size_t k = 0; k < c->opt_count; k++)
            met = met || strcmp(c->opts[k].name, d->needs) == 0;
        if (rc == 0 && !met)
            rc = err_set(e, "it needs --%s, which is not there", d->needs);
        for (size_t k = 0; k < args_common_count && rc == 0; k++)
            rc = check_pair(d, &args_common[k], e);
        if (rc != 0)
            return err_prefix(e, "--%s", d->name == NULL ? "(no name)" : d->name);
    }
    return 0;
}

int args_check_table(const struct command *c, struct err *e) {
    int rc = check_name(c->name, e);
    if (rc == 0)
        rc = check_line(c->summary, e);
    if (rc == 0 && c->run == NULL)
        rc = err_set(e, "it has no function");
    if (rc == 0 && c->positional_max >= 0 && c->positional_min > c->positional_max)
        rc = err_set(e, "positional_min is above positional_max");
    if (rc == 0 && c->positional_max != 0 && c->usage == NULL)
        rc = err_set(e, "it takes arguments that no usage names");
    if (rc == 0)
        rc = check_opts(c, e);
    return rc == 0 ? 0 : err_prefix(e, "%s", c->name == NULL ? "(no name)" : c->name);
}
