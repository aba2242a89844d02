/*
 * locust_csv: the four files of Locust's --csv: PREFIX_stats.csv, _stats_history.csv, _failures.csv
 * and _exceptions.csv.
 *
 * Columns, order of rows, numbers and line ends equal those of Locust (2.44) byte for byte, with
 * the numbers of stats/locust_stats.h. Two things differ on purpose. A text that a spreadsheet
 * would run, or that has control characters, is written as in csv.h. And _exceptions.csv has the
 * requests that could not be built and were not sent: in Locust such a task raises an exception,
 * which is neither a request nor a failure. There is no Python, so there is no traceback. Rows of
 * _failures.csv are sorted by the hash that Locust sorts by. It includes Python's repr() of the
 * error, which is implemented here for ASCII and common letters. So an error text with rarer
 * letters may be sorted differently.
 *
 * Ownership: heap; names and texts are borrowed. Thread: during locust_csv_render(), no other
 * thread may use the statistics; the rest one at a time.
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

/* What the statistics count separately, by number. */
struct locust_csv_names {
    const struct endpoint *entries; /* sorted by name, then method; no duplicates */
    size_t entry_count;
    /* The text of an error number. Called during rendering. */
    const char *(*error_text)(void *context, uint32_t error);
    void *context;
};

/* The number of a failed request's error for locust_stats_log(). An error text has its own number
 * (not 0). A response without one is numbered by its status. */
uint32_t locust_csv_error(const struct request *x);

/* Begins the files, all four or none, as outfile.h does. Older files stay until locust_csv_keep()
 * or locust_csv_close(). Creates missing folders. */
int locust_csv_open(const char *prefix, bool full_history, const struct locust_csv_names *names,
                    struct locust_csv **out, struct err *e);

/* Without files: for who shows the rows elsewhere. locust_csv_drop() frees. */
int locust_csv_new(const struct locust_csv_names *names, struct locust_csv **out, struct err *e);

/* The first line of a file, without its end. */
enum locust_csv_file {
    LOCUST_CSV_STATS,
    LOCUST_CSV_GROWING,
    LOCUST_CSV_FAILURES,
    LOCUST_CSV_EXCEPTIONS
};
const char *locust_csv_head(enum locust_csv_file file);

/* Appends the text of an error of locust_stats_errors(), as _failures.csv has it. */
void locust_csv_error_text(const struct locust_csv *c, uint32_t error, struct buf *out);

/* Gives the files their names now, so that others can read them while they grow. */
int locust_csv_keep(struct locust_csv *c, struct err *e);

/* Completes the files and frees c. After a failure, no file replaces an older one. */
int locust_csv_close(struct locust_csv *c, struct err *e);
/* Frees c and removes the files that have no name yet. NULL is allowed. */
void locust_csv_drop(struct locust_csv *c);

/* The new content of the files. */
struct locust_csv_rows {
    unsigned parts; /* which of LOCUST_CSV_TABLES and LOCUST_CSV_HISTORY it has */
    struct buf stats, history, failures, exceptions;
};
enum { LOCUST_CSV_TABLES = 1, LOCUST_CSV_HISTORY = 2 };

/* Counts a request that could not be built; `error` is the number of its text. */
int locust_csv_unsendable(struct tally *t, size_t entry, uint32_t error, struct err *e);

/* now_us is the time of day. */
void locust_csv_render(const struct locust_csv *c, const struct locust_stats *s,
                       const struct tally *unsendable, unsigned parts, int64_t now_us,
                       uint32_t users, struct locust_csv_rows *out);

/* Appends to the history and replaces the content of the tables. Frees the rows. */
int locust_csv_write(struct locust_csv *c, struct locust_csv_rows *rows, struct err *e);

/* Writes all four files from a run file, as `run --csv` would have left them. The history has a row
 * for each second, with the requests that ended before it. */
int locust_csv_replay(struct reader *r, const char *prefix, bool full_history, struct err *e);

#endif
