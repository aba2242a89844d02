/*
 * connection: what is said of the connections that requests went over, in words.
 *
 * The words are a contract: they stand in run files and machine-readable reports. Add at the end
 * only, the numbers are stored. Thread: any.
 */
#ifndef UTIL_CONNECTION_H
#define UTIL_CONNECTION_H

/* The version of an answer. */
enum http_version {
    HTTP_VERSION_NONE, /* no answer came */
    HTTP_VERSION_1_0,
    HTTP_VERSION_1_1,
    HTTP_VERSION_2,
    HTTP_VERSION_COUNT
};

/* "1.0", "1.1", "2"; NULL for HTTP_VERSION_NONE and for a number that is none of ours. */
const char *http_version_text(int version);

/* How a connection ended. */
#define CONNECTION_END_MAP(X)                                                                      \
    X(NONE, "")                                                                                    \
    X(ANNOUNCED, "announced") /* the server said so with an answer, or HTTP/1.0 does */            \
    X(IDLE, "idle")           /* the server ended it, unannounced, while no request was on it */   \
    X(LOST, "lost")           /* the server ended it, and a request had been sent: no byte came */ \
    X(CUT, "cut")             /* the server ended it within an answer */                           \
    X(RESET, "reset")         /* by a reset */                                                     \
    X(GOAWAY, "goaway")       /* the server said so with HTTP/2's GOAWAY */                        \
    X(EXPIRED, "expired")     /* we ended it: the server's Keep-Alive: timeout= was over */        \
    X(CLIENT, "client")       /* we ended it for another reason: no keep-alive, a timeout, ... */

enum connection_end {
#define CONNECTION_END_ENUM(name, text) CONNECTION_END_##name,
    CONNECTION_END_MAP(CONNECTION_END_ENUM)
#undef CONNECTION_END_ENUM
        CONNECTION_END_COUNT
};

/* NULL for CONNECTION_END_NONE and for a number that is none of ours. */
const char *connection_end_text(int end);

#endif
