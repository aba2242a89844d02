/*
 * connection: words for the HTTP version and the end of a connection.
 *
 * The words are a contract: they are in run files and machine-readable reports. Only add at the
 * end, because the numbers are stored. Thread: any.
 */
#ifndef UTIL_CONNECTION_H
#define UTIL_CONNECTION_H

/* The version of a response. */
enum http_version {
    HTTP_VERSION_NONE, /* no response arrived */
    HTTP_VERSION_1_0,
    HTTP_VERSION_1_1,
    HTTP_VERSION_2,
    HTTP_VERSION_COUNT
};

/* Returns "1.0", "1.1" or "2"; NULL for HTTP_VERSION_NONE and for invalid numbers. */
const char *http_version_text(int version);

/* How a connection ended. */
#define CONNECTION_END_MAP(X)                                                                      \
    X(NONE, "")                                                                                    \
    X(ANNOUNCED, "announced") /* the server said so in a response, or HTTP/1.0 implies it */       \
    X(IDLE, "idle")           /* the server ended it, unannounced, without a request on it */      \
    X(LOST, "lost")           /* the server ended it after a request, before any response */       \
    X(CUT, "cut")             /* the server ended it during a response */                          \
    X(RESET, "reset")         /* by a reset */                                                     \
    X(GOAWAY, "goaway")       /* the server sent an HTTP/2 GOAWAY without an error */              \
    X(EXPIRED, "expired")     /* closed by the client: Keep-Alive: timeout= had passed */          \
    X(CLIENT, "client")       /* closed by the client otherwise: no keep-alive, a timeout, ... */  \
    X(GOAWAY_CALM, "goaway_enhance_your_calm") /* GOAWAY: the client is too much for the server */ \
    X(GOAWAY_ERROR, "goaway_error")            /* GOAWAY with another error */

enum connection_end {
#define CONNECTION_END_ENUM(name, text) CONNECTION_END_##name,
    CONNECTION_END_MAP(CONNECTION_END_ENUM)
#undef CONNECTION_END_ENUM
        CONNECTION_END_COUNT
};

/* Returns NULL for CONNECTION_END_NONE and for invalid numbers. */
const char *connection_end_text(int end);

#endif
