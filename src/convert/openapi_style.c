#include "convert/openapi_style.h"

#include <stdio.h>
#include <string.h>

#define PIECES_MAX 1000
#define NAME_MAX_BYTES 1000
#define NESTED_MAX 16
#define PIECE_BYTES_MAX ((size_t)1 << 20)

struct openapi_style openapi_style(const char *name, const char *in, const struct json *explode) {
    bool form = strcmp(name, "form") == 0 ||
                (name[0] == '\0' && (strcmp(in, "query") == 0 || strcmp(in, "cookie") == 0));
    struct openapi_style s = {.between = ',', .explode = form};
    if (strcmp(name, "deepObject") == 0)
        s.deep = true;
    else if (strcmp(name, "pipeDelimited") == 0)
        s.between = '|';
    else if (strcmp(name, "spaceDelimited") == 0)
        s.between = ' ';
    else if (strcmp(name, "label") == 0)
        s.begin = '.';
    else if (strcmp(name, "matrix") == 0)
        s.begin = ';';
    if (explode != NULL && explode->kind == JSON_BOOL)
        s.explode = explode->boolean;
    if (strcmp(in, "cookie") == 0)
        s.explode = false; /* several cookies of one name are none that servers read */
    return s;
}

struct openapi_style openapi_style_2(const char *format, const char *in) {
    struct openapi_style s = openapi_style("", in, NULL);
    s.explode = strcmp(format, "multi") == 0;
    s.between = strcmp(format, "ssv") == 0     ? ' '
                : strcmp(format, "tsv") == 0   ? '\t'
                : strcmp(format, "pipes") == 0 ? '|'
                                               : ',';
    return s;
}

void openapi_escape(const struct draft *d, const char *text, size_t n, bool reserved,
                    struct buf *out) {
    for (size_t i = 0; i < n; i++) {
        size_t reference = draft_reference_bytes(d, text + i, n - i);
        bool keep = reserved && text[i] != '\0' && strchr(":/?@!$'()*,;", text[i]) != NULL;
        if (keep)
            buf_char(out, text[i]);
        else
            draft_add_percent(d, out, text + i, reference > 0 ? reference : 1);
        i += reference > 0 ? reference - 1 : 0;
    }
}

/* What is inside a list or an object and is one of these itself is written as JSON. */
static struct openapi_piece piece(struct draft *d, char before, const struct json *v) {
    struct buf b;
    buf_init(&b, PIECE_BYTES_MAX);
    if (v->kind == JSON_STRING || v->kind == JSON_NUMBER)
        buf_add(&b, v->text, v->len);
    else if (v->kind == JSON_BOOL)
        buf_str(&b, v->boolean ? "true" : "false");
    else if (v->kind != JSON_NULL)
        json_copy(v, NULL, NULL, &b);
    size_t n = b.len;
    return (struct openapi_piece){before, draft_take(d, &b), n};
}

static void one(struct draft *d, const char *name, const struct json *v, openapi_pair_fn *fn,
                void *context) {
    struct openapi_piece p = piece(d, '\0', v);
    fn(context, name, &p, 1);
}

/* "name[a][b]=value". */
static void deep(struct draft *d, const char *name, const struct json *v, int depth,
                 openapi_pair_fn *fn, void *context) {
    size_t index = 0;
    if ((v->kind != JSON_OBJECT && v->kind != JSON_ARRAY) || depth == NESTED_MAX) {
        one(d, name, v, fn, context);
        return;
    }
    for (const struct json *m = v->first; m != NULL; m = m->next, index++) {
        char inner[NAME_MAX_BYTES];
        if (v->kind == JSON_OBJECT)
            snprintf(inner, sizeof inner, "%s[%s]", name, m->key);
        else
            snprintf(inner, sizeof inner, "%s[%zu]", name, index);
        deep(d, inner, m, depth + 1, fn, context);
    }
}

/* "a,b,c" of a list, "key,value,key,value" of an object. */
static size_t joined(struct draft *d, const struct json *v, char between,
                     struct openapi_piece *out) {
    size_t n = 0;
    for (const struct json *m = v->first; m != NULL && n + 2 <= PIECES_MAX; m = m->next) {
        if (v->kind == JSON_OBJECT)
            out[n] = (struct openapi_piece){n > 0 ? between : '\0', m->key, m->key_len}, n++;
        out[n] = piece(d, n > 0 ? between : '\0', m);
        n++;
    }
    return n;
}

void openapi_pairs(struct draft *d, struct openapi_style s, const char *name, const struct json *v,
                   openapi_pair_fn *fn, void *context) {
    bool list = v->kind == JSON_ARRAY, object = v->kind == JSON_OBJECT;
    if (s.deep && (list || object)) {
        deep(d, name, v, 0, fn, context);
    } else if (s.explode && (list || object)) {
        for (const struct json *m = v->first; m != NULL; m = m->next)
            one(d, object ? m->key : name, m, fn, context);
    } else if (list || object) {
        struct openapi_piece *pieces = draft_alloc(d, PIECES_MAX * sizeof *pieces);
        size_t n = pieces == NULL ? 0 : joined(d, v, s.between, pieces);
        if (n > 0)
            fn(context, name, pieces, n);
    } else {
        one(d, name, v, fn, context);
    }
}

static void flat_scalar(const struct json *v, struct buf *out) {
    if (v->kind == JSON_STRING || v->kind == JSON_NUMBER)
        buf_add(out, v->text, v->len);
    else if (v->kind == JSON_BOOL)
        buf_str(out, v->boolean ? "true" : "false");
    else if (v->kind != JSON_NULL)
        json_copy(v, NULL, NULL, out);
}

void openapi_flat(struct openapi_style s, const struct json *v, struct buf *out) {
    if (v->kind != JSON_ARRAY && v->kind != JSON_OBJECT) {
        flat_scalar(v, out);
        return;
    }
    for (const struct json *m = v->first; m != NULL; m = m->next) {
        if (m != v->first)
            buf_char(out, v->kind == JSON_ARRAY ? s.between : ',');
        if (v->kind == JSON_OBJECT)
            buf_printf(out, "%s%c", m->key, s.explode ? '=' : ',');
        flat_scalar(m, out);
    }
}

static void escaped(const struct draft *d, const struct json *v, struct buf *out) {
    struct buf b;
    buf_init(&b, PIECE_BYTES_MAX);
    flat_scalar(v, &b);
    draft_add_percent(d, out, buf_text(&b), b.len);
    buf_done(&b);
}

/* ";name=" of matrix, "." of label. */
static void begin(const struct draft *d, struct openapi_style s, const char *name,
                  struct buf *out) {
    if (s.begin != '\0')
        buf_char(out, s.begin);
    if (s.begin == ';') {
        draft_add_percent(d, out, name, strlen(name));
        buf_char(out, '=');
    }
}

void openapi_in_path(struct draft *d, struct openapi_style s, const char *name,
                     const struct json *v, struct buf *out) {
    bool list = v->kind == JSON_ARRAY, object = v->kind == JSON_OBJECT;
    bool apart = s.explode && s.begin != '\0';
    if (!list && !object) {
        begin(d, s, name, out);
        escaped(d, v, out);
        return;
    }
    for (const struct json *m = v->first; m != NULL; m = m->next) {
        if (object && apart) {
            buf_char(out, s.begin);
        } else if (m == v->first || apart) {
            begin(d, s, name, out);
        } else {
            buf_char(out, ',');
        }
        if (object) {
            draft_add_percent(d, out, m->key, m->key_len);
            buf_char(out, s.explode ? '=' : ',');
        }
        escaped(d, m, out);
    }
}
