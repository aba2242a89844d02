/*
 * secret: the list of values that a scenario took from the environment.
 *
 * Internal to scenario/; scenario_mask() in model.h uses the list. Ownership: the list belongs to
 * the scenario. Thread: one, while loading.
 */
#ifndef SCENARIO_SECRET_H
#define SCENARIO_SECRET_H

#include "scenario/model.h"

/* Remembers a value and each form in which it may be sent; -1 where memory ran out. An empty one is
 * no secret. */
int secret_add(struct scenario *s, const char *value);

/* Remembers a variable's name, once; -1 where memory ran out. */
int secret_name_add(struct scenario *s, const char *name, size_t n);

#endif
