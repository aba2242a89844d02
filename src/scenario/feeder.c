#include "scenario/feeder.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "scenario/feeder_internal.h"
#include "scenario/permute.h"

/* A row and its line end; any number of blank lines may follow, which nobody needs. */
#define ROW_READ_MAX (FEEDER_ROW_MAX + 2)

static const char *const mode_texts[] = {"sequential", "random", "shuffle", "unique", "once"};

void feeder_row_done(struct feeder_row *row) {
    buf_done(&row->text);
    free(row->fields);
    *row = (struct feeder_row){0};
}

void feeder_free(struct feeder *f) {
    if (f == NULL)
        return;
    for (size_t i = 0; i < f->column_count; i++)
        free(f->columns[i]);
    for (size_t i = 0; f->files != NULL && i < f->rows; i++)
        free(f->files[i]);
    if (f->fd >= 0)
        close(f->fd);
    free(f->columns);
    free(f->files);
    free(f->offsets);
    free(f->memory);
    free(f->name);
    free(f->path);
    free(f);
}

int feeder_column_add(struct feeder *f, const char *name, size_t n, struct err *e) {
    uint32_t same;
    if (n == 0 || n > 256 || memchr(name, '\0', n) != NULL)
        return err_set(e, "%s:1: column %zu has no name (1 to 256 characters)", f->path,
                       f->column_count + 1);
    if (feeder_find_column(f, name, n, &same))
        return err_set(e, "%s:1: two columns are called \"%.*s\"; rename one", f->path, (int)n,
                       name);
    if (f->column_count == FEEDER_COLUMNS_MAX)
        return err_set(e, "%s:1: more than %d columns", f->path, FEEDER_COLUMNS_MAX);
    if (f->column_count == f->column_cap) {
        size_t cap = f->column_cap == 0 ? 8 : f->column_cap * 2;
        char **grown = realloc(f->columns, cap * sizeof *grown);
        if (grown == NULL)
            return err_set(e, "out of memory");
        f->columns = grown;
        f->column_cap = cap;
    }
    char *copy = strndup(name, n);
    if (copy == NULL)
        return err_set(e, "out of memory");
    f->columns[f->column_count++] = copy;
    return 0;
}

