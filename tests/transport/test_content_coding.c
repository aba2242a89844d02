/* Content-Encoding on both transports: what each spelling and each kind of stream leads to. The
 * streams were made by Python 3.11's zlib and gzip and by libbrotlienc, from the 39 bytes of TEXT;
 * gzip -n makes the same ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/user.h"
#include "transport/content_coding.h"
#include "util/buf.h"

#define TEXT "hello needle hello needle hello needle\n"
#define GZIP "1f8b0800000000000203cb48cdc9c957c84b4d4dc94955c8c0c5e10200757f7ac727000000"
#define SECOND "1f8b08000000000002034b54284e4dcecf4b51c84dcd4d4a2de202002c08a72c10000000"
#define FULL /* every optional field of RFC 1952 */                                                \
    "1f8b081f0000000000030400616263646e616d6500636f6d6d656e740075eecb48cdc9c957c84b4d4dc94955c8c0" \
    "c5e10200757f7ac727000000"
#define ZLIB "789ccb48cdc9c957c84b4d4dc94955c8c0c5e1020022210e2e"
#define RAW "cb48cdc9c957c84b4d4dc94955c8c0c5e10200"
#define STORED                                                                                     \
    "012700d8ff68656c6c6f206e6565646c652068656c6c6f206e6565646c652068656c6c6f206e6565646c650a"
#define BROTLI "1b2600f8057463fd25bd070786a1a50851d1c0b7e8f760a402"
#define GZIP_GZIP                                                                                  \
    "1f8b080000000000020393efe660000126e6d31e674f9e0c3fe1edeb7bd233f4c481a30f99184aebab8eab03250"  \
    "130b21d2b25000000"
#define GZIP_OF_ZLIB                                                                               \
    "1f8b0800000000000203ab9873dae3ecc993e127bc7d7d4f7a869e3870f421138392229f1e00b75ce5531900000"  \
    "0"
#define PLAIN "68656c6c6f206e6565646c652068656c6c6f206e6565646c652068656c6c6f206e6565646c650a"

#define CE(value) "Content-Encoding: " value "\r\n"
#define NOT_GZIP "the body is not gzip, contrary to its header"
#define CUT_GZIP "the body ends before its gzip does"

struct one {
    const char *fields, *hex;
    size_t cut;       /* so many bytes are missing at the end */
    const char *body; /* decoded; NULL: protocol_error */
    const char *error;
};

