/*
 * traceparent: the W3C trace context in a request, so that a server's log can refer to the client's
 * row.
 *
 * A trace id is 16 hex digits of the run and 16 of the request, so nothing needs to be stored.
 * Source: W3C Trace Context, section 3.2 (version 00). It records no traces itself. Thread: any.
 */
#ifndef TRANSPORT_TRACEPARENT_H
#define TRANSPORT_TRACEPARENT_H

#include <stdbool.h>
#include <stdint.h>

#define TRACE_RUN_DIGITS 16
#define TRACEPARENT_BYTES 69 /* with the terminating NUL */

/* Writes "traceparent: 00-RUN…request-span-00". `run` is TRACE_RUN_DIGITS lower-case hex digits,
 * not all 0. */
void traceparent_line(const char *run, uint64_t request, bool sampled, char out[TRACEPARENT_BYTES]);

#endif
