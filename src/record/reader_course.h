/*
 * reader_course: reads what a run file tells of its run besides requests: stages, iterations and
 * checks.
 *
 * Iterations and checks are views that only newer files have. Times are microseconds from the start
 * of the run. Ownership: strings are borrowed for the call. Thread: as the reader.
 */
#ifndef RECORD_READER_COURSE_H
#define RECORD_READER_COURSE_H

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

typedef void reader_iteration_fn(void *context, const char *name, int64_t end_us,
                                 int64_t duration_us, bool ok);
int reader_iterations(struct reader *r, reader_iteration_fn *fn, void *context, struct err *e);

typedef void reader_check_fn(void *context, int64_t second, const char *request, const char *name,
                             uint64_t passes, uint64_t fails);
int reader_checks(struct reader *r, reader_check_fn *fn, void *context, struct err *e);

/* Of the whole run, by request and name. */
typedef void reader_check_total_fn(void *context, const char *request, const char *name,
                                   uint64_t passes, uint64_t fails);
int reader_check_totals(struct reader *r, reader_check_total_fn *fn, void *context, struct err *e);

#endif
