#include "transport/traceparent.h"

#include <string.h>

static void hex(uint64_t v, char out[16]) {
    for (int i = 15; i >= 0; i--, v >>= 4)
        out[i] = "0123456789abcdef"[v & 15];
}

/* By hand, for it is part of each request; snprintf would take ten times as long. */
void traceparent_line(const char *run, uint64_t request, bool sampled,
                      char out[TRACEPARENT_BYTES]) {
    stpcpy(out, "traceparent: 00-");
    memcpy(out + 16, run, TRACE_RUN_DIGITS);
    hex(request, out + 32);
    out[48] = '-';
    /* The span's id must not be 0. */
    hex(request | UINT64_C(1) << 63, out + 49);
    memcpy(out + 65, sampled ? "-01" : "-00", 4);
}
