/*
 * server_tables: the server's side as tables.
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
#ifndef REPORT_SERVER_TABLES_H
#define REPORT_SERVER_TABLES_H

#include "report/guess.h"
#include "report/server.h"
#include "report/table.h"
#include "stats/billing.h"

#define SERVER_TABLES_MAX 8

/* What an instance is and costs. */
struct server_shape {
    double cpus;          /* 0: 1 */
    int64_t memory_bytes; /* 0: 512 MiB */
    enum billing_mode billing;
    const char *prices, *region; /* NULL: the list inside the program, us-central1 */
};

struct server_cost {
    struct server_shape shape; /* with what was filled in */
    struct billing_prices prices;
    struct billing_cost cost;
};

int server_price(const struct server *s, const struct server_shape *shape, struct server_cost *out,
                 struct err *e);

/* Fills tables[] and returns how many there are; ask table_ok() of each. */
size_t server_tables(const struct server *s, const struct server_cost *cost,
                     struct table tables[SERVER_TABLES_MAX]);

/* Cold and warm by the client's guess. */
#define GUESS_TABLES 1
void guess_table(const struct guess *g, struct table *t);

#endif
