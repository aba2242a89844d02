/*
 * group: several runs of one scenario side by side: the values of each number, and their variation
 * between runs (stats/variation.h).
 *
 * Runs with different scenarios or loads are refused unless forced: their variation would mean
 * nothing. Endpoints are matched by method and name. A run that does not have one has no value for
 * it.
 *
 * Ownership: heap; group_free(NULL) is allowed. It keeps the run files open. Thread: one.
 */
#ifndef REPORT_GROUP_H
#define REPORT_GROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "report/document.h"
#include "report/model.h"
#include "stats/variation.h"
#include "util/err.h"

#define GROUP_RUNS_MAX 1000

/* The numbers: average, p50, p95, p99 (response times in ms), requests per second, failures in
 * percent; then those of streams. */
#define GROUP_NUMBERS 12
struct group_number {
    const char *key, *head;
};
extern const struct group_number group_numbers[GROUP_NUMBERS];

struct group_row {
    const char *method, *name;
    /* How many of the numbers it has, from the first; all if a run has streams of it. */
    size_t number_count;
    struct variation numbers[GROUP_NUMBERS];
};

struct group_run {
    const char *path;
    struct reader *reader;
    struct model *model;
};

struct group {
    struct group_run *runs;
    size_t run_count;
    struct group_row *rows; /* by name, then method; the last one is Aggregated */
    size_t row_count;
};

struct group_options {
    bool force;  /* accept runs with different scenarios or loads */
    bool locust; /* use Locust's rules */
};

/* Needs at least two runs. */
int group_new(const char *const *paths, size_t n, const struct group_options *o, struct group **out,
              struct err *e);
void group_free(struct group *g);

/* The document of a group: a table of the runs and one of the numbers. Call document_done() also
 * after a failure. */
int group_document(struct document *d, const struct group *g, struct err *e);

#endif
