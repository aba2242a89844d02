#include "capacity/capacity_cold.h"

#include <math.h>

bool capacity_cold_is_limit(const struct gate_rule *rule, const struct evidence_result *all,
                            const struct evidence_result *warm) {
    return all->verdict == EVIDENCE_FAILS && warm->verdict != EVIDENCE_FAILS &&
           isfinite(warm->value) && gate_holds(rule->op, warm->value, rule->limit);
}
