/*
 * curl_text: libcurl's error texts without the numbers of one request.
 *
 * Reports group failures by their text. Where libcurl puts a stream's number, milliseconds, bytes,
 * a socket or a count of its tries into one, each request would be an error of its own kind; such a
 * number becomes N. Numbers that tell kinds apart stay: error codes, the target's port, a status, a
 * version, an address. The words next to a number say which it is, as in the texts of libcurl 7.88
 * (failf() in lib/) and later. Internal to transport/. Thread: any.
 */
#ifndef TRANSPORT_CURL_TEXT_H
#define TRANSPORT_CURL_TEXT_H

#include <stddef.h>

/* Writes the first n bytes of the text so, cut to `size` with its NUL. */
void curl_text_kind(const char *text, size_t n, char *out, size_t size);

#endif
