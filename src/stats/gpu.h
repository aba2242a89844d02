/*
 * gpu: the GPUs that Cloud Run offers, one per instance, and what an instance with a GPU must have.
 *
 * It has no prices: they are in the user's price list (billing.h), because we have not read any
 * published list of them.
 *
 * Thread: constants.
 */
#ifndef STATS_GPU_H
#define STATS_GPU_H

#include <stdint.h>

#include "util/err.h"

enum gpu { GPU_NONE, GPU_L4, GPU_RTX_PRO_6000, GPU_KINDS };

#define GPU_WORDS "l4|rtx-pro-6000" /* for options */

struct gpu_kind {
    const char *name;        /* in options and price lists */
    const char *accelerator; /* in a service file */
    double cpus_min;
    int64_t memory_min_bytes;
};

extern const struct gpu_kind gpu_kinds[GPU_KINDS]; /* GPU_NONE has no name */

/* GPU_NONE if no GPU has this name, or if it is NULL. */
enum gpu gpu_by_name(const char *name);
enum gpu gpu_by_accelerator(const char *name);

/* Returns -1 if an instance of this size cannot have the GPU. */
int gpu_check_size(enum gpu gpu, double cpus, int64_t memory_bytes, struct err *e);

#endif
