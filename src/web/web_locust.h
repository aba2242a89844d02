/*
 * web_locust: the addresses of Locust's web API that show numbers, for scripts written for it.
 *
 * What they show is made by a lender: the run in progress (cli/locust_view.h). A document is made
 * when somebody asks, at most once for each state of the page, that is once a second. So a script
 * that asks without pause takes no more of the run. At the end of its run the lender is asked once
 * more for each document, which then stays.
 *
 *     GET /stats/requests        /stats/requests/csv, /stats/failures/csv
 *     GET /exceptions            /exceptions/csv, /stats/requests_full_history/csv
 *     GET /stats/reset           the numbers begin again
 *
 * Ownership: the lender's. Thread: see each function; a mutex is held while a lender writes.
 */
#ifndef WEB_WEB_LOCUST_H
#define WEB_WEB_LOCUST_H

#include "util/buf.h"

struct web;

enum web_locust_document {
    WEB_LOCUST_STATS,
    WEB_LOCUST_STATS_CSV,
    WEB_LOCUST_FAILURES_CSV,
    WEB_LOCUST_HISTORY_CSV,
    WEB_LOCUST_EXCEPTIONS,
    WEB_LOCUST_EXCEPTIONS_CSV,
    WEB_LOCUST_DOCUMENTS
};

/* On a thread of the page, one at a time. */
struct web_locust {
    void *context;
    /* Appends a document; its status, 200 or an error with a text. */
    unsigned (*write)(void *context, enum web_locust_document which, struct buf *out);
    void (*reset)(void *context); /* NULL: its numbers cannot begin again */
};

/* From now on the documents are those of l, which stays valid until web_locust_return(). */
void web_locust_lend(struct web *w, const struct web_locust *l);

/* Takes it back, if it is lent. `keep`: its documents of now stay. */
void web_locust_return(struct web *w, const struct web_locust *l, bool keep);

#endif
