#include "merge/merge_rows.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "merge/merge_cursor.h"
#include "merge/merge_feed.h"

enum { R_ID, R_RESULT, R_USER, R_AT, R_LAG, R_TOOK };
static const struct merge_table requests = {
    .name = "request",
    .columns = "result, user, at_us, lag_us, took_us, rest_us, dns_us, connect_us, tls_us,"
               " bytes_sent, bytes_received",
    .count = 12,
    .at = R_AT,
    .took = R_TOOK};

enum { I_ID, I_TASK, I_USER, I_AT, I_TOOK };
static const struct merge_table iterations = {.name = "iteration",
                                              .columns = "task, user, at_us, took_us, ok",
                                              .count = 6,
                                              .at = I_AT,
                                              .took = I_TOOK};

/* Tables with more about some of the requests. The first column is the request. */
enum { STREAMS, RECONNECTIONS, SIDES };
static const struct side_table {
    const char *name, *columns, *values;
} sides[SIDES] = {
    [STREAMS] = {"stream",
                 "request, first_event_us, first_token_us, first_output_us, last_token_us, events,"
                 " token_events, reasoning_events, tool_events, reads, shared_reads, usage_tokens,"
                 " prompt_tokens, cached_tokens, reasoning_tokens, first_tokens, finish, done,"
                 " after_done, gap_max_us, gaps_us, asked_tokens, asked_words",
                 "?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?"},
    [RECONNECTIONS] = {"reconnection", "request, resent_us, previous_idle_us", "?, ?, ?"},
};

/* Such a table of one part, in order of the requests. */
struct side {
    sqlite3_stmt *st;
    int64_t request; /* of the current row; INT64_MAX: there is none left */
};

struct merging {
    const struct merge_db *out;
    struct merge_part *parts;
    size_t part_count;
    struct merge_results *results;
    struct merge_cursor *cursors; /* of each part */
    struct merge_cursor **heap;   /* of those with a row left; the next one is the first */
    size_t left;
    struct merge_cursor *current; /* gave the last row; NULL: there was none */
    int (*take)(struct merging *m, struct merge_cursor *c, struct err *e); /* a row comes */
    sqlite3_stmt *insert_side[SIDES];
    struct side (*sides)[SIDES]; /* of each part */
    uint64_t rows;
};

/* ---- the next row of all parts ---- */

/* Ties go to the part with the lower number, so that the same parts make the same file. */
static bool before(const struct merge_cursor *a, const struct merge_cursor *b) {
    return a->end_us != b->end_us ? a->end_us < b->end_us : a->place < b->place;
}

static void sink(struct merging *m, size_t at) {
    struct merge_cursor *x = m->heap[at];
    for (size_t child; (child = 2 * at + 1) < m->left; at = child) {
        if (child + 1 < m->left && before(m->heap[child + 1], m->heap[child]))
            child++;
        if (!before(m->heap[child], x))
            break;
        m->heap[at] = m->heap[child];
    }
    m->heap[at] = x;
}

static int start(struct merging *m, const struct merge_table *table, struct err *e) {
    m->left = 0;
    for (size_t i = 0; i < m->part_count; i++) {
        struct merge_cursor *c = &m->cursors[i];
        if (merge_cursor_init(c, &m->parts[i], i, table, e) != 0)
            return -1;
        int any = merge_cursor_next(c, e);
        if (any < 0)
            return -1;
        if (any > 0)
            m->heap[m->left++] = c;
    }
    for (size_t i = m->left; i-- > 0;)
        sink(m, i);
    return 0;
}

/* A merge_feed_fn. The row that was given last is left only now: it is the cursor's own. */
static int next_row(void *context, const int64_t **row, struct err *e) {
    struct merging *m = context;
    if (m->current != NULL) {
        int more = merge_cursor_next(m->current, e);
        if (more < 0)
            return -1;
        if (more == 0)
            m->heap[0] = m->heap[--m->left];
        if (m->left > 0)
            sink(m, 0);
    }
    if (m->left == 0)
        return 0;
    m->current = m->heap[0];
    *row = merge_cursor_row(m->current)->v + 1; /* all but the id */
    return m->take(m, m->current, e) != 0 ? -1 : 1;
}

static int each(struct merging *m, const struct merge_table *table,
                int (*take)(struct merging *m, struct merge_cursor *c, struct err *e),
                struct err *e) {
    m->current = NULL;
    m->take = take;
    int result = start(m, table, e);
    if (result == 0)
        result = merge_feed(m->out, table->name, table->columns, table->count - 1, next_row, m, e);
    for (size_t i = 0; i < m->part_count; i++)
        merge_cursor_done(&m->cursors[i]);
    return result;
}

static int check_user(const struct merge_cursor *c, int64_t user, struct err *e) {
    const struct merge_part *p = c->part;
    if (user >= 0 && user % p->count == p->index)
        return 0;
    return err_set(e,
                   "cannot merge %s: user %" PRId64 " is not of %s (parts have the users whose"
                   " number modulo %" PRIu32 " is the part)",
                   p->path, user, p->name, p->count);
}

/* ---- requests, and what more there is about them ---- */

