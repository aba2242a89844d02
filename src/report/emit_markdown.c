#include <string.h>

#include "report/emit.h"
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

/* An empty line between two blocks. */
static void gap(struct buf *out, bool *any) {
    buf_str(out, *any ? "\n" : "");
    *any = true;
}

static void sections(struct buf *out, const struct document *d, bool *any) {
    for (const struct section *s = d->first; s != NULL; s = s->next) {
        if (s->figure != NULL || s->people == SECTION_IN_TEXT)
            continue;
        gap(out, any);
        if (s->lines != NULL)
            emit_lines(out, s->lines);
        else
            one_table(out, s->table);
        if (s->remark != NULL)
            buf_printf(out, "\n%s\n", s->remark);
    }
}

void emit_markdown(struct buf *out, const struct document *d) {
    bool any = false;
    if (!d->bare && d->title.len > 0) {
        gap(out, &any);
        buf_str(out, "# ");
        emit_markdown_text(out, buf_text(&d->title));
        buf_char(out, '\n');
    }
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
        buf_str(out, "**Verdict:** ");
        emit_markdown_text(out, d->verdict.data);
        buf_char(out, '\n');
    }
}
