#include "target/desk.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "util/clock.h"

#define CPU_THREADS_MAX 64

struct desk {
    desk_done_fn *done;
    int64_t cpu_ns;
    atomic_bool stopping;
    pthread_mutex_t lock; /* protects all below */
    pthread_cond_t timer_wakes, cpu_wakes;
    struct instance instance;
    int64_t timer_until_ns;                /* what the timer thread sleeps for */
    struct desk_job *cpu_first, *cpu_last; /* their service time is over, their work is not */
    pthread_t timer, cpu[CPU_THREADS_MAX];
    bool timer_runs;
    size_t cpu_count;
};

_Static_assert(offsetof(struct desk_job, visit) == 0, "a job is found by its visit");

static void cpu_queue_push(struct desk *d, struct desk_job *job) {
    job->next = NULL;
    if (d->cpu_last != NULL)
        d->cpu_last->next = job;
    else
        d->cpu_first = job;
    d->cpu_last = job;
}

static struct desk_job *cpu_queue_pop(struct desk *d) {
    struct desk_job *job = d->cpu_first;
    if (job != NULL)
        d->cpu_first = job->next;
    if (d->cpu_first == NULL)
        d->cpu_last = NULL;
    return job;
}

/* Sleeps until the time or a signal; the lock is given up meanwhile. */
static void timer_sleep(struct desk *d, int64_t until_ns) {
    d->timer_until_ns = until_ns;
    if (until_ns == INSTANCE_NEVER) {
        pthread_cond_wait(&d->timer_wakes, &d->lock);
    } else {
        struct timespec t = {.tv_sec = until_ns / NS_PER_S, .tv_nsec = until_ns % NS_PER_S};
        pthread_cond_timedwait(&d->timer_wakes, &d->lock, &t);
    }
    d->timer_until_ns = 0; /* awake: nobody needs to wake it */
}

static void *timer_main(void *arg) {
    struct desk *d = arg;
    prctl(PR_SET_TIMERSLACK, 1); /* the kernel's 50 us would be added to every service time */
    pthread_mutex_lock(&d->lock);
    while (!d->stopping) {
        struct visit *v = instance_take(&d->instance, clock_mono_ns());
        struct desk_job *job = (struct desk_job *)v;
        if (job == NULL) {
            timer_sleep(d, instance_next_ns(&d->instance));
        } else if (d->cpu_count > 0) {
            cpu_queue_push(d, job);
            pthread_cond_signal(&d->cpu_wakes);
        } else {
            instance_leave(&d->instance, clock_mono_ns());
            pthread_mutex_unlock(&d->lock);
            d->done(job, true);
            pthread_mutex_lock(&d->lock);
        }
    }
    pthread_mutex_unlock(&d->lock);
    return NULL;
}

/* The logistic map: arithmetic that no compiler can skip, for so much CPU time of this thread. */
static void burn(struct desk *d) {
    int64_t until = clock_thread_cpu_ns() + d->cpu_ns;
    volatile double sink;
    double x = 0.5;
    do {
        for (int k = 0; k < 500; k++)
            x = 3.99 * x * (1.0 - x);
        sink = x;
    } while (clock_thread_cpu_ns() < until && !d->stopping);
    (void)sink;
}

static void *cpu_main(void *arg) {
    struct desk *d = arg;
    pthread_mutex_lock(&d->lock);
    while (!d->stopping) {
        struct desk_job *job = cpu_queue_pop(d);
        if (job == NULL) {
            pthread_cond_wait(&d->cpu_wakes, &d->lock);
            continue;
        }
        pthread_mutex_unlock(&d->lock);
        burn(d);
        pthread_mutex_lock(&d->lock);
        instance_leave(&d->instance, clock_mono_ns());
        if (instance_next_ns(&d->instance) < d->timer_until_ns)
            pthread_cond_signal(&d->timer_wakes);
        bool served = !d->stopping;
        pthread_mutex_unlock(&d->lock);
        d->done(job, served);
        pthread_mutex_lock(&d->lock);
    }
    pthread_mutex_unlock(&d->lock);
    return NULL;
}

