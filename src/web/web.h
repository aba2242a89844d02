/*
 * web: the server of a run's page, of its status as JSON, and of its metrics.
 *
 * It is HTTP/1.1 by libmicrohttpd, on a thread of its own with a lower priority than those that
 * send. It shows what web_show() gave it last, and computes nothing when asked. So a page that is
 * hammered costs only this thread. Nobody is waited for: each reader gets the newest status. One
 * that takes nothing for 15 s is disconnected.
 *
 *     GET /            the page             GET /api/state   all of the status
 *     GET /metrics     for Prometheus       GET /api/events  server-sent events, one a second
 *     POST /api/stop, GET /stop             end the run
 *     POST /api/load, /swarm                change its load
 *
 * With a host (web_host.h), one page shows several runs, one after the other, and adds
 *
 *     POST /api/start, /swarm               start a run
 *     GET /api/scenarios, /api/scenario     what can be started
 *     GET /runs, /runs/NAME/...             earlier runs: report, file, comparison
 *
 * What may be asked by whom: web_guard.h. It reads no file but its certificate.
 * Ownership: heap, web_close(NULL) is allowed; texts of the options are copied. Thread: one opens,
 * shows and closes. Signals should be blocked in web_open(), because its thread inherits that.
 */
#ifndef WEB_WEB_H
#define WEB_WEB_H

#include <stdbool.h>

#include "control/control.h"
#include "control/status.h"
#include "util/err.h"
#include "web/web_host.h"

struct web_options {
    const char *where; /* "8089", "0.0.0.0:8089", "[::1]:8089"; port 0: any free one */
    /* NULL: none, or one is made if others than this machine can reach the address. */
    const char *token;
    const char *base;            /* path prefix, as "/load"; NULL: none */
    const char *cert, *key;      /* PEM files; NULL: no TLS */
    const char *style;           /* see web_page.h */
    const char *option;          /* that `where` comes from, for errors; NULL: --web */
    const struct web_host *host; /* NULL: the page of one run; else valid until web_close() */
};

struct web;

/* What is wrong with the options, before anything listens. */
int web_check(const struct web_options *options, struct err *e);

/* Listens. */
int web_open(const struct web_options *options, struct web **out, struct err *e);
void web_close(struct web *w);

/* "http://127.0.0.1:8089/"; with a token made by web_open(), it is in it. */
const char *web_url(const struct web *w);

/* From now on this is shown. */
void web_show(struct web *w, const struct status *s);

/* How often somebody has asked for the end of the run since the last call: the second time, without
 * waiting for requests in flight. Locust's /stop counts only if nobody has asked before. */
unsigned web_take_stops(struct web *w);

/* Whether somebody has asked for another load since the last call. It is one that the run can
 * have. */
bool web_take_change(struct web *w, struct control_change *out);

/* ---- with a host ---- */

/* Whether somebody asks for a run. Then web_answer_start() must follow, and after a 202
 * web_end(). */
bool web_take_start(struct web *w, struct web_start *out);
void web_answer_start(struct web *w, const struct web_started *s);

/* The run has returned. `error`: why it did not even begin; NULL: it was shown. */
void web_end(struct web *w, const char *error);

#endif
