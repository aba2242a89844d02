/*
 * remark: adds a sentence that a reader has to know before trusting the numbers: behaviour of the
 * server or of its log that affected them, as seen in the rows. Its label in the list is a key for
 * programs.
 *
 * A remark says what was seen, with its numbers, what that means, and what to do. It does not
 * change the verdict, which is about the client. What every report explains about itself (rules,
 * units) is a note of the document, not a remark.
 *
 * Ownership: the text is copied into the list. If memory runs out, the list's buffer is marked.
 * Thread: plain data.
 */
#ifndef REPORT_REMARK_H
#define REPORT_REMARK_H

#include "report/lines.h"

/* `key` is a word of our own. At most 2047 bytes of the text are kept. */
void remark_add(struct lines *l, const char *key, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
