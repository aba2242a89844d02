/*
 * locust_csv: the four files of Locust's --csv: PREFIX_stats.csv, _stats_history.csv, _failures.csv
 * and _exceptions.csv.
 *
 * Columns, order of rows, numbers and line ends are Locust's (2.44), byte for byte, with the
 * numbers of stats/locust_stats.h. Two things differ on purpose: a text that a spreadsheet would
 * run, or that has control characters in it, is written as in csv.h; and _exceptions.csv has what
 * could not be built and was not sent: in Locust such a task raises an exception, which is neither
 * a request nor a failure. There is no Python, so no traceback. Rows of _failures.csv are sorted by
 * the hash that Locust sorts by. Locust takes Python's repr() of the error into it, which here
 * stands for ASCII and for common letters: an error text with stranger ones may sort elsewhere.
 *
 * Ownership: heap; names and texts are borrowed. Thread: locust_csv_render() needs the statistics
 * to itself; the rest one at a time.
 */
#ifndef REPORT_LOCUST_CSV_H
#define REPORT_LOCUST_CSV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "record/reader.h"
#include "report/tally.h"
#include "stats/locust_stats.h"
#include "util/buf.h"
#include "util/err.h"

struct locust_csv;

/* What the statistics count separately, by its number. */
struct locust_csv_names {
    const struct endpoint *entries; /* sorted by name, then method; no two alike */
    size_t entry_count;
    /* The text of a number that has one; asked while rendering. */
    const char *(*error_text)(void *context, uint32_t error);
    void *context;
};

/* The number of a failed request's error for locust_stats_log(): a text has its own number (not 0);
 * an answer without one goes by its status. */
uint32_t locust_csv_error(const struct request *x);

/* Begins the files, all four or none, as outfile.h does: older ones stay until locust_csv_keep() or
 * locust_csv_close(). Missing folders are made. */
int locust_csv_open(const char *prefix, bool full_history, const struct locust_csv_names *names,
                    struct locust_csv **out, struct err *e);

/* The files get their names now, so that others can read them while they grow. */
int locust_csv_keep(struct locust_csv *c, struct err *e);

/* Both free. The first completes the files; after a failure none replaces an older one. */
int locust_csv_close(struct locust_csv *c, struct err *e);
/* Files without a name are removed. NULL is allowed. */
void locust_csv_drop(struct locust_csv *c);

/* What the files are to hold now. */
struct locust_csv_rows {
    unsigned parts; /* which of LOCUST_CSV_TABLES and LOCUST_CSV_HISTORY are in it */
    struct buf stats, history, failures, exceptions;
};
enum { LOCUST_CSV_TABLES = 1, LOCUST_CSV_HISTORY = 2 };

/* Counts a request that could not be built; `error` is the number of its text. */
int locust_csv_unsendable(struct tally *t, size_t entry, uint32_t error, struct err *e);

/* `now_us` is the time of day. */
void locust_csv_render(const struct locust_csv *c, const struct locust_stats *s,
                       const struct tally *unsendable, unsigned parts, int64_t now_us,
                       uint32_t users, struct locust_csv_rows *out);

/* Adds to the history, and puts the tables in the place of what is there. Frees the rows. */
int locust_csv_write(struct locust_csv *c, struct locust_csv_rows *rows, struct err *e);

/* All four from a run file, as `run --csv` would have left them; history has a row for each second,
 * and the requests up to it are those that ended before. */
int locust_csv_replay(struct reader *r, const char *prefix, bool full_history, struct err *e);

#endif
