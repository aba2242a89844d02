#include "seal.h"

#include <stdint.h>
#include <string.h>

#include "amend.h"

static int insert(void *context, sqlite3_stmt *st) {
    const char *lines = context;
    int rc = SQLITE_OK;
    for (const char *end; rc == SQLITE_OK && (end = strchr(lines, '\n')) != NULL; lines = end + 1) {
        const char *space = memchr(lines, ' ', (size_t)(end - lines));
        if (space == NULL)
            continue;
        sqlite3_bind_text(st, 1, lines, (int)(space - lines), SQLITE_STATIC);
        sqlite3_bind_text(st, 2, space + 1, (int)(end - space - 1), SQLITE_STATIC);
        rc = amend_row(st);
    }
    return rc;
}

int seal_file(const char *path, const char *lines, struct err *e) {
    return amend_file(path, "INSERT OR IGNORE INTO manifest(key, value) VALUES (?, ?)", insert,
                      (void *)(uintptr_t)lines, "PRAGMA journal_mode = DELETE", e);
}
