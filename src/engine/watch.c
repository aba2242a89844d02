#include "engine/watch.h"

#include <stdlib.h>
#include <time.h>

#include "engine/engine.h"
#include "engine/worker.h"
#include "util/clock.h"

static int64_t cpu_of(struct worker *w) {
    struct timespec t;
    if (!atomic_load(&w->ended) && atomic_load(&w->cpu_clock_known) &&
        clock_gettime(w->cpu_clock, &t) == 0)
        return (int64_t)t.tv_sec * NS_PER_S + t.tv_nsec;
    return atomic_load(&w->cpu_ns);
}

static void note_busy(struct watch_state *w, uint32_t worker, double share, int64_t now_ns,
                      struct record *record) {
    struct err text;
    if (share <= ENGINE_BUSY_SHARE || w->told_busy)
        return;
    w->told_busy = true;
    err_set(&text, "thread %u of the client used %.0f %% of a core for %d s", worker + 1,
            share * 100, WATCH_WINDOW_S);
    record_event(record, now_ns, "client_busy", text.text);
}

/* Takes the CPU time of each worker, and its share over the window that ends now: five seconds, or in the end all there
 * is of a shorter run. */
static void sample_cpu(struct watch_state *w, const struct watch_subject *of, int64_t now_ns,
                       bool last) {
    enum { SLOTS = WATCH_WINDOW_S + 1 };
    if (w->cpu_ns == NULL)
        w->cpu_ns = calloc(of->count, sizeof *w->cpu_ns);
    if (w->cpu_ns == NULL)
        return;
    bool whole = w->samples >= WATCH_WINDOW_S;
    uint32_t slot = w->samples % SLOTS;
    uint32_t oldest = whole ? (w->samples + 1) % SLOTS : 0;
    w->at_ns[slot] = now_ns;
    for (uint32_t i = 0; i < of->count; i++) {
        w->cpu_ns[i][slot] = cpu_of(&of->workers[i]);
        int64_t span = now_ns - w->at_ns[oldest];
        double share =
            span <= 0 ? 0 : (double)(w->cpu_ns[i][slot] - w->cpu_ns[i][oldest]) / (double)span;
        if ((whole || (last && w->samples < SLOTS)) && share > w->busiest_core) {
            w->busiest_core = share;
            w->busiest_worker = i;
            note_busy(w, i, share, now_ns, of->record);
        }
    }
    w->samples++;
}

static void end_second(struct watch_state *w, struct record *record) {
    record_users(record, (uint32_t)w->second, w->users_in_second);
}

void watch_tick(struct watch_state *w, const struct watch_subject *of, int64_t now_ns,
                uint32_t users) {
    int64_t second = now_ns / NS_PER_S;
    if (w->samples == 0)
        sample_cpu(w, of, now_ns, false);
    if (second != w->second) {
        end_second(w, of->record);
        w->second = second;
        w->users_in_second = 0;
        sample_cpu(w, of, now_ns, false);
    }
    if (users > w->users_in_second)
        w->users_in_second = users;
}

void watch_end(struct watch_state *w, const struct watch_subject *of, int64_t now_ns,
               uint32_t users) {
    watch_tick(w, of, now_ns, users);
    end_second(w, of->record);
    sample_cpu(w, of, now_ns, true);
}

void watch_done(struct watch_state *w) {
    free(w->cpu_ns);
    w->cpu_ns = NULL;
}
