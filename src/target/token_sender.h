/*
 * token_sender: writes streams to their sockets at their times: one thread for all, a heap of due
 * times and one timerfd.
 *
 * It writes past libmicrohttpd, whose connection is suspended meanwhile and whose response head is
 * out already: the daemon wakes a connection in turn, through a buffer, and cannot say when bytes
 * left. Bodies are framed as chunks where the version of HTTP has them. It opens and closes no
 * connection and sends no last chunk: the owner does.
 *
 * A client that does not read holds up its own stream only; what is due meanwhile follows as soon
 * as it reads, at once. One that closes its sending half has left.
 *
 * Ownership: a sending belongs to the caller and must stay where it is until `over`; it is not
 * touched after that call.
 * Thread: token_sender_add from any; the callbacks come from the sender's thread, or from within
 * token_sender_add and token_sender_stop.
 */
#ifndef TARGET_TOKEN_SENDER_H
#define TARGET_TOKEN_SENDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "target/token_log.h"
#include "target/token_stream.h"
#include "util/buf.h"
#include "util/err.h"

#define TOKEN_CLIENT_ID_BYTES 65

/* How a sending ended. */
enum token_over {
    TOKEN_OVER_SENT,    /* all that was to be sent */
    TOKEN_OVER_RESET,   /* the connection was reset on purpose */
    TOKEN_OVER_LEFT,    /* the client has left */
    TOKEN_OVER_STOPPED, /* token_sender_stop came first */
    TOKEN_OVER_MEMORY   /* there was none */
};

struct token_sending {
    /* Set by the caller. */
    struct token_stream stream;
    int fd;
    bool chunked;
    bool streamed; /* false: nothing is written; it is over when the last token is due */
    int64_t
        received_ns; /* when the request was complete; the stream may start later, behind a queue */
    char client_id[TOKEN_CLIENT_ID_BYTES];

    /* Private. */
    struct token_sending *next, *previous;
    size_t slot; /* in the heap, from 1 on; 0: not in it */
    int64_t due_ns;
    uint64_t order;
    struct buf frames; /* the prepared write */
    size_t sent;       /* of it */
    int64_t before_ns;
    bool blocked;
    uint64_t bytes; /* of the body, without framing, of all writes prepared so far */
};

struct token_sender_events {
    /* Before the last write of a stream, or where it breaks on purpose: whoever sees the end must
     * find it counted. */
    void (*ending)(struct token_sending *s, enum token_end end);
    void (*over)(struct token_sending *s, enum token_over how);
};

struct token_sender;

/* `log` may be NULL; it must outlive the sender. */
int token_sender_new(const struct token_sender_events *events, struct token_log *log,
                     struct token_sender **out, struct err *e);

void token_sender_add(struct token_sender *t, struct token_sending *s);

/* Streams that were begun, and tokens written so far. */
void token_sender_counts(struct token_sender *t, uint64_t *streams, uint64_t *tokens);

/* Ends the thread and gives back every sending; those that are added later come back at once. */
void token_sender_stop(struct token_sender *t);
void token_sender_free(struct token_sender *t); /* after token_sender_stop */

#endif
