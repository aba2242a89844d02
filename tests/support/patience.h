/*
 * patience: the time that a test gives a request which is to fail for it.
 *
 * A machine that stands still may not do within it what comes before: connect, or hear the server's
 * first word. Such a test is played again with more time. What is wrong is wrong each time.
 */
#ifndef TESTS_SUPPORT_PATIENCE_H
#define TESTS_SUPPORT_PATIENCE_H

#include <stdint.h>

#include "util/clock.h"

struct patience {
    int64_t ns;
    const char *text; /* as an error says it */
};

static const struct patience patience[] = {
    {300 * NS_PER_MS, "300ms"}, {4 * NS_PER_S, "4s"}, {30 * NS_PER_S, "30s"}};

#define PATIENCE_TRIES (sizeof patience / sizeof *patience)

#endif
