/*
 * server: writes the server's side into a finished run file, and joins it with the client's.
 *
 * All that is done between server_open() and server_commit() is one transaction: the file gets all
 * of it or stays as it was. A file of an older version gets the tables first. What is added twice
 * is there once. It does not read logs and does not interpret events: see import/import.h.
 *
 * Times are microseconds since 1970 by the server's clock; SERVER_NONE stands for a number that
 * there is none of, NULL for such a text. Texts must be UTF-8. The tables are in server.sql.
 *
 * Ownership: `struct server_file` is heap; texts given are copied, texts of call-backs are valid
 * during the call. Thread: one.
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
    int64_t start_us; /* by the client's clock, since 1970 */
    int64_t duration_us;
    char trace_run[17]; /* 16 hex digits, the beginning of the run's traces; "": it sent none */
    bool lost;          /* requests are missing in it: their numbers do not tell which is which */
    char service[256];  /* of an earlier import; "": none, or no name */
    bool imported;      /* there was one */
};

/* Opens it for an import. Errors: no run file, one that is still growing or in use, one that cannot
 * be written. */
int server_open(const char *path, struct server_file **out, struct err *e);

/* Without server_commit() before, nothing has changed. NULL is fine. */
void server_close(struct server_file *f);
int server_commit(struct server_file *f, struct err *e);

/* The read-only facts; valid until server_close(). */
const struct server_run *server_run(const struct server_file *f);

/* Back to what was there after server_open(). */
int server_restart(struct server_file *f, struct err *e);

/* Takes out all that imports have added. */
int server_clear(struct server_file *f, struct err *e);

struct server_request {
    uint64_t key;
    int64_t at_us, latency_us, status, request_bytes, response_bytes;
    const char *method, *path, *instance, *revision, *text;
    size_t path_len;
    const uint8_t *trace; /* 16 bytes, or NULL */
};

struct server_event {
    uint64_t key;
    int64_t at_us;
    const char *instance, *revision, *kind, *severity, *reason, *text;
};

struct server_metric {
    const char *metric, *labels, *label, *kind, *fold, *unit;
};

/* A number, or a distribution where buckets is not NULL; then value is its mean. */
struct server_point {
    int64_t metric; /* from server_add_metric() */
    int64_t start_us, end_us;
    double value;
    int64_t count;
    const char *buckets;
};

/* *is_new (may be NULL): it was not there before. */
int server_add_request(struct server_file *f, const struct server_request *r, bool *is_new,
                       struct err *e);
int server_add_event(struct server_file *f, const struct server_event *x, bool *is_new,
                     struct err *e);
int server_add_metric(struct server_file *f, const struct server_metric *m, int64_t *id,
                      struct err *e);
/* One of the same moment is replaced. */
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
    int64_t offset_us, lower_us, upper_us; /* the last two SERVER_NONE where nothing joined */
    uint64_t pairs;
};

/* Finds each server request's client row by its trace, and the offset of the clocks from the pairs:
 * a request arrives after it was sent, and its answer ends before the client has all of it. Both
 * hold for every pair, so the offset lies in an interval; its middle is taken, which is wrong by
 * half of it at most. Where the bounds cross, because ends of answers were noted late or a clock
 * was set, the upper one is taken. Writes server_side. */
int server_join(struct server_file *f, const char *service, int64_t idle_limit_us,
                struct server_join *out, struct err *e);

/* What the derived series are worked out from. */
struct server_fact {
    int64_t instance; /* a number for its name */
    int64_t revision; /* the same; SERVER_NONE */
    int64_t at_us;
    int64_t latency_us; /* of a request; SERVER_NONE: not said */
    const char *event;  /* NULL: a request */
    const char *reason;
};

typedef int server_fact_fn(void *context, const struct server_fact *x);

/* Every request and event of every instance, instance by instance, in order of time; what fn
 * returned where it was not 0. */
int server_facts(struct server_file *f, server_fact_fn *fn, void *context, struct err *e);

/* A request that reached an instance. */
struct server_served {
    int64_t at_us, latency_us, status;
    int64_t ready_us; /* of its instance; SERVER_NONE */
};

typedef int server_served_fn(void *context, const struct server_served *x);

/* In the order of their ends. Those that do not say how long they took are left out. */
int server_served(struct server_file *f, server_served_fn *fn, void *context, struct err *e);

/* One distribution; those that are to be put together follow each other. */
struct server_distribution {
    const char *metric, *label, *kind;
    int64_t start_us, end_us, count;
    double mean;
    const char *buckets;
};

typedef int server_distribution_fn(void *context, const struct server_distribution *x);
int server_distributions(struct server_file *f, server_distribution_fn *fn, void *context,
                         struct err *e);

/* The first and the last moment of the log; SERVER_NONE if there is none. */
int server_span(struct server_file *f, int64_t *first_us, int64_t *last_us, struct err *e);

/* How many requests, events and points of metrics it holds. */
int server_totals(struct server_file *f, uint64_t *requests, uint64_t *events, uint64_t *points,
                  struct err *e);

/* Whether a metrics file has brought this metric. */
int server_has_metric(struct server_file *f, const char *metric, bool *out, struct err *e);

/* The first moment at or after at_us at which the metrics count no instance; SERVER_NONE. */
int server_no_instance(struct server_file *f, int64_t at_us, int64_t *out, struct err *e);

/* Takes out what was derived before. */
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

/* How far apart the derived points are. */
int server_set_step(struct server_file *f, int64_t step_us, struct err *e);

#endif
