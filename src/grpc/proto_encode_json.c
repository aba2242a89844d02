/* JSON values become fields. Where a string is a hole, a step of the encoder takes its place. */
#include <stdlib.h>
#include <string.h>

#include "grpc/proto_encode_internal.h"
#include "grpc/proto_known.h"
#include "grpc/proto_wire.h"
#include "util/array.h"
#include "util/text.h"

#define PATH_BYTES ((size_t)300)
#define SHOWN_BYTES ((size_t)40)

/* ---- errors ---- */

static void add_path(struct buf *out, const struct encode_path *p) {
    if (p == NULL)
        return;
    add_path(out, p->up);
    if (p->name == NULL)
        buf_printf(out, "[%zu]", p->index);
    else {
        buf_str(out, out->len > 0 ? "." : "");
        text_printable(out, p->name, strnlen(p->name, 80));
    }
}

/* Fails with: the field "a.b[2]" and the text. The path's end counts if it is too long. */
static int fail(struct encode_make *k, size_t at, const struct encode_path *path,
                const char *format, ...) __attribute__((format(printf, 4, 5)));
static int fail(struct encode_make *k, size_t at, const struct encode_path *path,
                const char *format, ...) {
    struct buf where, what;
    va_list args;
    char text[700];
    buf_init(&where, 1 << 20);
    buf_init(&what, 2 * sizeof text);
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (k->base != NULL)
        buf_str(&where, k->base);
    add_path(&where, path);
    if (where.len == 0)
        buf_printf(&what, "the message %s", text);
    else
        buf_printf(&what, "the field \"%s%s\" %s", where.len > PATH_BYTES ? "..." : "",
                   buf_text(&where) + (where.len > PATH_BYTES ? where.len - PATH_BYTES : 0), text);
    if (k->encoder != NULL)
        json_fail(k->doc, at, k->e, "%s", buf_text(&what));
    else
        err_set(k->e, "%s", buf_text(&what));
    buf_done(&where);
    buf_done(&what);
    return -1;
}

static int memory(struct encode_make *k) {
    return err_memory(k->e, NULL);
}

/* What v is, for "not ...": its text if it is short. A value that is sent differs between requests,
 * and is not shown. */
static const char *shown(struct encode_make *k, const struct json *v, char out[200]) {
    struct buf b;
    if (k->encoder == NULL || (v->kind != JSON_STRING && v->kind != JSON_NUMBER))
        return json_kind_text(v->kind);
    buf_init(&b, 190);
    text_printable(&b, v->text, text_cut(v->text, v->len, SHOWN_BYTES));
    const char *quote = v->kind == JSON_STRING ? "\"" : "";
    snprintf(out, 200, "%s%s%s%s", quote, buf_text(&b), v->len > SHOWN_BYTES ? "..." : "", quote);
    buf_done(&b);
    return out;
}

/* "; did you mean X?" for the name of an enum's value. */
static void suggest_value(const struct proto_field *f, const struct json *v, char out[200]) {
    *out = '\0';
    if (f->type != PROTO_ENUM || v->kind != JSON_STRING || v->len > 200)
        return;
    const char **names = malloc(sizeof *names * f->enumeration->value_count);
    if (names == NULL)
        return;
    for (size_t i = 0; i < f->enumeration->value_count; i++)
        names[i] = f->enumeration->values[i].name;
    const char *nearest = text_nearest(v->text, names, f->enumeration->value_count);
    if (nearest != NULL)
        snprintf(out, 200, "; did you mean \"%.100s\"?", nearest);
    free(names);
}

/* v does not fit into the field. */
static int unfit(struct encode_make *k, const struct proto_field *f, const struct json *v,
                 const struct encode_path *path) {
    char needs[PROTO_NEEDS_BYTES], text[200], hint[200];
    proto_scalar_needs(f, needs);
    suggest_value(f, v, hint);
    return fail(k, v->at, path, "needs %s, not %s%s", needs, shown(k, v, text), hint);
}

