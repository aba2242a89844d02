/* The requests of a locustfile's document, and the values in them. */
#include <stdio.h>
#include <string.h>

#include "convert/from_locust.h"
#include "convert/source_url.h"

#define DEPTH_MAX 6

static bool bad(struct locust *l, const char *what) {
    if (l->good)
        err_set(l->e, "%s: the reader of locustfiles failed at \"%.40s\"; please report this",
                l->name, what);
    l->good = false;
    return false;
}

/* Moves past a name of letters, digits, "_" and "."; false if there is none. */
static bool skip_name(const char **p) {
    const char *from = *p;
    while ((**p >= 'a' && **p <= 'z') || (**p >= 'A' && **p <= 'Z') || **p == '_' || **p == '.' ||
           (**p >= '0' && **p <= '9'))
        ++*p;
    return *p > from && !(*from >= '0' && *from <= '9');
}

static bool skip_integer(const char **p) {
    *p += **p == '-';
    const char *from = *p;
    while (**p >= '0' && **p <= '9')
        ++*p;
    return *p > from && *p - from < 19;
}

static bool skip_quoted(const char **p) {
    for (++*p; **p != '\0'; ++*p) {
        if (**p != '\'')
            continue;
        if ((*p)[1] != '\'') {
            ++*p;
            return true;
        }
        ++*p;
    }
    return false;
}

/* NAME, NAME.NAME, 'text', or a function of these. Nothing else can be in a document. */
static bool skip_expression(const char **p, int depth) {
    if (**p == '\'')
        return skip_quoted(p);
    const char *name = *p;
    if (depth > DEPTH_MAX || !skip_name(p))
        return false;
    if (**p != '(')
        return true;
    bool integers = strncmp(name, "random.int(", 11) == 0;
    bool known = integers || strncmp(name, "random.choice(", 14) == 0 ||
                 strncmp(name, "base64(", 7) == 0 || strncmp(name, "value(", 6) == 0;
    do {
        ++*p;
        while (**p == ' ')
            ++*p;
        known = known && (integers ? skip_integer(p) : skip_expression(p, depth + 1));
    } while (known && **p == ',');
    if (!known || **p != ')')
        return false;
    ++*p;
    return true;
}

static bool reference(struct locust *l, const char *text, size_t n) {
    struct draft *d = l->d;
    const char *copy = draft_copy(d, text, n), *end = copy;
    struct buf ignored;
    if (strlen(copy) != n || !skip_expression(&end, 0) || *end != '\0')
        return bad(l, copy);
    if (strncmp(copy, "env.", 4) == 0) {
        char wanted[128];
        snprintf(wanted, sizeof wanted, "${%.100s}", copy);
        if (strcmp(draft_environment(d, copy + 4), wanted) != 0)
            return bad(l, copy);
    }
    buf_init(&ignored, DRAFT_BYTES_MAX);
    draft_reference(d, &ignored, copy);
    buf_done(&ignored);
    return true;
}

static bool references_in(struct locust *l, const char *text, size_t n) {
    const size_t mark = sizeof DRAFT_REFERENCE - 1;
    const char *end = text + n;
    for (const char *at = text; n > 0 && at < end;) {
        at = memmem(at, (size_t)(end - at), DRAFT_REFERENCE, mark);
        if (at == NULL)
            return true;
        at += mark;
        const char *shut = memmem(at, (size_t)(end - at), DRAFT_REFERENCE_END, mark);
        if (shut == NULL)
            return bad(l, "a text");
        if (!reference(l, at, (size_t)(shut - at)))
            return false;
        at = shut + mark;
    }
    return true;
}

bool locust_references(struct locust *l, const struct json *v) {
    if (v->kind == JSON_STRING && !references_in(l, v->text, v->len))
        return false;
    if (v->kind != JSON_ARRAY && v->kind != JSON_OBJECT)
        return true;
    for (const struct json *m = v->first; m != NULL; m = m->next)
        if ((m->key != NULL && !references_in(l, m->key, m->key_len)) || !locust_references(l, m))
            return false;
    return true;
}

