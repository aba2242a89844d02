/*
 * capacity_cold: whether cold starts are what breaks an SLO at a load.
 *
 * They are, if the SLO fails with all requests, and its value is within the limit without those
 * that waited for a cold start. If it is beyond the limit without them too, something else limits
 * the service, and cold starts are not named. It does not know which requests are cold.
 *
 * Thread: pure functions, plain data.
 */
#ifndef CAPACITY_CAPACITY_COLD_H
#define CAPACITY_CAPACITY_COLD_H

#include <stdbool.h>
#include <stdint.h>

#include "capacity/evidence.h"
#include "gate/rule.h"

/* What limits the capacity, if it is cold starts; all zeros: it is not. */
struct capacity_cold {
    double load;
    uint64_t requests, cold;       /* of the measured time of all steps with this load */
    bool logged;                   /* by the server's log; else the client estimates them */
    double value, low, high;       /* of the SLO without the cold ones */
    enum evidence_verdict verdict; /* without them: HOLDS, or OPEN if that is not certain */
};

bool capacity_cold_is_limit(const struct gate_rule *rule, const struct evidence_result *all,
                            const struct evidence_result *warm);

#endif
