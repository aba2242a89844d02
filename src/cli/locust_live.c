#include "cli/locust_live.h"

#include <pthread.h>
#include <stdlib.h>

#include "cli/listeners.h"
#include "report/entries.h"
#include "report/locust_csv.h"
#include "util/clock.h"

struct locust_live {
    struct record *record;
    bool full_history;
    struct entries names;
    struct locust_csv *csv;
    int64_t last_second; /* of history */
    bool kept;           /* the files have their names */

    pthread_mutex_t lock; /* what follows */
    struct locust_stats *stats;
    struct tally unsendable;
    int64_t start_us;   /* of day */
    struct err failure; /* "" while there is none */
};

static const char *error_text(void *context, uint32_t error) {
    const struct locust_live *l = context;
    return record_error_text(l->record, (uint16_t)error);
}

static int init(const void *run, void **self, struct err *e) {
    const struct run_view *view = run;
    const struct catalog *catalog = &view->scenario->catalog;
    char prefix[REPEAT_PATH_BYTES];
    if (!opt_given(view->args, "csv"))
        return 0;
    if (repeat_prefix(view->repeat, opt_text(view->args, "csv"), prefix, e) != 0)
        return -1;
    struct locust_live *l = calloc(1, sizeof *l);
    if (l == NULL)
        return err_memory(e, "Locust's files");
    *self = l;
    l->record = view->record;
    l->full_history = opt_flag(view->args, "csv-full-history");
    l->last_second = -1;
    pthread_mutex_init(&l->lock, NULL);
    if (entries_init(&l->names, catalog->endpoints, catalog->endpoint_count, NULL, e) != 0)
        return -1;
    struct locust_csv_names names = {.entries = l->names.entries,
                                     .entry_count = l->names.entry_count,
                                     .error_text = error_text,
                                     .context = l};
    return locust_csv_open(prefix, l->full_history, &names, &l->csv, e);
}

static void done(void *self) {
    struct locust_live *l = self;
    locust_csv_drop(l->csv);
    locust_stats_free(l->stats);
    tally_done(&l->unsendable);
    entries_done(&l->names);
    free(l);
}

/* The statistics begin with the clock of the run, to the millisecond that the run file keeps; under
 * the lock. */
static int begin(struct locust_live *l) {
    if (l->stats != NULL)
        return 0;
    l->start_us = record_started_ns(l->record) / NS_PER_MS * 1000;
    return locust_stats_new(l->names.entry_count, l->start_us, l->full_history, &l->stats,
                            &l->failure);
}

static void feed(void *self, const struct request *requests, size_t n) {
    struct locust_live *l = self;
    pthread_mutex_lock(&l->lock);
    for (size_t i = 0; i < n && l->failure.text[0] == '\0'; i++) {
        const struct request *x = &requests[i];
        size_t entry = l->names.entry_of[x->endpoint];
        if (x->outcome == OUTCOME_UNSENDABLE)
            locust_csv_unsendable(&l->unsendable, entry, x->error, &l->failure);
        else if (outcome_is_timed((int)x->outcome) && begin(l) == 0)
            locust_stats_log(l->stats, entry, x, locust_csv_error(x), &l->failure);
    }
    pthread_mutex_unlock(&l->lock);
}

/* With the first rows: a run that does not start leaves older files as they were. */
static int keep(struct locust_live *l, struct err *e) {
    if (l->kept)
        return 0;
    l->kept = true;
    return locust_csv_keep(l->csv, e);
}

/* At a time of the run. */
static void write_now(struct locust_live *l, unsigned parts, int64_t at_us, uint32_t users) {
    struct locust_csv_rows rows;
    pthread_mutex_lock(&l->lock);
    bool ok = l->failure.text[0] == '\0' && begin(l) == 0;
    if (ok)
        locust_csv_render(l->csv, l->stats, &l->unsendable, parts, l->start_us + at_us, users,
                          &rows);
    pthread_mutex_unlock(&l->lock);
    struct err e = {""};
    if (!ok || (locust_csv_write(l->csv, &rows, &e) == 0 && keep(l, &e) == 0))
        return;
    pthread_mutex_lock(&l->lock);
    l->failure = e;
    pthread_mutex_unlock(&l->lock);
}

static void tick(void *self, const struct control_snapshot *now) {
    struct locust_live *l = self;
    l->last_second = now->elapsed_ns / NS_PER_S;
    write_now(l, LOCUST_CSV_TABLES | LOCUST_CSV_HISTORY, l->last_second * (NS_PER_S / NS_PER_US),
              now->users);
}

/* The tables with every request, and the last row of history. */
static int end(void *self, void *run_end, struct err *e) {
    struct locust_live *l = self;
    const struct run_end *run = run_end;
    int64_t second = run->duration_ns / NS_PER_S;
    if (second > l->last_second)
        write_now(l, LOCUST_CSV_HISTORY, second * (NS_PER_S / NS_PER_US), 0);
    write_now(l, LOCUST_CSV_TABLES, 0, 0);
    return l->failure.text[0] == '\0' ? 0 : err_set(e, "%s", l->failure.text);
}

const struct control_listener locust_listener = {.name = "locust",
                                                 .every_ns = NS_PER_S,
                                                 .init = init,
                                                 .feed = feed,
                                                 .tick = tick,
                                                 .end = end,
                                                 .done = done};
