/*
 * service: the settings of a Cloud Run service that the emulator supports, and the file that
 * describes one.
 *
 * service_read_yaml() reads the file of `gcloud run services replace` (serving.knative.dev/v1).
 * Unknown settings are listed and ignored. A known setting that is invalid is an error with line
 * and column.
 * Ownership: service_done() frees what was allocated by reading; texts set by others are borrowed.
 * Thread: plain data.
 */
#ifndef EMULATOR_SERVICE_H
#define EMULATOR_SERVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stats/gpu.h"
#include "util/buf.h"
#include "util/err.h"

#define SERVICE_MEMORY_BYTES ((uint64_t)512 << 20)
#define SERVICE_WORDS_MAX 256

struct service {
    const char *name, *revision, *region, *project;
    const char *container; /* its name in the log's probe entries */
    double cpus;           /* 0: not given yet; the same for memory */
    uint64_t memory_bytes;
    unsigned concurrency, min, max;
    int64_t timeout_ns;                    /* for a request */
    int64_t startup_limit_ns;              /* time until it must listen */
    double cpu_target, concurrency_target; /* 0: disabled */
    bool throttled;                        /* request-based billing: no CPU between requests */
    bool throttled_given;                  /* set by the file */
    enum gpu gpu;
    /* The file's limits name a GPU, whose kind must then be given too. */
    bool gpu_wanted;
    bool probe_custom;
    int container_port; /* named in the file; 0: none */
    /* Command and args, NULL at the end. Without any, words[0] is NULL. */
    char *words[SERVICE_WORDS_MAX];
    char *env[SERVICE_WORDS_MAX]; /* "NAME=value", NULL at the end */
    char **owned;
    size_t owned_count;
};

void service_init(struct service *s);
void service_done(struct service *s);

/* Sets defaults for missing settings. The error names settings that do not fit together. */
int service_complete(struct service *s, struct err *e);

/* Appends the ignored settings to `unknown`, separated by commas. */
int service_read_yaml(struct service *s, const char *path, struct buf *unknown, struct err *e);

#endif
