/*
 * proc: what the kernel tells about this process and its network, from /proc.
 *
 * Ports and retransmits are those of the whole network namespace: the kernel keeps no cheaper count
 * by process. RECORD_UNKNOWN where it does not tell. Thread: any; each call opens what it reads.
 */
#ifndef ENGINE_PROC_H
#define ENGINE_PROC_H

#include <stdint.h>

int64_t proc_open_files(void);

/* TCP sockets in use or in TIME_WAIT: each holds a port. */
int64_t proc_ports(void);

/* TCP segments sent again since the machine started. */
int64_t proc_retransmits(void);

#endif