static int unfit_message(struct encode_make *k, const struct proto_message *m, const struct json *v,
                         const struct encode_path *path) {
    struct proto_field f = {.type = PROTO_MESSAGE, .message = m};
    if (m->known == PROTO_WRAPPER)
        f = proto_encode_form(m)->fields[0];
    return unfit(k, &f, v, path);
}

/* ---- steps ---- */

static struct encode_step *insert_step(struct encode_make *k, size_t index) {
    struct proto_encoder *c = k->encoder;
    struct encode_step *steps = array_room(c->steps, &c->room, c->count + 1, sizeof *steps);
    if (steps == NULL) {
        memory(k);
        return NULL;
    }
    c->steps = steps;
    memmove(&steps[index + 1], &steps[index], (c->count - index) * sizeof *steps);
    c->count++;
    steps[index] = (struct encode_step){.at = k->out->len, .depth = k->depth};
    return &steps[index];
}

static int add_hole(struct encode_make *k, const struct encode_step *like,
                    const struct encode_path *path) {
    struct buf b;
    buf_init(&b, 1 << 20);
    add_path(&b, path);
    buf_add(&b, "", 0);
    char *text = buf_take(&b);
    struct encode_step *step = text == NULL ? NULL : insert_step(k, k->encoder->count);
    if (step == NULL) {
        free(text);
        return memory(k);
    }
    size_t at = step->at;
    int depth = step->depth;
    *step = *like;
    step->at = at;
    step->depth = depth;
    step->path = text;
    return 0;
}

/* A message or packed field whose length comes before it. */
struct opened {
    size_t at, steps;
};

static struct opened open_length(struct encode_make *k) {
    return (struct opened){k->out->len, k->encoder == NULL ? 0 : k->encoder->count};
}

/* `drop`: if nothing was added, removes the tag of one byte, too. */
static int close_length(struct encode_make *k, const struct opened *o, bool drop) {
    if (k->encoder == NULL || k->encoder->count == o->steps) {
        if (drop && k->out->len == o->at)
            k->out->len--;
        else
            wire_insert_length(k->out, o->at);
        return 0;
    }
    struct encode_step *step = insert_step(k, o->steps);
    if (step == NULL)
        return -1;
    step->kind = ENCODE_OPEN;
    step->at = o->at;
    step = insert_step(k, k->encoder->count);
    if (step == NULL)
        return -1;
    step->kind = ENCODE_CLOSE;
    step->drop = drop;
    return 0;
}

/* What a string or key stands for. */
static int text_of(struct encode_make *k, const struct json *v, bool key, struct proto_text *out) {
    struct json_text t = {v->text, v->len, v->at, false};
    if (key)
        t = (struct json_text){v->key, v->key_len, v->key_at, true};
    *out = (struct proto_text){.text = {t.text, t.len}};
    return k->text == NULL ? 0 : k->text(k->context, &t, out, k->e);
}

/* ---- scalars ---- */

static int put_scalar(struct encode_make *k, const struct proto_field *f, const struct json *v,
                      enum proto_tagging tagging, const struct encode_path *path) {
    struct bytes text = {v->text, v->len};
    enum proto_from from = FROM_NUMBER;
    switch (v->kind) {
    case JSON_NULL:
        from = FROM_NULL;
        break;
    case JSON_BOOL:
        from = FROM_BOOL;
        text = v->boolean ? (struct bytes){"true", 4} : (struct bytes){"false", 5};
        break;
    case JSON_NUMBER:
        break;
    case JSON_STRING:
    case JSON_ARRAY:
    case JSON_OBJECT:
        return unfit(k, f, v, path);
    }
    return proto_scalar_put(k->out, f, tagging, from, text) ? 0 : unfit(k, f, v, path);
}

