/*
 * run_values: the values that the setup of one part captures, for all parts of a run.
 *
 * Part 0 publishes them to the sources of commands; the others learn them there. Ownership: values
 * that are added come from malloc(), and are the engine's. Thread: main.
 */
#ifndef CLI_RUN_VALUES_H
#define CLI_RUN_VALUES_H

#include "control/control.h"
#include "scenario/scenario.h"
#include "util/bytes.h"

/* `values` is by slot; those that are not the scenario's own were captured. */
void run_values_publish(struct control *c, const struct scenario *s, const struct bytes *values);

void run_values_take(const struct control *c, const struct scenario *s, struct bytes *values);

#endif
