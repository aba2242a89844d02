/* feeder: rows of real files, in each mode, and files that are wrong or change. */
#include "scenario/reading.h"

#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

#include "scenario/feeder_internal.h"
#include "scenario/shuffle.h"

static char path[256];

static const char *file(const char *name, const char *text, size_t n) {
    snprintf(path, sizeof path, "%s/%s", test_folder(), name);
    write_file(name, text, n);
    return path;
}

static int teardown(void **state) {
    (void)state;
    static const char *const names[] = {"a.csv",       "a.jsonl",       "large.csv",  "files/b.txt",
                                        "files/a.png", "files/.hidden", "files/link", "files/sub",
                                        "files",       "none"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(path, sizeof path, "%s/%s", test_folder(), names[i]);
        remove(path);
    }
    return 0;
}

static struct feeder *must_open(enum feeder_kind kind, enum feeder_mode mode, const char *text,
                                size_t n) {
    struct feeder *f = NULL;
    struct err e = {""};
    if (feeder_open(
            "f",
            &(struct feeder_source){.kind = kind,
                                    .path = file(kind == FEEDER_CSV ? "a.csv" : "a.jsonl", text, n),
                                    .mode = mode},
            &f, &e) != 0)
        fail_msg("%s\n%s", text, e.text);
    return f;
}

/* Draws a row and shows it as "a|b|c"; "" where there is none. */
static const char *draw(struct feeder *f, uint64_t user, struct rng *rng) {
    static char text[1000];
    struct feeder_row row = {0};
    struct err e = {""};
    enum feeder_result result =
        feeder_draw(f, &(struct feeder_turn){.user = user, .rng = rng}, &row, &e);
    size_t at = 0;
    if (result == FEEDER_FAILED)
        fail_msg("%s", e.text);
    text[0] = '\0';
    for (size_t i = 0; result == FEEDER_DRAWN && i < feeder_columns(f); i++)
        at += (size_t)snprintf(text + at, sizeof text - at, "%s%.*s", i > 0 ? "|" : "",
                               (int)row.fields[i].len, row.fields[i].data);
    feeder_row_done(&row);
    return text;
}

static void csv_is(const char *text, const char *columns, const char *const *rows, size_t n) {
    struct feeder *f = must_open(FEEDER_CSV, FEEDER_SEQUENTIAL, text, strlen(text));
    char names[1000] = "";
    size_t at = 0;
    for (size_t i = 0; i < feeder_columns(f); i++)
        at += (size_t)snprintf(names + at, sizeof names - at, "%s%s", i > 0 ? "|" : "",
                               feeder_column(f, i));
    assert_string_equal(names, columns);
    assert_int_equal(feeder_rows(f), n);
    for (size_t i = 0; i <= n; i++) /* and from the beginning again */
        assert_string_equal(draw(f, 0, NULL), rows[i % n]);
    feeder_free(f);
}

