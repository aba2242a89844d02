/*
 * run_manifest: the manifest that is needed to repeat a run: command line, versions, machine,
 * limits, hashes.
 *
 * It has no secrets: user and password in URLs are masked, and the environment is not stored.
 * Ownership: all is borrowed. Thread: main.
 */
#ifndef CLI_RUN_MANIFEST_H
#define CLI_RUN_MANIFEST_H

#include "cli/calibrate.h"
#include "cli/command.h"
#include "cli/manifest.h"
#include "cli/repeat.h"
#include "cli/replay.h"
#include "cli/sending.h"
#include "cli/sharding.h"

struct run_facts {
    const struct args *args;
    const struct scenario *scenario;
    const struct replay *replay; /* NULL: not a replay */
    const struct repeat *repeat;
    const struct sending *sending;
    const struct sharding *sharding;
    const struct calibration *calibration; /* without requests: was not calibrated */
    uint64_t seed;
};

void run_manifest(struct manifest *m, const struct run_facts *f);

#endif
