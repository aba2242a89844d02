/*
 * curl_link: a session's connection as far as it can be known beside libcurl: by its socket, and by
 * what libcurl says while it works.
 *
 * libcurl keeps connections to itself, and where one ends before an answer it sends the request
 * again and tells nobody. Here its sockets are opened and closed, so that no request goes out twice
 * unless we say so; how a connection ended is seen when libcurl lets go of its socket; and with
 * HTTP/2 the texts of CURLOPT_DEBUGFUNCTION tell the number of our stream and what a GOAWAY said,
 * which no option does. A libcurl whose texts are others costs only that knowledge: then nothing is
 * taken for unseen.
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

/* The connection of a transfer is being closed: what lies unread in `fd` is lost behind this. */
typedef void curl_link_closing_fn(void *context, int fd);

struct curl_link {
    struct curl_loop *loop;
    curl_link_closing_fn *closing; /* set after curl_link_init(), with `context` */
    void *context;
    struct curl_aim *aim;
    const struct transport_options *options;
    struct history history;
    int fd;          /* its socket: the one that was opened last, while it is open; else -1 */
    int other;       /* the one before, while two addresses are tried side by side; else -1 */
    int64_t gone_ns; /* when it was seen to have ended, idle; 0: it was not */
    bool gone_reset; /* by a reset */
    bool babbled;    /* bytes have come while it was idle */
    bool tls;        /* the last transfer went to an https URL */
    bool goaway;     /* the server has said GOAWAY on it, and that it acts on streams up to: */
    uint32_t last_stream;

    /* ---- the current request ---- */
    enum connection_end previous_end; /* that of the connection before, once a new one is opened */
    int64_t previous_idle_ns;

    /* ---- the current transfer ---- */
    bool opened;       /* it opened `fd` */
    bool sent;         /* it has begun to send */
    bool again_wanted; /* libcurl wanted to send once more, which it must not */
    bool closed;       /* its connection was closed since it had begun to send */
    bool unseen;       /* … and ended before the server's program can have seen the request */
    bool reset;        /* … by a reset */
    bool ended;        /* … by the server */
    bool refused;      /* by REFUSED_STREAM */
    bool broken;       /* sending, receiving or TLS failed */
    bool begun;        /* a line of an answer came */
    CURLcode code;     /* how it ended */
    uint64_t written;  /* by `fd` before it */
    int64_t sent_ns;   /* when it began to send */
    bool answered;     /* HTTP/2: its stream has ended well */
    uint32_t stream;   /* HTTP/2's number of it; 0: not known */
};

void curl_link_init(struct curl_link *k, struct curl_loop *loop, struct curl_aim *aim,
                    const struct transport_options *options);

/* Once for an easy handle. */
CURLcode curl_link_setup(struct curl_link *k, CURL *easy);

/* A request begins; a transfer of it begins. `tls`: it goes to an https URL. */
void curl_link_begin(struct curl_link *k);
void curl_link_expect(struct curl_link *k, bool tls);

/* What the answer says of its connection. */
struct curl_link_seen {
    bool begun;     /* a line of it came */
    bool announced; /* it said that it was the connection's last */
    bool goodbye;   /* TLS was ended by close_notify, or by another alert of the server's */
};

/* The transfer has ended, and is out of the multi handle; notes how its connection does. */
void curl_link_ended(struct curl_link *k, CURLcode code, const char *curl_text,
                     const struct curl_link_seen *seen, int64_t end_ns);

/* After curl_link_ended(): whether the request may go out once more (RFC 9110 9.2.2, RFC 9113 6.8
 * and 8.7). */
bool curl_link_may_repeat(const struct curl_link *k, bool idempotent);

/* What is known of a transfer that failed and libcurl has poor words for; NULL: nothing. *outcome
 * is set with a text. */
const char *curl_link_failure(const struct curl_link *k, const char *curl_text,
                              enum outcome *outcome);

enum http_version curl_link_version(CURL *easy);

#endif
