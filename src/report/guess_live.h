/*
 * guess_live: estimates cold starts by the rule of guess.h from rows as they come: while a run goes
 * on, or of the rows of a file.
 *
 * It keeps a histogram of the service times of each endpoint instead of the times, so a median is
 * within 0.8 % (hist.h), and rows that may have a sign (GUESS_ASIDE_MAX; with more of them it says
 * nothing). Each estimate is of the rows so far. Later rows can contradict it, so whoever shows it
 * calls it a guess.
 *
 * Ownership: heap; guess_live_free(NULL) is allowed; only guess_live_new() uses the names of the
 * endpoints. Thread: plain data, owned by the caller.
 */
#ifndef REPORT_GUESS_LIVE_H
#define REPORT_GUESS_LIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/catalog.h"
#include "util/err.h"
#include "util/request.h"

struct guess_live;

/* Endpoints with one name and method have one median. Only rows at least above_us slower than it
 * are called cold; all rows form the groups. */
int guess_live_new(const struct endpoint *endpoints, size_t n, int64_t above_us,
                   struct guess_live **out, struct err *e);
void guess_live_free(struct guess_live *g);

/* Each request once. After a failure it can only be freed. */
int guess_live_add(struct guess_live *g, const struct request *x, struct err *e);

/* Whether the rows since the last fit may change what is cold: one may have a sign, or there are
 * 5 % more of them. */
bool guess_live_changed(const struct guess_live *g);

/* Estimates by all rows so far. Returns false if they do not convince, or if no row with a sign is
 * above_us slower than its median; then no row is cold. It takes some milliseconds if there may be
 * cold rows; else much less. */
bool guess_live_fit(struct guess_live *g);

/* By the last fit. */
bool guess_live_is_cold(const struct guess_live *g, const struct request *x);

struct guess_live_cold {
    int64_t sent_us, service_us;
    uint32_t endpoint;
    double median_us; /* of the service times of its name and method */
};
typedef void guess_live_fn(void *context, const struct guess_live_cold *x);

/* By the last fit: each cold row, in the order in which they came. */
void guess_live_each(const struct guess_live *g, guess_live_fn *fn, void *context);

#endif
