/*
 * url: where the parts of a URL begin and end (RFC 3986 3).
 *
 * It does not check or decode the parts: host.h does that for hosts, encode.h decodes. Ownership:
 * all pointers are into the caller's text. Thread: any.
 */
#ifndef UTIL_URL_H
#define UTIL_URL_H

#include <stdbool.h>
#include <stddef.h>

/* Bytes of "scheme://" at the start, whatever the scheme; 0 if there is none. */
size_t url_scheme(const char *text);

/* Bytes before the path, query or fragment: "scheme://user@host:port", or "host:port" without a
 * scheme. */
size_t url_origin(const char *text);

/* The parts of "scheme://user:password@host:port/path?query#fragment". */
struct url {
    /* "http" or "https"; "" where the text has none and so begins with the host. */
    const char *scheme;
    const char *user; /* NULL: none; "user:password" */
    size_t user_bytes;
    const char *host; /* with its port */
    size_t host_bytes;
    const char *path; /* from the '/' or '?'; may be empty */
    size_t path_bytes;
    const char *fragment; /* NULL: none */
    size_t fragment_bytes;
};

/* False where the scheme is neither http nor https, in any case of letters. */
bool url_split(const char *text, size_t n, struct url *out);

#endif
