#include "convert/shell.h"

#include <ctype.h>
#include <string.h>

#include "util/text.h"

/* Room for one command's words, grown by doubling inside the draft's memory. */
struct shell {
    struct draft *d;
    const char *name, *text;
    size_t bytes, at;
    struct buf word;
    bool in_word, quoted; /* a part of the word stood in quotes */
    const char *redirect; /* the operator that the word is for, or NULL */
    struct shell_variables *variables;
    struct shell_command *out;
    size_t cap;
};

static size_t line_of(const struct shell *s, size_t at) {
    size_t line = 1;
    for (size_t i = 0; i < at && i < s->bytes; i++)
        line += s->text[i] == '\n';
    return line;
}

static char peek(const struct shell *s, size_t ahead) {
    return s->at + ahead < s->bytes ? s->text[s->at + ahead] : '\0';
}

static void begin_word(struct shell *s) {
    if (!s->in_word && s->out->count == 0)
        s->out->line = line_of(s, s->at);
    s->in_word = true;
}

static int add_document(struct shell *s, const char *end, bool tabs, struct err *e) {
    struct shell_command *c = s->out;
    if (c->document_count == SHELL_DOCUMENTS_MAX)
        return err_set(e, "%s:%zu: more than %d here-documents in one line", s->name,
                       line_of(s, s->at), SHELL_DOCUMENTS_MAX);
    c->documents[c->document_count++] = (struct shell_document){end, tabs};
    return 0;
}

static int end_redirect(struct shell *s, bool quoted, struct err *e);

static int end_word(struct shell *s, struct err *e) {
    struct shell_command *c = s->out;
    bool quoted = s->quoted;
    s->quoted = false;
    if (s->redirect != NULL && s->in_word)
        return end_redirect(s, quoted, e);
    if (!s->in_word)
        return 0;
    if (c->count == SHELL_WORDS_MAX)
        return err_set(e, "%s:%zu: more than %d words in one command", s->name, line_of(s, s->at),
                       SHELL_WORDS_MAX);
    if (c->count == s->cap) {
        size_t cap = s->cap == 0 ? 32 : s->cap * 2;
        struct shell_word *grown = draft_alloc(s->d, cap * sizeof *grown);
        if (grown == NULL)
            return err_set(e, "%s: too large, or out of memory", s->name);
        if (c->count > 0)
            memcpy(grown, c->words, c->count * sizeof *grown);
        c->words = grown;
        s->cap = cap;
    }
    c->words[c->count].text = draft_copy(s->d, buf_text(&s->word), s->word.len);
    c->words[c->count++].n = s->word.len;
    buf_clear(&s->word);
    s->in_word = false;
    return 0;
}

static int unclosed(const struct shell *s, size_t from, const char *quote, struct err *e) {
    return err_set(e, "%s:%zu: this quote, %s, is not closed", s->name, line_of(s, from), quote);
}

/* '...': nothing is special. */
static int single_quotes(struct shell *s, struct err *e) {
    size_t from = s->at++;
    const char *close = memchr(s->text + s->at, '\'', s->bytes - s->at);
    if (close == NULL)
        return unclosed(s, from, "'", e);
    size_t n = (size_t)(close - (s->text + s->at));
    buf_add(&s->word, s->text + s->at, n);
    s->at += n + 1;
    return 0;
}

#define NESTED_MAX 100

/* What must stand at the end of what begins with this; '\0': it begins nothing. */
static char closing(char c) {
    return c == '(' ? ')' : c == '{' ? '}' : c == '"' || c == '\'' || c == '`' ? c : '\0';
}

/* Whether c begins something of its own within what `end` ends. */
static bool nests(char end, char c, char before) {
    if (c == '(')
        return end == ')' || before == '$';
    if (c == '{')
        return before == '$';
    return c == '`' || (end != '"' && (c == '"' || c == '\''));
}

/* Copies from the ( { or ` at s->at to its end, with all that is nested in it, as it stands: a
 * shell would put in something else. */
