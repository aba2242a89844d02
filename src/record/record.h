/*
 * record: writes a run into its SQLite file while the run is in progress.
 *
 * record_open() creates the file and its schema. record_start() starts the writer thread, which
 * drains one queue per worker and commits several times per second. So another process can read
 * along, and a kill loses at most the last second. Workers never wait for the writer: see queue.h.
 * If rows cannot be written, because the disk is full, the file is locked for too long or for
 * another reason, the writer stops, keeps what is committed, and record_failed() returns true.
 *
 * It computes no statistics. Ownership: `struct record` is on the heap; strings are copied. Thread:
 * see each function.
 */
#ifndef RECORD_RECORD_H
#define RECORD_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "record/queue.h"
#include "record/sample.h"
#include "util/catalog.h"
#include "util/err.h"

/* In the reason of the verdict where rows were lost. Who reads a file knows it by these words. */
#define RECORD_LOST_WORDS "missing in the file"

/* In the event of a part whose agent got a signal; its kind is "control". `merge` knows it by these
 * words. */
#define RECORD_AGENT_SIGNAL_WORDS "the agent got signal"

struct record;

/* What is known before the first request. */
struct record_run {
    const char *name;
    int64_t started_real_ns;
    uint32_t users_max;
    const char *scenario; /* its text, with secrets unresolved */
    const char *target;   /* with secrets unresolved */
    uint64_t seed;
    const char *version;           /* of coldswarm */
    const struct catalog *catalog; /* at most SAMPLE_ENDPOINT_MAX endpoints; NULL: none */
    size_t worker_count;
    size_t queue_max_samples; /* per worker; 0: the default */
};

typedef void record_batch_fn(void *context, const struct request *requests, size_t n);
/* One iteration of a task with steps. */
typedef void record_iteration_fn(void *context, uint32_t task, int64_t end_us, int64_t duration_us);
typedef void record_check_fn(void *context, uint32_t second, uint32_t check, uint32_t passes,
                             uint32_t fails);

/* A request and its stream, for stream_row_of(). Borrowed for the call. The request is also in a
 * batch. */
typedef void record_stream_fn(void *context, const struct request *x,
                              const struct stream_record *stream);

/* A row of `event`. */
typedef void record_event_fn(void *context, int64_t at_ns, const char *kind, const char *text);

/* Callbacks that watch what is recorded. They run on the writer thread: with each batch after it
 * was taken from a queue, and with each call of record_check(). They must be quick. A callback may
 * be NULL. */
struct record_watch {
    record_batch_fn *requests;
    record_event_fn *events;
    record_iteration_fn *iterations;
    record_check_fn *checks;
    record_stream_fn *streams;
    void *context;
};

/* Creates the file, and missing folders of its path. It is an error if the file already exists. */
int record_open(const char *path, const struct record_run *run, struct record **out, struct err *e);

/* Removes a closed run file and the files that SQLite keeps next to it. */
void record_remove(const char *path);

/* Call it before record_start() or after record_stop(). */
int record_manifest(struct record *r, const char *key, const char *value, struct err *e);
/* Call it before record_start(). */
void record_watch(struct record *r, const struct record_watch *w);

int record_start(struct record *r, struct err *e);

/* The queue of one worker, for that worker's thread. */
struct queue *record_queue(struct record *r, size_t worker);

/* Returns the number of an error text, for struct sample.error. Any thread. It takes a lock, so
 * workers cache the result: errors are rare or repeat. Texts are cut at 512 bytes. After 65534
 * distinct texts, all others share the number of "(other errors)". "" is 0. */
uint16_t record_error_id(struct record *r, const char *text);

/* The text of such a number, cut and converted to UTF-8 as in the file. It lives until
 * record_close(). Any thread, takes a lock. */
const char *record_error_text(struct record *r, uint16_t number);

/* Adds a row to `event`. at_ns counts from the start of the run. Any thread; does not wait for the
 * disk. */
void record_event(struct record *r, int64_t at_ns, const char *kind, const char *text);

/* Sets when the run's clock was 0. This is known only when the threads of the run start. Any
 * thread; does not wait for the disk. */
void record_started(struct record *r, int64_t real_ns);

/* When the run's clock was 0, in nanoseconds since 1970. Before record_started(), it is the time
 * given to record_open(). Any thread. */
