/* Locust's CSV files from the rows of a run file: see locust_csv.h. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "report/locust_csv.h"
#include "report/locust_names.h"
#include "stats/series.h"
#include "util/clock.h"
#include "util/outcome.h"

#define US_PER_S 1000000

struct replay {
    struct reader *reader;
    struct locust_names names;
    struct locust_csv *csv;
    struct locust_stats *stats;
    struct reader_second *users;
    size_t user_count;
    int64_t start_us;
    int64_t next_s; /* the second of the run that history has not yet */
    struct err *e;
};

static const char *error_text(void *context, uint32_t error) {
    const struct replay *x = context;
    return reader_error(x->reader, error);
}

static uint32_t users_at(const struct replay *x, int64_t second) {
    uint32_t users = 0;
    for (size_t i = 0; i < x->user_count && x->users[i].second <= second; i++)
        users = x->users[i].users;
    return users;
}

static int write_at(struct replay *x, unsigned parts, int64_t at_us, uint32_t users) {
    struct locust_csv_rows rows;
    locust_csv_render(x->csv, x->stats, parts, at_us, users, &rows);
    return locust_csv_write(x->csv, &rows, x->e);
}

/* The rows of history for each second that is over at `to_us` of the run. */
static int history_up_to(struct replay *x, int64_t to_us) {
    if (to_us / US_PER_S > SERIES_SECONDS_MAX)
        return err_set(x->e, "the run lasted %" PRId64 " seconds; the file is damaged",
                       to_us / US_PER_S);
    for (; x->next_s * US_PER_S <= to_us; x->next_s++)
        if (write_at(x, LOCUST_CSV_HISTORY, x->start_us + x->next_s * US_PER_S,
                     users_at(x, x->next_s)) != 0)
            return -1;
    return 0;
}

static int one(void *context, const struct reader_row *row) {
    struct replay *x = context;
    if (!outcome_is_timed((int)row->outcome))
        return 0;
    if (row->endpoint >= x->names.endpoint_count || row->response_us < 0 || row->end_us < 0)
        return err_set(x->e, "request %" PRId64 " has no endpoint or time; the file is damaged",
                       row->id);
    if (history_up_to(x, row->end_us) != 0)
        return -1;
    struct locust_request r = {.entry = x->names.entry_of[row->endpoint],
                               .end_us = x->start_us + row->end_us,
                               .response_us = row->response_us,
                               .bytes_received = row->bytes_received,
                               .failed = outcome_is_failure((int)row->outcome),
                               .error = locust_csv_error(row->error, row->status)};
    return locust_stats_log(x->stats, &r, x->e);
}

int locust_csv_replay(struct reader *r, const char *prefix, bool full_history, struct err *e) {
    struct replay x = {.reader = r, .e = e};
    const struct reader_run *run = reader_run(r);
    const struct reader_endpoint *endpoints = NULL;
    size_t n = reader_endpoints(r, &endpoints);
    int64_t start_ns = 0;
    int result = -1;
    if (!clock_read_utc(run->started_utc, &start_ns))
        return err_set(e, "the run says that it began at \"%s\"; the file is damaged",
                       run->started_utc);
    x.start_us = start_ns / NS_PER_US;
    if (locust_names_init(&x.names, endpoints, n, e) != 0)
        return -1;
    struct locust_csv_names names = {.entries = x.names.entries,
                                     .entry_count = x.names.entry_count,
                                     .error_text = error_text,
                                     .context = &x};
    if (reader_users(r, &x.users, &x.user_count, e) != 0 ||
        locust_stats_new(names.entry_count, x.start_us, full_history, &x.stats, e) != 0 ||
        locust_csv_open(prefix, full_history, &names, &x.csv, e) != 0 ||
        reader_scan(r, one, &x, e) != 0 || history_up_to(&x, run->duration_us) != 0)
        goto out;
    result = write_at(&x, LOCUST_CSV_TABLES, x.start_us + run->duration_us, 0);
out:
    locust_csv_close(x.csv);
    locust_stats_free(x.stats);
    locust_names_done(&x.names);
    free(x.users);
    return result;
}
