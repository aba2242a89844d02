/*
 * idle_close: has the server closed a kept connection, and before our request reached it?
 *
 * A server closes an idle connection when it likes, perhaps while the next request is on its way. A
 * request that its program cannot have seen may be sent once more; one that it may have seen must
 * not, for then it would act twice on what is counted once. Only the kernel's bookkeeping can tell
 * the two apart. Thread: any.
 */
#ifndef TRANSPORT_IDLE_CLOSE_H
#define TRANSPORT_IDLE_CLOSE_H

#include <stdbool.h>
#include <stdint.h>

/* The server has ended its side of the connection: a FIN or a reset has come. */
bool idle_close_seen(int fd);

/* Something that looks like TLS's close_notify waits to be read on an idle connection: a record of
 * alerts, or in TLS 1.3 an encrypted one of an alert's length, which no message of HTTP's has.
 * Source: RFC 8446 5.1, 5.2, 6. A server may send it and wait for ours before it ends TCP. */
bool idle_close_goodbye(int fd);

/* How many bytes went into the socket so far, to be asked before a request is written; UINT64_MAX
 * where the kernel does not say. */
uint64_t idle_close_written(int fd);

/* Like idle_close_proven(), for who cannot say how reading ended, nor how many bytes the request
 * was: `written` is what idle_close_written() gave before it. A reset that came after a FIN differs
 * from one that came alone by the error that the kernel holds for it (EPIPE), as long as nobody has
 * read that. */
bool idle_close_unseen(int fd, uint64_t written);

/* Whether a reset has ended the connection. */
bool idle_close_by_reset(int fd);

/* To be asked when reading has come to the end without an error (after a reset nobody can tell).
 * True where a FIN has come and the server's kernel had acknowledged no byte of the last
 * `request_bytes` that went into the socket, so that the FIN was sent before they arrived. With TLS
 * the bytes may be counted before encryption, which is fewer: acknowledgements come by the segment,
 * and a segment holds more than TLS adds. False where the kernel does not say. */
bool idle_close_proven(int fd, uint64_t request_bytes);

#endif
