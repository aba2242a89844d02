/*
 * proc: kernel counters of this process and its network, from /proc.
 *
 * Ports and retransmits are those of the whole network namespace, because the kernel has no cheap
 * counters by process. A function returns RECORD_UNKNOWN if the kernel does not say. Thread: any;
 * each call opens the files that it reads.
 */
#ifndef ENGINE_PROC_H
#define ENGINE_PROC_H

#include <stdint.h>

int64_t proc_open_files(void);

/* TCP sockets in use or in TIME_WAIT: each occupies a port. */
int64_t proc_ports(void);

/* TCP segments retransmitted since the machine started. */
int64_t proc_retransmits(void);

#endif
