/*
 * fetch: downloads one document over HTTP for the program itself, or sends one. It is not part of
 * the load.
 *
 * It is a blocking GET or POST with libcurl, for a thread that may block. The whole response must
 * arrive within a time and a size. A GET needs a 2xx status, and up to three redirects are
 * followed. A POST returns any status. The connection is kept for the next call. It supports no
 * sessions, cookies or proxies.
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
    const char *const *headers; /* others, as "Name: value"; a GET sends them to redirects too */
    size_t header_count;
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

struct fetch_answer {
    long status;
    int64_t retry_after_ns; /* the server asks for this pause; 0: it does not */
    const char *text;       /* as of a document */
    size_t bytes;
};

/* Fails if no whole response arrives, with a text as of fetch_get(). */
int fetch_post(struct fetch *f, const char *url, const char *body, size_t bytes,
               struct fetch_answer *out, struct err *e);

/* Whether the last call received a response, with any status. */
bool fetch_answered(const struct fetch *f);

/* Waits until `until_ns` (CLOCK_MONOTONIC) or fetch_wake(). Returns false if it was woken. */
bool fetch_wait(struct fetch *f, int64_t until_ns);

/* Ends the current fetch_wait(), or the next one. A transfer in progress, and each later one, has
 * until `rest_ns` from now. Any thread. */
void fetch_wake(struct fetch *f, int64_t rest_ns);

#endif
