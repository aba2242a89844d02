/*
 * emit_blocks: the blocks of a document in the order in which people read them, with an empty line
 * between two: title, facts, sections, the client, notes, the verdict.
 *
 * It knows no format: the writer gives the pieces. Ownership: everything is borrowed for the call.
 * Thread: any.
 */
#ifndef REPORT_EMIT_BLOCKS_H
#define REPORT_EMIT_BLOCKS_H

#include "report/document.h"
#include "util/buf.h"

struct emit_blocks {
    enum section_people hidden;  /* sections that this format leaves out */
    const char *title, *verdict; /* what stands before them; title NULL: without one */
    const char *remark;          /* what stands between a table and its remark */
    void (*table)(struct buf *out, const struct table *t);
    void (*lines)(struct buf *out, const struct lines *l);
    void (*text)(struct buf *out, const char *text); /* escapes it */
};

void emit_blocks(struct buf *out, const struct document *d, const struct emit_blocks *how);

#endif