static const struct one cases[] = {
    /* spellings */
    {CE("gzip"), GZIP, 0, TEXT, ""},
    {CE("GZip"), GZIP, 0, TEXT, ""},
    {CE("x-gzip"), GZIP, 0, TEXT, ""},
    {"Content-Encoding:gzip\r\n", GZIP, 0, TEXT, ""},
    {"content-encoding: \t gzip \t \r\n", GZIP, 0, TEXT, ""},
    {CE("identity"), PLAIN, 0, TEXT, ""},
    {CE("none"), PLAIN, 0, TEXT, ""},
    {"Content-Encoding:\r\n", PLAIN, 0, TEXT, ""},
    {"", PLAIN, 0, TEXT, ""},
    /* lists */
    {CE("identity, gzip"), GZIP, 0, TEXT, ""},
    {CE("gzip ,\tidentity"), GZIP, 0, TEXT, ""},
    {CE(", gzip,,"), GZIP, 0, TEXT, ""},
    {CE("gzip, gzip"), GZIP_GZIP, 0, TEXT, ""},
    {CE("gzip") CE("gzip"), GZIP_GZIP, 0, TEXT, ""},
    {CE("deflate,gzip"), GZIP_OF_ZLIB, 0, TEXT, ""},
    {CE("deflate") "X-Between: 1\r\n" CE("gzip"), GZIP_OF_ZLIB, 0, TEXT, ""},
    {CE("gzip, deflate"), GZIP_OF_ZLIB, 0, NULL, "the body is not deflate, contrary to its header"},
    {CE("gzip,gzip,gzip,gzip,gzip"), GZIP, 0, NULL, "the body has more than 4 codings"},
    /* streams */
    {CE("gzip"), FULL, 0, TEXT, ""},
    {CE("gzip"), GZIP SECOND, 0, TEXT "a second member\n", ""},
    {CE("gzip"), GZIP GZIP SECOND, 0, TEXT TEXT "a second member\n", ""},
    {CE("gzip"), GZIP "00000000", 0, TEXT, ""}, /* padded, as tar and gzip(1) take it */
    {CE("deflate"), ZLIB, 0, TEXT, ""},
    {CE("deflate"), RAW, 0, TEXT, ""},
    {CE("deflate"), STORED, 0, TEXT, ""},
    {CE("br"), BROTLI, 0, TEXT, ""},
    {CE("BR, identity"), BROTLI, 0, TEXT, ""},
    /* cut short: the length is right, the stream is not */
    {CE("gzip"), GZIP, 1, NULL, CUT_GZIP},
    {CE("gzip"), GZIP, 8, NULL, CUT_GZIP},
    {CE("gzip"), GZIP, 20, NULL, CUT_GZIP},
    {CE("gzip"), GZIP, 36, NULL, CUT_GZIP},
    {CE("gzip"), GZIP SECOND, 1, NULL, CUT_GZIP},
    {CE("gzip"), GZIP "1f", 0, NULL, CUT_GZIP},
    {CE("gzip, gzip"), GZIP_GZIP, 1, NULL, CUT_GZIP},
    {CE("deflate"), ZLIB, 1, NULL, "the body ends before its deflate does"},
    {CE("deflate"), RAW, 1, NULL, "the body ends before its deflate does"},
    {CE("deflate"), "78", 0, NULL, "the body ends before its deflate does"},
    {CE("br"), BROTLI, 1, NULL, "the body ends before its br does"},
    /* not what it says */
    {CE("gzip"), PLAIN, 0, NULL, NOT_GZIP},
    {CE("gzip"), GZIP "68656c6c6f", 0, NULL, NOT_GZIP},
    {CE("gzip"), GZIP "0000ff", 0, NULL, NOT_GZIP},
    {CE("gzip"), "1f8b0800000000000203cb48cdc9c957c84b4d4dc94955c8c0c5e10200757f7ac827000000", 0,
     NULL, NOT_GZIP}, /* a wrong checksum */
    {CE("gzip"), ZLIB, 0, NULL, NOT_GZIP},
    {CE("deflate"), GZIP, 0, NULL, "the body is not deflate, contrary to its header"},
    {CE("deflate"), ZLIB "00", 0, NULL, "the body is not deflate, contrary to its header"},
    {CE("br"), BROTLI "00", 0, NULL, "the body is not br, contrary to its header"},
    {CE("zstd"), PLAIN, 0, NULL, "coldswarm cannot decode the content coding \"zstd\" of the body"},
    {CE("gzip, compress"), GZIP, 0, NULL,
     "coldswarm cannot decode the content coding \"compress\" of the body"},
    {CE("b\xe4r x"), GZIP, 0, NULL,
     "coldswarm cannot decode the content coding \"b?r?x\" of the body"},
    {CE("gzip;q=1"), GZIP, 0, NULL,
     "coldswarm cannot decode the content coding \"gzip;q=1\" of the body"},
};

static size_t unhex(const char *hex, char *to) {
    size_t n = strlen(hex) / 2;
    for (size_t i = 0; i < n; i++) {
        char two[3] = {hex[2 * i], hex[2 * i + 1], '\0'};
        to[i] = (char)strtol(two, NULL, 16);
    }
    return n;
}