static size_t cpu_threads(const struct instance_spec *spec) {
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    size_t n = cores < 1 ? 1 : (size_t)cores;
    n = n < spec->concurrency ? n : spec->concurrency;
    return n < CPU_THREADS_MAX ? n : CPU_THREADS_MAX;
}

static int start_threads(struct desk *d, struct err *e) {
    size_t want = d->cpu_ns > 0 ? cpu_threads(&d->instance.spec) : 0;
    int failed = 0;
    for (size_t k = 0; k < want && failed == 0; k++) {
        failed = pthread_create(&d->cpu[k], NULL, cpu_main, d);
        if (failed == 0)
            d->cpu_count++;
    }
    if (failed == 0) {
        failed = pthread_create(&d->timer, NULL, timer_main, d);
        d->timer_runs = failed == 0;
    }
    if (failed != 0)
        return err_set(e, "cannot start a thread: %s", strerror(failed));
    return 0;
}

int desk_new(const struct instance_spec *spec, int64_t cpu_ns, desk_done_fn *done,
             struct desk **out, struct err *e) {
    struct desk *d = calloc(1, sizeof(*d));
    if (d == NULL)
        return err_set(e, "no memory");
    if (instance_init(&d->instance, spec, e) != 0) {
        free(d);
        return -1;
    }
    d->done = done;
    d->cpu_ns = cpu_ns;
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&d->lock, NULL);
    pthread_cond_init(&d->timer_wakes, &monotonic);
    pthread_cond_init(&d->cpu_wakes, NULL);
    pthread_condattr_destroy(&monotonic);
    if (start_threads(d, e) != 0) {
        desk_stop(d);
        desk_free(d);
        return -1;
    }
    *out = d;
    return 0;
}

void desk_stop(struct desk *d) {
    if (d == NULL)
        return;
    pthread_mutex_lock(&d->lock);
    d->stopping = true;
    pthread_cond_broadcast(&d->timer_wakes);
    pthread_cond_broadcast(&d->cpu_wakes);
    pthread_mutex_unlock(&d->lock);
    if (d->timer_runs)
        pthread_join(d->timer, NULL);
    for (size_t k = 0; k < d->cpu_count; k++)
        pthread_join(d->cpu[k], NULL);
    d->timer_runs = false;
    d->cpu_count = 0;
    /* The threads are gone and desk_submit keeps out: what is left inside is ours. */
    struct desk_job *job;
    while ((job = cpu_queue_pop(d)) != NULL)
        d->done(job, false);
    struct visit *v;
    while ((v = instance_evict(&d->instance, clock_mono_ns())) != NULL)
        d->done((struct desk_job *)v, false);
}

void desk_free(struct desk *d) {
    if (d == NULL)
        return;
    pthread_cond_destroy(&d->cpu_wakes);
    pthread_cond_destroy(&d->timer_wakes);
    pthread_mutex_destroy(&d->lock);
    instance_done(&d->instance);
    free(d);
}

bool desk_pass(struct desk *d) {
    if (d->cpu_ns > 0)
        return false;
    pthread_mutex_lock(&d->lock);
    bool pass = instance_pass(&d->instance, clock_mono_ns());
    pthread_mutex_unlock(&d->lock);
    return pass;
}

void desk_submit(struct desk *d, struct desk_job *job) {
    pthread_mutex_lock(&d->lock);
    bool open = !d->stopping;
    if (open) {
        instance_enter(&d->instance, &job->visit, clock_mono_ns());
        if (instance_next_ns(&d->instance) < d->timer_until_ns)
            pthread_cond_signal(&d->timer_wakes);
    }
    pthread_mutex_unlock(&d->lock);
    if (!open)
        d->done(job, false);
}

uint64_t desk_cold_starts(struct desk *d) {
    pthread_mutex_lock(&d->lock);
    uint64_t n = d->instance.cold_starts;
    pthread_mutex_unlock(&d->lock);
    return n;
}
