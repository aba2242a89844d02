/* The manual page: the view of the tables as roff, for man(1). */
#include <string.h>

#include "cli/args.h"
#include "cli/optvalue.h"
#include "cli/program.h"

/* Text that roff must not obey: backslashes and hyphens everywhere, dots and quotes at the start of a line. */
static void escape(struct buf *out, const char *text, size_t n) {
    for (size_t i = 0; i < n; i++) {
        bool at_start = out->len == 0 || out->data[out->len - 1] == '\n';
        if (at_start && (text[i] == '.' || text[i] == '\''))
            buf_str(out, "\\&");
        switch (text[i]) {
        case '\\':
            buf_str(out, "\\e");
            break;
        case '-':
            buf_str(out, "\\-");
            break;
        case '|': /* a list of choices may be too long for a line */
            buf_str(out, "|\\:");
            break;
        case '\'':
            buf_str(out, "\\(aq");
            break;
        case '"':
            buf_str(out, "\\(dq");
            break;
        case '^':
            buf_str(out, "\\(ha");
            break;
        case '~':
            buf_str(out, "\\(ti");
            break;
        case '`':
            buf_str(out, "\\(ga");
            break;
        default:
            buf_char(out, text[i]);
        }
    }
}

static void text(struct buf *out, const char *s) {
    escape(out, s, strlen(s));
}

/* A line of the tables, which begin small and have no full stop, as the start of a sentence. */
static void capital(struct buf *out, const char *s) {
    buf_char(out, *s >= 'a' && *s <= 'z' ? (char)(*s - 'a' + 'A') : *s);
    text(out, s + 1);
}

/* `s` in bold (B) or as a placeholder (I). */
static void font(struct buf *out, char name, const char *s) {
    buf_printf(out, "\\f%c", name);
    text(out, s);
    buf_str(out, "\\fR");
}

/* Lines as they stand: an example or a kept paragraph. */
static void verbatim(struct buf *out, const char *s, size_t n) {
    buf_str(out, ".PP\n.nf\n");
    escape(out, s, n);
    buf_str(out, "\n.fi\n");
}

static void paragraphs(struct buf *out, const char *s) {
    while (*s != '\0') {
        const char *end = strstr(s, "\n\n");
        size_t n = end == NULL ? strlen(s) : (size_t)(end - s);
        if (*s == ' ') {
            verbatim(out, s, n);
        } else {
            buf_str(out, ".PP\n");
            escape(out, s, n);
            buf_char(out, '\n');
        }
        s += n + strspn(s + n, "\n");
    }
}

static void option(struct buf *out, const struct opt_def *d) {
    char expected[OPTVALUE_EXPECTED_BYTES];
    buf_str(out, ".TP\n");
    if (d->letter != 0)
        buf_printf(out, "\\fB\\-%c\\fR, ", d->letter);
    buf_str(out, "\\fB\\-\\-");
    text(out, d->name);
    buf_str(out, "\\fR");
    if (d->meta != NULL) {
        buf_char(out, ' ');
        font(out, 'I', d->meta);
    }
    buf_char(out, '\n');
    capital(out, d->help);
    optvalue_expected(d, expected);
    buf_str(out, *expected == '\0' ? "" : "; ");
    text(out, expected);
    buf_str(out, d->repeat ? "; may be repeated.\n" : ".\n");
    if (d->def != NULL) {
        buf_str(out, "Default: ");
        font(out, 'B', d->def);
        buf_str(out, ".\n");
    }
    if (d->env != NULL) {
        buf_str(out, "Environment: ");
        font(out, 'B', d->env);
        buf_str(out, ".\n");
    }
}

static void command(struct buf *out, const struct command *c) {
    buf_str(out, ".SS \"");
    text(out, c->name);
    buf_str(out, "\"\n.PP\n");
    font(out, 'B', "coldswarm");
    buf_char(out, ' ');
    font(out, 'B', c->name);
    if (c->usage != NULL) {
        buf_char(out, ' ');
        text(out, c->usage);
    }
    buf_str(out, "\n.PP\n");
    capital(out, c->summary);
    buf_str(out, ".\n");
    if (c->details != NULL)
        paragraphs(out, c->details);
    for (size_t i = 0; i < c->opt_count; i++)
        option(out, &c->opts[i]);
}

/* Each line of a command's examples: what it does as a paragraph, the command below it. */
static void examples(struct buf *out, const char *s) {
    while (*s != '\0') {
        size_t n = strcspn(s, "\n");
        const char *hash = memmem(s, n, " # ", 3);
        size_t length = hash == NULL ? n : (size_t)(hash - s);
        while (length > 0 && s[length - 1] == ' ')
            length--;
        buf_str(out, ".PP\n");
        if (hash != NULL) {
            escape(out, hash + 3, (size_t)(s + n - hash - 3));
            buf_str(out, ":\n.RS 4\n");
        } else {
            buf_str(out, ".RS 4\n");
        }
        verbatim(out, s, length);
        buf_str(out, ".RE\n");
        s += n + strspn(s + n, "\n");
    }
}

static void environment(struct buf *out, const struct program *p) {
    bool title = false;
    for (size_t i = 0; i < p->count; i++) {
        const struct command *c = p->commands[i];
        for (size_t k = 0; k < c->opt_count; k++) {
            if (c->opts[k].env == NULL)
                continue;
            buf_str(out, title ? ".TP\n" : ".SH ENVIRONMENT\n.TP\n");
            title = true;
            font(out, 'B', c->opts[k].env);
            buf_str(out, "\nGives ");
            buf_str(out, "\\fB\\-\\-");
            text(out, c->opts[k].name);
            buf_str(out, "\\fR of ");
            font(out, 'B', c->name);
            buf_str(out, " where the command line does not. Empty counts as unset.\n");
        }
    }
}

void manpage_render(struct buf *out, const struct program *p) {
    buf_printf(out, ".TH COLDSWARM 1 \"\" \"coldswarm %s\" \"User Commands\"\n", COLDSWARM_VERSION);
    buf_str(out, ".nh\n.ad l\n.SH NAME\ncoldswarm \\- ");
    text(out, program_summary);
    buf_str(out, "\n.SH SYNOPSIS\n");
    for (size_t i = 0; i < p->count; i++) {
        buf_str(out, i == 0 ? "" : ".br\n");
        font(out, 'B', "coldswarm");
        buf_char(out, ' ');
        font(out, 'B', p->commands[i]->name);
        if (p->commands[i]->usage != NULL) {
            buf_char(out, ' ');
            text(out, p->commands[i]->usage);
        }
        buf_char(out, '\n');
    }
    buf_str(out, ".SH DESCRIPTION\n");
    paragraphs(out, program_description);
    buf_str(out, ".SH COMMANDS\n");
    for (size_t i = 0; i < p->count; i++)
        command(out, p->commands[i]);
    buf_str(out, ".SH \"COMMON OPTIONS\"\n");
    for (size_t i = 0; i < args_common_count; i++)
        option(out, &args_common[i]);
    environment(out, p);
    buf_str(out, ".SH \"EXIT STATUS\"\n");
    for (size_t i = 0; i < program_exit_count; i++) {
        buf_str(out, ".TP\n");
        font(out, 'B', program_exits[i].code);
        buf_char(out, '\n');
        capital(out, program_exits[i].text);
        buf_str(out, ".\n");
    }
    buf_str(out, ".PP\nThe worst in the order 3, 4, 99, 1 is reported.\n.SH EXAMPLES\n");
    for (size_t i = 0; i < p->count; i++) {
        if (p->commands[i]->examples != NULL)
            examples(out, p->commands[i]->examples);
    }
}
