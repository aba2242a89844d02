#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "report/layout.h"

static void put(struct grid *g, const char *what, const char *text) {
    grid_add(g, what, (double)NAN);
    grid_add(g, text, (double)NAN);
    g->rows++;
}

static void put_cpu(struct grid *g, const struct client_summary *c) {
    char text[128];
    snprintf(text, sizeof text, "%.0f %% of it in its busiest second; writing the file: %.0f %%",
             c->cpu_max * 100, c->cpu_writer * 100);
    put(g, "Busiest core", text);
}

static void put_lag(struct grid *g, const struct client_summary *c) {
    char text[128];
    if (c->loop_lag_max_us == READER_NO_VALUE)
        return;
    snprintf(text, sizeof text, "%" PRId64 " us on average, %" PRId64 " us at most",
             c->loop_lag_mean_us, c->loop_lag_max_us);
    put(g, "Loop lag", text);
}

static void put_queue(struct grid *g, const struct client_summary *c) {
    char text[128];
    snprintf(text, sizeof text, "%" PRId64 " requests at most; lost: %" PRId64, c->queued_max,
             c->lost);
    put(g, "Waiting to be written", text);
}

static void put_system(struct grid *g, const struct client_summary *c) {
    char text[128];
    if (c->open_files != READER_NO_VALUE) {
        snprintf(text, sizeof text, "%" PRId64 " at most", c->open_files);
        put(g, "Open files", text);
    }
    if (c->ports != READER_NO_VALUE && c->retransmits != READER_NO_VALUE) {
        snprintf(text, sizeof text,
                 "%" PRId64 " ports in use at most, %" PRId64 " segments sent again", c->ports,
                 c->retransmits);
        put(g, "TCP of this machine", text);
    }
}

static void put_dispatch(struct grid *g, const struct client_summary *c) {
    char text[128];
    if (c->scheduled == READER_NO_VALUE)
        return;
    snprintf(text, sizeof text,
             "50%%ile %" PRId64 " us, 99%%ile %" PRId64 " us, at most %" PRId64
             " us; over 10 ms: %" PRId64 " of %" PRId64,
             c->dispatch_p50_us, c->dispatch_p99_us, c->dispatch_max_us, c->late, c->scheduled);
    put(g, "Sent after schedule", text);
    if (c->waited > 0) {
        snprintf(text, sizeof text, "%" PRId64 " requests, not counted above", c->waited);
        put(g, "Waited for a free user", text);
    }
}

static void put_calibration(struct grid *g, const struct client_summary *c) {
    char text[128];
    if (c->calibration_p50_us == READER_NO_VALUE || c->calibration_p99_us == READER_NO_VALUE)
        return;
    snprintf(text, sizeof text,
             "the client adds %" PRId64 " (p50) to %" PRId64 " (p99) microseconds at %" PRId64
             " requests/s",
             c->calibration_p50_us, c->calibration_p99_us, c->calibration_rate);
    put(g, "Calibration", text);
}

void layout_client(struct grid *g, const struct client_summary *c) {
    g->title = "Client";
    g->columns = 2;
    g->head[0] = "Measure";
    g->head[1] = "Value";
    if (!c->known)
        return;
    put_cpu(g, c);
    put_lag(g, c);
    put_queue(g, c);
    put_system(g, c);
    put_dispatch(g, c);
    put_calibration(g, c);
}
