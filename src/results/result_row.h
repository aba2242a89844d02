/*
 * result_row: one request of another tool's results, and how a format is read.
 *
 * Internal to results. Ownership: texts are borrowed until the next row. Thread: plain data.
 */
#ifndef RESULTS_RESULT_ROW_H
#define RESULTS_RESULT_ROW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "scenario/feeder.h"
#include "util/bytes.h"
#include "util/connection.h"
#include "util/err.h"
#include "util/outcome.h"
#include "util/request.h"

#define RESULT_SENT_MAX UINT32_MAX
#define RESULT_RECEIVED_MAX ((UINT64_C(1) << 48) - 1)

struct result_row {
    int64_t start_us, took_us;           /* since 1970; how long it took */
    int64_t connect_us, tls_us, ttfb_us; /* REQUEST_NO_VALUE: unknown; ttfb_us from the start */
    struct bytes method, name;
    struct bytes user;       /* without data: unknown */
    struct bytes url;        /* the same; for the target */
    struct bytes error;      /* empty: none */
    uint64_t sent, received; /* bytes: up to RESULT_SENT_MAX and RESULT_RECEIVED_MAX */
    int status;              /* 0: no response */
    enum outcome outcome;
    enum http_version http_version;
};

/* Rows of a file with columns. */
struct result_table {
    struct feeder *feeder;
    struct feeder_row row;
    uint64_t number; /* of the next row */
};

struct result_source {
    const struct result_format *format;
    const char *path;
    struct result_table table;
    void *own; /* of the format; from malloc() */
    uint64_t skipped;
};

struct result_format {
    const char *word, *what, *lacks;
    int (*open)(struct result_source *s, struct err *e);
    /* Starts again with the first row. */
    int (*rewind)(struct result_source *s, struct err *e);
    /* 1: *row is the next one; 0: there is none; -1: an error. *row is empty before. */
    int (*next)(struct result_source *s, struct result_row *row, struct err *e);
    void (*close)(struct result_source *s);
};

extern const struct result_format result_jtl, result_k6_csv, result_k6_json, result_locust,
    result_vegeta_csv, result_vegeta_json, result_oha;

/* ---- result_row_table.c ---- */

/* `head`: the names of the columns, if the file does not have them; NULL: its first line. */
int result_table_open(struct result_source *s, enum feeder_kind kind, const char *head,
                      struct err *e);
int result_table_rewind(struct result_source *s, struct err *e);
/* Frees the format's own memory, too. */
void result_table_close(struct result_source *s);
/* As next(). */
int result_table_next(struct result_source *s, struct err *e);

/* The number of the first of these columns ("a|b|c") that the file has; -1: none. */
int result_column(const struct result_source *s, const char *names);
/* The same; it is an error if there is none. */
int result_column_needed(const struct result_source *s, const char *names, int *out, struct err *e);
/* The field of the current row; empty without a column. */
struct bytes result_field(const struct result_source *s, int column);

/* An error about the current row: "FILE: row 3: what". Returns -1. */
int result_bad(const struct result_source *s, struct err *e, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* ---- result_row_text.c ---- */

/* Numbers from 0. Return false for anything else. */
bool result_number(struct bytes text, double *out);
bool result_count(struct bytes text, uint64_t *out);
/* A number of bytes; unknown and absurd ones are 0. `max`: what a row can hold. */
uint64_t result_bytes(struct bytes text, uint64_t max);
/* Milliseconds as microseconds, to the nearest one; at most a year. */
bool result_ms(struct bytes text, int64_t *us);
/* A moment: a number of seconds, milliseconds, microseconds or nanoseconds since 1970, by its
 * size; or a date with an offset. */
bool result_time(struct bytes text, int64_t *us);

/* The outcome of a request without a response, by the tool's error text. */
enum outcome result_outcome(struct bytes error);

/* The name of a request: of a URL its path without the query, else the text itself. */
struct bytes result_name(struct bytes text);

/* Sets status, outcome and error. `good`: the tool counts it as a success. `said`: the tool's
 * reason. */
void result_judge(struct result_row *row, int status, bool good, struct bytes said);

#endif
