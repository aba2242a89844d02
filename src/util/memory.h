/*
 * memory: remembers that this process has run out of memory.
 *
 * Every function says so to its caller, but a text that is made of parts, or a value that is
 * optional, may only lack something then. So buffers, arrays, arenas and err_memory() note it here,
 * and a command asks at its end: its exit code is 3 then, whatever it was about. It allocates
 * nothing itself, and never forgets. Thread: any.
 */
#ifndef UTIL_MEMORY_H
#define UTIL_MEMORY_H

#include <stdbool.h>

/* Call after an allocation failed, unless err_memory() says so. */
void memory_note(void);

bool memory_ran_out(void);

#endif
