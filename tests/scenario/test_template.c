/* template: what ${...} becomes, in each place, and what it refuses. */
#include "scenario/reading.h"

#include <sys/stat.h>
#include <unistd.h>

#include "scenario/feeder.h"
#include "scenario/template.h"

static struct feeder *rows, *images;

static void write_csv(const char *name, const char *text) {
    write_file(name, text, strlen(text));
}

static int setup(void **state) {
    (void)state;
    struct err e = {""};
    char path[256];
    test_folder();
    write_csv("t.csv", "user,first name\nann,A/b c\n");
    snprintf(path, sizeof path, "%s/t.csv", test_folder());
    if (feeder_open(
            "row",
            &(struct feeder_source){.kind = FEEDER_CSV, .path = path, .mode = FEEDER_SEQUENTIAL},
            &rows, &e) != 0)
        fail_msg("%s", e.text);
    snprintf(path, sizeof path, "%s/img", test_folder());
    mkdir(path, 0700);
    write_csv("img/a.png", "A\0");
    if (feeder_open(
            "img",
            &(struct feeder_source){.kind = FEEDER_FILES, .path = path, .mode = FEEDER_SEQUENTIAL},
            &images, &e) != 0)
        fail_msg("%s", e.text);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    static const char *const names[] = {"t.csv",   "img/a.png", "img/link", "img/pipe", "img/sub/b",
                                        "img/sub", "img",       "out",      "link"};
    char path[256];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(path, sizeof path, "%s/%s", test_folder(), names[i]);
        remove(path);
    }
    feeder_free(rows);
    feeder_free(images);
    return 0;
}

/* A template, its names and values. */
struct bench {
    struct reading x;
    struct scope scope;
    struct template *t;
    struct template_work work;
    struct rng rng;
    struct feeder_row drawn[2];
    const struct bytes *fields[2];
    struct bytes variables[4]; /* token, empty, bin, evil */
    struct template_values v;
};

static void bench_init(struct bench *b, const char *json) {
    static const char *const names[] = {"token", "empty", "bin", "evil"};
    uint32_t slot;
    struct err e;
    *b = (struct bench){0};
    reading_init(&b->x, json);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(scope_variable(&b->x.r, &b->scope, names[i], 0, &slot), 0);
        assert_int_equal(slot, i);
    }
    assert_int_equal(scope_feeder(&b->x.r, &b->scope, rows, 0), 0);
    assert_int_equal(scope_feeder(&b->x.r, &b->scope, images, 0), 0);
    rng_seed(&b->rng, 7, 1);
    for (size_t i = 0; i < 2; i++) {
        struct feeder *f = i == 0 ? rows : images;
        assert_int_equal(feeder_draw(f, &(struct feeder_turn){.rng = &b->rng}, &b->drawn[i], &e),
                         FEEDER_DRAWN);
        b->fields[i] = b->drawn[i].fields;
    }
    b->variables[0] = (struct bytes){"a b/\"\xc3\xa4&", 8};
    b->variables[1] = (struct bytes){"", 0};
    b->variables[2] = (struct bytes){"\0\xff", 2};
    b->variables[3] = (struct bytes){"x\r\nX-Evil: 1", 12};
    template_work_init(&b->work);
    b->v = (struct template_values){.variables = b->variables,
                                    .rows = b->fields,
                                    .user_id = 42,
                                    .iteration = 7,
                                    .now_real_ns = INT64_C(1700000000123456789),
                                    .rng = &b->rng,
                                    .work = &b->work};
}

static void bench_done(struct bench *b) {
    template_free(b->t);
    template_work_done(&b->work);
    scope_done(&b->scope);
    feeder_row_done(&b->drawn[0]);
    feeder_row_done(&b->drawn[1]);
    reading_done(&b->x);
}

