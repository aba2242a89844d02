/* feeder_dataset and feeder_sharegpt: data sets as other tools write them, and what is wrong with a
 * line. */
#include "scenario/reading.h"

#include <stdio.h>

#include "scenario/feeder.h"

static char path[256];

static int open_text(enum feeder_kind kind, const char *text, struct feeder **f, struct err *e) {
    snprintf(path, sizeof path, "%s/trace.jsonl", test_folder());
    write_file("trace.jsonl", text, strlen(text));
    struct feeder_source from = {.kind = kind, .path = path, .mode = FEEDER_SEQUENTIAL};
    return feeder_open("d", &from, f, e);
}

static struct feeder *must_open(enum feeder_kind kind, const char *text) {
    struct feeder *f = NULL;
    struct err e;
    if (open_text(kind, text, &f, &e) != 0)
        fail_msg("%s\n%s", text, e.text);
    feeder_start(f, 1, (struct part){0, 1});
    return f;
}

static void must_refuse(enum feeder_kind kind, const char *text, const char *expected) {
    struct feeder *f = NULL;
    struct err e;
    char whole[600];
    if (open_text(kind, text, &f, &e) == 0)
        fail_msg("accepted: %s", text);
    snprintf(whole, sizeof whole, "%s%s", path, expected);
    if (strcmp(e.text, whole) != 0)
        fail_msg("%s\n gives %s\n not   %s", text, e.text, whole);
}

/* The next row has these columns: names and values by turns. */
static void next_is(struct feeder *f, const char *const *pairs, size_t n) {
    struct feeder_row row = {0};
    struct err e;
    uint32_t column;
    struct feeder_turn turn = {.turn = 1};
    if (feeder_draw(f, &turn, &row, &e) != FEEDER_DRAWN)
        fail_msg("%s", e.text);
    for (size_t i = 0; i < n; i += 2) {
        if (!feeder_find_column(f, pairs[i], strlen(pairs[i]), &column))
            fail_msg("no column %s", pairs[i]);
        if (row.fields[column].len != strlen(pairs[i + 1]) ||
            memcmp(row.fields[column].data, pairs[i + 1], row.fields[column].len) != 0)
            fail_msg("%s is %.*s, not %s", pairs[i], (int)row.fields[column].len,
                     row.fields[column].data, pairs[i + 1]);
    }
    feeder_row_done(&row);
}

