#include "convert/pylex.h"

#include <stdint.h>
#include <string.h>

#include "util/text.h"

#define INDENTS_MAX 100
#define BRACKETS_MAX 200

struct lexer {
    struct draft *d;
    const char *name, *text;
    size_t bytes, at, line;
    int indents[INDENTS_MAX], indent_count, brackets;
    bool line_start;
    struct py_tokens *out;
};

static int lex_fail(const struct lexer *x, size_t line, struct err *e, const char *what) {
    return err_set(e, "%s:%zu: %s", x->name, line, what);
}

static int add(struct lexer *x, enum py_kind kind, const char *text, size_t n, size_t line,
               struct err *e) {
    struct py_tokens *t = x->out;
    if (t->count == t->cap) {
        size_t cap = t->cap == 0 ? 256 : t->cap * 2;
        struct py_token *grown =
            cap > PYLEX_TOKENS_MAX * 2 ? NULL : draft_alloc(x->d, cap * sizeof *grown);
        if (grown == NULL)
            return lex_fail(x, line, e, "too long for a locustfile, or out of memory");
        if (t->count > 0)
            memcpy(grown, t->items, t->count * sizeof *grown);
        t->items = grown;
        t->cap = cap;
    }
    t->items[t->count++] = (struct py_token){kind, text, n, line};
    return 0;
}

static char peek(const struct lexer *x, size_t ahead) {
    return x->at + ahead < x->bytes ? x->text[x->at + ahead] : '\0';
}

static bool is_word(char c, bool first) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           (unsigned char)c >= 0x80 || (!first && c >= '0' && c <= '9');
}

/* Blank lines and comments have no indent of their own. */
static bool is_blank_line(const struct lexer *x, size_t at) {
    return at >= x->bytes || x->text[at] == '\n' || x->text[at] == '#' || x->text[at] == '\r';
}

static int line_indent(struct lexer *x, struct err *e) {
    int width = 0;
    while (x->at < x->bytes &&
           (x->text[x->at] == ' ' || x->text[x->at] == '\t' || x->text[x->at] == '\f')) {
        width = x->text[x->at] == '\t' ? (width / 8 + 1) * 8 : width + (width < 10000);
        x->at++;
    }
    if (is_blank_line(x, x->at))
        return 0;
    x->line_start = false;
    if (width > x->indents[x->indent_count - 1]) {
        if (x->indent_count == INDENTS_MAX)
            return lex_fail(x, x->line, e, "indented too deeply");
        x->indents[x->indent_count++] = width;
        return add(x, PY_INDENT, "", 0, x->line, e);
    }
    while (width < x->indents[x->indent_count - 1]) {
        x->indent_count--;
        if (add(x, PY_DEDENT, "", 0, x->line, e) != 0)
            return -1;
    }
    return width == x->indents[x->indent_count - 1]
               ? 0
               : lex_fail(x, x->line, e, "this indentation matches no line above");
}

/* Behind a backslash; false where the escape is not known here. */
static bool escape(struct lexer *x, struct buf *out) {
    static const char from[] = "abfnrtv\\'\"", to[] = "\a\b\f\n\r\t\v\\'\"";
    char utf8[TEXT_POINT_BYTES], c = peek(x, 0);
    const char *simple = c == '\0' ? NULL : strchr(from, c);
    x->at += x->at < x->bytes;
    if (simple != NULL) {
        buf_char(out, to[simple - from]);
        return true;
    }
    if (c == '\n') {
        x->line++;
        return true;
    }
    if (c == '\r')
        return true;
    if (c >= '0' && c <= '7') {
        uint32_t v = (uint32_t)(c - '0');
        for (int i = 0; i < 2 && peek(x, 0) >= '0' && peek(x, 0) <= '7'; i++)
            v = v * 8 + (uint32_t)(x->text[x->at++] - '0');
        buf_add(out, utf8, text_put_point(v, utf8));
        return true;
    }
    int want = c == 'x' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : 0;
    if (want == 0) {
        buf_char(out, '\\'); /* as Python keeps it */
        buf_char(out, c);
        return c != 'N';
    }
    uint32_t v = 0;
    for (int i = 0; i < want; i++) {
        int digit = text_hex(peek(x, 0));
        if (digit < 0)
            return false;
        v = v << 4 | (uint32_t)digit;
        x->at++;
    }
    buf_add(out, utf8, text_put_point(v, utf8));
    return v < 0xd800 || (v > 0xdfff && v <= 0x10ffff);
}

static int string(struct lexer *x, bool raw, bool f, struct err *e) {
    size_t line = x->line;
    char quote = x->text[x->at];
    size_t quotes = peek(x, 1) == quote && peek(x, 2) == quote ? 3 : 1;
    bool known = true;
    struct buf b;
    buf_init(&b, DRAFT_BYTES_MAX);
    for (x->at += quotes;;) {
        if (x->at >= x->bytes || (quotes == 1 && x->text[x->at] == '\n')) {
            buf_done(&b);
            return lex_fail(x, line, e, "this string is not closed");
        }
        char c = x->text[x->at];
        if (c == quote && (quotes == 1 || (peek(x, 1) == quote && peek(x, 2) == quote))) {
            x->at += quotes;
            break;
        }
        x->at++;
        x->line += c == '\n';
        if (c == '\\' && !raw) {
            known = escape(x, &b) && known;
        } else if (c == '\\' && x->at < x->bytes) {
            buf_char(&b, c);
            x->line += x->text[x->at] == '\n';
            buf_char(&b, x->text[x->at++]);
        } else {
            buf_char(&b, c);
        }
    }
    size_t n = b.len;
    const char *text = draft_take(x->d, &b);
    return add(x, !known ? PY_STRANGE : f ? PY_FSTRING : PY_STRING, text, n, line, e);
}