/* Reads the string `text` (as it stands in a template) for a place. */
static int compile(struct bench *b, const char *text, enum text_place place) {
    static struct buf json;
    buf_done(&json);
    buf_init(&json, 16 << 20);
    buf_char(&json, '"');
    json_escape(&json, text, strlen(text));
    buf_char(&json, '"');
    bench_init(b, buf_text(&json));
    return template_read(&b->x.r, json_root(b->x.doc), &b->scope, place, "the header X", &b->t);
}

static void must_be_bytes(const char *text, enum text_place place, const char *expected, size_t n) {
    struct bench b;
    struct buf out;
    struct err e = {"untouched"};
    buf_init(&out, 1 << 20);
    if (compile(&b, text, place) != 0)
        fail_msg("%s: %s", text, b.x.e.text);
    for (int again = 0; again < 2; again++) {
        buf_clear(&out);
        if (template_render(b.t, &b.v, &out, &e) != 0)
            fail_msg("%s: %s", text, e.text);
        assert_string_equal(e.text, "untouched");
        if (out.len != n || memcmp(buf_text(&out), expected, n) != 0)
            fail_msg("%s becomes %s, not %s", text, buf_text(&out), expected);
    }
    buf_done(&out);
    bench_done(&b);
}

static void must_be(const char *text, enum text_place place, const char *expected) {
    must_be_bytes(text, place, expected, strlen(expected));
}

static void test_values(void **state) {
    (void)state;
    must_be("plain", PLACE_PLAIN, "plain");
    must_be("", PLACE_PLAIN, "");
    must_be("${token}", PLACE_PLAIN, "a b/\"\xc3\xa4&");
    must_be("<${empty}>", PLACE_PLAIN, "<>");
    must_be("${ token }${empty}x", PLACE_PLAIN, "a b/\"\xc3\xa4&x");
    must_be("${row.user}, ${row.first name}", PLACE_PLAIN, "ann, A/b c");
    must_be("${user.id}.${iteration}", PLACE_PLAIN, "42.7");
    /* date -u -d @1700000000 */
    must_be("${now.iso} ${now.unix} ${now.ms}", PLACE_PLAIN,
            "2023-11-14T22:13:20.123Z 1700000000 1700000000123");
    must_be("$${token} $token $ {token} $$${empty}", PLACE_PLAIN,
            "${token} $token $ {token} $${empty}");
    must_be("100$", PLACE_PLAIN, "100$");
    must_be("${env.USER}", PLACE_PLAIN, "ann");
    must_be_bytes("${bin}", PLACE_PLAIN, "\0\xff", 2);
    /* A value is not read again. */
    must_be("${random.choice('${x}')}", PLACE_PLAIN, "${x}");
}

static void test_places(void **state) {
    (void)state;
    must_be("/p/${token}?q=1", PLACE_PATH, "/p/a%20b%2F%22%C3%A4%26?q=1");
    must_be("${token}", PLACE_QUERY, "a%20b%2F%22%C3%A4%26");
    must_be("a b=${token}", PLACE_FORM, "a+b%3Da+b%2F%22%C3%A4%26");
    must_be("q\"${token}", PLACE_JSON, "q\\\"a b/\\\"\xc3\xa4&");
    must_be("Bearer ${token}", PLACE_HEADER, "Bearer a b/\"\xc3\xa4&");
    must_be("${token}", PLACE_QUOTED, "a b/%22\xc3\xa4&");
    must_be("/${bin}", PLACE_PATH, "/%00%FF");
    must_be("/${evil}", PLACE_PATH, "/x%0D%0AX-Evil%3A%201");
    must_be("${evil}", PLACE_QUOTED, "x%0D%0AX-Evil: 1");
    must_be("${evil}", PLACE_JSON, "x\\r\\nX-Evil: 1");
}

