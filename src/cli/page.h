/*
 * page: the output file of `run --html`.
 *
 * The name may contain {u}, {r} and {t}: the users, the spawn rate and the run time in seconds, as
 * whole numbers, as in Locust. For a load with an arrival rate, {u} is the maximum number of users
 * and {r} is the rate. Placeholders without a value in a load are kept.
 *
 * Thread: main.
 */
#ifndef CLI_PAGE_H
#define CLI_PAGE_H

#include "schedule/load.h"
#include "util/buf.h"
#include "util/err.h"

/* Appends the name of the file, with its placeholders replaced. */
void page_name(struct buf *out, const char *pattern, const struct load *load);

/* Creates its folder and checks that the file can be written. Call before the run, so that an
 * error does not come after it. */
int page_check(const char *path, struct err *e);

#endif
