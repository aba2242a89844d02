#include "engine/watch.h"

#include <stdlib.h>
#include <time.h>

#include "engine/worker.h"
#include "util/clock.h"

static int64_t cpu_of(struct worker *w) {
    struct timespec t;
    if (!atomic_load(&w->ended) && atomic_load(&w->cpu_clock_known) &&
        clock_gettime(w->cpu_clock, &t) == 0)
        return (int64_t)t.tv_sec * NS_PER_S + t.tv_nsec;
    return atomic_load(&w->cpu_ns);
}

/* Takes the CPU time of each worker once a second, and the share over the window that ends now. */
static void sample_cpu(struct watch_state *w, struct worker *workers, uint32_t count,
                       int64_t now_ns) {
    enum { SLOTS = WATCH_WINDOW_S + 1 };
    if (w->cpu_ns == NULL)
        w->cpu_ns = calloc(count, sizeof *w->cpu_ns);
    if (w->cpu_ns == NULL)
        return;
    uint32_t slot = w->seconds % SLOTS;
    uint32_t oldest = w->seconds < WATCH_WINDOW_S ? 0 : (w->seconds + 1) % SLOTS;
    w->at_ns[slot] = now_ns;
    for (uint32_t i = 0; i < count; i++) {
        w->cpu_ns[i][slot] = cpu_of(&workers[i]);
        int64_t span = now_ns - w->at_ns[oldest];
        double share =
            span <= 0 ? 0 : (double)(w->cpu_ns[i][slot] - w->cpu_ns[i][oldest]) / (double)span;
        if (w->seconds >= WATCH_WINDOW_S && share > w->busiest_core) {
            w->busiest_core = share;
            w->busiest_worker = i;
        }
    }
    w->seconds++;
}

void watch_tick(struct watch_state *w, struct worker *workers, uint32_t count,
                struct record *record, int64_t now_ns, uint32_t users) {
    int64_t second = now_ns / NS_PER_S;
    if (w->seconds == 0)
        sample_cpu(w, workers, count, now_ns);
    if (second != w->last_second) {
        watch_end(w, record);
        w->last_second = second;
        w->users_in_second = 0;
        sample_cpu(w, workers, count, now_ns);
    }
    if (users > w->users_in_second)
        w->users_in_second = users;
}

void watch_end(struct watch_state *w, struct record *record) {
    record_users(record, (uint32_t)w->last_second, w->users_in_second);
}

void watch_done(struct watch_state *w) {
    free(w->cpu_ns);
    w->cpu_ns = NULL;
}
