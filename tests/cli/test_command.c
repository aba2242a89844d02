/* The framework of the command line: parsing against a table of the test's own, and the real
 * tables' health. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/command_internal.h"
#include "cli/program.h"

static int run_nothing(const struct args *a) {
    (void)a;
    return EXIT_OK;
}

static const struct opt_def opts[] = {
    {.name = "users",
     .letter = 'u',
     .type = OPT_INTEGER,
     .meta = "N",
     .def = "10",
     .env = "T_USERS",
     .min = 1,
     .max = 1000,
     .help = "how many"},
    {.name = "seed", .type = OPT_INTEGER, .meta = "N", .max = 0x1p53, .help = "which"},
    {.name = "rate", .letter = 'r', .type = OPT_NUMBER, .meta = "R", .help = "how fast"},
    {.name = "time",
     .letter = 't',
     .type = OPT_DURATION,
     .meta = "TIME",
     .def = "1m",
     .env = "T_TIME",
     .help = "how long"},
    {.name = "body", .type = OPT_SIZE, .meta = "SIZE", .help = "how large"},
    {.name = "transport",
     .type = OPT_CHOICE,
     .meta = "KIND",
     .def = "auto",
     .choices = "auto|curl|direct",
     .help = "which"},
    {.name = "host",
     .letter = 'H',
     .type = OPT_TEXT,
     .meta = "URL",
     .env = "T_HOST",
     .help = "where"},
    {.name = "out", .letter = 'o', .type = OPT_FILE, .meta = "FILE", .help = "to"},
    {.name = "threshold", .type = OPT_TEXT, .meta = "EXPR", .repeat = true, .help = "judge"},
    {.name = "quiet", .letter = 'q', .type = OPT_FLAG, .env = "T_QUIET", .help = "less"},
    {.name = "headless", .letter = 'n', .type = OPT_FLAG, .help = "no page"},
    {.name = "token",
     .local = true,
     .type = OPT_TEXT,
     .meta = "TOKEN",
     .needs = "out",
     .env = "T_TOKEN",
     .help = "whose"},
};

static const struct command command = {
    .name = "try",
    .usage = "FILE [MORE]",
    .summary = "try",
    .opts = opts,
    .opt_count = sizeof opts / sizeof *opts,
    .positional_min = 1,
    .positional_max = 2,
    .run = run_nothing,
};

static struct args *parsed;
static struct err error;
static char *words[16]; /* the command line, which the parsed values point into */

static void forget(void) {
    args_free(parsed);
    parsed = NULL;
    for (size_t i = 0; words[i] != NULL; i++) {
        free(words[i]);
        words[i] = NULL;
    }
}

/* Parses "coldswarm try" and the given words. */
#define PARSE(...) parse((const char *[]){"coldswarm", "try", __VA_ARGS__, NULL})

static int parse(const char *const *argv) {
    int argc = 0;
    forget();
    for (; argv[argc] != NULL; argc++)
        words[argc] = strdup(argv[argc]);
    error = (struct err){""};
    return args_parse(&command, argc, words, 2, &parsed, &error);
}

/* Each test begins with none of the variables set, and nothing parsed. */
static int setup(void **state) {
    (void)state;
    for (size_t i = 0; i < command.opt_count; i++) {
        if (opts[i].env != NULL)
            unsetenv(opts[i].env);
    }
    return 0;
}

static int teardown(void **state) {
    (void)state;
    forget();
    return 0;
}

static void assert_error_has(const char *part) {
    if (strstr(error.text, part) == NULL)
        fail_msg("\"%s\" is not in \"%s\"", part, error.text);
}

static void defaults_come_from_the_table(void **state) {
    (void)state;
    assert_int_equal(PARSE("f"), 0);
    assert_int_equal(args_wants(parsed), ARGS_WANTS_RUN);
    assert_int_equal(opt_integer(parsed, "users"), 10);
    assert_int_equal(opt_duration(parsed, "time"), INT64_C(60000000000));
    assert_string_equal(opt_text(parsed, "transport"), "auto");
    assert_null(opt_text(parsed, "host"));
    assert_false(opt_flag(parsed, "quiet"));
    assert_false(opt_given(parsed, "users"));
    const char *const *list = NULL;
    assert_int_equal(opt_list(parsed, "threshold", &list), 0);
}

