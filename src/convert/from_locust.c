/* locustfiles: user classes, their tasks and the requests in these, if they are simple. Nothing
 * of the file is run. */
#include "convert/from_locust.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "convert/from.h"
#include "convert/source_url.h"
#include "util/encode.h"
#include "util/text.h"

#define LINE_BYTES 90
#define METHODS_MAX 500

/* The text of a line, for notes. */
static const char *line_text(struct locust *l, size_t line) {
    if (l->text == NULL)
        return "";
    const char *p = l->text, *end = l->text + l->bytes;
    for (size_t i = 1; i < line && p < end; i++) {
        const char *next = memchr(p, '\n', (size_t)(end - p));
        p = next == NULL ? end : next + 1;
    }
    while (p < end && (*p == ' ' || *p == '\t'))
        p++;
    const char *stop = p < end ? memchr(p, '\n', (size_t)(end - p)) : p;
    size_t n = (size_t)((stop == NULL ? end : stop) - p);
    size_t cut = text_cut(p, n, LINE_BYTES);
    while (cut > 0 && (p[cut - 1] == '\r' || p[cut - 1] == ' '))
        cut--;
    return draft_copy(l->d, p, cut);
}

size_t locust_line_end(const struct locust *l, size_t i) {
    while (l->tokens[i].kind != PY_NEWLINE && l->tokens[i].kind != PY_END)
        i++;
    return i + (l->tokens[i].kind == PY_NEWLINE);
}

size_t locust_statement_end(const struct locust *l, size_t i) {
    i = locust_line_end(l, i);
    if (l->tokens[i].kind != PY_INDENT)
        return i;
    int depth = 0;
    do {
        depth += l->tokens[i].kind == PY_INDENT;
        depth -= l->tokens[i].kind == PY_DEDENT;
        i++;
    } while (depth > 0 && l->tokens[i].kind != PY_END);
    return i;
}

const char *locust_value(struct locust *l, const struct py_scope *scope, size_t i, size_t *behind) {
    struct buf b;
    struct py_reader r = {.d = l->d, .t = &l->tokens[i], .scope = scope};
    buf_init(&b, (size_t)16 << 20);
    bool good = py_value(&r, &b) && buf_ok(&b);
    const char *json = good ? draft_copy(l->d, buf_text(&b), b.len) : NULL;
    buf_done(&b);
    if (good)
        *behind = (size_t)(r.t - l->tokens);
    return json;
}

static bool is(const struct locust *l, size_t i, const char *text) {
    return l->tokens[i].kind != PY_END && py_is(&l->tokens[i], text);
}

/* NAME = value: remembered where it can be known. False where the statement is none. */
bool locust_assignment(struct locust *l, struct py_scope *scope, size_t i) {
    size_t name = i, behind = 0;
    if (is(l, i, "self") && is(l, i + 1, ".") && l->tokens[i + 2].kind == PY_NAME)
        name = i + 2;
    size_t equal = name + 1;
    if (l->tokens[name].kind != PY_NAME)
        return false;
    if (is(l, equal, ":")) { /* an annotation */
        while (!is(l, equal, "=") && l->tokens[equal].kind != PY_NEWLINE &&
               l->tokens[equal].kind != PY_END)
            equal++;
    }
    if (!is(l, equal, "="))
        return false;
    const char *json = locust_value(l, scope, equal + 1, &behind);
    if (json != NULL && l->tokens[behind].kind != PY_NEWLINE)
        json = NULL;
    py_remember(l->d, scope, l->tokens[name].text, json);
    return json != NULL;
}

static bool number_of(const char *json, double *out) {
    char *end;
    if (json == NULL || (json[0] != '-' && (json[0] < '0' || json[0] > '9')))
        return false;
    *out = strtod(json, &end);
    return *end == '\0' && isfinite(*out) && *out >= 0 && *out < 1e6;
}

