/* Matches server requests with client requests, and estimates the offset of the two clocks. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/memory.h"

#include "record/server_internal.h"

/* More users than any run has: what a broken file can make us allocate. */
#define USERS_MAX (UINT32_C(1) << 24)

struct joiner {
    struct server_file *f;
    struct server_join *out;
    sqlite3_stmt *find, *set;
    uint32_t *sent; /* by user: how many of its requests have been passed */
    size_t users;
    /* The lower bound where the log's latency ends with the response, and where it ends with the
     * response's head. */
    int64_t by_ends_us, by_heads_us;
    uint64_t long_bodies, to_head;
};

/* The columns of a client's row. */
enum { ROW_ID, ROW_USER, ROW_SENT, ROW_TOOK, ROW_REST, ROW_WHOLE };

static int64_t be32(const uint8_t *p) {
    return (int64_t)p[0] << 24 | (int64_t)p[1] << 16 | (int64_t)p[2] << 8 | p[3];
}

static bool hex_bytes(const char *hex, uint8_t out[8]) {
    for (int i = 0; i < 8; i++) {
        unsigned byte;
        char two[3] = {hex[2 * i], hex[2 * i + 1], '\0'};
        char *end;
        byte = (unsigned)strtoul(two, &end, 16);
        if (end != two + 2)
            return false;
        out[i] = (uint8_t)byte;
    }
    return true;
}

/* Into temp.traced: what each trace of this run asks for. Where two requests have the same trace,
 * the first to arrive is the client's: others were sent on by the service itself, or again. */
static int collect(struct joiner *j, struct err *e) {
    uint8_t mine[8];
    sqlite3_stmt *all = NULL, *add = NULL;
    int rc = -1;
    if (!hex_bytes(j->f->run.trace_run, mine))
        return 0;
    if (server_prepare(j->f,
                       "SELECT id, trace FROM server_request WHERE length(trace) = 16"
                       " ORDER BY at_us, id",
                       &all, e) != 0 ||
        server_prepare(j->f, "INSERT OR IGNORE INTO temp.traced VALUES (?, ?, ?)", &add, e) != 0)
        goto out;
    int step;
    while ((step = sqlite3_step(all)) == SQLITE_ROW) {
        const uint8_t *trace = sqlite3_column_blob(all, 1);
        if (trace == NULL || memcmp(trace, mine, sizeof mine) != 0)
            continue;
        sqlite3_bind_int64(add, 1, be32(trace + 8));
        sqlite3_bind_int64(add, 2, be32(trace + 12));
        sqlite3_bind_int64(add, 3, sqlite3_column_int64(all, 0));
        sqlite3_step(add);
        if (sqlite3_reset(add) != SQLITE_OK)
            break;
        if (sqlite3_changes(j->f->db) > 0)
            j->out->astray++; /* until its row is found */
        else
            j->out->repeated++;
    }
    rc = step == SQLITE_DONE ? 0 : server_fail(j->f, e);
out:
    sqlite3_finalize(all);
    sqlite3_finalize(add);
    return rc;
}

static bool next_number(struct joiner *j, int64_t user, uint32_t *n) {
    if (user < 0 || user >= USERS_MAX)
        return false;
    if ((size_t)user >= j->users) {
        size_t users = 2 * (size_t)user + 64;
        uint32_t *sent = realloc(j->sent, users * sizeof *sent);
        if (sent == NULL) {
            memory_note();
            return false;
        }
        memset(sent + j->users, 0, (users - j->users) * sizeof *sent);
        j->sent = sent;
        j->users = users;
    }
    *n = j->sent[user]++;
    return true;
}

static void raise_bound(int64_t *bound, int64_t us) {
    if (*bound == SERVER_NONE || us > *bound)
        *bound = us;
}

/* What the end of a pair says of the offset. The log does not say whether its latency ends with the
 * response or with its head, so both bounds are kept. */
