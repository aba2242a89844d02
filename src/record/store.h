/*
 * store: the write side of a run file: one SQLite connection and its prepared statements.
 *
 * It knows neither threads nor queues: record.h adds both. Internal to this folder. Errors say why,
 * but not which file. Ownership: `struct store` is on the heap. Thread: one at a time.
 */
#ifndef RECORD_STORE_H
#define RECORD_STORE_H

#include <stdint.h>

#include "record/errors.h"
#include "record/record.h"
#include "record/sample.h"
#include "record/stream_record.h"
#include "util/err.h"

/* How long another process may lock the file before a call fails. */
#define STORE_LOCK_OPEN_MS 5000
#define STORE_LOCK_RUN_MS 10000

struct store;
struct sqlite3;

/* Creates the file with its schema and the row of `run`. `errors` is borrowed for the lifetime of
 * the store. */
int store_create(const char *path, const struct record_run *run, struct errors *errors,
                 struct store **out, struct err *e);
void store_free(struct store *s);

int store_manifest(struct store *s, const char *key, const char *value, struct err *e);

/* Every row is written in a transaction. After a failure, only store_rollback() may follow. */
int store_begin(struct store *s, struct err *e);
int store_sample(struct store *s, const struct sample *x, struct err *e);
/* Writes how the stream of x went. Call it right after store_sample(). */
int store_stream(struct store *s, const struct sample *x, const struct stream_record *stream,
                 struct err *e);
/* Sets when the run's clock was 0. */
int store_start(struct store *s, int64_t real_ns, struct err *e);
int store_event(struct store *s, int64_t at_ns, const char *kind, const char *text, struct err *e);
int store_users(struct store *s, uint32_t second, uint32_t users, struct err *e);
int store_client(struct store *s, const struct record_client *c, struct err *e);
int store_dispatch(struct store *s, const struct record_dispatch *d, struct err *e);
int store_iteration(struct store *s, const struct sample *x, struct err *e);
int store_check(struct store *s, uint32_t second, uint32_t id, uint32_t passes, uint32_t fails,
                uint32_t not_judged, struct err *e);
int store_body(struct store *s, const struct record_body *b, struct err *e);
int store_series(struct store *s, const struct record_series *x, struct err *e);
int store_points(struct store *s, int64_t at_ns, const struct record_point *points, size_t n,
                 struct err *e);
int store_commit(struct store *s, struct err *e);
void store_rollback(struct store *s);

/* Completes the row of `run`, then checkpoints the write-ahead log unless a reader prevents it. */
int store_finish(struct store *s, const struct record_end *end, struct err *e);

/* For tests, which set a shorter lock timeout. */
struct sqlite3 *store_db(struct store *s);

#endif
