/*
 * serve: the loop of a rank: it looks for messages, and gives them to the agent and, on rank 0, to
 * the hub; and the end of the job.
 *
 * Thread: the one that called MPI_Init().
 */
#ifndef MPI_SERVE_H
#define MPI_SERVE_H

#include <stdbool.h>
#include <stdint.h>

#include "agent.h"
#include "hub.h"
#include "mail.h"
#include "watch.h"

/* SIGINT, SIGTERM and SIGHUP are counted from here on, and passed to rank 0. */
void serve_signals(void);

struct serve {
    struct mail *mail;
    struct agent *agent;
    struct hub *hub;     /* NULL: not rank 0, or no load at the moment */
    struct watch *watch; /* of rank 0 in a search; NULL: there is none */
    int signal;          /* the first one that rank 0 heard of while there was no load; 0: none */
    int64_t busy_ns;     /* until when a file is on its way */
    int64_t alive_ns;
    bool told; /* that a message was lost */
};

/* One look, and a short rest. Rank 0 without a load tells the others that it is there. */
void serve_turn(struct serve *s);

/* Until there is nothing more to do; with `until_signal`, also until any rank gets a signal. */
void serve_load(struct serve *s, bool until_signal);

/* Tells the other ranks to end, and waits for a moment until they know. */
void serve_bye(struct mail *m, bool lost);

/* Ends MPI. If a rank does not answer, MPI_Finalize() could wait for ever. With mpirun
 * --enable-recovery, MPI_Abort() ends this rank only. */
void serve_finalize(bool lost, int code);

#endif
