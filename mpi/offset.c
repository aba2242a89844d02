#include "offset.h"

#include <mpi.h>
#include <sched.h>

#include "util/clock.h"

#define TAG_PING 2
#define TAG_PONG 3
#define ROUNDS_MIN 20
#define ROUNDS_MAX 200
#define LIMIT_NS (2 * NS_PER_S)
#define GOOD_NS NS_PER_MS /* a round trip below this is short enough */
#define QUIET_NS (3 * NS_PER_S)

struct ping {
    int64_t number; /* 0: no more */
};

struct pong {
    int64_t number, mono_ns, real_ns;
};

/* Messages this small leave at once, or when MPI is polled the next time. */
static void send(int rank, int tag, const void *bytes, int n, int64_t until_ns) {
    MPI_Request request;
    int done = 0;
    if (MPI_Isend(bytes, n, MPI_BYTE, rank, tag, MPI_COMM_WORLD, &request) != MPI_SUCCESS)
        return;
    while (MPI_Test(&request, &done, MPI_STATUS_IGNORE) == MPI_SUCCESS && done == 0 &&
           clock_mono_ns() < until_ns)
        sched_yield();
    if (done == 0)
        MPI_Request_free(&request);
}

static bool receive(int rank, int tag, void *bytes, int n, int64_t until_ns) {
    while (clock_mono_ns() < until_ns) {
        int there = 0;
        if (MPI_Iprobe(rank, tag, MPI_COMM_WORLD, &there, MPI_STATUS_IGNORE) == MPI_SUCCESS &&
            there != 0)
            return MPI_Recv(bytes, n, MPI_BYTE, rank, tag, MPI_COMM_WORLD, MPI_STATUS_IGNORE) ==
                   MPI_SUCCESS;
        sched_yield();
    }
    return false;
}

void offset_measure(int rank, struct offset *out) {
    static int64_t number;
    static struct ping ping;
    struct pong pong;
    int64_t until_ns = clock_mono_ns() + LIMIT_NS;
    *out = (struct offset){.known = false};
    for (int i = 0; i < ROUNDS_MAX && clock_mono_ns() < until_ns; i++) {
        ping.number = ++number;
        int64_t sent_ns = clock_mono_ns(), real_ns = clock_real_ns();
        send(rank, TAG_PING, &ping, sizeof ping, until_ns);
        do
            if (!receive(rank, TAG_PONG, &pong, sizeof pong, until_ns))
                break;
        while (pong.number != ping.number); /* an answer to an earlier attempt */
        int64_t trip_ns = clock_mono_ns() - sent_ns;
        if (pong.number != ping.number)
            break;
        if (!out->known || (trip_ns + 1) / 2 < out->bound_ns)
            *out = (struct offset){.known = true,
                                   .mono_ns = pong.mono_ns - (sent_ns + trip_ns / 2),
                                   .real_ns = pong.real_ns - (real_ns + trip_ns / 2),
                                   .bound_ns = (trip_ns + 1) / 2};
        if (i >= ROUNDS_MIN && 2 * out->bound_ns < GOOD_NS)
            break;
    }
    ping.number = 0;
    send(rank, TAG_PING, &ping, sizeof ping, clock_mono_ns() + NS_PER_MS);
}

void offset_answer(int rank) {
    static struct pong pong;
    struct ping ping;
    while (receive(rank, TAG_PING, &ping, sizeof ping, clock_mono_ns() + QUIET_NS) &&
           ping.number != 0) {
        pong = (struct pong){ping.number, clock_mono_ns(), clock_real_ns()};
        send(rank, TAG_PONG, &pong, sizeof pong, clock_mono_ns() + QUIET_NS);
    }
}
