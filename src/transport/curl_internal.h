/*
 * curl_internal: shared by the files of the curl transport.
 *
 * curl.c runs libcurl on the loop, curl_request.c sets up what is sent, curl_result.c fills the
 * result. Not for other folders. Thread: the loop's.
 */
#ifndef TRANSPORT_CURL_INTERNAL_H
#define TRANSPORT_CURL_INTERNAL_H

#include <curl/curl.h>

#include "transport/addresses.h"
#include "transport/answer.h"
#include "transport/place.h"
#include "transport/transport.h"

/* A request in libcurl's terms. Shared by all sessions of a transport, and read-only. */
struct curl_request {
    uint64_t serial; /* distinguishes it from a freed one at the same address */
    const char *url;
    const char *method;
    const void *body;
    size_t body_bytes;
    bool own_trace;             /* the scenario sends its own traceparent */
    bool upgrade;               /* it has an Upgrade header, so 101 is a final response */
    bool has_body;              /* send a Content-Length, even if it is 0 */
    struct curl_slist *headers; /* those with fixed values */
    const char **varying;       /* names of the headers with varying values; NULL: none */
    size_t varying_count;
    struct address_host *address; /* to look up before connecting; NULL: none */
    size_t origin_bytes;          /* length of the URL's origin, if the path varies */
    char *host, *path;            /* of the URL, referenced by `place` */
    struct place place;           /* if nothing in it varies */
    /* The scenario's own Cookie, which is combined with the jar's. Not in `headers`. */
    struct bytes own_cookie;
    size_t host_value;   /* index of the Host header in the varying values; else CURL_FIXED */
    size_t cookie_value; /* index of the Cookie header, likewise */
    bool path_varies, body_varies;
    struct answer_wanted wanted; /* of its response */
};

#define CURL_FIXED SIZE_MAX

int curl_request_new(const struct transport_options *options, const struct transport_request *r,
                     void **compiled, struct err *e);
void curl_request_free(void *compiled);

/* True if connections are used for more than one request. */
bool curl_request_keeps(const struct transport_options *options);

/* Sets the options that stay for the life of an easy handle. */
int curl_request_setup(CURL *easy, const struct transport_options *options, struct err *e);

/* A limit in libcurl's form, in which 0 means none. */
long curl_request_timeout_ms(int64_t ns);

/* Sets the options of one request. Called only if a session's request differs from its last one. */
CURLcode curl_request_apply(CURL *easy, const struct curl_request *r);

/* Sets the varying parts, after curl_request_apply(). *headers becomes the header list of this
 * sending. Its tail is the request's own list; the caller frees the other nodes with
 * curl_request_headers_free(). */
CURLcode curl_request_vary(CURL *easy, const struct curl_request *r,
                           const struct transport_parts *parts, struct curl_slist **headers);
void curl_request_headers_free(const struct curl_request *r, struct curl_slist *headers);

/* `result->status` is set already. Fills all other members except sent_ns, end_ns,
 * bytes_received and, if it is set already, the error. `text` is a buffer for the error. */
#define CURL_RESULT_TEXT_BYTES 512
void curl_result_fill(CURL *easy, CURLcode code, const char *curl_text,
                      const struct transport_options *options, struct transport_result *result,
                      char text[CURL_RESULT_TEXT_BYTES]);

/* The same for a request whose host has no address. Its phases are added by curl_result_add(). */
void curl_result_unaimed(struct transport_result *result, const struct address_failure *failure,
                         char text[CURL_RESULT_TEXT_BYTES]);

/* Writes the message for a passed time limit. */
void curl_result_late(const struct transport_options *options, bool connected, int status,
                      char text[CURL_RESULT_TEXT_BYTES]);

/* The version of the response is known: fails it if the options do not allow that version. */
void curl_result_version(const struct transport_options *options, struct transport_result *result);

/* Sums over the earlier transfers of a redirected request. */
struct curl_phases {
    int64_t dns_ns, connect_ns, tls_ns;
    int64_t elapsed_ns; /* from the first sending to the end of the last redirect */
    uint64_t bytes_sent;
    bool new_connection;
};

/* Adds those of the transfer that has just ended. elapsed_ns is the caller's to set. */
void curl_result_phases(CURL *easy, struct curl_phases *sum);

/* Adds the phases of the earlier transfers to the result of a redirected request. */
void curl_result_add(struct transport_result *result, const struct curl_phases *before);

/* Sets the result of a request whose kept connection ended before the first byte of the
 * response. */
void curl_result_lost(struct transport_result *result);

#endif
