/*
 * direct: the low-cost transport: HTTP/1.1 to one server, on our own sockets.
 *
 * transport.h has the contract; engine/choose.h decides which scenarios can use it. Thread: the
 * loop's.
 */
#ifndef TRANSPORT_DIRECT_H
#define TRANSPORT_DIRECT_H

#include "transport/transport.h"

extern const struct transport_ops transport_direct;

#endif
