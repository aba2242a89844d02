/*
 * curl_link: tracks a session's connection from outside libcurl: by its socket, and by the texts
 * that libcurl logs.
 *
 * libcurl hides its connections. If one ends before a response, libcurl silently sends the request
 * again. Here the sockets are opened and closed by us, so that no request is repeated unless we
 * allow it. How a connection ended is checked when libcurl releases its socket. With HTTP/2, the
 * texts of CURLOPT_DEBUGFUNCTION contain the number of our stream and the contents of a GOAWAY,
 * which no option provides. If a libcurl version logs other texts, only that knowledge is lost:
 * then no request is taken as unseen.
 *
 * It sends nothing. Ownership: embedded in a session. Thread: the loop's.
 */
#ifndef TRANSPORT_CURL_LINK_H
#define TRANSPORT_CURL_LINK_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stdint.h>

#include "transport/curl_aim.h"
#include "transport/curl_loop.h"
#include "transport/history.h"
#include "transport/transport.h"

/* The connection of a transfer is being closed: data that is unread in `fd` is lost after this
 * call. */
typedef void curl_link_closing_fn(void *context, int fd);

struct curl_link {
    struct curl_loop *loop;
    curl_link_closing_fn *closing; /* set after curl_link_init(), with `context` */
    void *context;
    struct curl_aim *aim;
    const struct transport_options *options;
    struct history history;
    int fd; /* the socket that was opened last, while it is open; else -1 */
    /* The socket before it, while two addresses are tried side by side; else -1. */
    int other;
    int64_t gone_ns; /* when it was seen to have ended while idle; 0: it was not */
    bool gone_reset; /* by a reset */
    bool babbled;    /* bytes arrived while it was idle */
    bool tls;        /* the last transfer went to an https URL */
    /* The server has sent GOAWAY on it: it handles streams up to last_stream. */
    bool goaway;
    uint32_t goaway_code;
    uint32_t last_stream;

    /* ---- the current request ---- */
    /* How the connection before ended, once a new one is opened. */
    enum connection_end previous_end;
    int64_t previous_idle_ns;

    /* ---- the current transfer ---- */
    bool opened;       /* it opened `fd` */
    bool sent;         /* it has begun to send */
    bool again_wanted; /* libcurl wanted to send again, which it must not */
    bool closed;       /* its connection was closed after it had begun to send */
    bool unseen;       /* … and ended before the server's program can have seen the request */
    bool reset;        /* … by a reset */
    bool ended;        /* … by the server */
    bool refused;      /* by REFUSED_STREAM */
    bool broken;       /* sending, receiving or TLS failed */
    bool begun;        /* the first line of a response arrived */
    CURLcode code;     /* how it ended */
    uint64_t written;  /* bytes written to `fd` before it */
    int64_t sent_ns;   /* when it began to send */
    bool answered;     /* HTTP/2: its stream has ended without an error */
    uint32_t stream;   /* HTTP/2: number of its stream; 0: unknown */
};

void curl_link_init(struct curl_link *k, struct curl_loop *loop, struct curl_aim *aim,
                    const struct transport_options *options);

/* Call once for an easy handle. */
CURLcode curl_link_setup(struct curl_link *k, CURL *easy);

/* A request begins, or a transfer of it begins. `tls`: it goes to an https URL. */
void curl_link_begin(struct curl_link *k);
void curl_link_expect(struct curl_link *k, bool tls);

/* What the response says about its connection. */
struct curl_link_seen {
    bool begun;     /* its first line arrived */
    bool announced; /* it announced that it is the last on its connection */
    bool goodbye;   /* TLS was ended by close_notify, or by another alert from the server */
};

/* The transfer has ended and is out of the multi handle. Notes the state of its connection. */
void curl_link_ended(struct curl_link *k, CURLcode code, const char *curl_text,
                     const struct curl_link_seen *seen, int64_t end_ns);

/* After curl_link_ended(): true if the request may be sent once more (RFC 9110 9.2.2, RFC 9113
 * 6.8 and 8.7). */
bool curl_link_may_repeat(const struct curl_link *k, bool idempotent);

/* Explains a failed transfer if libcurl's text says too little. Returns NULL if nothing more is
 * known. With a text, *outcome is set. */
const char *curl_link_failure(const struct curl_link *k, const char *curl_text,
                              enum outcome *outcome);

enum http_version curl_link_version(CURL *easy);

#endif
