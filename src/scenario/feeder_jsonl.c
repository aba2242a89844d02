/* JSON Lines: an object in each line; the keys of the first are the columns. */
#include <stdlib.h>
#include <string.h>

#include "scenario/feeder_internal.h"
#include "scenario/jsonscan.h"
#include "util/line_reader.h"

#define CHUNK_BYTES 65536

struct reading {
    struct feeder *f;
    struct err *e;
    uint64_t number; /* of the line */
    bool *seen;      /* by column */
};

/* The column of a key; `hint` is tried first, since lines mostly have the same order. */
static bool column_of(const struct feeder *f, struct bytes key, size_t hint, size_t *column) {
    for (size_t i = 0; i < f->base_count; i++) {
        size_t k = (hint + i) % f->base_count;
        if (jsonscan_compare(key, (struct bytes){f->columns[k], strlen(f->columns[k])}) == 0) {
            *column = k;
            return true;
        }
    }
    return false;
}

static int bad(struct reading *l, const char *what) {
    return err_set(l->e, "%s:%llu: %s", l->f->path, (unsigned long long)l->number, what);
}

/* A key of the first line. */
static int column_add(struct reading *l, struct bytes key) {
    char name[512];
    if (key.len > sizeof name)
        return bad(l, "a key is longer than 512 bytes");
    size_t n = jsonscan_decode(key, name);
    if (feeder_column_add(l->f, name, n, l->e) != 0)
        return -1;
    l->f->base_count = l->f->column_count;
    return 0;
}

/* A line of many kinds: a key that is new is another column. */
static int member(struct reading *l, struct bytes key, size_t *hint) {
    size_t column;
    if (!column_of(l->f, key, *hint, &column))
        return column_add(l, key);
    *hint = column + 1;
    return 0;
}

/* Walks over the children of a line; what each is, is checked. */
static int members(struct reading *l, struct jsonscan *s, const char *start) {
    struct feeder *f = l->f;
    struct jsonscan_children c;
    struct bytes key;
    const char *value;
    size_t column, hint = 0;
    int more;
    bool first = f->rows == 0;
    if (!jsonscan_open(s, start, &c) || !c.object)
        return bad(l, "expected an object, { ... }, in each line");
    while ((more = jsonscan_next(s, &c, &key, &value)) == 1) {
        if (f->lenient && member(l, key, &hint) != 0)
            return -1;
        if (f->lenient)
            continue;
        if (first && column_add(l, key) != 0)
            return -1;
        if (!first && column_of(f, key, hint, &column)) {
            l->seen[column] = true;
            hint = column + 1;
        }
    }
    if (more < 0)
        return bad(l, s->wrong);
    if (jsonscan_space(s, c.p) != s->end)
        return bad(l, "text after the object; each line must be one object");
    for (size_t i = 0; !first && !f->lenient && i < f->column_count; i++) {
        if (!l->seen[i])
            return err_set(l->e,
                           "%s:%llu: \"%s\" is missing; every line needs the keys of the first",
                           f->path, (unsigned long long)l->number, f->columns[i]);
        l->seen[i] = false;
    }
    return 0;
}

static int take(void *context, const struct read_line *line, struct err *e) {
    struct jsonscan s;
    struct reading *l = context;
    struct feeder *f = l->f;
    l->e = e;
    l->number = line->number;
    jsonscan_init(&s, (struct bytes){line->text, line->n}, UINT64_MAX);
    const char *start = jsonscan_space(&s, line->text);
    if (start == s.end) /* an empty line */
        return 0;
    if (members(l, &s, start) != 0)
        return -1;
    if (f->rows == 0 && f->column_count == 0)
        return bad(l, "the first object is empty; its keys are the column names");
    if (f->rows == 0 && !f->lenient && (l->seen = calloc(f->column_count, sizeof *l->seen)) == NULL)
        return err_memory(e, NULL);
    return feeder_row_add(f, line->at, e);
}

int feeder_jsonl_open(struct feeder *f, struct err *e) {
    struct reading l = {.f = f};
    struct line_reader lines;
    char *bytes = malloc(CHUNK_BYTES);
    int result = -1;
    if (bytes == NULL)
        return err_memory(e, NULL);
    line_reader_init(&lines, f->path, f->lenient ? FEEDER_ENTRY_MAX : FEEDER_ROW_MAX, take, &l);
    for (uint64_t offset = 0;;) {
        long n = feeder_bytes(f, offset, bytes, CHUNK_BYTES, e);
        if (n < 0)
            goto out;
        if (n == 0)
            break;
        if (line_reader_feed(&lines, bytes, (size_t)n, e) != 0)
            goto out;
        offset += (uint64_t)n;
    }
    result = line_reader_end(&lines, e);
out:
    line_reader_done(&lines);
    free(l.seen);
    free(bytes);
    return result;
}

/* The value as text, decoded in its own place. */
static struct bytes value_text(struct feeder_row *row, struct bytes value) {
    char *to = row->text.data + (value.data - row->text.data);
    if (value.data[0] == '"') {
        struct bytes inside = {value.data + 1, value.len - 2};
        return (struct bytes){to, jsonscan_decode(inside, to)};
    }
    if (value.data[0] == 'n') /* null */
        value.len = 0;
    return value;
}

int feeder_jsonl_fields(const struct feeder *f, struct feeder_row *row, struct err *e) {
    struct jsonscan s;
    struct jsonscan_children c;
    struct bytes key;
    const char *value;
    size_t column, hint = 0;
    for (size_t i = 0; i < f->base_count; i++)
        row->fields[i] = (struct bytes){NULL, 0};
    jsonscan_init(&s, (struct bytes){row->text.data, row->text.len}, UINT64_MAX);
    if (!jsonscan_open(&s, row->text.data, &c))
        goto changed;
    while (jsonscan_next(&s, &c, &key, &value) == 1) {
        const char *end = jsonscan_skip(&s, value);
        if (end == NULL)
            goto changed;
        c.p = end;
        c.pending = false;
        /* Of equal keys the first counts. */
        if (column_of(f, key, hint, &column) && row->fields[column].data == NULL) {
            row->fields[column] = value_text(row, (struct bytes){value, (size_t)(end - value)});
            hint = column + 1;
        }
    }
    for (size_t i = 0; i < f->base_count && !f->lenient; i++)
        if (row->fields[i].data == NULL)
            goto changed;
    return 0;
changed:
    return err_set(e, "a row of %s has changed", f->path);
}
