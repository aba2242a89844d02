/*
 * pool: the evidence of all loads that were tried, for each SLO.
 *
 * Ownership: pool_init() borrows the rules; pool_done() frees. Thread: plain data.
 */
#ifndef CAPACITY_POOL_H
#define CAPACITY_POOL_H

#include "capacity/evidence.h"
#include "capacity/search.h"
#include "gate/rule.h"

struct pool_load {
    double load;
    struct evidence *evidence; /* one per rule */
};

struct pool {
    const struct gate_rules *rules;
    struct pool_load *loads;
    size_t count, room;
};

void pool_init(struct pool *p, const struct gate_rules *rules);
void pool_done(struct pool *p);

/* The evidence of a load, one per rule; empty if it is new. Valid until pool_done(). */
int pool_at(struct pool *p, double load, struct evidence **out, struct err *e);

/* What the evidence of a load says. *worst: the rule with the largest excess; it may be NULL. */
int pool_look(struct pool *p, double load, struct search_look *out, size_t *worst, struct err *e);

#endif
