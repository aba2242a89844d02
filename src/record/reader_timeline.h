/*
 * reader_timeline: reads what a run file stores about a run besides its requests: stages,
 * iterations and checks.
 *
 * Only newer files have the views of iterations and checks. Times are microseconds from the start
 * of the run. Ownership: strings are borrowed for the call. Thread: as the reader.
 */
#ifndef RECORD_READER_TIMELINE_H
#define RECORD_READER_TIMELINE_H

#include "record/reader.h"

/* When each stage began, and then when the last one ended: *count + 1 numbers. The caller frees
 * *out with free(). *count is 0 if the run has no stages. */
int reader_stages(struct reader *r, int64_t **out, size_t *count, struct err *e);

bool reader_has_iterations(const struct reader *r);
bool reader_has_checks(const struct reader *r);
/* Whether the view failed_bodies has a row. */
bool reader_has_failed_bodies(const struct reader *r);

/* When the load ended, so that no new request was started. READER_NO_VALUE: the file does not
 * say. */
int reader_load_end(struct reader *r, int64_t *us, struct err *e);

/* Whether at least one task has steps. Then an iteration can be more than one request. */
bool reader_has_steps(const struct reader *r);

/* Whether this machine could not send a request, because it ran out of ports, descriptors,
 * addresses or memory. */
bool reader_has_client_limits(const struct reader *r);

/* When a request first waited because the server limits streams, as below. */
int reader_stream_limit(struct reader *r, int64_t *us, char *out, size_t size, struct err *e);

/* When a user first stopped because a feeder had no rows left, and the text of that event, cut to
 * `size` bytes. READER_NO_VALUE: no user did. */
int reader_feeder_empty(struct reader *r, int64_t *us, char *out, size_t size, struct err *e);

/* When a signal or somebody at the page stopped the load, and which signal. READER_NO_VALUE: none
 * did. */
int reader_stopped(struct reader *r, int64_t *us, char *out, size_t size, struct err *e);

/* When reading the target's metrics first failed, why, and how often it failed. READER_NO_VALUE:
 * never. */
int reader_scrape_failed(struct reader *r, int64_t *us, char *out, size_t size, struct err *e);

typedef void reader_iteration_fn(void *context, const char *name, int64_t end_us,
                                 int64_t duration_us, bool ok);
int reader_iterations(struct reader *r, reader_iteration_fn *fn, void *context, struct err *e);

/* Only iterations of tasks with steps, which have rows of their own. `task` is a number in the
 * catalog. */
typedef void reader_steps_fn(void *context, uint32_t task, int64_t end_us, int64_t took_us);
int reader_steps(struct reader *r, reader_steps_fn *fn, void *context, struct err *e);

/* `check` is a number in the catalog. */
typedef void reader_check_fn(void *context, int64_t second, uint32_t check, uint64_t passes,
                             uint64_t fails);
int reader_checks(struct reader *r, reader_check_fn *fn, void *context, struct err *e);

/* Totals over the whole run, by request and name. They include a capture if a response was too
 * large for it. */
typedef void reader_check_total_fn(void *context, const char *request, const char *name,
                                   uint64_t passes, uint64_t fails, uint64_t not_judged);
int reader_check_totals(struct reader *r, reader_check_total_fn *fn, void *context, struct err *e);

#endif
