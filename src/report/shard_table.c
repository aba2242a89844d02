#include "report/shard_table.h"

#include <math.h>
#include <stdlib.h>

#include "record/reader_shards.h"
#include "util/array.h"

#define SHOWN_MAX 50

static const struct table_column columns[] = {
    {"shard", "Part", TABLE_COUNT},
    {"host", "Host", TABLE_TEXT},
    {"requests", "Requests", TABLE_COUNT},
    {"failures", "Failures", TABLE_COUNT},
    {"cpu_max_percent", "CPU % of a core", TABLE_NUMBER},
    {"loop_lag_p99_ms", "Loop lag 99%ile (ms)", TABLE_MS},
    {"dispatch_p99_ms", "Sent late 99%ile (ms)", TABLE_MS},
    {"clock_offset_ms", "Clock offset (ms)", TABLE_MS},
    {"clock_offset_bound_ms", "Its largest error (ms)", TABLE_MS | TABLE_JSON | TABLE_CSV},
    {"verdict", "Verdict", TABLE_TEXT},
    {"verdict_reason", "Reason", TABLE_TEXT | TABLE_JSON | TABLE_CSV}};

/* By column: what gives it. */
static const char *const queries[] = {"shard",
                                      NULL,
                                      "requests",
                                      "failures",
                                      "100 * cpu_max",
                                      "loop_lag_p99_us / 1000.0",
                                      "dispatch_p99_us / 1000.0",
                                      "offset_us / 1000.0",
                                      "offset_bound_us / 1000.0",
                                      NULL,
                                      NULL};

static void shard_sql(struct buf *out, const struct table *t, size_t row, size_t column,
                      enum table_part part) {
    (void)part;
    if (queries[column] != NULL)
        buf_printf(out, "SELECT %s FROM shard WHERE shard = %.0f", queries[column],
                   table_at(t, row, 0)->number);
}

static double known(int64_t value, double per) {
    return value == READER_NO_VALUE ? (double)NAN : (double)value / per;
}

static void take(void *context, const struct reader_shard *s) {
    struct table *t = context;
    table_number(t, (double)s->shard);
    table_text(t, s->host);
    table_number(t, known(s->requests, 1));
    table_number(t, known(s->failures, 1));
    table_number(t, 100 * s->cpu_max);
    table_number(t, known(s->loop_lag_p99_us, 1000));
    table_number(t, known(s->dispatch_p99_us, 1000));
    table_number(t, known(s->offset_us, 1000));
    table_number(t, known(s->offset_bound_us, 1000));
    table_text(t, s->verdict);
    table_text(t, s->verdict_reason);
}

int shard_table_read(struct reader *r, struct table **out, struct err *e) {
    struct table *t = calloc(1, sizeof *t);
    if (t == NULL)
        return err_memory(e, "the table of parts");
    table_init(t, SHARD_TABLE_KEY, "Parts of the load", columns, COUNT_OF(columns));
    t->shown_max = SHOWN_MAX;
    t->whole_names = true;
    t->sql = shard_sql;
    int result = reader_shards(r, take, t, e);
    if (result == 0 && !table_ok(t))
        result = err_memory(e, "the table of parts");
    if (result != 0 || table_rows(t) == 0) {
        shard_table_free(t);
        t = NULL;
    }
    *out = t;
    return result;
}

void shard_table_free(struct table *t) {
    if (t != NULL)
        table_done(t);
    free(t);
}
