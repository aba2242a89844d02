/* feeder_prompts: what made prompts have in common, and what they do not. */
#include "scenario/reading.h"

#include <stdio.h>

#include "scenario/arrival_trace.h"
#include "scenario/feeder.h"
#include "scenario/feeder_prompts.h"

static struct feeder *must_read(const char *json, struct feeder *trace) {
    struct feeder *f = NULL;
    struct reading x;
    reading_init(&x, json);
    if (feeder_read(&x.r, json_root(x.doc)->first, trace, &f) != 0)
        fail_msg("%s\n%s", json, x.e.text);
    reading_done(&x);
    return f;
}

static void must_refuse(const char *json, struct feeder *trace, const char *error) {
    struct feeder *f = NULL;
    struct reading x;
    reading_init(&x, json);
    if (feeder_read(&x.r, json_root(x.doc)->first, trace, &f) == 0)
        fail_msg("accepted: %s", json);
    assert_string_equal(x.e.text, error);
    reading_done(&x);
}

/* A column of the prompt of a turn; malloc'ed. */
static char *draw(struct feeder *f, uint64_t turn, const char *name) {
    struct feeder_row row = {0};
    struct err e = {""};
    uint32_t column;
    struct feeder_turn who = {.turn = turn, .arrival = turn};
    if (!feeder_find_column(f, name, strlen(name), &column))
        fail_msg("no column %s", name);
    if (feeder_draw(f, &who, &row, &e) != FEEDER_DRAWN)
        fail_msg("%s", e.text);
    char *text = strndup(row.fields[column].data, row.fields[column].len);
    assert_int_equal(strlen(text), row.fields[column].len);
    feeder_row_done(&row);
    return text;
}

static long number(struct feeder *f, uint64_t turn, const char *name) {
    char *text = draw(f, turn, name), *end;
    long n = strtol(text, &end, 10);
    assert_true(*text != '\0' && *end == '\0');
    free(text);
    return n;
}

/* Words by the rule that a server's tokenizer of words would use: what stands between spaces. */
static long count(const char *text) {
    long n = *text != '\0';
    for (; *text != '\0'; text++) {
        assert_true(*text == ' ' || (*text >= 'a' && *text <= 'z'));
        assert_false(*text == ' ' && (text[1] == ' ' || text[1] == '\0'));
        n += *text == ' ';
    }
    return n;
}

/* Where word n (from 0) begins. */
static const char *word_at(const char *text, long n) {
    for (; n > 0; n--) {
        text = strchr(text, ' ');
        assert_non_null(text);
        text++;
    }
    return text;
}

