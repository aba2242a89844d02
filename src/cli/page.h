/*
 * page: where `run --html` writes its page.
 *
 * The name may hold {u}, {r} and {t}, which stand for the users, the spawn rate and the run time in
 * seconds, as whole numbers, as Locust has them; of a load by rate {u} are the most users and {r}
 * is the rate. What a load does not have stays as it is.
 *
 * Thread: main.
 */
#ifndef CLI_PAGE_H
#define CLI_PAGE_H

#include "schedule/load.h"
#include "util/buf.h"
#include "util/err.h"

/* Appends the name of the file, with what it stands for filled in. */
void page_name(struct buf *out, const char *pattern, const struct load *load);

/* Makes its folder and sees that it can be written, before the run and not after it. */
int page_check(const char *path, struct err *e);

#endif
