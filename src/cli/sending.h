/*
 * sending: how a run sends its requests: transport, receive clock, trace.
 *
 * Ownership: plain data. Thread: main.
 */
#ifndef CLI_SENDING_H
#define CLI_SENDING_H

#include <stdbool.h>

#include "cli/command.h"
#include "engine/choose.h"
#include "scenario/scenario.h"
#include "transport/traceparent.h"
#include "transport/transport.h"
#include "util/err.h"

struct sending {
    const struct transport_ops *transport;
    char why[CHOOSE_WHY_BYTES];           /* this transport */
    bool kernel_clock;                    /* answers come when the kernel says so */
    char trace_run[TRACE_RUN_DIGITS + 1]; /* "": no traceparent */
};

/* As --transport, --receive-clock and --no-trace want it; -1 where the transport cannot do what the
 * scenario needs. */
int sending_choose(const struct args *a, const struct scenario *s, struct sending *out,
                   struct err *e);

#endif
