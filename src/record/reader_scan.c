/* The requests of a run file, one after the other: see reader.h. */
#include <stdio.h>

#include "record/reader_internal.h"

static int64_t minus(int64_t a, int64_t b) {
    return a == READER_NO_VALUE || b == READER_NO_VALUE ? READER_NO_VALUE : a - b;
}

/* Beyond what a run can have: sums of three times fit into 64 bits, and tables by user into memory.
 * Only a damaged or a hostile file has more. */
#define TIME_MAX_US (INT64_C(1) << 60)
#define USER_MAX (1 << 24)

/* The SQL function that takes the rows of a scan. */
#define TAKE_ROW "coldswarm_take_row"

/* The columns of the queries of reader_scan(), the brief one has the first part. What each means:
 * schema.sql. */
#define BRIEF_COLUMNS "id, result, user, at_us, lag_us, took_us, bytes_received"
#define OTHER_COLUMNS ", rest_us, dns_us, connect_us, tls_us, bytes_sent"
enum {
    C_ID,
    C_RESULT,
    C_USER,
    C_AT,
    C_LAG,
    C_TOOK,
    C_GOT,
    C_REST,
    C_DNS,
    C_CONNECT,
    C_TLS,
    C_SENT
};

/* The few requests with more times, in the order of the scan, so that each row is compared with one
 * number. */
struct reconnections {
    sqlite3_stmt *st; /* NULL: the file has none */
    int64_t request;  /* of the current one; INT64_MAX: there is none left */
    int64_t resent, idle;
};

/* A scan in progress. */
struct reader_scan {
    bool brief;
    reader_row_fn *fn;
    void *context;
    struct reconnections reconnections;
    struct request row;
    int stopped; /* what fn returned */
    bool damaged;
    bool failed; /* the reconnections could not be read, and err has the reason */
    struct err *err;
};

static int64_t value_of(sqlite3_value *v) {
    return sqlite3_value_type(v) == SQLITE_NULL ? READER_NO_VALUE : sqlite3_value_int64(v);
}

static void next_reconnection(struct reader *r, struct reader_scan *s) {
    struct reconnections *c = &s->reconnections;
    int rc = sqlite3_step(c->st);
    c->request = INT64_MAX;
    if (rc == SQLITE_ROW) {
        c->request = sqlite3_column_int64(c->st, 0);
        c->resent = reader_column(c->st, 1);
        c->idle = reader_column(c->st, 2);
    } else if (rc != SQLITE_DONE) {
        s->failed = true;
        reader_fail_db(r, s->err);
    }
}

/* Sets what the reconnections say of the row `id`. */
static void find_reconnection(struct reader *r, int64_t id, int64_t *resent, int64_t *idle) {
    const struct reconnections *c = &r->scan->reconnections;
    while (c->request < id)
        next_reconnection(r, r->scan);
    *resent = c->request == id ? c->resent : READER_NO_VALUE;
    *idle = c->request == id ? c->idle : READER_NO_VALUE;
}

static bool is_time(int64_t us) {
    return us == READER_NO_VALUE || (us >= -TIME_MAX_US && us <= TIME_MAX_US);
}

/* The same rules as those of the view `requests`; false where the row's result is not there, or a
 * number is none that a run can have. */
static bool set_row(const struct reader *r, sqlite3_value **v, int64_t resent,
                    struct request *row) {
    int64_t result = sqlite3_value_int64(v[C_RESULT]);
    if (result < 0 || result >= (int64_t)r->result_count || !r->results[result].known)
        return false;
    int64_t user = sqlite3_value_int64(v[C_USER]), got = sqlite3_value_int64(v[C_GOT]);
    int64_t at = value_of(v[C_AT]), lag = value_of(v[C_LAG]), took = value_of(v[C_TOOK]);
    if (user < 0 || user > USER_MAX || got < 0 || !is_time(at) || !is_time(lag) || !is_time(took) ||
        !is_time(resent))
        return false;
    const struct result *x = &r->results[result];
    bool timed = outcome_is_timed((int)x->outcome) && took != READER_NO_VALUE;
    row->endpoint = x->endpoint;
    row->user = x->outcome == OUTCOME_NOT_SENT ? READER_NO_VALUE : user;
    row->intended_us = minus(at, lag);
    row->sent_us = outcome_is_sent((int)x->outcome) ? at : READER_NO_VALUE;
    row->end_us = took == READER_NO_VALUE || at == READER_NO_VALUE ? READER_NO_VALUE : at + took;
    row->resent_us =
        resent == READER_NO_VALUE || at == READER_NO_VALUE ? READER_NO_VALUE : at + resent;
    row->service_us = !timed ? READER_NO_VALUE : resent == READER_NO_VALUE ? took : took - resent;
    row->response_us = timed ? took + (lag == READER_NO_VALUE ? 0 : lag) : READER_NO_VALUE;
    row->status = x->status;
    row->grpc_status = x->grpc_status;
    row->outcome = x->outcome;
    row->error = x->error;
    row->bytes_received = (uint64_t)got;
    row->new_connection = x->new_connection;
    row->http_version = x->http_version;
    row->previous_end = x->previous_end;
    return true;
}