/* Two texts; false if it is anything else. */
static bool pair(struct locust *l, const struct json *v, const struct json **a,
                 const struct json **b) {
    if (v->kind != JSON_ARRAY || v->count != 2 || v->first->kind != JSON_STRING ||
        v->first->next->kind != JSON_STRING) {
        bad(l, "a pair");
        return false;
    }
    *a = v->first;
    *b = v->first->next;
    return true;
}

static bool url_of(struct locust *l, struct draft_request *q, const struct json *v,
                   struct draft_notes *notes) {
    struct draft *d = l->d;
    const char *text = locust_text(l, v, "url"), *file = locust_text(l, v, "file");
    struct url u;
    struct buf b;
    if (text == NULL || file == NULL)
        return bad(l, "url");
    bool whole = strncasecmp(text, "http://", 7) == 0 || strncasecmp(text, "https://", 8) == 0 ||
                 strncmp(text, DRAFT_REFERENCE "env.", sizeof DRAFT_REFERENCE + 3) == 0;
    buf_init(&b, DRAFT_BYTES_MAX);
    if (!whole && l->base != NULL) {
        size_t n = strlen(l->base);
        buf_add(&b, l->base, n - (n > 0 && l->base[n - 1] == '/'));
        whole = true;
    }
    buf_str(&b, text);
    size_t n = b.len;
    text = draft_take(d, &b);
    const char *wrong = whole ? source_url(text, n, d, &u) : NULL;
    if (wrong != NULL)
        draft_lost(d, notes, 1, "left out: %.200s%sline %zu: %s", file, file[0] != '\0' ? " " : "",
                   (size_t)locust_number(l, v, "line", 1e9), wrong);
    else if (whole)
        draft_url(d, q, &u);
    else
        draft_path(d, q, text, n);
    return wrong == NULL;
}

static void auth(struct locust *l, const struct json *v, struct draft_request *q) {
    const struct json *both = locust_get(l, v, "auth", JSON_ARRAY), *user, *password;
    if (both == NULL || !pair(l, both, &user, &password))
        return;
    draft_header_remove(q, "Authorization");
    q->auth = (struct draft_auth){
        .user =
            draft_secret(l->d, "AUTH_USER", user->text, user->len, "user of basic authentication"),
        .password = draft_secret(l->d, "AUTH_PASSWORD", password->text, password->len,
                                 "password of basic authentication")};
}

static void parts(struct locust *l, const struct json *body, struct draft_request *q) {
    struct draft *d = l->d;
    const struct json *list = locust_get(l, body, "parts", JSON_ARRAY);
    for (const struct json *m = list == NULL ? NULL : list->first; m != NULL; m = m->next) {
        const char *name = locust_text(l, m, "name"), *value = locust_text(l, m, "value"),
                   *file = locust_text(l, m, "file"), *filename = locust_text(l, m, "filename"),
                   *type = locust_text(l, m, "type");
        if (name == NULL || (value == NULL && file == NULL)) {
            bad(l, "parts");
            return;
        }
        struct draft_part *p = draft_part_add(d, q, draft_literal(d, name, strlen(name)));
        if (p == NULL)
            return;
        if (file != NULL)
            p->file = draft_file_name(d, file);
        else
            p->value = draft_value(d, name, value, strlen(value));
        p->filename = filename == NULL ? NULL : draft_literal(d, filename, strlen(filename));
        p->type = type == NULL ? NULL : draft_literal(d, type, strlen(type));
    }
}

static void form(struct locust *l, const struct json *body, struct draft_request *q) {
    const struct json *list = locust_get(l, body, "pairs", JSON_ARRAY), *name = NULL, *value = NULL;
    for (const struct json *m = list == NULL ? NULL : list->first; m != NULL; m = m->next)
        if (pair(l, m, &name, &value))
            draft_form_add(l->d, q, name->text, name->len, value->text, value->len);
}

