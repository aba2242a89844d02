#include "record/reader_shards.h"

#include <math.h>

#include "record/reader_internal.h"

static const char *text(sqlite3_stmt *st, int column) {
    return (const char *)sqlite3_column_text(st, column);
}

int reader_shards(struct reader *r, reader_shard_fn *fn, void *context, struct err *e) {
    sqlite3_stmt *st = NULL;
    int64_t any;
    if (reader_number(r,
                      "SELECT count(*) FROM sqlite_master WHERE type = 'view' AND name = 'shard'",
                      &any, e) != 0)
        return -1;
    if (any == 0)
        return 0;
    if (reader_prepare(r,
                       "SELECT shard, host, verdict, verdict_reason, requests, failures,"
                       " loop_lag_p99_us, dispatch_p99_us, cpu_max, offset_us, offset_bound_us"
                       " FROM shard ORDER BY shard",
                       &st, e) != 0)
        return -1;
    int rc;
    while ((rc = sqlite3_step(st)) == SQLITE_ROW) {
        const char *verdict = text(st, 2), *reason = text(st, 3);
        struct reader_shard s = {
            .shard = sqlite3_column_int64(st, 0),
            .host = text(st, 1),
            .verdict = verdict == NULL ? "" : verdict,
            .verdict_reason = reason == NULL ? "" : reason,
            .requests = reader_column(st, 4),
            .failures = reader_column(st, 5),
            .loop_lag_p99_us = reader_column(st, 6),
            .dispatch_p99_us = reader_column(st, 7),
            .cpu_max = sqlite3_column_type(st, 8) == SQLITE_NULL ? (double)NAN
                                                                 : sqlite3_column_double(st, 8),
            .offset_us = reader_column(st, 9),
            .offset_bound_us = reader_column(st, 10),
        };
        fn(context, &s);
    }
    return reader_finish(r, st, rc, e);
}
