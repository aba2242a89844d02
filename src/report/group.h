/*
 * group: several runs of one scenario side by side: what each number is over the runs, and how far
 * they are apart (stats/variation.h).
 *
 * Runs of different scenarios or loads are refused unless forced: their spread would mean nothing.
 * Endpoints are matched by method and name; a run without one has no value for it.
 *
 * Ownership: heap; group_free(NULL) is fine. It keeps the run files open. Thread: one.
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

/* What is compared: average, p50, p95, p99 (response times in ms), requests per second, failures in
 * percent; then those of streams. */
#define GROUP_NUMBERS 12
struct group_number {
    const char *key, *head;
};
extern const struct group_number group_numbers[GROUP_NUMBERS];

struct group_row {
    const char *method, *name;
    size_t number_count; /* the first of them; all where some run has streams of it */
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
    bool force;  /* whatever they ran */
    bool locust; /* Locust's rules */
};

/* Needs two runs at least. */
int group_new(const char *const *paths, size_t n, const struct group_options *o, struct group **out,
              struct err *e);
void group_free(struct group *g);

/* Its document: a table of the runs and one of the numbers. document_done() frees, also after a
 * failure. */
int group_document(struct document *d, const struct group *g, struct err *e);

#endif