/* The whole answer: with a length, in chunks of one byte, or to the end of the connection. */
static void make_answer(const struct one *x, int way, struct buf *to) {
    char body[1024];
    size_t n = unhex(x->hex, body) - x->cut;
    buf_clear(to);
    buf_printf(to, "HTTP/1.1 200 OK\r\n%s", x->fields);
    if (way == 0)
        buf_printf(to, "Content-Length: %zu\r\n\r\n", n);
    else
        buf_str(to, way == 1 ? "Transfer-Encoding: chunked\r\n\r\n" : "Connection: close\r\n\r\n");
    for (size_t i = 0; way == 1 && i < n; i++) {
        buf_str(to, "1\r\n");
        buf_char(to, body[i]);
        buf_str(to, "\r\n");
    }
    if (way == 1)
        buf_str(to, "0\r\n\r\n");
    else
        buf_add(to, body, n);
}

static struct canned server;

static void every_coding_however_it_is_written(void **state) {
    (void)state;
    struct buf answer;
    int bad = 0;
    buf_init(&answer, 1 << 20);
    for (int i = 0; i < 2; i++) {
        struct user u = {.options = {.compressed = true}};
        canned_start(&server, NULL);
        begin(&u, both[i]);
        for (size_t k = 0; k < ALL(cases) * 3; k++) {
            const struct one *x = &cases[k / 3];
            struct canned_answer answers[] = {{.path = "/", .close = k % 3 == 2}, {0}};
            make_answer(x, (int)(k % 3), &answer);
            answers[0].bytes = buf_text(&answer);
            answers[0].n = answer.len;
            server.answers = answers;
            struct seen s = get(&u, "127.0.0.1", server.port, "/", NULL, 0);
            enum outcome wanted = x->body == NULL ? OUTCOME_PROTOCOL_ERROR : OUTCOME_OK;
            if (s.outcome == wanted && strcmp(s.error, x->error) == 0 && s.status == 200 &&
                (x->body == NULL ||
                 (strcmp(s.body, x->body) == 0 && s.received == strlen(x->body))))
                continue;
            bad++;
            print_message("%s, %.40s %.40s.. -%zu, way %zu: %s \"%s\" %d, %d bytes \"%s\"\n",
                          both[i]->name, x->fields, x->hex, x->cut, k % 3,
                          outcome_text((int)s.outcome), s.error, s.status, (int)s.received, s.body);
        }
        end(&u);
        canned_stop(&server);
    }
    buf_done(&answer);
    assert_int_equal(bad, 0);
}

