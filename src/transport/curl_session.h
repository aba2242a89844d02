/*
 * curl_session: a user's side of the curl transport: its easy handle, its connections, its cookies,
 * and the current request.
 *
 * curl.c moves it from request to request; here it begins, is given a new easy handle, and ends.
 * Not for other folders.
 *
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
    struct transport_session *refused;   /* libcurl did not take them; their callbacks are due */
    struct transport_session *finishing; /* those whose turn it is */
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
    struct curl_aim aim;                    /* where its connection goes */
    bool waited;                            /* for an address: limits of time are shorter */
    const struct address_failure *lost_aim; /* why there was no address; NULL: nothing is wrong */
    bool spoiled; /* the easy handle had a transfer that did not end well: it is not used again */
    int64_t resent_ns; /* when the request was sent again; 0: it was not */
    CURLcode refusal;
    struct transport_session *next_refused;
    struct curl_slist trace; /* the traceparent header, where there is one, then the request's */
    const struct curl_request *request; /* the one in progress */
    struct curl_slist *varied;          /* its headers of this sending, where it varies */
    struct curl_answer answer;
    bool cookie_sent;                  /* the easy handle has a Cookie */
    struct place place;                /* where the current transfer goes */
    struct buf host, path, own_cookie; /* of this sending, where they vary */
    struct bytes body;                 /* likewise */
    struct curl_slist *headers;        /* of the current transfer */
    struct curl_hop hop;               /* after a redirect: the current transfer */
    struct curl_phases before;         /* those of the transfers before it */
    const char *failure;               /* what `link` knows of it; NULL: nothing */
    enum outcome failure_outcome;
    const char *stuck; /* why a redirect was not followed; NULL: nothing is wrong */
    char trace_text[TRACEPARENT_BYTES];
    char curl_text[CURL_ERROR_SIZE];
};

/* Gives the session a new easy handle. The connections and TLS sessions stay: they are the
 * share's. */
CURLcode curl_session_renew(struct transport_session *s);

int curl_session_open(struct transport *t, uint32_t user, struct transport_session **out,
                      struct err *e);
void curl_session_close(struct transport_session *s); /* idle, or NULL */

#endif
