/* HTTP/2 without a socket: what real servers sent, and what breaks its rules. The expectations are
 * RFC 9113's, and what curl --http2 shows of the same answers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "transport/h2.h"
#include "transport/h2_text.h"
#include "transport/h2_walk.h"
#include "util/buf.h"

/* ---- a client ---- */

struct client {
    struct h2 *h2;
    struct h2_head head;
    struct h2_stream stream;
    struct http1 response;
    struct buf fields, body, sent;
    int arrivals, news;
};

static void take_field(void *context, struct bytes name, struct bytes value) {
    struct client *c = context;
    buf_printf(&c->fields, "%.*s: %.*s\n", (int)name.len, name.data, (int)value.len, value.data);
}

static int take_body(void *context, const char *bytes, size_t n) {
    buf_add(&((struct client *)context)->body, bytes, n);
    return 0;
}

static const struct http1_sink sink = {.field = take_field, .body = take_body};

static void on_arrived(struct h2_stream *st) {
    ((struct client *)(void *)((char *)st - offsetof(struct client, stream)))->arrivals++;
}

static void send_all(struct client *c) {
    const char *bytes;
    int n;
    while ((n = h2_send(c->h2, &bytes)) > 0)
        buf_add(&c->sent, bytes, (size_t)n);
}

static void client_open(struct client *c, const char *body) {
    static const char head[] = "GET /ok HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: */*\r\n\r\n";
    *c = (struct client){.h2 = h2_new()};
    assert_non_null(c->h2);
    buf_init(&c->fields, 1 << 20);
    buf_init(&c->body, 1 << 20);
    buf_init(&c->sent, 1 << 20);
    http1_init(&c->response, &sink, c);
    http1_begin(&c->response, false, false);
    assert_int_equal(h2_head_make(&c->head, head, sizeof head - 1, SIZE_MAX, false), 0);
    c->stream = (struct h2_stream){.response = &c->response,
                                   .body = body,
                                   .body_bytes = body == NULL ? 0 : strlen(body),
                                   .arrived = on_arrived};
    assert_int_equal(h2_request(c->h2, &c->stream, &c->head, NULL, 0), 0);
    send_all(c);
}

static void client_close(struct client *c) {
    h2_free(c->h2);
    h2_head_done(&c->head);
    http1_done(&c->response);
    buf_done(&c->fields);
    buf_done(&c->body);
    buf_done(&c->sent);
}

static int receive(struct client *c, const void *bytes, size_t n) {
    int good = h2_receive(c->h2, bytes, n);
    struct h2_stream *st;
    while ((st = h2_next(c->h2)) != NULL) {
        assert_ptr_equal(st, &c->stream);
        c->news++;
    }
    send_all(c);
    return good;
}

/* ---- what servers sent ---- */

static size_t read_file(const char *name, char *to, size_t room) {
    char path[128];
    snprintf(path, sizeof path, "tests/transport/h2/%s", name);
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    size_t n = fread(to, 1, room, f);
    fclose(f);
    return n;
}

static const struct {
    const char *file;
    int status;
    const char *field, *body;
} recorded[] = {
    {"nginx", 200, "x-a: b\n", "hello from nginx\n"},
    {"nghttpd", 200, "server: nghttpd nghttp2/1.52.0\n", "hello from nghttpd\n"},
    {"node_100continue", 200, "content-length: 48\n",
     "{\"class\":\"tabby cat\",\"score\":0.873             }"},
    {"node_trailers", 200, "date: ", "ok"},
    {"node_status", 503, "date: ", "{\"class\":\"tabby cat\",\"score\":0.873             }"},
};

static void answers_of_real_servers_are_read_whole_and_in_pieces(void **state) {
    (void)state;
    char bytes[4096];
    for (size_t i = 0; i < sizeof recorded / sizeof *recorded; i++) {
        size_t n = read_file(recorded[i].file, bytes, sizeof bytes);
        for (size_t step = 1; step <= n; step = step < 12 ? step + 1 : step * 2) {
            struct client c;
            client_open(&c, NULL);
            for (size_t at = 0; at < n; at += step)
                assert_int_equal(receive(&c, bytes + at, n - at < step ? n - at : step), 0);
            assert_int_equal(c.stream.end, H2_COMPLETE);
            assert_int_equal(c.response.state, HTTP1_COMPLETE);
            assert_int_equal(c.response.status, recorded[i].status);
            assert_true(c.response.foreign && c.response.head_done && c.stream.begun);
            assert_non_null(strstr(buf_text(&c.fields), recorded[i].field));
            assert_null(strstr(buf_text(&c.fields), "link:"));  /* of 103 */
            assert_null(strstr(buf_text(&c.fields), "x-sum:")); /* a trailer */
            assert_string_equal(buf_text(&c.body), recorded[i].body);
            assert_null(h2_first(c.h2));
            assert_false(h2_over(c.h2));
            assert_true(c.arrivals > 0 && (size_t)c.arrivals <= strlen(recorded[i].body));
            client_close(&c);
        }
    }
}

