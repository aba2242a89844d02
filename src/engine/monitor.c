#include "engine/monitor.h"

#include <math.h>
#include <stdlib.h>
#include <time.h>

#include "engine/engine.h"
#include "engine/proc.h"
#include "engine/worker.h"
#include "util/clock.h"

enum { SLOTS = MONITOR_WINDOW_S + 1 };

/* What is not a correction of a running clock: those change it by half a millisecond per second.
 * And how long reading the clocks may take. */
#define CLOCK_CHANGE_NS (50 * NS_PER_MS)
#define CLOCKS_READ_NS (5 * NS_PER_MS)

static int64_t cpu_of(struct worker *w) {
    struct timespec t;
    if (!atomic_load(&w->ended) && atomic_load(&w->cpu_clock_known) &&
        clock_gettime(w->cpu_clock, &t) == 0)
        return (int64_t)t.tv_sec * NS_PER_S + t.tv_nsec;
    return atomic_load(&w->cpu_ns);
}

/* The two clocks are not read at one moment, so over a short span a thread may seem to have used
 * more than there is. */
static double share_of(int64_t cpu_ns, int64_t span_ns) {
    double share = span_ns <= 0 ? 0 : (double)cpu_ns / (double)span_ns;
    return share < 0 ? 0 : share > 1 ? 1 : share;
}

static void note_busy(struct monitor_state *w, uint32_t worker, double share, int64_t now_ns,
                      struct record *record) {
    struct err text;
    if (share <= ENGINE_BUSY_SHARE || w->told_busy)
        return;
    w->told_busy = true;
    err_set(&text, "thread %u of the client used %.0f %% of a core for %d s", worker + 1,
            share * 100, MONITOR_WINDOW_S);
    record_event(record, now_ns, "client_busy", text.text);
}

/* Takes the CPU time of each worker, and its share over the window that ends now: five seconds, or
 * in the end all there is of a shorter run. */
static void sample_cpu(struct monitor_state *w, const struct monitor_subject *of, int64_t now_ns,
                       bool last) {
    bool whole = w->samples >= MONITOR_WINDOW_S;
    uint32_t slot = w->samples % SLOTS;
    uint32_t oldest = whole ? (w->samples + 1) % SLOTS : 0;
    w->at_ns[slot] = now_ns;
    for (uint32_t i = 0; i < of->count; i++) {
        int64_t *cpu_ns = w->workers[i].cpu_ns;
        cpu_ns[slot] = cpu_of(&of->workers[i]);
        double share = share_of(cpu_ns[slot] - cpu_ns[oldest], now_ns - w->at_ns[oldest]);
        if ((whole || (last && w->samples < SLOTS)) && share > w->busiest_core) {
            w->busiest_core = share;
            w->busiest_worker = i;
            note_busy(w, i, share, now_ns, of->record);
        }
    }
    w->samples++;
}

/* The shares between the last two looks. */
static void put_cpu(const struct monitor_state *w, uint32_t count, struct record_client *out) {
    uint32_t slot = (w->samples - 1) % SLOTS, before = (w->samples - 2) % SLOTS;
    for (uint32_t i = 0; i < count; i++) {
        const int64_t *cpu_ns = w->workers[i].cpu_ns;
        double share = share_of(cpu_ns[slot] - cpu_ns[before], w->at_ns[slot] - w->at_ns[before]);
        out->cpu_sum += share;
        if (share > out->cpu_max)
            out->cpu_max = share;
    }
}

static void put_lag(struct monitor_state *w, const struct monitor_subject *of,
                    struct record_client *out) {
    uint64_t wakes = 0;
    int64_t late_ns = 0, most_ns = 0;
    for (uint32_t i = 0; i < of->count; i++) {
        struct monitor_worker *seen = &w->workers[i];
        struct pacer_lag now;
        pacer_lag(&of->workers[i].pacer, &now);
        wakes += now.wakes - seen->wakes;
        late_ns += now.late_ns - seen->late_ns;
        if (now.most_ns > most_ns)
            most_ns = now.most_ns;
        seen->wakes = now.wakes;
        seen->late_ns = now.late_ns;
    }
    if (most_ns > w->stall_ns)
        w->stall_ns = most_ns;
    if (wakes == 0)
        return;
    out->loop_lag_mean_us = late_ns / (int64_t)wakes / NS_PER_US;
    out->loop_lag_max_us = most_ns / NS_PER_US;
}

/* Of the second that ends: the latest loop, or the longest gap between two ticks of the main
 * thread. A loop that was stopped in the middle of its work may not know it was late; the main
 * thread, which has next to nothing to do, does. */
static void note_stall(struct monitor_state *w, struct record *record) {
    if (w->stall_ns > w->longest_stall_ns)
        w->longest_stall_ns = w->stall_ns;
    if (w->stall_ns > ENGINE_STALL_NS) {
        struct err text;
        err_set(&text, "the client stalled for %.1f s", (double)w->stall_ns / 1e9);
        record_event(record, w->second * NS_PER_S, "stall", text.text);
    }
    w->stall_ns = 0;
}

