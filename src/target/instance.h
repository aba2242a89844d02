/*
 * instance: the one container that the target simulates: cold or warm, with limited concurrency and
 * a queue for the rest.
 *
 * A request (a job) enters. Once the instance is warm and a place is free, first come first served,
 * its service time runs. Then it may be taken, and its place is free again when it leaves. An
 * instance is cold at the start, and again when it was empty for the idle timeout. The next request
 * to enter then starts it, and all that come meanwhile wait for the same start. All functions take
 * the time as an argument: no clock, no thread, no socket.
 *
 * Ownership: jobs belong to the caller and must live until they are taken or evicted. Thread: plain
 * data, one lock for all.
 */
#ifndef TARGET_INSTANCE_H
#define TARGET_INSTANCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/err.h"

#define INSTANCE_CONCURRENCY_MAX 100000

struct instance_spec {
    int64_t cold_start_ns;   /* 0: never cold */
    int64_t idle_timeout_ns; /* 0: once warm, always warm */
    size_t concurrency;      /* 1 to INSTANCE_CONCURRENCY_MAX */
};

struct instance_job {
    int64_t service_ns; /* set by the caller */
    /* private */
    int64_t due_ns;
    uint64_t order;
    struct instance_job *next;
};

struct instance {
    struct instance_spec spec;
    bool awake;           /* starting or warm */
    int64_t ready_ns;     /* when it is, or was, warm; valid while awake */
    int64_t idle_from_ns; /* when the last job left, or when the start was over */
    size_t inside;        /* queued, being served, or taken but not left */
    size_t places_taken;
    uint64_t order; /* jobs due at the same time are served in the order of their start */
    uint64_t cold_starts;
    struct instance_job *first, *last; /* the queue */
    /* Jobs being served, the earliest due at the top; `concurrency` entries. */
    struct instance_job **heap;
    size_t heap_len;
};

#define INSTANCE_NEVER INT64_MAX

int instance_init(struct instance *i, const struct instance_spec *spec, struct err *e);
void instance_done(struct instance *i);

/* For a request without a service time. Returns true if it can be answered at once; it has then
 * entered and left. */
bool instance_pass(struct instance *i, int64_t now_ns);

void instance_enter(struct instance *i, struct instance_job *v, int64_t now_ns);

/* Returns when instance_take() will have something to do, if no job enters or leaves before.
 * INSTANCE_NEVER: nothing to do. */
int64_t instance_next_ns(const struct instance *i);

/* Returns a job whose service time is over, or NULL. Its place stays taken until
 * instance_leave() or instance_vacate(). After instance_vacate() the job is still inside, so the
 * instance is not idle, until instance_depart(). */
struct instance_job *instance_take(struct instance *i, int64_t now_ns);
void instance_leave(struct instance *i, int64_t now_ns);
void instance_vacate(struct instance *i, int64_t now_ns);
void instance_depart(struct instance *i, int64_t now_ns);

/* Returns any job that is not taken yet, or NULL. Used to remove all jobs. */
struct instance_job *instance_evict(struct instance *i, int64_t now_ns);

#endif
