/* An HTTP/1.1 answer by any bytes, whole, in pieces, and with a head that is known already: it must
 * be the same answer. The first byte says how it was asked for and how it is cut. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/check.h"
#include "transport/http1_known.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
    size_t body, fields;
    uint32_t sum; /* of the body, then of the fields */
};

static void add(struct seen *s, const char *bytes, size_t n) {
    for (size_t i = 0; i < n; i++)
        s->sum = s->sum * 31 + (unsigned char)bytes[i];
}

static void take_field(void *context, struct bytes name, struct bytes value) {
    struct seen *s = context;
    s->fields++;
    add(s, name.data, name.len);
    add(s, value.data, value.len);
    /* What goes to captures and cookies begins no header of its own. */
    CHECK(name.len > 0);
    for (size_t i = 0; i < value.len; i++)
        CHECK(value.data[i] != '\r' && value.data[i] != '\n' && value.data[i] != '\0');
}

static int take_body(void *context, const char *bytes, size_t n) {
    struct seen *s = context;
    s->body += n;
    add(s, bytes, n);
    return 0;
}

static const struct http1_sink sink = {.field = take_field, .body = take_body};

static size_t play(struct http1 *h, const char *bytes, size_t n, size_t step, uint8_t how,
                   struct http1_known *known, struct seen *s) {
    size_t used = 0;
    *s = (struct seen){0};
    http1_init(h, &sink, s);
    h->known = known;
    http1_begin(h, how & 1, how & 2);
    for (size_t at = 0; at < n; at += step) {
        size_t part = n - at < step ? n - at : step;
        char *copy = malloc(part);
        if (copy == NULL)
            abort();
        memcpy(copy, bytes + at, part);
        size_t taken = http1_feed(h, copy, part);
        CHECK(taken == part || h->state == HTTP1_COMPLETE || h->state == HTTP1_FAILED);
        used += taken;
        free(copy);
    }
    return used;
}

static void check_same(const struct http1 *whole, const struct http1 *other) {
    CHECK(whole->state == other->state && whole->status == other->status);
    CHECK(whole->error == other->error || (whole->error != NULL && other->error != NULL &&
                                           strcmp(whole->error, other->error) == 0));
}

/* The same pieces again, after the head has become known, and asked for in another way between. */
static void play_again(const char *bytes, size_t n, uint8_t how, const struct http1 *whole,
                       size_t used, const struct seen *a) {
    struct http1_known known = {0};
    for (int round = 0; round < 3; round++) {
        struct http1 h;
        struct seen b;
        size_t taken = play(&h, bytes, n, n, round == 1 ? how ^ 1 : how, &known, &b);
        if (round != 1) {
            check_same(whole, &h);
            CHECK(taken == used && h.keep == whole->keep && h.ends == whole->ends);
            CHECK(h.head_done == whole->head_done && h.head_bytes == whole->head_bytes);
            CHECK(h.left == whole->left || !h.head_done);
            CHECK(b.sum == a->sum && b.fields == a->fields && b.body == a->body);
        }
        http1_done(&h);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct http1 whole, cut;
    struct seen a, b;
    if (size < 2)
        return 0;
    const char *bytes = (const char *)data + 1;
    size_t n = size - 1, step = (size_t)(data[0] >> 3) + 1;
    size_t used = play(&whole, bytes, n, n, data[0], NULL, &a);
    size_t used_cut = play(&cut, bytes, n, step, data[0], NULL, &b);
    CHECK(a.body <= n);
    check_same(&whole, &cut);
    play_again(bytes, n, data[0], &whole, used, &a);
    if (whole.state == HTTP1_COMPLETE) {
        CHECK(used == used_cut && whole.keep == cut.keep && whole.head_done);
        CHECK(a.sum == b.sum && a.fields == b.fields && a.body == b.body);
        CHECK(a.body == 0 || (whole.status >= 200 && whole.status != 204 && whole.status != 304));
    }
    http1_done(&whole);
    http1_done(&cut);
    return 0;
}
