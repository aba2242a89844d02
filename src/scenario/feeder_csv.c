/* CSV (RFC 4180): one pass that checks the file and notes where rows begin; and the parsing of a
 * row into fields. */
#include <stdlib.h>
#include <string.h>

#include "scenario/feeder_internal.h"

#define CHUNK_BYTES 65536

/* Where the scan stands. */
enum csv_state {
    CSV_START,  /* at the beginning of a field */
    CSV_PLAIN,  /* inside a field without quotes */
    CSV_QUOTED, /* inside quotes */
    CSV_QUOTE,  /* behind a quote inside quotes: the end of them, or half of a doubled one */
    CSV_CR,     /* behind a carriage return, which a line feed must follow */
    CSV_BLANK   /* the same, in a line with nothing else */
};

struct scan {
    struct feeder *f;
    struct err *e;
    enum csv_state state;
    uint64_t at, row_at;        /* offsets in the file */
    uint64_t line, row_line;    /* from 1 */
    uint64_t quote_line;        /* where the last quote was opened */
    size_t fields;              /* complete ones of this row */
    uint64_t head_at, head_end; /* the line that names the columns; end 0: not yet seen */
};

static int csv_fields(char delimiter, char *p, const char *end, struct bytes *fields, size_t max,
                      size_t *count);

/* The names of the columns; changes the text. */
static int columns_read(struct feeder *f, char *text, size_t n, struct err *e) {
    struct bytes fields[FEEDER_COLUMNS_MAX + 1];
    size_t count = 0;
    if (csv_fields(f->delimiter, text, text + n, fields, FEEDER_COLUMNS_MAX + 1, &count) != 0)
        return err_set(e, "%s:1: more than %d columns", f->path, FEEDER_COLUMNS_MAX);
    for (size_t i = 0; i < count; i++)
        if (feeder_column_add(f, fields[i].data, fields[i].len, e) != 0)
            return -1;
    f->base_count = f->column_count;
    return 0;
}

static int head_read(struct scan *s) {
    struct feeder *f = s->f;
    size_t n = (size_t)(s->head_end - s->head_at);
    int result = -1;
    char *text = malloc(n + 1);
    if (text == NULL)
        return err_memory(s->e, NULL);
    for (size_t done = 0; done < n;) {
        long got = feeder_bytes(f, s->head_at + done, text + done, n - done, s->e);
        if (got <= 0) {
            if (got == 0)
                err_set(s->e, "%s became shorter while it was read", f->path);
            goto out;
        }
        done += (size_t)got;
    }
    result = columns_read(f, text, n, s->e);
out:
    free(text);
    return result;
}

/* The file has no header; this is it. */
static int head_given(struct scan *s) {
    char *text = strdup(s->f->head);
    int result =
        text == NULL ? err_memory(s->e, NULL) : columns_read(s->f, text, strlen(text), s->e);
    free(text);
    s->head_end = 1;
    return result;
}

/* s->at is behind the row's last byte but its line end. */
static int row_end(struct scan *s) {
    struct feeder *f = s->f;
    size_t fields = s->fields + 1;
    bool blank = s->state == CSV_BLANK || (s->state == CSV_START && s->fields == 0);
    s->state = CSV_START;
    s->fields = 0;
    if (blank)
        return 0;
    if (s->at - s->row_at > FEEDER_ROW_MAX)
        return err_set(s->e, "%s:%llu: a row longer than %zu bytes", f->path,
                       (unsigned long long)s->row_line, FEEDER_ROW_MAX);
    if (s->head_end == 0) {
        s->head_at = s->row_at;
        s->head_end = s->at;
        return head_read(s);
    }
    if (fields != f->column_count)
        return err_set(s->e, "%s:%llu: %zu field%s, but the header has %zu column%s", f->path,
                       (unsigned long long)s->row_line, fields, fields == 1 ? "" : "s",
                       f->column_count, f->column_count == 1 ? "" : "s");
    return feeder_row_add(f, s->row_at, s->e);
}

static int bad(struct scan *s, uint64_t line, const char *what) {
    return err_set(s->e, "%s:%llu: %s", s->f->path, (unsigned long long)line, what);
}

/* A byte behind a field or its closing quote. */
static int separator(struct scan *s, char c, uint64_t at) {
    if (c == s->f->delimiter) {
        s->fields++;
        s->state = CSV_START;
    } else if (c == '\r') {
        s->state = s->state == CSV_START && s->fields == 0 ? CSV_BLANK : CSV_CR;
    } else {
        s->at = at;
        int result = row_end(s);
        s->line++;
        s->row_line = s->line;
        s->row_at = at + 1;
        return result;
    }
    return 0;
}

