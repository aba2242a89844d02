/*
 * dry_run: shows every request of a scenario as it would be sent, with values filled in and secrets
 * masked.
 *
 * It connects to nothing and sends nothing. A value that needs a response (a capture without a
 * value yet) is shown as <name>. Random values and rows are those of user 0 with seed 1.
 *
 * Ownership: appends to the caller's buffer. Thread: main.
 */
#ifndef CLI_DRY_RUN_H
#define CLI_DRY_RUN_H

#include "scenario/scenario.h"
#include "util/buf.h"
#include "util/err.h"

/* Appends all requests: request line, headers, body. A body that is not text is shown up to 1024
 * bytes. */
int dry_run(const struct scenario *s, struct buf *out, struct err *e);

/* Appends "  as PATH", printable and masked; or why the path cannot be built from the first
 * values. */
void dry_run_path(const struct scenario *s, const struct scenario_request *q, struct buf *out);

#endif
