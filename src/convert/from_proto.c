/* A .proto file: a task for each method that sends one message, with an example of that message. */
#include <string.h>

#include "convert/from.h"
#include "grpc/proto_source.h"
#include "util/json_write.h"

#define DEPTH_MAX 4 /* of messages within messages in an example */

static void put_message(struct json_writer *w, const char *key, const struct proto_message *m,
                        int depth);

/* An example of a value: what a reader has to replace, in its type. */
static void put_value(struct json_writer *w, const char *key, const struct proto_field *f,
                      int depth) {
    switch (f->type) {
    case PROTO_STRING:
        json_write_text(w, key, f->name);
        break;
    case PROTO_BYTES:
        json_write_text(w, key, "AA==");
        break;
    case PROTO_BOOL:
        json_write_bool(w, key, true);
        break;
    case PROTO_ENUM:
        json_write_text(w, key,
                        f->enumeration->value_count > 0 ? f->enumeration->values[0].name : "0");
        break;
    case PROTO_MESSAGE:
        put_message(w, key, f->message, depth + 1);
        break;
    case PROTO_INT64:
    case PROTO_UINT64:
    case PROTO_FIXED64:
    case PROTO_SFIXED64:
    case PROTO_SINT64:
    case PROTO_DOUBLE:
    case PROTO_FLOAT:
    case PROTO_INT32:
    case PROTO_FIXED32:
    case PROTO_UINT32:
    case PROTO_SFIXED32:
    case PROTO_SINT32:
    case PROTO_GROUP:
        json_write_int(w, key, 1);
        break;
    }
}

/* Types with a form of their own in JSON, and what would go on for ever, are left empty. */
static bool has_example(const struct proto_field *f, int depth) {
    if (f->type == PROTO_GROUP || f->map)
        return false;
    return f->type != PROTO_MESSAGE ||
           (f->message->known == PROTO_ORDINARY && depth + 1 < DEPTH_MAX);
}

static void put_message(struct json_writer *w, const char *key, const struct proto_message *m,
                        int depth) {
    int32_t oneof = -1;
    json_write_object(w, key, JSON_LINE);
    for (size_t i = 0; i < m->field_count; i++) {
        const struct proto_field *f = &m->fields[i];
        if (!has_example(f, depth) || (f->oneof >= 0 && f->oneof == oneof))
            continue;
        oneof = f->oneof;
        if (f->repeated) {
            json_write_array(w, f->name, JSON_LINE);
            put_value(w, NULL, f, depth);
            json_write_end(w);
        } else
            put_value(w, f->name, f, depth);
    }
    json_write_end(w);
}

static void set_message(struct draft *d, struct draft_request *q, const struct proto_message *m) {
    struct json_writer w;
    struct json_doc *doc = NULL;
    struct buf text;
    buf_init(&text, 1 << 20);
    json_write_init(&w, &text, NULL);
    put_message(&w, NULL, m, 0);
    if (buf_ok(&text) && json_parse("message", buf_text(&text), text.len, &doc, NULL) == 0)
        draft_body_json(d, q, json_root(doc));
    json_free(doc);
    buf_done(&text);
}

static void add_method(struct draft *d, const struct proto_method *m, const char *file) {
    if (m->client_streaming && !m->server_streaming) {
        draft_lost(d, &d->notes, 1,
                   "Left out: %.200s, which takes a stream of messages (client streaming).",
                   m->path + 1);
        return;
    }
    struct draft_request *q = draft_single(d, 1);
    if (q == NULL)
        return;
    q->grpc = draft_literal(d, m->path + 1, strlen(m->path + 1));
    q->path = draft_literal(d, m->path, strlen(m->path));
    q->proto = file;
    set_message(d, q, m->input);
}

int proto_read(struct draft *d, const char *name, struct err *e) {
    struct proto_set *set = NULL;
    if (proto_source_read(name, NULL, NULL, &set, e) != 0)
        return -1;
    const char *slash = strrchr(name, '/');
    const char *file = draft_file_name(d, slash == NULL ? name : slash + 1);
    for (size_t i = 0; i < proto_method_count(set); i++)
        add_method(d, proto_method_at(set, i), file);
    proto_set_free(set);
    if (d->request_count == 0)
        return err_set(e, "%s: it has no service with a method that sends one message", name);
    draft_note(d, &d->notes, "Assumed: the values of all messages are examples; replace them.");
    draft_note(d, &d->notes, "Assumed: the target; a .proto file names none.");
    d->target = draft_literal(d, "http://127.0.0.1:50051", 22);
    return 0;
}

/* "service NAME {" at the start of a line, in a text that says proto2 or proto3. */
bool proto_is_one(const char *text, size_t bytes) {
    return memmem(text, bytes, "syntax", 6) != NULL && memmem(text, bytes, "proto", 5) != NULL &&
           memmem(text, bytes, "service ", 8) != NULL && memmem(text, bytes, "rpc ", 4) != NULL;
}
