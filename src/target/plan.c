#include "target/plan.h"

struct plan plan_request(uint64_t seed, uint64_t number, const struct variate *l,
                         const struct fault *f) {
    struct rng r;
    rng_seed(&r, seed, number);
    /* Drawn also where nothing fails, and first: the service time must not depend on the rate. */
    double luck = rng_unit(&r);
    return (struct plan){
        .fault = luck < f->rate ? f->kind : FAULT_NONE,
        .service_ns = variate_draw_ns(l, &r),
    };
}
