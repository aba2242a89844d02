/*
 * platform_tables: the server's side as tables.
 *
 *   reconciliation  the client's requests beside the server's log, and what nothing explains
 *   statuses        answers by status, on both sides
 *   times           where the time went
 *   cold_starts     cold beside warm
 *   start_up        what a start-up took, step by step
 *   balance         how the platform shared the requests among its instances, in sum
 *   cost            what they cost, before and after the free tier
 *   instances       one row an instance
 *
 * Tables of which the run tells nothing are left out. It computes only what takes no reading.
 *
 * Ownership: the tables are the caller's to table_done(). Thread: any.
 */
#ifndef REPORT_PLATFORM_TABLES_H
#define REPORT_PLATFORM_TABLES_H

#include "report/guess.h"
#include "report/platform.h"
#include "report/remarks.h"
#include "report/table.h"
#include "stats/billing.h"

#define PLATFORM_TABLES_MAX 8

/* What an instance is and costs. */
struct platform_shape {
    double cpus;          /* 0: 1, or what the GPU needs */
    int64_t memory_bytes; /* 0: 512 MiB, or what the GPU needs */
    enum billing_mode billing;
    enum gpu gpu;                /* with one the billing is instance-based */
    const char *prices, *region; /* NULL: the list inside the program, us-central1 */
};

struct platform_cost {
    struct platform_shape shape; /* with what was filled in */
    struct billing_prices prices;
    struct billing_cost cost;
    uint64_t requests; /* that were billed */
};

int platform_price(const struct platform *s, const struct platform_shape *shape,
                   struct platform_cost *out, struct err *e);

/* Fills tables[] and returns how many there are; ask table_ok() of each. */
size_t platform_tables(const struct platform *s, const struct platform_cost *cost,
                       struct table tables[PLATFORM_TABLES_MAX]);

/* What of the server's side a reader has to know before the numbers. */
void platform_remarks(const struct platform *s, const struct platform_cost *c, struct remarks *r);

/* Cold and warm by the client's guess. */
#define GUESS_TABLES 1
void guess_table(const struct guess *g, struct table *t);

#endif
