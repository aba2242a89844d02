/* The man pages, coldswarm(1) and one for each command: the tables as roff, for man(1). */
#include <string.h>

#include "cli/command_internal.h"
#include "cli/optvalue.h"
#include "cli/program.h"

/* Text that roff must not obey: backslashes and hyphens everywhere, dots and quotes at the start of
 * a line. */
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

static char upper(char c) {
    return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

/* A line of the tables, which begin small and have no full stop, as the start of a sentence. */
static void capital(struct buf *out, const char *s) {
    buf_char(out, upper(*s));
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
    buf_str(out, ".nf\n");
    escape(out, s, n);
    buf_str(out, "\n.fi\n");
}

/* A section: its title, and paragraphs with a blank line between. roff wants no .PP behind a
 * title. */
static void section(struct buf *out, const char *title, const char *s) {
    buf_printf(out, ".SH %s\n", title);
    for (bool first = true; *s != '\0'; first = false) {
        const char *end = strstr(s, "\n\n");
        size_t n = end == NULL ? strlen(s) : (size_t)(end - s);
        buf_str(out, first ? "" : ".PP\n");
        if (*s == ' ') {
            verbatim(out, s, n);
        } else {
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

/* "coldswarm", `sep` and the command's name, in bold. */
static void name_of(struct buf *out, const struct command *c, const char *sep) {
    buf_str(out, "\\fBcoldswarm");
    text(out, sep);
    text(out, c->name);
    buf_str(out, "\\fR");
}

static void synopsis(struct buf *out, const struct command *c) {
    if (c->program == NULL)
        name_of(out, c, " ");
    else {
        font(out, 'B', c->program);
        buf_char(out, ' ');
        font(out, 'B', c->name);
    }
    if (c->usage != NULL) {
        buf_char(out, ' ');
        text(out, c->usage);
    }
    buf_char(out, '\n');
}

/* The start of a page, up to its name and one line on what it is. `c` is NULL for the program's own
 * page. */
static void head(struct buf *out, const struct command *c, const char *summary) {
    struct buf name;
    buf_init(&name, PROGRAM_TEXT_MAX_BYTES);
    if (c != NULL && c->program != NULL)
        buf_str(&name, c->program);
    else
        buf_printf(&name, "coldswarm%s%s", c == NULL ? "" : "-", c == NULL ? "" : c->name);
    buf_str(out, ".TH ");
    for (const char *p = buf_text(&name); *p != '\0'; p++)
        buf_char(out, upper(*p));
    buf_printf(out, " 1 \"\" \"coldswarm %s\" \"User Commands\"\n.nh\n.ad l\n.SH NAME\n",
               COLDSWARM_VERSION);
    text(out, buf_text(&name));
    buf_done(&name);
    buf_str(out, " \\- ");
    text(out, summary);
    buf_char(out, '\n');
}

/* Each line of a command's examples: what it does, the command below it. */
static void examples(struct buf *out, const char *s) {
    buf_str(out, ".SH EXAMPLES\n");
    while (*s != '\0') {
        size_t n = strcspn(s, "\n");
        const char *hash = memmem(s, n, " # ", 3);
        size_t length = hash == NULL ? n : (size_t)(hash - s);
        while (length > 0 && s[length - 1] == ' ')
            length--;
        if (hash != NULL && hash + 3 < s + n) {
            buf_char(out, upper(hash[3]));
            escape(out, hash + 4, (size_t)(s + n - hash - 4));
            buf_str(out, ":\n");
        }
        buf_str(out, ".RS 4\n");
        verbatim(out, s, length);
        buf_str(out, ".RE\n");
        s += n + strspn(s + n, "\n");
        buf_str(out, *s == '\0' ? "" : ".PP\n");
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

static void exit_status(struct buf *out) {
    buf_str(out, ".SH \"EXIT STATUS\"\n");
    for (size_t i = 0; i < program_exit_count; i++) {
        buf_str(out, ".TP\n");
        font(out, 'B', program_exits[i].code);
        buf_char(out, '\n');
        capital(out, program_exits[i].text);
        buf_str(out, ".\n");
    }
    buf_str(out, ".PP\nIf several apply, the exit code is the first of 3, 129 to 143, 4, 99, 1.\n");
}

static void commands_list(struct buf *out, const struct program *p) {
    buf_str(out, ".SH COMMANDS\n");
    for (size_t i = 0; i < p->count; i++) {
        buf_str(out, ".TP\n");
        name_of(out, p->commands[i], "-");
        buf_str(out, "(1)\n");
        capital(out, p->commands[i]->summary);
        buf_str(out, ".\n");
    }
}

void manpage_render(struct buf *out, const struct program *p) {
    head(out, NULL, program_summary);
    buf_str(out, ".SH SYNOPSIS\n");
    for (size_t i = 0; i < p->count; i++) {
        buf_str(out, i == 0 ? "" : ".br\n");
        synopsis(out, p->commands[i]);
    }
    section(out, "DESCRIPTION", program_description);
    commands_list(out, p);
    buf_str(out, ".SH \"COMMON OPTIONS\"\n");
    for (size_t i = 0; i < args_common_count; i++)
        option(out, &args_common[i]);
    environment(out, p);
    exit_status(out);
}

void manpage_render_command(struct buf *out, const struct command *c) {
    head(out, c, c->summary);
    buf_str(out, ".SH SYNOPSIS\n");
    synopsis(out, c);
    if (c->details != NULL)
        section(out, "DESCRIPTION", c->details);
    buf_str(out, ".SH OPTIONS\n");
    for (size_t i = 0; i < c->opt_count; i++)
        option(out, &c->opts[i]);
    for (size_t i = 0; i < args_common_count; i++)
        option(out, &args_common[i]);
    exit_status(out);
    if (c->examples != NULL)
        examples(out, c->examples);
    buf_str(out, ".SH \"SEE ALSO\"\n\\fBcoldswarm\\fR(1)\n");
}
