/*
 * kernel_clock: when bytes arrived, by the kernel's clock instead of by ours.
 *
 * A busy client reads late, and would count its own lateness as the server's time. Linux stamps
 * segments as they arrive. The stamp is on the real-time clock, and that of the last segment read;
 * it is put on the monotonic clock at each use. Thread: any.
 */
#ifndef TRANSPORT_KERNEL_CLOCK_H
#define TRANSPORT_KERNEL_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Does this system have stamps? */
bool kernel_clock_available(void);

/* Asks for stamps on a socket. False if there are none. */
bool kernel_clock_ask(int fd);

/* recv(2), and when it read something *arrived_ns: CLOCK_MONOTONIC, by the stamp or, where the
 * socket is not `stamped` or the stamp makes no sense (the real-time clock was set in between), by
 * the clock now. */
ssize_t kernel_clock_recv(int fd, bool stamped, void *to, size_t n, int64_t *arrived_ns);

/* What is known of bytes that were read. */
struct kernel_arrival {
    int64_t at_ns; /* as above */
    /* The kernel's, as it is; 0: there was none. Bytes with the same stamp arrived, or were merged,
     * as one. */
    int64_t stamp_ns;
    int64_t waiting; /* how many bytes can be read without waiting; -1: not known */
};

/* Has kernel_clock_read() tell `waiting` of a TCP connection from now on; else it does not know. */
void kernel_clock_ask_waiting(int fd);

/* recv(2) of a `stamped` socket or another, with all that is known. */
ssize_t kernel_clock_read(int fd, bool stamped, void *to, size_t n, struct kernel_arrival *out);

#endif
