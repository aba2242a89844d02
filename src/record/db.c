#include "record/db.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

char *db_path(const char *path) {
    size_t n = strlen(path) + 3;
    char *out = malloc(n);
    if (out != NULL)
        snprintf(out, n, "%s%s", path[0] == '/' ? "" : "./", path);
    return out;
}

void db_remove(const char *path) {
    static const char *const endings[] = {"", "-wal", "-shm", "-journal"};
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        size_t n = strlen(path) + sizeof "-journal";
        char *name = malloc(n);
        if (name != NULL) {
            snprintf(name, n, "%s%s", path, endings[i]);
            unlink(name);
        }
        free(name);
    }
}

static int io_error(sqlite3 *db, struct err *e) {
    /* SQLite keeps no number for what fails in a COMMIT; then errno still holds it. */
    int number = sqlite3_system_errno(db) != 0 ? sqlite3_system_errno(db) : errno;
    switch (number) {
    case ENOSPC:
    case EDQUOT:
        return err_set(e, "the disk is full (free some space, or write to another disk)");
    case EFBIG:
        return err_set(e, "the file has reached the largest size allowed (raise it: ulimit -f)");
    case 0:
        return err_set(e, "%s (check the disk)", sqlite3_errmsg(db));
    default:
        return err_set(e, "%s: %s (check the disk)", sqlite3_errmsg(db), strerror(number));
    }
}

int db_error(sqlite3 *db, struct err *e) {
    switch (sqlite3_errcode(db) & 0xff) {
    case SQLITE_FULL:
        return err_set(e, "the disk is full (free some space, or write to another disk)");
    case SQLITE_IOERR:
        return io_error(db, e);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return err_set(e, "another process keeps it locked (find it with fuser and let it finish)");
    case SQLITE_CANTOPEN:
        if (sqlite3_system_errno(db) == EMFILE || sqlite3_system_errno(db) == ENFILE)
            return err_set(e, "too many open files (raise the limit: ulimit -n)");
        __attribute__((fallthrough));
    case SQLITE_READONLY:
    case SQLITE_PERM:
        return err_set(e, "%s (check the permissions of the file and of its directory)",
                       sqlite3_errmsg(db));
    case SQLITE_CORRUPT:
        return err_set(e, "the file is damaged: %s", sqlite3_errmsg(db));
    case SQLITE_NOMEM:
        return err_set(e, "out of memory");
    default:
        return err_set(e, "%s", sqlite3_errmsg(db));
    }
}
