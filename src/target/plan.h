/*
 * plan: decides what happens to request n: a pure function of the seed and n.
 *
 * So two runs with one seed treat request n the same, whatever the threads do, and asking for more
 * failures does not change service times. Thread: any.
 */
#ifndef TARGET_PLAN_H
#define TARGET_PLAN_H

#include <stdint.h>

#include "target/fault.h"
#include "target/variate.h"

struct plan {
    enum fault_kind fault;
    int64_t service_ns;
};

struct plan plan_request(uint64_t seed, uint64_t number, const struct variate *l,
                         const struct fault *f);

#endif
