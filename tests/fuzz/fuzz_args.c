/* A command line made of the input's lines, read by a table with an option of each type. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command_internal.h"

enum { WORDS_MAX = 64 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

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
     .min = 1,
     .max = 1000},
    {.name = "rate", .letter = 'r', .type = OPT_NUMBER, .meta = "R"},
    {.name = "time", .letter = 't', .type = OPT_DURATION, .meta = "TIME"},
    {.name = "body", .type = OPT_SIZE, .meta = "SIZE"},
    {.name = "transport", .type = OPT_CHOICE, .meta = "KIND", .choices = "auto|curl|direct"},
    {.name = "host", .letter = 'H', .type = OPT_TEXT, .meta = "URL", .repeat = true},
    {.name = "out", .letter = 'o', .type = OPT_FILE, .meta = "FILE"},
    {.name = "quiet", .letter = 'q', .type = OPT_FLAG},
};

static const struct command command = {
    .name = "try",
    .usage = "FILE",
    .summary = "try",
    .opts = opts,
    .opt_count = sizeof opts / sizeof *opts,
    .positional_min = 1,
    .positional_max = 2,
    .run = run_nothing,
};

/* What a command may rely on once its arguments were taken. */
static void check(const struct args *a) {
    const char *const *hosts = NULL;
    size_t n = opt_list(a, "host", &hosts);
    if (opt_integer(a, "users") < 1 || opt_integer(a, "users") > 1000 ||
        !(opt_number(a, "rate") >= 0))
        abort();
    if (opt_duration(a, "time") < 0 || args_count(a) < 1 || args_count(a) > 2)
        abort();
    for (size_t i = 0; i < n; i++) {
        if (hosts[i] == NULL)
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *text = malloc(size + 1);
    char *argv[WORDS_MAX + 1] = {(char[]){"coldswarm"}, (char[]){"try"}};
    int argc = 2;
    struct args *a = NULL;
    struct err e = {""};
    if (text == NULL)
        return 0;
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    char *rest = text;
    while (rest != NULL && argc < WORDS_MAX)
        argv[argc++] = strsep(&rest, "\n");
    int rc = args_parse(&command, argc, argv, 2, &a, &e);
    if ((rc == 0) != (a != NULL) || (rc == 0) != (e.text[0] == '\0'))
        abort();
    if (rc == 0 && args_wants(a) == ARGS_WANTS_RUN)
        check(a);
    args_free(a);
    free(text);
    return 0;
}
