/*
 * shown: texts of a scenario, or about it, on a terminal: no secret and no control code gets there.
 *
 * Ownership: appends to the caller's buffer. Thread: any.
 */
#ifndef CLI_SHOWN_H
#define CLI_SHOWN_H

#include "scenario/scenario.h"
#include "util/buf.h"

void shown_text(struct buf *out, const struct scenario *s, const char *text);

#endif
