/*
 * reader_server: reads what `import` added to a run file: the server's side.
 *
 * Rows are streamed; only names of instances are kept. Times are microseconds on the run's clock.
 * It computes nothing: see report/platform.h.
 *
 * Ownership: strings belong to the reader. Thread: as the reader.
 */
#ifndef RECORD_READER_SERVER_H
#define RECORD_READER_SERVER_H

#include "record/reader.h"

/* What is known of the import; READER_NO_VALUE where something is not. */
struct reader_server {
    bool any;          /* false: nothing was imported */
    uint64_t requests; /* rows of the request log */
    bool series;       /* there are points of series */
    const char *service;
    int64_t offset_us;          /* server's clock minus the client's */
    int64_t lower_us, upper_us; /* its bounds */
    int64_t pairs;              /* requests that the bounds rest on */
    const char *join_state;     /* why requests joined or not: server.sql has the words */
    int64_t joined, astray, repeated;
    int64_t idle_limit_us;
};

int reader_server(struct reader *r, struct reader_server *out, struct err *e);

struct reader_instance {
    int64_t id; /* as in reader_server_row.instance */
    const char *name, *revision, *reason, *start_kind, *end_kind;
    bool start_known; /* else started_us is when it was seen first */
    int64_t started_us, ready_us, ended_us;
    int64_t term_us; /* when it was told to end */
};

/* All instances, by id; *out is the caller's to free(). */
int reader_instances(struct reader *r, struct reader_instance **out, size_t *count, struct err *e);

/* The ids of the requests that the log labels cold, in order; *out is the caller's to free(). */
int reader_cold(struct reader *r, int64_t **out, size_t *count, struct err *e);

/* An entry of the request log, with its request of the client where they joined. */
struct reader_server_row {
    int64_t at_us, latency_us;
    int status;       /* 0: none */
    int64_t instance; /* READER_NO_VALUE: it reached none */
    bool joined;
    int64_t sent_us, end_us, ttfb_us; /* the client's; end and ttfb may have no value */
    int client_status;                /* 0: no response */
    enum outcome outcome;
};

enum reader_server_order {
    READER_BY_INSTANCE, /* then by time; those without an instance first */
    READER_AS_STORED
};

/* As reader_scan(). */
typedef int reader_server_fn(void *context, const struct reader_server_row *row);
int reader_server_scan(struct reader *r, enum reader_server_order order, reader_server_fn *fn,
                       void *context, struct err *e);

/* A point of a series: `metric` and `label` as in the view server_series; start_us has no value for
 * a moment. `derived`: worked out from the log, not measured. */
struct reader_point {
    const char *metric, *label, *kind;
    bool derived;
    int64_t at_us, start_us;
    double value;
};

/* Calls fn for each point of one metric, by label and time. */
typedef int reader_point_fn(void *context, const struct reader_point *p);
int reader_points(struct reader *r, const char *metric, reader_point_fn *fn, void *context,
                  struct err *e);

/* The same for a metric of distributions: the mean of each interval over all its series, weighted
 * by their counts. */
int reader_distributions(struct reader *r, const char *metric, reader_point_fn *fn, void *context,
                         struct err *e);

/* Mean of a distribution over all its points, weighted by their counts; *count 0 if there is
 * none. */
int reader_distribution_mean(struct reader *r, const char *metric, double *mean, uint64_t *count,
                             struct err *e);

#endif
