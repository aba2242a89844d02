/*
 * service: what a Cloud Run service is made of, as far as the emulator knows it, and the file that
 * describes one.
 *
 * service_read_yaml() takes the very file of `gcloud run services replace`
 * (serving.knative.dev/v1). What it does not know it names and leaves alone; what it knows and
 * cannot read is an error with line and column.
 *
 * Ownership: service_done() frees what reading allocated; texts set by others are borrowed. Thread:
 * plain data.
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
    const char *container; /* its name in the log's probe lines */
    double cpus;           /* 0, like the memory: not given yet */
    uint64_t memory_bytes;
    unsigned concurrency, min, max;
    int64_t timeout_ns;                    /* of a request */
    int64_t startup_limit_ns;              /* to listen */
    double cpu_target, concurrency_target; /* 0: disabled */
    bool throttled;                        /* request-based billing: no CPU between requests */
    bool throttled_given;                  /* by the file */
    enum gpu gpu;
    bool gpu_wanted; /* the file's limits name one, of a kind that must be given, too */
    bool probe_custom;
    int container_port;             /* which the file names; 0: none */
    char *words[SERVICE_WORDS_MAX]; /* command and args, NULL at the end; none: words[0] is NULL */
    char *env[SERVICE_WORDS_MAX];   /* "NAME=value", NULL at the end */
    char **owned;
    size_t owned_count;
};

void service_init(struct service *s);
void service_done(struct service *s);

/* Fills in what nobody gave and says what does not fit together. */
int service_complete(struct service *s, struct err *e);

/* Appends to `unknown` what was ignored, names with commas between. */
int service_read_yaml(struct service *s, const char *path, struct buf *unknown, struct err *e);

#endif
