#include "cli/listeners.h"

#include "cli/cold_marks.h"
#include "cli/control_socket.h"
#include "cli/counting.h"
#include "cli/evaluating.h"
#include "cli/exporting.h"
#include "cli/json_progress.h"
#include "cli/load_keys.h"
#include "cli/locust_live.h"
#include "cli/locust_view.h"
#include "cli/progress.h"
#include "cli/scraping.h"
#include "cli/serving.h"
#include "cli/so_far.h"
#include "cli/streaming.h"
#include "control/signals.h"

/* Each command is an event of the run file. */
static int events_init(const void *run, void **self, struct err *e) {
    (void)e;
    *self = ((const struct run_view *)run)->record;
    return 0;
}

static void events_command(void *self, const struct control_command *command) {
    bool changes = command->change.kind != CONTROL_NO_CHANGE;
    record_event(self, command->at_ns, changes ? "load_change" : command->source, command->why);
}

static void events_done(void *self) {
    (void)self; /* the record is the run's */
}

static const struct control_listener events_listener = {
    .name = "events", .init = events_init, .command = events_command, .done = events_done};

static const struct control_listener *const listeners[] = {
    &events_listener,        &progress_listener,   &dispatch_lag_listener,   &hanging_listener,
    &evaluating_listener,    &locust_listener,     &counting_listener,       &scraping_listener,
    &streaming_listener,     &cold_marks_listener, &control_socket_listener, &so_far_listener,
    &json_progress_listener, &serving_listener,    &exporting_listener,      &locust_view_listener};

static const struct control_source *const sources[] = {&signals_source, &control_socket_source,
                                                       &serving_source, &load_keys_source};

const struct control_tables run_tables = {
    .listeners = listeners,
    .listener_count = sizeof listeners / sizeof *listeners,
    .sources = sources,
    .source_count = sizeof sources / sizeof *sources,
};
