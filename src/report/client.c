#include "report/client.h"

#include <stdlib.h>
#include <string.h>

struct sums {
    struct client_summary *out;
    int64_t lag_us, lag_seconds;
};

static int64_t larger(int64_t a, int64_t b) {
    return a > b ? a : b; /* READER_NO_VALUE is the smallest */
}

/* A file may hold any number. */
static int64_t plus(int64_t a, int64_t b) {
    int64_t sum;
    return __builtin_add_overflow(a, b, &sum) ? INT64_MAX : sum;
}

static void take_second(void *context, const struct reader_client *c) {
    struct sums *s = context;
    struct client_summary *o = s->out;
    o->known = true;
    o->cpu_max = c->cpu_max > o->cpu_max ? c->cpu_max : o->cpu_max;
    o->cpu_writer = c->cpu_writer > o->cpu_writer ? c->cpu_writer : o->cpu_writer;
    o->loop_lag_max_us = larger(o->loop_lag_max_us, c->loop_lag_max_us);
    o->queued_max = larger(o->queued_max, c->queued_max);
    o->lost = larger(o->lost, c->lost);
    o->open_files = larger(o->open_files, c->open_files);
    o->ports = larger(o->ports, c->ports);
    if (c->retransmits != READER_NO_VALUE)
        o->retransmits = plus(larger(o->retransmits, 0), c->retransmits);
    if (c->loop_lag_mean_us != READER_NO_VALUE) {
        s->lag_us = plus(s->lag_us, c->loop_lag_mean_us);
        s->lag_seconds++;
    }
}

static void take_pair(void *context, const char *key, const char *value) {
    struct client_summary *o = context;
    const struct {
        const char *key;
        int64_t *to;
    } wanted[] = {
        {"dispatch_scheduled", &o->scheduled},
        {"dispatch_waited_for_user", &o->waited},
        {"dispatch_late", &o->late},
        {"dispatch_not_sent", &o->not_sent},
        {"dispatch_p50_us", &o->dispatch_p50_us},
        {"dispatch_p99_us", &o->dispatch_p99_us},
        {"dispatch_max_us", &o->dispatch_max_us},
        {"loop_lag_p99_us", &o->loop_lag_p99_us},
        {"calibration_p50_us", &o->calibration_p50_us},
        {"calibration_p99_us", &o->calibration_p99_us},
        {"calibration_requests_per_second", &o->calibration_rate},
    };
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        if (strcmp(key, wanted[i].key) == 0)
            *wanted[i].to = strtoll(value, NULL, 10);
}

int client_summarize(struct reader *r, struct client_summary *out, struct err *e) {
    struct client_summary all = {.known = false};
    int64_t *numbers[] = {&all.loop_lag_mean_us,
                          &all.loop_lag_max_us,
                          &all.loop_lag_p99_us,
                          &all.queued_max,
                          &all.lost,
                          &all.open_files,
                          &all.ports,
                          &all.retransmits,
                          &all.scheduled,
                          &all.waited,
                          &all.late,
                          &all.not_sent,
                          &all.dispatch_p50_us,
                          &all.dispatch_p99_us,
                          &all.dispatch_max_us,
                          &all.calibration_p50_us,
                          &all.calibration_p99_us,
                          &all.calibration_rate};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        *numbers[i] = READER_NO_VALUE;
    struct sums sums = {.out = &all};
    if (reader_client(r, take_second, &sums, e) != 0 || reader_manifest(r, take_pair, &all, e) != 0)
        return -1;
    if (sums.lag_seconds > 0)
        all.loop_lag_mean_us = sums.lag_us / sums.lag_seconds;
    *out = all;
    return 0;
}
