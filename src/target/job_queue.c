#include "target/job_queue.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "util/clock.h"

#define CPU_THREADS_MAX 64

struct job_queue {
    job_done_fn *done;
    int64_t cpu_ns;
    atomic_bool stopping;
    pthread_mutex_t lock; /* protects all below */
    pthread_cond_t timer_wakes, cpu_wakes;
    struct instance instance;
    int64_t timer_until_ns;           /* what the timer thread sleeps for */
    struct job *cpu_first, *cpu_last; /* their service time is over, their work is not */
    pthread_t timer, cpu[CPU_THREADS_MAX];
    bool timer_runs;
    size_t cpu_count;
};

_Static_assert(offsetof(struct job, base) == 0, "a job is found by what the instance has of it");

static void give_back(struct job_queue *q, struct job *job, bool served) {
    (job->done != NULL ? job->done : q->done)(job, served);
}

static void cpu_queue_push(struct job_queue *q, struct job *job) {
    job->next = NULL;
    if (q->cpu_last != NULL)
        q->cpu_last->next = job;
    else
        q->cpu_first = job;
    q->cpu_last = job;
}

static struct job *cpu_queue_pop(struct job_queue *q) {
    struct job *job = q->cpu_first;
    if (job != NULL)
        q->cpu_first = job->next;
    if (q->cpu_first == NULL)
        q->cpu_last = NULL;
    return job;
}

static void wake_timer(struct job_queue *q) {
    if (instance_next_ns(&q->instance) < q->timer_until_ns)
        pthread_cond_signal(&q->timer_wakes);
}

/* Its service time, and its work, are over. */
static void served(struct job_queue *q, const struct job *job) {
    if (job->hold == JOB_HOLDS_NOTHING)
        instance_leave(&q->instance, clock_mono_ns());
    else if (job->hold == JOB_HOLDS_INSTANCE)
        instance_vacate(&q->instance, clock_mono_ns());
}

/* Sleeps until the time or a signal; the lock is released meanwhile. */
static void timer_sleep(struct job_queue *q, int64_t until_ns) {
    q->timer_until_ns = until_ns;
    if (until_ns == INSTANCE_NEVER) {
        pthread_cond_wait(&q->timer_wakes, &q->lock);
    } else {
        struct timespec t = {.tv_sec = until_ns / NS_PER_S, .tv_nsec = until_ns % NS_PER_S};
        pthread_cond_timedwait(&q->timer_wakes, &q->lock, &t);
    }
    q->timer_until_ns = 0; /* awake: nobody needs to wake it */
}

static void *timer_main(void *arg) {
    struct job_queue *q = arg;
    prctl(PR_SET_TIMERSLACK, 1); /* the kernel's 50 us would be added to every service time */
    pthread_mutex_lock(&q->lock);
    while (!q->stopping) {
        struct instance_job *v = instance_take(&q->instance, clock_mono_ns());
        struct job *job = (struct job *)v;
        if (job == NULL) {
            timer_sleep(q, instance_next_ns(&q->instance));
        } else if (q->cpu_count > 0) {
            cpu_queue_push(q, job);
            pthread_cond_signal(&q->cpu_wakes);
        } else {
            served(q, job);
            pthread_mutex_unlock(&q->lock);
            give_back(q, job, true);
            pthread_mutex_lock(&q->lock);
        }
    }
    pthread_mutex_unlock(&q->lock);
    return NULL;
}

/* The logistic map: arithmetic that no compiler can skip, for so much CPU time of this thread. */
static void burn(struct job_queue *q) {
    int64_t until = clock_thread_cpu_ns() + q->cpu_ns;
    volatile double sink;
    double x = 0.5;
    do {
        for (int k = 0; k < 500; k++)
            x = 3.99 * x * (1.0 - x);
        sink = x;
    } while (clock_thread_cpu_ns() < until && !q->stopping);
    (void)sink;
}

static void *cpu_main(void *arg) {
    struct job_queue *q = arg;
    pthread_mutex_lock(&q->lock);
    while (!q->stopping) {
        struct job *job = cpu_queue_pop(q);
        if (job == NULL) {
            pthread_cond_wait(&q->cpu_wakes, &q->lock);
            continue;
        }
        pthread_mutex_unlock(&q->lock);
        burn(q);
        pthread_mutex_lock(&q->lock);
        served(q, job);
        wake_timer(q);
        bool in_time = !q->stopping;
        pthread_mutex_unlock(&q->lock);
        give_back(q, job, in_time);
        pthread_mutex_lock(&q->lock);
    }
    pthread_mutex_unlock(&q->lock);
    return NULL;
}

