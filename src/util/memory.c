#include "util/memory.h"

#include <stdatomic.h>

static atomic_bool ran_out;

void memory_note(void) {
    atomic_store(&ran_out, true);
}

bool memory_ran_out(void) {
    return atomic_load(&ran_out);
}