/* A text that is there now. Errors show v, because a value from the environment may be secret. */
static int put_text(struct encode_make *k, const struct proto_field *f, struct bytes text,
                    const struct json *v, enum proto_tagging tagging,
                    const struct encode_path *path) {
    if (f->message == NULL)
        return proto_scalar_put(k->out, f, tagging, FROM_STRING, text) ? 0 : unfit(k, f, v, path);
    wire_add_tag(k->out, f->number, WIRE_BYTES);
    size_t at = k->out->len;
    if (!proto_encode_known_text(k->out, f->message, FROM_STRING, text))
        return unfit_message(k, f->message, v, path);
    wire_insert_length(k->out, at);
    return 0;
}

/* A string in the place of an element, a field, or a message: its text, or a hole. */
static int put_string(struct encode_make *k, const struct encode_step *step,
                      const struct proto_text *t, const struct json *v,
                      const struct encode_path *path) {
    const struct proto_field *f = step->field;
    if (!t->hole)
        return put_text(k, f, t->text, v, step->tagging, path);
    if (!t->bare && f->message != NULL && !proto_encode_known_has_text(f->message))
        return unfit(k, f, v, path);
    struct encode_step hole = *step;
    hole.index = t->index;
    if (!t->bare)
        hole.kind = ENCODE_TEXT;
    return add_hole(k, &hole, path);
}

/* ---- fields ---- */

/* True if null is a value of the field, instead of its absence. */
static bool null_counts(const struct proto_field *f) {
    return (f->message != NULL && f->message->known == PROTO_VALUE) ||
           (f->enumeration != NULL && f->enumeration->null);
}

int proto_encode_element(struct encode_make *k, const struct proto_field *f, const struct json *v,
                         enum proto_tagging tagging, const struct encode_path *path) {
    struct proto_text t;
    if (v->kind == JSON_NULL && !null_counts(f))
        return fail(k, v->at, path, "has null as an element, which protobuf cannot send");
    if (v->kind == JSON_STRING) {
        struct encode_step step = {.kind = ENCODE_ELEMENT, .tagging = tagging, .field = f};
        return text_of(k, v, false, &t) != 0 ? -1 : put_string(k, &step, &t, v, path);
    }
    if (f->message == NULL)
        return put_scalar(k, f, v, tagging, path);
    wire_add_tag(k->out, f->number, WIRE_BYTES);
    struct opened o = open_length(k);
    if (proto_encode_message(k, f->message, v, path) != 0)
        return -1;
    return close_length(k, &o, false);
}

static int put_list(struct encode_make *k, const struct proto_field *f, const struct json *v,
                    const struct encode_path *path) {
    if (v->kind != JSON_ARRAY)
        return fail(k, v->at, path, "is repeated and needs an array, not %s",
                    json_kind_text(v->kind));
    if (v->first == NULL)
        return 0;
    struct encode_path element = {path, NULL, 0};
    struct opened o = {0, 0};
    if (f->packed) {
        wire_add_tag(k->out, f->number, WIRE_BYTES);
        o = open_length(k);
    }
    for (const struct json *x = v->first; x != NULL; x = x->next, element.index++)
        if (proto_encode_element(k, f, x, f->packed ? TAG_NONE : TAG_ALWAYS, &element) != 0)
            return -1;
    return f->packed ? close_length(k, &o, false) : 0;
}

static int put_key(struct encode_make *k, const struct proto_field *f, const struct json *member,
                   const struct encode_path *path) {
    struct proto_text t;
    if (text_of(k, member, true, &t) != 0)
        return -1;
    if (t.hole) {
        struct encode_step step = {
            .kind = ENCODE_TEXT, .tagging = TAG_ALWAYS, .field = f, .index = t.index};
        return add_hole(k, &step, path);
    }
    if (proto_scalar_put(k->out, f, TAG_ALWAYS, FROM_KEY, t.text))
        return 0;
    char needs[PROTO_NEEDS_BYTES];
    proto_scalar_needs(f, needs);
    return fail(k, member->key_at, path, "is a key that must be %s", needs);
}

