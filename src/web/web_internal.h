/*
 * web_internal: shared by web.c (start, end, what is shown) and web_answer.c (requests). Internal
 * to this folder.
 */
#ifndef WEB_WEB_INTERNAL_H
#define WEB_WEB_INTERNAL_H

#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/buf.h"
#include "web/web.h"
#include "web/web_guard.h"
#include "web/web_page.h"

#define WEB_BODY_MAX 16384

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

/* What may be asked for. */
struct web_load {
    bool open;
    char refusal[128]; /* why the load cannot be changed; "": it can */
    uint32_t users_possible;
    double spawn_rate; /* of the last change, or of the begin */
    char target[256];
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
    uint64_t mark_seen; /* number of the newest event that readers were given */
    atomic_bool stop;

    pthread_mutex_t lock; /* what follows */
    struct MHD_Response *documents[WEB_DOCUMENTS];
    struct web_event *event; /* the newest; NULL: none yet */
    uint64_t generation;
    struct web_reader *readers;
    struct control_change change; /* asked for, not taken yet */
    struct web_load load;
    bool over;    /* no more events will come */
    bool started; /* a run was shown */
};

/* For MHD_start_daemon(). */
enum MHD_Result web_answer(void *context, struct MHD_Connection *connection, const char *url,
                           const char *method, const char *version, const char *data, size_t *bytes,
                           void **visit);
void web_answered(void *context, struct MHD_Connection *connection, void **visit,
                  enum MHD_RequestTerminationCode code);

/* Adds the headers that every answer has. */
void web_headers(const struct web *w, struct MHD_Response *r, const char *type);

void web_event_release(struct web_event *e);

/* Reads a body: JSON or a form. Returns false with a reason if it asks for nothing that `load` can
 * become. */
bool web_read_load(const struct web_load *load, const char *body, size_t n,
                   struct control_change *out, struct err *why);

#endif
