/*
 * web_page: the page of a run: one HTML document with its own style and script.
 *
 * It has the tables as of loading, so that it can be read without JavaScript. With it, the page
 * draws charts and follows `api/events`. The page loads nothing else, and its policy forbids it.
 *
 * Ownership: web_page_done() frees. Thread: one at a time.
 */
#ifndef WEB_WEB_PAGE_H
#define WEB_WEB_PAGE_H

#include <stdbool.h>

#include "control/status.h"
#include "util/buf.h"
#include "util/err.h"

struct web_page {
    struct buf style;
    struct buf policy; /* of the header Content-Security-Policy */
    bool starts;       /* runs can be started from it, and earlier ones looked at */
};

/* `style`: of the report's page, which this one adds to. */
int web_page_init(struct web_page *p, const char *style, struct err *e);
void web_page_done(struct web_page *p);

/* s NULL: nothing is known yet. */
void web_page_write(const struct web_page *p, const struct status *s, struct buf *out);

#endif
