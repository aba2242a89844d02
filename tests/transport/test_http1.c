/* The reader of answers, held to every row of docs/internals/response-heads.md, however the bytes
 * arrive. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "transport/heads.h"
#include "transport/http1_known.h"

#define TEXT_BYTES 512

struct answer {
    size_t body;
    struct buf fields;
};

static void take_field(void *context, struct bytes name, struct bytes value) {
    struct answer *a = context;
    buf_printf(&a->fields, "%.*s=%.*s\n", (int)name.len, name.data, (int)value.len, value.data);
}

static int take_body(void *context, const char *bytes, size_t n) {
    (void)bytes;
    ((struct answer *)context)->body += n;
    return 0;
}

static const struct http1_sink sink = {.field = take_field, .body = take_body};

/* In the words of the page. Bytes behind the answer end the connection, as they do for `direct`. */
static void tell(struct http1 *h, const struct answer *a, size_t rest, char text[TEXT_BYTES]) {
    int status = h->head_done ? h->status : 0;
    if (h->state == HTTP1_FAILED)
        snprintf(text, TEXT_BYTES, "protocol_error %d %zu: %s", status, a->body, h->error);
    else if (!http1_end(h, true))
        snprintf(text, TEXT_BYTES, "reset %d %zu: connection closed %s", status, a->body,
                 h->status == 0 ? "without a response" : "before the response was complete");
    else if (h->status >= 400)
        snprintf(text, TEXT_BYTES, "http_error %d %zu %s: HTTP %d", status, a->body,
                 h->keep && rest == 0 ? "kept" : "closed", status);
    else
        snprintf(text, TEXT_BYTES, "ok %d %zu %s", status, a->body,
                 h->keep && rest == 0 ? "kept" : "closed");
}

static void begin(struct http1 *h, struct answer *a, const struct head_row *r) {
    http1_init(h, &sink, a);
    buf_init(&a->fields, HTTP1_HEAD_MAX_BYTES * 2);
    http1_begin(h, strncmp(r->request, "HEAD", 4) == 0, strstr(r->request, "Upgrade") != NULL);
}

/* The answer in pieces: `first` bytes, then `step` at a time. Each piece is a copy of its own, so
 * that a byte beyond it is seen. */
static void play_known(const struct head_row *r, size_t first, size_t step,
                       struct http1_known *known, struct answer *a, char text[TEXT_BYTES]) {
    struct http1 h;
    size_t used = 0;
    *a = (struct answer){0};
    begin(&h, a, r);
    h.known = known;
    for (size_t at = 0, n = first; at < r->answer_bytes; at += n, n = step) {
        n = n < r->answer_bytes - at ? n : r->answer_bytes - at;
        char *piece = malloc(n);
        if (piece == NULL)
            abort();
        memcpy(piece, r->answer + at, n);
        used += http1_feed(&h, piece, n);
        free(piece);
    }
    tell(&h, a, r->answer_bytes - used, text);
    http1_done(&h);
}

static void play(const struct head_row *r, size_t first, size_t step, struct answer *a,
                 char text[TEXT_BYTES]) {
    play_known(r, first, step, NULL, a, text);
}

static void every_row_is_so_however_it_arrives(void **state) {
    (void)state;
    struct heads heads = heads_load();
    int bad = 0;
    for (size_t i = 0; i < heads.count; i++) {
        const struct head_row *r = &heads.rows[i];
        char whole[TEXT_BYTES], cut[TEXT_BYTES];
        struct answer a, b;
        play(r, r->answer_bytes, 1, &a, whole);
        if (strcmp(whole, r->direct) != 0) {
            bad++;
            print_message("%s: the page says \"%s\", the reader \"%s\"\n", r->name, r->direct,
                          whole);
        }
        for (size_t first = 0; first < r->answer_bytes && r->answer_bytes < 1000; first++) {
            play(r, first, first == 0 ? 1 : r->answer_bytes, &b, cut);
            /* Of a head without an end nothing is promised. */
            bool other = strncmp(whole, "reset 0", 7) != 0 &&
                         strcmp(buf_text(&a.fields), buf_text(&b.fields)) != 0;
            if (other || strcmp(whole, cut) != 0) {
                bad++;
                print_message("%s: whole \"%s\", cut at %zu \"%s\"\n", r->name, whole, first, cut);
            }
            buf_done(&b.fields);
        }
        buf_done(&a.fields);
    }
    heads_free(&heads);
    assert_int_equal(bad, 0);
}

