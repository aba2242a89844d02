/*
 * scope: the names that a template may use: variables and feeders.
 *
 * A variable is whatever one user holds under a name: a value of "variables", of the setup, or a
 * capture. It is a slot here, an index into the array that each user keeps. All names must be in
 * the scope before the first template is compiled, so that a wrong one is found then. What is
 * always there (user.id, uuid, functions) is template.h's.
 *
 * Ownership: the scope owns the names and borrows the feeders. Thread: one while loading; then only
 * read.
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

void scope_done(struct scope *s); /* a scope begins as {0} */

/* The slot of this name, made where it is new: two captures of one name fill the same slot. Fails
 * at `at` where the name is none (letters, digits and _, no digit first) or is taken by a feeder or
 * by what is always there. */
int scope_variable(struct loader *r, struct scope *s, const char *name, size_t at, uint32_t *slot);

/* Adds a feeder under its own name; its index is its place in `feeders`. The same failures. */
int scope_feeder(struct loader *r, struct scope *s, const struct feeder *f, size_t at);

/* Looks a name up; false if there is none. */
bool scope_find_variable(const struct scope *s, const char *name, size_t n, uint32_t *slot);
bool scope_find_feeder(const struct scope *s, const char *name, size_t n, uint32_t *feeder);

#endif