static void body_of(struct locust *l, const struct json *v, struct draft_request *q) {
    const struct json *body = locust_get(l, v, "body", JSON_OBJECT);
    const char *kind = locust_text(l, body, "kind"), *text, *file;
    if (body == NULL)
        return;
    if (kind != NULL && strcmp(kind, "json") == 0 && json_get(body, "value") != NULL) {
        draft_body_json(l->d, q, json_get(body, "value"));
    } else if (kind != NULL && strcmp(kind, "form") == 0) {
        form(l, body, q);
    } else if (kind != NULL && strcmp(kind, "parts") == 0) {
        parts(l, body, q);
    } else if (kind != NULL && strcmp(kind, "text") == 0 &&
               (text = locust_text(l, body, "text")) != NULL) {
        draft_body(l->d, q, text, strlen(text), draft_header_get(q, "Content-Type"));
    } else if (kind != NULL && strcmp(kind, "file") == 0 &&
               (file = locust_text(l, body, "file")) != NULL) {
        q->body_kind = DRAFT_FILE;
        q->body = draft_file_name(l->d, file);
    } else {
        bad(l, "body");
    }
}

static int scenario_string(void *context, const struct json_text *t, struct buf *out) {
    struct buf b;
    buf_init(&b, DRAFT_BYTES_MAX);
    if (t->key)
        buf_add(&b, t->text, t->len);
    else
        draft_add_literal(context, &b, t->text, t->len);
    json_escape(out, buf_text(&b), b.len);
    out->failed = out->failed || b.failed;
    buf_done(&b);
    return 0;
}

/* A member as JSON of scenario texts; NULL if it is empty. */
static const char *json_member(struct locust *l, const struct json *v, const char *key,
                               enum json_kind kind) {
    const struct json *m = locust_get(l, v, key, kind);
    struct buf b;
    if (m == NULL || m->first == NULL)
        return NULL;
    buf_init(&b, DRAFT_BYTES_MAX);
    json_copy(m, scenario_string, l->d, &b);
    return draft_take(l->d, &b);
}

static void pause(struct locust *l, const struct json *v, const char *key, double *low,
                  double *high) {
    const struct json *m = locust_get(l, v, key, JSON_ARRAY);
    if (m == NULL)
        return;
    if (m->count != 2 || m->first->kind != JSON_NUMBER || m->first->next->kind != JSON_NUMBER ||
        !json_double(m->first, low) || !json_double(m->first->next, high) || *low < 0 ||
        *high > 1e6)
        bad(l, key);
}

static void block(struct locust *l, const struct json *v, struct draft_request *q) {
    const struct json *repeat = locust_get(l, v, "repeat", JSON_ARRAY);
    const char *when = locust_text(l, v, "when");
    int64_t number, rounds;
    if (when != NULL)
        q->when = draft_literal(l->d, when, strlen(when));
    if (repeat == NULL)
        return;
    if (repeat->count != 2 || !json_int64(repeat->first, &number) ||
        !json_int64(repeat->first->next, &rounds) || number < 1 || rounds < 1) {
        bad(l, "repeat");
        return;
    }
    q->block = (size_t)number;
    q->rounds = rounds > 1000000 ? 1000000 : (uint32_t)rounds;
}

static void step(struct locust *l, const struct json *v, struct draft_requests *to) {
    struct draft *d = l->d;
    struct draft_request made = {.path = "/"};
    const char *method = locust_text(l, v, "method"), *name = locust_text(l, v, "name");
    const struct json *headers = locust_get(l, v, "headers", JSON_ARRAY), *key, *value;
    if (method == NULL || !draft_method(d, &made, method, strlen(method))) {
        bad(l, "method");
        return;
    }
    locust_notes(l, v, &made.notes);
    if (!url_of(l, &made, v, to->last != NULL ? &to->last->notes : &d->next))
        return;
    struct draft_request *q = draft_request_add(d, to);
    if (q == NULL)
        return;
    draft_notes_move(&q->notes, &made.notes);
    made.notes = q->notes;
    *q = made;
    q->name = name == NULL ? NULL : draft_literal(d, name, strlen(name));
    for (const struct json *m = headers == NULL ? NULL : headers->first; m != NULL; m = m->next)
        if (pair(l, m, &key, &value))
            draft_header(d, q, key->text, value->text, value->len);
    auth(l, v, q);
    body_of(l, v, q);
    q->capture = json_member(l, v, "capture", JSON_OBJECT);
    q->checks = json_member(l, v, "checks", JSON_ARRAY);
    pause(l, v, "before", &q->pause_s, &q->pause_high_s);
    pause(l, v, "after", &q->after_s, &q->after_high_s);
    block(l, v, q);
}

