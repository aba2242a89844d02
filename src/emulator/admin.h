/*
 * admin: a small page that shows the current instances: GET / (HTML), GET /status.json.
 *
 * It handles one request per connection and knows no other paths. `render` writes the contents.
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

/* Starts closing. Then run the loop until it is empty, and call admin_free(). */
void admin_close(struct admin *a);
void admin_free(struct admin *a);

#endif
