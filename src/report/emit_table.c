#include <string.h>

#include "report/emit.h"
#include "report/layout.h"
#include "util/text.h"

static void spaces(struct buf *out, size_t n) {
    while (n-- > 0)
        buf_char(out, ' ');
}

/* The escaping of this format: text_printable(). The cells come out NUL-ended as they went in. */
static void printable(struct buf *out, const struct grid *g) {
    const char *text = buf_text(&g->cells);
    for (size_t i = 0; i < g->rows * g->columns; i++, text = grid_next(text)) {
        text_printable(out, text, strlen(text));
        buf_char(out, '\0');
    }
}

static void widths(const struct grid *g, const char *text, size_t width[GRID_COLUMNS_MAX]) {
    for (size_t c = 0; c < g->columns; c++)
        width[c] = text_columns(g->head[c]);
    for (size_t i = 0; i < g->rows * g->columns; i++, text = grid_next(text)) {
        size_t w = text_columns(text);
        if (w > width[i % g->columns])
            width[i % g->columns] = w;
    }
}

static void cell(struct buf *out, const struct grid *g, size_t c, size_t width, const char *text) {
    size_t pad = width - text_columns(text);
    bool last = c + 1 == g->columns;
    if (g->right[c])
        spaces(out, pad);
    buf_str(out, text);
    if (!g->right[c] && !last)
        spaces(out, pad);
    buf_str(out, last ? "\n" : "  ");
}

static void rule(struct buf *out, const struct grid *g, const size_t width[GRID_COLUMNS_MAX]) {
    for (size_t c = 0; c < g->columns; c++) {
        for (size_t i = 0; i < width[c]; i++)
            buf_char(out, '-');
        buf_str(out, c + 1 == g->columns ? "\n" : "  ");
    }
}

void emit_table_grid(struct buf *out, const struct grid *g) {
    struct buf cells;
    size_t width[GRID_COLUMNS_MAX];
    buf_init(&cells, g->cells.max);
    printable(&cells, g);
    if (!buf_ok(&cells)) {
        out->failed = true;
        buf_done(&cells);
        return;
    }
    const char *text = buf_text(&cells);
    widths(g, text, width);
    if (g->title != NULL) {
        buf_printf(out, "%s\n", g->title);
        for (size_t c = 0; c < g->columns; c++)
            cell(out, g, c, width[c], g->head[c]);
        rule(out, g, width);
    }
    for (size_t row = 0; row < g->rows; row++) {
        if (row > 0 && row == g->rows - g->total_rows)
            rule(out, g, width);
        for (size_t c = 0; c < g->columns; c++, text = grid_next(text))
            cell(out, g, c, width[c], text);
    }
    buf_done(&cells);
}

void emit_table(struct buf *out, const struct model *m, bool bare) {
    struct layout l;
    if (layout_init(&l, m, NULL) != 0) {
        out->failed = true;
        return;
    }
    if (!bare) {
        emit_table_grid(out, &l.facts);
        buf_char(out, '\n');
    }
    for (size_t i = 0; i < l.table_count; i++) {
        if (i > 0)
            buf_char(out, '\n');
        emit_table_grid(out, &l.tables[i]);
    }
    if (!bare && l.client.rows > 0) {
        buf_char(out, '\n');
        emit_table_grid(out, &l.client);
    }
    const char *note = buf_text(&l.notes);
    for (size_t i = 0; i < l.note_count && !bare; i++, note = grid_next(note)) {
        buf_str(out, i == 0 ? "\n" : "");
        text_printable(out, note, strlen(note));
        buf_char(out, '\n');
    }
    if (!bare && l.verdict.len > 0) {
        buf_str(out, "\nVerdict: ");
        text_printable(out, l.verdict.data, l.verdict.len);
        buf_char(out, '\n');
    }
    layout_done(&l);
}

void emit_table_alone(struct buf *out, const struct table *t) {
    struct grid g = {0};
    buf_init(&g.cells, out->max);
    layout_table(&g, t);
    if (!buf_ok(&g.cells))
        out->failed = true;
    else
        emit_table_grid(out, &g);
    buf_done(&g.cells);
}
