/* JSON Pointers and JSONPath expressions, compiled. */
#include <stdlib.h>
#include <string.h>

#include "scenario/jsonpath_internal.h"
#include "util/text.h"

static void segments_done(struct segments *s);

#define SEGMENTS_MAX 256
#define SELECTORS_MAX 256
#define FILTER_DEPTH_MAX 32
#define INDEX_MAX INT64_C(9007199254740991) /* RFC 9535 2.1: what I-JSON holds exactly */

struct parser {
    const char *start, *p, *end;
    struct err *e;
    int depth;
};

static void filter_free(struct filter *f) {
    if (f == NULL)
        return;
    filter_free(f->a);
    filter_free(f->b);
    segments_done(&f->left.path);
    segments_done(&f->right.path);
    free(f->left.literal);
    free(f->right.literal);
    free(f);
}

static void segments_done(struct segments *s) {
    for (size_t i = 0; i < s->count; i++) {
        for (size_t k = 0; k < s->items[i].count; k++) {
            free(s->items[i].items[k].name);
            filter_free(s->items[i].items[k].filter);
        }
        free(s->items[i].items);
    }
    free(s->items);
    *s = (struct segments){0};
}

void jsonpath_free(struct jsonpath *p) {
    if (p == NULL)
        return;
    segments_done(&p->path);
    free(p->text);
    free(p);
}

const char *jsonpath_text(const struct jsonpath *p) {
    return p->text;
}

static int fail(const struct parser *p, const char *what) {
    size_t column = 1 + text_characters(p->start, (size_t)(p->p - p->start));
    return err_set(p->e, "at character %zu of %.100s: %s", column, p->start, what);
}

static int memory(const struct parser *p) {
    return err_memory(p->e, NULL);
}

static int peek(const struct parser *p) {
    return p->p < p->end ? (unsigned char)*p->p : -1;
}

static bool take(struct parser *p, const char *text) {
    size_t n = strlen(text);
    if ((size_t)(p->end - p->p) < n || memcmp(p->p, text, n) != 0)
        return false;
    p->p += n;
    return true;
}

static void spaces(struct parser *p) {
    while (p->p < p->end && strchr(" \t\r\n", *p->p) != NULL && *p->p != '\0')
        p->p++;
}

static struct segment *segment_add(const struct parser *p, struct segments *s) {
    struct segment *grown = realloc(s->items, (s->count + 1) * sizeof *grown);
    if (grown == NULL) {
        memory(p);
        return NULL;
    }
    s->items = grown;
    grown[s->count] = (struct segment){0};
    return &grown[s->count++];
}

static struct selector *selector_add(const struct parser *p, struct segment *s) {
    struct selector *grown = realloc(s->items, (s->count + 1) * sizeof *grown);
    if (grown == NULL) {
        memory(p);
        return NULL;
    }
    s->items = grown;
    grown[s->count] = (struct selector){.index = -1};
    return &grown[s->count++];
}

/* RFC 6901 section 4: an index has no leading zero. */
static int64_t token_index(const char *text, size_t n) {
    int64_t v = 0;
    if (n == 0 || n > 15 || (text[0] == '0' && n > 1))
        return -1;
    for (size_t i = 0; i < n; i++) {
        if (text[i] < '0' || text[i] > '9')
            return -1;
        v = v * 10 + (text[i] - '0');
    }
    return v;
}

static int token(struct parser *p, struct segments *path) {
    struct segment *segment = segment_add(p, path);
    struct selector *s = segment == NULL ? NULL : selector_add(p, segment);
    if (s == NULL)
        return -1;
    s->kind = SELECT_TOKEN;
    size_t left = p->p < p->end ? (size_t)(p->end - p->p) : 0;
    s->name = malloc(left + 1);
    if (s->name == NULL)
        return memory(p);
    for (; p->p < p->end && *p->p != '/'; p->p++) {
        char c = *p->p;
        if (c == '~') {
            p->p++;
            if (peek(p) != '0' && peek(p) != '1')
                return fail(p, "'~' must be written ~0 (and '/' in a name ~1)");
            c = *p->p == '0' ? '~' : '/';
        }
        s->name[s->len++] = c;
    }
    s->name[s->len] = '\0';
    s->index = token_index(s->name, s->len);
    return 0;
}