static void narrow_by_end(struct joiner *j, sqlite3_stmt *row, int64_t sent, int64_t arrived,
                          int64_t latency) {
    int64_t took = sqlite3_column_int64(row, ROW_TOOK), rest = sqlite3_column_int64(row, ROW_REST);
    bool whole = sqlite3_column_int(row, ROW_WHOLE) != 0;
    if (whole)
        raise_bound(&j->by_ends_us, arrived + latency - sent - took);
    if (sqlite3_column_type(row, ROW_REST) == SQLITE_NULL)
        return;
    raise_bound(&j->by_heads_us, arrived + latency - sent - (took - rest));
    if (whole && rest >= SERVER_LONG_BODY_US) {
        j->long_bodies++;
        j->to_head += latency <= took - rest;
    }
}

/* What one pair says of the offset. `found`: id, at_us, latency_us. */
static void narrow(struct joiner *j, sqlite3_stmt *row, sqlite3_stmt *found) {
    struct server_join *out = j->out;
    int64_t sent = j->f->run.start_us + sqlite3_column_int64(row, ROW_SENT);
    int64_t arrived = sqlite3_column_int64(found, 1), upper = arrived - sent;
    if (out->upper_us == SERVER_NONE || upper < out->upper_us)
        out->upper_us = upper;
    out->pairs++;
    if (sqlite3_column_type(row, ROW_TOOK) != SQLITE_NULL &&
        sqlite3_column_type(found, 2) != SQLITE_NULL)
        narrow_by_end(j, row, sent, arrived, sqlite3_column_int64(found, 2));
}

static int join_row(struct joiner *j, sqlite3_stmt *row, struct err *e) {
    uint32_t n;
    int64_t user = sqlite3_column_int64(row, ROW_USER);
    if (!next_number(j, user, &n))
        return err_set(e, "cannot join: %s is damaged, or out of memory (user %" PRId64 ")",
                       j->f->path, user);
    sqlite3_bind_int64(j->find, 1, user);
    sqlite3_bind_int64(j->find, 2, n);
    int rc = 0;
    if (sqlite3_step(j->find) == SQLITE_ROW) {
        narrow(j, row, j->find);
        sqlite3_bind_int64(j->set, 1, sqlite3_column_int64(row, ROW_ID));
        sqlite3_bind_int64(j->set, 2, sqlite3_column_int64(j->find, 0));
        sqlite3_step(j->set);
        rc = sqlite3_reset(j->set) == SQLITE_OK ? 0 : server_fail(j->f, e);
        j->out->joined++;
        j->out->astray--;
    }
    if (sqlite3_reset(j->find) != SQLITE_OK && rc == 0)
        rc = server_fail(j->f, e);
    return rc;
}

/* One scan of the client's rows in the order of their ids: a user's n-th row that was sent is its
 * n-th request. Only where the response came whole did the server end before the client: what the
 * client left, the server may have noted much later. */
static int join_rows(struct joiner *j, struct err *e) {
    sqlite3_stmt *rows = NULL;
    if (server_prepare(j->f,
                       "SELECT r.id, r.user, r.at_us, r.took_us, r.rest_us,"
                       " (o.word IN ('ok', 'http_error', 'check_failed', 'no_tokens')"
                       "  OR (o.word = 'grpc_error' AND t.grpc_status <> 4))"
                       " AND NOT EXISTS (SELECT 1 FROM stream AS s WHERE s.request = r.id"
                       " AND s.finish = 'cancel_after')"
                       " FROM request AS r CROSS JOIN result AS t ON t.id = r.result"
                       " CROSS JOIN outcome AS o ON o.id = t.outcome"
                       " WHERE o.sent ORDER BY r.id",
                       &rows, e) != 0 ||
        server_prepare(j->f,
                       "SELECT s.id, s.at_us, s.latency_us FROM temp.traced AS w"
                       " CROSS JOIN server_request AS s ON s.id = w.row"
                       " WHERE w.user = ? AND w.n = ?",
                       &j->find, e) != 0 ||
        server_prepare(j->f, "UPDATE server_request SET request = ? WHERE id = ?", &j->set, e) !=
            0) {
        sqlite3_finalize(rows);
        return -1;
    }
    int rc = 0, step = SQLITE_DONE;
    while (rc == 0 && (step = sqlite3_step(rows)) == SQLITE_ROW)
        rc = join_row(j, rows, e);
    if (rc == 0 && step != SQLITE_DONE)
        rc = server_fail(j->f, e);
    sqlite3_finalize(rows);
    return rc;
}

