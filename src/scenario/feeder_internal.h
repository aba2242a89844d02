/*
 * feeder_internal: what the kinds of feeders share.
 *
 * Internal to scenario/feeder*.c. Ownership: the feeder owns all of it. Thread: one while opening; then read only, but
 * for the counter.
 */
#ifndef SCENARIO_FEEDER_INTERNAL_H
#define SCENARIO_FEEDER_INTERNAL_H

#include <stdatomic.h>
#include <sys/stat.h>

#include "scenario/feeder.h"

struct feeder {
    char *name, *path;
    enum feeder_kind kind;
    enum feeder_mode mode;
    bool ends_run;
    int fd; /* -1: a folder */
    struct stat st;
    char *memory; /* the whole file, or NULL */
    size_t size;  /* of the file */
    char **columns;
    size_t column_count, column_cap;
    uint64_t *offsets; /* where each row begins; one more for the end */
    size_t rows, row_cap;
    char **files; /* FEEDER_FILES: the names */
    uint64_t key; /* of shuffle */
    _Atomic uint64_t drawn;
};

/* Each reads what the feeder's file holds: columns and where the rows are. */
int feeder_csv_open(struct feeder *f, struct err *e);
int feeder_jsonl_open(struct feeder *f, struct err *e);
int feeder_files_open(struct feeder *f, struct err *e);

/* Each makes fields of the row's text (of its number, for files). */
int feeder_csv_fields(const struct feeder *f, struct feeder_row *row, struct err *e);
int feeder_jsonl_fields(const struct feeder *f, struct feeder_row *row, struct err *e);
int feeder_files_fields(const struct feeder *f, struct feeder_row *row, struct err *e);

/* Takes a copy of the name; fails where it is empty, given already, or one too many. */
int feeder_column_add(struct feeder *f, const char *name, size_t n, struct err *e);

int feeder_row_add(struct feeder *f, uint64_t offset, struct err *e);

/* Reads up to n bytes at an offset, from memory or the file; 0 at its end, -1 on failure. */
long feeder_bytes(const struct feeder *f, uint64_t offset, char *to, size_t n, struct err *e);

#endif
