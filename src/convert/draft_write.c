#include "convert/draft_write_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "convert/redact.h"
#include "util/text.h"

#define LINE_MAX 100
#define COMMENT_MAX 96
#define WEIGHT_MAX 1000000

void emit_newline(struct buf *out, int indent) {
    buf_printf(out, "\n%*s", indent, "");
}

static void put_string(struct buf *out, struct buf *text) {
    struct buf whole;
    buf_init(&whole, DRAFT_BYTES_MAX);
    text_repair(&whole, buf_text(text), text->len);
    buf_char(out, '"');
    json_escape(out, buf_text(&whole), whole.len);
    buf_char(out, '"');
    out->failed = out->failed || text->failed || whole.failed;
    buf_done(text);
    buf_done(&whole);
}

static void emit_string(struct draft *d, struct buf *out, const char *text, size_t n,
                        enum redact_in in) {
    struct buf b;
    buf_init(&b, DRAFT_BYTES_MAX);
    redact_text(d, &b, text, n, in);
    put_string(out, &b);
}

/* Names and keys stay as they are. */
static void emit_key(struct buf *out, const char *text, size_t n) {
    struct buf b;
    buf_init(&b, DRAFT_BYTES_MAX);
    buf_add(&b, text, n);
    put_string(out, &b);
}

void emit_masked_comment(struct buf *out, const char *text, size_t bytes, int indent) {
    struct buf b;
    buf_init(&b, 1 << 18);
    text_printable(&b, text, bytes);
    const char *rest = buf_text(&b);
    size_t room = (size_t)(COMMENT_MAX - indent);
    for (bool first = true; *rest != '\0' || first; first = false) {
        size_t n = strlen(rest), cut = n;
        if (n > room) {
            for (cut = room; cut > room / 2 && rest[cut] != ' ';)
                cut--;
            if (rest[cut] != ' ')
                cut = text_cut(rest, n, room);
        }
        emit_newline(out, indent);
        buf_printf(out, "//%s%.*s", first ? " " : "   ", (int)cut, rest);
        rest += cut;
        rest += strspn(rest, " ");
    }
    buf_done(&b);
}

