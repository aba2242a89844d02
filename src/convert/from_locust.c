/* locustfiles: a script of Python reads them with Python's own parser (locust_values.py and what
 * follows it), without running them. It prints a JSON document, which is checked here and becomes
 * the draft:
 *
 *     {"error": {"line", "column", "text"}}, or
 *     {"classes": [{"name", "weight", "fixed_count", "wait": {"kind", "low", "high"}, "sequence",
 *                   "host", "on_start": [STEP], "on_stop": [STEP], "notes": [NOTE],
 *                   "tasks": [{"name", "weight", "tags", "steps": [STEP], "notes": [NOTE]}]}],
 *      "setup": [STEP], "load": [{"duration", "users"}], "variables": {NAME: text}, "timeout",
 *      "verify", "feeders": [{"name", "columns", "rows", "mode"}], "notes": [NOTE]}
 *     STEP: {"method", "url", "name", "headers": [[name, text]], "auth": [user, password],
 *            "body", "capture": {NAME: object}, "checks": [object], "when", "repeat": [number,
 *            rounds], "before": [low, high], "after": [low, high], "file", "line",
 *            "notes": [NOTE]}
 *     NOTE: {"kind", "file", "line", "source", "text", "requests"}
 *
 * A "file" is the name of a module that the source imports; "" is the source itself.
 *
 * Its texts are plain, and have expressions between U+E000 and U+E001 where a scenario has ${...}.
 * The script removes these characters from texts of the source. */
#include "convert/from_locust.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "convert/from.h"
#include "convert/python.h"
#include "convert/source_url.h"
#include "util/encode.h"
#include "util/file.h"
#include "util/text.h"

#define OUTPUT_MAX ((size_t)128 << 20)

extern const char embed_convert_locust_values_py[];
extern const char embed_convert_locust_eval_py[];
extern const char embed_convert_locust_modules_py[];
extern const char embed_convert_locust_calls_py[];
extern const char embed_convert_locust_users_py[];

/* The document is the script's, so what is wrong with it is a fault of this program. */
static bool wrong(struct locust *l, const char *what) {
    if (l->good)
        err_set(l->e, "%s: the reader of locustfiles failed at \"%.40s\"; please report this",
                l->name, what);
    l->good = false;
    return false;
}

const struct json *locust_get(struct locust *l, const struct json *v, const char *key,
                              enum json_kind kind) {
    const struct json *m = json_get(v, key);
    if (m != NULL && m->kind == JSON_NULL)
        m = NULL;
    if (m != NULL && m->kind != kind) {
        wrong(l, key);
        m = NULL;
    }
    return m;
}

const char *locust_text(struct locust *l, const struct json *v, const char *key) {
    const struct json *m = locust_get(l, v, key, JSON_STRING);
    if (m == NULL)
        return NULL;
    if (json_has_nul(m->text, m->len)) {
        wrong(l, key);
        return NULL;
    }
    return m->text;
}

double locust_number(struct locust *l, const struct json *v, const char *key, double most) {
    const struct json *m = locust_get(l, v, key, JSON_NUMBER);
    double n = 0;
    if (m != NULL && (!json_double(m, &n) || !isfinite(n) || n < 0 || n > most))
        wrong(l, key);
    return l->good ? n : 0;
}