int64_t record_started_ns(const struct record *r);

/* Sets how many users were active in a second of the run (see the view `seconds`). Any thread; does
 * not wait for the disk. */
void record_users(struct record *r, uint32_t second, uint32_t users);

/* What the client measured about itself in one second. The view `client` explains each value. */
struct record_client {
    uint32_t second;
    double cpu_max, cpu_sum, cpu_writer; /* 1: a whole core */
    /* These two and the last three members may be RECORD_UNKNOWN. */
    int64_t loop_lag_mean_us, loop_lag_max_us;
    uint64_t queued_max, lost;
    int64_t open_files, ports, retransmits;
};

/* How late the requests were sent that ended in one second. */
struct record_dispatch {
    uint32_t second;
    uint64_t sent, late;
    int64_t p50_us, p99_us, max_us;
};

#define RECORD_UNKNOWN INT64_MIN

/* Add or replace a second. Any thread; they do not wait for the disk. record_close() writes what
 * comes after record_stop(). */
void record_client(struct record *r, const struct record_client *c);
void record_dispatch(struct record *r, const struct record_dispatch *d);

/* Adds to the results of a check in one second. `check` is its index in `checks`. Any thread; does
 * not wait for the disk. */
void record_check(struct record *r, uint32_t second, uint32_t check, uint32_t passes,
                  uint32_t fails, uint32_t not_judged);

/* A time series that the target exports, and the id that its points use. Ids start at 0; each is
 * added once. */
struct record_series {
    uint32_t id;
    const char *metric, *label; /* valid UTF-8, without secrets */
    bool cumulative;            /* false: a gauge */
};
struct record_point {
    uint32_t series;
    double value; /* finite */
};

/* Add a series, and points. A series comes before its points. Everything is copied. Any thread;
 * they do not wait for the disk. */
void record_series(struct record *r, const struct record_series *s);
void record_points(struct record *r, int64_t at_ns, const struct record_point *points, size_t n);

/* A response that failed a check. Secrets have been removed from the texts. */
struct record_body {
    int64_t at_ns;
    uint32_t endpoint, user;
    int status;
    uint64_t bytes; /* of the whole body */
    const char *error;
    /* The value that the check found; "": it found none besides the body. */
    const char *seen;
    /* The part of the body that is kept: body_bytes bytes, which may be anything. */
    const char *body;
    size_t body_bytes;
};

/* Everything is copied. Any thread; does not wait for the disk. */
void record_body(struct record *r, const struct record_body *b);

/* How the recording itself is doing. Call it on the thread that called record_start(), before
 * record_stop(). */
struct record_load {
    uint64_t queued; /* samples waiting in the queues */
    uint64_t lost;   /* so far, because a queue was full */
    int64_t cpu_ns;  /* CPU time of the writer */
};
void record_load(const struct record *r, struct record_load *out);

/* True once rows can no longer be written. record_close() returns the reason. Any thread. */
bool record_failed(struct record *r);

struct record_end {
    int64_t duration_ns;
    const char *verdict; /* VALID, SUSPECT or INVALID */
    const char *verdict_reason;
    int exit_code;
    /* If the load was changed to have more users than record_run says; else 0. */
    uint32_t users_max;
};

/* Writes everything that is queued and stops the writer. The workers must have stopped. Afterwards
 * the totals are final. */
int record_stop(struct record *r, struct err *e);

struct record_totals {
    uint64_t rows;       /* committed */
    uint64_t lost;       /* refused by a full queue, or not written because the writer failed */
    uint64_t answered;   /* of the rows: there was a response, with any status */
    uint64_t failures;   /* of the rows: outcome_is_failure() */
    uint64_t unsendable; /* of the failures */
    uint64_t cancelled;  /* of the rows: abandoned because the run ended */
    uint64_t dropped;    /* of the rows: OUTCOME_NOT_SENT */
};
void record_totals(const struct record *r, struct record_totals *out);

/* Completes the row of `run`, checkpoints and closes the file, and always frees r. record_stop()
 * must have been called. Returns -1 with the reason if the file could not be completed or the
 * writer had failed. If `end` is NULL, the file remains that of an interrupted run. */
int record_close(struct record *r, const struct record_end *end, struct err *e);

#endif
