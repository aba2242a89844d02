/*
 * capacity_price: what requests cost at capacity, as a sentence and a table of its document.
 *
 * Thread: plain data.
 */
#ifndef REPORT_CAPACITY_PRICE_H
#define REPORT_CAPACITY_PRICE_H

#include <stdbool.h>

#include "capacity/capacity_result.h"
#include "report/document.h"
#include "report/table.h"

/* Whether there is a cost. */
bool capacity_price_known(const struct capacity_result *r);

void capacity_price_table(struct table *t, const struct capacity_result *r);
void capacity_price_say(struct lines *l, const struct capacity_result *r);

#endif
