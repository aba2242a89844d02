/* One row: read from the file, parsed, and completed by its generated columns. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "scenario/feeder_internal.h"

/* A row and its line end; any number of blank lines may follow, which nobody needs. */
#define LINE_END_BYTES 2

void feeder_row_done(struct feeder_row *row) {
    if (row->source != NULL)
        feeder_row_done(row->source);
    free(row->source);
    buf_done(&row->text);
    buf_done(&row->made);
    free(row->fields);
    *row = (struct feeder_row){0};
}

/* Fails unless the open file is as it was. Asked after reading: what was written before that has
 * moved its time. */
static int still_same(const struct feeder *f, const struct stat *now, struct err *e) {
    if (now->st_dev == f->st.st_dev && now->st_ino == f->st.st_ino &&
        now->st_size == f->st.st_size && now->st_mtim.tv_sec == f->st.st_mtim.tv_sec &&
        now->st_mtim.tv_nsec == f->st.st_mtim.tv_nsec)
        return 0;
    return err_set(
        e, "%s has changed since it was opened; do not edit the file of a feeder during the run",
        f->path);
}

int feeder_check_file(const struct feeder *f, struct err *e) {
    struct stat now;
    if (fstat(f->fd, &now) != 0)
        return err_set(e, "cannot read the status of %s: %s", f->path, strerror(errno));
    return still_same(f, &now, e);
}

/* How much of a row is read: it and its line end. */
static size_t row_bytes_max(const struct feeder *f) {
    return (f->kind == FEEDER_SHAREGPT || f->lenient ? FEEDER_ENTRY_MAX : FEEDER_ROW_MAX) +
           LINE_END_BYTES;
}

/* The text of the row, from memory or the file. */
static int row_read(const struct feeder *f, struct feeder_row *row, struct err *e) {
    uint64_t at = f->offsets[row->number];
    size_t n = (size_t)(f->offsets[row->number + 1] - at);
    if (n > row_bytes_max(f))
        n = row_bytes_max(f);
    char *to = buf_room(&row->text, n);
    if (to == NULL)
        return err_memory(e, "a row of %s", f->path);
    for (size_t done = 0; done < n;) {
        long got = feeder_bytes(f, at + done, to + done, n - done, e);
        if (got < 0)
            return -1;
        if (got == 0)
            return feeder_check_file(f, e) != 0 ? -1 : err_set(e, "%s became shorter", f->path);
        done += (size_t)got;
    }
    return f->memory != NULL ? 0 : feeder_check_file(f, e);
}

int feeder_row_reserve(const struct feeder *f, struct feeder_row *row, struct err *e) {
    row->text.max = row_bytes_max(f) + PATH_MAX;
    row->made.max = FEEDER_MADE_MAX;
    if (row->cap >= f->column_count)
        return 0;
    struct bytes *grown = realloc(row->fields, f->column_count * sizeof *grown);
    if (grown == NULL)
        return err_memory(e, "a row of %s", f->path);
    row->fields = grown;
    row->cap = f->column_count;
    return 0;
}

/* What is made of the row, and "" for what it lacks. */
static int complete(const struct feeder *f, struct feeder_row *row, const struct feeder_turn *turn,
                    struct err *e) {
    buf_clear(&row->made);
    for (size_t i = f->base_count; i < f->column_count; i++)
        row->fields[i] = (struct bytes){NULL, 0};
    if (f->make != NULL && f->make(f, row, turn, e) != 0)
        return -1;
    for (size_t i = 0; i < f->column_count; i++)
        if (row->fields[i].data == NULL)
            row->fields[i] = (struct bytes){"", 0};
    return 0;
}

int feeder_row_make(const struct feeder *f, uint64_t number, const struct feeder_turn *turn,
                    struct feeder_row *row, struct err *e) {
    if (feeder_row_reserve(f, row, e) != 0)
        return -1;
    row->number = number;
    buf_clear(&row->text);
    bool from_file = f->kind != FEEDER_FILES && f->kind != FEEDER_PROMPTS;
    if (from_file && row_read(f, row, e) != 0)
        return -1;
    if (f->fields != NULL && f->fields(f, row, e) != 0)
        return -1;
    return complete(f, row, turn, e);
}
