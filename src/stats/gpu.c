#include "stats/gpu.h"

#include <string.h>

#define GIB (INT64_C(1) << 30)

const struct gpu_kind gpu_kinds[GPU_KINDS] = {
    [GPU_NONE] = {.name = ""},
    [GPU_L4] = {"l4", "nvidia-l4", 4, 16 * GIB},
    [GPU_RTX_PRO_6000] = {"rtx-pro-6000", "nvidia-rtx-pro-6000", 20, 80 * GIB},
};

enum gpu gpu_by_name(const char *name) {
    for (int i = GPU_NONE + 1; name != NULL && i < GPU_KINDS; i++)
        if (strcmp(gpu_kinds[i].name, name) == 0)
            return (enum gpu)i;
    return GPU_NONE;
}

enum gpu gpu_by_accelerator(const char *name) {
    for (int i = GPU_NONE + 1; name != NULL && i < GPU_KINDS; i++)
        if (strcmp(gpu_kinds[i].accelerator, name) == 0)
            return (enum gpu)i;
    return GPU_NONE;
}

int gpu_check_size(enum gpu gpu, double cpus, int64_t memory_bytes, struct err *e) {
    const struct gpu_kind *k = &gpu_kinds[gpu];
    if (cpus < k->cpus_min)
        return err_set(e,
                       "an instance with the GPU %s needs at least %g vCPUs, not %g; leave --cpu "
                       "out, or give %g or more",
                       k->name, k->cpus_min, cpus, k->cpus_min);
    if (memory_bytes < k->memory_min_bytes)
        return err_set(e,
                       "an instance with the GPU %s needs at least %g GiB of memory, not %.4g; "
                       "leave --memory out, or give %gG or more",
                       k->name, (double)k->memory_min_bytes / (double)GIB,
                       (double)memory_bytes / (double)GIB,
                       (double)k->memory_min_bytes / (double)GIB);
    return 0;
}
