#include "convert/emit_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "convert/coding.h"
#include "util/text.h"

#define LINE_MAX 100
#define COMMENT_MAX 96
#define SECRET_BYTES_MIN 6 /* a shorter one stands in many words by chance */
#define WEIGHT_MAX 1000000

void emit_newline(struct buf *out, int indent) {
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

void emit_string(struct draft *d, struct buf *out, const char *text, size_t n, bool variable) {
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
void emit_comment(struct draft *d, struct buf *out, const char *text, int indent) {
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
        emit_newline(out, indent);
        buf_printf(out, "//%s%.*s", first ? " " : "   ", (int)cut, rest);
        rest += cut;
        rest += strspn(rest, " ");
    }
    buf_done(&masked);
    buf_done(&b);
}

void emit_notes(struct draft *d, struct buf *out, const struct draft_notes *notes, int indent) {
    for (const struct draft_note *n = notes->first; n != NULL; n = n->next)
        emit_comment(d, out, n->text, indent);
}

void emit_member(struct object *o, const char *key, struct buf *value) {
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

void emit_member_text(struct object *o, const char *key, const char *text, bool variable) {
    struct buf b;
    if (text == NULL)
        return;
    buf_init(&b, DRAFT_BYTES_MAX);
    emit_string(o->d, &b, text, strlen(text), variable);
    emit_member(o, key, &b);
}

void emit_member_printf(struct object *o, const char *key, const char *format, ...) {
    char text[256];
    struct buf b;
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    buf_init(&b, 1024);
    buf_str(&b, text);
    emit_member(o, key, &b);
}

/* In one line where it fits, else a member a line. */
void emit_object(const struct object *o, struct buf *out) {
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
            emit_newline(out, o->indent + 2);
        else
            buf_char(out, ' ');
        buf_printf(out, "%s%s", o->members[i], i + 1 < o->count ? "," : "");
    }
    if (lines)
        emit_newline(out, o->indent);
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
            emit_newline(out, indent + 2);
        emit_string(d, out, p->name, strlen(p->name), true);
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
            emit_string(d, out, o->value, strlen(o->value), true);
        }
        if (same > 0)
            buf_char(out, ']');
    }
    if (!one_line)
        emit_newline(out, indent);
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
    emit_member(o, key, &b);
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
            emit_newline(out, indent + 2 * depth);
        buf_char(out, text[i]);
        if (lines && !empty && (open || text[i] == ','))
            emit_newline(out, indent + 2 * depth);
        else if (text[i] == ':' || text[i] == ',')
            buf_char(out, ' ');
        i++;
    }
}

static void put_parts(struct draft *d, const struct draft_request *q, int indent, struct buf *out) {
    buf_char(out, '[');
    for (const struct draft_part *p = q->parts; p != NULL; p = p->next) {
        struct object o = {.d = d, .indent = indent + 2};
        emit_newline(out, indent + 2);
        emit_member_text(&o, "name", p->name, true);
        emit_member_text(&o, "value", p->value, true);
        emit_member_text(&o, "file", p->file, true);
        emit_member_text(&o, "filename", p->filename, true);
        emit_member_text(&o, "type", p->type, true);
        emit_object(&o, out);
        buf_str(out, p->next != NULL ? "," : "");
    }
    emit_newline(out, indent);
    buf_char(out, ']');
}

static void member_auth(struct object *o, const struct draft_auth *a) {
    struct buf b;
    if (a->bearer == NULL && a->user == NULL)
        return;
    buf_init(&b, DRAFT_BYTES_MAX);
    if (a->bearer != NULL) {
        buf_str(&b, "{ \"bearer\": ");
        emit_string(o->d, &b, a->bearer, strlen(a->bearer), true);
    } else {
        buf_str(&b, "{ \"basic\": { \"user\": ");
        emit_string(o->d, &b, a->user, strlen(a->user), true);
        buf_str(&b, ", \"password\": ");
        emit_string(o->d, &b, a->password, strlen(a->password), true);
        buf_str(&b, " }");
    }
    buf_str(&b, " }");
    emit_member(o, "auth", &b);
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
        emit_member(o, "json", &b);
        return;
    case DRAFT_MULTIPART:
        put_parts(o->d, q, o->indent + 2, &b);
        emit_member(o, "multipart", &b);
        return;
    case DRAFT_TEXT:
        emit_string(o->d, &b, q->body, q->body_bytes, true);
        emit_member(o, "body", &b);
        return;
    case DRAFT_FILE:
        emit_string(o->d, &b, q->body, strlen(q->body), true);
        emit_member(o, "body_file", &b);
        return;
    case DRAFT_NONE:
        break;
    }
    buf_done(&b);
}

/* What reports group by: never empty, of one line, and without a variable. */
const char *emit_name(struct draft *d, const struct draft_request *q) {
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

void emit_member_values(struct object *o, const char *key, const struct draft_pairs *values) {
    struct buf b;
    if (values->count == 0)
        return;
    buf_init(&b, DRAFT_BYTES_MAX);
    for (const struct draft_pair *p = values->first; p != NULL; p = p->next) {
        buf_str(&b, p == values->first ? "[" : ", ");
        emit_string(o->d, &b, p->value, strlen(p->value), true);
    }
    buf_char(&b, ']');
    emit_member(o, key, &b);
}

void emit_members_of_task(struct object *o, const struct draft_task *t) {
    if (t->weight != 1 && !o->d->sequence)
        emit_member_printf(o, "weight", "%" PRIu32,
                           t->weight > WEIGHT_MAX ? WEIGHT_MAX : t->weight);
    emit_member_values(o, "tags", &t->tags);
}

void emit_request(struct draft *d, const struct draft_request *q, const struct draft_task *task,
                  int indent, struct buf *out) {
    struct object o = {.d = d, .indent = indent};
    emit_notes(d, out, &q->notes, indent);
    emit_newline(out, indent);
    emit_member_text(&o, "name", emit_name(d, q), false);
    if (task != NULL)
        emit_members_of_task(&o, task);
    emit_member_text(&o, "method", q->method, false);
    emit_member_text(&o, "path", q->path, true);
    member_auth(&o, &q->auth);
    member_pairs(&o, "headers", &q->headers);
    member_body(&o, q);
    emit_object(&o, out);
}