static int start(const char *text, size_t n, struct parser *p, struct jsonpath **out) {
    if (n > JSONPATH_BYTES_MAX || memchr(text, '\0', n) != NULL)
        return err_set(p->e, "it contains a NUL or is longer than %d bytes", JSONPATH_BYTES_MAX);
    struct jsonpath *j = calloc(1, sizeof *j);
    if (j == NULL || (j->text = strndup(text, n)) == NULL) {
        free(j);
        return err_memory(p->e, NULL);
    }
    p->start = p->p = j->text;
    p->end = j->text + n;
    *out = j;
    return 0;
}

int jsonpath_pointer(const char *text, size_t n, struct jsonpath **out, struct err *e) {
    struct parser p = {.e = e};
    struct jsonpath *j;
    int result = 0;
    if (start(text, n, &p, &j) != 0)
        return -1;
    if (n > 0 && text[0] != '/')
        result = fail(&p, "a JSON Pointer begins with '/', as in /data/0 (\"\" is the whole text)");
    while (result == 0 && take(&p, "/"))
        result =
            j->path.count == SEGMENTS_MAX ? fail(&p, "more than 256 steps") : token(&p, &j->path);
    if (result == 0)
        *out = j;
    else
        jsonpath_free(j);
    return result;
}

/* 'text' or "text", as JSON writes it; p is at the quote. */
static int quoted(struct parser *p, char **out, size_t *len) {
    char quote = *p->p++;
    const char *from = p->p;
    /* What JSON writes as \" may stand plain inside '...', and \' may stand there. */
    char *raw = malloc(2 * (size_t)(p->end - from) + 3);
    size_t n = 1;
    if (raw == NULL)
        return memory(p);
    raw[0] = '"';
    for (; p->p < p->end && *p->p != quote; p->p++) {
        if (*p->p == '"')
            raw[n++] = '\\';
        if (*p->p == '\\' && p->p + 1 < p->end) {
            if (p->p[1] == '\'' && quote == '\'')
                p->p++;
            else
                raw[n++] = *p->p++;
        }
        raw[n++] = *p->p;
    }
    if (p->p == p->end) {
        free(raw);
        return fail(p, "this text has no closing quote");
    }
    raw[n++] = '"';
    struct jsonscan s;
    jsonscan_init(&s, (struct bytes){raw, n}, UINT64_MAX);
    if (jsonscan_skip(&s, raw) != raw + n) {
        free(raw);
        return fail(p, "an invalid escape or control character");
    }
    p->p++;
    *len = jsonscan_decode((struct bytes){raw + 1, n - 2}, raw);
    raw[*len] = '\0';
    *out = raw;
    return 0;
}

/* RFC 9535 2.3.3: no leading zero, no -0. */
static int integer(struct parser *p, int64_t *out) {
    bool negative = take(p, "-");
    const char *from = p->p;
    int64_t v = 0;
    while (peek(p) >= '0' && peek(p) <= '9' && v <= INDEX_MAX)
        v = v * 10 + (*p->p++ - '0');
    if (p->p == from || v > INDEX_MAX || (*from == '0' && (p->p - from > 1 || negative))) {
        p->p = from;
        return fail(p, "expected a whole number");
    }
    *out = negative ? -v : v;
    return 0;
}

static bool at_integer(const struct parser *p) {
    return peek(p) == '-' || (peek(p) >= '0' && peek(p) <= '9');
}

/* An index or a slice. */
static int numbers(struct parser *p, struct selector *s) {
    s->step = 1;
    if (at_integer(p)) {
        s->has_start = true;
        if (integer(p, &s->start) != 0)
            return -1;
    }
    spaces(p);
    if (!take(p, ":")) {
        s->kind = SELECT_INDEX;
        s->index = s->start;
        return 0;
    }
    s->kind = SELECT_SLICE;
    spaces(p);
    if (at_integer(p)) {
        s->has_end = true;
        if (integer(p, &s->end) != 0)
            return -1;
    }
    spaces(p);
    if (!take(p, ":"))
        return 0;
    spaces(p);
    return at_integer(p) ? integer(p, &s->step) : 0;
}

static int path_read(struct parser *p, bool simple, struct segments *out);
static struct filter *or_read(struct parser *p);

static struct filter *node(const struct parser *p, enum filter_kind kind, struct filter *a,
                           struct filter *b) {
    struct filter *f = calloc(1, sizeof *f);
    if (f == NULL) {
        memory(p);
        filter_free(a);
        filter_free(b);
        return NULL;
    }
    f->kind = kind;
    f->a = a;
    f->b = b;
    return f;
}