static void test_functions(void **state) {
    (void)state;
    /* printf ... | base64 */
    must_be("${base64(row.user, ':', 'p''w')}", PLACE_PLAIN, "YW5uOnAndw==");
    must_be("${base64('ab')}", PLACE_PLAIN, "YWI=");
    must_be("${base64(bin)}", PLACE_PLAIN, "AP8=");
    must_be("${base64(env.USER, ':x')}", PLACE_HEADER, "YW5uOng=");
    must_be("${json(token)}", PLACE_PLAIN, "\"a b/\\\"\xc3\xa4&\"");
    must_be("${json(token)}", PLACE_JSON, "\\\"a b/\\\\\\\"\xc3\xa4&\\\"");
    must_be("${urlencode(token)}", PLACE_PLAIN, "a%20b%2F%22%C3%A4%26");
    must_be("/x?y=${urlencode(token)}", PLACE_PATH, "/x?y=a%20b%2F%22%C3%A4%26");
    must_be("/x?y=${urlencode(env.TOKEN)}", PLACE_PATH, "/x?y=s3cr3t%2F%2B%22x");
    must_be("${urlencode(token)}", PLACE_QUERY, "a%2520b%252F%2522%25C3%25A4%2526");
    must_be("${base64(base64(base64(row.user)))}", PLACE_PLAIN, "V1ZjMWRRPT0=");
    must_be("${base64(user.id, iteration)}", PLACE_PLAIN, "NDI3");
    must_be("${random.int(5, 5)}", PLACE_PLAIN, "5");
    must_be("${random.int(-9223372036854775808, -9223372036854775808)}", PLACE_PLAIN,
            "-9223372036854775808");
    must_be("${random.choice(only)}", PLACE_PLAIN, "only");
    must_be("${random.choice('a, b}')}", PLACE_PLAIN, "a, b}");
}

static void test_random(void **state) {
    (void)state;
    struct bench b;
    struct buf out;
    struct err e;
    unsigned seen[8] = {0}, letters[3] = {0};
    buf_init(&out, 1000);
    assert_int_equal(compile(&b, "${random.int(-2, 4)} ${random.choice(a, b, c)}", PLACE_PLAIN), 0);
    for (int i = 0; i < 7000; i++) {
        int n;
        char c;
        buf_clear(&out);
        assert_int_equal(template_render(b.t, &b.v, &out, &e), 0);
        assert_int_equal(sscanf(buf_text(&out), "%d %c", &n, &c), 2);
        assert_true(n >= -2 && n <= 4 && c >= 'a' && c <= 'c');
        seen[n + 2]++;
        letters[c - 'a']++;
    }
    /* 1000 each, sd 29; 2333 each, sd 39: five of these. */
    for (int i = 0; i < 7; i++)
        assert_in_range(seen[i], 1000 - 150, 1000 + 150);
    for (int i = 0; i < 3; i++)
        assert_in_range(letters[i], 2333 - 200, 2333 + 200);
    bench_done(&b);

    char first[64];
    for (int i = 0; i < 3; i++) {
        buf_clear(&out);
        assert_int_equal(compile(&b, "${uuid}", PLACE_PLAIN), 0);
        rng_seed(&b.rng, i == 2 ? 6 : 5, 1);
        assert_int_equal(template_render(b.t, &b.v, &out, &e), 0);
        assert_int_equal(out.len, 36);
        for (size_t k = 0; k < 36; k++) {
            bool dash = k == 8 || k == 13 || k == 18 || k == 23;
            assert_true(dash ? out.data[k] == '-'
                             : strchr("0123456789abcdef", out.data[k]) != NULL);
        }
        assert_int_equal(out.data[14], '4'); /* RFC 9562 */
        assert_non_null(strchr("89ab", out.data[19]));
        if (i == 0)
            snprintf(first, sizeof first, "%s", buf_text(&out));
        else /* the same seed, the same value */
            assert_true((strcmp(first, buf_text(&out)) == 0) == (i == 1));
        bench_done(&b);
    }
    buf_done(&out);
}

