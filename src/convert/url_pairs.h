/*
 * url_pairs: the parts of a path or a query that may be "name=value".
 *
 * "&" separates those of a query, and "/" the segments of a path. ";" separates both, but only in
 * front of another "name=", because a value may contain it. Nothing is decoded. Internal to
 * convert/. Ownership: none taken; parts point into the text. Thread: any.
 */
#ifndef CONVERT_URL_PAIRS_H
#define CONVERT_URL_PAIRS_H

#include <stdbool.h>
#include <stddef.h>

struct url_pairs {
    const char *at, *end;
    char separator; /* '&' or '/' */
    bool done;
};

struct url_pair {
    const char *text;
    size_t bytes;      /* of all of it */
    size_t name_bytes; /* at its beginning */
    const char *value; /* NULL: it has no "=" */
    size_t value_bytes;
    char separator; /* what follows; '\0' at the end */
};

void url_pairs_begin(struct url_pairs *p, const char *text, size_t n, char separator);

/* Returns false after the last part. An empty text has one empty part. */
bool url_pairs_next(struct url_pairs *p, struct url_pair *out);

#endif
