/* arrival_trace: each format of recorded arrivals, what is made of its rows, and files that are
 * wrong. */
#include "scenario/reading.h"

#include <stdio.h>

#include "scenario/arrival_trace.h"
#include "scenario/feeder.h"
#include "util/clock.h"

#define MS NS_PER_MS

static char path[256];
static struct arrival_trace *t;
static struct feeder *rows;

static void put(const char *text) {
    snprintf(path, sizeof path, "%s/trace.jsonl", test_folder());
    write_file("trace.jsonl", text, strlen(text));
}

static void must_open(const char *text, int64_t from_ns, int64_t to_ns) {
    struct err e = {""};
    put(text);
    if (arrival_trace_open(path, from_ns, to_ns, &t, &rows, &e) != 0)
        fail_msg("%s\n%s", text, e.text);
    assert_string_equal(e.text, "");
}

static void done(void) {
    arrival_trace_free(t);
    feeder_free(rows);
    t = NULL;
    rows = NULL;
}

static void times_are(const int64_t *at_ns, size_t n, int64_t length_ns) {
    assert_int_equal(t->times.count, n);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(t->times.at_ns[i], at_ns[i]);
    assert_int_equal(t->times.length_ns, length_ns);
    assert_int_equal(feeder_rows(rows), n);
}

/* The column of the row that an arrival has. */
static void field_is(uint64_t arrival, const char *name, const char *expected) {
    struct feeder_row row = {0};
    struct err e = {""};
    uint32_t column;
    if (!feeder_find_column(rows, name, strlen(name), &column))
        fail_msg("no column %s", name);
    struct feeder_turn turn = {.arrival = arrival};
    if (feeder_draw(rows, &turn, &row, &e) != FEEDER_DRAWN)
        fail_msg("%s", e.text);
    if (row.fields[column].len != strlen(expected) ||
        memcmp(row.fields[column].data, expected, strlen(expected)) != 0)
        fail_msg("%s of arrival %d: %.*s, not %s", name, (int)arrival, (int)row.fields[column].len,
                 row.fields[column].data, expected);
    feeder_row_done(&row);
}

static void test_mooncake(void **state) {
    (void)state;
    must_open(
        "{\"timestamp\": 0, \"input_length\": 6758, \"output_length\": 500, \"hash_ids\": [0, 1]}\n"
        "{\"timestamp\": 3000, \"input_length\": 7322, \"output_length\": 490, \"hash_ids\": [0, "
        "14]}\n"
        "\n"
        "{\"output_length\": 4, \"timestamp\": 5999, \"input_length\": 3}\n",
        0, 0);
    assert_int_equal(t->format, TRACE_MOONCAKE);
    times_are((int64_t[]){0, 3000 * MS, 5999 * MS}, 3, 5999 * MS + 5999 * MS / 2);
    field_is(0, "input_tokens", "6758");
    field_is(1, "output_tokens", "490");
    field_is(1, "hash_ids", "[0, 14]");
    field_is(2, "hash_ids", "");
    field_is(2, "input_tokens", "3");
    field_is(4, "input_tokens", "7322"); /* arrival 4 of a loop is row 1 */
    assert_true(t->has_lengths && t->whole_count == 3 && t->whole_ns == 5999 * MS);
    assert_true(t->mean_output == (500 + 490 + 4) / 3.0);
    done();
}