static int by_text(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void test_lengths(void **state) {
    (void)state;
    struct feeder *f =
        must_read("{\"p\":{\"prompts\":{\"words\":[100,400],\"output_tokens\":[5,9]}}}", NULL);
    long least = 1000, most = 0, sum = 0, least_out = 1000, most_out = 0;
    feeder_start(f, 1, (struct part){0, 1});
    for (uint64_t i = 0; i < 2000; i++) {
        char *text = draw(f, i, "text"), *prompt = draw(f, i, "prompt");
        long n = number(f, i, "words"), out = number(f, i, "output_tokens");
        assert_string_equal(text, prompt);
        assert_int_equal(count(text), n);
        least = n < least ? n : least;
        most = n > most ? n : most;
        least_out = out < least_out ? out : least_out;
        most_out = out > most_out ? out : most_out;
        sum += n;
        free(text);
        free(prompt);
    }
    /* Uniform on 301 values: 2000 draws miss both ends of the range by 5 with a chance below
     * 10^-14; the mean's sd is 1.9. */
    assert_true(least >= 100 && least < 105 && most <= 400 && most > 395);
    assert_in_range(sum / 2000, 250 - 12, 250 + 12);
    assert_true(least_out == 5 && most_out == 9);
    feeder_free(f);
}

static void test_no_two_alike(void **state) {
    (void)state;
    enum { N = 20000 };
    static char *texts[N];
    struct feeder *f = must_read("{\"p\":{\"prompts\":{\"words\":8}}}", NULL);
    feeder_start(f, 1, (struct part){0, 1});
    /* Turns as users and arrivals have them, and neighbours of them. */
    for (uint64_t i = 0; i < N; i++)
        texts[i] = draw(f, i % 2 == 0 ? i : UINT64_C(1) << 63 | i << 34 | i % 4, "text");
    qsort(texts, N, sizeof *texts, by_text);
    for (size_t i = 0; i + 1 < N; i++)
        assert_string_not_equal(texts[i], texts[i + 1]);
    for (size_t i = 0; i < N; i++)
        free(texts[i]);
    feeder_free(f);
}

static void test_seed_and_name_decide(void **state) {
    (void)state;
    struct feeder *p = must_read("{\"p\":{\"prompts\":{\"words\":20}}}", NULL);
    struct feeder *q = must_read("{\"q\":{\"prompts\":{\"words\":20}}}", NULL);
    feeder_start(p, 7, (struct part){0, 1});
    feeder_start(q, 7, (struct part){0, 1});
    char *first = draw(p, 3, "text");
    for (uint64_t i = 0; i < 10; i++)
        free(draw(p, i, "text"));
    char *again = draw(p, 3, "text"), *other = draw(q, 3, "text");
    assert_string_equal(first, again);
    assert_string_not_equal(first, other);
    feeder_start(p, 8, (struct part){0, 1});
    char *seeded = draw(p, 3, "text");
    assert_string_not_equal(first, seeded);
    free(first);
    free(again);
    free(other);
    free(seeded);
    feeder_free(p);
    feeder_free(q);
}

static void test_shared(void **state) {
    (void)state;
    struct feeder *f = must_read("{\"p\":{\"prompts\":{\"words\":[70,90],\"shared\":64}}}", NULL);
    feeder_start(f, 1, (struct part){0, 1});
    char *first = draw(f, 0, "text");
    size_t prefix = (size_t)(word_at(first, 64) - first);
    for (uint64_t i = 1; i < 200; i++) {
        char *text = draw(f, i, "text");
        assert_memory_equal(first, text, prefix);
        /* What follows differs within the words that spell the number. */
        assert_true(strncmp(word_at(first, 64), word_at(text, 64), 20) != 0);
        free(text);
    }
    free(first);
    feeder_free(f);
}

static struct arrival_trace *t;

static struct feeder *trace_of(const char *text) {
    char path[256];
    struct feeder *rows = NULL;
    struct err e;
    snprintf(path, sizeof path, "%s/trace.jsonl", test_folder());
    write_file("trace.jsonl", text, strlen(text));
    if (arrival_trace_open(path, 0, 0, &t, &rows, &e) != 0)
        fail_msg("%s", e.text);
    return rows;
}

static void test_hash_ids(void **state) {
    (void)state;
    struct feeder *rows = trace_of(
        "{\"timestamp\":0,\"input_length\":1200,\"output_length\":7,\"hash_ids\":[10,20,30]}\n"
        "{\"timestamp\":0,\"input_length\":1536,\"output_length\":8,\"hash_ids\":[10, 21 ,30]}\n"
        "{\"timestamp\":0,\"input_length\":1600,\"output_length\":0,\"hash_ids\":[10,20]}\n"
        "{\"timestamp\":0,\"input_length\":0,\"output_length\":1}\n");
    struct feeder *f = must_read("{\"p\":{\"prompts\":{}}}", rows);
    feeder_start(f, 1, (struct part){0, 1});
    char *a = draw(f, 0, "text"), *b = draw(f, 1, "text"), *c = draw(f, 2, "text"),
         *d = draw(f, 3, "text");
    assert_int_equal(count(a), 1200);
    assert_int_equal(count(b), 1536);
    assert_int_equal(count(c), 1600);
    assert_int_equal(count(d), 1); /* no server takes none */
    size_t one = (size_t)(word_at(a, 512) - a), two = (size_t)(word_at(a, 1024) - a);
    assert_memory_equal(a, b, one);
    assert_memory_not_equal(a + one, b + one, 40);
    /* The third block is the same wherever it is, cut to the length. */
    assert_int_equal(count(a + two), 1200 - 1024);
    assert_memory_equal(a + two, word_at(b, 1024), strlen(a + two));
    assert_memory_equal(a, c, two);
    assert_memory_not_equal(a + two, c + two, 40);
    assert_int_equal(number(f, 0, "output_tokens"), 7);
    assert_int_equal(number(f, 2, "output_tokens"), 1);
    /* Arrival 4 of a loop has row 0: the same blocks. */
    char *e = draw(f, 4, "text");
    assert_string_equal(a, e);
    /* Arrival 6 has row 2, whose end no hash id gives: it is its own. */
    char *g = draw(f, 6, "text");
    assert_memory_equal(c, g, two);
    assert_string_not_equal(c, g);
    free(a);
    free(b);
    free(c);
    free(d);
    free(e);
    free(g);
    feeder_free(f);
    assert_true(feeder_needs_arrival(rows));
    must_refuse("{\"p\":{\"prompts\":{\"shared\":5}}}", rows,
                "s.json:1:18: the trace has hash_ids, which say what prompts share; remove "
                "\"shared\"");
    /* Lengths of its own: nothing of the trace is needed but the outputs. */
    f = must_read("{\"p\":{\"prompts\":{\"words\":9,\"shared\":2}}}", rows);
    assert_int_equal(number(f, 1, "output_tokens"), 8);
    assert_true(feeder_needs_arrival(f));
    feeder_free(f);
    f = must_read("{\"p\":{\"prompts\":{\"words\":9,\"output_tokens\":3}}}", rows);
    assert_false(feeder_needs_arrival(f));
    feeder_free(f);
    feeder_free(rows);
    arrival_trace_free(t);
}

static void test_a_long_prompt(void **state) {
    (void)state;
    struct feeder *f = must_read("{\"p\":{\"prompts\":{\"words\":1000000}}}", NULL);
    char *text = draw(f, 1, "text");
    assert_int_equal(count(text), 1000000);
    free(text);
    feeder_free(f);
}

static void test_what_is_wrong(void **state) {
    (void)state;
    must_refuse("{\"p\":{\"prompts\":{}}}", NULL,
                "s.json:1:17: \"words\" is missing here, and the load has no \"trace\" to take "
                "lengths from; write \"words\": 200 or \"words\": [100, 400]");
    must_refuse("{\"p\":{\"prompts\":{\"wrods\":3}}}", NULL,
                "s.json:1:18: unknown key \"wrods\" in prompts; did you mean \"words\"?");
    must_refuse("{\"p\":{\"prompts\":{\"words\":0}}}", NULL,
                "s.json:1:26: \"words\" must be a whole number from 1 to 1000000, not 0");
    must_refuse("{\"p\":{\"prompts\":{\"words\":[1,2,3]}}}", NULL,
                "s.json:1:26: \"words\" must be a whole number, or two: [lowest, highest]");
    must_refuse("{\"p\":{\"prompts\":{\"words\":[9,2]}}}", NULL,
                "s.json:1:26: the first number of \"words\" is the lowest; swap them");
    must_refuse("{\"p\":{\"prompts\":{\"words\":[64,99],\"shared\":64}}}", NULL,
                "s.json:1:43: \"shared\" is part of \"words\", so it must be less than its lowest "
                "number, 64");
    must_refuse("{\"p\":{\"prompts\":{\"words\":9},\"mode\":\"once\"}}", NULL,
                "s.json:1:29: \"mode\" does not apply to \"prompts\", which are made for each task "
                "and never end; remove it");
    must_refuse("{\"p\":{\"prompts\":\"file\"}}", NULL,
                "s.json:1:17: \"prompts\" must be an object, not a string");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lengths),
        cmocka_unit_test(test_no_two_alike),
        cmocka_unit_test(test_seed_and_name_decide),
        cmocka_unit_test(test_shared),
        cmocka_unit_test(test_hash_ids),
        cmocka_unit_test(test_a_long_prompt),
        cmocka_unit_test(test_what_is_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