#define CSV_IS(text, columns, ...)                                                                 \
    csv_is(text, columns, (const char *const[]){__VA_ARGS__},                                      \
           sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

static void test_csv(void **state) {
    (void)state;
    /* RFC 4180 section 2, rules 1 to 7. */
    CSV_IS("a,b,c\r\naaa,bbb,ccc\r\nzzz,yyy,xxx\r\n", "a|b|c", "aaa|bbb|ccc", "zzz|yyy|xxx");
    CSV_IS("a,b,c\r\naaa,bbb,ccc\r\nzzz,yyy,xxx", "a|b|c", "aaa|bbb|ccc", "zzz|yyy|xxx");
    CSV_IS("a,b,c\r\n\"aaa\",\"bbb\",\"ccc\"\r\nzzz,yyy,xxx", "a|b|c", "aaa|bbb|ccc",
           "zzz|yyy|xxx");
    CSV_IS("a,b,c\r\n\"aaa\",\"b\r\nbb\",\"ccc\"\r\nzzz,yyy,xxx", "a|b|c", "aaa|b\r\nbb|ccc",
           "zzz|yyy|xxx");
    CSV_IS("a,b,c\n\"aaa\",\"b\"\"bb\",\"c,c\"\n", "a|b|c", "aaa|b\"bb|c,c");
    /* Rule 4: spaces belong to a field. */
    CSV_IS("a, b\n 1 ,2\n", "a| b", " 1 |2");
    CSV_IS("\xef\xbb\xbf"
           "a,b\n1,2\n",
           "a|b", "1|2");
    CSV_IS("\xef\xbb\xbf\"a\",b\n1,2\n", "a|b", "1|2");
    CSV_IS("a,b\n,\n\"\",x\n,\"\"", "a|b", "|", "|x", "|");
    CSV_IS("a\n\n1\r\n\r\n\n\"\"\n\n2\n\n", "a", "1", "", "2"); /* empty lines are no rows */
    CSV_IS("\"a\"\"b\",\"c\nd\"\n1,2\n", "a\"b|c\nd", "1|2");
    CSV_IS("a\n\"\"\"\"\n", "a", "\"");
}

static void csv_fails(const char *text, size_t n, const char *error) {
    struct feeder *f = NULL;
    struct err e = {""};
    char expected[600];
    const char *name = file("a.csv", text, n);
    snprintf(expected, sizeof expected, "%s%s", name, error);
    if (feeder_open(
            "f", &(struct feeder_source){.kind = FEEDER_CSV, .path = name, .mode = FEEDER_RANDOM},
            &f, &e) == 0)
        fail_msg("accepted: %s", text);
    assert_null(f);
    assert_string_equal(e.text, expected);
}

#define CSV_FAILS(text, error) csv_fails(text, sizeof(text) - 1, error)

static void test_malformed_csv(void **state) {
    (void)state;
    CSV_FAILS("", " is empty; its first line must be the header with the column names");
    CSV_FAILS("\n\n", " is empty; its first line must be the header with the column names");
    CSV_FAILS("a,b\n", " has no rows after the header row");
    CSV_FAILS("a,b\n1,2\n3\n", ":3: 1 field, but the header has 2 columns");
    CSV_FAILS("a,b\n\"1\n1\",2\n3,4,5\n", ":4: 3 fields, but the header has 2 columns");
    CSV_FAILS("a\n1\n2\n\"3\n4\n5\n", ":4: this quote is never closed");
    CSV_FAILS("a\nb\"c\n",
              ":2: a quote inside a field; quote the whole field and double this quote");
    CSV_FAILS("a\n\n\"b\"c\n",
              ":3: text after a closing quote; double a quote inside a quoted field");
    CSV_FAILS("a\n1\rb\n", ":2: a carriage return without a line feed; quote the field");
    CSV_FAILS("a\n\rb\n", ":2: a carriage return without a line feed; quote the field");
    CSV_FAILS("a,\n1,2\n", ":1: column 2 needs a name of 1 to 256 characters");
    CSV_FAILS("a,b,a\n1,2,3\n", ":1: two columns are named \"a\"; rename one");
    CSV_FAILS("\xff\xfe"
              "a\0\n\0",
              ":1: this is UTF-16; save the file as UTF-8");
    size_t n = 3 << 20;
    char *large = malloc(n);
    assert_non_null(large);
    memset(large, 'x', n);
    memcpy(large, "a\n\"", 3);
    csv_fails(large, n, ":2: a row longer than 1048576 bytes; is a closing quote missing?");
    memset(large, ',', 5000);
    csv_fails(large, 500, ":1: column 1 needs a name of 1 to 256 characters");
    large[0] = 'a';
    for (size_t i = 1; i < 5000; i++)
        large[i] = i % 2 == 0 ? (char)('b' + i % 20) : ',';
    csv_fails(large, 5000, ":1: more than 1000 columns");
    free(large);

    struct feeder *f = NULL;
    struct err e;
    snprintf(path, sizeof path, "%s/none", test_folder());
    assert_int_equal(
        feeder_open(
            "f", &(struct feeder_source){.kind = FEEDER_CSV, .path = path, .mode = FEEDER_RANDOM},
            &f, &e),
        -1);
    assert_non_null(strstr(e.text, "No such file or directory"));
    assert_int_equal(feeder_open("f",
                                 &(struct feeder_source){.kind = FEEDER_CSV,
                                                         .path = test_folder(),
                                                         .mode = FEEDER_RANDOM},
                                 &f, &e),
                     -1);
    assert_non_null(strstr(e.text, "is not a file"));
}

static void test_json_lines(void **state) {
    (void)state;
    static const char text[] =
        "{\"id\": 1, \"name\": \"a\\u00e4\\n\\\"\", \"x\": null}\r\n"
        "\n"
        "{\"x\": {\"y\": [1, 2]}, \"more\": 0, \"name\": \"\", \"id\": -2.50}\n"
        "{\"i\\u0064\": true, \"name\": \"n\", \"x\": \"\"}";
    struct feeder *f = must_open(FEEDER_JSONL, FEEDER_SEQUENTIAL, text, sizeof text - 1);
    assert_int_equal(feeder_rows(f), 3);
    assert_int_equal(feeder_columns(f), 3);
    assert_string_equal(draw(f, 0, NULL), "1|a\xc3\xa4\n\"|");
    assert_string_equal(draw(f, 0, NULL), "-2.50||{\"y\": [1, 2]}");
    assert_string_equal(draw(f, 0, NULL), "true|n|");
    feeder_free(f);

    static const struct {
        const char *text, *error;
    } bad[] = {
        {"", " has no rows"},
        {"[1]\n", ":1: expected an object, { ... }, in each line"},
        {"{}\n", ":1: the first object is empty; its keys are the column names"},
        {"{\"a\":1}\n{\"b\":1}\n", ":2: \"a\" is missing; every line needs the keys of the first"},
        {"{\"a\":1}\n\n{\"a\":1\n", ":3: the text ends too early"},
        {"{\"a\":1} {\"a\":2}\n", ":1: text after the object; each line must be one object"},
        {"{\"a\":1,\"a\":2}\n", ":1: two columns are named \"a\"; rename one"},
        {"{\"a\":tru}\n", ":1: a value is missing"}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct err e = {""};
        char expected[400];
        const char *name = file("a.jsonl", bad[i].text, strlen(bad[i].text));
        snprintf(expected, sizeof expected, "%s%s", name, bad[i].error);
        assert_int_equal(feeder_open("f",
                                     &(struct feeder_source){
                                         .kind = FEEDER_JSONL, .path = name, .mode = FEEDER_RANDOM},
                                     &f, &e),
                         -1);
        assert_string_equal(e.text, expected);
    }
}

static void test_files(void **state) {
    (void)state;
    struct feeder *f = NULL;
    struct err e = {""};
    char folder[200], expected[500], link[300];
    snprintf(folder, sizeof folder, "%s/files", test_folder());
    assert_int_equal(mkdir(folder, 0700), 0);
    assert_int_equal(feeder_open("f",
                                 &(struct feeder_source){.kind = FEEDER_FILES,
                                                         .path = folder,
                                                         .mode = FEEDER_SEQUENTIAL},
                                 &f, &e),
                     -1);
    assert_non_null(strstr(e.text, "/files has no files in it"));
    snprintf(link, sizeof link, "%s/link", folder);
    assert_int_equal(symlink("/etc/passwd", link), 0);
    snprintf(link, sizeof link, "%s/sub", folder);
    assert_int_equal(mkdir(link, 0700), 0);
    write_file("files/b.txt", "b", 1);
    write_file("files/a.png", "a", 1);
    write_file("files/.hidden", "", 0);
    if (feeder_open("f",
                    &(struct feeder_source){
                        .kind = FEEDER_FILES, .path = folder, .mode = FEEDER_SEQUENTIAL},
                    &f, &e) != 0)
        fail_msg("%s", e.text);
    assert_int_equal(feeder_rows(f), 2);
    snprintf(expected, sizeof expected, "a.png|%s/a.png|image/png", folder);
    assert_string_equal(draw(f, 0, NULL), expected);
    snprintf(expected, sizeof expected, "b.txt|%s/b.txt|text/plain", folder);
    assert_string_equal(draw(f, 0, NULL), expected);
    feeder_free(f);
}

/* A CSV file with the rows 0 to n-1. */
static struct feeder *numbers(unsigned n, enum feeder_mode mode) {
    struct buf b;
    buf_init(&b, 64 << 20);
    buf_str(&b, "n\n");
    for (unsigned i = 0; i < n; i++)
        buf_printf(&b, "%u\n", i);
    struct feeder *f = must_open(FEEDER_CSV, mode, buf_text(&b), b.len);
    buf_done(&b);
    return f;
}

static unsigned draw_number(struct feeder *f, uint64_t user, struct rng *rng) {
    return (unsigned)strtoul(draw(f, user, rng), NULL, 10);
}

static void test_modes(void **state) {
    (void)state;
    struct rng rng;
    unsigned seen[100] = {0};
    struct feeder *f = numbers(100, FEEDER_RANDOM);
    rng_seed(&rng, 1, 2);
    for (int i = 0; i < 10000; i++)
        seen[draw_number(f, 0, &rng)]++;
    for (int i = 0; i < 100; i++) /* 100 each, sd 10 */
        assert_in_range(seen[i], 50, 150);
    feeder_free(f);

    f = numbers(3, FEEDER_UNIQUE);
    for (int again = 0; again < 2; again++)
        for (unsigned user = 0; user < 3; user++)
            assert_int_equal(draw_number(f, user, NULL), user);
    assert_string_equal(draw(f, 3, NULL), "");
    feeder_free(f);

    f = numbers(3, FEEDER_ONCE);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(draw_number(f, 7, NULL), i);
    assert_string_equal(draw(f, 7, NULL), "");
    assert_string_equal(draw(f, 8, NULL), "");
    feeder_start(f, 1, (struct part){0, 1});
    assert_int_equal(draw_number(f, 7, NULL), 0);
    feeder_free(f);
}

static void test_shuffle(void **state) {
    (void)state;
    unsigned first[2][50], same = 0;
    struct feeder *f = numbers(50, FEEDER_SHUFFLE);
    for (uint64_t seed = 1; seed <= 2; seed++) {
        for (int again = 0; again < 2; again++) {
            feeder_start(f, seed, (struct part){0, 1});
            unsigned moved = 0, repeated = 0, before[50];
            for (int pass = 0; pass < 2; pass++) {
                bool seen[50] = {false};
                for (unsigned i = 0; i < 50; i++) {
                    unsigned n = draw_number(f, 0, NULL);
                    assert_false(seen[n]); /* each row once in a pass */
                    seen[n] = true;
                    moved += n != i;
                    if (pass == 1)
                        repeated += before[i] == n;
                    else if (again == 1)
                        assert_int_equal(first[seed - 1][i], n); /* the seed decides */
                    before[i] = n;
                    if (pass == 0)
                        first[seed - 1][i] = n;
                }
            }
            assert_true(moved > 80 && repeated < 10); /* of 100 and 50; 1 each is the mean */
        }
    }
    for (int i = 0; i < 50; i++)
        same += first[0][i] == first[1][i];
    assert_true(same < 10);
    feeder_free(f);
}

static void test_shuffle_place(void **state) {
    (void)state;
    static bool seen[5000];
    for (uint64_t n = 1; n <= 5000; n = n < 70 ? n + 1 : n * 3 + 1) {
        memset(seen, 0, sizeof seen);
        for (uint64_t i = 0; i < n; i++) {
            uint64_t to = shuffle_place(n * 77, n, i);
            assert_true(to < n && !seen[to]);
            seen[to] = true;
        }
    }
    assert_true(shuffle_place(1, UINT64_C(1) << 62, (UINT64_C(1) << 62) - 1) < UINT64_C(1) << 62);
    /* Where the first of four comes to stand, over many keys: 2500 each, sd 43. */
    unsigned at[4] = {0};
    for (uint64_t key = 0; key < 10000; key++)
        at[shuffle_place(key, 4, 0)]++;
    for (int i = 0; i < 4; i++)
        assert_in_range(at[i], 2500 - 220, 2500 + 220);
}

static void *draw_many(void *context) {
    struct feeder *f = context;
    struct feeder_row row = {0};
    struct err e;
    uint64_t sum = 0;
    while (feeder_draw(f, &(struct feeder_turn){0}, &row, &e) == FEEDER_DRAWN)
        sum += row.number + 1;
    feeder_row_done(&row);
    return (void *)(uintptr_t)sum; // NOLINT
}

static void test_threads_share_the_rows(void **state) {
    (void)state;
    struct feeder *f = numbers(20000, FEEDER_ONCE);
    pthread_t threads[4];
    uint64_t sum = 0;
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, draw_many, f), 0);
    for (int i = 0; i < 4; i++) {
        void *part;
        pthread_join(threads[i], &part);
        sum += (uint64_t)(uintptr_t)part;
    }
    assert_int_equal(sum, UINT64_C(20000) * 20001 / 2); /* each row once */
    feeder_free(f);
}