static void test_azure(void **state) {
    (void)state;
    /* As the file of 2023: CRLF, and no line end at the end. */
    must_open("TIMESTAMP,ContextTokens,GeneratedTokens\r\n"
              "2023-11-16 18:15:46.6805900,374,44\r\n"
              "2023-11-16 18:15:50.9951690,\"4,808\",109\r\n"
              "2023-11-16 18:15:50.9951690,396,0",
              0, 0);
    assert_int_equal(t->format, TRACE_AZURE);
    times_are((int64_t[]){0, 4314579000, 4314579000}, 3, 4314579000 + 4314579000 / 2);
    field_is(0, "input_tokens", "374");
    field_is(1, "input_tokens", "4808");
    field_is(1, "ContextTokens", "4,808");
    field_is(2, "output_tokens", "0");
    field_is(0, "TIMESTAMP", "2023-11-16 18:15:46.6805900");
    assert_int_equal(t->silent, 1);
    done();
    /* As that of 2024: an offset, six decimals or none; and that of 2025, with a mark and
     * images. */
    must_open("\xef\xbb\xbfTIMESTAMP,NumImages,ContextTokens,GeneratedTokens\n"
              "2024-05-10 00:00:00.009930+00:00,2,1,3\n"
              "2024-05-10 00:00:01+00:00,0,5,6\n\n",
              0, 0);
    assert_int_equal(t->format, TRACE_AZURE);
    times_are((int64_t[]){0, 990070000}, 2, 2 * INT64_C(990070000));
    field_is(0, "NumImages", "2");
    field_is(1, "output_tokens", "6");
    done();
}

static void test_burstgpt(void **state) {
    (void)state;
    must_open("Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type\n"
              "5,ChatGPT,472,18,490,Conversation log\n"
              "45,ChatGPT,1087,230,1317,Conversation log\n",
              0, 0);
    assert_int_equal(t->format, TRACE_BURSTGPT);
    times_are((int64_t[]){0, 40 * NS_PER_S}, 2, 80 * NS_PER_S);
    field_is(1, "input_tokens", "1087");
    field_is(1, "Request tokens", "1087");
    done();
    /* Two columns more, in the middle; times that do not begin at 0. */
    must_open("Timestamp,Session ID,Elapsed time,Model,Request tokens,Response tokens,Total "
              "tokens,Log Type\n"
              "19440110.0,1722ac82,43,GPT-4,906,446,1352,Conversation log\n"
              "19440161.5,,2,ChatGPT,36,29,65,API log\n",
              0, 0);
    times_are((int64_t[]){0, 51500 * MS}, 2, 103000 * MS);
    field_is(0, "input_tokens", "906");
    field_is(0, "Session ID", "1722ac82");
    field_is(1, "output_tokens", "29");
    done();
}

static void test_json_lines(void **state) {
    (void)state;
    must_open("{\"timestamp\": 1e3, \"messages\": [{\"role\": \"user\", \"content\": \"a\"}]}\n"
              "{\"messages\": [], \"delay\": 0.5, \"max_tokens\": 7}\n"
              "{\"timestamp\": \"1002\", \"max_tokens\": null, \"tools\": [1]}\n",
              0, 0);
    assert_int_equal(t->format, TRACE_JSONL);
    times_are((int64_t[]){0, 500000, 2 * MS}, 3, 3 * MS);
    field_is(0, "messages", "[{\"role\": \"user\", \"content\": \"a\"}]");
    field_is(0, "max_tokens", "");
    field_is(1, "output_tokens", "7");
    field_is(2, "output_tokens", "");
    field_is(2, "tools", "[1]");
    assert_false(t->has_lengths);
    done();
    must_open("{\"delay\":10}", 0, 0);
    times_are((int64_t[]){0}, 1, NS_PER_S);
    done();
}

static void test_a_part(void **state) {
    (void)state;
    static const char text[] = "Timestamp,Request tokens,Response tokens\n"
                               "100,1,1\n110,2,2\n120,3,3\n120,4,4\n130,5,5\n";
    must_open(text, 10 * NS_PER_S, 30 * NS_PER_S);
    times_are((int64_t[]){0, 10 * NS_PER_S, 10 * NS_PER_S}, 3, 20 * NS_PER_S);
    field_is(0, "input_tokens", "2");
    field_is(2, "input_tokens", "4");
    assert_int_equal(t->whole_count, 5);
    done();
    must_open(text, 15 * NS_PER_S, 0);
    times_are((int64_t[]){5 * NS_PER_S, 5 * NS_PER_S, 15 * NS_PER_S}, 3, 20 * NS_PER_S);
    field_is(2, "input_tokens", "5");
    done();
}

static void must_refuse(const char *text, int64_t from_ns, int64_t to_ns, const char *expected) {
    struct err e = {""};
    char whole[1024];
    put(text);
    if (arrival_trace_open(path, from_ns, to_ns, &t, &rows, &e) == 0)
        fail_msg("accepted: %s", text);
    snprintf(whole, sizeof whole, "%s%s", path, expected);
    if (strcmp(e.text, whole) != 0)
        fail_msg("%s\n gives %s\n not   %s", text, e.text, whole);
}

