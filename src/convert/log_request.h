/*
 * log_request: the request that one entry of an access log tells of.
 *
 * Lines of text (nginx, Apache, Envoy) and JSON objects (Caddy, Envoy, Traefik, Cloud Run, and
 * others with the same names) give the same facts. Bodies, and headers other than the host, are
 * not in a log. It neither counts nor chooses. Internal to convert/.
 *
 * Ownership: log_request_init() once, and log_request_done() at the end; one struct is used for
 * all entries. Texts are valid until the next entry is read. Thread: one.
 */
#ifndef CONVERT_LOG_REQUEST_H
#define CONVERT_LOG_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/buf.h"
#include "util/json.h"

#define LOG_TARGET_MAX 8000 /* bytes of a path with its query */

enum log_kind {
    LOG_REQUEST,
    LOG_NO_REQUEST, /* a connection that sent none: "-" */
    LOG_NOT_HTTP,   /* what came was no request of HTTP, such as a TLS handshake */
    LOG_NO_TARGET,  /* CONNECT, "OPTIONS *": of the proxy or the server itself */
    LOG_TOO_LONG,
    LOG_OTHER,  /* an entry of JSON that tells of no request */
    LOG_STRANGE /* not an entry of an access log */
};

struct log_request {
    const char *method, *target; /* target: begins with "/", or is a URL */
    size_t method_bytes, target_bytes;
    const char *host; /* NULL: not in the log; may have a port */
    size_t host_bytes;
    bool scheme_known, https;
    int status; /* 0: not in the log */
    bool has_time, whole_seconds;
    int64_t at_us;     /* since 1970 */
    const char *agent; /* User-Agent; NULL: not in the log */
    size_t agent_bytes;

    struct buf text;    /* private: what the pointers point into */
    char last_time[40]; /* private: most lines have the time of the line before */
    size_t last_bytes;
    int64_t last_us;
};

void log_request_init(struct log_request *r);
void log_request_done(struct log_request *r);

/* A line without its end: the common and combined formats with or without a virtual host in front,
 * and Envoy's default format. */
enum log_kind log_request_line(struct log_request *r, const char *line, size_t n);

/* An object of JSON, which must outlive the request. */
enum log_kind log_request_json(struct log_request *r, const struct json *entry);

/* Before the facts of another entry are set: internal, as are the next two. */
void log_request_clear(struct log_request *r);

/* Splits "GET /path HTTP/1.1" for both. */
enum log_kind log_request_split(struct log_request *r, const char *text, size_t n);

/* "10/Oct/2000:13:55:36 -0700" and RFC 3339. Sets the time of the request if it is one. */
bool log_request_time(struct log_request *r, const char *text, size_t n);

#endif
