/*
 * remarks: what a reader has to know before trusting the numbers: behaviour of the server or of its
 * log that affected them, as seen in the rows. They are sentences, each with a key for programs.
 *
 * A remark says what was seen, with its numbers, what that means, and what to do. It does not
 * change the verdict, which is about the client. What every report explains about itself (rules,
 * units) is a note of the layout, not a remark.
 *
 * Ownership: remarks_init allocates nothing, remarks_done frees; texts are copied. If memory runs
 * out, the buffer is marked: check buf_ok(&r->texts). Thread: plain data.
 */
#ifndef REPORT_REMARKS_H
#define REPORT_REMARKS_H

#include <stdbool.h>
#include <stddef.h>

#include "util/buf.h"

struct remarks {
    struct buf texts; /* key, text, key, text, ..., each ending with a NUL */
    size_t count;
};

void remarks_init(struct remarks *r);
void remarks_done(struct remarks *r); /* all zeros is allowed */

/* `key` is a word of our own. At most 2047 bytes of the text are kept. */
void remarks_add(struct remarks *r, const char *key, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* for (size_t at = 0; remarks_next(r, &at, &key, &text);) */
bool remarks_next(const struct remarks *r, size_t *at, const char **key, const char **text);

#endif
