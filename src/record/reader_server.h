/*
 * reader_server: reads the server side of a run, which `import` added to the run file.
 *
 * It streams rows and keeps only the names of instances. It computes nothing: see
 * report/platform.h. Times are microseconds on the run's clock.
 *
 * Ownership: strings belong to the reader. Thread: as the reader.
 */
#ifndef RECORD_READER_SERVER_H
#define RECORD_READER_SERVER_H

#include "record/reader.h"

/* What the import found. READER_NO_VALUE marks a missing value. */
struct reader_server {
    bool any;          /* false: nothing was imported */
    uint64_t requests; /* rows of the request log */
    bool series;       /* there are points of time series */
    const char *service;
    int64_t offset_us;          /* server's clock minus the client's */
    int64_t lower_us, upper_us; /* the bounds of offset_us */
    int64_t pairs;              /* number of requests behind the bounds */
    const char *join_state; /* why requests could be joined or not; server.sql lists the words */
    int64_t joined, astray, repeated;
    int64_t idle_limit_us;
};

int reader_server(struct reader *r, struct reader_server *out, struct err *e);

struct reader_instance {
    int64_t id; /* as in reader_server_row.instance */
    const char *name, *revision, *reason, *start_kind, *end_kind;
    bool start_known; /* false: started_us is when it was first seen */
    int64_t started_us, ready_us, ended_us;
    int64_t term_us; /* when it was asked to terminate */
};

/* All instances, in order of id. The caller frees *out with free(). */
int reader_instances(struct reader *r, struct reader_instance **out, size_t *count, struct err *e);

/* The ids of the requests that the server log marks as cold, sorted. The caller frees *out with
 * free(). */
int reader_cold(struct reader *r, int64_t **out, size_t *count, struct err *e);

/* An entry of the request log, with the client's request if the two were joined. */
struct reader_server_row {
    int64_t at_us, latency_us;
    int status;       /* 0: none */
    int64_t instance; /* READER_NO_VALUE: it reached no instance */
    bool joined;
    /* Of the client; end_us and ttfb_us may have no value. */
    int64_t sent_us, end_us, ttfb_us;
    int client_status; /* 0: no response */
    enum outcome outcome;
};

enum reader_server_order {
    READER_BY_INSTANCE, /* then by time; entries without an instance come first */
    READER_AS_STORED
};

/* As reader_scan(). */
typedef int reader_server_fn(void *context, const struct reader_server_row *row);
int reader_server_scan(struct reader *r, enum reader_server_order order, reader_server_fn *fn,
                       void *context, struct err *e);

/* A point of a time series. `metric` and `label` are as in the view server_series. start_us has no
 * value if the point is a moment. `derived`: computed from the log, not measured. */
struct reader_point {
    const char *metric, *label, *kind;
    bool derived;
    int64_t at_us, start_us;
    double value;
};

/* Calls fn for each point of one metric, in order of label and time. */
typedef int reader_point_fn(void *context, const struct reader_point *p);
int reader_points(struct reader *r, const char *metric, reader_point_fn *fn, void *context,
                  struct err *e);

/* The same for a metric that is a distribution. The value is the mean of each interval over all
 * series, weighted by their counts. */
int reader_distributions(struct reader *r, const char *metric, reader_point_fn *fn, void *context,
                         struct err *e);

/* Mean of a distribution over all its points, weighted by their counts. *count is 0 if it has
 * none. */
int reader_distribution_mean(struct reader *r, const char *metric, double *mean, uint64_t *count,
                             struct err *e);

#endif
