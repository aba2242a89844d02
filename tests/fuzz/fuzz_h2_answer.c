/* Any bytes from an HTTP/2 server, in pieces, to two requests on one connection: each response is
 * complete, goes on, or has ended with a reason, and what we send in return ends. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/check.h"
#include "transport/answer.h"
#include "transport/h2.h"
#include "transport/h2_walk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define SENT_MAX_BYTES (1 << 24)

struct user {
    struct answer answer;
    struct history history;
    struct h2_stream stream;
    bool over;
};

static const char head[] = "POST /predict?a=b HTTP/1.1\r\nHost: h.example:8\r\nUser-Agent: "
                           "fuzz/1\r\nAccept: */*\r\nX-A: b\r\nContent-Length: 100\r\n\r\n";
static const char body[100];

static void send_all(struct h2 *h) {
    const char *bytes;
    size_t sent = 0;
    int n;
    while ((n = h2_send(h, &bytes)) > 0) {
        CHECK(n <= H2_PIECE_MAX_BYTES && bytes != NULL);
        sent += (size_t)n;
        CHECK(sent < SENT_MAX_BYTES);
    }
}

static void look(struct h2 *h, struct user *users) {
    struct h2_stream *st;
    while ((st = h2_next(h)) != NULL) {
        struct user *u = st == &users[0].stream ? &users[0] : &users[1];
        const struct http1 *r = &u->answer.http;
        CHECK(st == &u->stream && !u->over);
        if (r->state == HTTP1_FAILED) {
            CHECK(*answer_failure(&u->answer) != '\0');
            u->over = true;
        } else if (st->end == H2_COMPLETE) {
            CHECK(r->state == HTTP1_COMPLETE && r->head_done);
            CHECK(r->status >= 200 && r->status <= 999 && st->begun);
            answer_check(&u->answer);
            u->over = true;
        } else
            u->over = st->end != H2_OPEN;
        if (u->over)
            h2_drop(h, st);
    }
}

/* The first byte says whether bodies are decoded and how the input is cut; the next whether the
 * requests have bodies. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 2)
        return 0;
    const struct transport_options options = {.compressed = data[0] & 1, .cookies = true};
    const struct place place = {{"h.example", 9}, {"/", 1}, true};
    const struct h2_field cookie = {{"cookie", 6}, {"a=b", 3}, false};
    const struct stream_spec spec = {.format = STREAM_FORMAT_SSE};
    size_t piece = (data[0] >> 2) == 0 ? size : data[0] >> 2;
    struct user users[2] = {0};
    struct answer_pool pool = {0};
    struct h2_head fields = {0};
    struct h2_walk walk = {0};
    struct h2 *h = h2_new();
    if (h == NULL || h2_head_make(&fields, head, sizeof head - 1, 40, true) != 0)
        abort();
    for (int i = 0; i < 2; i++) {
        struct user *u = &users[i];
        answer_init(&u->answer, &options, &pool, &u->history);
        answer_begin(&u->answer,
                     &(struct answer_wanted){true, 50, i == 0 ? NULL : &spec, 9, 9, NULL});
        answer_expect(&u->answer, data[1] & 2, false, &place);
        u->stream.response = &u->answer.http;
        u->stream.body = data[1] & 1 ? body : NULL;
        u->stream.body_bytes = data[1] & 1 ? sizeof body : 0;
        CHECK(h2_request(h, &u->stream, &fields, &cookie, (size_t)i) == 0);
    }
    send_all(h);
    for (size_t at = 2; at < size && !h2_over(h); at += piece) {
        size_t n = size - at < piece ? size - at : piece;
        char *copy = malloc(n);
        if (copy == NULL)
            abort();
        memcpy(copy, data + at, n);
        CHECK(h2_walk(&walk, copy, n, at & 1) <= n);
        int good = h2_receive(h, copy, n);
        free(copy);
        look(h, users);
        if (good != 0)
            break;
        send_all(h);
    }
    CHECK(*h2_why(h) != '\0');
    for (int i = 0; i < 2; i++) {
        struct transport_result result = {.error = ""};
        h2_drop(h, &users[i].stream);
        answer_give_back(&pool, answer_take(&users[i].answer, &result));
        CHECK(result.body.len <= 50);
    }
    h2_leave(h);
    send_all(h);
    h2_free(h);
    h2_head_done(&fields);
    for (int i = 0; i < 2; i++)
        answer_done(&users[i].answer);
    answer_pool_free(&pool);
    return 0;
}
