/*
 * web_host: what the page of `coldswarm web` can do beyond that of one run: start runs, look at
 * earlier ones, make their reports.
 *
 * The page knows neither scenarios nor run files. It asks a host, whose functions run on threads of
 * the page that may wait. At most WEB_HOST_THREADS requests are served at once and
 * WEB_HOST_WAITING wait; more are refused with 503. A request whose reader has gone is abandoned.
 *
 * Ownership: see each struct. Thread: see each function.
 */
#ifndef WEB_WEB_HOST_H
#define WEB_WEB_HOST_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "util/buf.h"
#include "util/err.h"
#include "web/web_start.h"

#define WEB_HOST_THREADS 2
#define WEB_HOST_WAITING 16

/* ---- starting a run ---- */

/* The answer to a start (web_start.h). */
struct web_started {
    unsigned status;      /* 202: it starts; 400, 404, 409 */
    const char *error;    /* NULL with 202 */
    const char *field;    /* that is wrong; NULL: none alone */
    const char *scenario; /* its name */
    const char *target;   /* for Locust's answer; NULL: unknown */
};

/* ---- the rest ---- */

enum web_what {
    WEB_SCENARIOS, /* those that can be started, as JSON */
    WEB_SCENARIO,  /* one of them, checked */
    WEB_RUNS,      /* earlier runs, as JSON */
    WEB_REPORT,    /* of a run, in a format */
    WEB_RUN_FILE,
    WEB_COMPARISON /* of two runs */
};

#define WEB_NAME_BYTES 256

struct web_ask {
    enum web_what what;
    /* As asked for: anything. */
    char name[WEB_NAME_BYTES], other[WEB_NAME_BYTES], format[32];
    int socket;                 /* of who asks */
    const atomic_bool *closing; /* the page ends */
};

struct web_reply {
    unsigned status;
    const char *type;                  /* of a static text */
    struct buf text;                   /* unless there is a file */
    int fd;                            /* a file from its begin; -1: none. The page closes it */
    char save_as[WEB_NAME_BYTES + 64]; /* "": it is shown */
    bool document;                     /* an HTML document of its own, which gets no rights here */
};

struct web_host {
    void *context;
    /* Fills in a zeroed reply, whose text is initialised. On a thread of the page, several at
     * once. */
    void (*serve)(void *context, const struct web_ask *ask, struct web_reply *out);
};

/* Whether nobody waits for the answer any longer. */
bool web_ask_gone(const struct web_ask *ask);

/* A reply of one sentence. */
void web_reply_error(struct web_reply *out, unsigned status, const char *error);

#endif