#define MOON(time, in, out)                                                                        \
    "{\"timestamp\":" time ",\"input_length\":" in ",\"output_length\":" out "}\n"
#define AZURE "TIMESTAMP,ContextTokens,GeneratedTokens\r\n"

static void test_wrong_files(void **state) {
    (void)state;
    must_refuse(MOON("5", "1", "1") "\n" MOON("4", "1", "1"), 0, 0,
                ":3: this row came before the one above it; sort the file by its timestamps");
    must_refuse(MOON("5", "1", "1") MOON("6", "-1", "1"), 0, 0,
                ":2: \"input_length\" is negative: -1");
    must_refuse(MOON("5", "1", "1") "{\"timestamp\":7,\"input_length\":1}", 0, 0,
                ":2: \"output_length\" is missing");
    must_refuse(MOON("5", "1", "1") MOON("null", "1", "1"), 0, 0, ":2: \"timestamp\" is missing");
    must_refuse(MOON("5", "1", "2.5"), 0, 0, ":1: \"output_length\" is not a whole number: 2.5");
    must_refuse(MOON("-5", "1", "2"), 0, 0, ":1: \"timestamp\" is negative: -5");
    must_refuse(MOON("true", "1", "2"), 0, 0, ":1: \"timestamp\" is not a number: true");
    must_refuse("{\"timestamp\":1,\"hash_ids\":{\"user\":[1]}}", 0, 0,
                ":1: \"hash_ids\" must be a list");
    must_refuse("{\"timestamp\":1}\n{\"timestamp\":2}\n[3]\n", 0, 0,
                ":3: expected an object, { ... }, in each line");
    must_refuse("{\"timestamp\":1}\n{\"input_tokens\":2}\n", 0, 0, ":2: \"timestamp\" is missing");
    must_refuse("{\"a\":1}\n", 0, 0,
                ":1: no line has \"timestamp\" (milliseconds) or \"delay\"; a trace needs one of "
                "them in every line");
    must_refuse("a,b\n1,2\n", 0, 0,
                ":1: these columns are those of no trace; a trace has TIMESTAMP, ContextTokens and "
                "GeneratedTokens (Azure), or Timestamp, Request tokens and Response tokens "
                "(BurstGPT)");
    must_refuse(AZURE "2023-11-16 18:15:46.6805900,1,1\r\nyesterday,1,1\r\n", 0, 0,
                ":3: \"TIMESTAMP\" is not a time like 2023-11-16 18:15:46.6805900: yesterday");
    must_refuse(AZURE "2023-11-16 18:15:46,1\r\n", 0, 0,
                ":2: 2 fields, but the header has 3 columns");
    must_refuse(AZURE "2023-11-16 18:15:46,1,\r\n", 0, 0, ":2: \"GeneratedTokens\" is missing");
    must_refuse(AZURE, 0, 0, " has no rows after the header row");
    must_refuse(MOON("0", "1", "1") MOON("400000000000", "1", "1"), 0, 0,
                ":2: more than ten years after the first row");
    must_refuse(MOON("0", "1", "1") MOON("10000", "1", "1"), NS_PER_S, 2 * NS_PER_S,
                " has no arrival in this part; from its first to its last arrival it is 10s long");
    must_refuse(MOON("0", "1", "1") MOON("10000", "1", "1"), 0, 60 * NS_PER_S,
                ": \"to\" is after the end of this trace, which is 10s long; remove it");
    struct err e = {""};
    snprintf(path, sizeof path, "%s/none", test_folder());
    assert_int_equal(arrival_trace_open(path, 0, 0, &t, &rows, &e), -1);
    assert_non_null(strstr(e.text, "No such file or directory"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mooncake), cmocka_unit_test(test_azure),
        cmocka_unit_test(test_burstgpt), cmocka_unit_test(test_json_lines),
        cmocka_unit_test(test_a_part),   cmocka_unit_test(test_wrong_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
