/*
 * so_far: a listener that adds the verdict so far to the status of a run, and the state of its
 * writer.
 *
 * The verdict follows the rules of verdict.h on what is known already. Requests that this machine
 * could not send for lack of ports, files or memory are known only at the end. So are doubts about
 * streams. It shows nothing.
 *
 * Thread: main.
 */
#ifndef CLI_SO_FAR_H
#define CLI_SO_FAR_H

#include "control/control.h"

struct so_far_state {
    const char *verdict;
    char reason[STATUS_WORST_MAX];
    uint64_t rows_queued, rows_lost;
    int64_t lag_us; /* p99 of requests with a scheduled time; LIVE_NO_VALUE: there are none */
};

/* What it adds: for a run with this listener. `all`: the counts of the run so far. */
void so_far_now(const struct control *c, const struct live_row *all, double busiest_core,
                uint32_t busiest_worker, int64_t longest_stall_ns, struct so_far_state *out);

extern const struct control_listener so_far_listener;

#endif
