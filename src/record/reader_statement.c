/* SQLite calls that all parts of the reader share, and their errors. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "record/db.h"
#include "record/reader_internal.h"
#include "util/text.h"

/* Texts that many rows share are kept for each of them. */
#define KEPT_BYTES_MIN (UINT64_C(64) << 20)
#define KEPT_PER_BYTE 4
#define NAME_BYTES_MAX ((size_t)1 << 20)
#define FEW_IDS 65536

static bool keeps_too_much(const struct reader *r) {
    return r->kept_bytes > KEPT_BYTES_MIN + r->budget.bytes * KEPT_PER_BYTE;
}

static const char *keep(struct reader *r, const char *bytes, size_t n) {
    r->kept_bytes += sizeof(struct text) + n;
    struct text *t = keeps_too_much(r) ? NULL : malloc(sizeof *t + n + 1);
    if (t == NULL)
        return NULL;
    memcpy(t->bytes, bytes, n);
    t->bytes[n] = '\0';
    t->next = r->texts;
    r->texts = t;
    return t->bytes;
}

const char *reader_keep(struct reader *r, const char *bytes) {
    return keep(r, bytes, strlen(bytes));
}

const char *reader_keep_whole(struct reader *r, sqlite3_stmt *st, int column) {
    const unsigned char *text = sqlite3_column_text(st, column);
    return reader_keep(r, text == NULL ? "" : (const char *)text);
}

const char *reader_keep_column(struct reader *r, sqlite3_stmt *st, int column) {
    const char *text = (const char *)sqlite3_column_text(st, column);
    return text == NULL ? keep(r, "", 0)
                        : keep(r, text, text_cut(text, strlen(text), NAME_BYTES_MAX));
}

int reader_fail_db(struct reader *r, struct err *e) {
    db_error(r->db, e);
    return err_prefix(e, "cannot read %s", r->path);
}

int reader_no_memory(struct reader *r, struct err *e) {
    if (keeps_too_much(r))
        return err_set(e, "cannot read %s: the file is damaged: its names repeat too often",
                       r->path);
    return err_memory(e, "%s", r->path);
}

int reader_damaged(struct reader *r, const char *what, int64_t id, struct err *e) {
    return err_set(e,
                   "cannot read %s: the file is damaged: %s %" PRId64
                   " refers to a missing row, or has a number that no run has"
                   " (sqlite3's .recover may save the rest)",
                   r->path, what, id);
}

int reader_prepare(struct reader *r, const char *sql, sqlite3_stmt **out, struct err *e) {
    return sqlite3_prepare_v2(r->db, sql, -1, out, NULL) == SQLITE_OK ? 0 : reader_fail_db(r, e);
}

int reader_finish(struct reader *r, sqlite3_stmt *st, int rc, struct err *e) {
    if (rc != SQLITE_DONE && rc != SQLITE_ROW)
        reader_fail_db(r, e);
    sqlite3_finalize(st);
    return rc == SQLITE_DONE || rc == SQLITE_ROW ? 0 : -1;
}

int reader_number(struct reader *r, const char *sql, int64_t *out, struct err *e) {
    sqlite3_stmt *st = NULL;
    if (reader_prepare(r, sql, &st, e) != 0)
        return -1;
    int rc = sqlite3_step(st);
    int64_t value = rc == SQLITE_ROW ? sqlite3_column_int64(st, 0) : 0;
    if (reader_finish(r, st, rc, e) != 0)
        return -1;
    *out = value;
    return 0;
}

int reader_count_ids(struct reader *r, const char *sql, int64_t most, size_t *out, struct err *e) {
    int64_t n;
    if (reader_number(r, sql, &n, e) != 0)
        return -1;
    if (n < 0 || n > most || (n > FEW_IDS && (uint64_t)n > r->budget.bytes))
        return reader_damaged(r, "id", n - 1, e);
    *out = (size_t)n;
    return 0;
}

bool reader_is_id(sqlite3_stmt *st, size_t count) {
    int64_t id = sqlite3_column_int64(st, 0);
    return id >= 0 && (uint64_t)id < count;
}

int64_t reader_column(sqlite3_stmt *st, int at) {
    sqlite3_value *value = sqlite3_column_value(st, at); /* one lock instead of two */
    return sqlite3_value_type(value) == SQLITE_NULL ? READER_NO_VALUE : sqlite3_value_int64(value);
}

int64_t reader_version(const struct reader *r) {
    return r->version;
}

bool reader_result(const struct reader *r, int64_t result, int *status, enum outcome *outcome) {
    if (result < 0 || result >= (int64_t)r->result_count || !r->results[result].known)
        return false;
    *status = r->results[result].status;
    *outcome = r->results[result].outcome;
    return true;
}
