/* json_write: Python's json reads what it wrote, and lays out the same values in the same bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/json_write.h"
#include "util/rng.h"

/* Runs the lines of Python with the document's path as sys.argv[1]. */
static void python(struct buf *document, const char *lines) {
    char name[] = "/tmp/coldswarm-json-XXXXXX";
    struct buf command;
    FILE *f = fdopen(mkstemp(name), "w");
    assert_non_null(f);
    assert_true(buf_ok(document));
    fwrite(buf_text(document), 1, document->len, f);
    assert_int_equal(fclose(f), 0);
    buf_init(&command, 65536);
    buf_printf(&command, "python3 - %s <<'EOF'\nimport json, struct, sys\n%s\nEOF", name, lines);
    int status = system(buf_text(&command));
    unlink(name);
    buf_done(&command);
    buf_done(document);
    assert_int_equal(status, 0);
}

static void begin(struct json_writer *w, struct buf *out, const char *indent) {
    buf_init(out, (size_t)64 << 20);
    json_write_init(w, out, indent);
}

/* The same values in each layout. */
static void sample(struct json_writer *w, enum json_layout layout) {
    json_write_object(w, NULL, layout);
    json_write_text(w, "name", "a \"b\" \\ \t\n\r\b\f\x01\x1f </p> \xc3\xa9 \xf0\x9f\x98\x80");
    json_write_text(w, "none", NULL);
    json_write_bool(w, "yes", true);
    json_write_array(w, "list", layout);
    json_write_int(w, NULL, -3);
    json_write_bool(w, NULL, false);
    json_write_object(w, NULL, layout);
    json_write_number(w, "k\"\xc3\xa9", 0.25);
    json_write_end(w);
    json_write_pair(w, NULL, (double)NAN, (double)NAN);
    json_write_end(w);
    json_write_end(w);
}

#define SAMPLE                                                                                     \
    "text = open(sys.argv[1]).read()\n"                                                            \
    "want = {'name': 'a \"b\" \\\\ \\t\\n\\r\\b\\f\\x01\\x1f </p> \\xe9 \\U0001f600',"             \
    " 'none': None, 'yes': True, 'list': [-3, False, {'k\"\\xe9': 0.25}, None]}\n"

static void test_layouts(void **state) {
    (void)state;
    struct json_writer w;
    struct buf out;
    begin(&w, &out, "  ");
    sample(&w, JSON_LINES);
    python(&out, SAMPLE "assert text == json.dumps(want, indent=2), text");
    begin(&w, &out, "    ");
    sample(&w, JSON_LINES);
    python(&out, SAMPLE "assert text == json.dumps(want, indent=4), text");
    begin(&w, &out, "  ");
    sample(&w, JSON_LINE);
    python(&out, SAMPLE "assert text == json.dumps(want), text");
    begin(&w, &out, NULL);
    sample(&w, JSON_LINE);
    python(&out, SAMPLE "assert text == json.dumps(want, separators=(',', ':')), text");
    begin(&w, &out, NULL);
    w.utf8 = true;
    sample(&w, JSON_LINE);
    python(&out, SAMPLE "assert text == json.dumps(want, separators=(',', ':'), "
                        "ensure_ascii=False), text");
}

/* A line of its own inside of an object of one line, and what is empty. */
static void test_lines_by_hand(void **state) {
    (void)state;
    struct json_writer w;
    struct buf out;
    begin(&w, &out, "  ");
    json_write_object(&w, NULL, JSON_LINES);
    json_write_object(&w, "mixed", JSON_LINE);
    json_write_int(&w, "a", 1);
    json_write_new_line(&w);
    json_write_int(&w, "b", 2);
    json_write_int(&w, "c", 3);
    json_write_end(&w);
    json_write_array(&w, "lines", JSON_LINES);
    json_write_end(&w);
    json_write_object(&w, "line", JSON_LINE);
    json_write_end(&w);
    json_write_pair(&w, "pair", 1, 2.5);
    json_write_key(&w, "own");
    buf_str(&out, "[7]");
    json_write_end(&w);
    assert_string_equal(buf_text(&out), "{\n  \"mixed\": {\"a\": 1,\n    \"b\": 2, \"c\": 3},\n"
                                        "  \"lines\": [\n  ],\n  \"line\": {},\n"
                                        "  \"pair\": [1, 2.5],\n  \"own\": [7]\n}");
    buf_done(&out);
    begin(&w, &out, "\t"); /* as cJSON_Print() */
    json_write_object(&w, NULL, JSON_LINES);
    json_write_array(&w, "a", JSON_LINE);
    json_write_object(&w, NULL, JSON_LINES);
    json_write_int(&w, "b", 1);
    json_write_end(&w);
    json_write_int(&w, NULL, 2);
    json_write_end(&w);
    json_write_end(&w);
    assert_string_equal(buf_text(&out), "{\n\t\"a\":\t[{\n\t\t\t\"b\":\t1\n\t\t}, 2]\n}");
    buf_done(&out);
}

