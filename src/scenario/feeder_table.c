/* What a feeder's file holds, as it is found: names of columns, and where the rows are. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "scenario/feeder_internal.h"
#include "util/array.h"

int feeder_column_add(struct feeder *f, const char *name, size_t n, struct err *e) {
    uint32_t same;
    if (n == 0 || n > 256 || memchr(name, '\0', n) != NULL)
        return err_set(e, "%s:1: column %zu needs a name of 1 to 256 characters", f->path,
                       f->column_count + 1);
    if (feeder_find_column(f, name, n, &same))
        return err_set(e, "%s:1: two columns are named \"%.*s\"; rename one", f->path, (int)n,
                       name);
    if (f->column_count == FEEDER_COLUMNS_MAX)
        return err_set(e, "%s:1: more than %d columns", f->path, FEEDER_COLUMNS_MAX);
    char **grown = array_room(f->columns, &f->column_cap, f->column_count + 1, sizeof *grown);
    if (grown == NULL)
        return err_memory(e, NULL);
    f->columns = grown;
    char *copy = strndup(name, n);
    if (copy == NULL)
        return err_memory(e, NULL);
    f->columns[f->column_count++] = copy;
    return 0;
}

bool feeder_find_column(const struct feeder *f, const char *name, size_t n, uint32_t *column) {
    for (size_t i = 0; i < f->column_count; i++)
        if (strlen(f->columns[i]) == n && memcmp(f->columns[i], name, n) == 0) {
            *column = (uint32_t)i;
            return true;
        }
    return false;
}

int feeder_column_make(struct feeder *f, enum feeder_role role, const char *name, struct err *e) {
    if (feeder_find_column(f, name, strlen(name), &f->role[role]))
        return 0;
    if (feeder_column_add(f, name, strlen(name), e) != 0)
        return -1;
    f->role[role] = (uint32_t)(f->column_count - 1);
    return 0;
}

struct bytes feeder_field(const struct feeder *f, const struct feeder_row *row,
                          enum feeder_role role) {
    return f->role[role] == FEEDER_NO_COLUMN ? (struct bytes){NULL, 0} : row->fields[f->role[role]];
}

void feeder_put(const struct feeder *f, struct feeder_row *row, enum feeder_role role,
                struct bytes value) {
    if (f->role[role] != FEEDER_NO_COLUMN && f->role[role] >= f->base_count)
        row->fields[f->role[role]] = value;
}

int feeder_row_add(struct feeder *f, uint64_t offset, struct err *e) {
    uint64_t *grown = array_room(f->offsets, &f->row_cap, f->rows + 2, sizeof *grown);
    if (grown == NULL)
        return err_memory(e, "%zu rows of %s", f->rows, f->path);
    f->offsets = grown;
    f->offsets[f->rows++] = offset;
    return 0;
}

long feeder_bytes(const struct feeder *f, uint64_t offset, char *to, size_t n, struct err *e) {
    ssize_t got;
    if (offset >= f->size)
        return 0;
    if (n > f->size - offset)
        n = (size_t)(f->size - offset);
    if (f->memory != NULL) {
        memcpy(to, f->memory + offset, n);
        return (long)n;
    }
    do
        got = pread(f->fd, to, n, (off_t)offset);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        return err_set(e, "cannot read %s: %s", f->path, strerror(errno));
    return (long)got;
}

void feeder_window(struct feeder *f, uint64_t first, uint64_t count) {
    memmove(f->offsets, f->offsets + first, (count + 1) * sizeof *f->offsets);
    f->rows = count;
    uint64_t *fitting = realloc(f->offsets, (count + 1) * sizeof *fitting);
    if (fitting != NULL) {
        f->offsets = fitting;
        f->row_cap = count + 1;
    }
}

const char *feeder_name(const struct feeder *f) {
    return f->name;
}

enum feeder_kind feeder_kind(const struct feeder *f) {
    return f->kind;
}

const char *feeder_path(const struct feeder *f) {
    return f->path;
}

bool feeder_ends_run(const struct feeder *f) {
    return f->ends_run;
}

bool feeder_is_unique(const struct feeder *f) {
    return f->mode == FEEDER_UNIQUE;
}

uint64_t feeder_rows(const struct feeder *f) {
    return f->rows;
}

char feeder_delimiter(const struct feeder *f) {
    return f->delimiter;
}

size_t feeder_columns(const struct feeder *f) {
    return f->column_count;
}

const char *feeder_column(const struct feeder *f, size_t i) {
    return f->columns[i];
}