/* wait_time = between(1, 2.5), constant(1), constant_pacing(1), constant_throughput(2) */
static void wait_time(struct locust *l, struct draft_class *c, size_t i) {
    static const struct {
        const char *name;
        enum draft_wait kind;
    } kinds[] = {{"between", DRAFT_WAIT_BETWEEN},
                 {"constant", DRAFT_WAIT_CONSTANT},
                 {"constant_pacing", DRAFT_WAIT_PACING},
                 {"constant_throughput", DRAFT_WAIT_THROUGHPUT}};
    size_t at = i + 2;
    double low = 0, high = 0;
    if (is(l, at, "locust") && is(l, at + 1, "."))
        at += 2;
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        if (!is(l, at, kinds[k].name) || !is(l, at + 1, "("))
            continue;
        size_t behind = at + 2;
        bool two = kinds[k].kind == DRAFT_WAIT_BETWEEN;
        bool good = number_of(locust_value(l, &l->module, at + 2, &behind), &low);
        high = low;
        if (good && two)
            good = is(l, behind, ",") &&
                   number_of(locust_value(l, &l->module, behind + 1, &behind), &high);
        good = good && is(l, behind, ")") && low <= high;
        if (good && kinds[k].kind == DRAFT_WAIT_THROUGHPUT && low > 0)
            good = low >= 1e-6 && low <= 1e5; /* the rates that a scenario takes */
        /* Locust takes a pacing of 0 for none; a throughput of 0 is no rate. Below a nanosecond
         * there is nothing to wait. */
        if (good && low < 1e-9 && kinds[k].kind != DRAFT_WAIT_BETWEEN)
            return;
        if (good) {
            c->wait = (struct draft_pause){kinds[k].kind, low, high};
            return;
        }
    }
    locust_left_out(l, &c->notes, l->tokens[i].line,
                    "this wait cannot be read; there is no wait here");
}

/* A path as a target takes it, which escapes nothing by itself. */
static void target_path(struct buf *out, const char *path, size_t n) {
    for (size_t i = 0; i < n; i++) {
        const char *end = NULL;
        if (n - i >= 3 && memcmp(path + i, "$${", 3) == 0)
            i++;
        else if (n - i >= 2 && memcmp(path + i, "${", 2) == 0)
            end = memchr(path + i, '}', n - i);
        if (end != NULL) {
            buf_add(out, path + i, (size_t)(end - path) + 1 - i);
            i = (size_t)(end - path);
        } else if ((unsigned char)path[i] >= 0x80 || strchr(" \"<>\\^`{|}", path[i]) != NULL) {
            encode_percent(out, path + i, 1);
        } else {
            buf_char(out, path[i]);
        }
    }
}

static void set_host(struct locust *l, struct draft_class *c, const char *json, size_t line) {
    struct draft *d = l->d;
    struct json_doc *doc = NULL;
    struct url u;
    if (json == NULL || json[0] != '"' || json_parse("host", json, strlen(json), &doc, NULL) != 0) {
        locust_left_out(l, &c->notes, line, "give the target with --host");
        return;
    }
    const struct json *v = json_root(doc);
    struct draft_request q = {.path = "/"};
    const char *before = d->target;
    if (source_url(v->text, v->len, l->d, &u) != NULL) {
        locust_left_out(l, &c->notes, line, "this is not an http:// or https:// address");
    } else {
        d->target = NULL;
        draft_url(d, &q, &u);
        if (d->target == NULL) {
            d->target = before;
            locust_left_out(l, &c->notes, line, "this host changes every time");
            json_free(doc);
            return;
        }
        size_t n = strcspn(q.path, "?");
        while (n > 0 && q.path[n - 1] == '/')
            n--;
        struct buf b;
        buf_init(&b, 8192);
        buf_str(&b, d->target);
        target_path(&b, q.path, n);
        const char *target = draft_take(d, &b);
        d->target = before != NULL ? before : target;
        if (before != NULL && strcmp(before, target) != 0)
            locust_left_out(l, &c->notes, line,
                            "the scenario has one target, the one of the first class");
    }
    json_free(doc);
}

