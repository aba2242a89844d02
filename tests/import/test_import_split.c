/* Entries out of a stream: in every layout, cut anywhere, broken in the middle, too long. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "import/import_split.h"

/* What came out, a line per piece: "LINE entry TEXT". */
struct seen {
    struct buf text;
    int count;
};

static int note(void *context, enum import_piece piece, const char *text, size_t n, uint64_t line) {
    struct seen *s = context;
    static const char *const names[] = {"entry ", "broken", "too long", "no memory"};
    s->count++;
    buf_printf(&s->text, "%d %s", (int)line, names[piece]);
    buf_add(&s->text, text, n);
    buf_char(&s->text, '\n');
    return 0;
}

/* Feeds `step` bytes at a time; returns whether it was cut short. */
static bool cut(const char *text, size_t n, size_t step, size_t max, struct seen *out) {
    struct import_split s;
    bool cut_short = false;
    buf_init(&out->text, 1 << 20);
    out->count = 0;
    import_split_init(&s, max, note, out);
    for (size_t i = 0; i < n; i += step)
        assert_int_equal(import_split_feed(&s, text + i, n - i < step ? n - i : step), 0);
    assert_int_equal(import_split_end(&s, &cut_short), 0);
    import_split_done(&s);
    return cut_short;
}

static void assert_cut(const char *text, const char *expected, bool cut_short) {
    static const size_t steps[] = {1, 2, 3, 7, 1000000};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        struct seen s;
        bool was = cut(text, strlen(text), steps[i], 1000, &s);
        assert_string_equal(buf_text(&s.text), expected);
        assert_int_equal(was, cut_short);
        buf_done(&s.text);
    }
}

static void test_every_layout(void **state) {
    (void)state;
    assert_cut("[{\"a\":1},{\"b\":[{}]}]", "1 entry {\"a\":1}\n1 entry {\"b\":[{}]}\n", false);
    assert_cut("[\n {\"a\":1},\n {\"b\":2}\n]\n", "2 entry {\"a\":1}\n3 entry {\"b\":2}\n", false);
    assert_cut("{\"a\":1}\n{\"b\":2}\n", "1 entry {\"a\":1}\n2 entry {\"b\":2}\n", false);
    assert_cut("{\"a\":1}{\"b\":2}", "1 entry {\"a\":1}\n1 entry {\"b\":2}\n", false);
    assert_cut("{\n \"a\": {\n  \"x\": 1\n }\n}\n{\n \"b\": 2\n}",
               "1 entry {\n \"a\": {\n  \"x\": 1\n }\n}\n6 entry {\n \"b\": 2\n}\n", false);
    assert_cut("\xef\xbb\xbf{\"a\":1}", "1 entry {\"a\":1}\n", false);
    assert_cut("[]", "", false);
    assert_cut(" \r\n", "", false);
}

static void test_pages_of_an_api(void **state) {
    (void)state;
    assert_cut("{\"entries\":[{\"a\":1},{\"b\":2}],\"nextPageToken\":\"x]}\"}",
               "1 entry {\"a\":1}\n1 entry {\"b\":2}\n", false);
    assert_cut("{\"unit\":\"1\",\n\"timeSeries\": [{\"a\":1}], \"executionErrors\":[{\"no\":1}]}\n"
               "{\"timeSeries\":[{\"b\":2}]}",
               "2 entry {\"a\":1}\n3 entry {\"b\":2}\n", false);
    assert_cut("[{\"time_series\":[{\"a\":1}]},{\"time_series\":[]},{\"c\":3}]",
               "1 entry {\"a\":1}\n1 entry {\"c\":3}\n", false);
    /* The same name deeper down, as a value, or with an escape is nothing special. */
    assert_cut("{\"x\":{\"entries\":[{\"a\":1}]}}", "1 entry {\"x\":{\"entries\":[{\"a\":1}]}}\n",
               false);
    assert_cut("{\"x\":\"entries\",\"y\":[{}]}", "1 entry {\"x\":\"entries\",\"y\":[{}]}\n", false);
    assert_cut("{\"entries\":[{\"a\":1}", "1 entry {\"a\":1}\n", true);
}

static void test_brackets_and_quotes_in_strings(void **state) {
    (void)state;
    assert_cut("[{\"a\":\"}]{[\\\"},\\\\\"},{\"b\":\"\\\\\"}]",
               "1 entry {\"a\":\"}]{[\\\"},\\\\\"}\n1 entry {\"b\":\"\\\\\"}\n", false);
}

static void test_what_is_no_object(void **state) {
    (void)state;
    assert_cut("[1,\"x\",null]", "1 entry 1\n1 entry \"x\"\n1 entry null\n", false);
    assert_cut("<html>\nno\n", "1 entry <html>\n2 entry no\n", false);
}

/* A process that was killed while it wrote a line, and its successor that wrote on. */
static void test_a_broken_line_costs_itself_only(void **state) {
    (void)state;
    assert_cut("{\"a\":1}\n{\"b\":\"cut he\n{\"c\":3}\n",
               "1 entry {\"a\":1}\n2 broken\n3 entry {\"c\":3}\n", false);
    assert_cut("{\"a\":1}\n{\"b\":{\"x\":1\n{\"c\":3}\n",
               "1 entry {\"a\":1}\n2 broken\n3 entry {\"c\":3}\n", false);
    assert_cut("{\"b\":[1,2}\n{\"c\":3}\n", "1 broken\n2 entry {\"c\":3}\n", false);
    assert_cut("{\"b\":1,\n{\"c\":3}\n", "1 broken\n2 entry {\"c\":3}\n", false);
    /* In a pretty array the next entry is told by its indentation, not by the next brace. */
    assert_cut("[\n  {\n    \"a\": \"cut\n    \"b\": {\n    }\n  },\n  {\n    \"c\": 3\n  }\n]\n",
               "2 broken\n7 entry {\n    \"c\": 3\n  }\n", false);
    assert_cut("[\n  {\n    \"a\": ]\n  }\n]\n", "2 broken\n", false);
}