static bool set_rest(sqlite3_value **v, int64_t resent, struct request *row) {
    int64_t sent = sqlite3_value_int64(v[C_SENT]), rest = value_of(v[C_REST]);
    row->dns_us = value_of(v[C_DNS]);
    row->connect_us = value_of(v[C_CONNECT]);
    row->tls_us = value_of(v[C_TLS]);
    if (sent < 0 || !is_time(rest) || !is_time(row->dns_us) || !is_time(row->connect_us) ||
        !is_time(row->tls_us))
        return false;
    row->ttfb_us = minus(value_of(v[C_TOOK]), rest);
    if (row->ttfb_us != READER_NO_VALUE && resent != READER_NO_VALUE)
        row->ttfb_us -= resent;
    row->bytes_sent = (uint64_t)sent;
    return true;
}

/* The SQL function that takes a row; true ends the scan. */
static void take_row(sqlite3_context *c, int n, sqlite3_value **v) {
    struct reader *r = sqlite3_user_data(c);
    struct reader_scan *s = r->scan;
    int64_t resent;
    (void)n;
    s->row.id = sqlite3_value_int64(v[C_ID]);
    find_reconnection(r, s->row.id, &resent, &s->row.previous_idle_us);
    s->damaged = !set_row(r, v, resent, &s->row) || (!s->brief && !set_rest(v, resent, &s->row));
    if (!s->damaged && !s->failed) {
        if (!r->is_cut || reader_cut_takes(r, &s->row, value_of(v[C_AT])))
            s->stopped = s->fn(s->context, &s->row);
    }
    sqlite3_result_int(c, s->damaged || s->failed || s->stopped != 0);
}

/* Not for what a file brings along: views and triggers may not call it. */
int reader_scan_init(struct reader *r) {
    return sqlite3_create_function(r->db, TAKE_ROW, -1, SQLITE_UTF8 | SQLITE_DIRECTONLY, r,
                                   take_row, NULL, NULL);
}

/* In an older file they are columns of the requests. */
static int open_reconnections(struct reader *r, struct reader_scan *s, struct err *e) {
    const char *sql = r->version >= READER_RECONNECTION_VERSION
                          ? "SELECT request, resent_us, previous_idle_us FROM reconnection"
                            " ORDER BY request"
                          : "SELECT id, resent_us, previous_idle_us FROM request"
                            " WHERE resent_us IS NOT NULL OR previous_idle_us IS NOT NULL"
                            " ORDER BY id";
    s->reconnections.request = INT64_MAX;
    if (r->version < READER_CONNECTIONS_VERSION)
        return 0;
    if (reader_prepare(r, sql, &s->reconnections.st, e) != 0)
        return -1;
    next_reconnection(r, s);
    return s->failed ? -1 : 0;
}

/* SQLite calls us for each row, in place of handing rows out one by one: that takes a third less
 * time. */
static int scan(struct reader *r, bool brief, reader_row_fn *fn, void *context, struct err *e) {
    sqlite3_stmt *st = NULL;
    char sql[320];
    struct reader_scan s = {.brief = brief,
                            .fn = fn,
                            .context = context,
                            .err = e,
                            .row = {.dns_us = READER_NO_VALUE,
                                    .connect_us = READER_NO_VALUE,
                                    .tls_us = READER_NO_VALUE,
                                    .ttfb_us = READER_NO_VALUE}};
    snprintf(sql, sizeof sql,
             "SELECT 1 FROM request WHERE " TAKE_ROW "(" BRIEF_COLUMNS "%s) ORDER BY id",
             brief ? "" : OTHER_COLUMNS);
    if (reader_prepare(r, sql, &st, e) != 0)
        return -1;
    int result = open_reconnections(r, &s, e);
    if (result == 0) {
        struct reader_scan *outer = r->scan;
        r->scan = &s;
        int rc = sqlite3_step(st);
        r->scan = outer;
        result = s.failed ? -1 : reader_finish(r, NULL, rc, e);
    }
    sqlite3_finalize(st);
    sqlite3_finalize(s.reconnections.st);
    if (result != 0)
        return -1;
    return s.damaged ? reader_damaged(r, "request", s.row.id, e) : s.stopped;
}

int reader_scan(struct reader *r, reader_row_fn *fn, void *context, struct err *e) {
    return scan(r, false, fn, context, e);
}

int reader_scan_brief(struct reader *r, reader_row_fn *fn, void *context, struct err *e) {
    return scan(r, true, fn, context, e);
}
