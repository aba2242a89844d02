#include "merge/merge_seconds.h"

#include "util/clock.h"

/* A second without a row has the users of the one before. So each row is a change, and the sum of
 * all changes up to a second is the number of users in it. */
#define MAKE_USERS "CREATE TEMP TABLE users_of(second INTEGER, users INTEGER, part INTEGER)"
#define SUM_USERS                                                                                  \
    "INSERT INTO user_count SELECT second, sum(sum(change)) OVER (ORDER BY second) FROM ("         \
    " SELECT second, users - lag(users, 1, 0) OVER (PARTITION BY part ORDER BY second) AS change"  \
    " FROM temp.users_of) GROUP BY second ORDER BY second;"                                        \
    "DROP TABLE temp.users_of"

/* A part's missing second, as of a client that was stopped for a moment, has the values of the row
 * before if other parts have that second. `lost` counts from the start, so it is a sum of changes,
 * as users are. */
#define MAKE_CLIENTS                                                                               \
    "CREATE TEMP TABLE client_of(second INTEGER, cpu_max REAL, cpu_sum REAL, cpu_writer REAL,"     \
    " lag_mean INTEGER, lag_max INTEGER, queued INTEGER, lost INTEGER, files INTEGER,"             \
    " ports INTEGER, retransmits INTEGER, part INTEGER);"                                          \
    "CREATE TEMP TABLE host_of(part INTEGER PRIMARY KEY, host)"
#define SUM_CLIENTS                                                                                \
    "CREATE INDEX temp.client_at ON client_of(second);"                                            \
    "INSERT INTO temp.client_of"                                                                   \
    " WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 10),"               \
    " gap AS (SELECT *, lead(second) OVER (PARTITION BY part ORDER BY second) AS until"            \
    "  FROM temp.client_of)"                                                                       \
    " SELECT second + n, cpu_max, cpu_sum, cpu_writer, lag_mean, lag_max, queued, lost, files,"    \
    "  ports, 0, part FROM gap JOIN n ON second + n < until"                                       \
    " WHERE until > second + 1 AND EXISTS"                                                         \
    "  (SELECT 1 FROM temp.client_of AS o WHERE o.second = gap.second + n);"                       \
    "INSERT INTO client_second"                                                                    \
    " WITH change AS (SELECT *, lost - lag(lost, 1, 0) OVER (PARTITION BY part ORDER BY second)"   \
    "  AS more_lost FROM temp.client_of JOIN temp.host_of USING (part)),"                          \
    " machine AS (SELECT second, max(cpu_max) AS cpu_max, sum(cpu_sum) AS cpu_sum,"                \
    "  max(cpu_writer) AS cpu_writer, max(lag_mean) AS lag_mean, max(lag_max) AS lag_max,"         \
    "  max(queued) AS queued, sum(more_lost) AS more_lost, sum(files) AS files,"                   \
    "  max(ports) AS ports, max(retransmits) AS retransmits FROM change GROUP BY second, host)"    \
    " SELECT second, max(cpu_max), sum(cpu_sum), max(cpu_writer), max(lag_mean), max(lag_max),"    \
    "  max(queued), sum(sum(more_lost)) OVER (ORDER BY second), sum(files), sum(ports),"           \
    "  sum(retransmits) FROM machine GROUP BY second ORDER BY second;"                             \
    "DROP TABLE temp.client_of; DROP TABLE temp.host_of"

#define CLIENT_COLUMNS                                                                             \
    "second, cpu_max, cpu_sum, cpu_writer, loop_lag_mean_us, loop_lag_max_us, queued_max, lost,"   \
    " open_files, ports, retransmits"

#define ADD_DISPATCH                                                                               \
    "INSERT INTO dispatch_second VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT(second) DO UPDATE SET"      \
    " sent = sent + excluded.sent, late = late + excluded.late,"                                   \
    " p50_us = max(p50_us, excluded.p50_us), p99_us = max(p99_us, excluded.p99_us),"               \
    " max_us = max(max_us, excluded.max_us)"
#define ADD_CHECKS                                                                                 \
    "INSERT INTO check_second VALUES (?, ?, ?, ?, ?) ON CONFLICT(second, id) DO UPDATE SET"        \
    " passes = passes + excluded.passes, fails = fails + excluded.fails,"                          \
    " not_judged = not_judged + excluded.not_judged"

/* An interrupted part has no users after its last second. */
static int end_users(const struct merge_db *out, const struct merge_part *p, struct err *e) {
    sqlite3_stmt *st = NULL;
    if (p->run->complete)
        return 0;
    if (merge_prepare(out,
                      "INSERT INTO temp.users_of SELECT max(?1, max(second)) + 1, 0, ?2"
                      " FROM temp.users_of WHERE part = ?2 HAVING count(*) > 0",
                      &st, e) != 0)
        return -1;
    sqlite3_bind_int64(st, 1, p->run->duration_us / US_PER_S);
    sqlite3_bind_int64(st, 2, p->index);
    int result = merge_step(out, st, e);
    sqlite3_finalize(st);
    return result;
}

/* Parts whose files do not say on which machine they ran count as machines of their own. */
static int add_host(const struct merge_db *out, const struct merge_part *p, struct err *e) {
    sqlite3_stmt *st = NULL;
    const char *boot = merge_part_value(p, "boot_id");
    if (merge_prepare(out, "INSERT INTO temp.host_of VALUES (?, ?)", &st, e) != 0)
        return -1;
    sqlite3_bind_int64(st, 1, p->index);
    if (boot == NULL)
        sqlite3_bind_int64(st, 2, p->index);
    else
        sqlite3_bind_text(st, 2, boot, -1, SQLITE_STATIC);
    int result = merge_step(out, st, e);
    sqlite3_finalize(st);
    return result;
}

static int take_part(const struct merge_db *out, const struct merge_part *p, struct err *e) {
    int64_t part = p->index;
    if (merge_copy(&p->db, "SELECT second, users FROM user_count", out,
                   "INSERT INTO temp.users_of VALUES (?, ?, ?)", part, e) != 0 ||
        end_users(out, p, e) != 0 || add_host(out, p, e) != 0 ||
        merge_copy(&p->db, "SELECT " CLIENT_COLUMNS " FROM client_second", out,
                   "INSERT INTO temp.client_of VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", part,
                   e) != 0)
        return -1;
    return merge_copy(&p->db,
                      "SELECT second, sent, late, p50_us, p99_us, max_us"
                      " FROM dispatch_second",
                      out, ADD_DISPATCH, 0, e) != 0
               ? -1
               : merge_copy(&p->db,
                            "SELECT second, id, passes, fails, not_judged FROM check_second", out,
                            ADD_CHECKS, 0, e);
}

int merge_seconds(const struct merge_db *out, const struct merge_part *parts, size_t n,
                  struct err *e) {
    if (merge_exec(out, MAKE_USERS ";" MAKE_CLIENTS, e) != 0)
        return -1;
    for (size_t i = 0; i < n; i++)
        if (take_part(out, &parts[i], e) != 0)
            return -1;
    return merge_exec(out, SUM_USERS ";" SUM_CLIENTS, e);
}
