/*
 * dry_run: every request of a scenario as it would be sent, for people: values put in, secrets
 * masked.
 *
 * It asks nobody and sends nothing. What only an answer could give (a capture without a value yet)
 * stands as <name>; random values and rows are those of user 0 with seed 1.
 *
 * Ownership: appends to the caller's buffer. Thread: main.
 */
#ifndef CLI_DRY_RUN_H
#define CLI_DRY_RUN_H

#include "scenario/scenario.h"
#include "util/buf.h"
#include "util/err.h"

/* All requests, whole: request line, headers, body; a body that is no text up to 1024 bytes. */
int dry_run(const struct scenario *s, struct buf *out, struct err *e);

/* "  as PATH", printable and masked; or why the path cannot be made of the first values. */
void dry_run_path(const struct scenario *s, const struct scenario_request *q, struct buf *out);

#endif