static void every_spelling_of_an_option_is_read(void **state) {
    (void)state;
    assert_int_equal(
        PARSE("--users=7", "--rate", "2.5", "f", "-t90s", "-o", "a b", "-qn", "--body", "16k"), 0);
    assert_int_equal(opt_integer(parsed, "users"), 7);
    assert_true(opt_given(parsed, "users"));
    assert_true(opt_number(parsed, "rate") == 2.5);
    assert_int_equal(opt_duration(parsed, "time"), INT64_C(90000000000));
    assert_string_equal(opt_text(parsed, "out"), "a b");
    assert_true(opt_flag(parsed, "quiet"));
    assert_true(opt_flag(parsed, "headless"));
    assert_int_equal(opt_size(parsed, "body"), 16384);
    assert_int_equal(args_count(parsed), 1);
    assert_int_equal(PARSE("f", "-nqu10"), 0);
    assert_int_equal(opt_integer(parsed, "users"), 10);
    assert_int_equal(PARSE("f", "-u", "11", "--host="), 0);
    assert_int_equal(opt_integer(parsed, "users"), 11);
    assert_string_equal(opt_text(parsed, "host"), "");
}

static void options_and_arguments_mix(void **state) {
    (void)state;
    assert_int_equal(PARSE("first", "-q", "second", "-u3"), 0);
    assert_int_equal(args_count(parsed), 2);
    assert_string_equal(args_at(parsed, 0), "first");
    assert_string_equal(args_at(parsed, 1), "second");
    assert_null(args_at(parsed, 2));
    assert_int_equal(PARSE("-q", "--", "--users"), 0);
    assert_string_equal(args_at(parsed, 0), "--users");
    assert_int_equal(PARSE("-"), 0);
    assert_string_equal(args_at(parsed, 0), "-");
    char *const *argv = NULL;
    assert_int_equal(args_argv(parsed, &argv), 3);
    assert_string_equal(argv[1], "try");
}

static void the_last_one_wins_unless_it_repeats(void **state) {
    (void)state;
    assert_int_equal(PARSE("f", "-u1", "-u2", "--threshold", "a<1", "--threshold=b<2"), 0);
    assert_int_equal(opt_integer(parsed, "users"), 2);
    const char *const *list = NULL;
    assert_int_equal(opt_list(parsed, "threshold", &list), 2);
    assert_string_equal(list[0], "a<1");
    assert_string_equal(list[1], "b<2");
}

static void the_environment_fills_gaps(void **state) {
    (void)state;
    setenv("T_USERS", "5", 1);
    setenv("T_QUIET", "yes", 1);
    setenv("T_TIME", "", 1);
    assert_int_equal(PARSE("f"), 0);
    assert_int_equal(opt_integer(parsed, "users"), 5);
    assert_true(opt_given(parsed, "users"));
    assert_true(opt_flag(parsed, "quiet"));
    assert_int_equal(opt_duration(parsed, "time"), INT64_C(60000000000)); /* empty is unset */
    assert_int_equal(PARSE("f", "-u", "6"), 0);
    assert_int_equal(opt_integer(parsed, "users"), 6);
    setenv("T_QUIET", "0", 1);
    assert_int_equal(PARSE("f"), 0);
    assert_false(opt_flag(parsed, "quiet"));
    setenv("T_QUIET", "maybe", 1);
    assert_int_equal(PARSE("f"), -1);
    assert_error_has("T_QUIET");
    assert_error_has("maybe");
    unsetenv("T_QUIET");
    setenv("T_USERS", "many", 1);
    assert_int_equal(PARSE("f"), -1);
    assert_error_has("T_USERS");
    assert_error_has("--users");
    assert_int_equal(PARSE("f", "--users", "1"),
                     0); /* a bad one does no harm where it is not needed */
}

static void a_variable_needs_no_other_option(void **state) {
    (void)state;
    assert_int_equal(PARSE("f", "--token", "t"), -1);
    assert_error_has("--token needs --out FILE");
    setenv("T_TOKEN", "t", 1);
    assert_int_equal(PARSE("f"), 0);
    assert_int_equal(PARSE("f", "--out", "o"), 0);
    assert_string_equal(opt_text(parsed, "token"), "t");
    assert_int_equal(PARSE("f", "--token", "t"), -1); /* given on the command line, it does */
}

