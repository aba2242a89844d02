/* The requests of a run file, one after the other: see reader.h. */
#include <stdio.h>

#include "record/reader_internal.h"

static int64_t minus(int64_t a, int64_t b) {
    return a == READER_NO_VALUE || b == READER_NO_VALUE ? READER_NO_VALUE : a - b;
}

/* The SQL function that takes the rows of a scan. */
#define TAKE_ROW "coldswarm_take_row"

/* The columns of the queries of reader_scan(), the brief one has the first part. What each means:
 * schema.sql. */
#define BRIEF_COLUMNS "id, result, user, at_us, lag_us, took_us, bytes_received, "
#define OTHER_COLUMNS ", rest_us, dns_us, connect_us, tls_us, bytes_sent"
enum {
    C_ID,
    C_RESULT,
    C_USER,
    C_AT,
    C_LAG,
    C_TOOK,
    C_GOT,
    C_RESENT,
    C_IDLE,
    C_REST,
    C_DNS,
    C_CONNECT,
    C_TLS,
    C_SENT
};

/* A scan in progress. */
struct reader_scan {
    bool brief;
    reader_row_fn *fn;
    void *context;
    struct request row;
    int stopped; /* what fn returned */
    bool damaged;
};

static int64_t value_of(sqlite3_value *v) {
    return sqlite3_value_type(v) == SQLITE_NULL ? READER_NO_VALUE : sqlite3_value_int64(v);
}

/* The same rules as those of the view `requests`; false where the row's result is not there. */
static bool set_row(const struct reader *r, sqlite3_value **v, struct request *row) {
    int64_t result = sqlite3_value_int64(v[C_RESULT]);
    if (result < 0 || result >= (int64_t)r->result_count || !r->results[result].known)
        return false;
    const struct result *x = &r->results[result];
    int64_t at = value_of(v[C_AT]), lag = value_of(v[C_LAG]), took = value_of(v[C_TOOK]),
            resent = value_of(v[C_RESENT]);
    bool timed = outcome_is_timed((int)x->outcome) && took != READER_NO_VALUE;
    row->endpoint = x->endpoint;
    row->user = x->outcome == OUTCOME_NOT_SENT ? READER_NO_VALUE : sqlite3_value_int64(v[C_USER]);
    row->intended_us = minus(at, lag);
    row->sent_us = outcome_is_sent((int)x->outcome) ? at : READER_NO_VALUE;
    row->end_us = took == READER_NO_VALUE || at == READER_NO_VALUE ? READER_NO_VALUE : at + took;
    row->resent_us =
        resent == READER_NO_VALUE || at == READER_NO_VALUE ? READER_NO_VALUE : at + resent;
    row->service_us = !timed ? READER_NO_VALUE : resent == READER_NO_VALUE ? took : took - resent;
    row->response_us = timed ? took + (lag == READER_NO_VALUE ? 0 : lag) : READER_NO_VALUE;
    row->status = x->status;
    row->outcome = x->outcome;
    row->error = x->error;
    row->bytes_received = (uint64_t)sqlite3_value_int64(v[C_GOT]);
    row->new_connection = x->new_connection;
    row->http_version = x->http_version;
    row->previous_end = x->previous_end;
    row->previous_idle_us = value_of(v[C_IDLE]);
    return true;
}

static void set_rest(sqlite3_value **v, struct request *row) {
    row->dns_us = value_of(v[C_DNS]);
    row->connect_us = value_of(v[C_CONNECT]);
    row->tls_us = value_of(v[C_TLS]);
    int64_t resent = value_of(v[C_RESENT]);
    row->ttfb_us = minus(value_of(v[C_TOOK]), value_of(v[C_REST]));
    if (row->ttfb_us != READER_NO_VALUE && resent != READER_NO_VALUE)
        row->ttfb_us -= resent;
    row->bytes_sent = (uint64_t)sqlite3_value_int64(v[C_SENT]);
}

/* The SQL function that takes a row; true ends the scan. */
static void take_row(sqlite3_context *c, int n, sqlite3_value **v) {
    const struct reader *r = sqlite3_user_data(c);
    struct reader_scan *s = r->scan;
    (void)n;
    s->row.id = sqlite3_value_int64(v[C_ID]);
    s->damaged = !set_row(r, v, &s->row);
    if (!s->damaged) {
        if (!s->brief)
            set_rest(v, &s->row);
        if (!r->is_cut || reader_cut_takes(r, &s->row, value_of(v[C_AT])))
            s->stopped = s->fn(s->context, &s->row);
    }
    sqlite3_result_int(c, s->damaged || s->stopped != 0);
}

/* Not for what a file brings along: views and triggers may not call it. */
int reader_scan_init(struct reader *r) {
    return sqlite3_create_function(r->db, TAKE_ROW, -1, SQLITE_UTF8 | SQLITE_DIRECTONLY, r,
                                   take_row, NULL, NULL);
}

/* SQLite calls us for each row, in place of handing rows out one by one: that takes a third less
 * time. */
static int scan(struct reader *r, bool brief, reader_row_fn *fn, void *context, struct err *e) {
    sqlite3_stmt *st = NULL;
    bool old = r->version < READER_CONNECTIONS_VERSION;
    char sql[320];
    snprintf(sql, sizeof sql,
             "SELECT 1 FROM request WHERE " TAKE_ROW "(" BRIEF_COLUMNS "%s%s) ORDER BY id",
             old ? "NULL, NULL" : "resent_us, previous_idle_us", brief ? "" : OTHER_COLUMNS);
    if (reader_prepare(r, sql, &st, e) != 0)
        return -1;
    struct reader_scan s = {.brief = brief,
                            .fn = fn,
                            .context = context,
                            .row = {.dns_us = READER_NO_VALUE,
                                    .connect_us = READER_NO_VALUE,
                                    .tls_us = READER_NO_VALUE,
                                    .ttfb_us = READER_NO_VALUE}};
    struct reader_scan *outer = r->scan;
    r->scan = &s;
    int rc = sqlite3_step(st);
    r->scan = outer;
    if (reader_finish(r, st, rc, e) != 0)
        return -1;
    return s.damaged ? reader_damaged(r, "request", s.row.id, e) : s.stopped;
}

int reader_scan(struct reader *r, reader_row_fn *fn, void *context, struct err *e) {
    return scan(r, false, fn, context, e);
}

int reader_scan_brief(struct reader *r, reader_row_fn *fn, void *context, struct err *e) {
    return scan(r, true, fn, context, e);
}
