/*
 * scope: the names that a template may use: variables and feeders.
 *
 * A variable is a named value of one user: from "variables", from the setup, or from a capture.
 * Here it is a slot, an index into the array that each user has. All names must be in the scope
 * before the first template is compiled, so that wrong names are found then. Names that always
 * exist (user.id, uuid, functions) are defined in template.h.
 *
 * Ownership: the scope owns the names and borrows the feeders. Thread: one while loading, then
 * read-only.
 */
#ifndef SCENARIO_SCOPE_H
#define SCENARIO_SCOPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "scenario/loader.h"

#define SCOPE_FEEDERS_MAX 64
#define SCOPE_VARIABLES_MAX 10000

struct feeder;

struct scope {
    char **variables;
    size_t variable_count;
    const struct feeder *feeders[SCOPE_FEEDERS_MAX];
    size_t feeder_count;
};

void scope_done(struct scope *s); /* initialise a scope with {0} */

/* Returns the slot of this name, and adds it if it is new: two captures with one name share a
 * slot. Fails at `at` if the name is invalid (letters, digits and _, not starting with a digit)
 * or is already used by a feeder or a built-in name. */
int scope_variable(struct loader *r, struct scope *s, const char *name, size_t at, uint32_t *slot);

/* Adds a feeder under its own name. Its index is its position in `feeders`. Fails like
 * scope_variable(). */
int scope_feeder(struct loader *r, struct scope *s, const struct feeder *f, size_t at);

/* Looks up a name. Returns false if there is none. */
bool scope_find_variable(const struct scope *s, const char *name, size_t n, uint32_t *slot);
bool scope_find_feeder(const struct scope *s, const char *name, size_t n, uint32_t *feeder);

#endif
