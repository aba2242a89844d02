#include "emulator/service.h"

#include <stdlib.h>

#include "util/clock.h"

#define CPUS 1

void service_init(struct service *s) {
    *s = (struct service){
        .name = "service",
        .region = "us-central1",
        .project = "local",
        .concurrency = 80,
        .max = 100,
        .timeout_ns = 300 * NS_PER_S,
        .startup_limit_ns = 240 * NS_PER_S,
        .cpu_target = 0.6,
        .concurrency_target = 0.6,
        .throttled = true,
    };
}

int service_complete(struct service *s, struct err *e) {
    const struct gpu_kind *k = &gpu_kinds[s->gpu];
    bool has = s->gpu != GPU_NONE;
    if (s->cpus == 0)
        s->cpus = has ? k->cpus_min : CPUS;
    if (s->memory_bytes == 0)
        s->memory_bytes = has ? (uint64_t)k->memory_min_bytes : SERVICE_MEMORY_BYTES;
    if (!has && s->gpu_wanted)
        return err_set(e,
                       "the service's file has nvidia.com/gpu but no kind of it; add nodeSelector: "
                       "{run.googleapis.com/accelerator: nvidia-l4} to spec > template > spec, or "
                       "give --gpu");
    if (!has)
        return 0;
    if (gpu_check_size(s->gpu, s->cpus, (int64_t)s->memory_bytes, e) != 0)
        return -1;
    if (s->throttled && s->throttled_given)
        return err_set(e, "a service with a GPU has instance-based billing only; leave --billing "
                          "request (in a file: cpu-throttling: 'true') out");
    s->throttled = false;
    return 0;
}

void service_done(struct service *s) {
    for (size_t i = 0; i < s->owned_count; i++)
        free(s->owned[i]);
    free(s->owned);
    s->owned = NULL;
    s->owned_count = 0;
}
