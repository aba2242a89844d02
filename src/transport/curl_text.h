/*
 * curl_text: removes the numbers of a single request from libcurl's error texts.
 *
 * Reports group failures by their text. libcurl puts numbers that differ by request into some
 * texts: stream numbers, milliseconds, bytes, sockets, retry counts. With them, each request would
 * be an error of its own kind, so each such number becomes N. Numbers that distinguish kinds of
 * errors stay: error codes, the target's port, statuses, versions, addresses. The words next to a
 * number tell which it is, as in the texts of libcurl 7.88 (failf() in lib/) and later. Internal to
 * transport/. Thread: any.
 */
#ifndef TRANSPORT_CURL_TEXT_H
#define TRANSPORT_CURL_TEXT_H

#include <stddef.h>

/* Writes the first n bytes of `text`, with numbers replaced, truncated to `size` with its NUL. */
void curl_text_kind(const char *text, size_t n, char *out, size_t size);

#endif