static void must_refuse(const char *text, enum text_place place, const char *error) {
    struct bench b;
    if (compile(&b, text, place) == 0)
        fail_msg("accepted: %s", text);
    assert_null(b.t);
    if (strcmp(b.x.e.text, error) != 0)
        fail_msg("%s\n gives %s\n not   %s", text, b.x.e.text, error);
    bench_done(&b);
}

static void test_wrong_templates(void **state) {
    (void)state;
    must_refuse("a ${tokn}", PLACE_PLAIN,
                "s.json:1:4: unknown name \"tokn\" in ${...}; did you mean \"token\"?");
    must_refuse("\"\xc3\xa4${row.usr}", PLACE_PLAIN, /* an escape and a character of two bytes */
                "s.json:1:5: unknown name \"row.usr\" in ${...}; did you mean \"row.user\"?");
    must_refuse("${nothing_like_it}", PLACE_PLAIN,
                "s.json:1:2: unknown name \"nothing_like_it\" in ${...}; this scenario has no "
                "variable, capture or feeder with this name (${env.NAME} reads the environment, "
                "$${ is a literal ${)");
    must_refuse("${uid}", PLACE_PLAIN,
                "s.json:1:2: unknown name \"uid\" in ${...}; did you mean \"uuid\"?");
    must_refuse("${row}", PLACE_PLAIN,
                "s.json:1:2: \"row\" is a feeder; add a column, as in ${row.user}");
    must_refuse("${base64}", PLACE_PLAIN,
                "s.json:1:2: \"base64\" is a function; add its arguments in ( )");
    must_refuse("${rot13(token)}", PLACE_PLAIN,
                "s.json:1:4: unknown function \"rot13\"; known are random.int, random.choice, "
                "base64, json, urlencode and value");
    must_refuse("${base64(${token})}", PLACE_PLAIN,
                "s.json:1:11: inside ${...}, write names without ${ }, as in ${base64(name)}");
    must_refuse("${base64(tokn)}", PLACE_PLAIN,
                "s.json:1:11: unknown name \"tokn\" in ${...}; did you mean \"token\"?");
    must_refuse("${base64()}", PLACE_PLAIN,
                "s.json:1:11: an argument is missing here; write '' for empty text");
    must_refuse("${base64(token}", PLACE_PLAIN,
                "s.json:1:16: expected ',' or ')' after this argument");
    must_refuse("${base64('a)}", PLACE_PLAIN, "s.json:1:11: this quoted text has no closing '");
    must_refuse(
        "${random.int(9, 1)}", PLACE_PLAIN,
        "s.json:1:4: random.int needs the lowest and the highest number, as in random.int(1, 100)");
    must_refuse(
        "${random.int(1)}", PLACE_PLAIN,
        "s.json:1:4: random.int needs the lowest and the highest number, as in random.int(1, 100)");
    must_refuse("${token", PLACE_PLAIN,
                "s.json:1:2: this ${ has no closing }; write $${ for a literal ${");
    must_refuse("${token x}y}", PLACE_PLAIN,
                "s.json:1:2: unknown name \"token x\" in ${...}; did you mean \"token\"?");
    must_refuse("${env.NOPE}", PLACE_PLAIN,
                "s.json:1:2: NOPE is not set; set NOPE in the environment");
    must_refuse("${env.LINES}", PLACE_HEADER,
                "s.json:1:2: the value of ${env.LINES} contains a control character (a line end?), "
                "which a header cannot hold");
    must_refuse("a\nb", PLACE_HEADER,
                "s.json:1:2: this text contains a control character (a line end?), which a header "
                "cannot hold");
    must_refuse("${json(env.BYTES)}", PLACE_PLAIN,
                "s.json:1:4: the argument is not UTF-8, which JSON requires");
    static const char deep[] = /* one more than may be */
        "${base64(base64(base64(base64(base64(base64(base64(base64(base64(token)))))))))}";
    must_refuse(deep, PLACE_PLAIN, "s.json:1:60: functions are nested more than 8 deep");
}

