/* Which run this is, and what the client measured about itself, as pairs. */
#include <inttypes.h>
#include <stdio.h>

#include "report/document.h"
#include "util/clock.h"
#include "util/text.h"
#include "util/units.h"

#define TEXT_MAX_BYTES ((size_t)256 << 20)

/* The keys of these pairs are not used: programs get the numbers from the model. */
static void put(struct table *t, const char *label, const char *text) {
    table_pair_text(t, "", label, text);
}

/* "from 30 s to its end; only /a, /b; without requests that the server's log labels cold" */
static void cut_fact(struct table *t, const struct model *m) {
    const struct reader_cut *c = m->cut;
    struct buf b;
    buf_init(&b, TEXT_MAX_BYTES);
    buf_printf(&b, "a part of the run: from %.10g s to ", (double)c->from_us / 1e6);
    if (c->to_us == READER_TO_THE_END)
        buf_str(&b, "its end");
    else
        buf_printf(&b, "%.10g s", (double)c->to_us / 1e6);
    for (size_t i = 0; i < c->name_count; i++)
        buf_printf(&b, "%s%s", i == 0 ? "; only " : ", ", c->names[i]);
    if (c->warm_only)
        buf_str(&b, "; without requests that the server's log labels cold");
    if (!buf_ok(&b))
        t->failed = true;
    put(t, "Cut", buf_text(&b));
    buf_done(&b);
}

void document_facts(struct document *d) {
    const struct model *m = d->model;
    struct table *t = &d->facts;
    const struct reader_run *run = m->run;
    char text[128], duration[UNITS_BYTES];
    table_init_pairs(t, "run", NULL);
    put(t, "Run", run->name);
    if (m->part[0] != '\0') {
        snprintf(text, sizeof text, "%s (from 0) of a load on several machines", m->part);
        put(t, "Part", text);
    }
    put(t, "Target", run->target);
    put(t, "Started", run->started_utc);
    int64_t us = run->duration_us < 0 ? 0 : run->duration_us;
    if (m->cut != NULL)
        cut_fact(t, m);
    units_duration_text(us > INT64_MAX / NS_PER_US ? INT64_MAX : us * NS_PER_US, duration);
    snprintf(text, sizeof text, "%s%s", duration,
             run->complete ? "" : " (interrupted or in progress)");
    put(t, "Duration", text);
    snprintf(text, sizeof text, "%s%" PRIu32 "%s", m->by_rate ? "at most " : "", run->users_max,
             m->by_rate ? " at once" : "");
    put(t, "Users", text);
    snprintf(text, sizeof text, "%" PRIu64, run->seed);
    put(t, "Seed", text);
}

static void put_cpu(struct table *t, const struct client_summary *c) {
    char text[128];
    snprintf(text, sizeof text, "%.0f %% of one core; writer: %.0f %%", c->cpu_max * 100,
             c->cpu_writer * 100);
    put(t, "Client CPU (peak)", text);
}

static void put_lag(struct table *t, const struct client_summary *c) {
    char text[128];
    if (c->loop_lag_max_us == READER_NO_VALUE)
        return;
    snprintf(text, sizeof text, "average %" PRId64 " us, maximum %" PRId64 " us",
             c->loop_lag_mean_us, c->loop_lag_max_us);
    put(t, "Loop lag", text);
}

static void put_queue(struct table *t, const struct client_summary *c) {
    char text[128];
    snprintf(text, sizeof text, "maximum %" PRId64 " request%s; lost: %" PRId64, c->queued_max,
             text_plural((uint64_t)c->queued_max), c->lost);
    put(t, "Write queue", text);
}

static void put_system(struct table *t, const struct client_summary *c) {
    char text[128];
    if (c->open_files != READER_NO_VALUE) {
        snprintf(text, sizeof text, "maximum %" PRId64, c->open_files);
        put(t, "Open files", text);
    }
    if (c->ports != READER_NO_VALUE && c->retransmits != READER_NO_VALUE) {
        snprintf(text, sizeof text,
                 "maximum %" PRId64 " port%s in use, %" PRId64 " segment%s retransmitted", c->ports,
                 text_plural((uint64_t)c->ports), c->retransmits,
                 text_plural((uint64_t)c->retransmits));
        put(t, "TCP on this machine", text);
    }
}

static void put_dispatch(struct table *t, const struct client_summary *c) {
    char text[128];
    if (c->scheduled == READER_NO_VALUE)
        return;
    snprintf(text, sizeof text,
             "p50 %" PRId64 " us, p99 %" PRId64 " us, maximum %" PRId64 " us; over 10 ms: %" PRId64
             " of %" PRId64,
             c->dispatch_p50_us, c->dispatch_p99_us, c->dispatch_max_us, c->late, c->scheduled);
    put(t, "Sent after schedule", text);
    if (c->waited > 0) {
        snprintf(text, sizeof text, "%" PRId64 " request%s, not counted above", c->waited,
                 text_plural((uint64_t)c->waited));
        put(t, "Waited for a free user", text);
    }
}

static void put_calibration(struct table *t, const struct client_summary *c) {
    char text[128];
    if (c->calibration_p50_us == READER_NO_VALUE || c->calibration_p99_us == READER_NO_VALUE)
        return;
    snprintf(text, sizeof text,
             "the client adds %" PRId64 " (p50) to %" PRId64 " (p99) microseconds at %" PRId64
             " requests/s",
             c->calibration_p50_us, c->calibration_p99_us, c->calibration_rate);
    put(t, "Calibration", text);
}

static void put_users(struct table *t, const struct served_users *u) {
    char text[128];
    if (!u->known)
        return;
    snprintf(text, sizeof text,
             "minimum %" PRIu64 ", median %.10g, maximum %" PRIu64 ", of %" PRIu32 " user%s",
             u->requests_min, u->requests_median, u->requests_max, u->started,
             text_plural(u->started));
    put(t, "Requests per user", text);
    snprintf(text, sizeof text, "%" PRIu32 " user%s; only one response: %" PRIu32,
             u->without_answer, text_plural(u->without_answer), u->with_one_answer);
    put(t, "Without a response", text);
}

void document_client(struct document *d) {
    const struct client_summary *c = &d->model->client;
    struct table *t = &d->client;
    table_init_pairs(t, "client", "Client");
    if (c->known) {
        put_cpu(t, c);
        put_lag(t, c);
        put_queue(t, c);
        put_system(t, c);
        put_dispatch(t, c);
        put_calibration(t, c);
    }
    if (c->known || d->model->users_served.starved > 0)
        put_users(t, &d->model->users_served);
}
