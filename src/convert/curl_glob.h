/*
 * curl_glob: the URLs that curl makes of "{a,b}", "[1-3]" and "[a-z:2]" (its manual, "GLOBBING").
 *
 * Internal to convert/. Ownership: the URLs are the draft's. Thread: any.
 */
#ifndef CONVERT_CURL_GLOB_H
#define CONVERT_CURL_GLOB_H

#include "convert/draft.h"

struct glob {
    const char **urls; /* the first of them, in curl's order */
    size_t count;
    size_t all; /* how many there are */
};

/* Expands a URL to at most `most`. Returns false if the URL has a mistake, for which curl sends
 * nothing. A URL without patterns is itself. */
bool curl_glob(struct draft *d, const char *url, size_t most, struct glob *out);

#endif