static void must_fail_to_render(const char *text, enum text_place place, const char *error) {
    struct bench b;
    struct buf out;
    struct err e = {""};
    buf_init(&out, 1 << 20);
    if (compile(&b, text, place) != 0)
        fail_msg("%s: %s", text, b.x.e.text);
    b.variables[0].data = NULL;
    b.fields[0] = NULL;
    assert_int_equal(template_render(b.t, &b.v, &out, &e), -1);
    assert_string_equal(e.text, error);
    buf_done(&out);
    bench_done(&b);
}

static void test_json_values(void **state) {
    (void)state;
    must_be("${value(user.id)}", PLACE_VALUE, "42");
    must_be("${value('[', user.id, ']')}", PLACE_VALUE, "[42]");
    must_fail_to_render("${value(evil)}", PLACE_VALUE,
                        "the header X: the value of ${...} is not a JSON value: a number, true, "
                        "false, null, a string in quotes, an array or an object");
    must_fail_to_render("${value(bin)}", PLACE_VALUE,
                        "the header X: the value of ${...} is not UTF-8, which JSON requires");
}

static void test_wrong_values(void **state) {
    (void)state;
    must_fail_to_render("${token}", PLACE_PLAIN,
                        "the header X: ${token} has no value yet: nothing was captured under this "
                        "name");
    must_fail_to_render("${base64('a', token)}", PLACE_PLAIN,
                        "the header X: ${token} has no value yet: nothing was captured under this "
                        "name");
    must_fail_to_render("${row.user}", PLACE_PLAIN,
                        "the header X: ${row.user} has no value: no row was read from this feeder");
    must_fail_to_render("${evil}", PLACE_HEADER,
                        "the header X: the value of ${evil} contains a control character (a line "
                        "end?), which a header cannot hold");
    must_fail_to_render("${bin}", PLACE_HEADER,
                        "the header X: the value of ${bin} contains a control character (a line "
                        "end?), which a header cannot hold");
    must_fail_to_render("${bin}", PLACE_JSON,
                        "the header X: the value of ${bin} is not UTF-8, which JSON requires");
    must_fail_to_render("${json(bin)}", PLACE_PLAIN,
                        "the header X: the value inside json() is not UTF-8, which JSON requires");
    must_fail_to_render(
        "${bin}", PLACE_QUOTED,
        "the header X: the value of ${bin} contains a NUL, which the header of a part cannot hold");
}

/* The content of the file named by `text`, or the failure's text. */
static void file_is(const char *text, const char *value, const char *expected, bool good) {
    struct bench b;
    struct buf out, json;
    struct template_holes holes = {0};
    struct err e = {""};
    buf_init(&json, 1000);
    buf_init(&out, 1 << 20);
    buf_printf(&json, "\"%s\"", text);
    bench_init(&b, buf_text(&json));
    b.variables[0] = (struct bytes){value, strlen(value)};
    b.x.r.scope = &b.scope;
    b.x.r.holes = &holes;
    buf_char(&out, '<');
    if (template_file(&b.x.r, json_root(b.x.doc), &out) != 0)
        fail_msg("%s: %s", text, b.x.e.text);
    buf_char(&out, '>');
    assert_int_equal(template_make(&b.x.r, 0, &out, &holes, "the body", &b.t), 0);
    assert_int_equal(b.t->hole_count, 1);
    buf_init(&out, 1 << 20);
    assert_int_equal(template_render(b.t, &b.v, &out, &e), good ? 0 : -1);
    if (strstr(good ? buf_text(&out) : e.text, expected) == NULL)
        fail_msg("%s with %s: %s%s", text, value, e.text, buf_text(&out));
    buf_done(&out);
    buf_done(&json);
    bench_done(&b);
}

