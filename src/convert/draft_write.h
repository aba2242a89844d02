/*
 * draft_write: writes a draft down as a scenario file, with its notes as comments.
 *
 * The text is laid out for people. No secret of the draft is in it: what a converter took out, and
 * every other place in which the same value (of 6 bytes or more) stands. Thread: any.
 */
#ifndef CONVERT_DRAFT_WRITE_H
#define CONVERT_DRAFT_WRITE_H

#include "convert/draft.h"

/* Appends the file; `source` names what it was made from. out fails (buf_ok) where it passes its
 * ceiling. */
void draft_write(struct draft *d, const char *source, struct buf *out);

#endif