/* A literal keeps its JSON text, so that both sides of a comparison are the same kind of thing. */
static int literal(struct parser *p, struct operand *out) {
    struct jsonscan s;
    if (peek(p) == '\'' || peek(p) == '"') {
        char *text = NULL;
        size_t len = 0;
        struct buf b;
        if (quoted(p, &text, &len) != 0)
            return -1;
        buf_init(&b, JSONPATH_BYTES_MAX * 8);
        buf_char(&b, '"');
        for (size_t i = 0; i < len; i++) { /* what is decoded needs only these to be raw again */
            if ((unsigned char)text[i] < 0x20)
                buf_printf(&b, "\\u%04x", (unsigned)text[i]);
            else if (text[i] == '"' || text[i] == '\\')
                buf_printf(&b, "\\%c", text[i]);
            else
                buf_char(&b, text[i]);
        }
        buf_char(&b, '"');
        free(text);
        out->len = b.len;
        out->literal = buf_take(&b);
        buf_done(&b);
        return out->literal == NULL ? memory(p) : 0;
    }
    jsonscan_init(&s, (struct bytes){p->p, (size_t)(p->end - p->p)}, UINT64_MAX);
    const char *end = peek(p) == '{' || peek(p) == '[' ? NULL : jsonscan_skip(&s, p->p);
    if (end == NULL)
        return fail(p, "expected @, $, a text, a number, true, false or null");
    out->len = (size_t)(end - p->p);
    out->literal = strndup(p->p, out->len);
    p->p = end;
    return out->literal == NULL ? memory(p) : 0;
}

static int operand(struct parser *p, struct operand *out) {
    if (peek(p) == '@' || peek(p) == '$') {
        out->is_path = true;
        out->from_root = *p->p++ == '$';
        return path_read(p, true, &out->path);
    }
    const char *q = p->p;
    while (q < p->end && ((*q >= 'a' && *q <= 'z') || *q == '_'))
        q++;
    if (q > p->p && q < p->end && *q == '(')
        return fail(p, "functions are not supported in filters");
    return literal(p, out);
}

/* Either a comparison or a path that must exist. */
static struct filter *test(struct parser *p) {
    static const struct {
        const char *text;
        enum jsonpath_comparison comparison;
    } signs[] = {{"==", COMPARE_EQUAL},         {"!=", COMPARE_UNEQUAL}, {"<=", COMPARE_LESS_EQUAL},
                 {">=", COMPARE_GREATER_EQUAL}, {"<", COMPARE_LESS},     {">", COMPARE_GREATER}};
    struct filter *f = node(p, FILTER_EXISTS, NULL, NULL);
    if (f == NULL)
        return NULL;
    if (operand(p, &f->left) != 0)
        goto fail;
    const char *behind = p->p;
    spaces(p);
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++) {
        if (!take(p, signs[i].text))
            continue;
        f->kind = FILTER_COMPARE;
        f->comparison = signs[i].comparison;
        spaces(p);
        if (operand(p, &f->right) != 0)
            goto fail;
        return f;
    }
    p->p = behind;
    if (f->left.is_path)
        return f;
    fail(p, "a comparison (==, !=, <, <=, >, >=) must follow this value");
fail:
    filter_free(f);
    return NULL;
}

static struct filter *basic(struct parser *p) {
    spaces(p);
    if (take(p, "!")) {
        struct filter *inner;
        spaces(p);
        if (peek(p) == '!') {
            fail(p, "'!' twice; remove both");
            return NULL;
        }
        inner = basic(p);
        if (inner != NULL && inner->kind == FILTER_COMPARE) {
            fail(p, "a comparison after '!' needs parentheses");
            filter_free(inner);
            return NULL;
        }
        return inner == NULL ? NULL : node(p, FILTER_NOT, inner, NULL);
    }
    if (!take(p, "("))
        return test(p);
    struct filter *inner = or_read(p);
    if (inner == NULL)
        return NULL;
    spaces(p);
    if (!take(p, ")")) {
        fail(p, "expected ')'");
        filter_free(inner);
        return NULL;
    }
    /* So that "!(a == b)" is none of the comparisons that need parentheses. */
    return node(p, FILTER_AND, inner, NULL);
}

