/*
 * admin: a small page that shows the instances now: GET / (HTML), GET /status.json.
 *
 * It answers one request per connection and knows no other paths. What it shows is made by
 * `render`.
 *
 * Ownership: heap. Thread: the loop's.
 */
#ifndef EMULATOR_ADMIN_H
#define EMULATOR_ADMIN_H

#include <stdbool.h>
#include <uv.h>

#include "util/buf.h"
#include "util/err.h"

struct admin;

typedef void admin_render_fn(void *context, bool json, struct buf *out);

int admin_new(uv_loop_t *loop, const char *bind, int port, admin_render_fn *render, void *context,
              struct admin **out, struct err *e);
int admin_port(const struct admin *a);

/* Then let the loop run until it is empty, and free. */
void admin_close(struct admin *a);
void admin_free(struct admin *a);

#endif
