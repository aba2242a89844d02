/*
 * kernel_clock: the arrival time of bytes, from the kernel's clock instead of ours.
 *
 * A busy client reads late, and would count its own delay as the server's. Linux stamps segments as
 * they arrive. A read returns the stamp of the last segment that it read. Stamps use the real-time
 * clock; each use converts them to the monotonic clock. Thread: any.
 */
#ifndef TRANSPORT_KERNEL_CLOCK_H
#define TRANSPORT_KERNEL_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* True if this system has stamps. */
bool kernel_clock_available(void);

/* Turns on stamps for a socket. Returns false if there are none. */
bool kernel_clock_ask(int fd);

/* Like recv(2). If bytes were read, *arrived_ns is their arrival (CLOCK_MONOTONIC), from the
 * stamp. If the socket is not `stamped` or the stamp is implausible (the real-time clock was set
 * in between), it is the current time. */
ssize_t kernel_clock_recv(int fd, bool stamped, void *to, size_t n, int64_t *arrived_ns);

/* What is known about bytes that were read. */
struct kernel_arrival {
    int64_t at_ns; /* arrival, as for kernel_clock_recv() */
    /* The kernel's raw stamp; 0: none. Bytes with the same stamp arrived as one, or were merged. */
    int64_t stamp_ns;
    int64_t waiting; /* bytes that can be read without waiting; -1: unknown */
};

/* Makes kernel_clock_read() report `waiting` for a TCP connection from now on. Otherwise it is
 * unknown. */
void kernel_clock_ask_waiting(int fd);

/* Like recv(2) on a socket, `stamped` or not, with all that is known. */
ssize_t kernel_clock_read(int fd, bool stamped, void *to, size_t n, struct kernel_arrival *out);

#endif
