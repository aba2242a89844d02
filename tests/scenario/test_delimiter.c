/* The delimiter of a CSV file: guessed from its first rows, or as the scenario says; and what is
 * said where it was not it. */
#include "scenario/reading.h"

#include <unistd.h>

#include "scenario/feeder.h"

/* The columns and the first row, as "a~b: 1~2"; or the error without the file's name. */
static const char *read_as(const char *text, char delimiter) {
    static char out[1000];
    char path[256];
    struct feeder *f = NULL;
    struct feeder_row row = {0};
    struct err e = {""};
    size_t at = 0;
    snprintf(path, sizeof path, "%s/users.csv", test_folder());
    write_file("users.csv", text, strlen(text));
    int result = feeder_open(
        "f", &(struct feeder_source){.kind = FEEDER_CSV, .path = path, .delimiter = delimiter}, &f,
        &e);
    unlink(path);
    if (result != 0) {
        snprintf(out, sizeof out, "%s", e.text + strlen(path));
        return out;
    }
    assert_int_equal(feeder_draw(f, &(struct feeder_turn){0}, &row, &e), FEEDER_DRAWN);
    for (size_t i = 0; i < feeder_columns(f); i++)
        at += (size_t)snprintf(out + at, sizeof out - at, "%s%s", i > 0 ? "~" : "",
                               feeder_column(f, i));
    for (size_t i = 0; i < feeder_columns(f); i++)
        at += (size_t)snprintf(out + at, sizeof out - at, "%s%.*s", i > 0 ? "~" : ": ",
                               (int)row.fields[i].len, row.fields[i].data);
    feeder_row_done(&row);
    feeder_free(f);
    return out;
}