static int put_map(struct encode_make *k, const struct proto_field *f, const struct json *v,
                   const struct encode_path *path) {
    if (v->kind != JSON_OBJECT)
        return fail(k, v->at, path, "is a map and needs an object, not %s",
                    json_kind_text(v->kind));
    for (const struct json *member = v->first; member != NULL; member = member->next) {
        struct encode_path entry = {path, member->key, 0};
        wire_add_tag(k->out, f->number, WIRE_BYTES);
        struct opened o = open_length(k);
        if (put_key(k, &f->message->fields[0], member, &entry) != 0 ||
            proto_encode_element(k, &f->message->fields[1], member, TAG_ALWAYS, &entry) != 0 ||
            close_length(k, &o, false) != 0)
            return -1;
    }
    return 0;
}

/* A string in the place of a whole field. Only a hole with JSON fits a repeated one. */
static int put_field_string(struct encode_make *k, const struct proto_field *f,
                            const struct json *v, enum proto_tagging tagging,
                            const struct encode_path *path) {
    struct encode_step step = {.kind = ENCODE_FIELD, .tagging = tagging, .field = f};
    struct proto_text t;
    if (text_of(k, v, false, &t) != 0)
        return -1;
    if (f->repeated && !(t.hole && t.bare))
        return fail(k, v->at, path, "is %s, not a string",
                    f->map ? "a map and needs an object" : "repeated and needs an array");
    return put_string(k, &step, &t, v, path);
}

int proto_encode_field(struct encode_make *k, const struct proto_field *f, const struct json *v,
                       const struct encode_path *path) {
    enum proto_tagging tagging = f->presence ? TAG_ALWAYS : TAG_UNLESS_DEFAULT;
    if (f->type == PROTO_GROUP)
        return fail(k, v->at, path, "is a group of proto2, which is not supported");
    if (v->kind == JSON_NULL && (f->repeated || !null_counts(f)))
        return 0;
    if (v->kind == JSON_STRING)
        return put_field_string(k, f, v, tagging, path);
    if (f->map)
        return put_map(k, f, v, path);
    if (f->repeated)
        return put_list(k, f, v, path);
    return proto_encode_element(k, f, v, tagging, path);
}

/* ---- messages ---- */

/* A member of an object and its field. */
struct member {
    const struct proto_field *field;
    const struct json *value;
};

static int unknown_field(struct encode_make *k, const struct proto_message *m, const struct json *v,
                         const struct encode_path *up) {
    struct encode_path path = {up, v->key, 0};
    const char **names = malloc(sizeof *names * (2 * m->field_count + 1));
    const char *nearest = NULL;
    if (names == NULL)
        return memory(k);
    for (size_t i = 0; i < m->field_count; i++) {
        names[2 * i] = m->fields[i].json_name;
        names[2 * i + 1] = m->fields[i].name;
    }
    if (v->key_len < 200)
        nearest = text_nearest(v->key, names, 2 * m->field_count);
    free(names);
    return fail(k, v->key_at, &path, "is not one of %.200s%s%.100s%s", m->name,
                nearest != NULL ? "; did you mean \"" : "", nearest != NULL ? nearest : "",
                nearest != NULL ? "\"?" : "");
}

static int by_number(const void *a, const void *b) {
    const struct member *x = a, *y = b;
    if (x->field->number != y->field->number)
        return x->field->number > y->field->number ? 1 : -1;
    return (x->value->at > y->value->at) - (x->value->at < y->value->at);
}

static int by_oneof(const void *a, const void *b) {
    const struct member *x = a, *y = b;
    if (x->field->oneof != y->field->oneof)
        return x->field->oneof > y->field->oneof ? 1 : -1;
    return by_number(a, b);
}

static int check_oneofs(struct encode_make *k, const struct proto_message *m,
                        struct member *members, size_t n, const struct encode_path *up) {
    if (n > 1)
        qsort(members, n, sizeof *members, by_oneof);
    for (size_t i = 1; i < n; i++) {
        const struct proto_field *a = members[i - 1].field, *b = members[i].field;
        struct encode_path path = {up, b->name, 0};
        if (a->oneof >= 0 && a->oneof == b->oneof && a != b)
            return fail(k, members[i].value->key_at, &path,
                        "and \"%.100s\" are both set, but only one of the oneof \"%.100s\" can be",
                        a->name, m->oneofs[a->oneof]);
    }
    return 0;
}

