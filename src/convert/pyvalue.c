#include "convert/pyvalue.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX 40
#define VALUE_MAX ((size_t)16 << 20)

bool py_is(const struct py_token *t, const char *text) {
    return (t->kind == PY_NAME || t->kind == PY_OP) && strcmp(t->text, text) == 0;
}

void py_remember(struct draft *d, struct py_scope *scope, const char *name, const char *json) {
    struct py_name *n = draft_alloc(d, sizeof *n);
    if (n == NULL)
        return;
    n->name = name;
    n->json = json;
    n->next = scope->names;
    scope->names = n;
}

static const char *lookup(const struct py_scope *scope, const char *name) {
    for (; scope != NULL; scope = scope->outer)
        for (const struct py_name *n = scope->names; n != NULL; n = n->next)
            if (strcmp(n->name, name) == 0)
                return n->json;
    return NULL;
}

/* Appends text as the inside of a JSON string; what comes from the file cannot pass for a
 * reference. */
static void put_clean(struct buf *out, const char *text, size_t n) {
    struct buf b;
    buf_init(&b, VALUE_MAX);
    draft_clean(&b, text, n);
    json_escape(out, buf_text(&b), b.len);
    out->failed = out->failed || b.failed;
    buf_done(&b);
}

/* The inside of a value that is put into a text: a string's, or a number's. */
static bool put_inside(struct buf *out, const char *json) {
    size_t n = strlen(json);
    if (json[0] == '"')
        buf_add(out, json + 1, n - 2);
    else if (json[0] == '-' || (json[0] >= '0' && json[0] <= '9'))
        buf_str(out, json);
    else
        return false; /* a dict inside a text is Python's own writing */
    return true;
}

/* f"...": {name} of what is known; {{ and }} are brackets. */
static bool f_string(struct py_reader *r, const char *text, size_t n, struct buf *out) {
    for (size_t i = 0; i < n; i++) {
        char c = text[i];
        if ((c == '{' || c == '}') && i + 1 < n && text[i + 1] == c) {
            buf_char(out, c);
            i++;
        } else if (c == '{') {
            const char *end = memchr(text + i, '}', n - i);
            if (end == NULL)
                return false;
            const char *name = draft_copy(r->d, text + i + 1, (size_t)(end - text) - i - 1);
            const char *json = lookup(r->scope, name);
            if (json == NULL || !put_inside(out, json))
                return false;
            i = (size_t)(end - text);
        } else if (c == '}') {
            return false;
        } else {
            size_t from = i;
            while (i + 1 < n && text[i + 1] != '{' && text[i + 1] != '}')
                i++;
            put_clean(out, text + from, i + 1 - from);
        }
    }
    return true;
}

/* Strings that stand beside each other are one. */
static bool strings(struct py_reader *r, struct buf *out) {
    buf_char(out, '"');
    for (; r->t->kind == PY_STRING || r->t->kind == PY_FSTRING; r->t++) {
        if (r->t->kind == PY_STRING)
            put_clean(out, r->t->text, r->t->n);
        else if (!f_string(r, r->t->text, r->t->n, out))
            return false;
    }
    buf_char(out, '"');
    return true;
}

/* Python's 1_000, .5 and 5. as JSON; hex and complex numbers are refused. */
static bool number(struct py_reader *r, bool negative, struct buf *out) {
    char text[64], *end;
    size_t n = 0;
    for (const char *p = r->t->text; *p != '\0'; p++)
        if (*p != '_' && n < sizeof text - 1)
            text[n++] = *p;
    text[n] = '\0';
    if (n == 0 || n == sizeof text - 1 || strspn(text, "0123456789.eE+-") != n ||
        (text[0] == '0' && n > 1 && text[1] != '.'))
        return false;
    double value = strtod(text, &end);
    if (*end != '\0')
        return false;
    r->t++;
    if (negative)
        buf_char(out, '-');
    if (text[n - 1] != '.' && text[0] != '.' && strchr(text, '+') == NULL &&
        strstr(text, ".e") == NULL)
        buf_str(out, text); /* as JSON would have it: digit for digit */
    else
        buf_printf(out, "%.17g", value);
    return true;
}

/* os.environ["X"], os.environ.get("X"...), os.getenv("X"...): a variable of the scenario too. A
 * default of it is not kept. */
