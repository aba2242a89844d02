#include <stdlib.h>
#include <string.h>

#include "report/emit.h"
#include "util/text.h"

static void spaces(struct buf *out, size_t n) {
    while (n-- > 0)
        buf_char(out, ' ');
}

/* The escaping of this format: text_printable(). The cells come out NUL-ended as they went in. */
static void printable(struct buf *out, const struct table *t) {
    struct buf cell;
    buf_init(&cell, out->max);
    for (size_t line = 0; line < table_shown_lines(t); line++)
        for (size_t c = 0; c < table_shown_columns(t); c++) {
            buf_clear(&cell);
            table_shown_cell(t, line, c, &cell);
            text_printable(out, buf_text(&cell), cell.len);
            buf_char(out, '\0');
            out->failed = out->failed || cell.failed;
        }
    buf_done(&cell);
}

static const char *next(const char *cell) {
    return cell + strlen(cell) + 1;
}

static void widths(const struct table *t, const char *text, size_t *width) {
    size_t columns = table_shown_columns(t);
    for (size_t c = 0; c < columns; c++)
        width[c] = text_columns(table_shown_head(t, c));
    for (size_t i = 0; i < table_shown_lines(t) * columns; i++, text = next(text)) {
        size_t w = text_columns(text);
        if (w > width[i % columns])
            width[i % columns] = w;
    }
}

static void cell(struct buf *out, const struct table *t, size_t c, size_t width, const char *text) {
    size_t pad = width - text_columns(text);
    bool last = c + 1 == table_shown_columns(t), right = table_shown_is_number(t, c);
    if (right)
        spaces(out, pad);
    buf_str(out, text);
    if (!right && !last)
        spaces(out, pad);
    buf_str(out, last ? "\n" : "  ");
}

static void rule(struct buf *out, const struct table *t, const size_t *width) {
    size_t columns = table_shown_columns(t);
    for (size_t c = 0; c < columns; c++) {
        for (size_t i = 0; i < width[c]; i++)
            buf_char(out, '-');
        buf_str(out, c + 1 == columns ? "\n" : "  ");
    }
}

static void lines(struct buf *out, const struct table *t, const char *text, const size_t *width) {
    size_t columns = table_shown_columns(t), count = table_shown_lines(t);
    if (t->title != NULL) {
        text_printable(out, t->title, strlen(t->title));
        buf_char(out, '\n');
        for (size_t c = 0; c < columns; c++)
            cell(out, t, c, width[c], table_shown_head(t, c));
        rule(out, t, width);
    }
    for (size_t line = 0; line < count; line++) {
        if (line > 0 && line == count - table_shown_totals(t))
            rule(out, t, width);
        for (size_t c = 0; c < columns; c++, text = next(text))
            cell(out, t, c, width[c], text);
    }
}

static void one_table(struct buf *out, const struct table *t) {
    struct buf cells;
    size_t *width = calloc(table_shown_columns(t), sizeof *width);
    buf_init(&cells, out->max);
    printable(&cells, t);
    if (!buf_ok(&cells) || width == NULL)
        out->failed = true;
    else {
        widths(t, buf_text(&cells), width);
        lines(out, t, buf_text(&cells), width);
    }
    buf_done(&cells);
    free(width);
}

static void plain(struct buf *out, const char *text) {
    text_printable(out, text, strlen(text));
}

/* Labels in a column of their own; lines under a heading are indented. */
static void emit_lines(struct buf *out, const struct lines *l) {
    const char *label, *text;
    size_t width = 0;
    for (size_t at = 0; lines_next(l, &at, &label, &text);)
        width = text_columns(label) > width ? text_columns(label) : width;
    if (l->heading != NULL) {
        plain(out, l->heading);
        buf_char(out, '\n');
    }
    for (size_t at = 0; lines_next(l, &at, &label, &text);) {
        buf_str(out, l->heading != NULL ? "  " : "");
        plain(out, label);
        spaces(out, width > 0 ? width + 2 - text_columns(label) : 0);
        plain(out, text);
        buf_char(out, '\n');
    }
}

/* An empty line between two blocks. */
static void gap(struct buf *out, bool *any) {
    buf_str(out, *any ? "\n" : "");
    *any = true;
}

static void sections(struct buf *out, const struct document *d, bool *any) {
    for (const struct section *s = d->first; s != NULL; s = s->next) {
        if (s->figure != NULL || s->people == SECTION_IN_MARKDOWN)
            continue;
        gap(out, any);
        if (s->lines != NULL)
            emit_lines(out, s->lines);
        else
            one_table(out, s->table);
        if (s->remark != NULL)
            buf_printf(out, "%s\n", s->remark);
    }
}

void emit_table(struct buf *out, const struct document *d) {
    bool any = false;
    if (!d->bare && table_rows(&d->facts) > 0) {
        gap(out, &any);
        one_table(out, &d->facts);
    }
    sections(out, d, &any);
    if (d->bare)
        return;
    if (table_rows(&d->client) > 0) {
        gap(out, &any);
        one_table(out, &d->client);
    }
    if (d->notes.count > 0) {
        gap(out, &any);
        emit_lines(out, &d->notes);
    }
    if (d->verdict.len > 0) {
        gap(out, &any);
        buf_str(out, "Verdict: ");
        plain(out, d->verdict.data);
        buf_char(out, '\n');
    }
}
