#include <string.h>

#include "report/emit.h"
#include "report/layout.h"
#include "util/text.h"

/* The escaping of this format. What a terminal would obey is shown as \xNN first, so no text spans
 * lines; then every ASCII mark that means something to Markdown or HTML is made to mean itself. */
void emit_markdown_text(struct buf *out, const char *text) {
    struct buf shown;
    buf_init(&shown, out->max);
    text_printable(&shown, text, strlen(text));
    if (!buf_ok(&shown))
        out->failed = true;
    for (const char *p = buf_text(&shown); *p != '\0'; p++) {
        if (*p == '&')
            buf_str(out, "&amp;");
        else if (*p == '<')
            buf_str(out, "&lt;");
        else if (*p == '>')
            buf_str(out, "&gt;");
        else if (*p == '@') /* GitHub would tell a person of that name */
            buf_str(out, "&#64;");
        else if (strchr("\\`*_[]#|~$", *p) != NULL)
            buf_printf(out, "\\%c", *p);
        else
            buf_char(out, *p);
    }
    buf_done(&shown);
}

void emit_markdown_grid(struct buf *out, const struct grid *g) {
    if (g->title != NULL) {
        buf_str(out, "## ");
        emit_markdown_text(out, g->title);
        buf_str(out, "\n\n");
    }
    for (size_t c = 0; c < g->columns; c++)
        buf_printf(out, "| %s%s", g->head[c], g->head[c][0] == '\0' ? "" : " ");
    buf_str(out, "|\n");
    for (size_t c = 0; c < g->columns; c++)
        buf_str(out, g->right[c] ? "| ---: " : "| :--- ");
    buf_str(out, "|\n");
    const char *text = buf_text(&g->cells);
    for (size_t i = 0; i < g->rows * g->columns; i++, text = grid_next(text)) {
        buf_str(out, "| ");
        emit_markdown_text(out, text);
        buf_str(out, (i + 1) % g->columns == 0 ? " |\n" : " ");
    }
}

void emit_markdown(struct buf *out, const struct model *m, bool bare) {
    struct layout l;
    if (layout_init(&l, m, NULL) != 0) {
        out->failed = true;
        return;
    }
    if (!bare) {
        buf_str(out, "# Load test: ");
        emit_markdown_text(out, m->run->name);
        buf_str(out, "\n\n");
        emit_markdown_grid(out, &l.facts);
        buf_char(out, '\n');
    }
    for (size_t i = 0; i < l.table_count; i++) {
        if (i > 0)
            buf_char(out, '\n');
        emit_markdown_grid(out, &l.tables[i]);
    }
    if (!bare && l.client.rows > 0) {
        buf_char(out, '\n');
        emit_markdown_grid(out, &l.client);
    }
    const char *note = buf_text(&l.notes);
    for (size_t i = 0; i < l.note_count && !bare; i++, note = grid_next(note)) {
        buf_char(out, '\n');
        emit_markdown_text(out, note);
        buf_char(out, '\n');
    }
    if (!bare && l.verdict.len > 0) {
        buf_str(out, "\n**Verdict:** ");
        emit_markdown_text(out, l.verdict.data);
        buf_char(out, '\n');
    }
    layout_done(&l);
}

void emit_markdown_alone(struct buf *out, const struct table *t) {
    struct grid g = {0};
    buf_init(&g.cells, out->max);
    layout_table(&g, t);
    if (!buf_ok(&g.cells))
        out->failed = true;
    else
        emit_markdown_grid(out, &g);
    buf_done(&g.cells);
}
