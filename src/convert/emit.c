#include "convert/emit.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "convert/coding.h"
#include "util/text.h"

#define LINE_MAX 100
#define COMMENT_MAX 96
#define SECRET_BYTES_MIN 6 /* a shorter one stands in many words by chance */
#define WEIGHT_MAX 1000000
#define MEMBERS_MAX 24

/* An object under way: its members, laid out in one line where they fit. */
struct object {
    struct draft *d;
    const char *members[MEMBERS_MAX];
    size_t count;
    int indent; /* of its brace */
};

static void newline(struct buf *out, int indent) {
    buf_printf(out, "\n%*s", indent, "");
}

/* Appends text with every secret replaced: by its variable, or by "***" where none is read. */
static void guarded(const struct draft *d, struct buf *out, const char *text, size_t n,
                    bool variable) {
    for (size_t i = 0; i < n;) {
        const struct draft_secret *found = NULL;
        size_t len = 0;
        for (const struct draft_secret *s = d->secrets; s != NULL; s = s->next) {
            const char *const forms[] = {s->value, s->escaped};
            for (size_t k = 0; k < 2; k++) {
                size_t m = k == 0 ? s->bytes : strlen(s->escaped);
                if (m >= SECRET_BYTES_MIN && m > len && m <= n - i &&
                    memcmp(text + i, forms[k], m) == 0) {
                    found = s;
                    len = m;
                }
            }
        }
        if (found == NULL)
            buf_char(out, text[i++]);
        else if (variable)
            buf_printf(out, "${env.%s}", found->env);
        else
            buf_str(out, "***");
        i += len;
    }
}

static void put_string(struct draft *d, struct buf *out, const char *text, size_t n,
                       bool variable) {
    struct buf b, whole;
    buf_init(&b, DRAFT_BYTES_MAX);
    buf_init(&whole, DRAFT_BYTES_MAX);
    guarded(d, &b, text, n, variable);
    text_repair(&whole, buf_text(&b), b.len);
    buf_char(out, '"');
    json_escape(out, buf_text(&whole), whole.len);
    buf_char(out, '"');
    out->failed = out->failed || b.failed || whole.failed;
    buf_done(&b);
    buf_done(&whole);
}

/* Comments of at most COMMENT_MAX columns, the second line of one set in. */
static void put_comment(struct draft *d, struct buf *out, const char *text, int indent) {
    struct buf masked, b;
    buf_init(&masked, 1 << 16);
    buf_init(&b, 1 << 18);
    guarded(d, &masked, text, strlen(text), false);
    text_printable(&b, buf_text(&masked), masked.len);
    const char *rest = buf_text(&b);
    size_t room = (size_t)(COMMENT_MAX - indent);
    for (bool first = true; *rest != '\0' || first; first = false) {
        size_t n = strlen(rest), cut = n;
        if (n > room) {
            for (cut = room; cut > room / 2 && rest[cut] != ' ';)
                cut--;
            if (rest[cut] != ' ')
                cut = coding_cut(rest, n, room);
        }
        newline(out, indent);
        buf_printf(out, "//%s%.*s", first ? " " : "   ", (int)cut, rest);
        rest += cut;
        rest += strspn(rest, " ");
    }
    buf_done(&masked);
    buf_done(&b);
}

static void put_notes(struct draft *d, struct buf *out, const struct draft_notes *notes,
                      int indent) {
    for (const struct draft_note *n = notes->first; n != NULL; n = n->next)
        put_comment(d, out, n->text, indent);
}

static void member_take(struct object *o, const char *key, struct buf *value) {
    struct buf b;
    buf_init(&b, DRAFT_BYTES_MAX);
    buf_printf(&b, "\"%s\": ", key);
    buf_add(&b, buf_text(value), value->len);
    b.failed = b.failed || value->failed;
    buf_done(value);
    if (o->count < MEMBERS_MAX)
        o->members[o->count++] = draft_take(o->d, &b);
    else
        buf_done(&b);
}

static void member_text(struct object *o, const char *key, const char *text, bool variable) {
    struct buf b;
    if (text == NULL)
        return;
    buf_init(&b, DRAFT_BYTES_MAX);
    put_string(o->d, &b, text, strlen(text), variable);
    member_take(o, key, &b);
}

