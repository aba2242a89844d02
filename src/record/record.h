/*
 * record: writes a run into its SQLite file while it happens.
 *
 * record_open() makes the file and its schema; record_start() starts the writer thread, which
 * drains one queue per worker and commits several times a second, so that another process can read
 * along and a kill loses at most the last second. Workers never wait for it: see queue.h. When the
 * disk is full, the file is locked for too long or anything else keeps rows from being written, the
 * writer stops, keeps what is committed, and record_failed() turns true.
 *
 * It computes no statistics. Ownership: `struct record` is heap; strings given are copied. Thread:
 * as said per function.
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

struct record;

/* What is known before the first request. */
struct record_run {
    const char *name;
    int64_t started_real_ns;
    uint32_t users_max;
    const char *scenario; /* its text, secrets unresolved */
    const char *target;   /* secrets unresolved */
    uint64_t seed;
    const char *version;           /* coldswarm's */
    const struct catalog *catalog; /* at most SAMPLE_ENDPOINT_MAX endpoints; NULL: nothing */
    size_t worker_count;
    size_t queue_max_samples; /* per worker; 0 for the default */
};

typedef void record_batch_fn(void *context, const struct request *requests, size_t n);
/* The whole way through a task with steps. */
typedef void record_iteration_fn(void *context, uint32_t task, int64_t end_us, int64_t duration_us);
typedef void record_check_fn(void *context, uint32_t second, uint32_t check, uint32_t passes,
                             uint32_t fails);

/* A request with its stream, for stream_row_of(); borrowed for the call. The request is also in a
 * batch. */
typedef void record_stream_fn(void *context, const struct request *x,
                              const struct stream_record *stream);

/* Who watches what is recorded: called on the writer thread, with each batch after it was taken
 * from a queue, and with what record_check() was told. Must be quick. NULL: does not want to
 * know. */
struct record_watch {
    record_batch_fn *requests;
    record_iteration_fn *iterations;
    record_check_fn *checks;
    record_stream_fn *streams;
    void *context;
};

/* Makes the file; it must not exist yet (an error says so). Missing folders on the way are made. */
int record_open(const char *path, const struct record_run *run, struct record **out, struct err *e);

/* Removes a run file that is closed, with what SQLite keeps next to it. */
void record_remove(const char *path);

/* Any time before record_start() or after record_stop(). */
int record_manifest(struct record *r, const char *key, const char *value, struct err *e);
/* Before record_start(). */
void record_watch(struct record *r, const struct record_watch *w);

int record_start(struct record *r, struct err *e);

/* The queue of worker i: for that worker's thread. */
struct queue *record_queue(struct record *r, size_t worker);

/* The number of an error text, for struct sample.error; any thread, takes a lock: errors are rare
 * or repeat, so workers cache. Texts are cut at 512 bytes. When 65534 distinct texts are known,
 * all others share the number of "(other errors)". "" is 0. */
uint16_t record_error_id(struct record *r, const char *text);

/* The text of such a number, cut and made UTF-8 as the file has it; any thread, takes a lock. It
 * lives until record_close(). */
const char *record_error_text(struct record *r, uint16_t number);

/* Adds a row to `event`, at a time from the start of the run; any thread, does not wait for the
 * disk. */
void record_event(struct record *r, int64_t at_ns, const char *kind, const char *text);

/* Says when the run's clock was 0, which is known only when its threads start; any thread, does not
 * wait for the disk. */
void record_started(struct record *r, int64_t real_ns);

/* When that was, in nanoseconds since 1970; before it was said, the time given to record_open().
 * Any thread. */
int64_t record_started_ns(const struct record *r);

/* Says how many users were active in a second of the run (see view `seconds`); any thread, does not
 * wait for the disk. */
void record_users(struct record *r, uint32_t second, uint32_t users);

/* What the client saw of itself in a second: see view `client` for what each means. */
struct record_client {
    uint32_t second;
    double cpu_max, cpu_sum, cpu_writer;       /* 1: a whole core */
    int64_t loop_lag_mean_us, loop_lag_max_us; /* RECORD_UNKNOWN, like the last three */
    uint64_t queued_max, lost;
    int64_t open_files, ports, retransmits;
};

/* How late the requests that ended in a second had been sent. */
struct record_dispatch {
    uint32_t second;
    uint64_t sent, late;
    int64_t p50_us, p99_us, max_us;
};

#define RECORD_UNKNOWN INT64_MIN

/* Add or replace a second; any thread, do not wait for the disk. What comes after record_stop() is
 * written by record_close(). */
void record_client(struct record *r, const struct record_client *c);
void record_dispatch(struct record *r, const struct record_dispatch *d);

/* Adds to what a check (its index in `checks`) found in a second; any thread, does not wait for the
 * disk. */
void record_check(struct record *r, uint32_t second, uint32_t check, uint32_t passes,
                  uint32_t fails, uint32_t not_judged);

/* A series of numbers that the target gives out, and the number that its points have; from 0, each
 * once. */
struct record_series {
    uint32_t id;
    const char *metric, *label; /* valid UTF-8, without secrets */
    bool cumulative;            /* else a gauge */
};
struct record_point {
    uint32_t series;
    double value; /* finite */
};

/* Any thread, do not wait for the disk; all is copied. A series comes before its points. */
void record_series(struct record *r, const struct record_series *s);
void record_points(struct record *r, int64_t at_ns, const struct record_point *points, size_t n);

/* An answer that a check refused. The texts have no secrets any more. */
struct record_body {
    int64_t at_ns;
    uint32_t endpoint, user;
    int status;
    uint64_t bytes; /* of the whole body */
    const char *error;
    const char *seen; /* the value that a check has found; "": there is none beside the body */
    const char *body; /* of it, what is kept; body_bytes of them, may hold anything */
    size_t body_bytes;
};

/* Any thread, does not wait for the disk; all is copied. */
void record_body(struct record *r, const struct record_body *b);

/* How the recording itself does; on the thread that called record_start(), before record_stop(). */
struct record_load {
    uint64_t queued; /* samples that wait in the queues */
    uint64_t lost;   /* refused by a full queue so far */
    int64_t cpu_ns;  /* that the writer has used */
};
void record_load(const struct record *r, struct record_load *out);

/* True once rows can no longer be written; any thread. The reason comes from record_close(). */
bool record_failed(struct record *r);

struct record_end {
    int64_t duration_ns;
    const char *verdict; /* VALID SUSPECT INVALID */
    const char *verdict_reason;
    int exit_code;
};

/* Stops the writer after it has written all that is queued; workers must have stopped. Then totals
 * are final. */
int record_stop(struct record *r, struct err *e);

struct record_totals {
    uint64_t rows;       /* committed */
    uint64_t lost;       /* refused by a full queue, or left behind by a failed writer */
    uint64_t answered;   /* of the rows: a response came, whatever its status */
    uint64_t failures;   /* of the rows: outcome_is_failure() */
    uint64_t unsendable; /* of the failures */
};
void record_totals(const struct record *r, struct record_totals *out);

/* Completes the row of `run` and closes (checkpoints) the file; frees r in any case. record_stop()
 * must have been called. Returns -1 with the reason where the file could not be completed or the
 * writer had failed. With end NULL the file stays that of an interrupted run. */
int record_close(struct record *r, const struct record_end *end, struct err *e);

#endif
