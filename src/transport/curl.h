/*
 * curl: the transport that can do all that a scenario may ask for, by libcurl's multi interface on
 * the worker's loop.
 *
 * The contract is transport.h's. Thread: the loop's.
 */
#ifndef TRANSPORT_CURL_H
#define TRANSPORT_CURL_H

#include "transport/transport.h"

extern const struct transport_ops transport_curl;

#endif