/* ---- frames by hand ---- */

#define SETTINGS "\0\0\0\4\0\0\0\0\0"
#define CONFIRMED "\0\0\0\4\1\0\0\0\0"
#define HEAD(flags, stream, n) "\0\0" n "\1" flags "\0\0\0" stream
#define DATA(flags, stream, n) "\0\0" n "\0" flags "\0\0\0" stream
#define RST(stream, code) "\0\0\4\3\0\0\0\0" stream "\0\0\0" code
#define GOAWAY(last) "\0\0\10\7\0\0\0\0\0\0\0\0" last "\0\0\0\0"
#define OK "\x88"
#define ANSWER HEAD("\4", "\1", "\1") OK DATA("\1", "\1", "\5") "hello"

static const struct {
    const char *name;
    const char *bytes;
    size_t n;
    enum h2_end end;
    uint32_t code;
    bool good, over; /* the connection */
} cases[] = {
#define CASE(name, bytes, ...)                                                                     \
    { name, bytes, sizeof(bytes) - 1, __VA_ARGS__ }
    CASE("an answer", SETTINGS ANSWER, H2_COMPLETE, 0, true, false),
    CASE("nothing yet", SETTINGS, H2_OPEN, 0, true, false),
    CASE("half an answer", SETTINGS HEAD("\4", "\1", "\1") OK, H2_OPEN, 0, true, false),
    CASE("reset", SETTINGS RST("\1", "\2"), H2_RESET, 2, true, false),
    CASE("refused", SETTINGS RST("\1", "\7"), H2_RESET, 7, true, false),
    CASE("reset behind the head", SETTINGS HEAD("\4", "\1", "\1") OK RST("\1", "\10"), H2_RESET, 8,
         true, false),
    CASE("GOAWAY before the request", SETTINGS GOAWAY("\0"), H2_UNPROCESSED, 7, true, true),
    CASE("GOAWAY after the request", SETTINGS GOAWAY("\1"), H2_OPEN, 0, true, false),
    CASE("GOAWAY and the answer", SETTINGS GOAWAY("\1") ANSWER, H2_COMPLETE, 0, true, true),
    CASE("an unknown frame", SETTINGS "\0\0\2\xfa\xff\0\0\0\1xx" ANSWER, H2_COMPLETE, 0, true,
         false),
    CASE("PUSH_PROMISE", SETTINGS CONFIRMED "\0\0\5\5\4\0\0\0\1\0\0\0\2\x82", H2_OPEN, 0, true,
         true),
    CASE("no SETTINGS", ANSWER, H2_OPEN, 0, true, true),
    CASE("an answer of HTTP/1.1", "HTTP/1.1 400 Bad Request\r\n\r\n", H2_OPEN, 0, false, true),
    CASE("garbage", "SSH-2.0-OpenSSH_9.2p1\r\n", H2_OPEN, 0, true, true),
    CASE("a stream that was not asked for", SETTINGS HEAD("\5", "\3", "\1") OK, H2_OPEN, 0, true,
         true),
    CASE("DATA first", SETTINGS DATA("\1", "\1", "\5") "hello", H2_OPEN, 0, true, true),
    CASE("status 099",
         SETTINGS HEAD("\5", "\1", "\5") "\x08\x03"
                                         "099",
         H2_RESET, 2, true, false),
    CASE("an upper-case name", SETTINGS HEAD("\5", "\1", "\7") OK "\0\1X\1b", H2_RESET, 1, true,
         false),
    CASE("an index that is not there", SETTINGS HEAD("\5", "\1", "\2") OK "\xfe", H2_OPEN, 0, true,
         true),
    CASE("a window of 2^31", SETTINGS "\0\0\4\x8\0\0\0\0\0\x7f\xff\xff\xff", H2_OPEN, 0, true,
         true),
#undef CASE
};

static void ends_of_streams_and_connections(void **state) {
    (void)state;
    int bad = 0;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct client c;
        client_open(&c, NULL);
        bool good = receive(&c, cases[i].bytes, cases[i].n) == 0;
        bool right = good == cases[i].good && c.stream.end == cases[i].end &&
                     c.stream.code == cases[i].code && h2_over(c.h2) == cases[i].over &&
                     (h2_first(c.h2) == NULL) == (cases[i].end != H2_OPEN);
        if (!right)
            print_message("%s: end %d code %u good %d over %d, state %d \"%s\"\n", cases[i].name,
                          (int)c.stream.end, (unsigned)c.stream.code, good, h2_over(c.h2),
                          (int)c.response.state, h2_why(c.h2));
        bad += !right;
        client_close(&c);
    }
    assert_int_equal(bad, 0);
}

