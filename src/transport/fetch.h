/*
 * fetch: reads one document over HTTP, for the program itself: what it fetches is no request of the
 * load.
 *
 * A blocking GET with libcurl, for a thread that may wait. The whole document must arrive within a
 * time and a size, and its status must be 2xx; three redirects are followed. A connection is kept
 * for the next call. It knows no sessions, cookies or proxies.
 *
 * Ownership: `struct fetch` is heap; options are borrowed until fetch_free(); a document is valid
 * until the next call. Thread: one, but for fetch_wake(); transport_global_init() first.
 */
#ifndef TRANSPORT_FETCH_H
#define TRANSPORT_FETCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/err.h"

struct fetch_options {
    const char *user_agent;
    const char *accept; /* the header's value */
    const char *bearer; /* of the Authorization header, not sent to other hosts; NULL: none */
    bool verify;
    const char *ca, *cert, *key; /* PEM files; NULL: the system's, none, none */
    const char *const *resolve;  /* "host:port:address,address" */
    size_t resolve_count;
    const char *unix_socket; /* NULL: none */
    int64_t timeout_ns;
    size_t bytes_max; /* of the document */
};

struct fetch;

struct fetch_document {
    const char *text; /* with a NUL behind it; may have others */
    size_t bytes;
    int64_t at_ns; /* CLOCK_MONOTONIC: when its first byte came */
};

int fetch_new(const struct fetch_options *options, struct fetch **out, struct err *e);
void fetch_free(struct fetch *f);

/* The error is one text for one cause: "no whole response in time", "status 503", or libcurl's
 * words. */
int fetch_get(struct fetch *f, const char *url, struct fetch_document *out, struct err *e);

/* Waits until that time (CLOCK_MONOTONIC), or for fetch_wake(). False: it was woken. */
bool fetch_wait(struct fetch *f, int64_t until_ns);

/* Ends a fetch_wait() that runs, or the next one. A document that is being fetched then has
 * `rest_ns` left. Any thread, once. */
void fetch_wake(struct fetch *f, int64_t rest_ns);

#endif