/* Every prefix of a file gives the entries that are whole in it, and says that more should follow.
 */
static void test_cut_anywhere(void **state) {
    (void)state;
    static const char text[] =
        "[\n  {\"a\": [1, {\"x\": \"}\"}]},\n  {\"b\": 2},\n  {\"c\": 3}\n]\n";
    size_t ends[3], n = 0;
    for (const char *p = text; (p = strstr(p, "},\n")) != NULL; p++)
        ends[n++] = (size_t)(p - text) + 1;
    ends[n++] = (size_t)(strstr(text, "3}") - text) + 2;
    assert_int_equal(n, 3);
    size_t closed = (size_t)(strrchr(text, ']') - text) + 1;
    for (size_t length = 0; length < sizeof text; length++) {
        struct seen s;
        int expected = 0;
        for (size_t i = 0; i < 3; i++)
            expected += ends[i] <= length;
        bool cut_short = cut(text, length, 5, 1000, &s);
        assert_int_equal(s.count, expected);
        assert_int_equal(cut_short, length > 0 && length < closed);
        assert_null(strstr(buf_text(&s.text), "broken"));
        buf_done(&s.text);
    }
}

static void test_an_entry_beyond_the_ceiling(void **state) {
    (void)state;
    char text[3000];
    snprintf(text, sizeof text, "[{\"a\":\"%*s\"},{\"b\":2}]", 2000, "x");
    assert_cut(text, "1 too long\n1 entry {\"b\":2}\n", false);
    /* It is said once, and before its end: there may be none. */
    snprintf(text, sizeof text, "\n[{\"a\":\"%*s", 2500, "x");
    assert_cut(text, "2 too long\n", true);
    /* The last byte that fits, and one more. */
    snprintf(text, sizeof text, "{\"a\":\"%0992d\"}", 0);
    char whole[4000];
    snprintf(whole, sizeof whole, "1 entry %s\n", text);
    assert_int_equal(strlen(text), 1000);
    assert_cut(text, whole, false);
    snprintf(text, sizeof text, "{\"a\":\"%0993d\"}", 0);
    assert_cut(text, "1 too long\n", false);
}

/* What is no entry has an end, too: blanks, what is lost behind a broken entry, what is around
 * entries, what is no object. A line may begin anew. */
static void test_a_line_without_entries_has_a_ceiling(void **state) {
    (void)state;
    char text[4000];
    snprintf(text, sizeof text, "{\"a\":1}\n%1001s\n{\"b\":2}", "");
    assert_cut(text, "1 entry {\"a\":1}\n2 too long\n3 entry {\"b\":2}\n", false);
    snprintf(text, sizeof text, "%900s\n%900s\n{\"b\":2}", "", "");
    assert_cut(text, "3 entry {\"b\":2}\n", false);
    snprintf(text, sizeof text, "{]%1001s\n{\"b\":2}", "");
    assert_cut(text, "1 broken\n1 too long\n2 entry {\"b\":2}\n", false);
    snprintf(text, sizeof text, "{\"entries\":[{\"b\":2}],\"c\":\"%1001s\"}", "");
    assert_cut(text, "1 entry {\"b\":2}\n1 too long\n", false);
    snprintf(text, sizeof text, "%01001d\n{\"b\":2}", 0);
    assert_cut(text, "1 too long\n2 entry {\"b\":2}\n", false);
}

static void test_arrays_in_arrays(void **state) {
    (void)state;
    assert_cut("[[{\"a\":1}],[{\"b\":2}]]", "1 entry {\"a\":1}\n1 entry {\"b\":2}\n", false);
    char deep[200];
    memset(deep, '[', sizeof deep);
    struct seen s;
    cut(deep, sizeof deep, 1, 1000, &s);
    assert_int_equal(s.count, 1); /* broken, once */
    buf_done(&s.text);
}

static int stop(void *context, enum import_piece piece, const char *text, size_t n, uint64_t line) {
    (void)piece;
    (void)text;
    (void)n;
    (void)line;
    ++*(int *)context;
    return 7;
}

static void test_the_caller_can_stop_it(void **state) {
    (void)state;
    struct import_split s;
    int calls = 0;
    import_split_init(&s, 1000, stop, &calls);
    assert_int_equal(import_split_feed(&s, "{}{}{}", 6), 7);
    assert_int_equal(calls, 1);
    import_split_done(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_layout),
        cmocka_unit_test(test_pages_of_an_api),
        cmocka_unit_test(test_brackets_and_quotes_in_strings),
        cmocka_unit_test(test_what_is_no_object),
        cmocka_unit_test(test_a_broken_line_costs_itself_only),
        cmocka_unit_test(test_cut_anywhere),
        cmocka_unit_test(test_an_entry_beyond_the_ceiling),
        cmocka_unit_test(test_a_line_without_entries_has_a_ceiling),
        cmocka_unit_test(test_arrays_in_arrays),
        cmocka_unit_test(test_the_caller_can_stop_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
