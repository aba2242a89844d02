/*
 * curl_loop: libcurl's multi interface on a libuv loop: sockets, timer, finished transfers.
 *
 * It knows nothing about requests. The caller sets up an easy handle, adds it, and learns of its
 * end by a callback. Callbacks run from the loop, never from within curl_loop_add().
 *
 * Sockets stay registered with the loop while their connection is idle. libcurl says "remove" after
 * each transfer, but obeying would cost two epoll_ctl calls per request. An event on an idle socket
 * unregisters it. libcurl also polls sockets of its own (its resolver's), and closes them without
 * notice. Those are unregistered at once, because closing an fd that libuv watches aborts the
 * process.
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

/* A transfer has ended. Its easy handle is already out of the multi handle. */
typedef void curl_loop_ended_fn(void *context, CURL *easy, CURLcode code);

/* The loop turn that curl_loop_settle() asked for. */
typedef void curl_loop_settle_fn(void *context);

struct curl_loop {
    uv_loop_t *loop;
    CURLM *multi;
    curl_loop_ended_fn *ended;
    curl_loop_settle_fn *settled; /* NULL: curl_loop_settle() is not used */
    void *context;
    uv_timer_t timer;
    uv_timer_t nudge; /* active while a socket may be connecting */
    int nudges;       /* how many more times it will run libcurl */
    uv_idle_t settle; /* active if work is left for the next turn */
    bool draining;
    /* The easy handle that is being removed from the multi handle because its transfer ended
     * well. */
    CURL *ending;
    int under_way; /* transfers in libcurl whose end was not reported yet */
    int running;   /* of those, the ones that had not ended when libcurl last ran */
    /* libcurl is running: the timer that it asks for is stored, not set. */
    bool kicking;
    long timer_wish; /* ms; -1: none */
    bool in_timer;   /* libcurl's timer callback is running */
    /* That callback asked for 0 ms: libcurl runs again at the loop's next turn. */
    bool due;
    struct curl_watch **watches; /* by fd */
    size_t watch_count;
    void (*closed)(void *context);
};

int curl_loop_init(struct curl_loop *l, uv_loop_t *loop, curl_loop_ended_fn *ended,
                   curl_loop_settle_fn *settled, void *context, struct err *e);

/* Nothing may be in progress. `closed` is called from the loop when the memory of `l` is no
 * longer needed. */
void curl_loop_close(struct curl_loop *l, void (*closed)(void *context));

/* For CURLOPT_OPENSOCKETFUNCTION of the easy handles that will be added: opens and watches a
 * socket. */
curl_socket_t curl_loop_open(struct curl_loop *l, const struct curl_sockaddr *address);

/* Calls `fn` when something happens on such a socket while libcurl is not interested in it. At
 * most once, until libcurl is interested again. */
void curl_loop_tell_idle(struct curl_loop *l, curl_socket_t fd, void (*fn)(void *context),
                         void *context);

/* For CURLOPT_CLOSESOCKETFUNCTION of the easy handles. The first closes the socket; the second
 * only stops watching it and leaves it open. */
int curl_loop_close_socket(struct curl_loop *l, curl_socket_t fd);
void curl_loop_release_socket(struct curl_loop *l, curl_socket_t fd);

/* Starts a transfer immediately. Returns CURLM_OK, or libcurl's error; then the transfer is not
 * in progress. */
CURLMcode curl_loop_add(struct curl_loop *l, CURL *easy);

/* Abandons a transfer: `ended` will not be called. */
void curl_loop_remove(struct curl_loop *l, CURL *easy);

/* Calls `settled` at the loop's next turn. */
void curl_loop_settle(struct curl_loop *l);

#endif