void locust_steps(struct locust *l, const struct json *v, const char *key,
                  struct draft_requests *to) {
    const struct json *list = locust_get(l, v, key, JSON_ARRAY);
    for (const struct json *m = list == NULL ? NULL : list->first; m != NULL && l->good;
         m = m->next)
        step(l, m, to);
}

static void csv_field(struct buf *out, const struct json *v) {
    buf_char(out, '"');
    for (size_t i = 0; i < v->len; i++) {
        if (v->text[i] == '"')
            buf_char(out, '"');
        buf_char(out, v->text[i]);
    }
    buf_char(out, '"');
}

static bool csv_row(struct locust *l, struct buf *out, const struct json *row) {
    if (row->kind != JSON_ARRAY)
        return bad(l, "rows");
    for (const struct json *m = row->first; m != NULL; m = m->next) {
        if (m->kind != JSON_STRING)
            return bad(l, "rows");
        buf_str(out, m != row->first ? "," : "");
        csv_field(out, m);
    }
    buf_str(out, "\n");
    return true;
}

/* A CSV file next to the scenario with these rows. Returns its name. */
static const char *rows_file(struct locust *l, const struct json *v, const char *name) {
    const struct json *columns = locust_get(l, v, "columns", JSON_ARRAY),
                      *rows = locust_get(l, v, "rows", JSON_ARRAY);
    struct buf b, end;
    if (columns == NULL || rows == NULL)
        return NULL;
    buf_init(&b, DRAFT_BYTES_MAX);
    buf_init(&end, 256);
    buf_printf(&end, ".%s.csv", name);
    bool good = csv_row(l, &b, columns);
    for (const struct json *m = rows->first; m != NULL && good; m = m->next)
        good = csv_row(l, &b, m);
    const char *file = good ? draft_file_named(l->d, buf_text(&end), buf_text(&b), b.len) : NULL;
    if (!buf_ok(&b))
        file = NULL;
    buf_done(&b);
    buf_done(&end);
    return file;
}

/* An entry in "feeders": a file of the source, or of drawn rows. */
static void feeder(struct locust *l, const struct json *v, struct buf *out) {
    const char *name = locust_text(l, v, "name"), *mode = locust_text(l, v, "mode"),
               *own = locust_text(l, v, "csv"), *delimiter = locust_text(l, v, "delimiter");
    const char *file = name == NULL  ? NULL
                       : own != NULL ? draft_file_name(l->d, own)
                                     : rows_file(l, v, name);
    if (name == NULL || mode == NULL || file == NULL) {
        bad(l, "feeders");
        return;
    }
    delimiter = delimiter == NULL ? "," : delimiter;
    buf_printf(out, "%s\"%s\":{\"csv\":\"", out->len > 1 ? "," : "", name);
    json_escape(out, file, strlen(file));
    buf_str(out, "\",\"delimiter\":\"");
    json_escape(out, delimiter, strlen(delimiter));
    buf_printf(out, "\",\"mode\":\"%s\"}", mode);
}

void locust_load(struct locust *l, const struct json *root) {
    const struct json *feeders = locust_get(l, root, "feeders", JSON_ARRAY);
    const char *stages = json_member(l, root, "load", JSON_ARRAY);
    struct buf b;
    l->d->variables = json_member(l, root, "variables", JSON_OBJECT);
    if (stages != NULL) {
        buf_init(&b, DRAFT_BYTES_MAX);
        buf_printf(&b, "{\"stages\":%s}", stages);
        l->d->load = draft_take(l->d, &b);
    }
    if (feeders == NULL || feeders->first == NULL)
        return;
    buf_init(&b, DRAFT_BYTES_MAX);
    buf_char(&b, '{');
    for (const struct json *m = feeders->first; m != NULL; m = m->next)
        feeder(l, m, &b);
    buf_char(&b, '}');
    l->d->feeders = draft_take(l->d, &b);
}
