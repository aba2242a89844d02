#include "cli/so_far.h"

#include <stdio.h>
#include <stdlib.h>

#include "cli/dispatch_lag.h"
#include "cli/listeners.h"
#include "cli/verdict.h"

struct so_far {
    struct record *record;
    const struct control *control;
};

static int init(const void *run, void **self, struct err *e) {
    const struct run_view *view = run;
    struct so_far *o = calloc(1, sizeof *o);
    if (o == NULL)
        return err_memory(e, "the verdict so far");
    *o = (struct so_far){view->record, view->control};
    *self = o;
    return 0;
}

void so_far_now(const struct control *c, const struct live_row *all, double busiest_core,
                uint32_t busiest_worker, int64_t longest_stall_ns, struct so_far_state *out) {
    const struct so_far *o = control_listener_self(c, &so_far_listener);
    struct record_load load;
    struct dispatch_lag_result sent;
    struct verdict v;
    record_load(o->record, &load);
    dispatch_lag_now(c, &sent);
    const struct engine_result run = {.busiest_core = busiest_core,
                                      .busiest_worker = busiest_worker,
                                      .longest_stall_ns = longest_stall_ns,
                                      .record_failed = record_failed(o->record)};
    const struct record_totals totals = {.rows = all->requests + all->cancelled + all->dropped +
                                                 all->unsendable,
                                         .lost = load.lost,
                                         .failures = all->failures,
                                         .unsendable = all->unsendable,
                                         .dropped = all->dropped};
    verdict_decide(&v, &run, &totals, &sent);
    *out = (struct so_far_state){.verdict = v.word,
                                 .rows_queued = load.queued,
                                 .rows_lost = load.lost,
                                 .lag_us =
                                     sent.scheduled == sent.waited ? LIVE_NO_VALUE : sent.p99_us};
    snprintf(out->reason, sizeof out->reason, "%s", v.reason);
}

static void add(void *self, struct status *s, struct status_board *board) {
    const struct so_far *o = self;
    struct so_far_state now;
    (void)board;
    so_far_now(o->control, &s->rows[s->row_count].live, s->client.busiest_core,
               s->client.busiest_worker, s->client.longest_stall_ns, &now);
    s->client.rows_queued = now.rows_queued;
    s->client.rows_lost = now.rows_lost;
    s->verdict = now.verdict;
    snprintf(s->reason, sizeof s->reason, "%s", now.reason);
}

const struct control_listener so_far_listener = {
    .name = "verdict so far", .init = init, .add = add, .done = free};
