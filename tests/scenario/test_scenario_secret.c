/* secret: what came from the environment is masked in every form in which it is sent. */
#include "scenario/helpers.h"

static void masked(const struct scenario *s, const char *text, const char *expected) {
    struct buf b;
    buf_init(&b, 10000);
    scenario_mask(s, text, &b);
    assert_string_equal(buf_text(&b), expected);
    buf_done(&b);
}

static void test_forms(void **state) {
    (void)state;
    struct scenario *s = must_parse_task("\"auth\":{\"bearer\":\"${env.TOKEN}\"}"); /* s3cr3t/+"x */
    masked(s, "", "");
    masked(s, "nothing here", "nothing here");
    masked(s, "Bearer s3cr3t/+\"x!", "Bearer ***!");
    masked(s, "/u/s3cr3t%2F%2B%22x?", "/u/***?");
    masked(s, "/u/s3cr3t%2f%2b%22x?", "/u/***?");
    masked(s, "{\"t\":\"s3cr3t/+\\\"x\"}", "{\"t\":\"***\"}");
    masked(s, "YTogczNjcjN0LysieA== czNjcjN0LysieA==; czNjcjN0LysieA.", "YTog*** ***; ***.");
    masked(s, "s3cr3t/+\"xs3cr3t/+\"x", "******");
    masked(s, "s3cr3t/+\"", "s3cr3t/+\"");
    assert_int_equal(s->env_count, 1);
    assert_string_equal(s->env_names[0], "TOKEN");
    scenario_free(s);
}

static void test_basic(void **state) {
    (void)state;
    struct scenario *s =
        must_parse_task("\"auth\":{\"basic\":{\"user\":\"joe\",\"password\":\"${env.PASSWORD}\"}}");
    /* base64 of joe:p&ss w\xc3\xb6rd, by Python. */
    assert_string_equal(header(&s->requests[0], "Authorization"), "Basic am9lOnAmc3Mgd8O2cmQ=");
    masked(s, "Authorization: Basic am9lOnAmc3Mgd8O2cmQ=", "Authorization: Basic ***");
    masked(s, "joe:p&ss w\xc3\xb6rd", "***");
    masked(s, "joe and p&ss w\xc3\xb6rd", "joe and ***");
    masked(s, "form p%26ss+w%C3%B6rd, query p%26ss%20w%C3%B6rd", "form ***, query ***");
    scenario_free(s);
}

static void test_short(void **state) {
    (void)state;
    /* "ab" alone is masked, inside words it stays: they would be unreadable. */
    struct scenario *s = must_parse_task("\"headers\":{\"X\":\"${env.SHORT} ${env.EMPTY}\"}");
    masked(s, "ab, (ab) x=ab", "***, (***) x=***");
    masked(s, "about a cab_ ab1 _ab", "about a cab_ ab1 _ab");
    assert_int_equal(s->env_count, 2);
    assert_string_equal(s->env_names[1], "EMPTY");
    scenario_free(s);
}

static void masked_words(const struct scenario *s, const char *text, const char *expected) {
    struct buf b;
    buf_init(&b, 10000);
    scenario_mask_words(s, text, &b);
    assert_string_equal(buf_text(&b), expected);
    buf_done(&b);
}

static void test_words(void **state) {
    (void)state;
    /* "ab" is too short to be masked in a request; "s3cr3t/+"x" is masked as a whole word. */
    struct scenario *s = must_parse_task("\"headers\":{\"X\":\"${env.SHORT} ${env.TOKEN}\"}");
    masked_words(s, "ab x=ab", "ab x=ab");
    masked_words(s, "X: ab s3cr3t/+\"x", "X: ab ***");
    masked_words(s, "as3cr3t/+\"x s3cr3t/+\"xy (s3cr3t/+\"x)", "as3cr3t/+\"x s3cr3t/+\"xy (***)");
    scenario_free(s);
}

static void test_errors_are_masked(void **state) {
    (void)state;
    must_fail(
        "{\"load\":{\"users\":1,\"duration\":1},\"tasks\":[{\"body_file\":\"/no/${env.TOKEN}\"}]}",
        "s.json:1:56: cannot open /no/***: No such file or directory; relative paths start at the "
        "scenario's folder");
    must_fail(
        "{\"target\":\"x://${env.TOKEN}\",\"load\":{\"users\":1,\"duration\":1},\"tasks\":[{}]}",
        "s.json:1:11: \"x://${env.TOKEN}\" cannot be the target: only http:// and https:// are "
        "supported");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_forms),
        cmocka_unit_test(test_basic),
        cmocka_unit_test(test_short),
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_errors_are_masked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
