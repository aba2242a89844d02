/*
 * token_sender: writes streams to their sockets at the scheduled times: one thread for all, a heap
 * of due times and one timerfd.
 *
 * It bypasses libmicrohttpd: the connection is suspended meanwhile, and its response head was
 * already sent. The daemon would wake connections one after the other, copy through a buffer, and
 * not report when bytes were sent. Bodies are chunked if the HTTP version supports it. The sender
 * opens and closes no connections and sends no last chunk: the owner does.
 *
 * A client that does not read delays only its own stream. What became due meanwhile is sent at once
 * when it reads again. A client that closes its sending half has left.
 *
 * Ownership: a sending belongs to the caller and must not move until `over`; it is not touched
 * after that call.
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
    TOKEN_OVER_SENT,    /* everything was sent */
    TOKEN_OVER_RESET,   /* the connection was reset on purpose */
    TOKEN_OVER_LEFT,    /* the client has left */
    TOKEN_OVER_STOPPED, /* token_sender_stop was called first */
    TOKEN_OVER_MEMORY   /* memory ran out */
};

struct token_sending {
    /* Set by the caller. */
    struct token_stream stream;
    int fd;
    bool chunked;
    bool streamed; /* false: writes nothing, and is over when the last token is due */
    /* When the request was complete; the stream may start later, after waiting in a queue. */
    int64_t received_ns;
    char client_id[TOKEN_CLIENT_ID_BYTES];

    /* Private. */
    struct token_sending *next, *previous;
    size_t slot; /* in the heap, from 1; 0: not in it */
    int64_t due_ns;
    uint64_t order;
    struct buf frames; /* the prepared write */
    size_t sent;       /* bytes of `frames` sent */
    int64_t before_ns;
    bool blocked;
    uint64_t bytes; /* of the body, without framing, over all prepared writes */
};

struct token_sender_events {
    /* Before the last write of a stream, or before it breaks on purpose. Whoever sees the end
     * must find it counted. */
    void (*ending)(struct token_sending *s, enum token_end end);
    void (*over)(struct token_sending *s, enum token_over how);
};

struct token_sender;

/* `log` may be NULL; it must outlive the sender. */
int token_sender_new(const struct token_sender_events *events, struct token_log *log,
                     struct token_sender **out, struct err *e);

void token_sender_add(struct token_sender *t, struct token_sending *s);

/* Returns the streams that have begun and the tokens written, so far. */
void token_sender_counts(struct token_sender *t, uint64_t *streams, uint64_t *tokens);

/* Ends the thread and returns every sending. Sendings added later are returned at once. */
void token_sender_stop(struct token_sender *t);
void token_sender_free(struct token_sender *t); /* after token_sender_stop */

#endif
