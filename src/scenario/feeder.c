#include "scenario/feeder.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "scenario/feeder_internal.h"
#include "scenario/shuffle.h"

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
        return err_memory(e, NULL);
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

/* What the kinds of feeders differ in. */
static const struct {
    const char *rows; /* "FILE has no ..." */
    int (*open)(struct feeder *f, struct err *e);
    int (*fields)(const struct feeder *f, struct feeder_row *row, struct err *e);
    bool dataset;
} kinds[] = {
    [FEEDER_CSV] = {"rows after the header row", feeder_csv_open, feeder_csv_fields, false},
    [FEEDER_JSONL] = {"rows", feeder_jsonl_open, feeder_jsonl_fields, false},
    [FEEDER_FILES] = {"files in it", feeder_files_open, feeder_files_fields, false},
    [FEEDER_MESSAGES] = {"rows", feeder_jsonl_open, feeder_jsonl_fields, true},
    [FEEDER_CUSTOM] = {"rows", feeder_jsonl_open, feeder_jsonl_fields, true},
    [FEEDER_MOONCAKE] = {"rows", feeder_jsonl_open, feeder_jsonl_fields, true},
    [FEEDER_SHAREGPT] = {"conversation with a prompt and an answer", feeder_sharegpt_open,
                         feeder_sharegpt_fields, false},
    [FEEDER_PROMPTS] = {"", NULL, NULL, false},
};

/* What the file holds, and what is made of it. */
static int rows_open(struct feeder *f, struct err *e) {
    if (f->kind != FEEDER_FILES && file_open(f, e) != 0)
        return -1;
    if (kinds[f->kind].open(f, e) != 0)
        return -1;
    if (f->rows == 0)
        return err_set(e, "%s has no %s", f->path, kinds[f->kind].rows);
    if (f->kind == FEEDER_FILES)
        return 0;
    if (f->kind != FEEDER_SHAREGPT)
        f->offsets[f->rows] = f->size;
    /* Its last growth made more room than there are rows. */
    uint64_t *fitting = realloc(f->offsets, (f->rows + 1) * sizeof *fitting);
    if (fitting != NULL) {
        f->offsets = fitting;
        f->row_cap = f->rows + 1;
    }
    if (kinds[f->kind].dataset && feeder_dataset_open(f, e) != 0)
        return -1;
    return feeder_check_file(f, e);
}

int feeder_open(const char *name, const struct feeder_source *from, struct feeder **out,
                struct err *e) {
    enum feeder_kind kind = from->kind;
    int result = -1;
    struct feeder *f = calloc(1, sizeof *f);
    if (f == NULL)
        return err_memory(e, NULL);
    f->fd = -1;
    f->kind = kind;
    f->mode = from->mode;
    f->ends_run = from->ends_run;
    f->delimiter = kind == FEEDER_CSV ? from->delimiter : '\0';
    f->head = from->head;
    f->fields = kinds[kind].fields;
    f->lenient = kinds[kind].dataset || from->lenient;
    for (size_t i = 0; i < FEEDER_ROLES; i++)
        f->role[i] = FEEDER_NO_COLUMN;
    f->name = strdup(name);
    f->path = strdup(kind == FEEDER_PROMPTS ? name : from->path);
    if (f->name == NULL || f->path == NULL) {
        err_memory(e, NULL);
        goto out;
    }
    result = kind == FEEDER_PROMPTS ? feeder_prompts_open(f, from->prompts, e) : rows_open(f, e);
    if (result == 0 && f->memory != NULL) {
        close(f->fd);
        f->fd = -1;
    }
    if (result == 0) {
        feeder_start(f, 0, part_whole());
        f->head = NULL;
        *out = f;
        f = NULL;
    }
out:
    feeder_free(f);
    return result;
}

const struct feeder_prompts *feeder_prompts(const struct feeder *f) {
    return &f->prompts;
}

bool feeder_shares_blocks(const struct feeder *f) {
    return f->role[FEEDER_HASHES] != FEEDER_NO_COLUMN;
}

uint64_t feeder_skipped(const struct feeder *f) {
    return f->skipped;
}

bool feeder_needs_arrival(const struct feeder *f) {
    return f->mode == FEEDER_ARRIVAL || (f->kind == FEEDER_PROMPTS && f->prompts.source != NULL);
}

int feeder_sha256(const struct feeder *f, char out[SHA256_HEX_BYTES], struct err *e) {
    out[0] = '\0';
    if (f->kind == FEEDER_FILES)
        return feeder_files_sha256(f, out, e);
    if (f->kind == FEEDER_PROMPTS)
        return 0;
    if (f->memory != NULL)
        sha256_hex(f->memory, f->size, out);
    else if (sha256_file(f->fd, out) != 0)
        return err_set(e, "cannot read %s: %s", f->path, strerror(errno));
    return 0;
}

void feeder_start(struct feeder *f, uint64_t seed, struct part part) {
    struct rng rng;
    rng_seed(&rng, seed, UINT64_C(0xfeede2)); /* a stream that no user has */
    f->key = rng_next(&rng);
    if (f->kind == FEEDER_PROMPTS || f->kind == FEEDER_MOONCAKE)
        f->key = feeder_prompts_key(f, f->key);
    f->step = part.count;
    atomic_store(&f->drawn, part.index);
}

/* Which row the next draw gives; false if there is none. */
static bool next_number(struct feeder *f, const struct feeder_turn *turn, uint64_t *number) {
    uint64_t drawn;
    if (f->kind == FEEDER_PROMPTS) {
        *number = turn->turn;
        return true;
    }
    switch (f->mode) {
    case FEEDER_ARRIVAL:
        *number = turn->arrival % f->rows;
        return true;
    case FEEDER_RANDOM:
        *number = rng_below(turn->rng, f->rows);
        return true;
    case FEEDER_UNIQUE:
        *number = turn->user;
        return turn->user < f->rows;
    case FEEDER_ONCE:
        /* Counting stops at the end: the counter must not come round. */
        if (atomic_load_explicit(&f->drawn, memory_order_relaxed) >= f->rows)
            return false;
        *number = atomic_fetch_add_explicit(&f->drawn, f->step, memory_order_relaxed);
        return *number < f->rows;
    case FEEDER_SHUFFLE:
        drawn = atomic_fetch_add_explicit(&f->drawn, f->step, memory_order_relaxed);
        *number = shuffle_place(f->key + drawn / f->rows * UINT64_C(0xd1342543de82ef95), f->rows,
                                drawn % f->rows);
        return true;
    case FEEDER_SEQUENTIAL:
        break;
    }
    *number = atomic_fetch_add_explicit(&f->drawn, f->step, memory_order_relaxed) % f->rows;
    return true;
}

enum feeder_result feeder_draw(struct feeder *f, const struct feeder_turn *turn,
                               struct feeder_row *row, struct err *e) {
    uint64_t number;
    if (!next_number(f, turn, &number))
        return FEEDER_EMPTY;
    return feeder_row_make(f, number, turn, row, e) == 0 ? FEEDER_DRAWN : FEEDER_FAILED;
}
