/*
 * finish: numbers in a scenario that follow from the rest: sums of weights, numbers of checks.
 *
 * Internal to scenario/. Ownership: the scenario's. Thread: one.
 */
#ifndef SCENARIO_FINISH_H
#define SCENARIO_FINISH_H

#include "scenario/model.h"

/* After everything was read, and after something was taken out. -1 where memory ran out. */
int finish(struct scenario *s);

#endif
