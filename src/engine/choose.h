/*
 * choose: selects the transport for a scenario's requests.
 *
 * `direct` is faster, but has only one origin. `curl` supports everything. The choice depends on
 * what the scenario needs, never on the size of the load. Thread: any; it is a pure function.
 */
#ifndef ENGINE_CHOOSE_H
#define ENGINE_CHOOSE_H

#include "scenario/scenario.h"
#include "transport/transport.h"
#include "util/err.h"

enum choose_wish { CHOOSE_AUTO, CHOOSE_CURL, CHOOSE_DIRECT };

#define CHOOSE_WHY_BYTES 128

/* The scenario has a target, or needs none. `why` gets the reason as a text for the user ("the
 * scenario follows redirects"). Returns -1 if `wish` is CHOOSE_DIRECT and `direct` cannot run
 * the scenario. The error then says what `direct` does not support, and how to fix it. */
int choose_transport(enum choose_wish wish, const struct scenario *s,
                     const struct transport_ops **out, char why[CHOOSE_WHY_BYTES], struct err *e);

#endif
