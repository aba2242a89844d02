/*
 * desk: keeps an instance in real time: one thread wakes for what is due, a few burn CPU, and no
 * request holds a thread while it waits.
 *
 * It knows nothing of HTTP: a job is given, and later given back through `done`, once.
 *
 * Ownership: a job belongs to the caller and must stay where it is until `done`; the desk does not
 * touch it after that call. Thread: any thread may call desk_pass and desk_submit; `done` is called
 * from the desk's threads or from within desk_submit and desk_stop, with no lock held.
 */
#ifndef TARGET_DESK_H
#define TARGET_DESK_H

#include <stdbool.h>
#include <stdint.h>

#include "target/instance.h"

struct desk;

struct desk_job {
    struct visit visit; /* first; visit.service_ns is set by the caller */
    struct desk_job *next;
};

/* `served` is false where the desk was stopped first. */
typedef void desk_done_fn(struct desk_job *job, bool served);

/* `cpu_ns`: CPU time to burn for each job after its service time, on as many threads as there are
 * cores. */
int desk_new(const struct instance_spec *spec, int64_t cpu_ns, desk_done_fn *done,
             struct desk **out, struct err *e);

/* Ends the threads and gives back every job; those that are submitted later come back at once. */
void desk_stop(struct desk *d);
void desk_free(struct desk *d); /* after desk_stop */

/* True where a request without a service time can be answered at once; there is no job then. */
bool desk_pass(struct desk *d);

void desk_submit(struct desk *d, struct desk_job *job);

uint64_t desk_cold_starts(struct desk *d);

#endif