static struct filter *chain(struct parser *p, enum filter_kind kind) {
    struct filter *f = kind == FILTER_OR ? chain(p, FILTER_AND) : basic(p);
    for (int n = 0; f != NULL; n++) {
        spaces(p);
        if (!take(p, kind == FILTER_OR ? "||" : "&&"))
            return f;
        if (n == SELECTORS_MAX) {
            fail(p, "too many conditions");
            filter_free(f);
            return NULL;
        }
        struct filter *next = kind == FILTER_OR ? chain(p, FILTER_AND) : basic(p);
        if (next == NULL) {
            filter_free(f);
            return NULL;
        }
        f = node(p, kind, f, next);
    }
    return NULL;
}

static struct filter *or_read(struct parser *p) {
    if (p->depth == FILTER_DEPTH_MAX) {
        fail(p, "parentheses and filters are nested more than 32 deep");
        return NULL;
    }
    p->depth++;
    struct filter *f = chain(p, FILTER_OR);
    p->depth--;
    return f;
}

/* One selector between [ and ]. `simple`: names and indexes only, one of them. */
static int selector_read(struct parser *p, bool simple, struct segment *segment) {
    struct selector *s = selector_add(p, segment);
    if (s == NULL)
        return -1;
    spaces(p);
    if (peek(p) == '\'' || peek(p) == '"') {
        s->kind = SELECT_NAME;
        return quoted(p, &s->name, &s->len);
    }
    if (at_integer(p) || peek(p) == ':') {
        if (numbers(p, s) != 0)
            return -1;
        return simple && s->kind == SELECT_SLICE
                   ? fail(p, "a path in a filter can contain only names and indexes")
                   : 0;
    }
    if (simple)
        return fail(p, "a path in a filter can contain only names and indexes");
    if (take(p, "*")) {
        s->kind = SELECT_ALL;
        return 0;
    }
    if (take(p, "?")) {
        s->kind = SELECT_FILTER;
        struct filter *f = or_read(p);
        s->filter = f;
        return f == NULL ? -1 : 0;
    }
    return fail(p, "expected 'a name', an index, a slice, * or ?");
}

static bool is_name(int c, bool first) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c >= 0x80 ||
           (!first && c >= '0' && c <= '9');
}

static int bracket(struct parser *p, bool simple, struct segment *segment) {
    for (;;) {
        if (selector_read(p, simple, segment) != 0)
            return -1;
        spaces(p);
        if (take(p, "]"))
            return 0;
        if (simple || !take(p, ","))
            return fail(p, simple ? "expected ']'" : "expected ',' or ']'");
        if (segment->count == SELECTORS_MAX)
            return fail(p, "more than 256 selectors");
    }
}

static int segment_read(struct parser *p, bool simple, struct segments *out) {
    struct segment *segment = segment_add(p, out);
    if (segment == NULL)
        return -1;
    if (take(p, "["))
        return bracket(p, simple, segment);
    if (take(p, "..")) {
        if (simple)
            return fail(p, "a path in a filter can contain only names and indexes");
        segment->descend = true;
        if (take(p, "["))
            return bracket(p, simple, segment);
    } else {
        p->p++; /* "." */
    }
    struct selector *s = selector_add(p, segment);
    if (s == NULL)
        return -1;
    if (!simple && take(p, "*")) {
        s->kind = SELECT_ALL;
        return 0;
    }
    const char *from = p->p;
    while (is_name(peek(p), p->p == from))
        p->p++;
    if (p->p == from)
        return fail(p, "expected a name; write other names ['like this']");
    s->kind = SELECT_NAME;
    s->len = (size_t)(p->p - from);
    s->name = strndup(from, s->len);
    return s->name == NULL ? memory(p) : 0;
}

static int path_read(struct parser *p, bool simple, struct segments *out) {
    for (;;) {
        const char *before = p->p;
        spaces(p);
        if (peek(p) != '.' && peek(p) != '[') {
            p->p = before;
            return 0;
        }
        if (out->count == SEGMENTS_MAX)
            return fail(p, "more than 256 steps");
        if (segment_read(p, simple, out) != 0)
            return -1;
    }
}

int jsonpath_path(const char *text, size_t n, struct jsonpath **out, struct err *e) {
    struct parser p = {.e = e};
    struct jsonpath *j;
    int result;
    if (start(text, n, &p, &j) != 0)
        return -1;
    if (!take(&p, "$"))
        result = fail(&p, "a JSONPath begins with '$', as in $.data[0]");
    else
        result = path_read(&p, false, &j->path);
    if (result == 0 && p.p != p.end)
        result = fail(&p, "expected '.', '[' or the end");
    if (result == 0)
        *out = j;
    else
        jsonpath_free(j);
    return result;
}
