#include "util/memory.h"

#include <stdatomic.h>
#include <string.h>

static atomic_bool ran_out;

void memory_note(void) {
    atomic_store(&ran_out, true);
}

/* If something else may be the reason ("too large, or out of memory"), the buffer has noted it. */
void memory_note_said(const char *format) {
    const char *found = strstr(format, "out of memory");
    if (found != NULL && (found - format < 3 || memcmp(found - 3, "or ", 3) != 0))
        memory_note();
}

bool memory_ran_out(void) {
    return atomic_load(&ran_out);
}