/* A class attribute that Locust knows; false where it is none of these. */
static bool attribute(struct locust *l, struct draft_class *c, struct py_scope *scope, size_t i) {
    const struct py_token *t = &l->tokens[i];
    size_t behind;
    double n;
    if (t->kind != PY_NAME || !is(l, i + 1, "="))
        return false;
    if (strcmp(t->text, "wait_time") == 0) {
        wait_time(l, c, i);
        return true;
    }
    const char *json = locust_value(l, scope, i + 2, &behind);
    if (strcmp(t->text, "host") == 0) {
        set_host(l, c, json, t->line);
    } else if (strcmp(t->text, "weight") == 0 && number_of(json, &n)) {
        c->weight = (uint32_t)n;
        c->left_out = c->left_out || n < 1;
    } else if (strcmp(t->text, "fixed_count") == 0 && number_of(json, &n)) {
        c->fixed_count = (uint32_t)n;
    } else if (strcmp(t->text, "tasks") == 0 || strcmp(t->text, "weight") == 0 ||
               strcmp(t->text, "fixed_count") == 0) {
        locust_left_out(l, &c->notes, t->line, "");
    } else if (strcmp(t->text, "abstract") == 0) {
        c->left_out = json != NULL && strcmp(json, "true") == 0;
    } else {
        return false;
    }
    return true;
}

/* What stands in front of a def: "@task", "@task(3)", "@tag(...)". */
struct decorators {
    bool task;
    double weight;
    bool strange;
    struct draft_pairs tags;
};

/* @tag("a", "b") */
static void tags(struct locust *l, size_t i, struct draft_pairs *out) {
    for (; l->tokens[i].kind != PY_NEWLINE && l->tokens[i].kind != PY_END; i++)
        if (l->tokens[i].kind == PY_STRING && l->tokens[i].n > 0 &&
            l->tokens[i].n <= DRAFT_NAME_MAX && strlen(l->tokens[i].text) == l->tokens[i].n &&
            strstr(l->tokens[i].text, "${") == NULL)
            draft_pair_add(l->d, out, "", l->tokens[i].text);
}

static size_t decorators(struct locust *l, struct draft_class *c, const struct py_scope *scope,
                         size_t i, struct decorators *out) {
    *out = (struct decorators){.weight = 1};
    while (is(l, i, "@")) {
        size_t behind, at = i + 1;
        if (is(l, at, "locust") && is(l, at + 1, "."))
            at += 2;
        if (is(l, at, "task")) {
            out->task = true;
            if (is(l, at + 1, "(") && !is(l, at + 2, ")") &&
                !number_of(locust_value(l, scope, at + 2, &behind), &out->weight)) {
                locust_left_out(l, &c->notes, l->tokens[i].line,
                                "its weight cannot be read; it is 1 here");
                out->weight = 1;
            }
        } else if (is(l, at, "tag")) {
            tags(l, at, &out->tags);
        } else {
            out->strange = true;
            locust_left_out(l, &c->notes, l->tokens[i].line,
                            "this changes the code below it, which is left out, too");
        }
        i = locust_line_end(l, i);
    }
    return i;
}

/* Where the body of a def begins: its INDENT, or what stands behind the colon. */
static size_t body_of(const struct locust *l, size_t i) {
    int depth = 0;
    while (l->tokens[i].kind != PY_NEWLINE && l->tokens[i].kind != PY_END) {
        depth += is(l, i, "(") || is(l, i, "[") || is(l, i, "{");
        depth -= is(l, i, ")") || is(l, i, "]") || is(l, i, "}");
        i++;
        if (depth == 0 && is(l, i, ":"))
            return i + 1;
    }
    return i;
}

static bool ends(const char *text, char with) {
    return text[0] != '\0' && text[strlen(text) - 1] == with;
}

