/*
 * locust_view: a listener that shows a run of `--web` at the addresses of Locust's web API, for
 * scripts that were written for it: /stats/requests, /stats/reset, /exceptions and the CSV files.
 *
 * The numbers follow Locust's rules (stats/locust_stats.h). A reset begins them again; the run file
 * keeps everything. The view of a load that several processes run has no requests, but the status
 * of the whole: its times are within 1.6 % before Locust's rounding, its current rates are those of
 * the last seconds, and it cannot begin again.
 *
 * Ownership: heap; texts are borrowed. Thread: main; the answers are made on the page's.
 */
#ifndef CLI_LOCUST_VIEW_H
#define CLI_LOCUST_VIEW_H

#include "control/control.h"

struct locust_view;
struct web;

struct locust_view_of {
    struct web *web;
    const struct endpoint *endpoints;
    size_t count;
    uint32_t users; /* that the load begins with */
    /* As in struct status_run. */
    const char *(*error_text)(void *context, uint32_t error);
    int64_t (*started_ns)(void *context);
    void *context;
};

/* The endpoints are the rows of the status, in their order. It is lent to the page. */
int locust_view_new(const struct locust_view_of *of, struct locust_view **out, struct err *e);
void locust_view_free(struct locust_view *v);

/* From now on it shows this. */
void locust_view_show(struct locust_view *v, const struct status *s, const struct status_board *b);

extern const struct control_listener locust_view_listener;

#endif