void locust_notes(struct locust *l, const struct json *v, struct draft_notes *to) {
    const struct json *list = locust_get(l, v, "notes", JSON_ARRAY);
    for (const struct json *m = list == NULL ? NULL : list->first; m != NULL; m = m->next) {
        const char *kind = locust_text(l, m, "kind"), *why = locust_text(l, m, "text"),
                   *source = locust_text(l, m, "source"), *file = locust_text(l, m, "file");
        size_t line = (size_t)locust_number(l, m, "line", 1e9),
               requests = (size_t)locust_number(l, m, "requests", 1e9);
        if (kind == NULL || why == NULL || source == NULL || file == NULL) {
            wrong(l, "notes");
            return;
        }
        bool lost = strcmp(kind, "lost") == 0;
        size_t n = strlen(source);
        struct buf b;
        buf_init(&b, 1 << 16);
        buf_str(&b, lost ? "left out" : kind);
        if (line > 0)
            buf_printf(&b, ": %s%sline %zu, %s", file, file[0] != '\0' ? " " : "", line, source);
        buf_printf(&b, "%s%s", why[0] == '\0' || (n > 0 && source[n - 1] == ':') ? "" : ":",
                   why[0] == '\0' ? "" : " ");
        buf_str(&b, why);
        if (requests > 1)
            buf_printf(&b, " (%zu requests)", requests);
        if (lost && requests > 0)
            draft_lost(l->d, to, requests, "%s", buf_text(&b));
        else
            draft_note(l->d, to, "%s", buf_text(&b));
        buf_done(&b);
    }
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

/* The first class with a host has the target; requests of the others name theirs. */
static void host(struct locust *l, struct draft_class *c, const char *text) {
    struct draft *d = l->d;
    struct url u;
    struct draft_request q = {.path = "/"};
    l->base = NULL;
    if (text == NULL || text[0] == '\0')
        return;
    const char *problem = source_url(text, strlen(text), d, &u);
    if (problem != NULL) {
        draft_note(d, &c->notes, "left out: the host of this class: %s; give it with --host",
                   problem);
        return;
    }
    const char *before = d->target;
    d->target = NULL;
    draft_url(d, &q, &u);
    if (d->target == NULL) {
        d->target = before;
        draft_note(d, &c->notes, "left out: the host of this class, which changes every time");
        return;
    }
    size_t n = strcspn(q.path, "?");
    while (n > 0 && q.path[n - 1] == '/')
        n--;
    struct buf b;
    buf_init(&b, 1 << 20);
    buf_str(&b, d->target);
    target_path(&b, q.path, n);
    const char *target = draft_take(d, &b);
    d->target = before != NULL ? before : target;
    if (before != NULL && strcmp(before, target) != 0)
        l->base = text;
}

static void pause_of(struct locust *l, const struct json *v, struct draft_class *c) {
    static const struct {
        const char *name;
        enum draft_wait kind;
    } kinds[] = {{"between", DRAFT_WAIT_BETWEEN},
                 {"constant", DRAFT_WAIT_CONSTANT},
                 {"pacing", DRAFT_WAIT_PACING},
                 {"throughput", DRAFT_WAIT_THROUGHPUT}};
    const struct json *wait = locust_get(l, v, "wait", JSON_OBJECT);
    const char *kind = locust_text(l, wait, "kind");
    for (size_t i = 0; kind != NULL && i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kinds[i].name, kind) == 0)
            c->wait = (struct draft_pause){kinds[i].kind, locust_number(l, wait, "low", 1e6),
                                           locust_number(l, wait, "high", 1e6)};
    if (wait != NULL && c->wait.kind == DRAFT_WAIT_NONE)
        wrong(l, "wait");
}

static void task(struct locust *l, struct draft_class *c, const struct json *v) {
    struct draft_task *t = draft_task_add(l->d, c, (uint32_t)locust_number(l, v, "weight", 1e6));
    const char *name = locust_text(l, v, "name");
    const struct json *tags = locust_get(l, v, "tags", JSON_ARRAY);
    if (t == NULL)
        return;
    t->name = name == NULL ? NULL : draft_literal(l->d, name, strlen(name));
    for (const struct json *m = tags == NULL ? NULL : tags->first; m != NULL; m = m->next)
        if (m->kind == JSON_STRING && m->len > 0 && m->len <= DRAFT_NAME_MAX &&
            !json_has_nul(m->text, m->len) && strstr(m->text, "${") == NULL)
            draft_pair_add(l->d, &t->tags, "", draft_copy(l->d, m->text, m->len));
    locust_notes(l, v, &t->notes);
    locust_steps(l, v, "steps", &t->requests);
    if (t->requests.count == 0)
        draft_note(l->d, &t->notes, "%s task %.60s, which sends nothing%s",
                   t->notes.first == NULL ? "not here:" : "left out:", t->name,
                   t->notes.first == NULL ? "" : " that could be read");
}

