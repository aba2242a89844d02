/*
 * curl_internal: what the files of the curl transport share.
 *
 * curl.c drives libcurl on the loop, curl_request.c says what is sent, curl_result.c says how it
 * ended. Not for other folders. Thread: the loop's.
 */
#ifndef TRANSPORT_CURL_INTERNAL_H
#define TRANSPORT_CURL_INTERNAL_H

#include <curl/curl.h>

#include "transport/addresses.h"
#include "transport/answer.h"
#include "transport/place.h"
#include "transport/transport.h"

/* A request in libcurl's terms; shared by all sessions of a transport, which only read it. */
struct curl_request {
    uint64_t serial; /* tells it from one that was freed and had the same address */
    const char *url;
    const char *method;
    const void *body;
    size_t body_bytes;
    bool own_trace;             /* the scenario sends a traceparent of its own */
    bool upgrade;               /* it has an Upgrade: 101 is an answer */
    bool has_body;              /* send a Content-Length, if only of 0 */
    struct curl_slist *headers; /* without those whose value varies */
    const char **varying;       /* their names; NULL: none */
    size_t varying_count;
    struct address_host *address; /* to look up for a connection; NULL: none */
    size_t origin_bytes;          /* of the URL, where its path varies */
    char *host, *path;            /* of the URL, for `place` */
    struct place place;           /* where nothing varies in it */
    /* The scenario's Cookie, which the jar's are added to; not in the headers. */
    struct bytes own_cookie;
    size_t host_value;   /* which of the values that vary the Host header is; else CURL_FIXED */
    size_t cookie_value; /* the same of Cookie */
    bool path_varies, body_varies;
    struct answer_wanted wanted; /* of its answer */
};

#define CURL_FIXED SIZE_MAX

int curl_request_new(const struct transport_options *options, const struct transport_request *r,
                     void **compiled, struct err *e);
void curl_request_free(void *compiled);

/* Connections are used for more than one request. */
bool curl_request_keeps(const struct transport_options *options);

/* Options that stay for the life of an easy handle. */
int curl_request_setup(CURL *easy, const struct transport_options *options, struct err *e);

/* A limit as libcurl takes it, for which 0 is none. */
long curl_request_timeout_ms(int64_t ns);

/* Options of one request; called only when a session's request differs from its last. */
CURLcode curl_request_apply(CURL *easy, const struct curl_request *r);

/* What varies, on top of that: *headers becomes the list of this sending, which ends with the
 * request's own and whose others are the caller's to free with curl_request_headers_free(). */
CURLcode curl_request_vary(CURL *easy, const struct curl_request *r,
                           const struct transport_parts *parts, struct curl_slist **headers);
void curl_request_headers_free(const struct curl_request *r, struct curl_slist *headers);

/* `status` is given. Fills all but sent_ns, end_ns, bytes_received and, where it already holds one,
 * the error. `text` is room for the error. */
#define CURL_RESULT_TEXT_BYTES 512
void curl_result_fill(CURL *easy, CURLcode code, const char *curl_text,
                      const struct transport_options *options, struct transport_result *result,
                      char text[CURL_RESULT_TEXT_BYTES]);

/* The same for a request whose host has no address; its phases are in `before`. */
void curl_result_unaimed(struct transport_result *result, const struct address_failure *failure,
                         char text[CURL_RESULT_TEXT_BYTES]);

/* What a user reads when a limit of time has passed. */
void curl_result_late(const struct transport_options *options, bool connected, int status,
                      char text[CURL_RESULT_TEXT_BYTES]);

/* What the transfers before a redirect's last one took, together. */
struct curl_phases {
    int64_t dns_ns, connect_ns, tls_ns;
    int64_t elapsed_ns; /* from the first sending to the last redirect's end */
    uint64_t bytes_sent;
    bool new_connection;
};

/* Adds those of the transfer that has just ended; elapsed_ns is the caller's. */
void curl_result_phases(CURL *easy, struct curl_phases *sum);

/* The phases of a redirected request are those of all its transfers. */
void curl_result_add(struct transport_result *result, const struct curl_phases *before);

/* Makes it the result of a request whose kept connection ended before any byte of the answer. */
void curl_result_lost(struct transport_result *result);

#endif
