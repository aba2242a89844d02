/* The expressions inside ${...}. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "scenario/feeder.h"
#include "scenario/scenario_internal.h"
#include "scenario/template_internal.h"
#include "util/text.h"

#define ARGS_MAX 1000
#define CANDIDATES_MAX 512
#define COLUMNS_SHOWN 10

struct parser {
    const struct expansion *x;
    size_t i;     /* in x->text */
    size_t start; /* where its "${" is */
};

/* What is always there. `argument` tells how the arguments of a function are read. */
enum arguments { ARGS_NONE, ARGS_INTEGERS, ARGS_WORDS, ARGS_VALUES };
static const struct {
    const char *name;
    enum expr_kind kind;
    enum arguments arguments;
} builtins[] = {
    {"user.id", EXPR_USER_ID, ARGS_NONE},
    {"iteration", EXPR_ITERATION, ARGS_NONE},
    {"uuid", EXPR_UUID, ARGS_NONE},
    {"now.iso", EXPR_NOW_ISO, ARGS_NONE},
    {"now.unix", EXPR_NOW_UNIX, ARGS_NONE},
    {"now.ms", EXPR_NOW_MS, ARGS_NONE},
    {"random.int", EXPR_RANDOM_INT, ARGS_INTEGERS},
    {"random.choice", EXPR_RANDOM_CHOICE, ARGS_WORDS},
    {"base64", EXPR_BASE64, ARGS_VALUES},
    {"json", EXPR_JSON, ARGS_VALUES},
    {"urlencode", EXPR_URLENCODE, ARGS_VALUES},
    {"value", EXPR_VALUE, ARGS_VALUES},
};
#define BUILTINS (sizeof builtins / sizeof *builtins)

void expr_done(struct expr *e) {
    for (size_t i = 0; i < e->count; i++)
        expr_done(&e->args[i]);
    if (e->kind == EXPR_FILE && e->folder >= 0)
        close(e->folder);
    free(e->args);
    free(e->text);
    *e = (struct expr){.kind = EXPR_TEXT};
}

static int set_text(struct loader *r, struct expr *e, const char *text, size_t n) {
    e->text = malloc(n + 1);
    if (e->text == NULL)
        return loader_memory(r);
    memcpy(e->text, text, n);
    e->text[n] = '\0';
    e->len = n;
    return 0;
}

static int peek(const struct parser *p) {
    return p->i < p->x->n ? (unsigned char)p->x->text[p->i] : -1;
}

static void skip_spaces(struct parser *p) {
    while (peek(p) == ' ' || peek(p) == '\t')
        p->i++;
}

/* A word up to what ends one, without the spaces behind it. */
static struct bytes word(struct parser *p) {
    size_t from = p->i;
    while (peek(p) >= 0 && strchr("(){},'$", peek(p)) == NULL)
        p->i++;
    size_t to = p->i;
    while (to > from && (p->x->text[to - 1] == ' ' || p->x->text[to - 1] == '\t'))
        to--;
    return (struct bytes){p->x->text + from, to - from};
}

/* Where a word stands in the file; the "${" stands for one that is all there is. */
static size_t place_of(const struct parser *p, const char *at) {
    size_t i = (size_t)(at - p->x->text);
    return expansion_offset(p->x, i == p->start + 2 ? p->start : i);
}

static int shown(struct bytes w) {
    return w.len > 60 ? 60 : (int)w.len;
}

/* 'text', with '' for a quote inside. */
static int quoted(struct parser *p, struct expr *out) {
    struct loader *r = p->x->r;
    size_t start = p->i++;
    struct buf b;
    buf_init(&b, LOADER_TEXT_MAX);
    for (;; p->i++) {
        int c = peek(p);
        if (c < 0) {
            buf_done(&b);
            return loader_fail(r, expansion_offset(p->x, start),
                               "this quoted text has no closing '");
        }
        if (c == '\'') {
            p->i++;
            if (peek(p) != '\'')
                break;
        }
        buf_char(&b, (char)c);
    }
    out->kind = EXPR_TEXT;
    int result = loader_fits(r, expansion_offset(p->x, start), &b, "this quoted text");
    if (result == 0)
        result = set_text(r, out, buf_text(&b), b.len);
    buf_done(&b);
    return result;
}