/* Headers that speak of a body which is not there. */
static void without_a_body_nothing_is_decoded(void **state) {
    (void)state;
    static const struct canned_answer answers[] = {
        {.path = "/204", .bytes = "HTTP/1.1 204 N\r\n" CE("gzip") "\r\n"},
        {.path = "/304", .bytes = "HTTP/1.1 304 N\r\n" CE("zstd") "\r\n"},
        {.path = "/head", .bytes = "HTTP/1.1 200 OK\r\n" CE("br") "Content-Length: 50\r\n\r\n"},
        {.path = "/0", .bytes = "HTTP/1.1 200 OK\r\n" CE("gzip") "Content-Length: 0\r\n\r\n"},
        {.path = "/c",
         .bytes = "HTTP/1.1 200 OK\r\n" CE("gzip") "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
        {0}};
    for (int i = 0; i < 2; i++) {
        struct user u = {.options = {.compressed = true}};
        canned_start(&server, answers);
        begin(&u, both[i]);
        for (const struct canned_answer *a = answers; a->path != NULL; a++) {
            char url[64];
            snprintf(url, sizeof url, "http://127.0.0.1:%d%s", server.port, a->path);
            struct transport_request r = {.method = strcmp(a->path, "/head") == 0 ? "HEAD" : "GET",
                                          .url = url};
            struct seen s = call(&u, &r, NULL);
            assert_string_equal(s.error, "");
            assert_int_equal(s.outcome, OUTCOME_OK);
            assert_int_equal(s.received, 0);
        }
        end(&u);
        canned_stop(&server);
    }
}

/* What nobody asked to decode stays as it came, with an Accept-Encoding of one's own too. */
static void raw_without_compressed(void **state) {
    (void)state;
    static const struct transport_header own[] = {{"Accept-Encoding", "br, zstd"}};
    static const struct canned_answer answers[] = {
        {.path = "/", .bytes = "HTTP/1.1 200 OK\r\n" CE("zstd") "Content-Length: 4\r\n\r\nabcd"},
        {0}};
    for (int i = 0; i < 2; i++) {
        struct user u = {0};
        canned_start(&server, answers);
        begin(&u, both[i]);
        struct seen plain = get(&u, "127.0.0.1", server.port, "/", NULL, 0);
        struct seen asked = get(&u, "127.0.0.1", server.port, "/", own, 1);
        end(&u);
        canned_stop(&server);
        assert_string_equal(plain.body, "abcd");
        assert_string_equal(asked.body, "abcd");
        assert_int_equal(asked.outcome, OUTCOME_OK);
        assert_header(&server, 0, "Accept-Encoding", "(none)");
        assert_header(&server, 1, "Accept-Encoding", "br, zstd");
    }
}

static void compressed_asks_for_gzip_or_what_one_says(void **state) {
    (void)state;
    static const struct transport_header own[] = {{"accept-encoding", "deflate, br;q=0.5"}};
    static const struct canned_answer answers[] = {
        {.path = "/", .bytes = "HTTP/1.1 503 S\r\n" CE("gzip") "Content-Length: 3\r\n\r\nbad"},
        {0}};
    for (int i = 0; i < 2; i++) {
        struct user u = {.options = {.compressed = true}};
        canned_start(&server, answers);
        begin(&u, both[i]);
        get(&u, "127.0.0.1", server.port, "/a", NULL, 0);
        get(&u, "127.0.0.1", server.port, "/b", own, 1);
        struct seen s = get(&u, "127.0.0.1", server.port, "/", NULL, 0);
        end(&u);
        canned_stop(&server);
        assert_header(&server, 0, "Accept-Encoding", "gzip");
        assert_header(&server, 1, "Accept-Encoding", "deflate, br;q=0.5");
        /* A page of an error that is no gzip: it was not an answer either. */
        assert_int_equal(s.outcome, OUTCOME_PROTOCOL_ERROR);
        assert_string_equal(s.error, NOT_GZIP);
    }
}

/* ---- the decoder alone ---- */

struct counted {
    uint64_t bytes;
};

static void count(void *context, const char *bytes, size_t n) {
    (void)bytes;
    ((struct counted *)context)->bytes += n;
}

/* It goes through in pieces, and nothing grows. */
static void a_bomb_takes_no_memory(void **state) {
    (void)state;
    char why[CONTENT_CODING_TEXT_BYTES] = "", command[] = "head -c 3000000 /dev/zero | gzip -n9";
    static char member[8192];
    struct counted counted = {0};
    struct content_coding *c = NULL;
    FILE *f = popen(command, "r");
    size_t n = fread(member, 1, sizeof member, f);
    pclose(f);
    assert_in_range(n, 1000, sizeof member - 1);
    assert_int_equal(
        content_coding_new((struct bytes){"gzip", 4}, (uint64_t)30 << 20, count, &counted, &c, why),
        0);
    for (int i = 0; i < 10; i++)
        assert_int_equal(content_coding_feed(c, member, n, why), 0);
    assert_int_equal(content_coding_end(c, why), 0);
    assert_int_equal(counted.bytes, 30000000);
    /* And there is an end to the patience. */
    assert_int_equal(content_coding_feed(c, member, n, why), -1);
    assert_string_equal(why, "the body decodes to more than 30 MiB");
    assert_in_range(counted.bytes, 30000000, 30 << 20);
    content_coding_free(c);
}

int main(void) {
    signal(SIGPIPE, SIG_IGN);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_coding_however_it_is_written),
        cmocka_unit_test(without_a_body_nothing_is_decoded),
        cmocka_unit_test(raw_without_compressed),
        cmocka_unit_test(compressed_asks_for_gzip_or_what_one_says),
        cmocka_unit_test(a_bomb_takes_no_memory),
    };
    if (transport_global_init(NULL) != 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
