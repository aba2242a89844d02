/*
 * check: what must hold for any input of a fuzz target; where it does not, the target crashes,
 * which the fuzzer reports.
 *
 * Ownership: none. Thread: any.
 */
#ifndef FUZZ_CHECK_H
#define FUZZ_CHECK_H

#include <stdlib.h>

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition))                                                                          \
            abort();                                                                               \
    } while (0)

#endif