/* The name that was most likely meant. `arena` keeps the names of columns. */
static const char *suggestion(const struct scope *s, struct bytes w, struct buf *arena) {
    const char *names[CANDIDATES_MAX];
    size_t offsets[CANDIDATES_MAX], count = 0, columns = 0;
    char text[128];
    if (w.len >= sizeof text)
        return NULL;
    memcpy(text, w.data, w.len);
    text[w.len] = '\0';
    for (size_t i = 0; i < BUILTINS; i++)
        names[count++] = builtins[i].name;
    for (size_t i = 0; i < s->variable_count && count < CANDIDATES_MAX / 2; i++)
        names[count++] = s->variables[i];
    for (size_t i = 0; i < s->feeder_count; i++)
        for (size_t k = 0; k < feeder_columns(s->feeders[i]); k++) {
            if (count + columns == CANDIDATES_MAX)
                break;
            offsets[columns++] = arena->len;
            buf_printf(arena, "%s.%s", feeder_name(s->feeders[i]), feeder_column(s->feeders[i], k));
            buf_char(arena, '\0');
        }
    if (!buf_ok(arena))
        return NULL;
    for (size_t i = 0; i < columns; i++)
        names[count++] = arena->data + offsets[i];
    return text_nearest(text, names, count);
}

static int unknown(struct parser *p, struct bytes w) {
    const struct scope *s = p->x->r->scope;
    struct loader *r = p->x->r;
    if (s == NULL)
        return loader_fail(r, place_of(p, w.data),
                           "unknown variable ${%.*s}; only ${env.NAME} is allowed here; write $${ "
                           "for a literal ${",
                           shown(w), w.data);
    struct buf arena;
    buf_init(&arena, LOADER_TEXT_MAX);
    const char *nearest = suggestion(s, w, &arena);
    if (nearest != NULL)
        loader_fail(r, place_of(p, w.data), "unknown name \"%.*s\" in ${...}; did you mean \"%s\"?",
                    shown(w), w.data, nearest);
    else
        loader_fail(
            r, place_of(p, w.data),
            "unknown name \"%.*s\" in ${...}; this scenario has no variable, capture or feeder "
            "with this name (${env.NAME} reads the environment, $${ is a literal ${)",
            shown(w), w.data);
    buf_done(&arena);
    return -1;
}

/* What separates the columns that are one for us: the character of some name that most of them
 * hold; 0: none does. */
static char missed_delimiter(const struct feeder *f) {
    static const char likely[] = ";\t|,";
    char best = '\0';
    size_t most = 0;
    for (const char *c = likely; *c != '\0' && feeder_delimiter(f) != '\0'; c++) {
        size_t found = 0;
        for (size_t i = 0; i < feeder_columns(f); i++)
            for (const char *at = feeder_column(f, i); (at = strchr(at, *c)) != NULL; at++)
                found++;
        if (found > most) {
            most = found;
            best = *c;
        }
    }
    return best;
}

/* One that is like a name that there is needs no list of all. */
static int unknown_column(struct parser *p, const struct feeder *f, struct bytes w) {
    struct loader *r = p->x->r;
    struct buf text;
    size_t n = feeder_columns(f);
    char missed = missed_delimiter(f);
    buf_init(&text, LOADER_TEXT_MAX);
    bool near = missed == '\0' && suggestion(r->scope, w, &text) != NULL;
    buf_clear(&text);
    for (size_t i = 0; i < n && i < COLUMNS_SHOWN; i++)
        buf_printf(&text, "%s\"%.60s\"", i == 0 ? "" : ", ", feeder_column(f, i));
    if (n > COLUMNS_SHOWN)
        buf_printf(&text, " and %zu more", n - COLUMNS_SHOWN);
    if (missed != '\0')
        buf_printf(&text, "; did you mean \"delimiter\": \"%s%c\"?", missed == '\t' ? "\\" : "",
                   missed == '\t' ? 't' : missed);
    if (!near)
        loader_fail(r, place_of(p, w.data),
                    "unknown name \"%.*s\" in ${...}; %s has the column%s %s", shown(w), w.data,
                    feeder_path(f), n == 1 ? "" : "s", buf_text(&text));
    buf_done(&text);
    return near ? unknown(p, w) : -1;
}

static int env_name(struct parser *p, struct bytes w, struct expr *out) {
    struct loader *r = p->x->r;
    struct bytes name = {w.data + 4, w.len - 4};
    char copy[256];
    for (size_t k = 0; k < name.len; k++) {
        char c = name.data[k];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        if (!(letter || (k > 0 && c >= '0' && c <= '9')) || name.len >= sizeof copy)
            return loader_fail(
                r, place_of(p, w.data),
                "\"%.*s\" cannot be the name of a variable; use letters, digits and _", shown(name),
                name.data);
    }
    memcpy(copy, name.data, name.len);
    copy[name.len] = '\0';
    const char *value = r->env(copy, r->env_context);
    if (value == NULL)
        return loader_fail(r, place_of(p, w.data), "%s is not set; set %s in the environment", copy,
                           copy);
    if (secret_add(r->s, value) != 0 || secret_name_add(r->s, copy, name.len) != 0)
        return loader_memory(r);
    out->kind = EXPR_TEXT;
    out->secret = true;
    return set_text(r, out, value, strlen(value));
}

