/*
 * group: several runs of one scenario side by side: what each number is over the runs, and how far they are apart
 * (stats/between.h).
 *
 * Runs of different scenarios or loads are refused unless forced: their spread would mean nothing. Endpoints are matched by
 * method and name; a run without one has no value for it.
 *
 * Ownership: heap; group_free(NULL) is fine. It keeps the run files open. Thread: one.
 */
#ifndef REPORT_GROUP_H
#define REPORT_GROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "report/model.h"
#include "stats/between.h"
#include "util/buf.h"
#include "util/err.h"

#define GROUP_RUNS_MAX 1000

/* What is compared: average, p50, p95, p99 (response times in ms), requests per second, failures in percent. */
#define GROUP_NUMBERS 6
struct group_number {
    const char *key, *head;
};
extern const struct group_number group_numbers[GROUP_NUMBERS];

struct group_row {
    const char *method, *name;
    struct between numbers[GROUP_NUMBERS];
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

/* Whole documents; on failure (memory) the buffer is marked. */
void group_table(struct buf *out, const struct group *g);
void group_markdown(struct buf *out, const struct group *g);
void group_csv(struct buf *out, const struct group *g);
void group_json(struct buf *out, const struct group *g);

#endif