static int substitution(struct shell *s, struct err *e) {
    char open[NESTED_MAX] = {0}; /* clang's analyser does not see that depth is above 0 */
    size_t depth = 0, from = s->at;
    do {
        char c = s->text[s->at], end = depth == 0 ? '\0' : closing(open[depth - 1]);
        bool raw = end == '\'';
        if (c == '\\' && !raw && s->at + 1 < s->bytes) {
            buf_char(&s->word, c);
            c = s->text[++s->at];
        } else if (c == end) {
            depth--;
        } else if (depth == 0 || (!raw && nests(end, c, s->text[s->at - 1]))) {
            if (depth == NESTED_MAX)
                return err_set(e, "%s:%zu: nested too deeply", s->name, line_of(s, from));
            open[depth++] = c;
        }
        buf_char(&s->word, c);
        s->at++;
    } while (depth > 0 && s->at < s->bytes);
    return depth == 0 ? 0
                      : err_set(e, "%s:%zu: this command substitution or expansion is not closed",
                                s->name, line_of(s, from));
}

/* Puts the value of what was copied from `from` on in its place. */
static void evaluate(struct shell *s, size_t from) {
    size_t n = s->word.len - from;
    const char *raw = draft_copy(s->d, buf_text(&s->word) + from, n);
    if (s->word.failed)
        return;
    s->word.len = from;
    if (s->word.data != NULL)
        s->word.data[from] = '\0';
    shell_value(s->variables, raw, n, &s->word);
}

/* At a $ or `: one plain character, or all of what the shell would put something in for. */
static int expansion(struct shell *s, struct err *e) {
    char c = s->text[s->at], next = peek(s, 1);
    size_t from = s->word.len;
    if (c == '`') {
        if (memchr(s->text + s->at + 1, '`', s->bytes - s->at - 1) == NULL) {
            buf_char(&s->word, c);
            s->at++;
            return 0;
        }
        if (substitution(s, e) != 0)
            return -1;
        evaluate(s, from);
        return 0;
    }
    buf_char(&s->word, c);
    s->at++;
    if (next == '(' || next == '{') {
        if (substitution(s, e) != 0)
            return -1;
    } else if (isdigit((unsigned char)next)) {
        buf_char(&s->word, next);
        s->at++;
    } else {
        while (isalnum((unsigned char)peek(s, 0)) || peek(s, 0) == '_')
            buf_char(&s->word, s->text[s->at++]);
    }
    evaluate(s, from);
    return 0;
}

/* The text of a here-document with its variables: backslashes are special as in "...". */
static int document_value(struct shell *s, const char *text, size_t n, struct err *e) {
    struct shell inner = {.d = s->d,
                          .name = s->name,
                          .text = text,
                          .bytes = n,
                          .variables = s->variables,
                          .out = s->out};
    int result = 0;
    buf_init(&inner.word, DRAFT_BYTES_MAX);
    while (inner.at < n && result == 0) {
        char c = text[inner.at], next = peek(&inner, 1);
        if (c == '\\' && inner.at + 1 < n && strchr("$`\\\n", next) != NULL && next != '\0') {
            if (next != '\n')
                buf_char(&inner.word, next);
            inner.at += 2;
        } else if (c == '$' || c == '`') {
            result = expansion(&inner, e);
        } else {
            buf_char(&inner.word, c);
            inner.at++;
        }
    }
    s->out->input_bytes = inner.word.len;
    s->out->input = draft_take(s->d, &inner.word);
    return result;
}

/* A here-document is what the command reads. It begins in the next line; only the first of a line
 * is looked for here. */
static int document(struct shell *s, const char *end, bool tabs, bool quoted, struct err *e) {
    const char *at = memchr(s->text + s->at, '\n', s->bytes - s->at), *stop = s->text + s->bytes;
    struct buf b;
    if (at == NULL || s->out->document_count != 1)
        return 0;
    buf_init(&b, DRAFT_BYTES_MAX);
    for (at++; at < stop;) {
        const char *lf = memchr(at, '\n', (size_t)(stop - at));
        size_t n = lf == NULL ? (size_t)(stop - at) : (size_t)(lf - at), skip = 0;
        while (tabs && skip < n && at[skip] == '\t')
            skip++;
        size_t bare = n - skip - (n > skip && at[n - 1] == '\r');
        if (bare == strlen(end) && memcmp(at + skip, end, bare) == 0)
            break;
        buf_add(&b, at + skip, n - skip);
        buf_char(&b, '\n');
        at += n + (lf != NULL);
    }
    size_t n = b.len;
    const char *text = draft_take(s->d, &b);
    s->out->input = text;
    s->out->input_bytes = n;
    return quoted ? 0 : document_value(s, text, n, e);
}

