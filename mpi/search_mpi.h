/*
 * search_mpi: `coldswarm-mpi capacity`: rank 0 searches (cli/capacity.h), and each step is a run of all
 * ranks: one start, one merged file.
 *
 * A step that is not whole is none: if a rank is lost, or a load process is killed, the search ends
 * with the interval so far. At a signal rank 0 writes what it knows at once, because the launcher
 * may kill it soon, and only then waits for the parts to end.
 *
 * Thread: the one that called MPI_Init().
 */
#ifndef MPI_SEARCH_MPI_H
#define MPI_SEARCH_MPI_H

#include "cli/command.h"
#include "mail.h"

/* Rank 0: the whole command. Ends MPI; returns the exit code. */
int search_mpi_lead(const struct args *a, struct mail *m);

#endif