/* ---- what we send ---- */

static bool has(const struct buf *b, const char *bytes, size_t n) {
    for (size_t i = 0; i + n <= b->len; i++)
        if (memcmp(b->data + i, bytes, n) == 0)
            return true;
    return false;
}
#define HAS(b, bytes) has(b, bytes, sizeof(bytes) - 1)

static void a_ping_is_answered_and_settings_are_confirmed(void **state) {
    (void)state;
    struct client c;
    client_open(&c, NULL);
    assert_true(HAS(&c.sent, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\x12\4\0"));
    buf_clear(&c.sent);
    static const char bytes[] = SETTINGS "\0\0\x8\6\0\0\0\0\0"
                                         "12345678";
    assert_int_equal(receive(&c, bytes, sizeof bytes - 1), 0);
    assert_true(HAS(&c.sent, "\0\0\0\4\1\0\0\0\0"));
    assert_true(HAS(&c.sent, "\0\0\x8\6\1\0\0\0\0"
                             "12345678"));
    client_close(&c);
}

/* RFC 9113 6.9.2: 65 535 bytes, and more when the server says so. */
static void a_body_waits_for_its_window(void **state) {
    (void)state;
    struct client c;
    char *body = calloc(1, 100001);
    assert_non_null(body);
    memset(body, 'b', 100000);
    client_open(&c, body);
    assert_int_equal(c.stream.body_sent, 65535);
    static const char for_stream[] = SETTINGS "\0\0\4\x8\0\0\0\0\1\0\0\xff\0";
    static const char for_connection[] = "\0\0\4\x8\0\0\0\0\0\0\0\x10\0";
    assert_int_equal(receive(&c, for_stream, sizeof for_stream - 1), 0);
    assert_int_equal(c.stream.body_sent, 65535);
    assert_int_equal(receive(&c, for_connection, sizeof for_connection - 1), 0);
    assert_int_equal(c.stream.body_sent, 65535 + 4096);
    /* The answer is there before the rest: that is dropped. */
    assert_int_equal(receive(&c, ANSWER, sizeof ANSWER - 1), 0);
    assert_int_equal(c.stream.end, H2_COMPLETE);
    buf_clear(&c.sent);
    h2_drop(c.h2, &c.stream);
    send_all(&c);
    assert_true(HAS(&c.sent, "\0\0\4\3\0\0\0\0\1\0\0\0\x8"));
    assert_false(h2_over(c.h2));
    client_close(&c);
    free(body);
}

/* SETTINGS_MAX_CONCURRENT_STREAMS (RFC 9113 5.1.2): the second waits for the first. */
static void what_exceeds_the_servers_limit_waits(void **state) {
    (void)state;
    static const char one[] = "\0\0\6\4\0\0\0\0\0\0\3\0\0\0\1";
    static const char none[] = "\0\0\6\4\0\0\0\0\0\0\3\0\0\0\0";
    struct client c;
    struct http1 response;
    client_open(&c, NULL);
    assert_int_equal(receive(&c, one, sizeof one - 1), 0);
    assert_false(h2_forbids_streams(c.h2));
    http1_init(&response, &sink, &c);
    http1_begin(&response, false, false);
    struct h2_stream second = {.response = &response};
    buf_clear(&c.sent);
    assert_int_equal(h2_request(c.h2, &second, &c.head, NULL, 0), 0);
    send_all(&c);
    assert_int_equal(c.sent.len, 0);
    assert_int_equal(receive(&c, ANSWER, sizeof ANSWER - 1), 0);
    assert_true(HAS(&c.sent, "\1\5\0\0\0\3")); /* HEADERS of stream 3 */
    /* One that waits and is dropped is never sent. */
    assert_int_equal(receive(&c, none, sizeof none - 1), 0);
    assert_true(h2_forbids_streams(c.h2));
    struct h2_stream third = {.response = &response};
    buf_clear(&c.sent);
    assert_int_equal(h2_request(c.h2, &third, &c.head, NULL, 0), 0);
    send_all(&c);
    h2_drop(c.h2, &third);
    assert_int_equal(receive(&c, one, sizeof one - 1), 0);
    assert_false(HAS(&c.sent, "\1\5\0\0\0\5"));
    h2_drop(c.h2, &second);
    http1_done(&response);
    client_close(&c);
}

/* ---- fields ---- */

static void a_head_becomes_fields(void **state) {
    (void)state;
    static const char head[] =
        "POST /a?b=c HTTP/1.1\r\nHost: h.example:8\r\nUser-Agent: t/1\r\nAccept: */*\r\n"
        "X-Long:  a b \r\nX-None:\r\nTE: gzip\r\nConnection: close\r\nKeep-Alive: timeout=5\r\n"
        "Content-Length: 3\r\n\r\n";
    static const char *const expected[][2] = {
        {":method", "POST"},   {":path", "/a?b=c"},
        {":scheme", "https"},  {":authority", "h.example:8"},
        {"user-agent", "t/1"}, {"accept", "*/*"},
        {"cookie", "a=b"},     {"x-long", "a b"},
        {"x-none", ""},        {"content-length", "3"},
    };
    const struct h2_field cookie = {{"cookie", 6}, {"a=b", 3}, false};
    struct h2_head h = {0};
    size_t at = (size_t)(strstr(head, "X-Long") - head), count = 0;
    for (int again = 0; again < 2; again++) {
        assert_int_equal(h2_head_make(&h, head, sizeof head - 1, at, true), 0);
        const nghttp2_nv *f = h2_head_with(&h, &cookie, 1, &count);
        assert_int_equal(count, sizeof expected / sizeof *expected);
        for (size_t i = 0; i < count; i++) {
            assert_int_equal(f[i].namelen, strlen(expected[i][0]));
            assert_memory_equal(f[i].name, expected[i][0], f[i].namelen);
            assert_int_equal(f[i].valuelen, strlen(expected[i][1]));
            assert_memory_equal(f[i].value, expected[i][1], f[i].valuelen);
        }
        h2_head_with(&h, NULL, 0, &count);
        assert_int_equal(count, sizeof expected / sizeof *expected - 1);
    }
    h2_head_done(&h);
}

/* Bytes of 200 requests on one connection, whose trace stays out of the table from the
 * one numbered `from` on; -1: as h2_asked() says. */
static size_t bytes_of_traced(int from) {
    char value[64];
    size_t before = 0, after;
    struct client c;
    client_open(&c, NULL);
    h2_free(c.h2);
    c.h2 = h2_new();
    assert_false(h2_asked(c.h2));
    send_all(&c);
    before = c.sent.len;
    for (int i = 0; i < 200; i++) {
        struct h2_field trace = {{"traceparent", 11}, {value, 0}, false};
        trace.value.len = (size_t)snprintf(value, sizeof value, "00-%032x-%016x-00", i * 7919, i);
        trace.once = from < 0 ? h2_asked(c.h2) : i >= from;
        assert_int_equal(h2_request(c.h2, &c.stream, &c.head, &trace, 1), 0);
        assert_true(h2_asked(c.h2));
        send_all(&c);
        h2_drop(c.h2, &c.stream);
        send_all(&c);
    }
    after = c.sent.len;
    client_close(&c);
    return after - before;
}

static void a_trace_costs_its_value_and_not_its_name(void **state) {
    (void)state;
    assert_true(bytes_of_traced(-1) + 200 * 6 < bytes_of_traced(0));
}

static void a_walk_ends_behind_each_frame_of_data(void **state) {
    (void)state;
    static const char bytes[] = SETTINGS HEAD("\4", "\1", "\1")
        OK DATA("\0", "\1", "\2") "ab" DATA("\0", "\1", "\0") DATA("\1", "\1", "\1") "c" SETTINGS;
    size_t n = sizeof bytes - 1, first = 9 + 10 + 11, second = first + 9 + 10;
    for (size_t cut = 0; cut <= n; cut++) {
        struct h2_walk w = {0};
        assert_int_equal(h2_walk(&w, bytes, cut, false), cut);
        size_t end = cut + h2_walk(&w, bytes + cut, n - cut, true);
        assert_int_equal(end, cut < first ? first : cut < second ? second : n);
    }
}

static void codes_have_words(void **state) {
    (void)state;
    enum outcome outcome;
    assert_string_equal(h2_reset_text(8, &outcome), "the server reset the stream (CANCEL)");
    assert_int_equal(outcome, OUTCOME_RESET);
    assert_non_null(strstr(h2_reset_text(1, &outcome), "(PROTOCOL_ERROR)"));
    assert_int_equal(outcome, OUTCOME_PROTOCOL_ERROR);
    assert_non_null(h2_reset_text(4711, &outcome));
    assert_int_equal(outcome, OUTCOME_RESET);
    assert_int_equal(h2_code_of("ENHANCE_YOUR_CALM (err 11)"), 11);
    assert_int_equal(h2_code_of("unknown (err 4711)"), UINT32_MAX);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_of_real_servers_are_read_whole_and_in_pieces),
        cmocka_unit_test(ends_of_streams_and_connections),
        cmocka_unit_test(a_ping_is_answered_and_settings_are_confirmed),
        cmocka_unit_test(a_body_waits_for_its_window),
        cmocka_unit_test(what_exceeds_the_servers_limit_waits),
        cmocka_unit_test(a_head_becomes_fields),
        cmocka_unit_test(a_trace_costs_its_value_and_not_its_name),
        cmocka_unit_test(a_walk_ends_behind_each_frame_of_data),
        cmocka_unit_test(codes_have_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
