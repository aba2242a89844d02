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
        return err_set(e, "out of memory for the verdict so far");
    *o = (struct so_far){view->record, view->control};
    *self = o;
    return 0;
}

static void add(void *self, struct status *s, struct status_board *board) {
    const struct so_far *o = self;
    const struct live_row *all = &s->rows[s->row_count].live;
    struct record_load load;
    struct dispatch_lag_result sent;
    struct verdict v;
    (void)board;
    record_load(o->record, &load);
    dispatch_lag_now(o->control, &sent);
    const struct engine_result run = {.busiest_core = s->client.busiest_core,
                                      .busiest_worker = s->client.busiest_worker,
                                      .longest_stall_ns = s->client.longest_stall_ns,
                                      .record_failed = record_failed(o->record)};
    const struct record_totals totals = {.rows = all->requests + all->cancelled + all->dropped +
                                                 all->unsendable,
                                         .lost = load.lost,
                                         .failures = all->failures,
                                         .unsendable = all->unsendable,
                                         .dropped = all->dropped};
    verdict_decide(&v, &run, &totals, &sent);
    s->client.rows_queued = load.queued;
    s->client.rows_lost = load.lost;
    s->verdict = v.word;
    snprintf(s->reason, sizeof s->reason, "%s", v.reason);
}

const struct control_listener so_far_listener = {
    .name = "verdict so far", .init = init, .add = add, .done = free};