/* A feeder's column; false where the word names no feeder. */
static bool field(struct parser *p, struct bytes w, struct expr *out, int *result) {
    const struct scope *s = p->x->r->scope;
    const char *dot = memchr(w.data, '.', w.len);
    uint32_t feeder = 0, column = 0;
    if (s == NULL)
        return false;
    size_t n = dot == NULL ? w.len : (size_t)(dot - w.data);
    if (!scope_find_feeder(s, w.data, n, &feeder))
        return false;
    const struct feeder *f = s->feeders[feeder];
    if (dot == NULL) {
        *result = loader_fail(p->x->r, place_of(p, w.data),
                              "\"%.*s\" is a feeder; add a column, as in ${%.*s.%s}", shown(w),
                              w.data, shown(w), w.data, feeder_column(f, 0));
    } else if (!feeder_find_column(f, dot + 1, w.len - n - 1, &column)) {
        *result = unknown_column(p, f, w);
    } else {
        out->kind = EXPR_FIELD;
        out->index = feeder;
        out->column = column;
        *result = set_text(p->x->r, out, w.data, w.len);
    }
    return true;
}

static int name_expr(struct parser *p, struct bytes w, struct expr *out) {
    const struct scope *s = p->x->r->scope;
    int result = 0;
    if (w.len > 4 && memcmp(w.data, "env.", 4) == 0)
        return env_name(p, w, out);
    if (s == NULL)
        return unknown(p, w);
    for (size_t i = 0; i < BUILTINS; i++) {
        if (strlen(builtins[i].name) != w.len || memcmp(builtins[i].name, w.data, w.len) != 0)
            continue;
        if (builtins[i].arguments != ARGS_NONE)
            return loader_fail(p->x->r, place_of(p, w.data),
                               "\"%s\" is a function; add its arguments in ( )", builtins[i].name);
        out->kind = builtins[i].kind;
        return 0;
    }
    if (field(p, w, out, &result))
        return result;
    if (!scope_find_variable(s, w.data, w.len, &out->index))
        return unknown(p, w);
    out->kind = EXPR_VARIABLE;
    return set_text(p->x->r, out, w.data, w.len);
}

static int expr_read(struct parser *p, int depth, struct expr *out);

/* An argument of random.int or random.choice: a word or 'text'. */
static int word_read(struct parser *p, struct expr *out) {
    if (peek(p) == '\'')
        return quoted(p, out);
    struct bytes w = word(p);
    if (w.len == 0)
        return loader_fail(p->x->r, expansion_offset(p->x, p->i),
                           "a value is missing here; write '' for empty text");
    out->kind = EXPR_TEXT;
    return set_text(p->x->r, out, w.data, w.len);
}

/* "(" arguments ")" */
static int arguments_read(struct parser *p, enum arguments how, int depth, struct expr *f) {
    struct loader *r = p->x->r;
    size_t cap = 0, start = p->i;
    do {
        p->i++; /* "(" or "," */
        skip_spaces(p);
        if (f->count == ARGS_MAX)
            return loader_fail(r, expansion_offset(p->x, start), "more than %d arguments",
                               ARGS_MAX);
        if (f->count == cap) {
            cap = cap == 0 ? 2 : cap * 2;
            struct expr *grown = realloc(f->args, cap * sizeof *grown);
            if (grown == NULL)
                return loader_memory(r);
            f->args = grown;
        }
        struct expr *arg = &f->args[f->count++];
        *arg = (struct expr){.kind = EXPR_TEXT};
        if ((how == ARGS_VALUES ? expr_read(p, depth + 1, arg) : word_read(p, arg)) != 0)
            return -1;
        skip_spaces(p);
    } while (peek(p) == ',');
    if (peek(p) != ')')
        return loader_fail(r, expansion_offset(p->x, p->i),
                           "expected ',' or ')' after this argument");
    p->i++;
    return 0;
}

static bool integer(const struct expr *e, int64_t *out) {
    char *end;
    errno = 0;
    long long n = strtoll(e->text, &end, 10);
    *out = n;
    return errno == 0 && e->len > 0 && end == e->text + e->len &&
           strspn(e->text, "-0123456789") == e->len;
}

