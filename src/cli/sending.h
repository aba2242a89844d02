/*
 * sending: how a run sends its requests: transport, receive clock, trace.
 *
 * Ownership: plain data. Thread: main.
 */
#ifndef CLI_SENDING_H
#define CLI_SENDING_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/command.h"
#include "engine/choose.h"
#include "scenario/scenario.h"
#include "transport/traceparent.h"
#include "transport/transport.h"
#include "util/err.h"

struct sending {
    const struct transport_ops *transport;
    char why[CHOOSE_WHY_BYTES];           /* why this transport was chosen */
    bool kernel_clock;                    /* use the kernel's arrival times */
    char trace_run[TRACE_RUN_DIGITS + 1]; /* "": no traceparent */
};

/* Chooses by --transport, --receive-clock and --no-trace. Returns -1 if the transport cannot run
 * the scenario. */
int sending_choose(const struct args *a, const struct scenario *s, struct sending *out,
                   struct err *e);

/* Uses this identifier of the run in traceparent, if it is sent at all. */
void sending_set_trace(struct sending *s, uint64_t id);

#endif
