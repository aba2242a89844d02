/* A byte that chooses a type, and JSON for it, in which "${text}" is a hole that is filled with that
 * text, and "${=text}" one with JSON: it is refused, or becomes a message that can be decoded. */
#include "fuzz/grpc.h"

#define HOLES_MAX 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct holes {
    char *texts[HOLES_MAX];
    size_t lengths[HOLES_MAX], count;
};

static int text_of(void *context, const struct json_text *t, struct proto_text *out,
                   struct err *e) {
    struct holes *h = context;
    if (t->len < 3 || memcmp(t->text, "${", 2) != 0 || t->text[t->len - 1] != '}')
        return 0;
    if (h->count == HOLES_MAX)
        return err_set(e, "too many holes");
    out->hole = true;
    out->bare = t->text[2] == '=' && !t->key;
    size_t from = 2 + (size_t)out->bare;
    out->index = h->count++;
    h->lengths[out->index] = t->len - 1 < from ? 0 : t->len - 1 - from;
    h->texts[out->index] = malloc(h->lengths[out->index] + 1);
    CHECK(h->texts[out->index] != NULL);
    memcpy(h->texts[out->index], t->text + from, h->lengths[out->index]);
    return 0;
}

static int fill(void *context, size_t index, struct buf *out, struct err *e) {
    const struct holes *h = context;
    CHECK(index < h->count);
    buf_add(out, h->texts[index], h->lengths[index]);
    return h->lengths[index] == 3 && memcmp(h->texts[index], "err", 3) == 0 ? err_set(e, "none")
                                                                            : 0;
}

/* Sends it with its holes twice: both are the same message. */
static void send(const struct proto_message *m, const struct proto_encoder *c,
                 struct holes *holes) {
    struct proto_encode_work w;
    struct buf sent, again, json;
    struct err e = {""}, e2 = {""};
    proto_encode_work_init(&w);
    buf_init(&sent, 1 << 26);
    buf_init(&again, 1 << 26);
    int result = proto_encode(c, &w, fill, holes, &sent, &e);
    CHECK(proto_encode(c, &w, fill, holes, &again, &e2) == result && strcmp(e.text, e2.text) == 0);
    CHECK((result == 0) == (e.text[0] == '\0'));
    if (result == 0) {
        CHECK(sent.len == again.len && memcmp(buf_text(&sent), buf_text(&again), sent.len) == 0);
        CHECK(grpc_decode(m, buf_text(&sent), sent.len, &json));
        grpc_round_trip(m, &json);
        buf_done(&json);
    }
    proto_encode_work_done(&w);
    buf_done(&sent);
    buf_done(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct holes holes = {.count = 0};
    struct json_doc *d = NULL;
    struct proto_encoder *c = NULL;
    struct err e = {""};
    if (size == 0 || json_parse("j", (const char *)data + 1, size - 1, &d, &e) != 0)
        return 0;
    const struct proto_message *m = grpc_type(data[0]);
    if (proto_encoder_new(m, d, json_root(d), text_of, &holes, &c, &e) == 0)
        send(m, c, &holes);
    else
        CHECK(e.text[0] != '\0' && c == NULL);
    for (size_t i = 0; i < holes.count; i++)
        free(holes.texts[i]);
    proto_encoder_free(c);
    json_free(d);
    return 0;
}
