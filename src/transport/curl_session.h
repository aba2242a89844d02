/*
 * curl_session: one user's state in the curl transport: easy handle, connections, cookies, and the
 * current request.
 *
 * curl.c moves a session from request to request. Here it is opened, gets a new easy handle, and is
 * closed. Not for other folders.
 * Thread: the loop's.
 */
#ifndef TRANSPORT_CURL_SESSION_H
#define TRANSPORT_CURL_SESSION_H

#include "transport/curl_aim.h"
#include "transport/curl_answer.h"
#include "transport/curl_hop.h"
#include "transport/curl_internal.h"
#include "transport/curl_link.h"
#include "transport/curl_loop.h"
#include "transport/traceparent.h"
#include "util/buf.h"

struct transport {
    struct curl_loop loop;
    struct curl_aims aims;
    const struct transport_options *options;
    struct answer_pool pool;
    uint64_t serials;                    /* requests compiled so far */
    struct transport_session *refused;   /* rejected by libcurl; their callbacks are due */
    struct transport_session *finishing; /* those being called back now */
};

struct transport_session {
    struct transport *transport;
    CURL *easy;
    CURLSH *share;
    uint64_t last;           /* serial of the request that the easy handle is set up for; 0: none */
    transport_done_fn *done; /* NULL: idle */
    void *context;
    int64_t sent_ns;
    struct curl_link link;
    struct curl_aim aim; /* where its connection goes */
    /* It waited for an address, so its time limits are shorter. */
    bool waited;
    /* Why there was no address; NULL: no failure. */
    const struct address_failure *lost_aim;
    /* A transfer of the easy handle ended badly: the handle is not used again. */
    bool spoiled;
    int64_t resent_ns; /* when the request was sent again; 0: it was not */
    CURLcode refusal;
    struct transport_session *next_refused;
    /* The traceparent header, if any; the request's headers follow. */
    struct curl_slist trace;
    const struct curl_request *request; /* the current request */
    struct curl_slist *varied;          /* headers of this sending, if they vary */
    struct curl_answer answer;
    bool cookie_sent;                  /* the easy handle has a Cookie set */
    struct place place;                /* destination of the current transfer */
    struct buf host, path, own_cookie; /* of this sending, if they vary */
    struct bytes body;                 /* likewise */
    struct curl_slist *headers;        /* of the current transfer */
    struct curl_hop hop;               /* after a redirect: request of the current transfer */
    struct curl_phases before;         /* of the transfers before it */
    const char *failure;               /* what `link` knows about the failure; NULL: nothing */
    enum outcome failure_outcome;
    const char *stuck; /* why a redirect was not followed; NULL: no failure */
    char trace_text[TRACEPARENT_BYTES];
    char curl_text[CURL_ERROR_SIZE];
};

/* Gives the session a new easy handle. Connections and TLS sessions are kept, because they
 * belong to the share object. */
CURLcode curl_session_renew(struct transport_session *s);

int curl_session_open(struct transport *t, uint32_t user, struct transport_session **out,
                      struct err *e);
void curl_session_close(struct transport_session *s); /* must be idle, or NULL */

#endif
