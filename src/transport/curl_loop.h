/*
 * curl_loop: libcurl's multi interface on a libuv loop: its sockets, its timer, its finished
 * transfers.
 *
 * It knows nothing of requests: who adds an easy handle sets it up, and hears of its end by a
 * callback. Callbacks run from the loop, never from within curl_loop_add().
 *
 * Sockets stay registered with the loop while their connection is idle: libcurl says "remove" after
 * each transfer, and obeying would cost two epoll_ctl calls a request. An event on an idle socket
 * unregisters it. libcurl also polls sockets that it did not open through us and closes without
 * telling (its resolver's): those are unregistered at once, since an fd that is closed while libuv
 * watches it ends the process.
 *
 * Ownership: embedded in a transport; easy handles are the caller's. Thread: the loop's.
 */
#ifndef TRANSPORT_CURL_LOOP_H
#define TRANSPORT_CURL_LOOP_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#include "util/err.h"

struct curl_watch;

/* A transfer has ended; its easy handle is out of the multi handle already. */
typedef void curl_loop_ended_fn(void *context, CURL *easy, CURLcode code);

/* The turn that curl_loop_settle() asked for has come. */
typedef void curl_loop_settle_fn(void *context);

struct curl_loop {
    uv_loop_t *loop;
    CURLM *multi;
    curl_loop_ended_fn *ended;
    curl_loop_settle_fn *settled; /* NULL: nobody asks */
    void *context;
    uv_timer_t timer;
    uv_timer_t nudge; /* active while a socket may be connecting */
    int nudges;       /* how often libcurl is still to be run by it */
    uv_idle_t settle; /* active when something is to be looked after at the next turn */
    bool draining;
    /* The easy handle that is being taken out of the multi handle because it has ended well. */
    CURL *ending;
    int under_way;   /* transfers that libcurl has and we have not heard the end of */
    int running;     /* of those, how many had not ended when libcurl last ran */
    bool kicking;    /* libcurl is being run right now: its wish for a timer is kept, not obeyed */
    long timer_wish; /* ms; -1: none */
    bool in_timer;   /* its callback runs */
    bool due;        /* a wish for 0 ms from there: libcurl is run at the loop's next turn */
    struct curl_watch **watches; /* by fd */
    size_t watch_count;
    void (*closed)(void *context);
};

int curl_loop_init(struct curl_loop *l, uv_loop_t *loop, curl_loop_ended_fn *ended,
                   curl_loop_settle_fn *settled, void *context, struct err *e);

/* Nothing may be in progress. `closed` is called from the loop when the memory of `l` is no longer
 * needed. */
void curl_loop_close(struct curl_loop *l, void (*closed)(void *context));

/* For CURLOPT_OPENSOCKETFUNCTION of the easy handles that will be added: opens and watches a
 * socket. */
curl_socket_t curl_loop_open(struct curl_loop *l, const struct curl_sockaddr *address);

/* Has `fn` called when something happens to such a socket while libcurl does not want to hear of
 * it; at most once until it does again. */
void curl_loop_tell_idle(struct curl_loop *l, curl_socket_t fd, void (*fn)(void *context),
                         void *context);

/* For their CURLOPT_CLOSESOCKETFUNCTION: closes the socket, or stops watching it and leaves it
 * open. */
int curl_loop_close_socket(struct curl_loop *l, curl_socket_t fd);
void curl_loop_release_socket(struct curl_loop *l, curl_socket_t fd);

/* Starts a transfer, now. CURLM_OK, or what libcurl says; then it is not in progress. */
CURLMcode curl_loop_add(struct curl_loop *l, CURL *easy);

/* Gives a transfer up: `ended` will not be called. */
void curl_loop_remove(struct curl_loop *l, CURL *easy);

/* Has `settled` called at the loop's next turn. */
void curl_loop_settle(struct curl_loop *l);

#endif
