#include "convert/shell_windows.h"

#include <ctype.h>
#include <string.h>

/* A text that is read, and the words for a POSIX shell that are written. Each word is in single
 * quotes, so that only variables mean something there. */
struct words {
    const char *text;
    size_t n, at;
    struct buf *out;
    bool in_word;
    size_t lines; /* line ends inside a command, which follow it */
};

static char peek(const struct words *w, size_t ahead) {
    return w->at + ahead < w->n ? w->text[w->at + ahead] : '\0';
}

static void begin_word(struct words *w) {
    if (!w->in_word)
        buf_str(w->out, " '");
    w->in_word = true;
}

static void end_word(struct words *w) {
    if (w->in_word)
        buf_char(w->out, '\'');
    w->in_word = false;
}

static void put(struct words *w, char c) {
    begin_word(w);
    if (c == '\'')
        buf_str(w->out, "'\\''");
    else
        buf_char(w->out, c);
}

static void put_variable(struct words *w, const char *name, size_t n) {
    begin_word(w);
    buf_str(w->out, "'\"${");
    buf_add(w->out, name, n);
    buf_str(w->out, "}\"'");
}

static void end_command(struct words *w, const char *operator) {
    end_word(w);
    buf_str(w->out, operator);
    for (; w->lines > 0; w->lines--)
        buf_char(w->out, '\n');
}

static size_t name_at(const struct words *w, size_t at) {
    size_t n = 0;
    while (at + n < w->n && (isalpha((unsigned char)w->text[at + n]) || w->text[at + n] == '_' ||
                             (n > 0 && isdigit((unsigned char)w->text[at + n]))))
        n++;
    return n;
}

/* A character of a command line for cmd: `taken` if "^" took its meaning for cmd away. */
struct cmd_char {
    char c;
    bool taken;
};

/* The next character, with "^" and continued lines resolved; false at the end. */
static bool cmd_next(struct words *w, bool quoted, struct cmd_char *out) {
    if (w->at >= w->n)
        return false;
    *out = (struct cmd_char){w->text[w->at++], false};
    if (out->c == '\r')
        return cmd_next(w, quoted, out);
    if (out->c != '^' || quoted || w->at >= w->n)
        return true;
    w->at += peek(w, 0) == '\r' && peek(w, 1) == '\n';
    if (peek(w, 0) == '\n') {
        w->at++;
        w->lines++;
        w->at += peek(w, 0) == '\r' && peek(w, 1) == '\n';
        if (w->at >= w->n)
            return false;
        w->lines += peek(w, 0) == '\n';
    }
    *out = (struct cmd_char){w->text[w->at++], true};
    return true;
}

/* Backslashes are plain unless a quote follows: then two are one, and an odd one makes the quote
 * plain. */
static void cmd_backslashes(struct words *w, bool cmd_quoted, bool *quoted) {
    size_t count = 1;
    while (peek(w, 0) == '\\' || (!cmd_quoted && peek(w, 0) == '^' && peek(w, 1) == '\\')) {
        w->at += peek(w, 0) == '^' ? 2 : 1;
        count++;
    }
    size_t quote = peek(w, 0) == '"'                                       ? 1
                   : !cmd_quoted && peek(w, 0) == '^' && peek(w, 1) == '"' ? 2
                                                                           : 0;
    for (size_t i = 0; i < (quote > 0 ? count / 2 : count); i++)
        put(w, '\\');
    if (quote == 0)
        return;
    w->at += quote;
    if (count % 2 == 1)
        put(w, '"');
    else
        *quoted = !*quoted;
}

static void from_cmd(struct words *w) {
    bool cmd_quoted = false, quoted = false; /* for cmd; for the program's own splitting */
    struct cmd_char x;
    while (cmd_next(w, cmd_quoted, &x)) {
        size_t name = x.c == '%' && !x.taken ? name_at(w, w->at) : 0;
        if (x.c == '\n' && !x.taken) {
            w->lines++;
            end_command(w, "");
            cmd_quoted = quoted = false;
        } else if (name > 0 && w->at + name < w->n && w->text[w->at + name] == '%') {
            put_variable(w, w->text + w->at, name);
            w->at += name + 1;
        } else if (x.c == '\\') {
            cmd_backslashes(w, cmd_quoted, &quoted);
        } else if (x.c == '"') {
            cmd_quoted = x.taken ? cmd_quoted : !cmd_quoted;
            begin_word(w);
            if (quoted && !x.taken && peek(w, 0) == '"') { /* "" in quotes is a plain one */
                w->at++;
                cmd_quoted = !cmd_quoted;
                put(w, '"');
            } else {
                quoted = !quoted;
            }
        } else if (!quoted && (x.c == ' ' || x.c == '\t')) {
            end_word(w);
        } else if (!cmd_quoted && !x.taken && strchr("&|<>", x.c) != NULL && x.c != '\0') {
            end_word(w);
            buf_printf(w->out, " %c", x.c);
        } else {
            put(w, x.c);
        }
    }
    end_command(w, "");
}