#define NEXT(f, ...)                                                                               \
    next_is(f, (const char *const[]){__VA_ARGS__},                                                 \
            sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

static void test_messages(void **state) {
    (void)state;
    struct feeder *f = must_open(
        FEEDER_MESSAGES,
        "{\"messages\": [{\"role\": \"system\", \"content\": \"s\"}, {\"role\": \"user\", "
        "\"content\": \"a \\u00e4\\n b\"}], \"max_tokens\": 9}\n"
        "{\"session_id\": \"x\", \"messages\": [{\"content\": [{\"type\": \"text\", \"text\": "
        "\"one \"}, {\"type\": \"image_url\"}, {\"type\": \"text\", \"text\": \"two\"}], \"role\": "
        "\"user\"}, {\"role\": \"assistant\", \"content\": null}], \"tools\": []}\n"
        "\n{\"messages\": [{\"role\": \"assistant\", \"content\": \"x\"}]}");
    assert_int_equal(feeder_rows(f), 3);
    NEXT(f, "prompt", "a \xc3\xa4\n b", "words", "3", "output_tokens", "9", "session_id", "",
         "messages",
         "[{\"role\": \"system\", \"content\": \"s\"}, {\"role\": \"user\", \"content\": \"a "
         "\\u00e4\\n b\"}]");
    NEXT(f, "prompt", "one two", "words", "2", "output_tokens", "", "session_id", "x", "tools",
         "[]");
    NEXT(f, "prompt", "", "words", "0");
    feeder_free(f);
    must_refuse(FEEDER_MESSAGES, "{\"messages\":[{\"role\":\"user\"}]}\n{\"message\":1}\n",
                ":2: \"messages\" is missing");
    must_refuse(FEEDER_MESSAGES, "{\"messages\":[]}\n", ":1: \"messages\" is empty");
    must_refuse(FEEDER_MESSAGES, "{\"messages\":\"hi\"}\n",
                ":1: \"messages\" must be a list of {\"role\", \"content\"}");
    must_refuse(FEEDER_MESSAGES, "{\"messages\":[{\"content\":\"a\"}]}\n",
                ":1: a message has no \"role\"");
    must_refuse(FEEDER_MESSAGES, "{\"messages\":\"[{\\\"role\\\":\\\"user\\\"},\"}\n",
                ":1: \"messages\" is not JSON");
    must_refuse(FEEDER_MESSAGES, "{\"messages\":[3]}\n", ":1: a message has no \"role\"");
    must_refuse(FEEDER_MESSAGES, "{\"messages\":[{\"role\":\"user\"}],\"max_tokens\":-1}\n",
                ":1: \"max_tokens\" is negative");
}

static void test_custom(void **state) {
    (void)state;
    struct feeder *f = must_open(FEEDER_CUSTOM, "{\"prompt\": \"What is \\\"it\\\"?\"}\n"
                                                "{\"prompt\": \"b\", \"output_tokens\": 12}\n");
    NEXT(f, "prompt", "What is \"it\"?", "words", "3", "output_tokens", "", "messages",
         "[{\"role\":\"user\",\"content\":\"What is \\\"it\\\"?\"}]");
    NEXT(f, "prompt", "b", "output_tokens", "12");
    NEXT(f, "prompt", "What is \"it\"?");
    feeder_free(f);
    must_refuse(FEEDER_CUSTOM, "{\"prompt\":\"a\"}\n{\"text\":\"b\"}\n",
                ":2: \"prompt\" is missing or empty");
    must_refuse(
        FEEDER_CUSTOM, "{\"text\":\"a\"}\n\n{\"question\":\"b\",\"text\":\"\"}\n",
        ": no line has the key \"prompt\"; the keys are \"text\", \"question\"; rename the one "
        "that has the prompt");
    must_refuse(FEEDER_CUSTOM,
                "{\"a\":1,\"b\":1,\"c\":1,\"d\":1,\"e\":1,\"f\":1,\"g\":1,\"h\":1,\"i\":1}\n",
                ": no line has the key \"prompt\"; the keys are \"a\", \"b\", \"c\", \"d\", \"e\", "
                "\"f\", \"g\", \"h\", ...; rename the one that has the prompt");
    must_refuse(FEEDER_CUSTOM, "{\"prompt\":\"a\",\"output_tokens\":1.5}\n",
                ":1: \"output_tokens\" is not a whole number");
}

static void test_mooncake(void **state) {
    (void)state;
    struct feeder *f =
        must_open(FEEDER_MOONCAKE,
                  "{\"timestamp\":9,\"input_length\":3,\"output_length\":4,\"hash_ids\":[1]}\n"
                  "{\"timestamp\":8,\"input_length\":2,\"output_length\":5,\"hash_ids\":[1]}\n");
    struct feeder_row a = {0}, b = {0};
    struct err e;
    uint32_t prompt;
    struct feeder_turn turn = {.turn = 1};
    assert_true(feeder_find_column(f, "prompt", 6, &prompt));
    assert_int_equal(feeder_draw(f, &turn, &a, &e), FEEDER_DRAWN);
    assert_int_equal(feeder_draw(f, &turn, &b, &e), FEEDER_DRAWN);
    /* The second is the beginning of the first, by one word. */
    assert_memory_equal(a.fields[prompt].data, b.fields[prompt].data, b.fields[prompt].len);
    assert_int_equal(a.fields[prompt].data[b.fields[prompt].len], ' ');
    feeder_row_done(&a);
    feeder_row_done(&b);
    NEXT(f, "words", "3", "output_tokens", "4", "input_length", "3", "timestamp", "9");
    feeder_free(f);
    must_refuse(FEEDER_MOONCAKE, "{\"input_length\":3}\n", ":1: \"output_length\" is missing");
    must_refuse(FEEDER_MOONCAKE, "{\"input_length\":3,\"output_length\":4,\"hash_ids\":3}\n",
                ":1: \"hash_ids\" must be a list");
}

#define TURN(from, value) "{\"from\": \"" from "\", \"value\": \"" value "\"}"
#define HUMAN TURN("human", "a [b] \\\"c\\\"")
#define GPT TURN("gpt", "d e")
#define HUMAN_F TURN("human", "f}")
#define GPT_G TURN("gpt", "g")
#define ALONE TURN("human", "alone")
#define GPT_X TURN("gpt", "x")
#define SYSTEM TURN("system", "be kind")
#define USER TURN("user", "h")
#define ASSISTANT TURN("assistant", "i")

static void test_sharegpt(void **state) {
    (void)state;
    const char *const text =
        "[\n {\"id\": \"QW_0\", \"conversations\": [" HUMAN ", " GPT ", " HUMAN_F ", " GPT_G "]},\n"
        "{\"id\": 7, \"conversations\": []}, {\"conversations\": [" ALONE "]},\n"
        "{\"conversations\": [" GPT_X "," SYSTEM "," USER "," ASSISTANT "]}\r\n]\n";
    struct feeder *f = must_open(FEEDER_SHAREGPT, text);
    assert_int_equal(feeder_rows(f), 2);
    assert_int_equal(feeder_skipped(f), 2);
    NEXT(f, "id", "QW_0", "prompt", "a [b] \"c\"", "answer", "d e", "words", "3", "answer_words",
         "2", "messages",
         "[{\"role\":\"user\",\"content\":\"a [b] "
         "\\\"c\\\"\"},{\"role\":\"assistant\",\"content\":\"d e\"},"
         "{\"role\":\"user\",\"content\":\"f}\"}]");
    NEXT(f, "id", "", "prompt", "h", "answer", "i", "messages",
         "[{\"role\":\"assistant\",\"content\":\"x\"},{\"role\":\"system\",\"content\":\"be "
         "kind\"},{\"role\":\"user\",\"content\":\"h\"}]");
    feeder_free(f);
    /* The same, a line each. */
    f = must_open(FEEDER_SHAREGPT, "\xef\xbb\xbf{\"conversations\":[" TURN("human", "p") "," TURN(
                                       "gpt", "q") "]}\n"
                                                   "{\"conversations\":[" TURN(
                                                       "human", "r") "," TURN("gpt", "s") "]}\n");
    NEXT(f, "prompt", "p");
    NEXT(f, "prompt", "r", "answer", "s");
    feeder_free(f);
    must_refuse(FEEDER_SHAREGPT, "[]", " has no conversation with a prompt and an answer");
    must_refuse(FEEDER_SHAREGPT, "[{\"conversations\":[]}\n,\n{\"a\":1",
                ":3: this entry does not end");
    must_refuse(FEEDER_SHAREGPT, "[{}\n", ":2: the array does not end with ]");
    must_refuse(FEEDER_SHAREGPT, "\n[{},\n{\"a\":}]", ":3: a value is missing");
    must_refuse(
        FEEDER_SHAREGPT, "[{} {}]",
        ":1: expected conversations: an array of objects, [{...}, ...], or an object in each "
        "line");
    must_refuse(
        FEEDER_SHAREGPT, "<html>",
        ":1: expected conversations: an array of objects, [{...}, ...], or an object in each "
        "line");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_messages),
        cmocka_unit_test(test_custom),
        cmocka_unit_test(test_mooncake),
        cmocka_unit_test(test_sharegpt),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
