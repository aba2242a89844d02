/*
 * store: the writing side of a run file: one SQLite connection with its prepared statements.
 *
 * It knows neither threads nor queues; record.h puts both around it. Internal to this folder.
 * Errors say why, not which file. Ownership: `struct store` is heap. Thread: one at a time.
 */
#ifndef RECORD_STORE_H
#define RECORD_STORE_H

#include <stdint.h>

#include "record/errors.h"
#include "record/record.h"
#include "record/sample.h"
#include "record/stream_record.h"
#include "util/err.h"

/* How long another process may keep the file locked before that is a failure. */
#define STORE_LOCK_OPEN_MS 5000
#define STORE_LOCK_RUN_MS 10000

struct store;
struct sqlite3;

/* Makes the file with its schema and the row of `run`. `errors` is borrowed for as long as the
 * store lives. */
int store_create(const char *path, const struct record_run *run, struct errors *errors,
                 struct store **out, struct err *e);
void store_free(struct store *s);

int store_manifest(struct store *s, const char *key, const char *value, struct err *e);

/* All rows go into a transaction; after any failure the only way on is store_rollback(). */
int store_begin(struct store *s, struct err *e);
int store_sample(struct store *s, const struct sample *x, struct err *e);
/* Right behind store_sample(): how its stream went. */
int store_stream(struct store *s, const struct sample *x, const struct stream_record *stream,
                 struct err *e);
int store_start(struct store *s, int64_t real_ns, struct err *e); /* when the clock was 0 */
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

/* Completes the row of `run`, then folds the write-ahead log into the file where no reader prevents
 * it. */
int store_finish(struct store *s, const struct record_end *end, struct err *e);

/* For tests, which set a shorter lock timeout. */
struct sqlite3 *store_db(struct store *s);

#endif