/* More than is kept in memory: rows of 100 bytes. */
static struct feeder *large_feeder(enum feeder_mode mode) {
    struct feeder *f = NULL;
    struct err e;
    struct buf b;
    buf_init(&b, 64 << 20);
    buf_str(&b, "n,text\n");
    for (unsigned i = 0; b.len <= FEEDER_MEMORY_MAX; i++)
        buf_printf(&b, "%07u,\"%088u\n\"\n", i, i);
    file("large.csv", b.data, b.len);
    buf_done(&b);
    if (feeder_open("f", &(struct feeder_source){.kind = FEEDER_CSV, .path = path, .mode = mode},
                    &f, &e) != 0)
        fail_msg("%s", e.text);
    return f;
}

static void test_a_large_file(void **state) {
    (void)state;
    struct rng rng;
    struct feeder *f = large_feeder(FEEDER_RANDOM);
    struct feeder_row row = {0};
    struct err e;
    rng_seed(&rng, 3, 4);
    assert_int_equal(feeder_rows(f), (FEEDER_MEMORY_MAX - 7) / 100 + 1);
    for (int i = 0; i < 2000; i++) {
        char expected[100];
        assert_int_equal(feeder_draw(f, &(struct feeder_turn){.rng = &rng}, &row, &e),
                         FEEDER_DRAWN);
        snprintf(expected, sizeof expected, "%07u", (unsigned)row.number);
        assert_int_equal(row.fields[0].len, 7);
        assert_memory_equal(row.fields[0].data, expected, 7);
        snprintf(expected, sizeof expected, "%088u\n", (unsigned)row.number);
        assert_int_equal(row.fields[1].len, 89);
        assert_memory_equal(row.fields[1].data, expected, 89);
    }
    feeder_row_done(&row);
    feeder_free(f);
}