/* The word is what a redirection names; without one the operator stands alone. */
static int end_redirect(struct shell *s, bool quoted, struct err *e) {
    struct shell_command *c = s->out;
    const char *op = s->redirect, *target = draft_copy(s->d, buf_text(&s->word), s->word.len);
    bool here = strstr(op, "<<<") != NULL, documents = strstr(op, "<<") != NULL && !here;
    bool tabs = op[strlen(op) - 1] == '-';
    struct buf b;
    s->redirect = NULL;
    if (here) {
        buf_init(&b, DRAFT_BYTES_MAX);
        buf_printf(&b, "%s\n", target);
        c->input_bytes = b.len;
        c->input = draft_take(s->d, &b);
    } else if (strcmp(op, "<") == 0 || strcmp(op, "0<") == 0) {
        c->input_file = target;
    }
    buf_clear(&s->word);
    s->in_word = false;
    if (c->redirect_count < SHELL_REDIRECTS_MAX)
        c->redirects[c->redirect_count++] = (struct shell_redirect){op, target};
    if (!documents)
        return 0;
    return add_document(s, target, tabs, e) != 0 ? -1 : document(s, target, tabs, quoted, e);
}

/* The value of an expansion outside of quotes, from `from` on in the word, becomes words. */
static int split(struct shell *s, size_t from, struct err *e) {
    size_t n = s->word.len - from;
    const char *value = draft_copy(s->d, buf_text(&s->word) + from, n);
    if (s->word.failed)
        return 0;
    s->word.len = from;
    if (s->word.data != NULL)
        s->word.data[from] = '\0';
    s->in_word = from > 0 || s->quoted;
    for (size_t i = 0; i < n;) {
        size_t whole = draft_reference_bytes(s->d, value + i, n - i);
        if (whole == 0 && strchr(" \t\r\n", value[i]) != NULL) {
            if (end_word(s, e) != 0)
                return -1;
        } else {
            begin_word(s);
            buf_add(&s->word, value + i, whole > 0 ? whole : 1);
        }
        i += whole > 0 ? whole : 1;
    }
    return 0;
}

/* "...": a backslash is special in front of $ ` " \ and a line's end (POSIX 2.2.3). */
static int double_quotes(struct shell *s, struct err *e) {
    size_t from = s->at++;
    while (s->at < s->bytes) {
        char c = s->text[s->at];
        if (c == '"') {
            s->at++;
            return 0;
        }
        if (c == '\\' && peek(s, 1) == '\r' && peek(s, 2) == '\n') {
            s->at += 3;
        } else if (c == '\\' && s->at + 1 < s->bytes && strchr("$`\"\\\n", peek(s, 1)) != NULL &&
                   peek(s, 1) != '\0') {
            if (peek(s, 1) != '\n')
                buf_char(&s->word, peek(s, 1));
            s->at += 2;
        } else if (c == '$' || c == '`') {
            if (expansion(s, e) != 0)
                return -1;
        } else {
            buf_char(&s->word, c);
            s->at++;
        }
    }
    return unclosed(s, from, "\"", e);
}

static int digit_of(char c, int base) {
    int v = c >= '0' && c <= '9'   ? c - '0'
            : c >= 'a' && c <= 'f' ? c - 'a' + 10
            : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                   : 99;
    return v < base ? v : -1;
}

/* A number of at most `most` digits at s->at. */
static uint32_t number(struct shell *s, int base, int most) {
    uint32_t value = 0;
    for (int i = 0; i < most && s->at < s->bytes && digit_of(s->text[s->at], base) >= 0; i++)
        value = value * (uint32_t)base + (uint32_t)digit_of(s->text[s->at++], base);
    return value;
}

/* Behind the backslash in $'...' (bash's manual, "ANSI-C Quoting"). Chrome writes two \uXXXX
 * (surrogates) for one character beyond U+FFFF, of which bash makes bytes that are no UTF-8; here
 * they are the character that was meant. */
static void ansi_escape(struct shell *s) {
    static const char from[] = "abeEfnrtv\\'\"?", to[] = "\a\b\033\033\f\n\r\t\v\\'\"?";
    char c = s->at < s->bytes ? s->text[s->at] : '\0';
    const char *simple = c == '\0' ? NULL : strchr(from, c);
    if (simple != NULL) {
        s->at++;
        buf_char(&s->word, to[simple - from]);
    } else if (c == 'x' && digit_of(peek(s, 1), 16) >= 0) {
        s->at++;
        buf_char(&s->word, (char)number(s, 16, 2));
    } else if ((c == 'u' || c == 'U') && digit_of(peek(s, 1), 16) >= 0) {
        s->at++;
        uint32_t point = number(s, 16, c == 'u' ? 4 : 8);
        if (point >= 0xd800 && point < 0xdc00 && peek(s, 0) == '\\' && peek(s, 1) == 'u') {
            s->at += 2;
            point = 0x10000 + ((point - 0xd800) << 10) + ((number(s, 16, 4) - 0xdc00) & 0x3ff);
        }
        char utf8[TEXT_POINT_BYTES];
        buf_add(&s->word, utf8, text_put_point(point, utf8));
    } else if (digit_of(c, 8) >= 0) {
        buf_char(&s->word, (char)number(s, 8, 3));
    } else {
        buf_char(&s->word, '\\'); /* kept, as bash does */
    }
}