static int step(struct scan *s, char c, uint64_t at) {
    switch (s->state) {
    case CSV_START:
        if (c == '"') {
            s->state = CSV_QUOTED;
            s->quote_line = s->line;
            return 0;
        }
        if (c == s->f->delimiter || c == '\r' || c == '\n')
            return separator(s, c, at);
        s->state = CSV_PLAIN;
        return 0;
    case CSV_PLAIN:
        if (c == '"')
            return bad(s, s->line,
                       "a quote inside a field; quote the whole field and double this quote");
        return c == s->f->delimiter || c == '\r' || c == '\n' ? separator(s, c, at) : 0;
    case CSV_QUOTED:
        s->line += c == '\n';
        if (c == '"')
            s->state = CSV_QUOTE;
        return 0;
    case CSV_QUOTE:
        if (c == '"') {
            s->state = CSV_QUOTED;
            return 0;
        }
        if (c == s->f->delimiter || c == '\r' || c == '\n')
            return separator(s, c, at);
        return bad(s, s->line, "text after a closing quote; double a quote inside a quoted field");
    case CSV_CR:
    case CSV_BLANK:
        if (c == '\n')
            return separator(s, c, at);
        return bad(s, s->line, "a carriage return without a line feed; quote the field");
    }
    return 0;
}

/* True for bytes that change nothing in a state where most bytes are such. */
static bool is_plain(enum csv_state state, char delimiter, char c) {
    if (state == CSV_QUOTED)
        return c != '"' && c != '\n';
    return state == CSV_PLAIN && c != '"' && c != delimiter && c != '\r' && c != '\n';
}

static int chunk(struct scan *s, const char *bytes, size_t n, uint64_t offset) {
    for (size_t i = 0; i < n; i++) {
        while (i < n && is_plain(s->state, s->f->delimiter, bytes[i]))
            i++;
        if (i < n && step(s, bytes[i], offset + i) != 0)
            return -1;
    }
    if (offset + n - s->row_at > 2 * FEEDER_ROW_MAX)
        return err_set(s->e, "%s:%llu: a row longer than %zu bytes%s", s->f->path,
                       (unsigned long long)s->row_line, FEEDER_ROW_MAX,
                       s->state == CSV_QUOTED ? "; is a closing quote missing?" : "");
    return 0;
}

int feeder_csv_open(struct feeder *f, struct err *e) {
    char *bytes = malloc(CHUNK_BYTES);
    struct scan s = {.f = f, .e = e, .line = 1, .row_line = 1};
    int result = -1;
    if (bytes == NULL)
        return err_memory(e, NULL);
    if (f->head != NULL && head_given(&s) != 0)
        goto out;
    for (uint64_t offset = 0;;) {
        long n = feeder_bytes(f, offset, bytes, CHUNK_BYTES, e);
        if (n < 0)
            goto out;
        if (n == 0) {
            s.at = offset;
            break;
        }
        size_t mark = 0;
        if (offset == 0 && n >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0)
            s.row_at = mark = 3;
        if (offset == 0 && n >= 2 &&
            (memcmp(bytes, "\xff\xfe", 2) == 0 || memcmp(bytes, "\xfe\xff", 2) == 0)) {
            bad(&s, 1, "this is UTF-16; save the file as UTF-8");
            goto out;
        }
        if (f->delimiter == '\0')
            f->delimiter =
                feeder_csv_delimiter(bytes + mark, (size_t)n - mark, (uint64_t)n >= f->size);
        if (chunk(&s, bytes + mark, (size_t)n - mark, offset + mark) != 0)
            goto out;
        offset += (uint64_t)n;
    }
    if (s.state == CSV_QUOTED)
        bad(&s, s.quote_line, "this quote is never closed");
    else if (row_end(&s) == 0)
        result =
            s.head_end != 0
                ? 0
                : err_set(e, "%s is empty; its first line must be the header with the column names",
                          f->path);
out:
    free(bytes);
    return result;
}

/* Makes fields of a row that is known to be right, in its own place; -1 where there are more than
 * max. */
static int csv_fields(char delimiter, char *p, const char *end, struct bytes *fields, size_t max,
                      size_t *count) {
    size_t n = 0;
    for (bool more = true; more;) {
        if (n == max)
            return -1;
        char *start = p, *to = p;
        if (p < end && *p == '"') {
            for (p++; p < end && (*p != '"' || (p + 1 < end && p[1] == '"')); p++) {
                p += *p == '"';
                *to++ = *p;
            }
            p += p < end;
        } else {
            while (p < end && *p != delimiter && *p != '\r' && *p != '\n')
                p++;
            to = p;
        }
        fields[n++] = (struct bytes){start, (size_t)(to - start)};
        more = p < end && *p == delimiter;
        p += more;
    }
    *count = n;
    return 0;
}

int feeder_csv_fields(const struct feeder *f, struct feeder_row *row, struct err *e) {
    size_t count = 0;
    if (csv_fields(f->delimiter, row->text.data, row->text.data + row->text.len, row->fields,
                   f->base_count, &count) != 0 ||
        count != f->base_count)
        return err_set(e, "a row of %s has changed", f->path);
    return 0;
}
