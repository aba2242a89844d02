/*
 * web_internal: shared by web.c (start, end, what is shown), web_answer.c (requests), web_host.c
 * (requests that wait) and web_send.c (answers). Internal to this folder.
 */
#ifndef WEB_WEB_INTERNAL_H
#define WEB_WEB_INTERNAL_H

#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "control/change.h"
#include "util/buf.h"
#include "web/web.h"
#include "web/web_body.h"
#include "web/web_guard.h"
#include "web/web_host.h"
#include "web/web_locust.h"
#include "web/web_page.h"

/* What all readers of events share. */
struct web_event {
    atomic_uint users;
    size_t bytes;
    char text[];
};

/* Somebody who reads events. */
struct web_reader {
    struct web *web;
    struct MHD_Connection *connection;
    struct web_event *event; /* being sent; NULL: none */
    size_t sent;             /* of it */
    uint64_t seen;           /* generation of the last event */
    bool waiting;            /* the connection is suspended */
    struct web_reader *next, **from;
};

/* One request. */
struct web_visit {
    struct buf body;
    struct MHD_Connection *connection;
    enum { WEB_VISIT_NEW, WEB_VISIT_WAITS, WEB_VISIT_READY } state; /* under the lock */
    struct web_ask ask;
    struct web_reply reply;
    bool locust;            /* answered as Locust does */
    struct web_visit *next; /* that waits */
};

/* What may be asked for. */
struct web_load {
    struct change_of of; /* its spawn_rate: of the last change, or of the begin */
    char refusal[128];   /* why the load cannot be changed; "": it can */
    char target[256];
};

/* For Locust's addresses. */
struct web_locust_state {
    pthread_mutex_t lock;            /* what follows; taken before that of struct web */
    const struct web_locust *lender; /* NULL: none */
    struct {
        struct MHD_Response *response; /* NULL: not made yet */
        unsigned status;
        uint64_t generation; /* of the page when it was made */
    } made[WEB_LOCUST_DOCUMENTS];
};

enum web_document { WEB_PAGE, WEB_STATE, WEB_METRICS, WEB_DOCUMENTS };

struct web {
    struct MHD_Daemon *daemon;
    int listen_fd; /* -1: the daemon has it */
    char *token, *base, *cert, *key;
    struct web_guard guard;
    struct web_page page;
    char *url;
    bool tls;
    uint64_t mark_seen;   /* number of the newest event that readers were given */
    atomic_uint stops;    /* asked for, not taken yet */
    atomic_bool stopping; /* somebody has asked for the end of this run */

    pthread_mutex_t lock; /* what follows */
    struct MHD_Response *documents[WEB_DOCUMENTS];
    struct web_event *event; /* the newest; NULL: none yet */
    uint64_t generation;
    struct web_reader *readers;
    struct control_change change; /* asked for, not taken yet */
    struct web_load load;
    bool over;    /* no more events will come */
    bool started; /* a run was shown */
    bool ended;   /* its end was shown */

    struct web_locust_state locust;

    /* For a page with a host. */
    const struct web_host *host; /* NULL: none */
    bool running;                /* a run was begun and has not returned */
    struct web_visit *starter;   /* who asks for a run; NULL: nobody */
    bool start_taken;            /* what it asks is being checked */
    struct web_start start;
    struct web_visit *waiting; /* oldest first */
    size_t waiting_count;
    atomic_bool closing;
    pthread_cond_t more; /* somebody waits, or it is closing */
    pthread_t threads[WEB_HOST_THREADS];
    size_t thread_count;
};

/* Under the lock: whether there is a run to stop. */
static inline bool web_runs(const struct web *w) {
    return !w->ended && (w->host != NULL ? w->running : w->started);
}

/* For MHD_start_daemon(). web_asked() sees an address as it was sent, before web_answer(). */
void *web_asked(void *context, const char *uri, struct MHD_Connection *connection);
enum MHD_Result web_answer(void *context, struct MHD_Connection *connection, const char *url,
                           const char *method, const char *version, const char *data, size_t *bytes,
                           void **visit);
void web_answered(void *context, struct MHD_Connection *connection, void **visit,
                  enum MHD_RequestTerminationCode code);

void web_locust_init(struct web *w);
void web_locust_done(struct web *w);
enum MHD_Result web_locust_answer(struct web *w, struct MHD_Connection *c, const char *path);
enum MHD_Result web_locust_reset(struct web *w, struct MHD_Connection *c);

/* Adds the headers that every answer has. */
void web_headers(const struct web *w, struct MHD_Response *r, const char *type);

enum MHD_Result web_send_text(const struct web *w, struct MHD_Connection *c, unsigned status,
                              const char *type, const char *text, const char *header,
                              const char *value);

/* {"error": TEXT} */
enum MHD_Result web_send_error(const struct web *w, struct MHD_Connection *c, unsigned status,
                               const char *error);

/* Locust's answer: success with a message. It comes with 200 in any case. */
void web_swarm_text(struct buf *out, bool good, const char *message, const char *target);
enum MHD_Result web_send_swarm(const struct web *w, struct MHD_Connection *c, bool good,
                               const char *message, const char *target);

void web_event_release(struct web_event *e);

/* The threads of a page with a host. */
int web_host_open(struct web *w, struct err *e);
/* After it nobody waits. */
void web_host_close(struct web *w);

/* The request waits for the host. */
enum MHD_Result web_host_ask(struct web *w, struct web_visit *v);
/* The request waits for web_host_started(). */
enum MHD_Result web_host_start(struct web *w, struct web_visit *v);
void web_host_started(struct web *w, const struct web_started *s);
/* It need not wait any longer. */
enum MHD_Result web_host_reply(const struct web *w, struct web_visit *v);

/* The thread yields to those that send. */
void web_be_nice(void);

/* Reads a body: JSON or a form. Returns false with a reason if it asks for nothing that `load` can
 * become. */
bool web_read_load(const struct web_load *load, const char *body, size_t n,
                   struct control_change *out, struct err *why);

#endif
