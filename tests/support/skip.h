/*
 * skip: cmocka's skip() with the reason, which scripts/run-tests shows; without one it takes the
 * test for failed.
 *
 * For what this machine cannot do, not for a tool that is not installed: a test that needs one more
 * is in a file more_x.c.
 */
#ifndef TESTS_SKIP_H
#define TESTS_SKIP_H

/* Releases nothing: call it before there is something to release. */
#define SKIP(reason)                                                                               \
    do {                                                                                           \
        print_message("# skip: %s\n", reason);                                                     \
        skip();                                                                                    \
    } while (0)

#endif
