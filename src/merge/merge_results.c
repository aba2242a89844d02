#include "merge/merge_results.h"

#include <stdlib.h>
#include <string.h>

#include "util/catalog.h"

#define RESULTS_MAX (INT64_C(1) << 28)
/* record_error_id() has the same limit, and the same text. */
#define ERRORS_MAX 65534
#define OTHER_ERRORS "(other errors)"

/* Columns of a result, in the order of all statements here. */
enum {
    C_ENDPOINT,
    C_STATUS,
    C_OUTCOME,
    C_ERROR,
    C_NEW,
    C_AGAIN,
    C_VERSION,
    C_END,
    C_GRPC,
    COLUMNS
};

struct own {
    struct merge_mapped *all; /* by number */
    size_t count;
};

struct merge_results {
    const struct merge_db *out;
    const struct merge_part *parts;
    struct own *own; /* of each part */
    size_t part_count;
    sqlite3_stmt *find, *add, *keep, *error_find, *error_add;
    uint32_t results;
    int64_t errors;
};

/* The content of each number. The index is what makes finding quick. */
static const char *const known_sql =
    "CREATE TEMP TABLE known(endpoint, status, outcome, error, new_connection, sent_again,"
    " http_version, previous_end, grpc_status, id INTEGER);"
    "CREATE INDEX temp.known_all ON known(endpoint, status, outcome, error, new_connection,"
    " sent_again, http_version, previous_end, grpc_status);"
    "CREATE TEMP TABLE known_error(text PRIMARY KEY, id INTEGER) WITHOUT ROWID";

