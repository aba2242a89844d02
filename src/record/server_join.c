/* Matches server requests with client requests, and estimates the offset of the two clocks. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "record/server_internal.h"

/* More users than any run has: what a broken file can make us allocate. */
#define USERS_MAX (UINT32_C(1) << 24)

struct joiner {
    struct server_file *f;
    struct server_join *out;
    sqlite3_stmt *find, *set;
    uint32_t *sent; /* by user: how many of its requests have been passed */
    size_t users;
};

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
        if (sent == NULL)
            return false;
        memset(sent + j->users, 0, (users - j->users) * sizeof *sent);
        j->sent = sent;
        j->users = users;
    }
    *n = j->sent[user]++;
    return true;
}

/* What one pair says of the offset. `row`: id, user, at_us, took_us, answered; `found`: id, at_us,
 * latency_us. */
static void narrow(struct joiner *j, sqlite3_stmt *row, sqlite3_stmt *found) {
    struct server_join *out = j->out;
    int64_t sent = j->f->run.start_us + sqlite3_column_int64(row, 2);
    int64_t arrived = sqlite3_column_int64(found, 1), upper = arrived - sent;
    if (out->upper_us == SERVER_NONE || upper < out->upper_us)
        out->upper_us = upper;
    out->pairs++;
    bool ended = sqlite3_column_int(row, 4) != 0 && sqlite3_column_type(row, 3) != SQLITE_NULL &&
                 sqlite3_column_type(found, 2) != SQLITE_NULL;
    if (!ended)
        return;
    int64_t lower = arrived + sqlite3_column_int64(found, 2) - sent - sqlite3_column_int64(row, 3);
    if (out->lower_us == SERVER_NONE || lower > out->lower_us)
        out->lower_us = lower;
}

static int join_row(struct joiner *j, sqlite3_stmt *row, struct err *e) {
    uint32_t n;
    int64_t user = sqlite3_column_int64(row, 1);
    if (!next_number(j, user, &n))
        return err_set(e, "cannot join: %s is damaged, or out of memory (user %" PRId64 ")",
                       j->f->path, user);
    sqlite3_bind_int64(j->find, 1, user);
    sqlite3_bind_int64(j->find, 2, n);
    int rc = 0;
    if (sqlite3_step(j->find) == SQLITE_ROW) {
        narrow(j, row, j->find);
        sqlite3_bind_int64(j->set, 1, sqlite3_column_int64(row, 0));
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
 * n-th request. */
static int join_rows(struct joiner *j, struct err *e) {
    sqlite3_stmt *rows = NULL;
    if (server_prepare(j->f,
                       "SELECT r.id, r.user, r.at_us, r.took_us,"
                       " o.timed AND t.status IS NOT NULL"
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
    struct joiner j = {.f = f, .out = &x};
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
