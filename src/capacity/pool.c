#include "capacity/pool.h"

#include <math.h>
#include <stdlib.h>

#include "util/array.h"

void pool_init(struct pool *p, const struct gate_rules *rules) {
    *p = (struct pool){.rules = rules};
}

void pool_done(struct pool *p) {
    for (size_t i = 0; i < p->count; i++) {
        for (size_t k = 0; k < p->rules->count; k++)
            evidence_done(&p->loads[i].evidence[k]);
        free(p->loads[i].evidence);
    }
    free(p->loads);
    *p = (struct pool){0};
}

int pool_at(struct pool *p, double load, struct evidence **out, struct err *e) {
    for (size_t i = 0; i < p->count; i++)
        if (fabs(p->loads[i].load - load) <= 1e-9 * load) {
            *out = p->loads[i].evidence;
            return 0;
        }
    struct pool_load *loads = array_room(p->loads, &p->room, p->count + 1, sizeof *loads);
    if (loads == NULL)
        return err_memory(e, "the values of a step");
    p->loads = loads;
    struct evidence *all = calloc(p->rules->count + 1, sizeof *all);
    if (all == NULL)
        return err_memory(e, "the values of a step");
    p->loads[p->count++] = (struct pool_load){load, all};
    *out = all;
    return 0;
}

int pool_look(struct pool *p, double load, struct search_look *out, size_t *worst, struct err *e) {
    struct search_look look = {.verdict = EVIDENCE_HOLDS, .excess = -(double)INFINITY};
    struct evidence *all;
    if (pool_at(p, load, &all, e) != 0)
        return -1;
    for (size_t i = 0; i < p->rules->count; i++) {
        struct evidence_result r;
        const struct gate_rule *rule = &p->rules->items[i];
        if (evidence_decide(&all[i], rule, SEARCH_RISK, &r, e) != 0)
            return -1;
        double excess = evidence_excess(rule, r.value);
        if (excess > look.excess) {
            look.excess = excess;
            if (worst != NULL)
                *worst = i;
        }
        if (r.verdict == EVIDENCE_FAILS)
            look.verdict = EVIDENCE_FAILS;
        else if (r.verdict == EVIDENCE_OPEN && look.verdict != EVIDENCE_FAILS)
            look.verdict = EVIDENCE_OPEN;
    }
    *out = look;
    return 0;
}