static int random_int(struct parser *p, size_t start, struct expr *f) {
    int64_t from, to;
    if (f->count != 2 || !integer(&f->args[0], &from) || !integer(&f->args[1], &to) || from > to)
        return loader_fail(
            p->x->r, expansion_offset(p->x, start),
            "random.int needs the lowest and the highest number, as in random.int(1, 100)");
    f->from = from;
    f->span = (uint64_t)to - (uint64_t)from + 1;
    return 0;
}

/* A function of constants is a constant. */
static int fold(struct parser *p, size_t start, struct expr *f) {
    struct loader *r = p->x->r;
    struct buf joined, made;
    int result = -1;
    bool secret = false;
    if (f->kind == EXPR_VALUE && p->x->place != PLACE_VALUE)
        return 0; /* for template.c to refuse */
    for (size_t i = 0; i < f->count; i++)
        if (f->args[i].kind != EXPR_TEXT)
            return 0;
    buf_init(&joined, LOADER_TEXT_MAX);
    buf_init(&made, LOADER_TEXT_MAX * 8);
    for (size_t i = 0; i < f->count; i++) {
        buf_add(&joined, f->args[i].text, f->args[i].len);
        secret = secret || f->args[i].secret;
    }
    const char *wrong = template_apply(f->kind, buf_text(&joined), joined.len, &made);
    struct expr constant = {
        .kind = EXPR_TEXT, .secret = secret, .escaped = f->kind == EXPR_URLENCODE};
    if (wrong != NULL)
        loader_fail(r, expansion_offset(p->x, start), "the argument %s", wrong);
    else if (!buf_ok(&joined) || !buf_ok(&made))
        loader_fail(r, expansion_offset(p->x, start), "the arguments are too long");
    else if (secret && secret_add(r->s, buf_text(&made)) != 0)
        loader_memory(r);
    else
        result = set_text(r, &constant, buf_text(&made), made.len);
    buf_done(&joined);
    buf_done(&made);
    if (result == 0) {
        expr_done(f);
        *f = constant;
    }
    return result;
}

static int call(struct parser *p, struct bytes w, int depth, struct expr *out) {
    struct loader *r = p->x->r;
    size_t start = (size_t)(w.data - p->x->text);
    for (size_t i = 0; i < BUILTINS; i++) {
        if (builtins[i].arguments == ARGS_NONE || strlen(builtins[i].name) != w.len ||
            memcmp(builtins[i].name, w.data, w.len) != 0)
            continue;
        if (depth >= TEMPLATE_DEPTH_MAX)
            return loader_fail(r, expansion_offset(p->x, start),
                               "functions are nested more than %d deep", TEMPLATE_DEPTH_MAX);
        out->kind = builtins[i].kind;
        if (arguments_read(p, builtins[i].arguments, depth, out) != 0)
            return -1;
        if (out->kind == EXPR_RANDOM_INT)
            return random_int(p, start, out);
        return out->kind == EXPR_RANDOM_CHOICE ? 0 : fold(p, start, out);
    }
    return loader_fail(r, expansion_offset(p->x, start),
                       "unknown function \"%.*s\"; known are random.int, random.choice, base64, "
                       "json, urlencode and value",
                       shown(w), w.data);
}

static int expr_read(struct parser *p, int depth, struct expr *out) {
    struct loader *r = p->x->r;
    skip_spaces(p);
    if (peek(p) == '\'')
        return quoted(p, out);
    struct bytes w = word(p);
    if (peek(p) == '(')
        return call(p, w, depth, out);
    if (peek(p) == '$')
        return loader_fail(r, expansion_offset(p->x, p->i),
                           "inside ${...}, write names without ${ }, as in ${base64(name)}");
    if (w.len == 0 && depth > 0)
        return loader_fail(r, expansion_offset(p->x, p->i),
                           "an argument is missing here; write '' for empty text");
    return name_expr(p, w, out);
}

int expr_parse(const struct expansion *x, size_t *i, struct expr *out) {
    struct parser p = {x, *i, *i - 2};
    if (memchr(x->text + *i, '}', x->n - *i) == NULL)
        return loader_fail(x->r, expansion_offset(x, *i - 2),
                           "this ${ has no closing }; write $${ for a literal ${");
    if (expr_read(&p, 0, out) != 0)
        return -1;
    skip_spaces(&p);
    if (peek(&p) != '}')
        return loader_fail(x->r, expansion_offset(x, p.i), "expected } after this in ${...}");
    *i = p.i + 1;
    return 0;
}