static void test_a_file_that_changes(void **state) {
    (void)state;
    struct err e = {""};
    struct feeder_row row = {0};
    char expected[400];
    struct feeder *f = large_feeder(FEEDER_SEQUENTIAL);
    snprintf(expected, sizeof expected,
             "%s has changed since it was opened; do not edit the file of a feeder during the run",
             path);
    assert_int_equal(feeder_draw(f, &(struct feeder_turn){0}, &row, &e), FEEDER_DRAWN);
    /* A byte is overwritten: the size is the same. */
    usleep(20000); /* the clock of files has steps */
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    assert_int_equal(pwrite(fd, "\"", 1, 500), 1);
    assert_int_equal(feeder_draw(f, &(struct feeder_turn){0}, &row, &e), FEEDER_FAILED);
    assert_string_equal(e.text, expected);
    /* It is cut. */
    assert_int_equal(ftruncate(fd, 150), 0);
    close(fd);
    for (int i = 0; i < 5; i++) {
        e.text[0] = '\0';
        assert_int_equal(feeder_draw(f, &(struct feeder_turn){0}, &row, &e), FEEDER_FAILED);
        assert_string_equal(e.text, expected);
    }
    feeder_free(f);

    /* Another file in its place: the open one is still whole. */
    f = large_feeder(FEEDER_SEQUENTIAL);
    remove(path);
    assert_int_equal(feeder_draw(f, &(struct feeder_turn){0}, &row, &e), FEEDER_DRAWN);
    feeder_free(f);

    /* A small one is in memory. */
    f = numbers(10, FEEDER_SEQUENTIAL);
    file("a.csv", "gone\n", 5);
    for (unsigned i = 0; i < 10; i++)
        assert_int_equal(draw_number(f, 0, NULL), i);
    feeder_free(f);
    feeder_row_done(&row);
}

