/*
 * curl_aim: the source and destination addresses of the curl transport's connections.
 *
 * Before a transfer, addresses.h looks up the host to connect to (the proxy, if there is one). The
 * addresses are passed to libcurl with the user's own address first. For that, each session has its
 * own DNS cache (in its share object), so users do not see each other's order. This part also opens
 * the session's sockets, from the user's source address, and notes failures.
 *
 * A kept connection needs no address. A transfer waits for one only if the connection may be gone,
 * or is to another host.
 *
 * Ownership: embedded in transport and session; hosts are borrowed until curl_aims_close(). Thread:
 * the loop's.
 */
#ifndef TRANSPORT_CURL_AIM_H
#define TRANSPORT_CURL_AIM_H

#include <curl/curl.h>
#include <stdbool.h>

#include "transport/addresses.h"
#include "transport/curl_loop.h"
#include "transport/deadline.h"
#include "transport/shortage.h"

struct curl_aim;

/* The address that a transfer waited for is known (`failure` NULL), or the look-up failed.
 * `waited_ns`: how long the transfer waited. */
typedef void curl_aimed_fn(struct curl_aim *aim, int64_t waited_ns,
                           const struct address_failure *failure);

/* State of a transport. */
struct curl_aims {
    const struct transport_options *options;
    struct curl_loop *loop;
    struct addresses addresses;
    /* NULL: requests go to their own hosts, or the proxy needs no look-up */
    struct address_host *proxy;
    struct deadlines late;
    int64_t limit_ns;
    curl_aimed_fn *aimed;
    int closing;
    void (*closed)(void *context);
    void *context;
};

/* State of a session; initialise with {0}. */
struct curl_aim {
    struct deadline deadline; /* first member: deadlines find the aim by it */
    struct curl_aims *all;
    CURL *easy;
    uint32_t user;
    const struct address_host *opened; /* host that the newest socket connects to */
    struct address_host *host;         /* of the current transfer; NULL: no look-up */
    struct address_wait wait;
    const struct address_host *loaded; /* host that libcurl last got addresses of */
    uint64_t loaded_generation;
    struct curl_slist *list;
    struct shortage_seen seen;
};

int curl_aims_init(struct curl_aims *a, uv_loop_t *loop, struct curl_loop *sockets,
                   const struct transport_options *options, curl_aimed_fn *aimed, struct err *e);
/* All sessions must be closed. `closed` is called from the loop, or at once after a failed
 * curl_aims_init(). */
void curl_aims_close(struct curl_aims *a, void (*closed)(void *context), void *context);

/* *out becomes the host to look up for a URL; NULL: none. Returns -1 if memory runs out. */
int curl_aims_host(struct curl_aims *a, const char *url, struct address_host **out);

void curl_aim_init(struct curl_aim *aim, struct curl_aims *all, uint32_t user);
/* The session has a new easy handle with the same share object. The share object must have
 * CURL_LOCK_DATA_DNS. */
CURLcode curl_aim_setup(struct curl_aim *aim, CURL *easy);
void curl_aim_done(struct curl_aim *aim);

/* Call before a transfer to `host` (NULL: no look-up needed), which may take `allowed_ns` more.
 * `kept` is the socket that was opened last, if it is still open, else -1. Returns 1: the
 * transfer may begin; 0: `aimed` will be called; -1: no memory. */
int curl_aim_take(struct curl_aim *aim, struct address_host *host, int kept, int64_t allowed_ns);
bool curl_aim_waits(const struct curl_aim *aim);
void curl_aim_forget(struct curl_aim *aim); /* stops waiting; no-op if not waiting */

/* For CURLOPT_OPENSOCKETFUNCTION. */
curl_socket_t curl_aim_open(struct curl_aim *aim, struct curl_sockaddr *address);

#endif
