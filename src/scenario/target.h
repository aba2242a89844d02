/*
 * target: checks the address that requests go to.
 *
 * It resolves nothing. Internal to scenario/; the public half is scenario_set_target(). Thread:
 * any.
 */
#ifndef SCENARIO_TARGET_H
#define SCENARIO_TARGET_H

#include <stddef.h>

#include "scenario/reader.h"

/* What is wrong with "host" or "host:port", or NULL. */
const char *target_check_authority(const char *text, size_t n);

/* Writes the target with its scheme and without slashes at its end to *out (caller frees) and
 * returns NULL, or says what is wrong with it. */
const char *target_normalise(const char *text, char **out);

/* Reads the scenario's "target". */
int target_read(struct reader *r, const struct json *v);

#endif