static void read_fails(const char *text, const char *error) {
    struct reading x;
    struct feeder *f = NULL;
    reading_init(&x, text);
    if (feeder_read(&x.r, json_root(x.doc)->first, NULL, &f) == 0)
        fail_msg("accepted: %s", text);
    assert_null(f);
    assert_string_equal(x.e.text, error);
    reading_done(&x);
}

static void test_what_a_scenario_says(void **state) {
    (void)state;
    struct reading x;
    struct feeder *f = NULL;
    file("a.csv", "a\n1\n", 4);
    static const struct {
        const char *text;
        enum feeder_mode mode;
        bool ends_run;
    } good[] = {
        {"{\"row\": {\"csv\": \"a.csv\"}}", FEEDER_SEQUENTIAL, false},
        {"{\"row\": {\"csv\": \"a.csv\", \"mode\": \"once\"}}", FEEDER_ONCE, true},
        {"{\"row\": {\"csv\": \"a.csv\", \"mode\": \"once\", \"ends\": \"user\"}}", FEEDER_ONCE,
         false},
        {"{\"row\": {\"csv\": \"a.csv\", \"mode\": \"unique\"}}", FEEDER_UNIQUE, false},
        {"{\"row\": {\"csv\": \"a.csv\", \"mode\": \"unique\", \"ends\": \"run\"}}", FEEDER_UNIQUE,
         true},
        {"{\"row\": {\"csv\": \"a.csv\", \"mode\": \"shuffle\"}}", FEEDER_SHUFFLE, false},
        {"{\"row\": {\"csv\": \"a.csv\", \"mode\": \"random\"}}", FEEDER_RANDOM, false},
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        reading_init(&x, good[i].text);
        if (feeder_read(&x.r, json_root(x.doc)->first, NULL, &f) != 0)
            fail_msg("%s: %s", good[i].text, x.e.text);
        assert_string_equal(feeder_name(f), "row");
        assert_int_equal(f->mode, good[i].mode);
        assert_int_equal(feeder_ends_run(f), good[i].ends_run);
        feeder_free(f);
        f = NULL;
        reading_done(&x);
    }
    read_fails("{\"r\": {\"mode\": \"once\"}}",
               "s.json:1:7: the source of the rows is missing here; write \"csv\": FILE, "
               "\"jsonl\": FILE or \"files\": FOLDER, a data set (\"sharegpt\", \"messages\", "
               "\"custom\" or \"mooncake\": FILE), or \"prompts\": {...}");
    read_fails("{\"r\": {\"csv\": \"a.csv\", \"jsonl\": \"b\"}}",
               "s.json:1:24: \"jsonl\" cannot be combined with \"csv\"; remove one of them");
    read_fails(
        "{\"r\": {\"csv\": \"a.csv\", \"mode\": \"onec\"}}",
        "s.json:1:32: \"mode\" must be \"sequential\", \"random\", \"shuffle\", \"unique\" or "
        "\"once\"");
    read_fails("{\"r\": {\"csv\": \"a.csv\", \"ends\": \"run\"}}",
               "s.json:1:24: \"ends\" applies only to the modes \"once\" and \"unique\"; a feeder "
               "in mode \"sequential\" never ends");
    read_fails("{\"r\": {\"csv\": \"a.csv\", \"moed\": \"once\"}}",
               "s.json:1:24: unknown key \"moed\" in a feeder; did you mean \"mode\"?");
    char error[400];
    file("a.csv", "a\n1,2\n", 6);
    snprintf(error, sizeof error, "s.json:1:15: %s/a.csv:2: 2 fields, but the header has 1 column",
             test_folder());
    read_fails("{\"r\": {\"csv\": \"a.csv\"}}", error);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_csv),
        cmocka_unit_test(test_malformed_csv),
        cmocka_unit_test(test_json_lines),
        cmocka_unit_test(test_files),
        cmocka_unit_test(test_modes),
        cmocka_unit_test(test_shuffle),
        cmocka_unit_test(test_shuffle_place),
        cmocka_unit_test(test_threads_share_the_rows),
        cmocka_unit_test(test_a_large_file),
        cmocka_unit_test(test_a_file_that_changes),
        cmocka_unit_test(test_what_a_scenario_says),
    };
    return cmocka_run_group_tests(tests, NULL, teardown);
}