/* How many requests the statement at token i would send, if each line ran once. */
static size_t calls_in(const struct locust *l, size_t i, size_t end) {
    static const char *const methods[] = {"get",    "post", "put",     "patch",
                                          "delete", "head", "options", "request"};
    size_t calls = 0;
    for (; i + 3 < end; i++) {
        bool call = is(l, i, "client") && is(l, i + 1, ".") && is(l, i + 3, "(");
        for (size_t k = 0; k < sizeof methods / sizeof *methods; k++)
            calls += call && is(l, i + 2, methods[k]);
    }
    return calls;
}

void locust_left_out(struct locust *l, struct draft_notes *to, size_t line, const char *why) {
    const char *text = line_text(l, line);
    const char *colon = why[0] == '\0' ? "" : ends(text, ':') ? " " : ": ";
    size_t i = 0;
    while (l->tokens[i].kind != PY_END && l->tokens[i].line < line)
        i++;
    size_t calls = calls_in(l, i, locust_statement_end(l, i));
    if (calls == 0)
        draft_note(l->d, to, "left out: line %zu, %s%s%s", line, text, colon, why);
    else if (calls == 1)
        draft_lost(l->d, to, 1, "left out: line %zu, %s%s%s", line, text, colon, why);
    else
        draft_lost(l->d, to, calls, "left out: line %zu, %s%s%s (%zu requests)", line, text, colon,
                   why, calls);
}

static bool is_def(const struct locust *l, size_t i) {
    return (is(l, i, "def") || (is(l, i, "async") && is(l, i + 1, "def"))) &&
           l->tokens[i + 1 + (size_t)is(l, i, "async")].kind == PY_NAME;
}

static void find_methods(struct locust *l, struct locust_class *k, size_t from, size_t to) {
    for (size_t i = from; i < to; i = locust_statement_end(l, i)) {
        size_t def = i;
        while (is(l, def, "@"))
            def = locust_line_end(l, def);
        if (!is_def(l, def))
            continue;
        struct locust_method *m = draft_alloc(l->d, sizeof *m);
        if (m == NULL || ++k->method_count > METHODS_MAX)
            return;
        m->name = l->tokens[def + 1 + (size_t)is(l, def, "async")].text;
        m->body = body_of(l, def);
        m->next = k->methods;
        k->methods = m;
        i = def;
    }
}

static void method(struct locust *l, struct locust_class *k, size_t def,
                   const struct decorators *x) {
    struct draft_class *c = k->c;
    const struct py_token *name = &l->tokens[def + 1 + (size_t)is(l, def, "async")];
    size_t body = body_of(l, def);
    if (x->strange)
        return;
    if (x->task) {
        struct draft_task *t = draft_task_add(l->d, c, (uint32_t)(x->weight < 1 ? 0 : x->weight));
        if (t == NULL)
            return;
        t->name = draft_copy(l->d, name->text, name->n);
        t->tags = x->tags;
        locust_body(l, k, body, &t->requests, &t->notes, 0);
        if (t->requests.count == 0)
            draft_note(l->d, &t->notes,
                       "left out: task %.60s of line %zu, in which no request could be read",
                       name->text, name->line);
    } else if (strcmp(name->text, "on_start") == 0) {
        locust_body(l, k, body, &c->on_start, &c->notes, 0);
    } else if (strcmp(name->text, "on_stop") == 0) {
        locust_body(l, k, body, &c->on_stop, &c->notes, 0);
    } else if (!locust_is_called(l, k, name->text)) {
        locust_left_out(l, &c->notes, name->line, "nothing that was converted calls it");
    }
}

