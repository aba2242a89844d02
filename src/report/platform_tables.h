/*
 * platform_tables: the server side as tables.
 *
 *   reconciliation  the client's requests next to the server log, and what remains unexplained
 *   statuses        responses by status, on both sides
 *   times           where the time went
 *   cold_starts     cold next to warm requests
 *   start_up        the steps of a start-up
 *   balance         how the platform distributed the requests over its instances, in total
 *   cost            cost before and after the free tier
 *   instances       one row per instance
 *
 * Tables for which the run has no data are left out. It computes only what needs no reading.
 *
 * Ownership: the caller calls table_done() on the tables. Thread: any.
 */
#ifndef REPORT_PLATFORM_TABLES_H
#define REPORT_PLATFORM_TABLES_H

#include "report/guess.h"
#include "report/platform.h"
#include "report/remark.h"
#include "report/table.h"
#include "stats/billing.h"

#define PLATFORM_TABLES_MAX 8

/* Size and price of an instance. */
struct platform_shape {
    double cpus;          /* 0: 1, or what the GPU needs */
    int64_t memory_bytes; /* 0: 512 MiB, or what the GPU needs */
    enum billing_mode billing;
    enum gpu gpu;                /* with a GPU, billing is instance-based */
    const char *prices, *region; /* NULL: the built-in list; us-central1 */
};

struct platform_cost {
    struct platform_shape shape; /* with defaults filled in */
    struct billing_prices prices;
    struct billing_cost cost;
    uint64_t requests; /* number of billed requests */
};

/* An instance with defaults filled in, and its prices; no cost. */
int platform_shape_price(const struct platform_shape *shape, struct platform_cost *out,
                         struct err *e);

int platform_price(const struct platform *s, const struct platform_shape *shape,
                   struct platform_cost *out, struct err *e);

/* Fills tables[] and returns their number. Check table_ok() of each. */
size_t platform_tables(const struct platform *s, const struct platform_cost *cost,
                       struct table tables[PLATFORM_TABLES_MAX]);

/* Adds what a reader has to know about the server side before the numbers. */
void platform_remarks(const struct platform *s, const struct platform_cost *c, struct lines *r);

/* Cold and warm requests as the client estimates them. */
#define GUESS_TABLES 1
void guess_table(const struct guess *g, struct table *t);

#endif
