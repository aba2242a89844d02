/* locust_fixture: what the tests of Locust's files share. As fixture.h. */
#ifndef TESTS_LOCUST_FIXTURE_H
#define TESTS_LOCUST_FIXTURE_H

#include "report/fixture.h"

#include <sys/wait.h>

#include "report/locust_csv.h"

/* Makes the files of a finished run. */
static inline void replay(const char *run, const char *prefix, bool full) {
    struct reader *reader = NULL;
    struct err e = {""};
    assert_ok(reader_open(run, &reader, &e), e);
    assert_ok(locust_csv_replay(reader, prefix, full, &e), e);
    reader_close(reader);
}

/* The exit code of a command, or -1. */
static inline int shell(const char *format, ...) __attribute__((format(printf, 1, 2)));
static inline int shell(const char *format, ...) {
    char command[8192];
    va_list args;
    va_start(args, format);
    vsnprintf(command, sizeof command, format, args);
    va_end(args);
    int status = system(command);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

#endif
