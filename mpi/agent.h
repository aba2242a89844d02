/*
 * agent: what each rank does, rank 0 too: it starts the load process, passes its lines to rank 0
 * and rank 0's to it, answers when clocks are compared, and sends the file at the end.
 *
 * It decides nothing, except that it ends when rank 0 is silent for too long. Messages to rank 0:
 *
 *     hello VERSION\n HOST             at first
 *     file PATH                        where its run file is
 *     bytes\n ...                      from the load process, as they come
 *     alive                            once a second
 *     exit CODE SIGNAL\n ERRORS        the load process has ended
 *     failed\n TEXT                    it cannot be started, or has no file
 *     note\n TEXT                      for people
 *     signal N                         this rank got one
 *     size BYTES; piece\n ...          the file
 *
 * From rank 0:
 *
 *     begin SEED ID\n WORDS; say\n ...; clock; quiet (0 or 1); kill; send\n MANIFEST; drop; alive; again; bye (0, or 1: without
 *     MPI_Finalize())
 *
 * WORDS are the command line of the load, each followed by NUL; none: that of this program. "again"
 * begins another load: the agent forgets the last one, and says hello.
 *
 * Thread: the one that called MPI_Init().
 */
#ifndef MPI_AGENT_H
#define MPI_AGENT_H

#include <signal.h>
#include <stdbool.h>

#include "child.h"
#include "cli/command.h"
#include "launch.h"
#include "mail.h"
#include "step.h"

struct agent {
    struct mail *mail;
    const struct args *args; /* of this program; NULL: they are wrong, as `mistake` says */
    const char *mistake;
    struct step step; /* of rank 0's words */
    bool search;      /* several loads, so it waits between them */
    bool noted;       /* that its folder is on a network file system */
    struct launch_job job;
    struct launch launch;
    struct child child;
    struct buf in;
    int64_t alive_ns; /* when it last said so */
    int64_t heard_ns; /* when rank 0 last said something */
    int signals;      /* that it has passed on */
    bool quiet;       /* load is sent: look only ten times a second */
    bool began, told_exit, dropped, orphan;
    int file;       /* that it sends; -1: none */
    bool over;      /* it has nothing more to do */
    bool abandoned; /* MPI cannot be finalized */
    int exit_code;  /* then */
};

/* search: rank 0 gives the command line of each load. */
void agent_init(struct agent *a, struct mail *m, const struct args *args, bool search);
void agent_done(struct agent *a);

/* A message from rank 0. */
void agent_message(struct agent *a, const char *text, size_t n);

/* Call it often; `signals` is how many this rank has got, `number` the last one. */
void agent_turn(struct agent *a, int signals, int number);

#endif
