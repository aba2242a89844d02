/*
 * curl_answer: the response to a libcurl transfer, parsed by our own parser (http1.h), with its
 * cookies stored and its body decoded.
 *
 * libcurl parses responses too, and knows when to stop. But the outcome is decided here, from the
 * raw header lines and body, so that `curl` and `direct` agree. If libcurl would wait for more than
 * there is, the transfer is ended. With HTTP/2, libcurl handles the frames, and only the fields are
 * used here.
 *
 * Ownership: embedded in a session, which calls answer_init() and answer_done() on `base`. Thread:
 * the loop's.
 */
#ifndef TRANSPORT_CURL_ANSWER_H
#define TRANSPORT_CURL_ANSWER_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stdint.h>

#include "transport/answer.h"
#include "transport/curl_internal.h"
#include "transport/stream_watch.h"

struct curl_answer {
    struct answer base;
    CURL *easy;
    /* The session's. NULL until its first stream with time limits. */
    struct stream_watch *watch;
    uint64_t to_send; /* bytes of the request's body */
    bool seen;        /* the head is complete */
    bool reusable;    /* libcurl may reuse the connection */
    /* HTTP/2, for a request with a body: */
    bool length_said;     /* the response had a Content-Length */
    uint64_t length, raw; /* value of Content-Length; bytes of the body received so far */
    bool early;           /* the response is complete before the request's body is sent */
    int alert;            /* number of a TLS alert from the server; 0: none */
    bool goodbye;         /* close_notify received on the newest connection */
    /* Set by curl_answer_end() if it knows better than libcurl: */
    enum outcome outcome;
    const char *error; /* NULL: it does not */
    char text[CURL_RESULT_TEXT_BYTES];
};

/* Call once for an easy handle, after curl_request_setup(). */
CURLcode curl_answer_setup(struct curl_answer *a, CURL *easy);

/* A transfer begins: the first one of a request, or one after a redirect. answer_begin() has
 * been called for the request. */
void curl_answer_expect(struct curl_answer *a, CURL *easy, const struct curl_request *r,
                        uint64_t to_send, const struct place *place);

/* Call when the transfer's connection is being closed; the type is curl_link_closing_fn. A
 * server may respond and close while we are still sending. libcurl then fails to send and leaves
 * the response unread (RFC 9112 9.6); this reads it. Not with TLS, where reading the raw socket
 * is of no use. */
void curl_answer_last_words(void *answer, int fd);

/* The transfer has ended. Returns CURLE_OK if there is a complete response, whatever libcurl
 * made of it; `error` may be set. */
CURLcode curl_answer_end(struct curl_answer *a, CURLcode code, const char *curl_text);

#endif
