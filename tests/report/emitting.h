/* A model in each format, by way of its document. */
#ifndef TESTS_REPORT_EMITTING_H
#define TESTS_REPORT_EMITTING_H

#include "report/emit.h"
#include "report/html.h"

static void with_document(const struct model *m, struct document *d) {
    struct err e = {""};
    if (document_init(d, m, &e) != 0)
        fail_msg("%s", e.text);
}

static inline void as_table(struct buf *b, const struct model *m, bool bare) {
    struct document d;
    with_document(m, &d);
    d.bare = bare;
    emit_table(b, &d);
    document_done(&d);
}

static inline void as_markdown(struct buf *b, const struct model *m, bool bare) {
    struct document d;
    with_document(m, &d);
    d.bare = bare;
    emit_markdown(b, &d);
    document_done(&d);
}

static inline void as_json(struct buf *b, const struct model *m) {
    struct document d;
    with_document(m, &d);
    emit_json(b, &d);
    document_done(&d);
}

#endif
