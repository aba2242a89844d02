/*
 * reader_timeline: reads what a run file tells of its run besides requests: stages, iterations and
 * checks.
 *
 * Iterations and checks are views that only newer files have. Times are microseconds from the start
 * of the run. Ownership: strings are borrowed for the call. Thread: as the reader.
 */
#ifndef RECORD_READER_TIMELINE_H
#define RECORD_READER_TIMELINE_H

#include "record/reader.h"

/* When each stage began, and when the last one ended: *count + 1 numbers, the caller's to free();
 * *count is 0 for a run without stages. */
int reader_stages(struct reader *r, int64_t **out, size_t *count, struct err *e);

bool reader_has_iterations(struct reader *r);
bool reader_has_checks(struct reader *r);

/* When no new request was begun any more; READER_NO_VALUE: the file does not tell. */
int reader_load_end(struct reader *r, int64_t *us, struct err *e);

/* Whether some task has steps, so that an iteration is more than a request. */
bool reader_has_steps(struct reader *r);

/* Whether this machine itself could not send something: no port, descriptor, address or memory
 * left. */
bool reader_has_client_limits(struct reader *r);

/* When the first user ended for want of a row of a feeder, with the event's text, cut to `size`;
 * READER_NO_VALUE: none did. */
int reader_feeder_empty(struct reader *r, int64_t *us, char *out, size_t size, struct err *e);

/* When a signal stopped the load, and which; READER_NO_VALUE: none did. */
int reader_stopped(struct reader *r, int64_t *us, char *out, size_t size, struct err *e);

/* When the target's metrics could first not be read, why, and how often; READER_NO_VALUE: never. */
int reader_scrape_failed(struct reader *r, int64_t *us, char *out, size_t size, struct err *e);

typedef void reader_iteration_fn(void *context, const char *name, int64_t end_us,
                                 int64_t duration_us, bool ok);
int reader_iterations(struct reader *r, reader_iteration_fn *fn, void *context, struct err *e);

/* Only those of tasks with steps, which have rows of their own; `task` is a number in the
 * catalog. */
typedef void reader_steps_fn(void *context, uint32_t task, int64_t end_us, int64_t took_us);
int reader_steps(struct reader *r, reader_steps_fn *fn, void *context, struct err *e);

/* `check` is a number in the catalog. */
typedef void reader_check_fn(void *context, int64_t second, uint32_t check, uint64_t passes,
                             uint64_t fails);
int reader_checks(struct reader *r, reader_check_fn *fn, void *context, struct err *e);

/* Of the whole run, by request and name. Captures are among them where an answer was too large for
 * them. */
typedef void reader_check_total_fn(void *context, const char *request, const char *name,
                                   uint64_t passes, uint64_t fails, uint64_t not_judged);
int reader_check_totals(struct reader *r, reader_check_total_fn *fn, void *context, struct err *e);

#endif
