#include <string.h>

#include "transport/transport.h"

bool transport_method_is_idempotent(const char *method) {
    static const char *const all[] = {"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (strcmp(all[i], method) == 0)
            return true;
    return false;
}