/* After "$": "env:NAME", "NAME", "{NAME}" or "($NAME)". */
static bool ps_variable(struct words *w) {
    size_t at = w->at + 1;
    bool brace = at < w->n && w->text[at] == '{';
    bool nested = w->n - at > 2 && w->text[at] == '(' && w->text[at + 1] == '$';
    at += brace ? 1 : nested ? 2 : 0;
    if (w->n - at > 4 && strncmp(w->text + at, "env:", 4) == 0)
        at += 4;
    size_t n = name_at(w, at);
    if (n == 0 || (nested && (at + n >= w->n || w->text[at + n] != ')')))
        return false;
    put_variable(w, w->text + at, n);
    w->at = at + n + (brace || nested);
    return true;
}

/* "`n" and others in double quotes, and outside of quotes. */
static void ps_escape(struct words *w) {
    static const char from[] = "nrt0", to[] = "\n\r\t";
    char c = peek(w, 1);
    const char *found = c == '\0' ? NULL : strchr(from, c);
    w->at += 2;
    if (c == '\r' && peek(w, 0) == '\n')
        c = w->text[w->at++];
    if (c == '\n')
        w->lines++; /* the line goes on */
    else if (c != '\0')
        put(w, found != NULL ? to[found - from] : c);
}

/* '...' and "...", up to the same quote; two of them are one. */
static void ps_quotes(struct words *w, char quote) {
    begin_word(w);
    w->at++;
    while (w->at < w->n) {
        char c = peek(w, 0);
        if (c == quote && peek(w, 1) != quote)
            break;
        if (c == quote) {
            put(w, c);
            w->at += 2;
        } else if (quote == '"' && c == '`') {
            ps_escape(w);
        } else if (c == '\\' && peek(w, 1) == '"') { /* for the program that is started */
            put(w, '"');
            w->at += 2;
            w->at += quote == '"' && peek(w, 0) == '"'; /* PowerShell's own way to write it */
        } else if (quote != '"' || c != '$' || !ps_variable(w)) {
            w->lines += c == '\n';
            put(w, c);
            w->at++;
        }
    }
    w->at += w->at < w->n;
}

/* @'...'@, whose ends are lines of their own; true if there is one here. */
static bool ps_here(struct words *w) {
    char quote = peek(w, 1);
    if (quote != '\'' && quote != '"')
        return false;
    size_t at = w->at + 2;
    at += at < w->n && w->text[at] == '\r';
    const char end[] = {'\n', quote, '@', '\0'};
    const char *close =
        at < w->n && w->text[at] == '\n' ? memmem(w->text + at, w->n - at, end, 3) : NULL;
    if (close == NULL)
        return false;
    begin_word(w);
    w->lines++;
    for (w->at = at + 1; w->at < (size_t)(close - w->text);) {
        if (quote == '"' && peek(w, 0) == '$' && ps_variable(w))
            continue;
        w->lines += peek(w, 0) == '\n';
        put(w, w->text[w->at++]);
    }
    w->lines++;
    w->at = (size_t)(close - w->text) + 3;
    return true;
}

/* "$NAME = value" at the beginning of a command. */
static bool ps_assignment(struct words *w) {
    size_t at = w->at + 1;
    if (w->n - at > 4 && strncmp(w->text + at, "env:", 4) == 0)
        at += 4;
    size_t n = name_at(w, at), equal = at + n;
    while (equal < w->n && w->text[equal] == ' ')
        equal++;
    if (n == 0 || equal >= w->n || w->text[equal] != '=')
        return false;
    buf_add(w->out, w->text + at, n);
    buf_char(w->out, '=');
    buf_char(w->out, '\'');
    w->in_word = true;
    w->at = equal + 1;
    while (peek(w, 0) == ' ')
        w->at++;
    return true;
}

static void from_powershell(struct words *w) {
    bool first = true;
    while (w->at < w->n) {
        char c = peek(w, 0);
        bool word = true;
        if (c == '\n' || c == ';' || c == '|') {
            w->lines += c == '\n';
            w->at++;
            end_command(w, c == '\n' ? "" : c == ';' ? ";" : "|");
            first = true;
            continue;
        }
        if (c == ' ' || c == '\t' || c == '\r') {
            end_word(w);
            w->at++;
            word = false;
        } else if (c == '`') {
            if (peek(w, 1) == '\n' || peek(w, 1) == '\r')
                end_word(w);
            ps_escape(w);
        } else if (c == '\'' || c == '"') {
            ps_quotes(w, c);
        } else if (!(c == '@' && ps_here(w)) && !(c == '$' && first && ps_assignment(w)) &&
                   !(c == '$' && ps_variable(w))) {
            put(w, c);
            w->at++;
        }
        first = first && !word;
    }
    end_command(w, "");
}

static bool has(const char *text, size_t n, const char *what) {
    return memmem(text, n, what, strlen(what)) != NULL;
}

bool shell_from_windows(const char *text, size_t n, struct buf *out) {
    struct words w = {.text = text, .n = n, .out = out};
    bool posix = has(text, n, "\\\n") || has(text, n, "\\\r\n");
    bool cmd = has(text, n, "^\"") || has(text, n, " ^\n") || has(text, n, " ^\r\n");
    bool power = has(text, n, " `\n") || has(text, n, " `\r\n") || has(text, n, "$env:");
    if (posix || !(cmd || power || has(text, n, "curl.exe ")))
        return false;
    if (power || (!cmd && memchr(text, '\'', n) != NULL))
        from_powershell(&w);
    else
        from_cmd(&w);
    return true;
}