static void class_of(struct locust *l, const struct json *v) {
    const char *name = locust_text(l, v, "name");
    if (name == NULL) {
        wrong(l, "classes");
        return;
    }
    struct draft_class *c = draft_class_add(l->d, draft_literal(l->d, name, strlen(name)));
    if (c == NULL)
        return;
    const struct json *sequence = locust_get(l, v, "sequence", JSON_BOOL);
    c->weight = (uint32_t)locust_number(l, v, "weight", 4e9);
    c->left_out = c->weight == 0;
    c->fixed_count = (uint32_t)locust_number(l, v, "fixed_count", 4e9);
    c->sequence = sequence != NULL && sequence->boolean;
    pause_of(l, v, c);
    locust_notes(l, v, &c->notes);
    host(l, c, locust_text(l, v, "host"));
    locust_steps(l, v, "on_start", &c->on_start);
    const struct json *tasks = locust_get(l, v, "tasks", JSON_ARRAY);
    for (const struct json *t = tasks == NULL ? NULL : tasks->first; t != NULL; t = t->next)
        task(l, c, t);
    locust_steps(l, v, "on_stop", &c->on_stop);
}

static const char *syntax_error(struct locust *l, const struct json *error) {
    const char *text = locust_text(l, error, "text");
    size_t line = (size_t)locust_number(l, error, "line", 1e9),
           column = (size_t)locust_number(l, error, "column", 1e9);
    if (line > 0 && column > 0)
        err_set(l->e, "%s:%zu:%zu: %s", l->name, line, column, text == NULL ? "" : text);
    else if (line > 0)
        err_set(l->e, "%s:%zu: %s", l->name, line, text == NULL ? "" : text);
    else
        err_set(l->e, "%s: not a Python file: %s", l->name, text == NULL ? "" : text);
    return text;
}

static int document(struct locust *l, const struct json *root) {
    const struct json *error = locust_get(l, root, "error", JSON_OBJECT);
    if (error != NULL) {
        syntax_error(l, error);
        return -1;
    }
    if (!locust_references(l, root))
        return -1;
    const struct json *classes = locust_get(l, root, "classes", JSON_ARRAY),
                      *verify = locust_get(l, root, "verify", JSON_BOOL);
    l->d->no_verify = verify != NULL && !verify->boolean;
    l->d->timeout_s = locust_number(l, root, "timeout", 1e6);
    locust_notes(l, root, &l->d->notes);
    for (const struct json *c = classes == NULL ? NULL : classes->first; c != NULL; c = c->next)
        class_of(l, c);
    l->base = NULL;
    locust_steps(l, root, "setup", &l->d->setup); /* after the classes, which have the target */
    locust_load(l, root);
    return l->good ? 0 : -1;
}

int locust_read(struct draft *d, const struct convert_options *o, const char *name,
                const char *text, size_t bytes, struct err *e) {
    static const char *const script[] = {
        embed_convert_locust_values_py,  embed_convert_locust_eval_py,
        embed_convert_locust_modules_py, embed_convert_locust_calls_py,
        embed_convert_locust_users_py,   NULL};
    const char *const arguments[] = {d->file_stem != NULL ? "files" : "no-files",
                                     o->source_folder != NULL ? o->source_folder : "",
                                     file_base(name), NULL};
    struct locust l = {.d = d, .name = name, .e = e, .good = true};
    struct json_doc *doc = NULL;
    struct buf out;
    int result = -1;
    buf_init(&out, OUTPUT_MAX);
    d->references = true;
    d->pauses_first = true;
    if (python_run(script, arguments, text, bytes, &out, e) != 0) {
        err_prefix(e, "%s", name);
    } else if (json_parse(name, buf_text(&out), out.len, &doc, e) != 0) {
        err_prefix(e, "the reader of locustfiles failed");
    } else if (document(&l, json_root(doc)) == 0) {
        result = 0;
    }
    json_free(doc);
    buf_done(&out);
    if (result != 0)
        return -1;
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