/* A name, or the prefix of a string. */
static int word(struct lexer *x, struct err *e) {
    size_t from = x->at;
    while (x->at < x->bytes && is_word(x->text[x->at], false))
        x->at++;
    size_t n = x->at - from;
    char c = peek(x, 0);
    bool prefix = n <= 2 && (c == '"' || c == '\'');
    for (size_t i = 0; i < n && prefix; i++)
        prefix = strchr("rRbBuUfF", x->text[from + i]) != NULL;
    if (!prefix)
        return add(x, PY_NAME, draft_copy(x->d, x->text + from, n), n, x->line, e);
    bool raw = memchr(x->text + from, 'r', n) != NULL || memchr(x->text + from, 'R', n) != NULL;
    bool f = memchr(x->text + from, 'f', n) != NULL || memchr(x->text + from, 'F', n) != NULL;
    return string(x, raw, f, e);
}

static int number(struct lexer *x, struct err *e) {
    size_t from = x->at;
    for (; x->at < x->bytes; x->at++) {
        char c = x->text[x->at];
        bool sign = (c == '+' || c == '-') && x->at > from &&
                    (x->text[x->at - 1] == 'e' || x->text[x->at - 1] == 'E') &&
                    x->text[from] != '0';
        if (!is_word(c, false) && c != '.' && !sign)
            break;
    }
    return add(x, PY_NUMBER, draft_copy(x->d, x->text + from, x->at - from), x->at - from, x->line,
               e);
}

static int operator_(struct lexer *x, struct err *e) {
    static const char *const two[] = {
        "**", "//", "==", "!=", "<=", ">=", "->", ":=", "+=", "-=", "*=", "/="};
    char c = x->text[x->at];
    size_t n = 1;
    if (strchr("([{", c) != NULL && ++x->brackets > BRACKETS_MAX)
        return lex_fail(x, x->line, e, "brackets are nested too deeply");
    if (strchr(")]}", c) != NULL && x->brackets > 0)
        x->brackets--;
    for (size_t i = 0; i < sizeof two / sizeof *two; i++)
        if (x->bytes - x->at >= 2 && memcmp(two[i], x->text + x->at, 2) == 0)
            n = 2;
    x->at += n;
    return add(x, PY_OP, draft_copy(x->d, x->text + x->at - n, n), n, x->line, e);
}

static int step(struct lexer *x, struct err *e) {
    char c = x->text[x->at];
    if (c == '\0')
        return lex_fail(x, x->line, e, "a NUL: this is not a Python file");
    if (x->line_start && x->brackets == 0) {
        if (line_indent(x, e) != 0)
            return -1;
        if (x->at >= x->bytes)
            return 0;
        c = x->text[x->at];
    }
    if (c == '\n') {
        bool ends = x->brackets == 0 && !x->line_start;
        x->at++;
        x->line_start = x->brackets == 0;
        return (ends ? add(x, PY_NEWLINE, "", 0, x->line++, e) : (x->line++, 0));
    }
    if (c == '#') {
        while (x->at < x->bytes && x->text[x->at] != '\n')
            x->at++;
        return 0;
    }
    if (c == '\\' && (peek(x, 1) == '\n' || (peek(x, 1) == '\r' && peek(x, 2) == '\n'))) {
        x->at += peek(x, 1) == '\n' ? 2 : 3;
        x->line++;
        return 0;
    }
    if (c == ' ' || c == '\t' || c == '\r' || c == '\f') {
        x->at++;
        return 0;
    }
    if (is_word(c, true))
        return word(x, e);
    if ((c >= '0' && c <= '9') || (c == '.' && peek(x, 1) >= '0' && peek(x, 1) <= '9'))
        return number(x, e);
    if (c == '"' || c == '\'')
        return string(x, false, false, e);
    return operator_(x, e);
}

int pylex(struct draft *d, const char *name, const char *text, size_t bytes, struct py_tokens *out,
          struct err *e) {
    struct lexer x = {
        .d = d, .name = name, .text = text, .bytes = bytes, .line = 1, .indent_count = 1};
    *out = (struct py_tokens){0};
    x.out = out;
    x.line_start = true;
    if (bytes >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
        x.at = 3;
    if (!text_is_utf8(text, bytes))
        return err_set(e, "%s: not UTF-8, which a Python file requires", name);
    while (x.at < bytes)
        if (step(&x, e) != 0)
            return -1;
    if (!x.line_start && add(&x, PY_NEWLINE, "", 0, x.line, e) != 0)
        return -1;
    while (x.indent_count-- > 1)
        if (add(&x, PY_DEDENT, "", 0, x.line, e) != 0)
            return -1;
    if (add(&x, PY_END, "", 0, x.line, e) != 0)
        return -1;
    return draft_ok(d) ? 0 : err_set(e, "%s: too large, or out of memory", name);
}
