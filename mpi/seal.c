#include "seal.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "record/db.h"

#define BUSY_MS 5000

static int insert(sqlite3 *db, sqlite3_stmt *st, const char *lines) {
    for (const char *end; (end = strchr(lines, '\n')) != NULL; lines = end + 1) {
        const char *space = memchr(lines, ' ', (size_t)(end - lines));
        if (space == NULL)
            continue;
        sqlite3_bind_text(st, 1, lines, (int)(space - lines), SQLITE_STATIC);
        sqlite3_bind_text(st, 2, space + 1, (int)(end - space - 1), SQLITE_STATIC);
        if (sqlite3_step(st) != SQLITE_DONE || sqlite3_reset(st) != SQLITE_OK)
            return sqlite3_errcode(db);
    }
    return SQLITE_OK;
}

int seal_file(const char *path, const char *lines, struct err *e) {
    sqlite3 *db = NULL;
    sqlite3_stmt *st = NULL;
    int result = 0;
    char *plain = db_path(path);
    if (plain == NULL)
        return err_set(e, "out of memory");
    int rc = sqlite3_open_v2(plain, &db, SQLITE_OPEN_READWRITE, NULL);
    sqlite3_busy_timeout(db, BUSY_MS);
    if (rc == SQLITE_OK)
        rc = sqlite3_prepare_v2(db, "INSERT OR IGNORE INTO manifest(key, value) VALUES (?, ?)", -1,
                                &st, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_exec(db, "BEGIN", NULL, NULL, NULL);
    if (rc == SQLITE_OK)
        rc = insert(db, st, lines);
    if (rc == SQLITE_OK)
        rc = sqlite3_exec(db, "COMMIT; PRAGMA journal_mode = DELETE", NULL, NULL, NULL);
    if (rc != SQLITE_OK) {
        db_error(db, e);
        result = err_prefix(e, "cannot complete %s", path);
    }
    sqlite3_finalize(st);
    sqlite3_close(db);
    free(plain);
    return result;
}
