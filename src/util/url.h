/*
 * url: finds the parts of a URL (RFC 3986 3).
 *
 * It does not check or decode them: host.h checks hosts, encode.h decodes. Ownership: all pointers
 * point into the caller's text. Thread: any.
 */
#ifndef UTIL_URL_H
#define UTIL_URL_H

#include <stdbool.h>
#include <stddef.h>

/* Returns the length of "scheme://" at the start, for any scheme; 0 if there is none. */
size_t url_scheme(const char *text);

/* Returns the length of what is before the path, query or fragment: "scheme://user@host:port",
 * or "host:port" without a scheme. */
size_t url_origin(const char *text);

/* The parts of "scheme://user:password@host:port/path?query#fragment". */
struct url {
    /* "http" or "https"; "" if the text has no scheme and starts with the host. */
    const char *scheme;
    const char *user; /* NULL: none; "user:password" */
    size_t user_bytes;
    const char *host; /* with its port */
    size_t host_bytes;
    const char *path; /* from the '/' or '?' on; may be empty */
    size_t path_bytes;
    const char *fragment; /* NULL: none */
    size_t fragment_bytes;
};

/* Returns false if the scheme is neither http nor https, in any case. */
bool url_split(const char *text, size_t n, struct url *out);

#endif
