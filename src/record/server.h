/*
 * server: writes the server side into a finished run file and joins it with the client side.
 *
 * Everything between server_open() and server_commit() is one transaction: the file gets all of it
 * or stays as it was. A file of an older version first gets the tables. Adding the same thing twice
 * adds it once. It does not read logs and does not interpret events: see import/import.h.
 *
 * Times are microseconds since 1970 on the server's clock. SERVER_NONE marks a missing number, NULL
 * a missing text. Texts must be UTF-8. The tables are in server.sql.
 *
 * Ownership: `struct server_file` is on the heap. Texts passed in are copied; texts passed to
 * callbacks are valid during the call. Thread: one.
 */
#ifndef RECORD_SERVER_H
#define RECORD_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/err.h"

#define SERVER_NONE INT64_MIN

struct server_file;

struct server_run {
    int64_t start_us; /* on the client's clock, since 1970 */
    int64_t duration_us;
    /* 16 hex digits: the prefix of the run's trace ids; "": it sent none */
    char trace_run[17];
    /* Requests are missing in the file, so their numbers do not identify them. */
    bool lost;
    char service[256]; /* of an earlier import; "": no import, or no name */
    bool imported;     /* there was an earlier import */
};

/* Opens the file for an import. Errors: it is not a run file, it is still growing or in use, or it
 * cannot be written. */
int server_open(const char *path, struct server_file **out, struct err *e);

/* Discards all changes unless server_commit() was called. NULL is allowed. */
void server_close(struct server_file *f);
int server_commit(struct server_file *f, struct err *e);

/* Facts about the run; read-only. Valid until server_close(). */
const struct server_run *server_run(const struct server_file *f);

/* Undoes all changes since server_open(). */
int server_restart(struct server_file *f, struct err *e);

/* Removes everything that imports have added. */
int server_clear(struct server_file *f, struct err *e);

struct server_request {
    uint64_t key;
    int64_t at_us, latency_us, status, request_bytes, response_bytes;
    const char *method, *path, *instance, *revision, *text;
    size_t path_len;
    const uint8_t *trace; /* 16 bytes; may be NULL */
};

struct server_event {
    uint64_t key;
    int64_t at_us;
    const char *instance, *revision, *kind, *severity, *reason, *text;
};

struct server_metric {
    const char *metric, *labels, *label, *kind, *fold, *unit;
};

/* A number, or a distribution if `buckets` is not NULL; then `value` is its mean. */
struct server_point {
    int64_t metric; /* from server_add_metric() */
    int64_t start_us, end_us;
    double value;
    int64_t count;
    const char *buckets;
};

/* is_new may be NULL. *is_new: it did not exist before. */
int server_add_request(struct server_file *f, const struct server_request *r, bool *is_new,
                       struct err *e);
int server_add_event(struct server_file *f, const struct server_event *x, bool *is_new,
                     struct err *e);
int server_add_metric(struct server_file *f, const struct server_metric *m, int64_t *id,
                      struct err *e);
/* A point of the same time is replaced. */
int server_add_point(struct server_file *f, const struct server_point *p, bool *is_new,
                     struct err *e);

struct server_source {
    const char *kind, *file, *complaint;
    uint64_t entries, used, output, elsewhere, outside, unknown, bad;
    bool cut_short;
};
int server_add_source(struct server_file *f, const struct server_source *s, struct err *e);

struct server_join {
    const char *state; /* see server_side.join_state in server.sql */
    uint64_t joined, astray, repeated, foreign;
    /* The last two are SERVER_NONE if nothing was joined; lower_us also if no joined response is
     * complete. */
    int64_t offset_us, lower_us, upper_us;
    uint64_t pairs;
};

/* A body of at least this long, at the client, tells whether the log's latency has it. */
#define SERVER_LONG_BODY_US INT64_C(100000)

/* True if the log's latency seems to end with the head of a response: in at least half of those
 * with a long body it is no longer than the client's time to the first byte. */
bool server_log_to_head(uint64_t to_head, uint64_t long_bodies);

/* Finds the client's row of each server request by its trace, and estimates the clock offset from
 * these pairs. A request arrives after it was sent, and its response ends before the client has all
 * of it (or its head comes before the client's first byte, if the log's latency ends there). Both
 * hold for every pair, so the offset lies in an interval. The estimate is its middle,
 * which is wrong by at most half of the interval. If the bounds cross, because ends of responses
 * were logged late or a clock was set, the estimate is the upper bound. Writes server_side. */
int server_join(struct server_file *f, const char *service, int64_t idle_limit_us,
                struct server_join *out, struct err *e);

/* The input for derived time series. */
struct server_fact {
    int64_t instance; /* id of its name */
    int64_t revision; /* id of its name; SERVER_NONE: none */
    int64_t at_us;
    int64_t latency_us; /* of a request; SERVER_NONE: not known */
    const char *event;  /* NULL: a request */
    const char *reason;
};

typedef int server_fact_fn(void *context, const struct server_fact *x);

/* Calls fn for every request and event of every instance, by instance and then by time. Stops if fn
 * returns non-zero, and returns that value. */
int server_facts(struct server_file *f, server_fact_fn *fn, void *context, struct err *e);

/* A request that reached an instance. */
struct server_served {
    int64_t at_us, latency_us, status;
    int64_t ready_us; /* of its instance; SERVER_NONE: not known */
};

typedef int server_served_fn(void *context, const struct server_served *x);

/* In the order in which they ended. Requests of unknown duration are left out. */
int server_served(struct server_file *f, server_served_fn *fn, void *context, struct err *e);

/* One distribution. Those that have to be merged follow each other. */
struct server_distribution {
    const char *metric, *label, *kind;
    int64_t start_us, end_us, count;
    double mean;
    const char *buckets;
};

typedef int server_distribution_fn(void *context, const struct server_distribution *x);
int server_distributions(struct server_file *f, server_distribution_fn *fn, void *context,
                         struct err *e);

/* First and last time in the log. SERVER_NONE if it is empty. */
int server_span(struct server_file *f, int64_t *first_us, int64_t *last_us, struct err *e);

/* How many requests, events and metric points the file has. */
int server_totals(struct server_file *f, uint64_t *requests, uint64_t *events, uint64_t *points,
                  struct err *e);

/* Whether a metrics file contained this metric. */
int server_has_metric(struct server_file *f, const char *metric, bool *out, struct err *e);

/* The first time at or after at_us when the metrics count no instances. SERVER_NONE if there is
 * none. */
int server_no_instance(struct server_file *f, int64_t at_us, int64_t *out, struct err *e);

/* Removes what was derived before. */
int server_clear_derived(struct server_file *f, struct err *e);

struct server_instance {
    int64_t instance, revision;
    int64_t started_us, ready_us, ended_us;
    const char *start_kind, *reason, *end_kind;
    int64_t requests;
};
int server_add_instance(struct server_file *f, const struct server_instance *x, struct err *e);

struct server_derived {
    const char *metric, *label, *kind, *source;
    int64_t start_us, end_us;
    double value;
};
int server_add_derived(struct server_file *f, const struct server_derived *d, struct err *e);

/* Sets the interval between derived points. */
int server_set_step(struct server_file *f, int64_t step_us, struct err *e);

#endif
