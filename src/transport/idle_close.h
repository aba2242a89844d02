/*
 * idle_close: finds out whether the server closed a kept connection before our request reached it.
 *
 * A server may close an idle connection at any time, even while the next request is on its way. A
 * request that the server's program cannot have seen may be sent again. One that it may have seen
 * must not be sent again: the server would act twice on a request that is counted once. Only the
 * kernel's state of the connection distinguishes the two cases. Thread: any.
 */
#ifndef TRANSPORT_IDLE_CLOSE_H
#define TRANSPORT_IDLE_CLOSE_H

#include <stdbool.h>
#include <stdint.h>

/* True if the server has ended its side of the connection: a FIN or a reset has arrived. */
bool idle_close_seen(int fd);

/* True if unread data on an idle connection looks like a TLS close_notify: an alert record or,
 * in TLS 1.3, an encrypted record of an alert's length, which no HTTP message has. Source: RFC
 * 8446 5.1, 5.2, 6. A server may send it and wait for ours before it closes TCP. */
bool idle_close_goodbye(int fd);

/* Returns how many bytes were written to the socket so far. Call it before writing a request.
 * Returns UINT64_MAX if the kernel does not say. */
uint64_t idle_close_written(int fd);

/* Like idle_close_proven(), for callers that know neither how reading ended nor how long the
 * request was. `written` is the result of idle_close_written() before the request. A reset after
 * a FIN and a reset alone leave different errors in the kernel (EPIPE for the first), until
 * somebody reads the error. */
bool idle_close_unseen(int fd, uint64_t written);

/* True if a reset has ended the connection. */
bool idle_close_by_reset(int fd);

/* Call when reading has reached the end without an error; after a reset nobody can tell. Returns
 * true if a FIN has arrived and the server's kernel had acknowledged none of the last
 * `request_bytes` written to the socket: then the FIN was sent before they arrived. With TLS,
 * request_bytes may be the count before encryption, which is smaller: acknowledgements come per
 * segment, and a segment holds more than TLS adds. Returns false if the kernel does not say. */
bool idle_close_proven(int fd, uint64_t request_bytes);

#endif