static int prepare_all(struct merge_results *r, struct err *e) {
    const struct {
        sqlite3_stmt **to;
        const char *sql;
    } all[] = {
        {&r->find, "SELECT id FROM temp.known WHERE endpoint IS ?1 AND status IS ?2"
                   " AND outcome IS ?3 AND error IS ?4 AND new_connection IS ?5"
                   " AND sent_again IS ?6 AND http_version IS ?7 AND previous_end IS ?8"
                   " AND grpc_status IS ?9"},
        {&r->add, "INSERT INTO result(endpoint, status, outcome, error, new_connection, sent_again,"
                  " http_version, previous_end, grpc_status, id)"
                  " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"},
        {&r->keep, "INSERT INTO temp.known VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"},
        {&r->error_find, "SELECT id FROM temp.known_error WHERE text = ?"},
        {&r->error_add, "INSERT INTO error(text, id) VALUES (?, ?)"},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (merge_prepare(r->out, all[i].sql, all[i].to, e) != 0)
            return -1;
    return 0;
}

static int count_own(struct merge_results *r, size_t part, struct err *e) {
    int64_t last;
    bool known;
    const struct merge_db *db = &r->parts[part].db;
    if (merge_number(db, "SELECT max(id) FROM result", &last, &known, e) != 0)
        return -1;
    if (!known || last < 0)
        last = 0;
    if (last > RESULTS_MAX)
        return merge_damaged(db, "result", last, e);
    r->own[part].count = (size_t)last + 1;
    r->own[part].all = calloc(r->own[part].count, sizeof *r->own[part].all);
    return r->own[part].all == NULL ? err_memory(e, "%s", db->path) : 0;
}

int merge_results_new(const struct merge_db *out, const struct merge_part *parts, size_t n,
                      struct merge_results **results, struct err *e) {
    struct merge_results *r = calloc(1, sizeof *r);
    if (r == NULL)
        return err_memory(e, NULL);
    *r = (struct merge_results){.out = out, .parts = parts, .part_count = n};
    r->own = calloc(n, sizeof *r->own);
    int result = r->own == NULL ? err_memory(e, NULL) : merge_exec(out, known_sql, e);
    for (size_t i = 0; result == 0 && i < n; i++)
        result = count_own(r, i, e);
    if (result == 0)
        result = prepare_all(r, e);
    if (result != 0) {
        merge_results_free(r);
        return -1;
    }
    *results = r;
    return 0;
}

void merge_results_free(struct merge_results *r) {
    if (r == NULL)
        return;
    sqlite3_stmt *all[] = {r->find, r->add, r->keep, r->error_find, r->error_add};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        sqlite3_finalize(all[i]);
    for (size_t i = 0; r->own != NULL && i < r->part_count; i++)
        free(r->own[i].all);
    free(r->own);
    free(r);
}

/* The number that a statement finds; 0: none. */
static int find(struct merge_results *r, sqlite3_stmt *st, int64_t *id, struct err *e) {
    int rc = sqlite3_step(st);
    *id = rc == SQLITE_ROW ? sqlite3_column_int64(st, 0) : 0;
    return sqlite3_reset(st) == SQLITE_OK ? 0 : merge_fail(r->out, e);
}

static int add_error(struct merge_results *r, sqlite3_value *text, int64_t *id, struct err *e) {
    sqlite3_stmt *keep = NULL;
    *id = ++r->errors;
    if (merge_prepare(r->out, "INSERT OR IGNORE INTO temp.known_error VALUES (?, ?)", &keep, e) !=
        0)
        return -1;
    sqlite3_bind_value(keep, 1, text);
    sqlite3_bind_int64(keep, 2, *id);
    sqlite3_bind_value(r->error_add, 1, text);
    sqlite3_bind_int64(r->error_add, 2, *id);
    int result = merge_step(r->out, keep, e) != 0 ? -1 : merge_step(r->out, r->error_add, e);
    sqlite3_finalize(keep);
    return result;
}

/* All texts after the last number share one. */
static int add_other_error(struct merge_results *r, int64_t *id, struct err *e) {
    *id = ERRORS_MAX + 1;
    if (r->errors > ERRORS_MAX)
        return 0;
    r->errors++;
    sqlite3_bind_text(r->error_add, 1, OTHER_ERRORS, -1, SQLITE_STATIC);
    sqlite3_bind_int64(r->error_add, 2, *id);
    return merge_step(r->out, r->error_add, e);
}

static int error_of(struct merge_results *r, sqlite3_value *text, int64_t *id, struct err *e) {
    if (sqlite3_bind_value(r->error_find, 1, text) != SQLITE_OK)
        return merge_fail(r->out, e);
    if (find(r, r->error_find, id, e) != 0)
        return -1;
    if (*id != 0)
        return 0;
    return r->errors >= ERRORS_MAX ? add_other_error(r, id, e) : add_error(r, text, id, e);
}

/* Finds the row of a part in the merged file, or adds it there. */
static int map(struct merge_results *r, sqlite3_stmt *row, struct merge_mapped *m, struct err *e) {
    sqlite3_stmt *const all[] = {r->find, r->add, r->keep};
    int64_t error = 0, id;
    if (sqlite3_column_type(row, C_ERROR) != SQLITE_NULL &&
        error_of(r, sqlite3_column_value(row, C_ERROR), &error, e) != 0)
        return -1;
    for (size_t k = 0; k < sizeof all / sizeof *all; k++)
        for (int i = 0; i < COLUMNS; i++) {
            int rc = i != C_ERROR ? sqlite3_bind_value(all[k], i + 1, sqlite3_column_value(row, i))
                     : error == 0 ? sqlite3_bind_null(all[k], i + 1)
                                  : sqlite3_bind_int64(all[k], i + 1, error);
            if (rc != SQLITE_OK)
                return merge_fail(r->out, e);
        }
    if (find(r, r->find, &id, e) != 0)
        return -1;
    if (id == 0) {
        id = ++r->results;
        sqlite3_bind_int64(r->add, COLUMNS + 1, id);
        sqlite3_bind_int64(r->keep, COLUMNS + 1, id);
        if (merge_step(r->out, r->add, e) != 0 || merge_step(r->out, r->keep, e) != 0)
            return -1;
    }
    *m = (struct merge_mapped){.id = (uint32_t)id,
                               .endpoint = (uint32_t)sqlite3_column_int64(row, C_ENDPOINT),
                               .outcome = (enum outcome)sqlite3_column_int64(row, C_OUTCOME),
                               .answered = sqlite3_column_type(row, C_STATUS) != SQLITE_NULL};
    return 0;
}

/* The reader has checked that endpoints, outcomes and errors exist. */
static int first_use(struct merge_results *r, const struct merge_part *p, int64_t result,
                     struct merge_mapped *m, struct err *e) {
    sqlite3_stmt *row = NULL;
    if (merge_prepare(&p->db,
                      "SELECT r.endpoint, r.status, r.outcome, x.text, r.new_connection,"
                      " r.sent_again, r.http_version, r.previous_end, r.grpc_status"
                      " FROM result AS r"
                      " LEFT JOIN error AS x ON x.id = r.error WHERE r.id = ?",
                      &row, e) != 0)
        return -1;
    sqlite3_bind_int64(row, 1, result);
    int rc = sqlite3_step(row);
    int status = rc == SQLITE_ROW    ? map(r, row, m, e)
                 : rc == SQLITE_DONE ? merge_damaged(&p->db, "a request's result", result, e)
                                     : merge_fail(&p->db, e);
    sqlite3_finalize(row);
    return status;
}

struct merge_mapped *merge_results_of(struct merge_results *r, size_t part, int64_t result,
                                      struct err *e) {
    const struct own *own = &r->own[part];
    if (result < 0 || (uint64_t)result >= own->count) {
        merge_damaged(&r->parts[part].db, "a request's result", result, e);
        return NULL;
    }
    struct merge_mapped *m = &own->all[result];
    return m->id == 0 && first_use(r, &r->parts[part], result, m, e) != 0 ? NULL : m;
}

const struct merge_mapped *merge_results_all(const struct merge_results *r, size_t part,
                                             size_t *count) {
    *count = r->own[part].count;
    return r->own[part].all;
}