static int next_side(struct merging *m, size_t part, int which, struct err *e) {
    struct side *s = &m->sides[part][which];
    int rc = sqlite3_step(s->st);
    if (rc != SQLITE_ROW && rc != SQLITE_DONE)
        return merge_fail(&m->parts[part].db, e);
    s->request = rc == SQLITE_ROW ? sqlite3_column_int64(s->st, 0) : INT64_MAX;
    return 0;
}

static int put_side(struct merging *m, size_t part, int which, struct err *e) {
    sqlite3_stmt *in = m->sides[part][which].st, *out = m->insert_side[which];
    sqlite3_bind_int64(out, 1, (int64_t)m->rows);
    for (int i = 1; i < sqlite3_column_count(in); i++)
        if (sqlite3_bind_value(out, i + 1, sqlite3_column_value(in, i)) != SQLITE_OK)
            return merge_fail(m->out, e);
    return merge_step(m->out, out, e) != 0 ? -1 : next_side(m, part, which, e);
}

static int take_request(struct merging *m, struct merge_cursor *c, struct err *e) {
    struct merge_row *row = merge_cursor_row(c);
    struct merge_mapped *result = merge_results_of(m->results, c->place, row->v[R_RESULT], e);
    if (result == NULL)
        return -1;
    if (result->outcome != OUTCOME_NOT_SENT && check_user(c, row->v[R_USER], e) != 0)
        return -1;
    row->v[R_RESULT] = result->id;
    result->rows++;
    m->rows++;
    for (int i = 0; i < SIDES; i++) {
        const struct side *s = &m->sides[c->place][i];
        if (s->request < row->v[R_ID])
            return merge_damaged(&c->part->db, sides[i].name, s->request, e);
        if (s->request == row->v[R_ID] && put_side(m, c->place, i, e) != 0)
            return -1;
    }
    return 0;
}

static int open_side(struct merging *m, int which, struct err *e) {
    const struct side_table *t = &sides[which];
    char sql[512];
    snprintf(sql, sizeof sql, "SELECT %s FROM %s ORDER BY request", t->columns, t->name);
    for (size_t i = 0; i < m->part_count; i++)
        if (merge_prepare(&m->parts[i].db, sql, &m->sides[i][which].st, e) != 0 ||
            next_side(m, i, which, e) != 0)
            return -1;
    snprintf(sql, sizeof sql, "INSERT INTO %s(%s) VALUES (%s)", t->name, t->columns, t->values);
    return merge_prepare(m->out, sql, &m->insert_side[which], e);
}

static int merge_requests(struct merging *m, struct err *e) {
    for (int i = 0; i < SIDES; i++)
        if (open_side(m, i, e) != 0)
            return -1;
    if (each(m, &requests, take_request, e) != 0)
        return -1;
    for (size_t i = 0; i < m->part_count; i++)
        for (int k = 0; k < SIDES; k++)
            if (m->sides[i][k].request != INT64_MAX)
                return merge_damaged(&m->parts[i].db, sides[k].name, m->sides[i][k].request, e);
    return 0;
}

static void sides_done(struct merging *m) {
    for (int k = 0; k < SIDES; k++) {
        for (size_t i = 0; m->sides != NULL && i < m->part_count; i++)
            sqlite3_finalize(m->sides[i][k].st);
        sqlite3_finalize(m->insert_side[k]);
    }
    free(m->sides);
}

/* ---- iterations ---- */

static int take_iteration(struct merging *m, struct merge_cursor *c, struct err *e) {
    const struct merge_row *row = merge_cursor_row(c);
    (void)m;
    int64_t task = row->v[I_TASK];
    if (task < 0 || (uint64_t)task >= reader_catalog(c->part->reader)->task_count)
        return merge_damaged(&c->part->db, "iteration", row->v[I_ID], e);
    return check_user(c, row->v[I_USER], e);
}

/* ---- all ---- */

static void count_parts(struct merging *m) {
    for (size_t i = 0; i < m->part_count; i++) {
        size_t n;
        const struct merge_mapped *all = merge_results_all(m->results, i, &n);
        for (size_t k = 0; k < n; k++) {
            if (all[k].id == 0 || !outcome_is_timed((int)all[k].outcome))
                continue;
            m->parts[i].requests += all[k].rows;
            if (outcome_is_failure((int)all[k].outcome))
                m->parts[i].failures += all[k].rows;
        }
    }
}

int merge_rows(const struct merge_db *out, struct merge_part *parts, size_t n,
               struct merge_results *results, uint64_t *rows, struct err *e) {
    struct merging m = {.out = out, .parts = parts, .part_count = n, .results = results};
    m.cursors = calloc(n, sizeof *m.cursors);
    m.heap = calloc(n, sizeof *m.heap);
    m.sides = calloc(n, sizeof *m.sides);
    int result = m.cursors == NULL || m.heap == NULL || m.sides == NULL ? err_memory(e, NULL)
                                                                        : merge_requests(&m, e);
    if (result == 0)
        result = each(&m, &iterations, take_iteration, e);
    if (result == 0) {
        count_parts(&m);
        *rows = m.rows;
    }
    sides_done(&m);
    free(m.heap);
    free(m.cursors);
    return result;
}
