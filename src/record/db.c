#include "record/db.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/array.h"
#include "util/clock.h"

/* As much as an entry of a log may have. */
#define VALUE_BYTES_MAX (64 << 20)
/* Of SQLite in this process: a view of views can take any amount before its first instruction. */
#define HEAP_BYTES_MAX (INT64_C(512) << 20)
/* A report takes less than one instruction for each byte of the file. */
#define STEPS_PER_BYTE 100u
#define STEPS_MIN 20000000u /* half a second */
#define STEPS_AT_ONCE 1000
/* A report takes 10 ns for each byte. */
#define CPU_NS_PER_BYTE 500
#define CPU_MIN_NS (15 * NS_PER_S)
/* Between two looks, more than this was spent by someone else on the thread. */
#define CPU_AT_ONCE_NS NS_PER_S
/* How SQLite's text begins after authorize() refused something; its code is that of any mistake. */
#define REFUSED "not authorized"

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

bool db_has_log(const char *path) {
    return bytes_of(path, "-wal") > 0;
}

int db_check_path(const char *path, struct err *e) {
    struct stat st;
    if (stat(path, &st) != 0)
        return err_set(e, "cannot read %s: %s", path, strerror(errno));
    if (S_ISDIR(st.st_mode))
        return err_set(e, "cannot read %s: it is a directory, not a run file", path);
    if (!S_ISREG(st.st_mode))
        return err_set(e, "cannot read %s: it is not a regular file", path);
    if (st.st_size == 0 && !db_has_log(path))
        return err_set(e, "cannot read %s: it is empty: it contains no run", path);
    return 0;
}

/* True ends the statement. */
static int spend(void *context) {
    struct db_budget *b = context;
    if (b->left < STEPS_AT_ONCE || (b->stop != NULL && b->stop()))
        return 1;
    b->left -= STEPS_AT_ONCE;
    if (b->is_shared)
        return 0;
    int64_t now = clock_thread_cpu_ns(), used = now - b->seen_ns;
    b->seen_ns = now;
    b->cpu_left_ns -= used < CPU_AT_ONCE_NS ? used : CPU_AT_ONCE_NS;
    return b->cpu_left_ns < 0;
}

/* What views of ours use, and our own WITH: SQLite does not tell them apart. Any other function
 * could take hours in a single instruction, as instr() on large texts does. */
static bool is_harmless(const char *function) {
    static const char *const harmless[] = {"avg", "coalesce", "count",  "hex",      "lower",
                                           "max", "min",      "substr", "strftime", "sum"};
    for (size_t i = 0; i < COUNT_OF(harmless); i++)
        if (strcmp(function, harmless[i]) == 0)
            return true;
    return false;
}

static int authorize(void *unused, int action, const char *a, const char *b, const char *database,
                     const char *view) {
    (void)unused;
    (void)a;
    (void)database;
    if (action == SQLITE_RECURSIVE)
        return SQLITE_DENY;
    return view != NULL && action == SQLITE_FUNCTION && !is_harmless(b) ? SQLITE_DENY : SQLITE_OK;
}

void db_distrust(sqlite3 *db, const char *path, struct db_budget *budget) {
    static const char *kept[] = {"dbstat", NULL}; /* for db_inspect() */
    *budget = (struct db_budget){.bytes = bytes_of(path, "") + bytes_of(path, "-wal")};
    budget->all = STEPS_MIN + budget->bytes * STEPS_PER_BYTE;
    sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
    sqlite3_limit(db, SQLITE_LIMIT_LENGTH, VALUE_BYTES_MAX);
    sqlite3_hard_heap_limit64(HEAP_BYTES_MAX);
    sqlite3_drop_modules(db, kept);
    sqlite3_set_authorizer(db, authorize, NULL);
    db_budget_renew(budget);
    sqlite3_progress_handler(db, STEPS_AT_ONCE, spend, budget);
}

void db_budget_renew(struct db_budget *budget) {
    budget->left = budget->all;
    budget->cpu_left_ns = CPU_MIN_NS + (int64_t)budget->bytes * CPU_NS_PER_BYTE;
    budget->seen_ns = clock_thread_cpu_ns();
}

void db_budget_share(struct db_budget *budget, bool (*stop)(void)) {
    budget->is_shared = true;
    budget->stop = stop;
}

bool db_is_table(sqlite3 *db, const char *name) {
    return sqlite3_table_column_metadata(db, "main", name, NULL, NULL, NULL, NULL, NULL, NULL) ==
           SQLITE_OK;
}

/* Whether a query has a row; -1: it failed. `name`, if there is one, is its parameter. */
static int finds(sqlite3 *db, const char *sql, const char *name) {
    sqlite3_stmt *st = NULL;
    int rc = sqlite3_prepare_v2(db, sql, -1, &st, NULL);
    if (rc == SQLITE_OK && name != NULL)
        rc = sqlite3_bind_text(st, 1, name, -1, SQLITE_STATIC);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(st);
    sqlite3_finalize(st);
    return rc == SQLITE_ROW ? 1 : rc == SQLITE_DONE ? 0 : -1;
}

/* An SQLite may be built without dbstat. The budget holds even so. */
static int check_pages(sqlite3 *db, struct err *e) {
    int twice = finds(db, "SELECT 1 FROM pragma_module_list WHERE name = 'dbstat'", NULL);
    if (twice > 0) /* it has a row for each use of a page */
        twice = finds(db,
                      "SELECT 1 FROM dbstat LIMIT 1"
                      " OFFSET (SELECT page_count FROM pragma_page_count)",
                      NULL);
    return twice < 0    ? db_error(db, e)
           : twice == 0 ? 0
                        : err_set(e, "the file is damaged: some of its pages are used more than "
                                     "once");
}

int db_inspect(sqlite3 *db, const char *const *tables, size_t n, struct err *e) {
    if (check_pages(db, e) != 0)
        return -1;
    for (size_t i = 0; i < n; i++) {
        int computed = !db_is_table(db, tables[i])
                           ? 0
                           : finds(db,
                                   "SELECT 1 FROM pragma_table_xinfo(?) WHERE hidden > 1"
                                   " OR instr(dflt_value, '(')",
                                   tables[i]);
        if (computed != 0)
            return computed < 0 ? db_error(db, e)
                                : err_set(e,
                                          "its table %s has a column that is computed, and "
                                          "coldswarm makes none",
                                          tables[i]);
    }
    return 0;
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
    if (strncmp(sqlite3_errmsg(db), REFUSED, strlen(REFUSED)) == 0)
        return err_set(e, "the file is damaged: it has a view that coldswarm does not make");
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
        return err_memory(e, NULL);
    case SQLITE_INTERRUPT: /* by spend() */
        return err_set(e, "the file is damaged: reading it does not come to an end");
    case SQLITE_TOOBIG:
        return err_set(e, "the file is damaged: it has a value of more than %d MiB",
                       VALUE_BYTES_MAX >> 20);
    default:
        return err_set(e, "%s", sqlite3_errmsg(db));
    }
}
