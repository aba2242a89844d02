#include "record/db.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/array.h"

#define VALUE_BYTES_MAX (256 << 20)
/* A report takes less than one instruction for each byte of the file. */
#define STEPS_PER_BYTE 100u
#define STEPS_MIN 20000000u /* half a second */
#define STEPS_AT_ONCE 1000000

char *db_path(const char *path) {
    size_t n = strlen(path) + 3;
    char *out = malloc(n);
    if (out != NULL)
        snprintf(out, n, "%s%s", path[0] == '/' ? "" : "./", path);
    return out;
}

static uint64_t bytes_of(const char *path, const char *ending) {
    char name[4096];
    struct stat st;
    int n = snprintf(name, sizeof name, "%s%s", path, ending);
    return n < (int)sizeof name && stat(name, &st) == 0 && st.st_size > 0 ? (uint64_t)st.st_size
                                                                          : 0;
}

/* True ends the statement. */
static int spend(void *context) {
    struct db_budget *b = context;
    if (b->left < STEPS_AT_ONCE)
        return 1;
    b->left -= STEPS_AT_ONCE;
    return 0;
}

void db_distrust(sqlite3 *db, const char *path, struct db_budget *budget) {
    uint64_t bytes = bytes_of(path, "") + bytes_of(path, "-wal");
    sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
    sqlite3_limit(db, SQLITE_LIMIT_LENGTH, VALUE_BYTES_MAX);
    budget->all = STEPS_MIN + bytes * STEPS_PER_BYTE;
    db_budget_renew(budget);
    sqlite3_progress_handler(db, STEPS_AT_ONCE, spend, budget);
}

void db_budget_renew(struct db_budget *budget) {
    budget->left = budget->all;
}

void db_remove(const char *path) {
    static const char *const endings[] = {"", "-wal", "-shm", "-journal"};
    for (size_t i = 0; i < COUNT_OF(endings); i++) {
        char name[4096]; /* without an allocation: it may be memory that has run out */
        int n = snprintf(name, sizeof name, "%s%s", path, endings[i]);
        if (n < (int)sizeof name)
            unlink(name);
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
    case SQLITE_INTERRUPT: /* by spend() */
        return err_set(e, "the file is damaged: reading it does not come to an end");
    case SQLITE_TOOBIG:
        return err_set(e, "the file is damaged: it has a value of more than %d MiB",
                       VALUE_BYTES_MAX >> 20);
    default:
        return err_set(e, "%s", sqlite3_errmsg(db));
    }
}
