/*
 * offset: how far the clocks of another rank are from ours.
 *
 * One rank measures, the other answers. Of many round trips the shortest counts: the other clock
 * was read somewhere in it, so the error is at most half of it. Both poll MPI without a pause for
 * as long as it takes: a few milliseconds, two seconds at most. Do not call it while load is sent.
 *
 * Thread: the one that called MPI_Init().
 */
#ifndef MPI_OFFSET_H
#define MPI_OFFSET_H

#include <stdbool.h>
#include <stdint.h>

struct offset {
    bool known;
    int64_t mono_ns; /* its CLOCK_MONOTONIC minus ours */
    int64_t real_ns; /* its CLOCK_REALTIME minus ours */
    int64_t bound_ns;
};

/* The other rank must call offset_answer() within two seconds; otherwise the offset is not
 * known. */
void offset_measure(int rank, struct offset *out);

void offset_answer(int rank);

#endif
