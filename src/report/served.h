/*
 * served: how the server shared itself among the users, and whether its kept connections answer
 * late: two habits that no percentile shows.
 *
 * Starved users. A server may accept more connections than it serves; then the users behind the
 * others wait, and what is measured is those that were served. A user is starved who got no answer
 * or one, in a time in which the median of those with more got at least 20; time counts for each
 * user from its own start to the last moment at which any user sent something, or to when the load
 * took it away. Where users need not be alike (classes, steps, pauses of on_start, feeders at whose
 * end a user ends) that says nothing by itself: there it takes that the user spent half of its time
 * waiting for an answer that did not come, twice as long as any answer took, and that 3 were to be
 * expected. Under a load by rate nothing is said: an arrival is given to a free user, and who gets
 * none has waited for nothing. Nor of a user who had a request that could not be built: it may have
 * had no other to send. Nor of one who got no connection, where this machine had a limit of its
 * own: that is not the server's.
 *
 * Late answers. A server that writes head and body apart waits for our acknowledgement of the head
 * (Nagle's algorithm, RFC 9293 3.7.4), which Linux delays by 40 ms, but not on a new connection.
 * Seen where at least half of 20 or more answers to a request on kept connections took 40 to 45 ms,
 * and at least four in five on new ones less than 35 ms without name, connecting and TLS.
 *
 * Every request is given once. Ownership: served_new and served_free; NULL is fine. Thread: plain
 * data.
 */
#ifndef REPORT_SERVED_H
#define REPORT_SERVED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "record/reader.h"
#include "report/remarks.h"
#include "util/err.h"

struct served;

/* Of the users that were started; a row counts where it is in the table of requests, an answer
 * where a status came. */
struct served_users {
    bool known; /* false: a load by rate, or no users */
    uint32_t started;
    uint64_t requests_min, requests_max;
    double requests_median;
    uint32_t without_answer, with_one_answer, starved;
    double typical_answers; /* the median of those with two answers or more; 0: there are none */
};

/* Endpoints as in the file. */
int served_new(size_t endpoints, struct served **out, struct err *e);
void served_free(struct served *s);

int served_add(struct served *s, const struct request *row, struct err *e);

/* After the last row. Reads the users by second and the manifest, and the rows once more where new
 * connections answer late by the whole time that opening them took. */
int served_finish(struct served *s, struct reader *r, struct served_users *out, struct err *e);

/* What there is to say of both. */
void served_remarks(const struct served *s, const struct served_users *users,
                    struct remarks *remarks);

#endif