static size_t cpu_threads(const struct instance_spec *spec) {
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    size_t n = cores < 1 ? 1 : (size_t)cores;
    n = n < spec->concurrency ? n : spec->concurrency;
    return n < CPU_THREADS_MAX ? n : CPU_THREADS_MAX;
}

static int start_threads(struct job_queue *q, struct err *e) {
    size_t want = q->cpu_ns > 0 ? cpu_threads(&q->instance.spec) : 0;
    int failed = 0;
    for (size_t k = 0; k < want && failed == 0; k++) {
        failed = pthread_create(&q->cpu[k], NULL, cpu_main, q);
        if (failed == 0)
            q->cpu_count++;
    }
    if (failed == 0) {
        failed = pthread_create(&q->timer, NULL, timer_main, q);
        q->timer_runs = failed == 0;
    }
    if (failed != 0)
        return err_set(e, "cannot start a thread: %s", strerror(failed));
    return 0;
}

int job_queue_new(const struct instance_spec *spec, int64_t cpu_ns, job_done_fn *done,
                  struct job_queue **out, struct err *e) {
    struct job_queue *q = calloc(1, sizeof(*q));
    if (q == NULL)
        return err_memory(e, NULL);
    if (instance_init(&q->instance, spec, e) != 0) {
        free(q);
        return -1;
    }
    q->done = done;
    q->cpu_ns = cpu_ns;
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&q->lock, NULL);
    pthread_cond_init(&q->timer_wakes, &monotonic);
    pthread_cond_init(&q->cpu_wakes, NULL);
    pthread_condattr_destroy(&monotonic);
    if (start_threads(q, e) != 0) {
        job_queue_stop(q);
        job_queue_free(q);
        return -1;
    }
    *out = q;
    return 0;
}

void job_queue_stop(struct job_queue *q) {
    if (q == NULL)
        return;
    pthread_mutex_lock(&q->lock);
    q->stopping = true;
    pthread_cond_broadcast(&q->timer_wakes);
    pthread_cond_broadcast(&q->cpu_wakes);
    pthread_mutex_unlock(&q->lock);
    if (q->timer_runs)
        pthread_join(q->timer, NULL);
    for (size_t k = 0; k < q->cpu_count; k++)
        pthread_join(q->cpu[k], NULL);
    q->timer_runs = false;
    q->cpu_count = 0;
    /* The threads are gone and job_queue_submit keeps out: what is left inside is ours. */
    struct job *job;
    while ((job = cpu_queue_pop(q)) != NULL)
        give_back(q, job, false);
    struct instance_job *v;
    while ((v = instance_evict(&q->instance, clock_mono_ns())) != NULL)
        give_back(q, (struct job *)v, false);
}

void job_queue_free(struct job_queue *q) {
    if (q == NULL)
        return;
    pthread_cond_destroy(&q->cpu_wakes);
    pthread_cond_destroy(&q->timer_wakes);
    pthread_mutex_destroy(&q->lock);
    instance_done(&q->instance);
    free(q);
}

bool job_queue_pass(struct job_queue *q) {
    if (q->cpu_ns > 0)
        return false;
    pthread_mutex_lock(&q->lock);
    bool pass = instance_pass(&q->instance, clock_mono_ns());
    pthread_mutex_unlock(&q->lock);
    return pass;
}

void job_queue_submit(struct job_queue *q, struct job *job) {
    pthread_mutex_lock(&q->lock);
    bool open = !q->stopping;
    if (open) {
        instance_enter(&q->instance, &job->base, clock_mono_ns());
        wake_timer(q);
    }
    pthread_mutex_unlock(&q->lock);
    if (!open)
        give_back(q, job, false);
}

void job_queue_leave(struct job_queue *q, enum job_hold hold) {
    if (hold == JOB_HOLDS_NOTHING)
        return;
    pthread_mutex_lock(&q->lock);
    if (hold == JOB_HOLDS_PLACE)
        instance_leave(&q->instance, clock_mono_ns());
    else
        instance_depart(&q->instance, clock_mono_ns());
    wake_timer(q);
    pthread_mutex_unlock(&q->lock);
}

uint64_t job_queue_cold_starts(struct job_queue *q) {
    pthread_mutex_lock(&q->lock);
    uint64_t n = q->instance.cold_starts;
    pthread_mutex_unlock(&q->lock);
    return n;
}
