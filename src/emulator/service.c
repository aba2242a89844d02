#include "emulator/service.h"

#include <stdlib.h>

#include "util/clock.h"

void service_init(struct service *s) {
    *s = (struct service){
        .name = "service",
        .region = "us-central1",
        .project = "local",
        .cpus = 1,
        .memory_bytes = SERVICE_MEMORY_BYTES,
        .concurrency = 80,
        .max = 100,
        .timeout_ns = 300 * NS_PER_S,
        .startup_limit_ns = 240 * NS_PER_S,
        .cpu_target = 0.6,
        .concurrency_target = 0.6,
        .throttled = true,
    };
}

void service_done(struct service *s) {
    for (size_t i = 0; i < s->owned_count; i++)
        free(s->owned[i]);
    free(s->owned);
    s->owned = NULL;
    s->owned_count = 0;
}
