/*
 * http_options: what a scenario says of HTTP, in the terms of the transports.
 *
 * It reads "http" and the timeouts of a scenario. What belongs to a run, such as its seed and its
 * traceparent, is the caller's.
 *
 * Ownership: the options borrow from the scenario. Pure. Thread: any.
 */
#ifndef ENGINE_HTTP_OPTIONS_H
#define ENGINE_HTTP_OPTIONS_H

#include "scenario/scenario.h"
#include "transport/fetch.h"
#include "transport/transport.h"

struct transport_options http_options(const struct scenario *s);

/* Which servers to trust, how to identify to them, and where they are. `here`: at the target, so
 * through its Unix socket if it has one. The caller adds the rest. */
struct fetch_options http_fetch_options(const struct scenario *s, bool here);

#endif
