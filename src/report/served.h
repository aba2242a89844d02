/*
 * served: how evenly the server served the users, and whether it responds late on keep-alive
 * connections: two effects that no percentile shows.
 *
 * Starved users. A server may accept more connections than it serves. Then some users only wait,
 * and the measurement covers only the users that were served. A user is starved if it got at most
 * one response in a time in which the median of the users with more got at least 20. The time of a
 * user counts from its own start to the last time at which any user sent something, or to when the
 * load removed it. If users may differ (classes, steps, pauses of on_start, feeders at whose end a
 * user ends), that alone means nothing. Then the user must also have spent half of its time waiting
 * for a response that did not come, twice as long as the longest response took, and the expected
 * number of responses must be at least 3. Three cases are excluded. Under a load by rate, an
 * arrival goes to a free user, and a user without one has not waited for anything. A user with a
 * request that could not be built may have had no other to send. And if a user got no connection
 * while this machine had a limit of its own, the server is not to blame.
 *
 * Late responses. A server that writes head and body separately waits for our acknowledgement of
 * the head (Nagle's algorithm, RFC 9293 3.7.4). Linux delays it by 40 ms, but not on a new
 * connection. It is detected if at least half of 20 or more responses to a request on keep-alive
 * connections took 40 to 45 ms, and at least four in five on new ones took less than 35 ms without
 * DNS, connecting and TLS.
 *
 * Every request is given once. Ownership: served_new and served_free; NULL is allowed. Thread:
 * plain data.
 */
#ifndef REPORT_SERVED_H
#define REPORT_SERVED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "record/reader.h"
#include "report/remark.h"
#include "util/err.h"

struct served;

/* Statistics of the users that were started. A row counts if it is in the table of requests; a
 * response counts if a status came. */
struct served_users {
    bool known; /* false: a load by rate, or no users */
    uint32_t started;
    uint64_t requests_min, requests_max;
    double requests_median;
    uint32_t without_answer, with_one_answer, starved;
    double typical_answers; /* median of the users with at least two responses; 0: there are none */
};

/* `endpoints` is the number of endpoints in the file. */
int served_new(size_t endpoints, struct served **out, struct err *e);
void served_free(struct served *s);

int served_add(struct served *s, const struct request *row, struct err *e);

/* Call it after the last row. Reads the users by second and the manifest. Reads the rows once more
 * if responses on new connections are late because of the time that it took to connect. */
int served_finish(struct served *s, struct reader *r, struct served_users *out, struct err *e);

/* Adds the remarks about both effects. */
void served_remarks(const struct served *s, const struct served_users *users,
                    struct lines *remarks);

#endif