/* One that was seen before need not be parsed, whatever came between. */
static void a_known_head_says_the_same(void **state) {
    (void)state;
    struct heads heads = heads_load();
    struct http1_known known = {0};
    int bad = 0, hits = 0;
    for (size_t i = 0; i < 4 * heads.count; i++) {
        const struct head_row *r = &heads.rows[i / 2 % heads.count];
        char text[TEXT_BYTES], anew[TEXT_BYTES];
        struct answer a, b;
        known.misses = 0;
        play_known(r, r->answer_bytes, 1, &known, &a, text);
        hits += known.misses == 0;
        play(r, r->answer_bytes, 1, &b, anew);
        if (strcmp(text, r->direct) != 0 || strcmp(buf_text(&a.fields), buf_text(&b.fields)) != 0) {
            bad++;
            print_message("%s, known: \"%s\", the page \"%s\"\n", r->name, text, r->direct);
        }
        buf_done(&a.fields);
        buf_done(&b.fields);
    }
    /* Most rows have a head that is valid and short. */
    assert_true(hits > (int)heads.count / 2);
    assert_int_equal(bad, 0);
    heads_free(&heads);
}

/* The same head means something else to another request, and each piece has its own bytes. */
static void a_known_head_is_of_this_request(void **state) {
    (void)state;
    static const char text[] = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A: b\r\n\r\nhello";
    const char *const requests[] = {"GET", "HEAD", "GET", "HEAD"};
    const char *const says[] = {"ok 200 5 kept", "ok 200 0 closed", "ok 200 5 kept",
                                "ok 200 0 closed"};
    struct http1_known known = {0};
    for (size_t i = 0; i < 4; i++) {
        const struct head_row r = {.request = requests[i],
                                   .answer = (char *)(uintptr_t)text,
                                   .answer_bytes = sizeof text - 1};
        char said[TEXT_BYTES];
        struct answer a;
        play_known(&r, sizeof text - 1, 1, &known, &a, said);
        assert_string_equal(said, says[i]);
        assert_string_equal(buf_text(&a.fields), "Content-Length=5\nX-A=b\n");
        assert_int_equal(known.misses, i == 0 ? 1 : 0);
        buf_done(&a.fields);
    }
}

