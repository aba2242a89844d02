/*
 * each: the main of a folder's tests, which are one program. Its name, argv[0], says which file's
 * main is to run; a link for each file is made by the Makefile, which gives the names of the files
 * as TESTS: TEST(test_a) TEST(test_b).
 *
 * A process runs one file: what that leaves behind, or a crash, is nobody else's.
 */
#include <stdio.h>
#include <string.h>

#define TEST(name) int main_of_##name(void);
TESTS
#undef TEST

#define TEST(name) {#name, main_of_##name},
static const struct {
    const char *name;
    int (*run)(void);
} tests[] = {TESTS};

int main(int argc, char **argv) {
    const char *slash = strrchr(argv[0], '/');
    const char *name = argc == 2 ? argv[1] : slash == NULL ? argv[0] : slash + 1;
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++)
        if (strcmp(tests[i].name, name) == 0)
            return tests[i].run();
    fprintf(stderr, "%s: run it by a link with the name of one of these, or give the name:\n",
            argv[0]);
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++)
        fprintf(stderr, "  %s\n", tests[i].name);
    return 2;
}
