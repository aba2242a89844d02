#include "convert/shell.h"

#include <string.h>

#include "util/text.h"

/* Room for one command's words, grown by doubling inside the draft's memory. */
struct shell {
    struct draft *d;
    const char *name, *text;
    size_t bytes, at;
    struct buf word;
    bool in_word;
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

static int end_word(struct shell *s, struct err *e) {
    struct shell_command *c = s->out;
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
    return err_set(e, "%s:%zu: a quote, %s, begins here and does not end; close it", s->name,
                   line_of(s, from), quote);
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

static void note_expansion(struct shell *s) {
    char next = peek(s, 1);
    bool name = (next >= 'a' && next <= 'z') || (next >= 'A' && next <= 'Z') || next == '_' ||
                next == '{' || next == '(';
    s->out->expansion =
        s->out->expansion || s->text[s->at] == '`' || (s->text[s->at] == '$' && name);
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
        } else {
            note_expansion(s);
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

/* Behind the backslash in $'...' (bash's manual, "ANSI-C Quoting"). Chrome writes two \uXXXX (surrogates) for one character beyond U+FFFF, of which
 * bash makes bytes that are no UTF-8; here they are the character that was meant. */
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

/* An unquoted ; & | or a line's end: true where it ended the command. */
static bool operator_ends(struct shell *s) {
    char c = s->text[s->at];
    s->out->end = c == '|' && peek(s, 1) != '|' ? SHELL_END_PIPE : SHELL_END_COMMAND;
    s->at += peek(s, 1) == c && (c == '&' || c == '|') ? 2 : 1;
    return s->out->count > 0 || s->in_word;
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
    if (c == '\n' || c == ';' || c == '|' || c == '&') {
        *ended = operator_ends(s);
        return end_word(s, e);
    }
    if (c == '#' && !s->in_word) {
        while (s->at < s->bytes && s->text[s->at] != '\n')
            s->at++;
        return 0;
    }
    begin_word(s);
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
    note_expansion(s);
    buf_char(&s->word, c);
    s->at++;
    return 0;
}

int shell_read(struct draft *d, const char *name, const char *text, size_t bytes, size_t at,
               struct shell_command *out, struct err *e) {
    struct shell s = {.d = d, .name = name, .text = text, .bytes = bytes, .at = at, .out = out};
    int result = 0;
    bool ended = false;
    *out = (struct shell_command){.line = line_of(&s, at), .end = SHELL_END_TEXT};
    buf_init(&s.word, DRAFT_BYTES_MAX);
    while (s.at < bytes && !ended && result == 0)
        result = step(&s, &ended, e);
    if (result == 0)
        result = end_word(&s, e);
    if (result == 0 && !ended)
        out->end = SHELL_END_TEXT;
    if (result == 0 && (s.word.failed || !draft_ok(d)))
        result = err_set(e, "%s: too large, or out of memory", name);
    out->next = s.at;
    buf_done(&s.word);
    return result;
}
