/*
 * curl_answer: the answer to a transfer of libcurl's, as our own reader sees it (http1.h), its
 * cookies taken and its body decoded.
 *
 * libcurl reads answers too, and knows when to stop; what an answer means is judged here from its
 * header lines and its body as they came, so that `curl` and `direct` say the same. Where libcurl
 * would wait for more than there is, the transfer is ended. With HTTP/2 the frames are libcurl's,
 * and only the fields are taken here.
 *
 * Ownership: embedded in a session, which has answer_init() and answer_done() of `base`. Thread:
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
    struct stream_watch *watch; /* the session's; NULL until its first stream with limits of time */
    uint64_t to_send;           /* of the request's body */
    bool seen;                  /* the head is complete */
    bool reusable;              /* libcurl was told that it may use the connection again */
    /* With HTTP/2 and a request that has a body: */
    bool length_said;     /* there was a Content-Length */
    uint64_t length, raw; /* its value; so much of the answer's body came */
    bool early;           /* the whole answer is here, and the request's body is not sent */
    int alert;            /* the number of a TLS alert that the server sent; 0: none */
    bool goodbye;         /* TLS has said close_notify on the newest connection */
    /* After curl_answer_end(), where it knows better than libcurl: */
    enum outcome outcome;
    const char *error; /* NULL: it does not */
    char text[CURL_RESULT_TEXT_BYTES];
};

/* Once for an easy handle, behind curl_request_setup(). */
CURLcode curl_answer_setup(struct curl_answer *a, CURL *easy);

/* A transfer begins, behind answer_begin() of its request: the first, or one behind a redirect. */
void curl_answer_expect(struct curl_answer *a, CURL *easy, const struct curl_request *r,
                        uint64_t to_send, const struct place *place);

/* Its connection is being closed. A server may answer and close while we still send; libcurl then
 * fails to send, and leaves the answer unread (RFC 9112 9.6). Not with TLS, of which the socket
 * alone tells nothing. The type of curl_link_closing_fn. */
void curl_answer_last_words(void *answer, int fd);

/* The transfer has ended. CURLE_OK where there is a whole answer, and what libcurl made of it does
 * not matter; `error` may be set. */
CURLcode curl_answer_end(struct curl_answer *a, CURLcode code, const char *curl_text);

#endif