/* The monotonic clock, by which everything is measured, does not show these two. */
static void note_clocks(struct monitor_state *w, struct record *record, int64_t now_ns) {
    struct err text;
    int64_t before_ns = clock_mono_ns();
    int64_t real_ns = clock_real_ns(), boot_ns = clock_boot_ns();
    int64_t after_ns = clock_mono_ns();
    if (after_ns - before_ns > CLOCKS_READ_NS)
        return; /* interrupted: the difference would be that of two moments */
    int64_t real_ahead_ns = real_ns - before_ns, boot_ahead_ns = boot_ns - before_ns;
    int64_t slept_ns = boot_ahead_ns - w->boot_ahead_ns;
    int64_t set_ns = real_ahead_ns - w->real_ahead_ns - slept_ns;
    if (w->clocks_known && slept_ns > CLOCK_CHANGE_NS) {
        err_set(&text, "this machine slept for %.1f s; the run's times do not count it",
                (double)slept_ns / 1e9);
        record_event(record, now_ns, "suspend", text.text);
    }
    if (w->clocks_known && (set_ns > CLOCK_CHANGE_NS || set_ns < -CLOCK_CHANGE_NS)) {
        err_set(&text,
                "the clock of this machine was set %s by %.1f s; the run's times go on from "
                "started_utc as if it had not been",
                set_ns > 0 ? "forward" : "back", fabs((double)set_ns / 1e9));
        record_event(record, now_ns, "clock_set", text.text);
    }
    w->clocks_known = true;
    w->real_ahead_ns = real_ahead_ns;
    w->boot_ahead_ns = boot_ahead_ns;
}

static int64_t more_retransmits(struct monitor_state *w) {
    int64_t now = proc_retransmits(), before = w->retransmits;
    w->retransmits = now;
    return now == RECORD_UNKNOWN || before == RECORD_UNKNOWN ? RECORD_UNKNOWN : now - before;
}

static void first_look(struct monitor_state *w, const struct monitor_subject *of, int64_t now_ns) {
    struct record_load load;
    w->workers = calloc(of->count == 0 ? 1 : of->count, sizeof *w->workers);
    if (w->workers == NULL)
        return; /* tried again at the next tick */
    record_load(of->record, &load);
    w->writer_cpu_ns = load.cpu_ns;
    w->retransmits = proc_retransmits();
    sample_cpu(w, of, now_ns, false);
}

/* A look at everything; what it finds is about the second that ends. */
static void end_second(struct monitor_state *w, const struct monitor_subject *of, int64_t now_ns,
                       bool last) {
    record_users(of->record, (uint32_t)w->second, w->users_in_second);
    if (w->workers == NULL)
        return;
    struct record_load load;
    struct record_client c = {.second = (uint32_t)w->second,
                              .loop_lag_mean_us = RECORD_UNKNOWN,
                              .loop_lag_max_us = RECORD_UNKNOWN,
                              .open_files = proc_open_files(),
                              .ports = proc_ports(),
                              .retransmits = more_retransmits(w)};
    int64_t before_ns = w->at_ns[(w->samples - 1) % SLOTS];
    record_load(of->record, &load);
    sample_cpu(w, of, now_ns, last);
    put_cpu(w, of->count, &c);
    put_lag(w, of, &c);
    note_stall(w, of->record);
    c.cpu_writer = share_of(load.cpu_ns - w->writer_cpu_ns, now_ns - before_ns);
    c.queued_max = load.queued > w->queued_max ? load.queued : w->queued_max;
    c.lost = load.lost;
    w->writer_cpu_ns = load.cpu_ns;
    w->queued_max = 0;
    record_client(of->record, &c);
}

void monitor_tick(struct monitor_state *w, const struct monitor_subject *of, int64_t now_ns,
                  uint32_t users) {
    struct record_load load;
    int64_t second = now_ns / NS_PER_S;
    if (w->workers == NULL)
        first_look(w, of, now_ns);
    int64_t late_ns = now_ns - w->tick_ns - MONITOR_TICK_NS;
    if (w->tick_ns > 0 && late_ns > w->stall_ns)
        w->stall_ns = late_ns;
    w->tick_ns = now_ns;
    note_clocks(w, of->record, now_ns);
    if (second != w->second) {
        end_second(w, of, now_ns, false);
        w->second = second;
        w->users_in_second = 0;
    }
    if (users > w->users_in_second)
        w->users_in_second = users;
    record_load(of->record, &load);
    if (load.queued > w->queued_max)
        w->queued_max = load.queued;
}

void monitor_end(struct monitor_state *w, const struct monitor_subject *of, int64_t now_ns,
                 uint32_t users) {
    monitor_tick(w, of, now_ns, users);
    end_second(w, of, now_ns, true);
}

void monitor_done(struct monitor_state *w) {
    free(w->workers);
    w->workers = NULL;
}