static int ansi_quotes(struct shell *s, struct err *e) {
    size_t from = s->at;
    s->at += 2;
    while (s->at < s->bytes) {
        char c = s->text[s->at];
        if (c == '\'') {
            s->at++;
            return 0;
        }
        s->at++;
        if (c == '\\')
            ansi_escape(s);
        else
            buf_char(&s->word, c);
    }
    return unclosed(s, from, "$'", e);
}

/* Passes over the here-documents that were announced in the line that has just ended. */
static void skip_documents(struct shell *s) {
    struct shell_command *c = s->out;
    for (size_t i = 0; i < c->document_count; i++) {
        bool ended = false;
        while (s->at < s->bytes && !ended) {
            const char *line = s->text + s->at, *lf = memchr(line, '\n', s->bytes - s->at);
            size_t n = lf == NULL ? s->bytes - s->at : (size_t)(lf - line), skip = 0;
            s->at += n + (lf != NULL);
            while (c->documents[i].tabs && skip < n && line[skip] == '\t')
                skip++;
            n -= n > skip && line[n - 1] == '\r';
            ended = n - skip == strlen(c->documents[i].end) &&
                    memcmp(line + skip, c->documents[i].end, n - skip) == 0;
        }
    }
    c->document_count = 0;
}

/* An unquoted ; & | ( ) or a line's end: true where it ended the command. */
static int operator_ends(struct shell *s, bool *ended, struct err *e) {
    char c = s->text[s->at];
    if (s->redirect != NULL && !s->in_word)
        end_redirect(s, false, NULL);
    int result = end_word(s, e);
    s->out->end = c == '|' && peek(s, 1) != '|' ? SHELL_END_PIPE : SHELL_END_COMMAND;
    s->out->depth += c == '(';
    s->out->depth -= c == ')' && s->out->depth > 0;
    bool twice = (c == '&' || c == '|' || c == ';') && peek(s, 1) == c;
    s->at += twice || (c == '|' && peek(s, 1) == '&') ? 2 : 1;
    if (c == '\n')
        skip_documents(s);
    *ended = s->out->count > 0;
    if (!*ended) /* a line of redirections alone does nothing */
        s->out->redirect_count = 0;
    return result;
}

/* The operator at s->at, which moves on behind it; NULL: it is none. In the order of their
 * length. */
static const char *redirect_operator(struct shell *s) {
    static const char *const all[] = {"<<<", "<<-", "&>>", "<<", "<>", "<&",
                                      ">>",  ">|",  ">&",  "&>", "<",  ">"};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        size_t n = strlen(all[i]);
        if (s->bytes - s->at >= n && memcmp(s->text + s->at, all[i], n) == 0) {
            s->at += n;
            return all[i];
        }
    }
    return NULL;
}

