#include "merge/merge_manifest.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "util/array.h"

/* Keys that are not of the load. A name that ends with "*" is the beginning of several. */
static const struct {
    const char *key;
    enum merge_key is;
} keys[] = {
    {"argv", MERGE_KEY_PART},
    {"shard", MERGE_KEY_PART},
    {"host", MERGE_KEY_PART},
    {"boot_id", MERGE_KEY_PART},
    {"clock_*", MERGE_KEY_PART},
    {"started_us", MERGE_KEY_PART},
    {"suspect_only_late", MERGE_KEY_PART},
    {"libcurl", MERGE_KEY_MACHINE},
    {"libuv", MERGE_KEY_MACHINE},
    {"openssl", MERGE_KEY_MACHINE},
    {"http_parser", MERGE_KEY_MACHINE},
    {"zlib", MERGE_KEY_MACHINE},
    {"brotli", MERGE_KEY_MACHINE},
    {"sqlite", MERGE_KEY_MACHINE},
    {"kernel", MERGE_KEY_MACHINE},
    {"machine", MERGE_KEY_MACHINE},
    {"cpu", MERGE_KEY_MACHINE},
    {"cpus", MERGE_KEY_MACHINE},
    {"memory_bytes", MERGE_KEY_MACHINE},
    {"open_files_limit", MERGE_KEY_MACHINE},
    {"threads", MERGE_KEY_MACHINE},
    {"option_threads", MERGE_KEY_MACHINE},
    {"option_source", MERGE_KEY_MACHINE},
    {"source_addresses", MERGE_KEY_MACHINE},
    {"replay_of", MERGE_KEY_MACHINE},
    {"exit_code_on_error", MERGE_KEY_PART},
    {"scenario_file", MERGE_KEY_FIRST},
    {"scenario_folder", MERGE_KEY_FIRST},
    {"load_trace", MERGE_KEY_FIRST}, /* a path; its hash must be equal */
    {"scrape*", MERGE_KEY_FIRST},
    {"thresholds_end", MERGE_KEY_FIRST},
    {"dispatch_scheduled", MERGE_KEY_SUM},
    {"dispatch_waited_for_user", MERGE_KEY_SUM},
    {"dispatch_late", MERGE_KEY_SUM},
    {"dispatch_not_sent", MERGE_KEY_SUM},
    {"dispatch_p50_us", MERGE_KEY_MOST},
    {"dispatch_p99_us", MERGE_KEY_MOST},
    {"dispatch_max_us", MERGE_KEY_MOST},
    {"loop_lag_p99_us", MERGE_KEY_MOST},
    {"calibration_*", MERGE_KEY_MOST},
    {"receive_clock", MERGE_KEY_CLOCK},
};

enum merge_key merge_key_of(const char *key) {
    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        size_t n = strlen(keys[i].key);
        bool several = keys[i].key[n - 1] == '*';
        if (several ? strncmp(key, keys[i].key, n - 1) == 0 : strcmp(key, keys[i].key) == 0)
            return keys[i].is;
    }
    return MERGE_KEY_SAME;
}

static int take_pairs(const struct merge_db *out, const struct merge_part *p, struct err *e) {
    sqlite3_stmt *st = NULL;
    int result = merge_prepare(out, "INSERT INTO temp.pair VALUES (?, ?, ?, ?)", &st, e);
    for (size_t i = 0; result == 0 && i < p->pair_count; i++) {
        sqlite3_bind_text(st, 1, p->pairs[i].key, -1, SQLITE_STATIC);
        sqlite3_bind_int64(st, 2, p->index);
        sqlite3_bind_text(st, 3, p->pairs[i].value, -1, SQLITE_STATIC);
        sqlite3_bind_int(st, 4, (int)merge_key_of(p->pairs[i].key));
        result = merge_step(out, st, e);
    }
    sqlite3_finalize(st);
    return result;
}

/* How the values of one key become one. */
static const char *const values[] = {
    [MERGE_KEY_SAME] = "min(value)",
    [MERGE_KEY_MACHINE] = "CASE WHEN count(DISTINCT value) = 1 AND count(*) ="
                          " (SELECT count(DISTINCT part) FROM temp.pair) THEN min(value) END",
    [MERGE_KEY_PART] = "NULL",
    [MERGE_KEY_FIRST] = "(SELECT f.value FROM temp.pair AS f WHERE f.key = p.key"
                        " ORDER BY f.part LIMIT 1)",
    [MERGE_KEY_SUM] = "sum(CAST(value AS INTEGER))",
    [MERGE_KEY_MOST] = "max(CAST(value AS INTEGER))",
    [MERGE_KEY_CLOCK] = "CASE WHEN count(DISTINCT value) = 1 THEN min(value) ELSE 'client' END",
};

int merge_manifest(const struct merge_db *out, const struct merge_part *parts, size_t n,
                   struct err *e) {
    char sql[512];
    if (merge_exec(out,
                   "CREATE TEMP TABLE pair(key TEXT, part INTEGER, value TEXT, is_of INTEGER,"
                   " PRIMARY KEY (key, part)) WITHOUT ROWID",
                   e) != 0)
        return -1;
    for (size_t i = 0; i < n; i++)
        if (take_pairs(out, &parts[i], e) != 0)
            return -1;
    for (size_t i = 0; i < COUNT_OF(values); i++) {
        snprintf(sql, sizeof sql,
                 "INSERT INTO manifest SELECT key, value FROM (SELECT key, %s AS value"
                 " FROM temp.pair AS p WHERE is_of = %zu GROUP BY key) WHERE value IS NOT NULL",
                 values[i], i);
        if (merge_exec(out, sql, e) != 0)
            return -1;
    }
    snprintf(sql, sizeof sql,
             "INSERT INTO shard_manifest SELECT part, key, value FROM temp.pair WHERE is_of <> %d;"
             "INSERT INTO manifest VALUES ('started_us', %" PRId64 ");"
             "DROP TABLE temp.pair",
             MERGE_KEY_SAME, parts[0].start_at_ns / 1000);
    return merge_exec(out, sql, e);
}