/* Not a head that came in pieces, too many fields or more bytes than there is room for. */
static void other_heads_are_parsed_anew(void **state) {
    (void)state;
    static const struct {
        int fields, bytes;
        size_t first; /* 0: whole */
        bool known;
    } cases[] = {{1, 10, 0, true},   {24, 10, 0, true}, {25, 10, 0, false}, {1, 1100, 0, false},
                 {2, 900, 0, false}, {1, 10, 1, false}, {1, 10, 25, false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct http1_known known = {0};
        struct buf text = {0};
        buf_init(&text, HTTP1_HEAD_MAX_BYTES);
        buf_str(&text, "HTTP/1.1 204 No Content\r\n");
        for (int k = 0; k < cases[i].fields; k++)
            buf_printf(&text, "X-%d: %0*d\r\n", k, cases[i].bytes, k);
        buf_str(&text, "\r\n");
        const struct head_row r = {.request = "GET", .answer = text.data, .answer_bytes = text.len};
        for (int round = 0; round < 3; round++) {
            char said[TEXT_BYTES];
            struct answer a;
            play_known(&r, cases[i].first == 0 ? text.len : cases[i].first, text.len, &known, &a,
                       said);
            assert_string_equal(said, "ok 204 0 kept");
            assert_int_equal(known.misses == 0, cases[i].known && round > 0);
            buf_done(&a.fields);
        }
        buf_done(&text);
    }
}

/* As libcurl gives them: header lines first, then the rest. */
static void line_by_line_it_is_the_same(void **state) {
    (void)state;
    struct heads heads = heads_load();
    int bad = 0;
    for (size_t i = 0; i < heads.count; i++) {
        const struct head_row *r = &heads.rows[i];
        char text[TEXT_BYTES];
        struct http1 h;
        struct answer a = {0};
        size_t at = 0;
        begin(&h, &a, r);
        while (at < r->answer_bytes && (h.state == HTTP1_STATUS || h.state == HTTP1_FIELDS)) {
            const char *end = memchr(r->answer + at, '\n', r->answer_bytes - at);
            if (end == NULL)
                break;
            size_t n = (size_t)(end + 1 - (r->answer + at));
            http1_line(&h, r->answer + at, n);
            at += n;
        }
        at += http1_feed(&h, r->answer + at, r->answer_bytes - at);
        tell(&h, &a, r->answer_bytes - at, text);
        if (strcmp(text, r->direct) != 0) {
            bad++;
            print_message("%s: the page says \"%s\", lines \"%s\"\n", r->name, r->direct, text);
        }
        http1_done(&h);
        buf_done(&a.fields);
    }
    heads_free(&heads);
    assert_int_equal(bad, 0);
}

/* What a capture or a check sees: only the answer's own fields, unfolded and trimmed (RFC 9112 5.2,
 * RFC 9110 6.5.1). */
static void fields_are_of_the_answer_itself(void **state) {
    (void)state;
    static const char text[] = "HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n"
                               "HTTP/1.1 200 OK\r\nX-A: \t b \t\r\n  c\r\nX-Empty:\r\nX-B : d\r\n"
                               "Transfer-Encoding: chunked\r\n\r\n"
                               "2\r\nok\r\n0\r\nSet-Cookie: t=1\r\nX-T: v\r\n\r\n";
    const struct head_row r = {
        .request = "GET", .answer = (char *)(uintptr_t)text, .answer_bytes = sizeof text - 1};
    for (size_t step = 1; step < sizeof text; step++) {
        struct answer a;
        char said[TEXT_BYTES];
        play(&r, step, step, &a, said);
        assert_string_equal(said, "ok 200 2 kept");
        assert_string_equal(buf_text(&a.fields),
                            "X-A=b c\nX-Empty=\nX-B=d\nTransfer-Encoding=chunked\n");
        buf_done(&a.fields);
    }
}

/* RFC 9112 9.8: with TLS the end must be said, unless the answer has said its length. */
static void an_end_that_is_cut_off_completes_nothing(void **state) {
    (void)state;
    static const struct {
        const char *head;
        bool clean, complete;
    } cases[] = {
        {"HTTP/1.1 200 OK\r\n\r\nhello", true, true},
        {"HTTP/1.1 200 OK\r\n\r\nhello", false, false},
        {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", false, true},
        {"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello", true, false},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", false, true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct answer a = {0};
        const struct head_row r = {.request = "GET"};
        struct http1 h;
        begin(&h, &a, &r);
        http1_feed(&h, cases[i].head, strlen(cases[i].head));
        assert_int_equal(http1_end(&h, cases[i].clean), cases[i].complete);
        http1_done(&h);
        buf_done(&a.fields);
    }
}

/* An answer that comes by libcurl's HTTP/2 is told apart by its status line, where such may come;
 * then its fields are taken as they are. */
static void answers_of_http2_frame_themselves(void **state) {
    (void)state;
    for (int others = 0; others < 2; others++) {
        struct answer a = {0};
        const struct head_row r = {.request = "GET"};
        struct http1 h;
        begin(&h, &a, &r);
        h.others = others;
        static const char *const lines[] = {"HTTP/2 103 \r\n", "link: a\r\n",           "\r\n",
                                            "HTTP/2 200 \r\n", "content-length: 9\r\n", "\r\n"};
        for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
            http1_line(&h, lines[i], strlen(lines[i]));
        assert_int_equal(h.state, others ? HTTP1_UNTIL_CLOSE : HTTP1_FAILED);
        if (others) {
            http1_feed(&h, "hello", 5);
            http1_line(&h, "trailer: t\r\n", 12);
            assert_int_equal(h.status, 200);
            assert_int_equal(a.body, 5);
            assert_string_equal(buf_text(&a.fields), "content-length=9\n");
            assert_true(http1_end(&h, true));
        }
        http1_done(&h);
        buf_done(&a.fields);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_is_so_however_it_arrives),
        cmocka_unit_test(a_known_head_says_the_same),
        cmocka_unit_test(a_known_head_is_of_this_request),
        cmocka_unit_test(other_heads_are_parsed_anew),
        cmocka_unit_test(line_by_line_it_is_the_same),
        cmocka_unit_test(fields_are_of_the_answer_itself),
        cmocka_unit_test(an_end_that_is_cut_off_completes_nothing),
        cmocka_unit_test(answers_of_http2_frame_themselves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
