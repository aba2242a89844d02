/*
 * fetch: downloads one document over HTTP for the program itself. It is not part of the load.
 *
 * It is a blocking GET with libcurl, for a thread that may block. The whole document must arrive
 * within a time and a size, with a 2xx status. Up to three redirects are followed. The connection
 * is kept for the next call. It supports no sessions, cookies or proxies.
 *
 * Ownership: `struct fetch` is heap; options are borrowed until fetch_free(); a document is valid
 * until the next call. Thread: one, except for fetch_wake(); call transport_global_init() first.
 */
#ifndef TRANSPORT_FETCH_H
#define TRANSPORT_FETCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/err.h"

struct fetch_options {
    const char *user_agent;
    const char *accept; /* value of the Accept header */
    /* Token of the Authorization header, not sent to other hosts; NULL: none. */
    const char *bearer;
    bool verify;
    const char *ca, *cert, *key; /* PEM files; NULL: the system's CAs, no cert, no key */
    const char *const *resolve;  /* "host:port:address,address" */
    size_t resolve_count;
    const char *unix_socket; /* NULL: none */
    int64_t timeout_ns;
    size_t bytes_max; /* of the document */
};

struct fetch;

struct fetch_document {
    const char *text; /* followed by a NUL; may contain NULs */
    size_t bytes;
    int64_t at_ns; /* CLOCK_MONOTONIC: arrival of its first byte */
};

int fetch_new(const struct fetch_options *options, struct fetch **out, struct err *e);
void fetch_free(struct fetch *f);

/* The error text is the same for the same cause: "no whole response in time", "status 503", or
 * libcurl's text. */
int fetch_get(struct fetch *f, const char *url, struct fetch_document *out, struct err *e);

/* Whether the last call received a response, with any status. */
bool fetch_answered(const struct fetch *f);

/* Waits until `until_ns` (CLOCK_MONOTONIC) or fetch_wake(). Returns false if it was woken. */
bool fetch_wait(struct fetch *f, int64_t until_ns);

/* Ends the current fetch_wait(), or the next one. A download in progress has `rest_ns` left. Any
 * thread, once. */
void fetch_wake(struct fetch *f, int64_t rest_ns);

#endif
