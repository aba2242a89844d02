#include "amend.h"

#include <stdlib.h>

#include "record/db.h"

#define BUSY_MS 5000

int amend_row(sqlite3_stmt *st) {
    int rc = sqlite3_step(st);
    return rc == SQLITE_DONE ? sqlite3_reset(st) : rc;
}

int amend_file(const char *path, const char *sql, int (*rows)(void *context, sqlite3_stmt *st),
               void *context, const char *after, struct err *e) {
    sqlite3 *db = NULL;
    sqlite3_stmt *st = NULL;
    int result = 0;
    char *plain = db_path(path);
    if (plain == NULL)
        return err_memory(e, NULL);
    int rc = sqlite3_open_v2(plain, &db, SQLITE_OPEN_READWRITE, NULL);
    sqlite3_busy_timeout(db, BUSY_MS);
    if (rc == SQLITE_OK)
        rc = sqlite3_prepare_v2(db, sql, -1, &st, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_exec(db, "BEGIN", NULL, NULL, NULL);
    if (rc == SQLITE_OK)
        rc = rows(context, st);
    if (rc == SQLITE_OK)
        rc = sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
    if (rc == SQLITE_OK && after != NULL)
        rc = sqlite3_exec(db, after, NULL, NULL, NULL);
    if (rc != SQLITE_OK) {
        db_error(db, e);
        result = err_prefix(e, "cannot complete %s", path);
    }
    sqlite3_finalize(st);
    sqlite3_close(db);
    free(plain);
    return result;
}