static void link_to(const char *target, const char *name) {
    char path[256];
    snprintf(path, sizeof path, "%s/%s", test_folder(), name);
    assert_int_equal(symlink(target, path), 0);
}

static void test_files(void **state) {
    (void)state;
    char path[256];
    snprintf(path, sizeof path, "%s/img/sub", test_folder());
    assert_int_equal(mkdir(path, 0700), 0);
    write_file("img/sub/b", "B", 1);
    snprintf(path, sizeof path, "%s/img/pipe", test_folder());
    assert_int_equal(mkfifo(path, 0600), 0);
    link_to("/etc/passwd", "img/link");
    link_to("/etc", "link");
    write_file("out", "OUT", 3);
    file_is("${img.path}", "", "<A>", true);
    file_is("img/${img.name}", "", "<A>", true);
    file_is("img/${token}", "a.png", "<A>", true);
    file_is("img/${token}.png", "a", "<A>", true);
    file_is("${token}", "img/sub//b", "<B>", true);
    file_is("${token}/sub/b", "img", "<B>", true);
    file_is("img/${token}", "a..b", "No such file or directory", false);
    file_is("img/${token}", "../out", "\"..\" points outside the folder", false);
    file_is("img/${token}", "..", "\"..\" points outside the folder", false);
    file_is("img/${token}", "sub/../../out", "\"..\" points outside the folder", false);
    file_is("${token}/out", "..", "\"..\" points outside the folder", false);
    file_is("${token}", "/etc/passwd", "it is absolute", false);
    file_is("${token}", "", "it is empty", false);
    file_is("img/${token}", "link", "symbolic links are not followed", false);
    file_is("${token}", "link/passwd", "symbolic links are not followed", false);
    file_is("img/${token}", "pipe", "is not a file", false);
    file_is("img/${token}", "sub", "is not a file", false);
    char large[5000];
    memset(large, 'a', sizeof large);
    large[sizeof large - 1] = '\0';
    file_is("img/${token}", large, "longer than 4096 bytes", false);
}

static void test_a_nul_in_a_name(void **state) {
    (void)state;
    struct bench b;
    struct buf out;
    struct template_holes holes = {0};
    struct err e;
    bench_init(&b, "\"img/${bin}\"");
    b.variables[2] = (struct bytes){"a.png\0x", 7};
    buf_init(&out, 1000);
    b.x.r.scope = &b.scope;
    b.x.r.holes = &holes;
    assert_int_equal(template_file(&b.x.r, json_root(b.x.doc), &out), 0);
    assert_int_equal(template_make(&b.x.r, 0, &out, &holes, "the body", &b.t), 0);
    assert_int_equal(template_render(b.t, &b.v, &out, &e), -1);
    assert_string_equal(e.text, "the body: file name refused: it contains a NUL");
    assert_string_equal(b.work.seen, "file a.png");
    buf_done(&out);
    bench_done(&b);
}

/* "name type" of a file in a multipart body. */
static void part_is(const char *file, const char *expected) {
    struct bench b;
    struct buf out, json;
    struct template_holes holes = {0};
    struct err e;
    buf_init(&json, 1000);
    buf_init(&out, 1000);
    buf_printf(&json, "\"%s\"", file);
    bench_init(&b, buf_text(&json));
    b.variables[0] = (struct bytes){"c", 1};
    b.x.r.scope = &b.scope;
    b.x.r.holes = &holes;
    assert_int_equal(template_file_name(&b.x.r, json_root(b.x.doc), &out), 0);
    buf_char(&out, ' ');
    assert_int_equal(template_file_type(&b.x.r, json_root(b.x.doc), &out), 0);
    assert_int_equal(template_make(&b.x.r, 0, &out, &holes, "the body", &b.t), 0);
    buf_init(&out, 1000);
    assert_int_equal(template_render(b.t, &b.v, &out, &e), 0);
    assert_string_equal(buf_text(&out), expected);
    buf_done(&out);
    buf_done(&json);
    bench_done(&b);
}

