#include "merge/merge_db.h"

#include <errno.h>
#include <inttypes.h>

#include "record/db.h"

int merge_fail(const struct merge_db *d, struct err *e) {
    db_error(d->db, e);
    return err_prefix(e, "cannot %s %s", d->writes ? "write" : "read", d->path);
}

int merge_damaged(const struct merge_db *d, const char *what, int64_t id, struct err *e) {
    return err_set(e,
                   "cannot read %s: the file is damaged: %s %" PRId64
                   " refers to a missing row, or has a number that no run has"
                   " (sqlite3's .recover may save the rest)",
                   d->path, what, id);
}

int merge_exec(const struct merge_db *d, const char *sql, struct err *e) {
    return sqlite3_exec(d->db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : merge_fail(d, e);
}

int merge_prepare(const struct merge_db *d, const char *sql, sqlite3_stmt **out, struct err *e) {
    int rc = sqlite3_prepare_v3(d->db, sql, -1, SQLITE_PREPARE_PERSISTENT, out, NULL);
    return rc == SQLITE_OK ? 0 : merge_fail(d, e);
}

int merge_step(const struct merge_db *d, sqlite3_stmt *st, struct err *e) {
    errno = 0; /* so that db_error() finds none but this call's */
    sqlite3_step(st);
    return sqlite3_reset(st) == SQLITE_OK ? 0 : merge_fail(d, e);
}

int merge_number(const struct merge_db *d, const char *sql, int64_t *out, bool *known,
                 struct err *e) {
    sqlite3_stmt *st = NULL;
    if (merge_prepare(d, sql, &st, e) != 0)
        return -1;
    int rc = sqlite3_step(st);
    bool is_known = rc == SQLITE_ROW && sqlite3_column_type(st, 0) != SQLITE_NULL;
    int64_t value = is_known ? sqlite3_column_int64(st, 0) : 0;
    int result = rc == SQLITE_ROW || rc == SQLITE_DONE ? 0 : merge_fail(d, e);
    sqlite3_finalize(st);
    if (result != 0)
        return -1;
    *out = value;
    *known = is_known;
    return 0;
}

int merge_copy(const struct merge_db *from, const char *select, const struct merge_db *to,
               const char *insert, int64_t number, struct err *e) {
    sqlite3_stmt *in = NULL, *out = NULL;
    int result = -1, rc;
    if (merge_prepare(from, select, &in, e) != 0 || merge_prepare(to, insert, &out, e) != 0)
        goto out;
    int columns = sqlite3_column_count(in);
    if (sqlite3_bind_parameter_count(out) > columns)
        sqlite3_bind_int64(out, columns + 1, number);
    while ((rc = sqlite3_step(in)) == SQLITE_ROW) {
        for (int i = 0; i < columns; i++)
            if (sqlite3_bind_value(out, i + 1, sqlite3_column_value(in, i)) != SQLITE_OK) {
                merge_fail(to, e);
                goto out;
            }
        if (merge_step(to, out, e) != 0)
            goto out;
    }
    result = rc == SQLITE_DONE ? 0 : merge_fail(from, e);
out:
    sqlite3_finalize(in);
    sqlite3_finalize(out);
    return result;
}
