/*
 * fault: failures on purpose: their kinds and rates.
 *
 * It decides, but does not fail anything: target_handle.c does. Thread: any.
 */
#ifndef TARGET_FAULT_H
#define TARGET_FAULT_H

#include "util/err.h"

#define FAULT_MAP(X)                                                                               \
    X(STATUS, "status")   /* a response with an error status */                                    \
    X(RESET, "reset")     /* the connection is reset before the response */                        \
    X(HANG, "hang")       /* no response for as long as the client waits */                        \
    X(GARBAGE, "garbage") /* bytes that are not HTTP, then the connection ends */                  \
    X(SHORT, "short")     /* a response cut off after 10 of 1000 bytes */

enum fault_kind {
    FAULT_NONE,
#define FAULT_ENUM(name, text) FAULT_##name,
    FAULT_MAP(FAULT_ENUM)
#undef FAULT_ENUM
        FAULT_COUNT
};

struct fault {
    enum fault_kind kind;
    int status;  /* for FAULT_STATUS */
    double rate; /* share of requests, 0 to 1 */
};

const char *fault_text(enum fault_kind kind);

/* Parses "status:503", "reset", "hang", "garbage" or "short". Leaves the rate unchanged. */
int fault_parse(const char *text, struct fault *f, struct err *e);

#endif
