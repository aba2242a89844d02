/*
 * job_queue: runs an instance in real time. One thread wakes for due jobs, a few burn CPU, and no
 * waiting request occupies a thread.
 *
 * It knows nothing about HTTP: a job is submitted, and later returned through `done`, once.
 * Ownership: a job belongs to the caller and must not move until `done`; the queue does not touch
 * it after that call. Thread: any thread may call job_queue_pass and job_queue_submit; `done` is
 * called from the queue's threads or from within job_queue_submit and job_queue_stop, with no lock
 * held.
 */
#ifndef TARGET_JOB_QUEUE_H
#define TARGET_JOB_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

#include "target/instance.h"

struct job_queue;

struct job;
/* `served` is false if the queue was stopped first. */
typedef void job_done_fn(struct job *job, bool served);

/* What a job keeps after its service time. */
enum job_hold {
    JOB_HOLDS_NOTHING,
    JOB_HOLDS_INSTANCE, /* the instance is not idle until job_queue_leave */
    /* The job's place is not free either. */
    JOB_HOLDS_PLACE
};

struct job {
    struct instance_job base; /* first member; base.service_ns is set by the caller */
    enum job_hold hold;       /* set by the caller */
    job_done_fn *done;        /* NULL: the queue's own */
    struct job *next;
};

/* `cpu_ns`: CPU time to burn for each job after its service time, on as many threads as there
 * are cores. */
int job_queue_new(const struct instance_spec *spec, int64_t cpu_ns, job_done_fn *done,
                  struct job_queue **out, struct err *e);

/* Ends the threads and returns every job. Jobs submitted later are returned at once. */
void job_queue_stop(struct job_queue *q);
void job_queue_free(struct job_queue *q); /* after job_queue_stop */

/* Returns true if a request without a service time can be answered at once; there is no job
 * then. */
bool job_queue_pass(struct job_queue *q);

void job_queue_submit(struct job_queue *q, struct job *job);

/* Call once, after `done` of a job that was served and holds something. */
void job_queue_leave(struct job_queue *q, enum job_hold hold);

uint64_t job_queue_cold_starts(struct job_queue *q);

#endif
