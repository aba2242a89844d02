#include "report/emit_blocks.h"

static void gap(struct buf *out, bool *any) {
    buf_str(out, *any ? "\n" : "");
    *any = true;
}

static void one_table(struct buf *out, const struct table *t, const struct emit_blocks *how,
                      bool *any) {
    if (table_rows(t) == 0)
        return;
    gap(out, any);
    how->table(out, t);
}

static void line(struct buf *out, const char *before, const struct buf *text,
                 const struct emit_blocks *how, bool *any) {
    if (before == NULL || text->len == 0)
        return;
    gap(out, any);
    buf_str(out, before);
    how->text(out, buf_text(text));
    buf_char(out, '\n');
}

static void sections(struct buf *out, const struct document *d, const struct emit_blocks *how,
                     bool *any) {
    for (const struct section *s = d->first; s != NULL; s = s->next) {
        if (s->figure != NULL || s->people == how->hidden || s->people == SECTION_NOWHERE)
            continue;
        gap(out, any);
        if (s->lines != NULL)
            how->lines(out, s->lines);
        else
            how->table(out, s->table);
        if (s->remark != NULL)
            buf_printf(out, "%s%s\n", how->remark, s->remark);
    }
}

void emit_blocks(struct buf *out, const struct document *d, const struct emit_blocks *how) {
    bool any = false;
    if (!d->bare) {
        line(out, how->title, &d->title, how, &any);
        one_table(out, &d->facts, how, &any);
    }
    sections(out, d, how, &any);
    if (d->bare)
        return;
    one_table(out, &d->client, how, &any);
    if (d->notes.count > 0) {
        gap(out, &any);
        how->lines(out, &d->notes);
    }
    line(out, how->verdict, &d->verdict, how, &any);
}