bool server_log_to_head(uint64_t to_head, uint64_t long_bodies) {
    return to_head > 0 && 2 * to_head >= long_bodies;
}

/* The middle of the bounds is the guess that can be wrong by least. The upper one always holds: a
 * server that notes an arrival late only loosens it. One that notes an answer's end late makes the
 * lower one too high; where that shows, because the two cross, the upper one alone decides, as it
 * does where no answer came whole: the clocks agree unless it says otherwise. */
static int64_t choose(const struct server_join *x) {
    if (x->upper_us == SERVER_NONE)
        return 0;
    if (x->lower_us == SERVER_NONE)
        return x->upper_us < 0 ? x->upper_us : 0;
    if (x->lower_us > x->upper_us)
        return x->upper_us;
    return x->lower_us + (x->upper_us - x->lower_us) / 2;
}

static int write_side(struct server_file *f, const char *service, int64_t idle_limit_us,
                      const struct server_join *x, struct err *e) {
    sqlite3_stmt *st = NULL;
    if (server_prepare(f,
                       "REPLACE INTO server_side(id, service, run_start_us, offset_us, lower_us,"
                       " upper_us, pairs, join_state, joined, astray, repeated, idle_limit_us,"
                       " step_us) VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0)",
                       &st, e) != 0)
        return -1;
    server_bind_text(st, 1, service);
    const int64_t numbers[] = {f->run.start_us, x->offset_us, x->lower_us, x->upper_us,
                               (int64_t)x->pairs};
    for (int i = 0; i < 5; i++)
        server_bind(st, 2 + i, numbers[i]);
    server_bind_text(st, 7, x->state);
    const int64_t more[] = {(int64_t)x->joined, (int64_t)x->astray, (int64_t)x->repeated,
                            idle_limit_us};
    for (int i = 0; i < 4; i++)
        server_bind(st, 8 + i, more[i]);
    int rc = sqlite3_step(st) == SQLITE_DONE ? 0 : server_fail(f, e);
    sqlite3_finalize(st);
    return rc;
}

static const char *state_of(const struct server_run *run, const struct server_join *x,
                            int64_t requests) {
    if (requests == 0)
        return "no_requests";
    if (run->trace_run[0] == '\0')
        return "no_trace";
    if (run->lost)
        return "lost";
    return x->joined > 0 ? "joined" : "foreign";
}

int server_join(struct server_file *f, const char *service, int64_t idle_limit_us,
                struct server_join *out, struct err *e) {
    struct server_join x = {.lower_us = SERVER_NONE, .upper_us = SERVER_NONE};
    struct joiner j = {.f = f, .out = &x, .by_ends_us = SERVER_NONE, .by_heads_us = SERVER_NONE};
    int64_t requests = 0;
    int rc = -1;
    if (server_exec(f,
                    "UPDATE server_request SET request = NULL WHERE request IS NOT NULL;"
                    "DROP TABLE IF EXISTS temp.traced;"
                    "CREATE TEMP TABLE traced(user INTEGER, n INTEGER, row INTEGER,"
                    " PRIMARY KEY (user, n)) WITHOUT ROWID",
                    e) != 0 ||
        server_number(f, "SELECT count(*) FROM server_request", &requests, e) != 0)
        goto out;
    if (f->run.trace_run[0] != '\0' && !f->run.lost &&
        (collect(&j, e) != 0 || join_rows(&j, e) != 0))
        goto out;
    x.foreign = (uint64_t)requests - x.joined - x.astray - x.repeated;
    x.state = state_of(&f->run, &x, requests);
    x.lower_us = server_log_to_head(j.to_head, j.long_bodies) ? j.by_heads_us : j.by_ends_us;
    x.offset_us = choose(&x);
    if (write_side(f, service, idle_limit_us, &x, e) != 0)
        goto out;
    *out = x;
    rc = 0;
out:
    sqlite3_finalize(j.find);
    sqlite3_finalize(j.set);
    free(j.sent);
    if (rc == 0)
        rc = server_exec(f, "DROP TABLE temp.traced", e);
    return rc;
}
