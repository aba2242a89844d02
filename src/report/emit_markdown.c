#include <string.h>

#include "report/emit.h"
#include "report/emit_blocks.h"
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

static void one_table(struct buf *out, const struct table *t) {
    size_t columns = table_shown_columns(t);
    struct buf text;
    buf_init(&text, out->max);
    if (t->title != NULL) {
        buf_str(out, "## ");
        emit_markdown_text(out, t->title);
        buf_str(out, "\n\n");
    }
    for (size_t c = 0; c < columns; c++)
        buf_printf(out, "| %s%s", table_shown_head(t, c),
                   table_shown_head(t, c)[0] == '\0' ? "" : " ");
    buf_str(out, "|\n");
    for (size_t c = 0; c < columns; c++)
        buf_str(out, table_shown_is_number(t, c) ? "| ---: " : "| :--- ");
    buf_str(out, "|\n");
    for (size_t line = 0; line < table_shown_lines(t); line++)
        for (size_t c = 0; c < columns; c++) {
            buf_clear(&text);
            table_shown_cell(t, line, c, &text);
            buf_str(out, "| ");
            emit_markdown_text(out, buf_text(&text));
            buf_str(out, c + 1 == columns ? " |\n" : " ");
        }
    if (!buf_ok(&text))
        out->failed = true;
    buf_done(&text);
}

static void emit_lines(struct buf *out, const struct lines *l) {
    const char *label, *text, *between = "";
    if (l->heading != NULL) {
        buf_str(out, l->strong ? "**" : "## ");
        emit_markdown_text(out, l->heading);
        buf_str(out, l->strong ? "**\n\n" : "\n\n");
    }
    for (size_t at = 0; lines_next(l, &at, &label, &text);) {
        buf_str(out, l->paragraphs ? between : "- ");
        emit_markdown_text(out, label);
        buf_str(out, label[0] == '\0' ? "" : ": ");
        emit_markdown_text(out, text);
        buf_char(out, '\n');
        between = "\n";
    }
}

void emit_markdown(struct buf *out, const struct document *d) {
    emit_blocks(out, d,
                &(struct emit_blocks){.hidden = SECTION_IN_TEXT,
                                      .title = "# ",
                                      .verdict = "**Verdict:** ",
                                      .remark = "\n",
                                      .table = one_table,
                                      .lines = emit_lines,
                                      .text = emit_markdown_text});
}
