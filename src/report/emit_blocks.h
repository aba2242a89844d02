/*
 * emit_blocks: writes the blocks of a document in reading order, separated by empty lines: title,
 * facts, sections, the client, notes, the verdict.
 *
 * It knows no format: the writer provides the parts. Ownership: everything is borrowed for the
 * call. Thread: any.
 */
#ifndef REPORT_EMIT_BLOCKS_H
#define REPORT_EMIT_BLOCKS_H

#include "report/document.h"
#include "util/buf.h"

struct emit_blocks {
    enum section_people hidden;  /* sections that this format leaves out */
    const char *title, *verdict; /* what precedes them; title NULL: no title */
    const char *remark;          /* what separates a table from its remark */
    void (*table)(struct buf *out, const struct table *t);
    void (*lines)(struct buf *out, const struct lines *l);
    void (*text)(struct buf *out, const char *text); /* escapes it */
};

void emit_blocks(struct buf *out, const struct document *d, const struct emit_blocks *how);

#endif