static int check_required(struct encode_make *k, const struct proto_message *m,
                          const struct json *v, const struct member *members, size_t n,
                          const struct encode_path *up) {
    size_t next = 0;
    for (size_t i = 0; i < m->field_count; i++) {
        const struct proto_field *f = &m->fields[i];
        struct encode_path path = {up, f->name, 0};
        while (next < n && members[next].field->number < f->number)
            next++;
        if (f->required && (next == n || members[next].field != f))
            return fail(k, v->at, &path, "is required and missing");
    }
    return 0;
}

/* The members that are set, sorted by number. `skip`: a key that is no field. */
static int read_members(struct encode_make *k, const struct proto_message *m, const struct json *v,
                        const char *skip, const struct encode_path *up, struct member *members,
                        size_t *count) {
    size_t n = 0;
    for (const struct json *x = v->first; x != NULL; x = x->next) {
        if (skip != NULL && strcmp(x->key, skip) == 0)
            continue;
        const struct proto_field *f =
            json_has_nul(x->key, x->key_len) ? NULL : proto_find_field(m, x->key);
        if (f == NULL)
            return unknown_field(k, m, x, up);
        if (x->kind != JSON_NULL || (!f->repeated && null_counts(f)))
            members[n++] = (struct member){f, x};
    }
    if (check_oneofs(k, m, members, n, up) != 0)
        return -1;
    if (n > 1)
        qsort(members, n, sizeof *members, by_number);
    for (size_t i = 1; i < n; i++) {
        struct encode_path path = {up, members[i].field->name, 0};
        if (members[i].field == members[i - 1].field)
            return fail(k, members[i].value->key_at, &path, "is given twice, by both of its names");
    }
    *count = n;
    return check_required(k, m, v, members, n, up);
}

static int put_members(struct encode_make *k, const struct proto_message *m, const struct json *v,
                       const char *skip, const struct encode_path *up) {
    struct member *members = malloc(sizeof *members * (v->count + 1));
    size_t n = 0;
    if (members == NULL)
        return memory(k);
    int result = read_members(k, m, v, skip, up, members, &n);
    for (size_t i = 0; result == 0 && i < n; i++) {
        struct encode_path path = {up, members[i].value->key, 0};
        result = proto_encode_field(k, members[i].field, members[i].value, &path);
    }
    free(members);
    return result;
}

static int enter(struct encode_make *k, const struct json *v, const struct encode_path *path) {
    if (k->depth == ENCODE_DEPTH_MAX)
        return fail(k, v->at, path, "is nested deeper than %d messages, which no receiver reads",
                    ENCODE_DEPTH_MAX);
    k->depth++;
    return 0;
}

/* The message that an Any's "@type" names, whose URL is encoded. NULL: the error is set. */
static const struct proto_message *any_type(struct encode_make *k, const struct proto_message *m,
                                            const struct json *v, const struct encode_path *path) {
    const struct json *type = json_get(v, "@type");
    const struct proto_message *inner = NULL;
    struct proto_text t;
    struct buf name;
    if (type == NULL || type->kind != JSON_STRING) {
        fail(k, v->at, path,
             "needs \"@type\", a string such as \"type.googleapis.com/package.Message\"");
        return NULL;
    }
    if (text_of(k, type, false, &t) != 0)
        return NULL;
    if (t.hole) {
        fail(k, type->at, path, "has a template as its \"@type\", which must be constant");
        return NULL;
    }
    const char *slash = t.text.len == 0 ? NULL : memrchr(t.text.data, '/', t.text.len);
    buf_init(&name, 1 << 20);
    if (slash != NULL && m->set != NULL) {
        buf_add(&name, slash + 1, t.text.len - (size_t)(slash + 1 - t.text.data));
        inner = proto_find_message(m->set, buf_text(&name));
    }
    buf_done(&name);
    wire_add_bytes(k->out, 1, t.text.data, t.text.len);
    if (inner == NULL)
        fail(k, type->at, path, "has an \"@type\" that is not among the types of the schema");
    return inner;
}

