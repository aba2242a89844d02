/*
 * choose: which transport a scenario's requests go through.
 *
 * `direct` is the faster one and does HTTP/1.1 to one origin; `curl` does everything. What counts
 * is what the scenario needs, never the size of the load. Thread: any; it is a pure function.
 */
#ifndef ENGINE_CHOOSE_H
#define ENGINE_CHOOSE_H

#include "scenario/scenario.h"
#include "transport/transport.h"
#include "util/err.h"

enum choose_wish { CHOOSE_AUTO, CHOOSE_CURL, CHOOSE_DIRECT };

#define CHOOSE_WHY_BYTES 128

/* The scenario has a target, or needs none. `why` gets a text for people ("the scenario follows
 * redirects"). -1 where `direct` is asked for and cannot do it: the error says what it cannot, and
 * how to fix it. */
int choose_transport(enum choose_wish wish, const struct scenario *s,
                     const struct transport_ops **out, char why[CHOOSE_WHY_BYTES], struct err *e);

#endif
