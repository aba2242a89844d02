#include "grpc/proto_encode.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "grpc/proto_encode_internal.h"
#include "grpc/proto_wire.h"
#include "util/text.h"

#define SEEN_MAX ((size_t)60) /* bytes of an unfit text that `seen` has */

int proto_encoder_new(const struct proto_message *m, const struct json_doc *d, const struct json *v,
                      proto_text_fn *text, void *context, struct proto_encoder **out,
                      struct err *e) {
    struct proto_encoder *c = calloc(1, sizeof *c);
    if (c == NULL)
        return err_memory(e, NULL);
    buf_init(&c->bytes, PROTO_MESSAGE_BYTES_MAX);
    buf_add(&c->bytes, "", 0);
    struct encode_make k = {
        .doc = d, .encoder = c, .text = text, .context = context, .out = &c->bytes, .e = e};
    if (proto_encode_message(&k, m, v, NULL) != 0) {
        proto_encoder_free(c);
        return -1;
    }
    if (!buf_ok(&c->bytes)) {
        proto_encoder_free(c);
        return json_fail(d, v->at, e,
                         "the message needs more memory than there is, or than %zu MiB",
                         PROTO_MESSAGE_BYTES_MAX >> 20);
    }
    *out = c;
    return 0;
}

void proto_encoder_free(struct proto_encoder *c) {
    if (c == NULL)
        return;
    for (size_t i = 0; i < c->count; i++)
        free(c->steps[i].path);
    free(c->steps);
    buf_done(&c->bytes);
    free(c);
}

bool proto_encoder_constant(const struct proto_encoder *c, struct bytes *out) {
    if (c->count > 0)
        return false;
    *out = (struct bytes){c->bytes.data, c->bytes.len};
    return true;
}

void proto_encode_work_init(struct proto_encode_work *w) {
    *w = (struct proto_encode_work){0};
    buf_init(&w->text, PROTO_MESSAGE_BYTES_MAX);
}

void proto_encode_work_done(struct proto_encode_work *w) {
    buf_done(&w->text);
}

/* Keeps the start of a text that does not fit. */
static void note(struct proto_encode_work *w) {
    struct buf b;
    size_t n = w->text.len < SEEN_MAX ? w->text.len : SEEN_MAX;
    buf_init(&b, sizeof w->seen - 1);
    text_printable(&b, buf_text(&w->text), text_cut(buf_text(&w->text), w->text.len, n));
    snprintf(w->seen, sizeof w->seen, "%s", buf_text(&b));
    buf_done(&b);
}

static int unfit(const struct encode_step *s, const struct proto_message *m,
                 struct proto_encode_work *w, struct err *e) {
    const struct proto_field whole = {.type = PROTO_MESSAGE, .message = m};
    const struct proto_field *f = s->field == NULL ? &whole : s->field;
    char needs[PROTO_NEEDS_BYTES];
    if (f->message != NULL && f->message->known == PROTO_WRAPPER)
        f = &proto_encode_form(f->message)->fields[0];
    proto_scalar_needs(f, needs);
    note(w);
    if (*s->path == '\0')
        return err_set(e, "the message needs %s; the value of its template is none", needs);
    return err_set(e, "the field \"%.300s\" needs %s; the value of its template is none", s->path,
                   needs);
}

/* A hole with a text for a scalar or a known type. */
static int fill_text(const struct encode_step *s, struct proto_encode_work *w, struct buf *out,
                     struct err *e) {
    const struct proto_message *m = s->field == NULL ? s->message : s->field->message;
    struct bytes text = {buf_text(&w->text), w->text.len};
    if (m == NULL)
        return proto_scalar_put(out, s->field, s->tagging, FROM_HOLE, text) ? 0 : unfit(s, m, w, e);
    if (s->field != NULL)
        wire_add_tag(out, s->field->number, WIRE_BYTES);
    size_t at = out->len;
    if (!proto_encode_known_text(out, m, FROM_HOLE, text))
        return unfit(s, m, w, e);
    if (s->field != NULL)
        wire_insert_length(out, at);
    return 0;
}

static int parse_and_put(const struct encode_step *s, struct proto_encode_work *w, struct buf *out,
                         struct err *e) {
    struct json_doc *d = NULL;
    struct err inner = {""};
    struct encode_make k = {.base = s->path, .out = out, .depth = s->depth, .e = e};
    int result = -1;
    if (json_parse("value", buf_text(&w->text), w->text.len, &d, &inner) != 0) {
        note(w);
        return err_set(e, "%s%.300s%s is filled with a text that is no JSON value",
                       *s->path == '\0' ? "the message" : "the field \"", s->path,
                       *s->path == '\0' ? "" : "\"");
    }
    if (s->kind == ENCODE_FIELD)
        result = proto_encode_field(&k, s->field, json_root(d), NULL);
    else if (s->kind == ENCODE_ELEMENT)
        result = proto_encode_element(&k, s->field, json_root(d), s->tagging, NULL);
    else
        result = proto_encode_message(&k, s->message, json_root(d), NULL);
    if (result != 0)
        note(w);
    json_free(d);
    return result;
}

/* A hole with JSON. A number in the place of a number needs no parser. */
static int fill_json(const struct encode_step *s, struct proto_encode_work *w, struct buf *out,
                     struct err *e) {
    struct bytes text = {buf_text(&w->text), w->text.len};
    if (s->field != NULL && !s->field->repeated && proto_scalar_is_bare(s->field) && text.len > 0 &&
        (*text.data == '-' || (*text.data >= '0' && *text.data <= '9')))
        return proto_scalar_put(out, s->field, s->tagging, FROM_NUMBER, text)
                   ? 0
                   : unfit(s, NULL, w, e);
    return parse_and_put(s, w, out, e);
}

int proto_encode(const struct proto_encoder *c, struct proto_encode_work *w, proto_fill_fn *fill,
                 void *context, struct buf *out, struct err *e) {
    size_t opened[ENCODE_DEPTH_MAX * 2 + 2], depth = 0, done = 0;
    w->seen[0] = '\0';
    for (size_t i = 0; i < c->count; i++) {
        const struct encode_step *s = &c->steps[i];
        buf_add(out, c->bytes.data + done, s->at - done);
        done = s->at;
        if (s->kind == ENCODE_OPEN) {
            opened[depth++] = out->len;
        } else if (s->kind == ENCODE_CLOSE) {
            assert(depth > 0); /* steps open and close in pairs */
            size_t at = opened[--depth];
            if (s->drop && out->len == at)
                out->len--;
            else
                wire_insert_length(out, at);
        } else {
            buf_clear(&w->text);
            if (fill(context, s->index, &w->text, e) != 0)
                return -1;
            if (!buf_ok(&w->text))
                return err_set(e, "the field \"%.300s\" is filled with a text beyond %zu MiB",
                               s->path, PROTO_MESSAGE_BYTES_MAX >> 20);
            if ((s->kind == ENCODE_TEXT ? fill_text : fill_json)(s, w, out, e) != 0)
                return -1;
        }
    }
    buf_add(out, c->bytes.data + done, c->bytes.len - done);
    return buf_ok(out) ? 0 : err_set(e, "the message is too large (limit: %zu bytes)", out->max);
}
