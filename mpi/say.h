/*
 * say: a line of coldswarm-mpi for people, on stderr. Characters that could confuse a terminal are
 * shown as \xNN.
 *
 * Thread: any.
 */
#ifndef MPI_SAY_H
#define MPI_SAY_H

void say_line(const char *text);

#endif
