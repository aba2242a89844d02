/*
 * curl_options: every option of curl, whether it takes an argument, and how a conversion handles
 * it.
 *
 * Internal to convert/. Thread: any, constant data.
 */
#ifndef CONVERT_CURL_OPTIONS_H
#define CONVERT_CURL_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

enum curl_do {
    CURL_DO_LEFT,  /* affects what is sent, but has no equivalent: named in a comment */
    CURL_DO_QUIET, /* does not affect what is sent */
    CURL_DO_AGENT,
    CURL_DO_AS_IS,
    CURL_DO_BEARER,
    CURL_DO_CACERT,
    CURL_DO_CERT,
    CURL_DO_COMPRESSED,
    CURL_DO_CONFIG,
    CURL_DO_CONNECT_TIMEOUT,
    CURL_DO_COOKIE,
    CURL_DO_DATA,
    CURL_DO_DATA_BINARY,
    CURL_DO_DATA_RAW,
    CURL_DO_DATA_URLENCODE,
    CURL_DO_FORM,
    CURL_DO_FORM_STRING,
    CURL_DO_GET,
    CURL_DO_GLOBOFF,
    CURL_DO_HEAD,
    CURL_DO_HEADER,
    CURL_DO_HTTP1,
    CURL_DO_HTTP2,
    CURL_DO_HTTP2_PRIOR,
    CURL_DO_INSECURE,
    CURL_DO_JSON,
    CURL_DO_KEY,
    CURL_DO_LOCATION,
    CURL_DO_MAX_TIME,
    CURL_DO_NEXT,
    CURL_DO_PROXY,
    CURL_DO_RANGE,
    CURL_DO_REFUSED, /* another way of authentication */
    CURL_DO_REFERER,
    CURL_DO_REQUEST,
    CURL_DO_RESOLVE,
    CURL_DO_SOCKET,
    CURL_DO_UPLOAD,
    CURL_DO_URL,
    CURL_DO_URL_QUERY,
    CURL_DO_USER
};

struct curl_option {
    const char *name;
    char letter; /* 0: none */
    bool has_argument;
    enum curl_do what;
};

extern const struct curl_option curl_options[];
extern const size_t curl_option_count;

#endif
