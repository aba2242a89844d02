#include "merge/merge_shards.h"

#include <string.h>

#include "merge/merge_verdict.h"
#include "util/array.h"
#include "util/file.h"

static void bind_text(sqlite3_stmt *st, int at, const char *text) {
    sqlite3_bind_text(st, at, text, -1, SQLITE_TRANSIENT); /* NULL for NULL */
}

static void bind_known(sqlite3_stmt *st, int at, int64_t number) {
    if (number == READER_NO_VALUE)
        sqlite3_bind_null(st, at);
    else
        sqlite3_bind_int64(st, at, number);
}

#define INSERT                                                                                     \
    "INSERT INTO part(id, file, host, boot_id, clock_synchronized, clock_maxerror_us, started_us," \
    " duration_us, users_max, requests, failures, verdict, verdict_reason, exit_code, threads,"    \
    " cpu_max, loop_lag_p99_us, loop_lag_max_us, dispatch_p99_us, offset_us, offset_bound_us)"     \
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"

static int add(const struct merge_db *out, sqlite3_stmt *st, const struct merge_part *p,
               struct err *e) {
    struct merge_verdict v;
    const struct reader_run *run = p->run;
    merge_verdict_of(p, &v);
    const struct {
        int at;
        int64_t number;
    } numbers[] = {{1, p->index},
                   {5, merge_part_number(p, "clock_synchronized")},
                   {6, merge_part_number(p, "clock_maxerror_us")},
                   {7, merge_part_number(p, "started_us")},
                   {8, run->duration_us},
                   {9, run->users_max},
                   {10, (int64_t)p->requests},
                   {11, (int64_t)p->failures},
                   {14, run->complete ? run->exit_code : READER_NO_VALUE},
                   {15, merge_part_number(p, "threads")},
                   {17, merge_part_number(p, "loop_lag_p99_us")},
                   {18, p->loop_lag_max_us},
                   {19, merge_part_number(p, "dispatch_p99_us")},
                   {20, merge_part_number(p, "clock_offset_us")},
                   {21, merge_part_number(p, "clock_offset_bound_us")}};
    for (size_t i = 0; i < COUNT_OF(numbers); i++)
        bind_known(st, numbers[i].at, numbers[i].number);
    bind_text(st, 2, file_base(p->path));
    bind_text(st, 3, p->host[0] == '\0' ? NULL : p->host);
    bind_text(st, 4, merge_part_value(p, "boot_id"));
    bind_text(st, 12, v.word);
    bind_text(st, 13, v.reason);
    if (p->cpu_max >= 0)
        sqlite3_bind_double(st, 16, p->cpu_max);
    return merge_step(out, st, e);
}

static int add_missing(const struct merge_db *out, sqlite3_stmt *st, uint32_t index,
                       struct err *e) {
    sqlite3_bind_int64(st, 1, index);
    bind_text(st, 12, "INVALID");
    bind_text(st, 13, "it is missing");
    return merge_step(out, st, e);
}

int merge_shards(const struct merge_db *out, const struct merge_part *parts, size_t n,
                 struct err *e) {
    sqlite3_stmt *st = NULL;
    int result = merge_prepare(out, INSERT, &st, e);
    size_t next = 0;
    for (uint32_t i = 0; result == 0 && i < parts[0].count; i++) {
        sqlite3_clear_bindings(st);
        result = next < n && parts[next].index == i ? add(out, st, &parts[next++], e)
                                                    : add_missing(out, st, i, e);
    }
    sqlite3_finalize(st);
    return result;
}
