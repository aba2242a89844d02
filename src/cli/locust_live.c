#include "cli/locust_live.h"

#include <stdlib.h>

#include "util/clock.h"
#include "util/outcome.h"

static const char *error_text(void *context, uint32_t error) {
    const struct locust_live *l = context;
    return record_error_text(l->record, (uint16_t)error);
}

int locust_live_init(struct locust_live *l, const char *prefix, bool full_history,
                     struct record *record, const struct record_endpoint *endpoints, size_t n,
                     struct err *e) {
    struct reader_endpoint *copy = calloc(n + 1, sizeof *copy);
    if (copy == NULL)
        return err_set(e, "out of memory for %zu endpoints", n);
    for (size_t i = 0; i < n; i++)
        copy[i] =
            (struct reader_endpoint){.name = endpoints[i].name, .method = endpoints[i].method};
    *l = (struct locust_live){.record = record, .full_history = full_history, .last_second = -1};
    pthread_mutex_init(&l->lock, NULL);
    int result = locust_names_init(&l->names, copy, n, e);
    free(copy);
    struct locust_csv_names names = {.entries = l->names.entries,
                                     .entry_count = l->names.entry_count,
                                     .error_text = error_text,
                                     .context = l};
    if (result == 0)
        result = locust_csv_open(prefix, full_history, &names, &l->csv, e);
    return result;
}

void locust_live_done(struct locust_live *l) {
    locust_csv_close(l->csv);
    locust_stats_free(l->stats);
    locust_names_done(&l->names);
    *l = (struct locust_live){0};
}

/* The statistics begin with the clock of the run, to the millisecond that the run file keeps; under the lock. */
static int begin(struct locust_live *l) {
    if (l->stats != NULL)
        return 0;
    l->start_us = record_started_ns(l->record) / NS_PER_MS * 1000;
    return locust_stats_new(l->names.entry_count, l->start_us, l->full_history, &l->stats,
                            &l->failure);
}

static int log_one(struct locust_live *l, const struct sample *s) {
    int64_t from_ns = s->intended_ns == SAMPLE_NO_TIME ? s->sent_ns : s->intended_ns;
    int64_t response_us = s->end_ns / NS_PER_US - from_ns / NS_PER_US; /* as the file has it */
    struct locust_request r = {.entry = l->names.entry_of[s->endpoint],
                               .end_us = l->start_us + s->end_ns / NS_PER_US,
                               .response_us = response_us < 0 ? 0 : response_us,
                               .bytes_received = s->bytes_received,
                               .failed = outcome_is_failure(s->outcome),
                               .error = locust_csv_error(s->error, s->status)};
    return locust_stats_log(l->stats, &r, &l->failure);
}

void locust_live_feed(struct locust_live *l, const struct sample *samples, size_t n) {
    if (l->record == NULL)
        return;
    pthread_mutex_lock(&l->lock);
    for (size_t i = 0; i < n && l->failure.text[0] == '\0'; i++)
        if (outcome_is_timed(samples[i].outcome) && begin(l) == 0)
            log_one(l, &samples[i]);
    pthread_mutex_unlock(&l->lock);
}

/* At a time of the run. */
static void write_now(struct locust_live *l, unsigned parts, int64_t at_us, uint32_t users) {
    struct locust_csv_rows rows;
    pthread_mutex_lock(&l->lock);
    bool ok = l->failure.text[0] == '\0' && begin(l) == 0;
    if (ok)
        locust_csv_render(l->csv, l->stats, parts, l->start_us + at_us, users, &rows);
    pthread_mutex_unlock(&l->lock);
    struct err e = {""};
    if (!ok || locust_csv_write(l->csv, &rows, &e) == 0)
        return;
    pthread_mutex_lock(&l->lock);
    l->failure = e;
    pthread_mutex_unlock(&l->lock);
}

void locust_live_tick(struct locust_live *l, const struct engine_progress *now) {
    int64_t second = now->elapsed_ns / NS_PER_S;
    if (l->csv == NULL || now->elapsed_ns < 0 || second <= l->last_second)
        return;
    l->last_second = second;
    write_now(l, LOCUST_CSV_TABLES | LOCUST_CSV_HISTORY, second * (NS_PER_S / NS_PER_US),
              now->users);
}

int locust_live_end(struct locust_live *l, int64_t duration_ns, struct err *e) {
    int64_t second = duration_ns / NS_PER_S;
    if (l->csv == NULL)
        return 0;
    if (second > l->last_second)
        write_now(l, LOCUST_CSV_HISTORY, second * (NS_PER_S / NS_PER_US), 0);
    write_now(l, LOCUST_CSV_TABLES, 0, 0);
    return l->failure.text[0] == '\0' ? 0 : err_set(e, "%s", l->failure.text);
}
