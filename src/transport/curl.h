/*
 * curl: the transport that supports everything that a scenario may ask for. It uses libcurl's multi
 * interface on the worker's loop.
 *
 * transport.h has the contract. Thread: the loop's.
 */
#ifndef TRANSPORT_CURL_H
#define TRANSPORT_CURL_H

#include "transport/transport.h"

extern const struct transport_ops transport_curl;

#endif