void emit_comment(struct draft *d, struct buf *out, const char *text, int indent) {
    struct buf masked;
    buf_init(&masked, 1 << 16);
    redact_mask(d, &masked, text, strlen(text));
    emit_masked_comment(out, buf_text(&masked), masked.len, indent);
    buf_done(&masked);
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

static void member_string(struct object *o, const char *key, struct buf *text) {
    struct buf b;
    buf_init(&b, DRAFT_BYTES_MAX);
    put_string(&b, text);
    emit_member(o, key, &b);
}

void emit_member_text(struct object *o, const char *key, const char *text) {
    struct buf b;
    if (text == NULL)
        return;
    buf_init(&b, DRAFT_BYTES_MAX);
    redact_text(o->d, &b, text, strlen(text), REDACT_VALUE);
    member_string(o, key, &b);
}

void emit_member_plain(struct object *o, const char *key, const char *text) {
    struct buf b;
    if (text == NULL)
        return;
    buf_init(&b, DRAFT_BYTES_MAX);
    buf_str(&b, text);
    member_string(o, key, &b);
}

void emit_member_path(struct object *o, const char *key, const char *path) {
    struct buf b;
    if (path == NULL)
        return;
    buf_init(&b, DRAFT_BYTES_MAX);
    redact_path(o->d, &b, path);
    member_string(o, key, &b);
}

void emit_member_masked(struct object *o, const char *key, const char *text) {
    struct buf b;
    if (text == NULL)
        return;
    buf_init(&b, DRAFT_BYTES_MAX);
    redact_mask(o->d, &b, text, strlen(text));
    member_string(o, key, &b);
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

static const char *written(struct draft *d, const char *text) {
    struct buf b;
    buf_init(&b, DRAFT_BYTES_MAX);
    emit_key(&b, text, strlen(text));
    return draft_take(d, &b);
}

static void put_values(struct draft *d, const struct draft_pair *first, const char *const *names,
                       size_t at, enum redact_in in, struct buf *out) {
    size_t same = 0, i = at;
    for (const struct draft_pair *p = first; p != NULL; p = p->next)
        same += strcmp(names[i++], names[at]) == 0;
    buf_str(out, same > 1 ? "[" : "");
    i = at;
    for (const struct draft_pair *p = first; p != NULL; p = p->next) {
        if (strcmp(names[i++], names[at]) != 0)
            continue;
        buf_str(out, p != first ? ", " : "");
        emit_string(d, out, p->value, strlen(p->value), in);
    }
    buf_str(out, same > 1 ? "]" : "");
}

/* "name": value members of any number: headers and forms. Values of one name become an array;
 * what counts is the name as it is written, its bytes that are not UTF-8 replaced. */
static void put_pairs(struct draft *d, const struct draft_pairs *pairs, int indent,
                      enum redact_in in, struct buf *out) {
    bool one_line = pairs->count <= 2, any = false;
    const char **names = draft_alloc(d, pairs->count * sizeof *names);
    size_t at = 0;
    if (names == NULL)
        return;
    for (const struct draft_pair *p = pairs->first; p != NULL; p = p->next) {
        one_line = one_line && strlen(p->name) + strlen(p->value) < 30;
        names[at++] = written(d, p->name);
    }
    buf_char(out, '{');
    at = 0;
    for (const struct draft_pair *p = pairs->first; p != NULL; p = p->next, at++) {
        size_t first = 0;
        while (strcmp(names[first], names[at]) != 0)
            first++;
        if (first < at)
            continue; /* written with the first of its name */
        if (any)
            buf_char(out, ',');
        any = true;
        if (one_line)
            buf_char(out, ' ');
        else
            emit_newline(out, indent + 2);
        buf_printf(out, "%s: ", names[at]);
        put_values(d, p, names, at, in, out);
    }
    if (!one_line)
        emit_newline(out, indent);
    else if (any)
        buf_char(out, ' ');
    buf_char(out, '}');
}

static void member_pairs(struct object *o, const char *key, const struct draft_pairs *pairs,
                         enum redact_in in) {
    struct buf b;
    if (pairs->count == 0)
        return;
    buf_init(&b, DRAFT_BYTES_MAX);
    put_pairs(o->d, pairs, o->indent + 2, in, &b);
    emit_member(o, key, &b);
}

/* Where the JSON string that begins at text[i] ends, behind its quote. */
static size_t string_end(const char *text, size_t i) {
    for (i++; text[i] != '\0' && text[i] != '"'; i++)
        if (text[i] == '\\' && text[i + 1] != '\0')
            i++;
    return text[i] == '\0' ? i : i + 1;
}

/* The JSON string `text`, whose content is scenario text. */
static void put_json_string(struct draft *d, struct buf *out, const char *text, size_t n,
                            bool key) {
    struct json_doc *doc = NULL;
    if (json_parse("string", text, n, &doc, NULL) != 0) {
        out->failed = true; /* a draft holds none that cannot be read; memory has run out */
        return;
    }
    if (key)
        emit_key(out, json_root(doc)->text, json_root(doc)->len);
    else
        emit_string(d, out, json_root(doc)->text, json_root(doc)->len, REDACT_VALUE);
    json_free(doc);
}

void emit_json_text(struct draft *d, const char *text, int indent, struct buf *out) {
    bool lines = strlen(text) + (size_t)indent > LINE_MAX - 12;
    int depth = 0;
    for (size_t i = 0; text[i] != '\0';) {
        if (text[i] == '"') {
            size_t end = string_end(text, i);
            put_json_string(d, out, text + i, end - i, text[end] == ':');
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
        emit_member_plain(&o, "name", p->name);
        emit_member_text(&o, "value", p->value);
        emit_member_plain(&o, "file", p->file);
        emit_member_text(&o, "filename", p->filename);
        emit_member_text(&o, "type", p->type);
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
        emit_string(o->d, &b, a->bearer, strlen(a->bearer), REDACT_VALUE);
    } else {
        buf_str(&b, "{ \"basic\": { \"user\": ");
        emit_string(o->d, &b, a->user, strlen(a->user), REDACT_VALUE);
        buf_str(&b, ", \"password\": ");
        emit_string(o->d, &b, a->password, strlen(a->password), REDACT_VALUE);
        buf_str(&b, " }");
    }
    buf_str(&b, " }");
    emit_member(o, "auth", &b);
}

void emit_member_json(struct object *o, const char *key, const char *json) {
    struct buf b;
    if (json == NULL)
        return;
    buf_init(&b, DRAFT_BYTES_MAX);
    emit_json_text(o->d, json, o->indent + 2, &b);
    emit_member(o, key, &b);
}

static void member_body(struct object *o, const struct draft_request *q) {
    struct buf b;
    if (q->body_kind == DRAFT_NONE)
        return;
    buf_init(&b, DRAFT_BYTES_MAX);
    switch (q->body_kind) {
    case DRAFT_FORM:
        buf_done(&b);
        member_pairs(o, "form", &q->form, REDACT_VALUE);
        return;
    case DRAFT_JSON:
        emit_json_text(o->d, q->body, o->indent + 2, &b);
        emit_member(o, "json", &b);
        return;
    case DRAFT_MULTIPART:
        put_parts(o->d, q, o->indent + 2, &b);
        emit_member(o, "multipart", &b);
        return;
    case DRAFT_TEXT:
        emit_string(o->d, &b, q->body, q->body_bytes, REDACT_BODY);
        emit_member(o, "body", &b);
        return;
    case DRAFT_FILE:
        emit_key(&b, q->body, strlen(q->body));
        emit_member(o, "body_file", &b);
        return;
    case DRAFT_NONE:
        break;
    }
    buf_done(&b);
}

/* What reports group by: never empty, of one line, and without a variable. */
const char *emit_name(struct draft *d, const struct draft_request *q) {
    struct buf plain, b, masked;
    const char *text = q->name != NULL && q->name[0] != '\0' ? q->name : q->path;
    size_t n = text == q->path ? strcspn(text, "?") : strlen(text);
    buf_init(&plain, DRAFT_BYTES_MAX);
    buf_init(&b, DRAFT_BYTES_MAX);
    buf_init(&masked, DRAFT_BYTES_MAX);
    for (size_t i = 0; i < n; i++) /* "$${" is a plain "${" */
        if (n - i < 3 || memcmp(text + i, "$${", 3) != 0)
            buf_char(&plain, text[i]);
    redact_mask(d, &masked, buf_text(&plain), plain.len);
    text = buf_text(&masked);
    for (size_t i = 0; text[i] != '\0' && b.len < DRAFT_NAME_MAX; i++) {
        size_t dollars = strspn(text + i, "$");
        if (dollars > 0 && text[i + dollars] == '{')
            i += dollars; /* "{id}" says as much */
        buf_char(&b, (unsigned char)text[i] < 0x20 ? ' ' : text[i]);
    }
    size_t len = text_cut(buf_text(&b), b.len, DRAFT_NAME_MAX);
    const char *name = draft_copy(d, buf_text(&b), len);
    buf_done(&plain);
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
        emit_string(o->d, &b, p->value, strlen(p->value), REDACT_VALUE);
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

static void members_of_call(struct object *o, const struct draft_request *q) {
    emit_member_masked(o, "grpc", q->grpc);
    if (q->proto != NULL)
        emit_member_plain(o, "proto", q->proto);
    else if (q->descriptor_set != NULL)
        emit_member_plain(o, "descriptor_set", q->descriptor_set);
    else
        emit_member_printf(o, "reflection", "true");
    member_auth(o, &q->auth);
    member_pairs(o, "metadata", &q->headers, REDACT_HEADER);
    if (q->body_kind == DRAFT_JSON)
        emit_member_json(o, "message", q->body);
    if (q->deadline_s > 0)
        emit_member_printf(o, "deadline", "%.10g", q->deadline_s);
}

void emit_request(struct draft *d, const struct draft_request *q, const struct draft_task *task,
                  int indent, struct buf *out) {
    struct object o = {.d = d, .indent = indent};
    emit_notes(d, out, &q->notes, indent);
    emit_newline(out, indent);
    emit_member_masked(&o, "name", emit_name(d, q));
    if (task != NULL)
        emit_members_of_task(&o, task);
    if (q->grpc != NULL)
        members_of_call(&o, q);
    else {
        emit_member_masked(&o, "method", q->method);
        emit_member_path(&o, "path", q->path);
        member_auth(&o, &q->auth);
        member_pairs(&o, "headers", &q->headers, REDACT_HEADER);
        member_body(&o, q);
        if (q->stream != NULL)
            emit_member_printf(&o, "stream", "\"%s\"", q->stream);
    }
    emit_member_json(&o, "capture", q->capture);
    emit_member_json(&o, "checks", q->checks);
    emit_object(&o, out);
}
