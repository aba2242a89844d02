/*
 * curl_internal: what the files of the curl transport share.
 *
 * curl.c drives libcurl on the loop, curl_request.c says what is sent, curl_result.c says what became of it. Not for
 * other folders. Thread: the loop's.
 */
#ifndef TRANSPORT_CURL_INTERNAL_H
#define TRANSPORT_CURL_INTERNAL_H

#include <curl/curl.h>

#include "transport/transport.h"

/* A request in libcurl's terms; shared by all sessions of a transport, which only read it. */
struct curl_request {
    uint64_t serial; /* tells it from one that was freed and had the same address */
    const char *url;
    const char *method;
    const void *body;
    size_t body_bytes;
    bool own_trace;             /* the scenario sends a traceparent of its own */
    bool has_body;              /* send a Content-Length, if only of 0 */
    struct curl_slist *headers; /* without those whose value varies */
    const char **varying;       /* their names; NULL: none */
    size_t varying_count;
    size_t origin_bytes; /* of the URL, where its path varies */
    bool path_varies, body_varies;
    bool keep_head;
    size_t keep_body_bytes;
};

int curl_request_new(const struct transport_options *options, const struct transport_request *r,
                     void **compiled, struct err *e);
void curl_request_free(void *compiled);

/* Options that stay for the life of an easy handle. */
int curl_request_setup(CURL *easy, const struct transport_options *options,
                       struct curl_slist *resolve, struct err *e);

/* Options of one request; called only when a session's request differs from its last. */
CURLcode curl_request_apply(CURL *easy, const struct curl_request *r);

/* What varies, on top of that: *headers becomes the list of this sending, which ends with the request's own and whose others are the
 * caller's to free with curl_request_headers_free(). */
CURLcode curl_request_vary(CURL *easy, const struct curl_request *r,
                           const struct transport_parts *parts, struct curl_slist **headers);
void curl_request_headers_free(const struct curl_request *r, struct curl_slist *headers);

/* Fills all but sent_ns, end_ns, bytes_received and, where it already holds one, the error. `text` is room for the error. */
#define CURL_RESULT_TEXT_BYTES 512
void curl_result_fill(CURL *easy, CURLcode code, const char *curl_text,
                      const struct transport_options *options, struct transport_result *result,
                      char text[CURL_RESULT_TEXT_BYTES]);

/* What a user reads when a limit of time has passed. */
void curl_result_late(const struct transport_options *options, bool connected, int status,
                      char text[CURL_RESULT_TEXT_BYTES]);

/* Makes it the result of a request whose kept connection ended before any byte of the answer. */
void curl_result_lost(struct transport_result *result);

#endif