/* A file's number before the operator, "2" or "{name}", is a part of it. */
static bool is_number(const char *word) {
    size_t n = strlen(word);
    if (n > 2 && word[0] == '{' && word[n - 1] == '}')
        return strspn(word + 1,
                      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789") == n - 2;
    return n > 0 && strspn(word, "0123456789") == n;
}

/* "> curl ...", a prompt that was copied with the command: no one sends a file to that. */
static bool is_prompt(const struct shell *s) {
    size_t at = s->at;
    while (at < s->bytes && (s->text[at] == ' ' || s->text[at] == '\t'))
        at++;
    return s->out->count == 0 && !s->in_word && s->bytes - at > 5 &&
           memcmp(s->text + at, "curl", 4) == 0 &&
           (s->text[at + 4] == ' ' || s->text[at + 4] == '\t');
}

static int redirect(struct shell *s, struct err *e) {
    struct buf op;
    bool numbered = s->in_word && !s->quoted && is_number(buf_text(&s->word));
    buf_init(&op, 256);
    if (numbered) {
        buf_str(&op, buf_text(&s->word));
        buf_clear(&s->word);
        s->in_word = false;
    }
    int result = end_word(s, e);
    char first = s->text[s->at];
    buf_str(&op, redirect_operator(s));
    if (s->redirect != NULL) /* "> > x": the first names nothing */
        result = end_redirect(s, false, e);
    if (!(first == '>' && op.len == 1 && is_prompt(s))) {
        s->redirect = draft_copy(s->d, buf_text(&op), op.len);
        if (s->out->count == 0 && s->out->redirect_count == 0)
            s->out->line = line_of(s, s->at);
    }
    buf_done(&op);
    return result;
}

/* What begins with < > or &: 1 where it was a redirection or a process substitution, 0 where it is
 * none. */
static int redirected(struct shell *s, struct err *e) {
    char c = s->text[s->at], next = peek(s, 1);
    if (c == '&' && next != '>')
        return 0;
    if (c != '&' && next == '(') {
        begin_word(s);
        buf_char(&s->word, c);
        s->at++;
        return substitution(s, e) == 0 ? 1 : -1;
    }
    return redirect(s, e) == 0 ? 1 : -1;
}

/* A parenthesis that stands for itself: none in an array's value, none within a word of which the
 * shell would make nothing. */
static bool is_parenthesis(const struct shell *s, char c) {
    return c == '(' ? !s->in_word : c == ')' && (!s->in_word || s->out->depth > 0);
}

/* Handles what stands at s->at; *ended becomes true behind the command. */
static int step(struct shell *s, bool *ended, struct err *e) {
    char c = s->text[s->at], next = peek(s, 1);
    if (c == '\\' && (next == '\n' || (next == '\r' && peek(s, 2) == '\n'))) {
        s->at += next == '\n' ? 2 : 3;
        return 0;
    }
    if (c == ' ' || c == '\t' || c == '\r') {
        s->at++;
        return end_word(s, e);
    }
    if (c == '<' || c == '>' || c == '&') {
        int taken = redirected(s, e);
        if (taken != 0)
            return taken < 0 ? -1 : 0;
    }
    if (c == '\n' || c == ';' || c == '|' || c == '&' || is_parenthesis(s, c))
        return operator_ends(s, ended, e);
    if (c == '#' && !s->in_word) {
        while (s->at < s->bytes && s->text[s->at] != '\n')
            s->at++;
        return 0;
    }
    begin_word(s);
    s->quoted = s->quoted || c == '\'' || c == '"' || c == '\\';
    if (c == '\'')
        return single_quotes(s, e);
    if (c == '$' && next == '\'')
        return ansi_quotes(s, e);
    if (c == '"' || (c == '$' && next == '"')) {
        s->at += c == '$';
        return double_quotes(s, e);
    }
    if (c == '\\' && s->at + 1 < s->bytes) {
        buf_char(&s->word, next);
        s->at += 2;
        return 0;
    }
    if (c == '$' || c == '`') {
        size_t from = s->word.len;
        return expansion(s, e) != 0 ? -1 : split(s, from, e);
    }
    if (c == '(' && s->word.len > 0 && buf_text(&s->word)[s->word.len - 1] == '=')
        return substitution(s, e); /* an array */
    buf_char(&s->word, c);
    s->at++;
    return 0;
}

int shell_read(struct shell_variables *v, const char *name, const char *text, size_t bytes,
               size_t at, struct shell_command *out, struct err *e) {
    struct draft *d = v->d;
    struct shell s = {
        .d = d, .name = name, .text = text, .bytes = bytes, .at = at, .variables = v, .out = out};
    int result = 0;
    bool ended = false;
    struct shell_command before = *out;
    *out = (struct shell_command){.line = line_of(&s, at),
                                  .end = SHELL_END_TEXT,
                                  .document_count = before.document_count,
                                  .depth = before.depth};
    memcpy(out->documents, before.documents, sizeof before.documents);
    buf_init(&s.word, DRAFT_BYTES_MAX);
    while (s.at < bytes && !ended && result == 0)
        result = step(&s, &ended, e);
    if (result == 0)
        result = s.redirect != NULL ? end_redirect(&s, s.quoted, e) : end_word(&s, e);
    if (result == 0 && !ended)
        out->end = SHELL_END_TEXT;
    if (result == 0 && (s.word.failed || !draft_ok(d)))
        result = err_set(e, "%s: too large, or out of memory", name);
    out->next = s.at;
    buf_done(&s.word);
    return result;
}
