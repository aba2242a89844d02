/*
 * connections: how many connections a run opened, how many requests each carried, who closed them,
 * and which requests were lost with them.
 *
 * How a user's connection ended is known from the user's next request (docs/run-file.md,
 * previous_end). So the last connection of each user counts as open at the end. If the server
 * closed a connection unannounced, it counts by its idle time. CONNECTIONS_IDLE_US or more is the
 * server's limit for idle connections; less is the server closing it after a response.
 *
 * Every number has SQL on the view `requests` that returns it. Every request is given once, in the
 * order of the file. Requests without a connection (never sent, no connection made, cancelled) are
 * not counted.
 *
 * The rows do not say which of the connections that users share carried a request. A run with such
 * connections (HTTP/2, "streams") has only the average of all, streams_mean.
 *
 * Ownership: connections_new and connections_free; NULL is allowed. Thread: plain data.
 */
#ifndef REPORT_CONNECTIONS_H
#define REPORT_CONNECTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "record/reader.h"
#include "report/remark.h"
#include "report/table.h"
#include "util/err.h"

#define CONNECTIONS_IDLE_US 500000

struct connections;

int connections_new(struct connections **out, struct err *e);
void connections_free(struct connections *c);

int connections_add(struct connections *c, const struct request *row, struct err *e);

/* After the last row: makes the table of pairs. Returns false if the file has no data about
 * connections; then there is nothing to free. */
bool connections_table(struct connections *c, struct table *out);

/* Adds remarks about behaviour of the server that affects the numbers. `asked`: the HTTP version
 * that the scenario requests, or "". `users_max`: that of the run. */
void connections_remarks(const struct connections *c, const char *asked, uint32_t users_max,
                         struct lines *out);

#endif
