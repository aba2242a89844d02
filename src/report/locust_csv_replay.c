/* Locust's CSV files from the rows of a run file: see locust_csv.h. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "report/entries.h"
#include "report/locust_csv.h"
#include "stats/series.h"
#include "util/clock.h"
#include "util/outcome.h"

struct replay {
    struct reader *reader;
    struct entries names;
    struct locust_csv *csv;
    struct locust_stats *stats;
    struct tally unsendable;
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
    locust_csv_render(x->csv, x->stats, &x->unsendable, parts, at_us, users, &rows);
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

static int one(void *context, const struct request *row) {
    struct replay *x = context;
    bool unsendable = row->outcome == OUTCOME_UNSENDABLE && row->endpoint < x->names.endpoint_count;
    if (unsendable)
        return locust_csv_unsendable(&x->unsendable, x->names.entry_of[row->endpoint], row->error,
                                     x->e);
    if (!outcome_is_timed((int)row->outcome))
        return 0;
    if (row->endpoint >= x->names.endpoint_count || row->response_us < 0 || row->end_us < 0)
        return err_set(x->e, "request %" PRId64 " has no endpoint or time; the file is damaged",
                       row->id);
    if (history_up_to(x, row->end_us) != 0)
        return -1;
    return locust_stats_log(x->stats, x->names.entry_of[row->endpoint], row, locust_csv_error(row),
                            x->e);
}

int locust_csv_replay(struct reader *r, const char *prefix, bool full_history, struct err *e) {
    struct replay x = {.reader = r, .e = e};
    const struct reader_run *run = reader_run(r);
    const struct catalog *catalog = reader_catalog(r);
    int64_t start_ns = 0;
    int result = -1;
    if (!clock_read_utc(run->started_utc, &start_ns))
        return err_set(e, "the run says that it began at \"%s\"; the file is damaged",
                       run->started_utc);
    x.start_us = start_ns / NS_PER_US;
    if (entries_init(&x.names, catalog->endpoints, catalog->endpoint_count, NULL, e) != 0)
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
    if (result == 0) {
        result = locust_csv_close(x.csv, e);
        x.csv = NULL;
    }
out:
    locust_csv_drop(x.csv);
    locust_stats_free(x.stats);
    tally_done(&x.unsendable);
    entries_done(&x.names);
    free(x.users);
    return result;
}
