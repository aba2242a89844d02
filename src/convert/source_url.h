/*
 * source_url: a URL of a source, taken apart.
 *
 * Its host is checked as a scenario's is. Internal to convert/. Ownership: pointers into the text.
 * Thread: any.
 */
#ifndef CONVERT_SOURCE_URL_H
#define CONVERT_SOURCE_URL_H

#include <stdbool.h>
#include <stddef.h>

#include "util/url.h"

/* What is wrong with it, or NULL. Without "scheme://" the text begins with the host. With
 * `references`, host and port may hold references (draft.h), and what they stand for is not
 * checked. */
const char *source_url(const char *text, size_t n, bool references, struct url *out);

#endif
