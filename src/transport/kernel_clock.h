/*
 * kernel_clock: when bytes arrived, by the kernel's clock instead of by ours.
 *
 * A busy client reads late, and would count its own lateness as the server's time. Linux stamps segments as they arrive. The stamp
 * is on the real-time clock, and that of the last segment read; it is put on the monotonic clock at each use. Thread: any.
 */
#ifndef TRANSPORT_KERNEL_CLOCK_H
#define TRANSPORT_KERNEL_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Does this system have stamps? */
bool kernel_clock_available(void);

/* Asks for stamps on a socket. False where there are none. */
bool kernel_clock_ask(int fd);

/* recv(2), and when it read something *arrived_ns: CLOCK_MONOTONIC, by the stamp or, where the socket is not `stamped` or the stamp
 * makes no sense (the real-time clock was set in between), by the clock now. */
ssize_t kernel_clock_recv(int fd, bool stamped, void *to, size_t n, int64_t *arrived_ns);

#endif