static bool environment(struct py_reader *r, struct buf *out) {
    const struct py_token *t = r->t;
    if (py_is(t, "os") && py_is(t + 1, "."))
        t += 2;
    bool environ = py_is(t, "environ"), get = environ && py_is(t + 1, ".") && py_is(t + 2, "get");
    if (!environ && !py_is(t, "getenv"))
        return false;
    t += get ? 3 : 1;
    const char *close = py_is(t, "[") ? "]" : py_is(t, "(") ? ")" : NULL;
    if (close == NULL || t[1].kind != PY_STRING || t[1].n == 0)
        return false;
    const struct py_token *name = t + 1;
    for (t += 2; !py_is(t, close); t++)
        if (t->kind == PY_NEWLINE || t->kind == PY_END || py_is(t, "("))
            return false;
    for (const char *p = name->text; *p != '\0'; p++)
        if (!(*p == '_' || (*p >= 'A' && *p <= 'Z') || (*p >= 'a' && *p <= 'z') ||
              (p > name->text && *p >= '0' && *p <= '9')))
            return false;
    char expression[128];
    if (snprintf(expression, sizeof expression, "env.%s", name->text) >= (int)sizeof expression)
        return false;
    draft_note(r->d, &r->d->notes, "Set %s in the environment: the source also reads it.",
               name->text);
    r->t = t + 1;
    buf_char(out, '"');
    draft_reference(r->d, out, expression);
    buf_char(out, '"');
    return true;
}

static bool collection(struct py_reader *r, struct buf *out) {
    bool dict = py_is(r->t, "{"), tuple = py_is(r->t, "(");
    const char *close = dict ? "}" : tuple ? ")" : "]";
    size_t count = 0, start = out->len;
    bool comma = false;
    r->t++;
    buf_char(out, dict ? '{' : '[');
    while (!py_is(r->t, close)) {
        if (count++ > 0)
            buf_char(out, ',');
        if (dict) {
            size_t at = out->len;
            if (!py_value(r, out) || !py_is(r->t, ":"))
                return false;
            if (buf_text(out)[at] != '"') /* json.dumps makes keys of numbers */
                return false;
            r->t++;
            buf_char(out, ':');
        }
        if (!py_value(r, out))
            return false;
        comma = py_is(r->t, ",");
        if (comma)
            r->t++;
        else if (!py_is(r->t, close))
            return false;
    }
    r->t++;
    buf_char(out, dict ? '}' : ']');
    if (tuple && count == 1 && !comma && !out->failed) { /* brackets around one value */
        memmove(out->data + start, out->data + start + 1, out->len - start - 1);
        out->len -= 2;
        out->data[out->len] = '\0';
    }
    return true;
}

static bool atom(struct py_reader *r, struct buf *out) {
    const struct py_token *t = r->t;
    if (t->kind == PY_STRING || t->kind == PY_FSTRING)
        return strings(r, out);
    if (t->kind == PY_NUMBER)
        return number(r, false, out);
    if (py_is(t, "-") && t[1].kind == PY_NUMBER) {
        r->t++;
        return number(r, true, out);
    }
    if (py_is(t, "{") || py_is(t, "[") || py_is(t, "("))
        return collection(r, out);
    if (t->kind != PY_NAME)
        return false;
    if (py_is(t, "True") || py_is(t, "False") || py_is(t, "None")) {
        buf_str(out, t->text[0] == 'T' ? "true" : t->text[0] == 'F' ? "false" : "null");
        r->t++;
        return true;
    }
    if (environment(r, out))
        return true;
    bool own = py_is(t, "self") && py_is(t + 1, ".") && t[2].kind == PY_NAME;
    const char *json = lookup(r->scope, own ? t[2].text : t->text);
    if (json == NULL)
        return false;
    r->t += own ? 3 : 1;
    buf_str(out, json);
    return true;
}

/* What may follow a value that is all: a call or a comparison behind it would make it another
 * one. */
static bool is_end(const struct py_token *t) {
    static const char *const ends[] = {",", ")", "]", "}", ":"};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (py_is(t, ends[i]))
            return true;
    return t->kind == PY_NEWLINE || t->kind == PY_END;
}

bool py_value(struct py_reader *r, struct buf *out) {
    size_t start = out->len;
    if (r->depth >= DEPTH_MAX)
        return false;
    r->depth++;
    bool good = atom(r, out);
    while (good && py_is(r->t, "+")) {
        struct buf next;
        r->t++;
        buf_init(&next, VALUE_MAX);
        good = atom(r, &next) && !out->failed && buf_text(out)[start] == '"' &&
               buf_text(&next)[0] == '"';
        if (good) { /* "a" + "b" is one string */
            out->data[--out->len] = '\0';
            buf_add(out, next.data + 1, next.len - 1);
        }
        buf_done(&next);
    }
    r->depth--;
    return good && is_end(r->t) && !out->failed;
}