/* What is recalled comes before the environment, which is asked for what is local. */
static void a_recalled_command_line_has_its_own_environment(void **state) {
    (void)state;
    const struct args_option recalled = {"users", "7"};
    struct args *again = NULL;
    setenv("T_USERS", "5", 1);
    setenv("T_HOST", "http://h", 1);
    setenv("T_TOKEN", "t", 1);
    assert_int_equal(PARSE("f"), 0);
    assert_int_equal(args_again(parsed, &recalled, 1, &again, &error), 0);
    assert_int_equal(opt_integer(again, "users"), 7);
    assert_null(opt_text(again, "host"));
    assert_string_equal(opt_text(again, "token"), "t");
    args_free(again);
}

static void bad_values_are_explained(void **state) {
    (void)state;
    static const struct {
        const char *arg, *name, *expected;
    } cases[] = {
        {"--users=0", "--users", "from 1 to 1000"},
        {"--users=1001", "--users", "from 1 to 1000"},
        {"-u1.5", "-u/--users", "a whole number"},
        {"-u 5", "-u/--users", "a whole number"},
        {"--users=", "--users", "a whole number"},
        {"--users=99999999999999999999", "--users", "from 1 to 1000"},
        {"--users=5x", "--users", "a whole number"},
        {"--seed=9007199254740993", "--seed", "from 0 to 9007199254740992"},
        {"--rate=-1", "--rate", "a number of 0 or more"},
        {"--rate=nan", "--rate", "a number"},
        {"--rate=inf", "--rate", "a number"},
        {"--rate=1e999", "--rate", "a number"},
        {"--rate=0x10", "--rate", "a number"},
        {"--rate= 1", "--rate", "a number"},
        {"--rate=e", "--rate", "a number"},
        {"--time=5 parsecs", "--time", "1h30m"},
        {"--body=many", "--body", "16k"},
        {"--transport=crul", "--transport", "did you mean curl?"},
        {"--transport=au", "--transport", "auto|curl|direct"},
        {"--transport=", "--transport", "auto|curl|direct"},
        {"--out=", "--out", "empty"},
        {"--quiet=1", "--quiet", "takes no value"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (PARSE("f", cases[i].arg) != -1)
            fail_msg("%s was taken", cases[i].arg);
        assert_error_has(cases[i].name);
        assert_error_has(cases[i].expected);
    }
}

static void a_missing_value_is_not_taken_from_the_next_option(void **state) {
    (void)state;
    assert_int_equal(PARSE("f", "--out"), -1);
    assert_error_has("a value is missing: --out FILE");
    assert_int_equal(PARSE("f", "--out", "--users=3"), -1);
    assert_error_has("a value is missing");
    assert_error_has("--out=--users=3");
    assert_int_equal(PARSE("f", "-o", "-q"), -1);
    assert_error_has("a value is missing");
    assert_int_equal(PARSE("f", "-o", "-x"), 0); /* no option of ours: a file may be called so */
    assert_string_equal(opt_text(parsed, "out"), "-x");
    assert_int_equal(PARSE("f", "-o", "-"), 0);
    assert_string_equal(opt_text(parsed, "out"), "-");
}

static void unknown_options_get_a_suggestion(void **state) {
    (void)state;
    assert_int_equal(PARSE("f", "--user", "3"), -1);
    assert_error_has("unknown option --user; did you mean --users?");
    assert_int_equal(PARSE("f", "--trehshold=3"), -1);
    assert_error_has("did you mean --threshold?");
    assert_int_equal(PARSE("f", "--thresh=3"), -1);
    assert_error_has("did you mean --threshold?");
    assert_int_equal(PARSE("f", "--hepl"), -1);
    assert_error_has("did you mean --help?");
    assert_int_equal(PARSE("f", "-body"), -1);
    assert_error_has("did you mean --body?");
    assert_int_equal(PARSE("f", "--zzzzzzzz"), -1);
    assert_string_equal(error.text, "unknown option --zzzzzzzz");
    assert_int_equal(PARSE("f", "-qz"), -1);
    assert_error_has("unknown option -z");
}

static void arguments_are_counted(void **state) {
    (void)state;
    assert_int_equal(PARSE("-q"), -1);
    assert_error_has("an argument is missing; usage: coldswarm try FILE [MORE]");
    assert_int_equal(PARSE("a", "b", "c"), -1);
    assert_error_has("unexpected argument \"c\"");
}

static void help_wins_over_what_is_missing(void **state) {
    (void)state;
    assert_int_equal(PARSE("--help"), 0);
    assert_int_equal(args_wants(parsed), ARGS_WANTS_HELP);
    assert_int_equal(PARSE("-qh", "--nonsense"), 0);
    assert_int_equal(args_wants(parsed), ARGS_WANTS_HELP);
    assert_int_equal(PARSE("-V"), 0);
    assert_int_equal(args_wants(parsed), ARGS_WANTS_VERSION);
}

/* A table with one row, checked; NULL where it is good. */
static const char *table_error(struct opt_def d) {
    struct command c = {
        .name = "c", .summary = "s", .opts = &d, .opt_count = 1, .run = run_nothing};
    error = (struct err){""};
    return args_check_table(&c, &error) == 0 ? NULL : error.text;
}

static void the_self_check_finds_mistakes(void **state) {
    (void)state;
    const struct opt_def good = {
        .name = "n", .type = OPT_INTEGER, .meta = "N", .def = "3", .min = 1, .max = 5, .help = "h"};
    assert_null(table_error(good));
    struct opt_def bad[10];
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        bad[i] = good;
    bad[0].def = "9";
    bad[1].name = "help";
    bad[2].letter = 'h';
    bad[3].help = "Ends with a stop.";
    bad[4].meta = NULL;
    bad[5].type = OPT_CHOICE;
    bad[6].type = OPT_FLAG;
    bad[7].name = "Bad_name";
    bad[8].min = 6;
    bad[9].help = NULL;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (table_error(bad[i]) == NULL)
            fail_msg("mistake %zu was not found", i);
    }
    struct opt_def twice[] = {good, good};
    struct command c = {
        .name = "c", .summary = "s", .opts = twice, .opt_count = 2, .run = run_nothing};
    assert_int_equal(args_check_table(&c, &error), -1);
    assert_error_has("twice");
    twice[1].name = "m";
    assert_int_equal(args_check_table(&c, &error), 0);
    twice[0].letter = twice[1].letter = 'x';
    assert_int_equal(args_check_table(&c, &error), -1);
    assert_error_has("-x");
}

