#include <stdlib.h>
#include <string.h>

#include "report/emit.h"
#include "report/emit_blocks.h"
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

void emit_table(struct buf *out, const struct document *d) {
    emit_blocks(out, d,
                &(struct emit_blocks){.hidden = SECTION_IN_MARKDOWN,
                                      .verdict = "Verdict: ",
                                      .remark = "",
                                      .table = one_table,
                                      .lines = emit_lines,
                                      .text = plain});
}