static void each_kind_is_guessed(void **state) {
    (void)state;
    static const char *const pairs[][2] = {
        {"user,pw\nann,1\n", "user~pw: ann~1"},
        {"user;pw\nann;1\n", "user~pw: ann~1"},
        {"user\tpw\nann\t1\n", "user~pw: ann~1"},
        {"user|pw\nann|1\n", "user~pw: ann~1"},
        /* As a spreadsheet saves it: byte order mark, CRLF, quotes. */
        {"\xef\xbb\xbfuser;pw\r\nann;1\r\n", "user~pw: ann~1"},
        {"\xef\xbb\xbf\"user\";\"pass;word\"\r\n\"an;n\";\"1\r\n2\"\r\n",
         "user~pass;word: an;n~1\r\n2"},
        {"\n\r\n\"a;b\";c\n\n\"1;2\";\"3\"\"\"\n", "a;b~c: 1;2~3\""},
        {"user;pw", " has no rows after the header row"},
        {"user;pw\nann;1", "user~pw: ann~1"},
        {"a;b\n;\n", "a~b: ~"},
        /* Commas of numbers are no delimiters, nor is what stands in the rows alone. */
        {"name;price\nx;1,50\ny;2,25\n", "name~price: x~1,50"},
        {"name,tags\nx,a;b;c\ny,d|e\n", "name~tags: x~a;b;c"},
        {"a;b;c,d\n1;2;3,4\n", "a~b~c,d: 1~2~3,4"},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        assert_string_equal(read_as(pairs[i][0], '\0'), pairs[i][1]);
}

static void one_column_stays_one(void **state) {
    (void)state;
    static const char *const pairs[][2] = {
        {"note\nan apple; a pear\none; two; three\n", "note: an apple; a pear"},
        {"note; remark\none\ntwo\n", "note; remark: one"},
        {"a|b\nx\ny|z\n", "a|b: x"},
        {"query\nq=a|b\n", "query: q=a|b"},
        {"\"a;b\"\n\"1;2\"\n", "a;b: 1;2"},
        {"url\n/a,b\n", ":2: 2 fields, but the header has 1 column"}, /* as ever */
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        assert_string_equal(read_as(pairs[i][0], '\0'), pairs[i][1]);
}

static void what_is_said_counts(void **state) {
    (void)state;
    assert_string_equal(read_as("a;b,c\n1;2,3\n", ';'), "a~b,c: 1~2,3");
    assert_string_equal(read_as("a;b,c\n1;2,3\n", ','), "a;b~c: 1;2~3");
    assert_string_equal(read_as("a:b\n\"1:2\":3\n", ':'), "a~b: 1:2~3");
    assert_string_equal(read_as("a;b\n1;2\n3;4;5\n", ';'),
                        ":3: 3 fields, but the header has 2 columns");
}

/* The rows behind the first hundred do not count for the guess: the mistake in one has its line. */
static void a_late_mistake_has_its_line(void **state) {
    (void)state;
    struct buf text;
    buf_init(&text, 4000);
    buf_str(&text, "a;b\n");
    for (int i = 0; i < 150; i++)
        buf_str(&text, "1;2\n");
    buf_str(&text, "1\n");
    assert_string_equal(read_as(buf_text(&text), '\0'),
                        ":152: 1 field, but the header has 2 columns");
    buf_done(&text);
}

static void scenario_says(const char *feeder, const char *name, const char *expected) {
    char text[1000];
    struct scenario *s = NULL;
    struct err e = {""};
    snprintf(text, sizeof text,
             "{\"target\":\"http://"
             "h\",\"load\":{\"users\":1,\"duration\":\"1s\"},\"feeders\":{\"f\":{%s}},"
             "\"tasks\":[{\"path\":\"/\",\"json\":\"${%s}\"}]}",
             feeder, name);
    int result = scenario_parse("s.json", test_folder(), text, strlen(text), NULL, NULL, &s, &e);
    scenario_free(s);
    if ((result == 0) != (*expected == '\0') || strstr(e.text, expected) == NULL)
        fail_msg("%s %s: \"%s\", not \"%s\"", feeder, name, e.text, expected);
}

static void what_a_scenario_is_told(void **state) {
    (void)state;
    char path[256];
    write_file("users.csv", "user;password\nann;1;x\n", 21);
    scenario_says("\"csv\":\"users.csv\"", "f.user",
                  "users.csv has the column \"user;password\"; did you mean \"delimiter\": \";\"?");
    scenario_says("\"csv\":\"users.csv\",\"delimiter\":\";\"", "f.user",
                  "users.csv:2: 3 fields, but the header has 2 columns");
    write_file("users.csv", "user\tpassword\nann\t1\n", 20);
    scenario_says("\"csv\":\"users.csv\"", "f.password", "");
    scenario_says("\"csv\":\"users.csv\",\"delimiter\":\"\\t\"", "f.password", "");
    scenario_says("\"csv\":\"users.csv\",\"delimiter\":\",\"", "f.password",
                  "did you mean \"delimiter\": \"\\t\"?");
    scenario_says("\"csv\":\"users.csv\"", "f.token", "unknown name \"f.token\" in ${...}; ");
    scenario_says("\"csv\":\"users.csv\"", "f.token",
                  "users.csv has the columns \"user\", \"password\"");
    scenario_says("\"csv\":\"users.csv\"", "f.pasword", "did you mean \"f.password\"?");
    static const char *const wrong[] = {"", ";;", "x", "1", "\\\"", "\\n", "\\u00e4"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char feeder[100];
        snprintf(feeder, sizeof feeder, "\"csv\":\"users.csv\",\"delimiter\":\"%s\"", wrong[i]);
        scenario_says(feeder, "f.user", "\"delimiter\" must be one character between the fields");
    }
    scenario_says("\"jsonl\":\"users.csv\",\"delimiter\":\";\"", "f.user",
                  "\"delimiter\" applies only to \"csv\"; remove it");
    snprintf(path, sizeof path, "%s/users.csv", test_folder());
    unlink(path);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_is_guessed),    cmocka_unit_test(one_column_stays_one),
        cmocka_unit_test(what_is_said_counts),     cmocka_unit_test(a_late_mistake_has_its_line),
        cmocka_unit_test(what_a_scenario_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