static void member_printf(struct object *o, const char *key, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void member_printf(struct object *o, const char *key, const char *format, ...) {
    char text[256];
    struct buf b;
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    buf_init(&b, 1024);
    buf_str(&b, text);
    member_take(o, key, &b);
}

/* In one line where it fits, else a member a line. */
static void put_object(const struct object *o, struct buf *out) {
    size_t total = (size_t)o->indent + 4;
    bool lines = false;
    for (size_t i = 0; i < o->count; i++) {
        total += strlen(o->members[i]) + 2;
        lines = lines || strchr(o->members[i], '\n') != NULL;
    }
    lines = lines || total > LINE_MAX;
    buf_char(out, '{');
    for (size_t i = 0; i < o->count; i++) {
        if (lines)
            newline(out, o->indent + 2);
        else
            buf_char(out, ' ');
        buf_printf(out, "%s%s", o->members[i], i + 1 < o->count ? "," : "");
    }
    if (lines)
        newline(out, o->indent);
    else if (o->count > 0)
        buf_char(out, ' ');
    buf_char(out, '}');
}

/* "name": value members of any number: headers and forms. Values of one name become an array. */
static void put_pairs(struct draft *d, const struct draft_pairs *pairs, int indent,
                      struct buf *out) {
    bool one_line = pairs->count <= 2;
    for (const struct draft_pair *p = pairs->first; p != NULL && one_line; p = p->next)
        one_line = strlen(p->name) + strlen(p->value) < 30;
    bool any = false;
    buf_char(out, '{');
    for (const struct draft_pair *p = pairs->first; p != NULL; p = p->next) {
        const struct draft_pair *o = pairs->first;
        size_t same = 0;
        while (o != p && strcmp(o->name, p->name) != 0)
            o = o->next;
        if (o != p)
            continue; /* written with the first of its name */
        if (any)
            buf_char(out, ',');
        any = true;
        if (one_line)
            buf_char(out, ' ');
        else
            newline(out, indent + 2);
        put_string(d, out, p->name, strlen(p->name), true);
        buf_str(out, ": ");
        for (o = p->next; o != NULL; o = o->next)
            same += strcmp(o->name, p->name) == 0;
        if (same > 0)
            buf_char(out, '[');
        for (o = p; o != NULL; o = o->next) {
            if (strcmp(o->name, p->name) != 0)
                continue;
            if (o != p)
                buf_str(out, ", ");
            put_string(d, out, o->value, strlen(o->value), true);
        }
        if (same > 0)
            buf_char(out, ']');
    }
    if (!one_line)
        newline(out, indent);
    else if (any)
        buf_char(out, ' ');
    buf_char(out, '}');
}

static void member_pairs(struct object *o, const char *key, const struct draft_pairs *pairs) {
    struct buf b;
    if (pairs->count == 0)
        return;
    buf_init(&b, DRAFT_BYTES_MAX);
    put_pairs(o->d, pairs, o->indent + 2, &b);
    member_take(o, key, &b);
}

/* Where the JSON string that begins at text[i] ends, behind its quote. */
static size_t string_end(const char *text, size_t i) {
    for (i++; text[i] != '\0' && text[i] != '"'; i++)
        if (text[i] == '\\' && text[i + 1] != '\0')
            i++;
    return text[i] == '\0' ? i : i + 1;
}

/* Minified JSON, laid out where it is long. */
static void put_json(struct draft *d, const char *text, int indent, struct buf *out) {
    bool lines = strlen(text) + (size_t)indent > LINE_MAX - 12;
    int depth = 0;
    for (size_t i = 0; text[i] != '\0';) {
        if (text[i] == '"') {
            size_t end = string_end(text, i);
            guarded(d, out, text + i, end - i, true);
            i = end;
            continue;
        }
        bool open = text[i] == '{' || text[i] == '[', close = text[i] == '}' || text[i] == ']';
        bool empty = open && (text[i + 1] == '}' || text[i + 1] == ']');
        depth += open - close;
        if (lines && close && i > 0 && text[i - 1] != '{' && text[i - 1] != '[')
            newline(out, indent + 2 * depth);
        buf_char(out, text[i]);
        if (lines && !empty && (open || text[i] == ','))
            newline(out, indent + 2 * depth);
        else if (text[i] == ':' || text[i] == ',')
            buf_char(out, ' ');
        i++;
    }
}

static void put_parts(struct draft *d, const struct draft_request *q, int indent, struct buf *out) {
    buf_char(out, '[');
    for (const struct draft_part *p = q->parts; p != NULL; p = p->next) {
        struct object o = {.d = d, .indent = indent + 2};
        newline(out, indent + 2);
        member_text(&o, "name", p->name, true);
        member_text(&o, "value", p->value, true);
        member_text(&o, "file", p->file, true);
        member_text(&o, "filename", p->filename, true);
        member_text(&o, "type", p->type, true);
        put_object(&o, out);
        buf_str(out, p->next != NULL ? "," : "");
    }
    newline(out, indent);
    buf_char(out, ']');
}

static void member_auth(struct object *o, const struct draft_auth *a) {
    struct buf b;
    if (a->bearer == NULL && a->user == NULL)
        return;
    buf_init(&b, DRAFT_BYTES_MAX);
    if (a->bearer != NULL) {
        buf_str(&b, "{ \"bearer\": ");
        put_string(o->d, &b, a->bearer, strlen(a->bearer), true);
    } else {
        buf_str(&b, "{ \"basic\": { \"user\": ");
        put_string(o->d, &b, a->user, strlen(a->user), true);
        buf_str(&b, ", \"password\": ");
        put_string(o->d, &b, a->password, strlen(a->password), true);
        buf_str(&b, " }");
    }
    buf_str(&b, " }");
    member_take(o, "auth", &b);
}

static void member_body(struct object *o, const struct draft_request *q) {
    struct buf b;
    if (q->body_kind == DRAFT_NONE)
        return;
    buf_init(&b, DRAFT_BYTES_MAX);
    switch (q->body_kind) {
    case DRAFT_FORM:
        buf_done(&b);
        member_pairs(o, "form", &q->form);
        return;
    case DRAFT_JSON:
        put_json(o->d, q->body, o->indent + 2, &b);
        member_take(o, "json", &b);
        return;
    case DRAFT_MULTIPART:
        put_parts(o->d, q, o->indent + 2, &b);
        member_take(o, "multipart", &b);
        return;
    case DRAFT_TEXT:
        put_string(o->d, &b, q->body, q->body_bytes, true);
        member_take(o, "body", &b);
        return;
    case DRAFT_FILE:
        put_string(o->d, &b, q->body, strlen(q->body), true);
        member_take(o, "body_file", &b);
        return;
    case DRAFT_NONE:
        break;
    }
    buf_done(&b);
}

/* What reports group by: never empty, of one line, and without a variable. */
static const char *name_of(struct draft *d, const struct draft_request *q) {
    struct buf b, masked;
    const char *text = q->name != NULL && q->name[0] != '\0' ? q->name : q->path;
    size_t n = text == q->path ? strcspn(text, "?") : strlen(text);
    buf_init(&b, 1 << 20);
    buf_init(&masked, 1 << 20);
    guarded(d, &masked, text, n, false);
    text = buf_text(&masked);
    for (size_t i = 0; text[i] != '\0' && b.len < DRAFT_NAME_MAX; i++) {
        if (text[i] == '$' && text[i + 1] == '{')
            continue; /* "{id}" says as much */
        if (text[i] == '$' && text[i + 1] == '$' && text[i + 2] == '{')
            i++;
        else
            buf_char(&b, (unsigned char)text[i] < 0x20 ? ' ' : text[i]);
    }
    size_t len = coding_cut(buf_text(&b), b.len, DRAFT_NAME_MAX);
    const char *name = draft_copy(d, buf_text(&b), len);
    buf_done(&b);
    buf_done(&masked);
    return name[0] == '\0' ? "/" : name;
}

static void put_request(struct draft *d, const struct draft_request *q, uint32_t weight, int indent,
                        struct buf *out) {
    struct object o = {.d = d, .indent = indent};
    put_notes(d, out, &q->notes, indent);
    newline(out, indent);
    member_text(&o, "name", name_of(d, q), false);
    if (weight != 1)
        member_printf(&o, "weight", "%" PRIu32, weight);
    member_text(&o, "method", q->method, false);
    member_text(&o, "path", q->path, true);
    member_auth(&o, &q->auth);
    member_pairs(&o, "headers", &q->headers);
    member_body(&o, q);
    put_object(&o, out);
}

static void put_wait(const struct draft_pause *w, struct buf *out) {
    switch (w->kind) {
    case DRAFT_WAIT_NONE:
        break;
    case DRAFT_WAIT_CONSTANT:
        buf_printf(out, "\n  \"wait\": { \"constant\": %.10g },", w->low);
        break;
    case DRAFT_WAIT_BETWEEN:
        buf_printf(out, "\n  \"wait\": { \"between\": [%.10g, %.10g] },", w->low, w->high);
        break;
    case DRAFT_WAIT_PACING:
        buf_printf(out, "\n  \"wait\": { \"pacing\": %.10g },", w->low);
        break;
    case DRAFT_WAIT_THROUGHPUT:
        buf_printf(out, "\n  \"wait\": { \"throughput\": %.10g },", w->low);
        break;
    }
}

static void member_flag(struct object *o, const char *key, bool set, const char *value) {
    if (set)
        member_printf(o, key, "%s", value);
}

static void put_http(struct draft *d, struct buf *out) {
    struct object o = {.d = d, .indent = 2};
    struct buf b;
    member_text(&o, "version", d->http_version, true);
    member_flag(&o, "verify", d->no_verify, "false");
    member_text(&o, "ca", d->ca, true);
    member_text(&o, "cert", d->cert, true);
    member_text(&o, "key", d->key, true);
    if (d->resolve.count > 0) {
        buf_init(&b, DRAFT_BYTES_MAX);
        for (const struct draft_pair *p = d->resolve.first; p != NULL; p = p->next) {
            buf_str(&b, p == d->resolve.first ? "[" : ", ");
            put_string(d, &b, p->value, strlen(p->value), true);
        }
        buf_char(&b, ']');
        member_take(&o, "resolve", &b);
    }
    member_text(&o, "proxy", d->proxy, true);
    member_text(&o, "unix_socket", d->unix_socket, true);
    member_flag(&o, "keepalive", d->no_keepalive, "false");
    member_flag(&o, "follow_redirects", d->follow_redirects, "true");
    member_flag(&o, "compressed", d->compressed, "true");
    if (o.count == 0)
        return;
    newline(out, 2);
    buf_str(out, "\"http\": ");
    put_object(&o, out);
    buf_char(out, ',');
}

static uint64_t weight_sum(const struct draft_class *c) {
    uint64_t sum = 0;
    for (const struct draft_task *t = c->tasks; t != NULL; t = t->next)
        for (const struct draft_request *q = t->requests.first; q != NULL; q = q->next)
            sum += t->weight;
    return sum;
}

static void put_tasks(struct draft *d, struct buf *out) {
    bool first = true, many = d->classes != NULL && d->classes->next != NULL;
    newline(out, 2);
    buf_str(out, "\"tasks\": [");
    for (const struct draft_class *c = d->classes; c != NULL; c = c->next) {
        double sum = (double)weight_sum(c);
        for (const struct draft_task *t = c->tasks; t != NULL; t = t->next) {
            double weight = many && sum > 0 ? 1000.0 * c->weight * t->weight / sum : t->weight;
            weight = weight > WEIGHT_MAX ? WEIGHT_MAX : t->weight > 0 && weight < 1 ? 1 : weight;
            for (const struct draft_request *q = t->requests.first; q != NULL; q = q->next) {
                buf_str(out, first ? "" : ",");
                first = false;
                if (q == t->requests.first)
                    put_notes(d, out, &t->notes, 4);
                put_request(d, q, (uint32_t)llround(weight), 4, out);
            }
        }
    }
    buf_str(out, "\n  ]");
}

static void put_head(struct draft *d, const char *source, struct buf *out) {
    char text[512];
    struct buf b;
    buf_init(&b, 1 << 16);
    snprintf(text, sizeof text, "Made by `coldswarm convert` from %.300s.", source);
    put_comment(d, &b, text, 0);
    for (const struct draft_secret *s = d->secrets; s != NULL; s = s->next) {
        struct buf line;
        buf_init(&line, 1024);
        buf_printf(&line, "Secret: set %s in the environment to the %s.", s->env, s->what);
        put_comment(d, &b, buf_text(&line), 0);
        b.failed = b.failed || line.failed;
        buf_done(&line);
    }
    put_notes(d, &b, &d->notes, 0);
    if (b.len > 1)
        buf_str(out, buf_text(&b) + 1); /* without the first line's end */
    out->failed = out->failed || b.failed;
    buf_done(&b);
}

void emit_scenario(struct draft *d, const char *source, struct buf *out) {
    if (d->left_out > 0)
        draft_note(d, &d->notes,
                   "Left out: %zu requests beyond %d, the most that a scenario may have.",
                   d->left_out, DRAFT_REQUESTS_MAX);
    if (d->note_count > DRAFT_NOTES_MAX)
        draft_note(d, &d->notes, "%zu more comments are left out.",
                   d->note_count - DRAFT_NOTES_MAX);
    put_head(d, source, out);
    buf_str(out, "\n{");
    if (d->name != NULL && d->name[0] != '\0') {
        const struct draft_request named = {.name = d->name, .path = "/"};
        newline(out, 2);
        buf_str(out, "\"name\": ");
        const char *name = name_of(d, &named);
        put_string(d, out, name, strlen(name), false);
        buf_char(out, ',');
    }
    if (d->target != NULL) {
        newline(out, 2);
        buf_str(out, "\"target\": ");
        put_string(d, out, d->target, strlen(d->target), true);
        buf_char(out, ',');
    }
    put_comment(d, out,
                "Assumed: the source does not say how many users there are, and for how long.", 2);
    buf_str(out, "\n  \"load\": { \"users\": 1, \"spawn_rate\": 1, \"duration\": \"30s\" },");
    if (d->classes != NULL) {
        put_notes(d, out, &d->classes->notes, 2);
        put_wait(&d->classes->wait, out);
    }
    if (d->timeout_s > 0)
        buf_printf(out, "\n  \"timeout\": %.10g,", d->timeout_s);
    if (d->connect_timeout_s > 0)
        buf_printf(out, "\n  \"connect_timeout\": %.10g,", d->connect_timeout_s);
    put_http(d, out);
    put_tasks(d, out);
    buf_str(out, "\n}\n");
    out->failed = out->failed || d->failed;
}