static void the_real_tables_are_sound(void **state) {
    (void)state;
    assert_true(command_count >= 2);
    for (size_t i = 0; i < command_count; i++) {
        if (args_check_table(commands[i], &error) != 0)
            fail_msg("%s", error.text);
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(commands[i]->name, commands[k]->name);
    }
}

/* True where `text` holds `word` and no more of a name around it: "--out" is not in "--out-dir". */
static bool has_word(const char *text, const char *word) {
    size_t n = strlen(word);
    for (const char *p = strstr(text, word); p != NULL; p = strstr(p + 1, word)) {
        char before = p == text ? ' ' : p[-1], after = p[n];
        if (strchr("-abcdefghijklmnopqrstuvwxyz", before) == NULL &&
            (after == '\0' || strchr("-abcdefghijklmnopqrstuvwxyz0123456789", after) == NULL))
            return true;
    }
    return false;
}

static void assert_word(const struct buf *view, const char *what, const char *command_name,
                        const char *word) {
    assert_true(buf_ok(view));
    if (!has_word(buf_text(view), word))
        fail_msg("%s of %s lacks %s", what, command_name, word);
}

/* roff writes a hyphen as \-, and fonts as \fB, \fI, \fR: takes both off again. */
static void unroff(struct buf *out, const char *roff) {
    for (const char *p = roff; *p != '\0'; p++) {
        if (p[0] == '\\' && p[1] == '-')
            continue;
        if (p[0] == '\\' && p[1] == 'f' && p[2] != '\0')
            p += 2;
        else
            buf_char(out, *p);
    }
}

