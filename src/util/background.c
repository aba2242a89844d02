#include "util/background.h"

#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NICE 10

void background_thread(void) {
    /* Linux has a priority for each thread. */
    setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), NICE);
}