/* {"@type": URL, fields...}, or "value" with a known type. */
static int put_any(struct encode_make *k, const struct proto_message *m, const struct json *v,
                   const struct encode_path *path) {
    const struct json *value = json_get(v, "value");
    int result = -1;
    if (v->first == NULL)
        return 0;
    const struct proto_message *inner = any_type(k, m, v, path);
    if (inner == NULL)
        return -1;
    wire_add_tag(k->out, 2, WIRE_BYTES);
    struct opened o = open_length(k);
    if (inner->known != PROTO_ORDINARY && (value == NULL || v->count != 2))
        return fail(k, v->at, path,
                    "needs \"@type\" and \"value\" only, because %s has a form of its own",
                    inner->name);
    if (inner->known != PROTO_ORDINARY)
        result = proto_encode_message(k, inner, value, path);
    else if (enter(k, v, path) == 0) {
        result = put_members(k, inner, v, "@type", path);
        k->depth--;
    }
    return result == 0 ? close_length(k, &o, true) : -1;
}

static int put_value(struct encode_make *k, const struct json *v, const struct encode_path *path) {
    static const enum proto_value_field fields[] = {
        [JSON_NULL] = VALUE_NULL,     [JSON_BOOL] = VALUE_BOOL,  [JSON_NUMBER] = VALUE_NUMBER,
        [JSON_STRING] = VALUE_STRING, [JSON_ARRAY] = VALUE_LIST, [JSON_OBJECT] = VALUE_STRUCT};
    return proto_encode_element(k, &proto_known_value.fields[fields[v->kind] - 1], v, TAG_ALWAYS,
                                path);
}

/* A string in the place of a whole message: of the request, or of an Any. */
static int put_whole_string(struct encode_make *k, const struct proto_message *m,
                            const struct json *v, const struct encode_path *path) {
    struct proto_text t;
    if (text_of(k, v, false, &t) != 0)
        return -1;
    if (t.hole && (t.bare || proto_encode_known_has_text(m))) {
        struct encode_step step = {
            .kind = t.bare ? ENCODE_MESSAGE : ENCODE_TEXT, .message = m, .index = t.index};
        return add_hole(k, &step, path);
    }
    if (!t.hole && proto_encode_known_text(k->out, m, FROM_STRING, t.text))
        return 0;
    return unfit_message(k, m, v, path);
}

static int put_object(struct encode_make *k, const struct proto_message *m, const struct json *v,
                      const struct encode_path *path) {
    if (v->kind == JSON_STRING)
        return put_whole_string(k, m, v, path);
    if (m->known == PROTO_VALUE)
        return put_value(k, v, path);
    if (m->known == PROTO_WRAPPER)
        return v->kind == JSON_NULL
                   ? unfit_message(k, m, v, path)
                   : put_scalar(k, &proto_encode_form(m)->fields[0], v, TAG_UNLESS_DEFAULT, path);
    if (m->known == PROTO_LIST_VALUE && v->kind == JSON_ARRAY)
        return put_list(k, &proto_known_list.fields[0], v, path);
    if (v->kind != JSON_OBJECT || proto_encode_known_has_text(m) || m->known == PROTO_LIST_VALUE)
        return unfit_message(k, m, v, path);
    if (m->known == PROTO_STRUCT)
        return put_map(k, &proto_known_struct.fields[0], v, path);
    return m->known == PROTO_ANY ? put_any(k, m, v, path) : put_members(k, m, v, NULL, path);
}

int proto_encode_message(struct encode_make *k, const struct proto_message *m, const struct json *v,
                         const struct encode_path *path) {
    if (enter(k, v, path) != 0)
        return -1;
    int result = put_object(k, m, v, path);
    k->depth--;
    return result;
}
