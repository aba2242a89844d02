/*
 * draft_write: writes a draft as a scenario file, with its notes as comments.
 *
 * The text is formatted for people. It contains no secret of the draft: neither where a converter
 * found it, nor anywhere else that the same value (of 6 bytes or more) occurs. Thread: any.
 */
#ifndef CONVERT_DRAFT_WRITE_H
#define CONVERT_DRAFT_WRITE_H

#include "convert/draft.h"

/* Appends the file. `source` is the name of what it was made from. `out` fails (buf_ok) if it
 * exceeds its limit. */
void draft_write(struct draft *d, const char *source, struct buf *out);

#endif
