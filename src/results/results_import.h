/*
 * results_import: makes a run file from the results of another load test tool, so that a team can
 * compare its history.
 *
 * Each request of the file becomes a row. What the tool does not tell is missing in the row, never
 * guessed. The verdict is SUSPECT, because nobody knows how the other client was doing. It reads
 * files, and starts no tool. docs/formats.md says what becomes of each column.
 *
 * Ownership: texts in the summary are static. Thread: any.
 */
#ifndef RESULTS_RESULTS_IMPORT_H
#define RESULTS_RESULTS_IMPORT_H

#include <stdint.h>

#include "util/err.h"

/* The words of the formats: "jtl|k6-csv|...". */
extern const char results_import_words[];

struct results_import_options {
    const char *format;  /* one of results_import_words */
    const char *path;    /* of the results */
    const char *out;     /* of the run file; it must not exist */
    const char *version; /* of coldswarm */
};

struct results_import_summary {
    const char *what;  /* "JMeter's results (JTL, CSV)" */
    const char *lacks; /* "users, bytes sent"; "": nothing */
    uint64_t requests, failures;
    uint64_t skipped; /* rows that are no requests */
    uint64_t other;   /* requests whose name is one too many */
    uint64_t endpoints, users;
    int64_t duration_us;
};

/* Reads the results twice: first to check every row. Leaves no file after a failure. */
int results_import(const struct results_import_options *o, struct results_import_summary *out,
                   struct err *e);

#endif