int feeder_row_add(struct feeder *f, uint64_t offset, struct err *e) {
    if (f->rows + 1 >= f->row_cap) { /* room for the end, too */
        size_t cap = f->row_cap == 0 ? 1024 : f->row_cap + f->row_cap / 2;
        uint64_t *grown = realloc(f->offsets, cap * sizeof *grown);
        if (grown == NULL)
            return err_set(e, "%s: out of memory after %zu rows", f->path, f->rows);
        f->offsets = grown;
        f->row_cap = cap;
    }
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

/* Fails unless the open file is as it was. Asked after reading: what was written before that has moved its time. */
static int still_same(const struct feeder *f, const struct stat *now, struct err *e) {
    if (now->st_dev == f->st.st_dev && now->st_ino == f->st.st_ino &&
        now->st_size == f->st.st_size && now->st_mtim.tv_sec == f->st.st_mtim.tv_sec &&
        now->st_mtim.tv_nsec == f->st.st_mtim.tv_nsec)
        return 0;
    return err_set(e,
                   "%s has changed since it was opened; leave a feeder's file alone during the run",
                   f->path);
}

static int check_open_file(const struct feeder *f, struct err *e) {
    struct stat now;
    if (fstat(f->fd, &now) != 0)
        return err_set(e, "cannot look at %s: %s", f->path, strerror(errno));
    return still_same(f, &now, e);
}

int feeder_check_unchanged(const struct feeder *f, struct err *e) {
    struct stat now;
    if (stat(f->path, &now) != 0)
        return err_set(e, "%s is gone: %s", f->path, strerror(errno));
    return still_same(f, &now, e);
}

/* Opens the file and keeps a small one in memory. */
static int file_open(struct feeder *f, struct err *e) {
    f->fd = open(f->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (f->fd < 0)
        return err_set(e, "cannot open %s: %s; relative paths start at the scenario's folder",
                       f->path, strerror(errno));
    if (fstat(f->fd, &f->st) != 0 || !S_ISREG(f->st.st_mode))
        return err_set(e, "%s is not a file", f->path);
    f->size = (size_t)f->st.st_size;
    if (f->size > FEEDER_MEMORY_MAX)
        return 0;
    char *memory = malloc(f->size + 1);
    if (memory == NULL)
        return err_set(e, "out of memory");
    for (size_t at = 0; at < f->size;) {
        long n = feeder_bytes(f, at, memory + at, f->size - at, e);
        if (n <= 0) {
            free(memory);
            return n < 0 ? -1 : err_set(e, "%s became shorter while it was read", f->path);
        }
        at += (size_t)n;
    }
    f->memory = memory;
    return 0;
}

int feeder_open(const char *name, enum feeder_kind kind, const char *path, enum feeder_mode mode,
                bool ends_run, struct feeder **out, struct err *e) {
    int result = -1;
    struct feeder *f = calloc(1, sizeof *f);
    if (f == NULL)
        return err_set(e, "out of memory");
    f->fd = -1;
    f->kind = kind;
    f->mode = mode;
    f->ends_run = ends_run;
    f->name = strdup(name);
    f->path = strdup(path);
    if (f->name == NULL || f->path == NULL) {
        err_set(e, "out of memory");
        goto out;
    }
    if (kind == FEEDER_FILES) {
        result = feeder_files_open(f, e);
    } else if (file_open(f, e) == 0) {
        result = kind == FEEDER_CSV ? feeder_csv_open(f, e) : feeder_jsonl_open(f, e);
        if (result == 0 && f->rows > 0)
            f->offsets[f->rows] = f->size;
        if (result == 0)
            result = check_open_file(f, e);
    }
    if (result == 0 && f->rows == 0)
        result = err_set(e, "%s has no %s", f->path,
                         kind == FEEDER_FILES ? "files in it"
                         : kind == FEEDER_CSV ? "rows after the one that names the columns"
                                              : "rows");
    if (result == 0 && f->memory != NULL) {
        close(f->fd);
        f->fd = -1;
    }
    if (result == 0) {
        feeder_start(f, 0);
        *out = f;
        f = NULL;
    }
out:
    feeder_free(f);
    return result;
}

const char *feeder_name(const struct feeder *f) {
    return f->name;
}

enum feeder_kind feeder_kind(const struct feeder *f) {
    return f->kind;
}

enum feeder_mode feeder_mode(const struct feeder *f) {
    return f->mode;
}

const char *feeder_mode_text(enum feeder_mode mode) {
    return mode_texts[mode];
}

const char *feeder_path(const struct feeder *f) {
    return f->path;
}

bool feeder_ends_run(const struct feeder *f) {
    return f->ends_run;
}

uint64_t feeder_rows(const struct feeder *f) {
    return f->rows;
}

size_t feeder_columns(const struct feeder *f) {
    return f->column_count;
}

const char *feeder_column(const struct feeder *f, size_t i) {
    return f->columns[i];
}

bool feeder_find_column(const struct feeder *f, const char *name, size_t n, uint32_t *column) {
    for (size_t i = 0; i < f->column_count; i++)
        if (strlen(f->columns[i]) == n && memcmp(f->columns[i], name, n) == 0) {
            *column = (uint32_t)i;
            return true;
        }
    return false;
}

void feeder_start(struct feeder *f, uint64_t seed) {
    struct rng rng;
    rng_seed(&rng, seed, UINT64_C(0xfeede2)); /* a stream that no user has */
    f->key = rng_next(&rng);
    atomic_store(&f->drawn, 0);
}

/* Which row the next draw gives; false where there is none. */
static bool next_number(struct feeder *f, uint64_t user, struct rng *rng, uint64_t *number) {
    uint64_t drawn;
    switch (f->mode) {
    case FEEDER_RANDOM:
        *number = rng_below(rng, f->rows);
        return true;
    case FEEDER_UNIQUE:
        *number = user;
        return user < f->rows;
    case FEEDER_ONCE:
        /* Counting stops at the end: the counter must not come round. */
        if (atomic_load_explicit(&f->drawn, memory_order_relaxed) >= f->rows)
            return false;
        *number = atomic_fetch_add_explicit(&f->drawn, 1, memory_order_relaxed);
        return *number < f->rows;
    case FEEDER_SHUFFLE:
        drawn = atomic_fetch_add_explicit(&f->drawn, 1, memory_order_relaxed);
        *number = permute(f->key + drawn / f->rows * UINT64_C(0xd1342543de82ef95), f->rows,
                          drawn % f->rows);
        return true;
    case FEEDER_SEQUENTIAL:
        break;
    }
    *number = atomic_fetch_add_explicit(&f->drawn, 1, memory_order_relaxed) % f->rows;
    return true;
}

/* The text of the row, from memory or the file. */
static int row_read(const struct feeder *f, struct feeder_row *row, struct err *e) {
    uint64_t at = f->offsets[row->number];
    size_t n = (size_t)(f->offsets[row->number + 1] - at);
    if (n > ROW_READ_MAX)
        n = ROW_READ_MAX;
    char *to = buf_room(&row->text, n);
    if (to == NULL)
        return err_set(e, "out of memory for a row of %s", f->path);
    for (size_t done = 0; done < n;) {
        long got = feeder_bytes(f, at + done, to + done, n - done, e);
        if (got < 0)
            return -1;
        if (got == 0)
            return check_open_file(f, e) != 0 ? -1 : err_set(e, "%s became shorter", f->path);
        done += (size_t)got;
    }
    return f->memory != NULL ? 0 : check_open_file(f, e);
}

enum feeder_result feeder_draw(struct feeder *f, uint64_t user, struct rng *rng,
                               struct feeder_row *row, struct err *e) {
    uint64_t number;
    if (!next_number(f, user, rng, &number))
        return FEEDER_EMPTY;
    if (row->cap < f->column_count) {
        struct bytes *grown = realloc(row->fields, f->column_count * sizeof *grown);
        if (grown == NULL) {
            err_set(e, "out of memory for a row of %s", f->path);
            return FEEDER_FAILED;
        }
        row->fields = grown;
        row->cap = f->column_count;
    }
    row->number = number;
    row->text.max = ROW_READ_MAX + PATH_MAX;
    buf_clear(&row->text);
    int result;
    if (f->kind == FEEDER_FILES)
        result = feeder_files_fields(f, row, e);
    else if (row_read(f, row, e) != 0)
        result = -1;
    else
        result =
            f->kind == FEEDER_CSV ? feeder_csv_fields(f, row, e) : feeder_jsonl_fields(f, row, e);
    return result == 0 ? FEEDER_DRAWN : FEEDER_FAILED;
}

static int mode_read(struct reader *r, const struct json *v, enum feeder_mode *out) {
    if (v == NULL)
        return 0;
    if (reader_kind(r, v, JSON_STRING) != 0)
        return -1;
    for (size_t i = 0; i < sizeof mode_texts / sizeof *mode_texts; i++)
        if (strcmp(v->text, mode_texts[i]) == 0) {
            *out = (enum feeder_mode)i;
            return 0;
        }
    return reader_fail(r, v->at,
                       "\"mode\" must be \"sequential\", \"random\", \"shuffle\", \"unique\" or "
                       "\"once\"");
}

static int ends_read(struct reader *r, const struct json *v, enum feeder_mode mode, bool *out) {
    *out = mode == FEEDER_ONCE;
    if (v == NULL)
        return 0;
    if (mode != FEEDER_ONCE && mode != FEEDER_UNIQUE)
        return reader_fail(r, v->key_at,
                           "\"ends\" belongs to the modes \"once\" and \"unique\"; a feeder in "
                           "mode \"%s\" never ends",
                           mode_texts[mode]);
    if (reader_kind(r, v, JSON_STRING) != 0)
        return -1;
    *out = strcmp(v->text, "run") == 0;
    if (!*out && strcmp(v->text, "user") != 0)
        return reader_fail(r, v->at,
                           "\"ends\" must be \"user\" or \"run\": what ends without a row");
    return 0;
}

int feeder_read(struct reader *r, const struct json *v, struct feeder **out) {
    static const char *const kinds[] = {"csv", "jsonl", "files"};
    const struct json *file = NULL;
    enum feeder_kind kind = FEEDER_CSV;
    enum feeder_mode mode = FEEDER_SEQUENTIAL;
    bool ends_run = false;
    char *path = NULL;
    struct err e;
    if (reader_section(r, v, SECTION_FEEDER) != 0)
        return -1;
    for (size_t i = 0; i < 3; i++) {
        const struct json *found = json_get(v, kinds[i]);
        if (found == NULL)
            continue;
        if (file != NULL)
            return reader_fail(r, found->key_at,
                               "\"%s\" cannot stand beside \"%s\"; remove one of the two",
                               found->key, file->key);
        file = found;
        kind = (enum feeder_kind)i;
    }
    if (file == NULL)
        return reader_fail(r, v->at,
                           "where the rows come from is missing here; write \"csv\": FILE, "
                           "\"jsonl\": FILE or \"files\": FOLDER");
    if (mode_read(r, json_get(v, "mode"), &mode) != 0 ||
        ends_read(r, json_get(v, "ends"), mode, &ends_run) != 0 || reader_path(r, file, &path) != 0)
        return -1;
    assert(path != NULL);
    int result = feeder_open(v->key, kind, path, mode, ends_run, out, &e);
    free(path);
    return result == 0 ? 0 : reader_fail(r, file->at, "%s", e.text);
}