/* Each triple is a number, and what it was made of. */
static void test_numbers(void **state) {
    (void)state;
    static const double some[] = {0,     -0.0,     1,      0.1 + 0.2, 1.0 / 3, 9007199254740991.0,
                                  1e-5,  1e15,     1e16,   5e-324,    1e22,    123456789.125,
                                  1e300, 2.5e-300, -17.25, 100,       1e100,   0.1};
    struct json_writer w;
    struct buf out;
    struct rng rng;
    rng_seed(&rng, 3, 4);
    begin(&w, &out, NULL);
    json_write_object(&w, NULL, JSON_LINE);
    json_write_array(&w, "ints", JSON_LINE);
    json_write_int(&w, NULL, INT64_MIN);
    json_write_int(&w, NULL, INT64_MAX);
    json_write_int(&w, NULL, 9007199254740991);
    json_write_int(&w, NULL, 9007199254740993);
    json_write_uint(&w, NULL, UINT64_MAX);
    json_write_end(&w);
    json_write_array(&w, "nothing", JSON_LINE);
    json_write_number(&w, NULL, (double)NAN);
    json_write_number(&w, NULL, (double)INFINITY);
    json_write_exact(&w, NULL, (double)-INFINITY);
    json_write_end(&w);
    json_write_array(&w, "doubles", JSON_LINE);
    for (size_t i = 0; i < 5000; i++) {
        char hex[32];
        uint64_t bits = rng_below(&rng, UINT32_MAX) << 32 | rng_below(&rng, UINT32_MAX);
        double value = 0;
        if (i < sizeof some / sizeof *some)
            value = some[i];
        else if (i % 2 == 0)
            value = (double)rng_below(&rng, 1000000000) / (double)(1 + rng_below(&rng, 1000));
        else
            memcpy(&value, &bits, sizeof value);
        if (!isfinite(value))
            continue;
        memcpy(&bits, &value, sizeof bits);
        snprintf(hex, sizeof hex, "%016llx", (unsigned long long)bits);
        json_write_text(&w, NULL, hex);
        json_write_exact(&w, NULL, value);
        json_write_number(&w, NULL, value);
    }
    json_write_end(&w);
    json_write_end(&w);
    python(&out, "d = json.load(open(sys.argv[1]))\n"
                 "assert d['ints'] == [-2**63, 2**63 - 1, 2**53 - 1, 2**53 + 1, 2**64 - 1], d\n"
                 "assert d['nothing'] == [None] * 3\n"
                 "it = iter(d['doubles'])\n"
                 "for bits, exact, rounded in zip(it, it, it):\n"
                 "    value = struct.unpack('>d', bytes.fromhex(bits))[0]\n"
                 "    assert exact == value, (bits, exact)\n"
                 "    whole = value.is_integer() and abs(value) < 2**63\n"
                 "    want = int(value) if whole else float('%.15g' % value)\n"
                 "    assert rounded == want, (bits, rounded)\n");
}

/* Pairs of a text and its bytes. For Python, too, each byte that is no part of a character is
 * U+FFFD. */
static void test_texts(void **state) {
    (void)state;
    struct json_writer w;
    struct buf out;
    struct rng rng;
    for (int utf8 = 0; utf8 < 2; utf8++) {
        rng_seed(&rng, 5, 6);
        begin(&w, &out, "  ");
        w.utf8 = utf8 == 1;
        json_write_array(&w, NULL, JSON_LINES);
        for (int i = 0; i < 3000; i++) {
            static const char alphabet[] = "a\"\\\n\t<\x7f\x01\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"
                                           "\xff\xed\xa0\x80\xc0\x00z";
            char text[12], hex[32] = "";
            size_t n = rng_below(&rng, sizeof text);
            for (size_t k = 0; k < n; k++) {
                text[k] = alphabet[rng_below(&rng, sizeof alphabet)];
                snprintf(hex + 2 * k, 3, "%02x", (unsigned)(unsigned char)text[k]);
            }
            json_write_bytes(&w, NULL, text, n);
            json_write_text(&w, NULL, hex);
        }
        json_write_end(&w);
        python(&out, "import codecs\n"
                     "codecs.register_error('each', lambda e: ('\\ufffd' * (e.end - e.start), "
                     "e.end))\n"
                     "raw = open(sys.argv[1], 'rb').read()\n"
                     "it = iter(json.loads(raw))\n"
                     "for text, bytes_ in zip(it, it):\n"
                     "    want = bytes.fromhex(bytes_).decode('utf-8', 'each').replace('\\0', "
                     "'\\ufffd')\n"
                     "    assert text == want, (text, want)\n");
    }
}

/* A long text in a buffer that has just room for it; then one that has none. */
static void test_ceiling(void **state) {
    (void)state;
    struct json_writer w;
    struct buf out;
    buf_init(&out, 10);
    json_write_init(&w, &out, NULL);
    json_write_text(&w, NULL, "1234\"67");
    assert_true(buf_ok(&out));
    assert_string_equal(buf_text(&out), "\"1234\\\"67\"");
    buf_clear(&out);
    json_write_init(&w, &out, NULL);
    json_write_text(&w, NULL, "1234\"678");
    assert_false(buf_ok(&out));
    buf_done(&out);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_layouts), cmocka_unit_test(test_lines_by_hand),
        cmocka_unit_test(test_numbers), cmocka_unit_test(test_texts),
        cmocka_unit_test(test_ceiling),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
