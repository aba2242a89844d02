/*
 * connections: how many connections a run made, how many requests each carried, who ended them, and
 * what was lost with them.
 *
 * The next request of a user tells how its last connection ended (docs/run-file.md, previous_end),
 * so the last one of each user counts as open at the end. One that the server closed unannounced
 * counts by how long it had been idle: CONNECTIONS_IDLE_US or more is a limit that the server has
 * for idle ones, less is the server ending it after an answer.
 *
 * Every number has SQL on the view `requests` that gives it. Every request is given once, in the
 * order of the file. What was not on a connection (never sent, no connection made, abandoned)
 * counts for none.
 *
 * Ownership: connections_new and connections_free; NULL is fine. Thread: plain data.
 */
#ifndef REPORT_CONNECTIONS_H
#define REPORT_CONNECTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "record/reader.h"
#include "report/remarks.h"
#include "report/table.h"
#include "util/err.h"

#define CONNECTIONS_IDLE_US 500000

struct connections;

int connections_new(struct connections **out, struct err *e);
void connections_free(struct connections *c);

int connections_add(struct connections *c, const struct request *row, struct err *e);

/* After the last row: makes the table of pairs. False where the file tells nothing of connections;
 * then there is nothing to free. */
bool connections_table(struct connections *c, struct table *out);

/* Habits of the server that shape the numbers. `asked`: the HTTP version that the scenario asked
 * for, or "". `users_max`: the run's. */
void connections_remarks(const struct connections *c, const char *asked, uint32_t users_max,
                         struct remarks *out);

#endif
