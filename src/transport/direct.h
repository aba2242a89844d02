/*
 * direct: the cheap transport: HTTP/1.1 to one server, on sockets of our own.
 *
 * The contract is transport.h's; engine/choose.h says which scenarios it can run. Thread: the
 * loop's.
 */
#ifndef TRANSPORT_DIRECT_H
#define TRANSPORT_DIRECT_H

#include "transport/transport.h"

extern const struct transport_ops transport_direct;

#endif