static void class_body(struct locust *l, struct locust_class *k, size_t from, size_t to) {
    find_methods(l, k, from, to);
    for (int pass = 0; pass < 2; pass++) { /* attributes first: methods may use them */
        for (size_t i = from, end; i < to; i = end) {
            struct decorators x = {.weight = 1};
            end = locust_statement_end(l, i);
            if (is(l, i, "@") || is_def(l, i)) {
                size_t def = i;
                if (pass == 1)
                    def = decorators(l, k->c, &k->scope, i, &x);
                while (is(l, def, "@"))
                    def = locust_line_end(l, def);
                end = locust_statement_end(l, def);
                if (pass == 1 && is_def(l, def))
                    method(l, k, def, &x);
                else if (pass == 1)
                    locust_left_out(l, &k->c->notes, l->tokens[def].line, "");
                continue;
            }
            bool nothing = l->tokens[i].kind == PY_STRING || is(l, i, "pass") ||
                           l->tokens[i].kind == PY_NEWLINE;
            if (pass == 0 && !nothing && !attribute(l, k->c, &k->scope, i) &&
                !locust_assignment(l, &k->scope, i))
                locust_left_out(l, &k->c->notes, l->tokens[i].line, "");
        }
    }
}

/* "class NAME(BASES):": whether it is a user, by its bases. */
static bool is_user_class(struct locust *l, size_t i) {
    for (; l->tokens[i].kind != PY_NEWLINE && l->tokens[i].kind != PY_END && !is(l, i, ":"); i++)
        if (is(l, i, "HttpUser") || is(l, i, "FastHttpUser") || is(l, i, "HttpLocust"))
            return true;
    return false;
}

static void class_read(struct locust *l, size_t i) {
    struct draft *d = l->d;
    const struct py_token *name = &l->tokens[i + 1];
    size_t body = locust_line_end(l, i), end = locust_statement_end(l, i);
    if (!is_user_class(l, i) || l->tokens[body].kind != PY_INDENT) {
        locust_left_out(l, &d->notes, name->line,
                        "it is not an HttpUser or FastHttpUser; its contents are left out, too");
        return;
    }
    struct locust_class *k = draft_alloc(d, sizeof *k);
    if (k == NULL)
        return;
    k->c = draft_class_add(d, draft_copy(d, name->text, name->n));
    k->scope.outer = &l->module;
    for (struct draft_class *c = d->classes; c != NULL && c != k->c; c = c->next)
        c->left_out =
            c->left_out || strcmp(c->name, k->c->name) == 0; /* the later one is Python's */
    if (k->c == NULL)
        return;
    class_body(l, k, body + 1, end - 1);
}

static void module(struct locust *l) {
    for (size_t i = 0, end; l->tokens[i].kind != PY_END; i = end) {
        end = locust_statement_end(l, i);
        if (end == i)
            end = i + 1; /* a stray token ends nothing */
        if (is(l, i, "import") || is(l, i, "from") || l->tokens[i].kind == PY_STRING ||
            is(l, i, "pass"))
            continue;
        if (is(l, i, "class") && l->tokens[i + 1].kind == PY_NAME)
            class_read(l, i);
        else if (!locust_assignment(l, &l->module, i) && l->tokens[i].kind != PY_DEDENT &&
                 l->tokens[i].kind != PY_INDENT && l->tokens[i].kind != PY_NEWLINE)
            locust_left_out(l, &l->d->notes, l->tokens[i].line, "");
    }
}

int locust_read(struct draft *d, const char *name, const char *text, size_t bytes, struct err *e) {
    struct py_tokens tokens;
    struct locust l = {.d = d, .text = text, .bytes = bytes};
    if (pylex(d, name, text, bytes, &tokens, e) != 0)
        return -1;
    l.tokens = tokens.items;
    d->references = true;
    module(&l);
    if (!draft_sends(d)) { /* a start alone is no load */
        const char *why = draft_omission(d);
        return err_set(e,
                       "%s: no request found; the file needs a class of HttpUser or FastHttpUser "
                       "with a @task that calls self.client.get or another method%s%s",
                       name, why != NULL ? "; " : "", why != NULL ? why : "");
    }
    d->follow_redirects = d->compressed = true;
    draft_note(d, &d->notes,
               "Assumed: redirects are followed and responses are compressed, as in Locust.");
    return 0;
}