static void test_names_of_parts(void **state) {
    (void)state;
    part_is("img/cat.jpg", "cat.jpg image/jpeg");
    part_is("${img.path}", "a.png image/png");
    part_is("x/${token}.json", "c.json application/json");
    part_is("x/${token}", "c application/octet-stream");
}

static void test_large(void **state) {
    (void)state;
    /* A megabyte of openings, of literals, of text; and more holes than there may be. */
    struct bench b;
    size_t n = (1 << 20) - 16;
    char *text = malloc(n + 1);
    assert_non_null(text);
    for (size_t i = 0; i < n; i++)
        text[i] = "${"[i % 2];
    text[n] = '\0';
    assert_int_equal(compile(&b, text, PLACE_PLAIN), -1);
    assert_string_equal(b.x.e.text,
                        "s.json:1:2: this ${ has no closing }; write $${ for a literal ${");
    bench_done(&b);
    for (size_t i = 0; i < n; i++)
        text[i] = "$${"[i % 3];
    assert_int_equal(compile(&b, text, PLACE_PLAIN), 0);
    assert_int_equal(b.t->hole_count, 0);
    assert_int_equal(b.t->len, n / 3 * 2);
    bench_done(&b);
    for (size_t i = 0; i < n; i++)
        text[i] = "${bin}"[i % 6];
    assert_int_equal(compile(&b, text, PLACE_PLAIN), -1);
    assert_string_equal(b.x.e.text, "s.json:1:600002: more than 100000 ${...} in one text");
    bench_done(&b);
    free(text);
}

static void test_secrets(void **state) {
    (void)state;
    /* What is made of a secret is one. */
    struct bench b;
    struct buf masked;
    assert_int_equal(compile(&b, "${base64('user:', env.TOKEN)}", PLACE_HEADER), 0);
    assert_int_equal(b.t->hole_count, 0);
    buf_init(&masked, 1000);
    scenario_mask(&b.x.scenario, b.t->text, &masked);
    assert_string_equal(buf_text(&masked), "***");
    buf_done(&masked);
    bench_done(&b);
}

static void test_names(void **state) {
    (void)state;
    struct bench b;
    uint32_t slot = 99;
    bench_init(&b, "\"\"");
    assert_int_equal(scope_variable(&b.x.r, &b.scope, "token", 0, &slot), 0);
    assert_int_equal(slot, 0);
    assert_int_equal(scope_variable(&b.x.r, &b.scope, "user", 0, &slot), -1);
    assert_string_equal(b.x.e.text,
                        "s.json:1:1: the name \"user\" is reserved in ${...}; use a different one");
    assert_int_equal(scope_variable(&b.x.r, &b.scope, "row", 0, &slot), -1);
    assert_string_equal(b.x.e.text,
                        "s.json:1:1: a feeder has the name \"row\"; use a different one");
    assert_int_equal(scope_variable(&b.x.r, &b.scope, "a-b", 0, &slot), -1);
    assert_int_equal(scope_variable(&b.x.r, &b.scope, "", 0, &slot), -1);
    assert_int_equal(scope_feeder(&b.x.r, &b.scope, rows, 0), -1);
    assert_string_equal(b.x.e.text,
                        "s.json:1:1: the name \"row\" is already used; use a different one");
    assert_int_equal(slot, 0);
    bench_done(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),          cmocka_unit_test(test_places),
        cmocka_unit_test(test_functions),       cmocka_unit_test(test_random),
        cmocka_unit_test(test_wrong_templates), cmocka_unit_test(test_json_values),
        cmocka_unit_test(test_wrong_values),    cmocka_unit_test(test_files),
        cmocka_unit_test(test_a_nul_in_a_name), cmocka_unit_test(test_names_of_parts),
        cmocka_unit_test(test_large),           cmocka_unit_test(test_secrets),
        cmocka_unit_test(test_names),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
