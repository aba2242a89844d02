/*
 * instance: the one container that the target pretends to be: cold or warm, a limited number of
 * requests at once, the rest in a queue.
 *
 * A request (a job) enters; once the instance is warm and a place is free, first come first
 * served, its service time runs; then it may be taken, and its place is free again when it leaves.
 * An instance is cold at the start and again when nobody has been inside for the idle timeout; the
 * first to enter then starts it, and everyone who comes waits for the same start. All of it as
 * functions of a time that is given: no clock, no thread, no socket.
 *
 * Ownership: jobs belong to the caller and must live until they are taken or evicted. Thread:
 * plain data, one lock for all.
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
    int64_t ready_ns;     /* when it is, or was, warm; of meaning while awake */
    int64_t idle_from_ns; /* when the last one left, or the start was over */
    size_t inside;        /* queued, being served, or taken and not left */
    size_t places_taken;
    uint64_t order; /* equal times are served in the order of their start */
    uint64_t cold_starts;
    struct instance_job *first, *last; /* the queue */
    /* Being served, the earliest due at the top; `concurrency` places. */
    struct instance_job **heap;
    size_t heap_len;
};

#define INSTANCE_NEVER INT64_MAX

int instance_init(struct instance *i, const struct instance_spec *spec, struct err *e);
void instance_done(struct instance *i);

/* A request without a service time: true where it can be answered at once, and then it has been in
 * and out. */
bool instance_pass(struct instance *i, int64_t now_ns);

void instance_enter(struct instance *i, struct instance_job *v, int64_t now_ns);

/* When instance_take will next have something to do if nobody enters or leaves before;
 * INSTANCE_NEVER: nothing. */
int64_t instance_next_ns(const struct instance *i);

/* A job whose service time is over, or NULL. Its place stays taken until instance_leave, or until
 * instance_vacate, after which it is inside, so that the instance is not idle, until
 * instance_depart. */
struct instance_job *instance_take(struct instance *i, int64_t now_ns);
void instance_leave(struct instance *i, int64_t now_ns);
void instance_vacate(struct instance *i, int64_t now_ns);
void instance_depart(struct instance *i, int64_t now_ns);

/* One that is not taken yet, in no order, or NULL: to empty the house. */
struct instance_job *instance_evict(struct instance *i, int64_t now_ns);

#endif