static void every_option_is_in_every_view(void **state) {
    (void)state;
    const struct program all = {commands, command_count};
    struct buf overview, roff, scripts[3];
    static completion_fn *const renders[] = {completion_bash, completion_zsh, completion_fish};
    buf_init(&overview, PROGRAM_TEXT_MAX_BYTES);
    buf_init(&roff, PROGRAM_TEXT_MAX_BYTES);
    for (size_t i = 0; i < 3; i++) {
        buf_init(&scripts[i], PROGRAM_TEXT_MAX_BYTES);
        renders[i](&scripts[i], &all);
    }
    help_overview(&overview, &all, true, 80);
    manpage_render(&roff, &all);
    for (size_t i = 0; i < command_count; i++) {
        const struct command *c = commands[i];
        struct buf help, own, page;
        buf_init(&help, PROGRAM_TEXT_MAX_BYTES);
        buf_init(&own, PROGRAM_TEXT_MAX_BYTES);
        buf_init(&page, PROGRAM_TEXT_MAX_BYTES);
        help_command(&help, c, 80);
        manpage_render_command(&own, c);
        unroff(&page, buf_text(&own));
        assert_word(&overview, "the overview", c->name, c->name);
        for (size_t k = 0; k < c->opt_count; k++) {
            char word[64];
            snprintf(word, sizeof word, "--%s", c->opts[k].name);
            assert_word(&help, "the help", c->name, word);
            assert_word(&page, "the man page", c->name, word);
            assert_word(&scripts[0], "the completion of bash", c->name, word);
            assert_word(&scripts[1], "the completion of zsh", c->name, word);
            snprintf(word, sizeof word, "-l %s", c->opts[k].name);
            assert_word(&scripts[2], "the completion of fish", c->name, word);
            if (c->opts[k].env != NULL) {
                assert_non_null(strstr(buf_text(&page), c->opts[k].env));
                assert_non_null(strstr(buf_text(&roff), c->opts[k].env));
            }
        }
        buf_done(&help);
        buf_done(&own);
        buf_done(&page);
    }
    buf_done(&overview);
    buf_done(&roff);
    for (size_t i = 0; i < 3; i++)
        buf_done(&scripts[i]);
}

static void help_tells_all_of_an_option_and_keeps_the_width(void **state) {
    (void)state;
    static const size_t widths[] = {50, 80, 100};
    for (size_t i = 0; i < sizeof widths / sizeof *widths; i++) {
        struct buf help;
        buf_init(&help, PROGRAM_TEXT_MAX_BYTES);
        help_command(&help, &command, widths[i]);
        const char *text = buf_text(&help);
        assert_non_null(strstr(text, "-u, --users N"));
        assert_non_null(strstr(text, "      --transport KIND"));
        assert_non_null(strstr(text, "[default:"));
        assert_non_null(strstr(text, "T_USERS]"));
        assert_non_null(strstr(text, "auto|curl|direct"));
        for (const char *line = text; *line != '\0'; line += strcspn(line, "\n") + 1) {
            if (strcspn(line, "\n") > widths[i])
                fail_msg("wider than %zu: %.*s", widths[i], (int)strcspn(line, "\n"), line);
        }
        buf_done(&help);
    }
}

static void the_man_page_escapes_roff(void **state) {
    (void)state;
    struct command c = command;
    c.details = ".TH EVIL\n'also\n\n back\\slash kept";
    struct buf page;
    buf_init(&page, PROGRAM_TEXT_MAX_BYTES);
    manpage_render_command(&page, &c);
    assert_non_null(strstr(buf_text(&page), "\n\\&.TH EVIL\n\\&\\(aqalso\n"));
    assert_non_null(strstr(buf_text(&page), "back\\eslash kept"));
    buf_done(&page);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(defaults_come_from_the_table),
        TEST(every_spelling_of_an_option_is_read),
        TEST(options_and_arguments_mix),
        TEST(the_last_one_wins_unless_it_repeats),
        TEST(the_environment_fills_gaps),
        TEST(a_variable_needs_no_other_option),
        TEST(a_recalled_command_line_has_its_own_environment),
        TEST(bad_values_are_explained),
        TEST(a_missing_value_is_not_taken_from_the_next_option),
        TEST(unknown_options_get_a_suggestion),
        TEST(arguments_are_counted),
        TEST(help_wins_over_what_is_missing),
        TEST(the_self_check_finds_mistakes),
        TEST(the_real_tables_are_sound),
        TEST(every_option_is_in_every_view),
        TEST(help_tells_all_of_an_option_and_keeps_the_width),
        TEST(the_man_page_escapes_roff),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
