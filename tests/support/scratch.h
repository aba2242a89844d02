/*
 * scratch: a folder of the test program's own, made at its start and removed at its end.
 *
 * make_dir() and remove_dir() are a group's set-up and teardown; make_certificates() is the set-up
 * of a group that needs the certificates of tests/support/make-certs in its folder. Header-only: each test binary has
 * its own copy.
 */
#ifndef TESTS_SUPPORT_SCRATCH_H
#define TESTS_SUPPORT_SCRATCH_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char dir[64];

static inline int make_dir(void **state) {
    (void)state;
    snprintf(dir, sizeof dir, "/tmp/coldswarm-test-XXXXXX");
    return mkdtemp(dir) == NULL;
}

static inline int remove_dir(void **state) {
    (void)state;
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", dir);
    return system(command);
}

static inline int make_certificates(void **state) {
    char command[128];
    if (make_dir(state) != 0)
        return -1;
    snprintf(command, sizeof command, "tests/support/make-certs %s", dir);
    return system(command);
}

/* DIR/name; valid until the fourth call after. */
static inline const char *in_dir(const char *name) {
    static char paths[4][512];
    static int next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", dir, name);
    return path;
}

#endif
