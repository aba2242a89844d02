/*
 * source_url: splits a URL of a source into its parts.
 *
 * Its host is checked like a scenario's. Internal to convert/. Ownership: pointers into the text.
 * Thread: any.
 */
#ifndef CONVERT_SOURCE_URL_H
#define CONVERT_SOURCE_URL_H

#include <stddef.h>

#include "convert/draft.h"
#include "util/url.h"

/* Returns what is wrong with it, or NULL. Without "scheme://" the text begins with the host.
 * Host and port may contain references of the draft (NULL: there are none), whose values are not
 * checked. */
const char *source_url(const char *text, size_t n, const struct draft *d, struct url *out);

#endif
