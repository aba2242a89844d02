/*
 * curl_aim: where the connection of a libcurl transfer goes and comes from, for the curl transport.
 *
 * Before a transfer, the host that it connects to (the proxy's, where there is one) is looked up by
 * addresses.h, and what was found is given to libcurl with the user's own address first. A session
 * has a DNS cache of its own for that (in its share object), so users do not see each other's
 * order. It opens the session's sockets, from the user's source, and notes what fails.
 *
 * A kept connection needs no address, so nobody waits for one: only where the connection may be
 * gone, or is another host's.
 *
 * Ownership: embedded in transport and session; hosts are lent until curl_aims_close(). Thread: the
 * loop's.
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

/* The address that a transfer waited for is there, after waiting so long (failure NULL), or not. */
typedef void curl_aimed_fn(struct curl_aim *aim, int64_t waited_ns,
                           const struct address_failure *failure);

/* Of a transport. */
struct curl_aims {
    const struct transport_options *options;
    struct curl_loop *loop;
    struct addresses addresses;
    struct address_host *proxy; /* NULL: requests go to their own hosts, or it needs no look-up */
    struct deadlines late;
    int64_t limit_ns;
    curl_aimed_fn *aimed;
    int closing;
    void (*closed)(void *context);
    void *context;
};

/* Of a session; begins as {0}. */
struct curl_aim {
    struct deadline deadline; /* first: deadlines find the aim by it */
    struct curl_aims *all;
    CURL *easy;
    uint32_t user;
    const struct address_host *opened; /* where the socket goes that was opened last */
    struct address_host *host;         /* of the current transfer; NULL: none is looked up */
    struct address_wait wait;
    const struct address_host *loaded; /* what libcurl was told last */
    uint64_t loaded_generation;
    struct curl_slist *list;
    struct shortage_seen seen;
};

int curl_aims_init(struct curl_aims *a, uv_loop_t *loop, struct curl_loop *sockets,
                   const struct transport_options *options, curl_aimed_fn *aimed, struct err *e);
/* No session is left. `closed` is called from the loop, or at once after a failed
 * curl_aims_init(). */
void curl_aims_close(struct curl_aims *a, void (*closed)(void *context), void *context);

/* *out becomes the host to look up for a URL; NULL: none. -1: no memory. */
int curl_aims_host(struct curl_aims *a, const char *url, struct address_host **out);

void curl_aim_init(struct curl_aim *aim, struct curl_aims *all, uint32_t user);
/* The session has a new easy handle, with the same share object, which must have
 * CURL_LOCK_DATA_DNS. */
CURLcode curl_aim_setup(struct curl_aim *aim, CURL *easy);
void curl_aim_done(struct curl_aim *aim);

/* Before a transfer to `host` (NULL: nothing to look up), which may take `allowed_ns` more; `kept`
 * is the socket that was opened last, while it is open, else -1. 1: it may begin; 0: `aimed` will
 * say so; -1: no memory. */
int curl_aim_take(struct curl_aim *aim, struct address_host *host, int kept, int64_t allowed_ns);
bool curl_aim_waits(const struct curl_aim *aim);
void curl_aim_forget(struct curl_aim *aim); /* waits no more, if it did */

/* For CURLOPT_OPENSOCKETFUNCTION. */
curl_socket_t curl_aim_open(struct curl_aim *aim, struct curl_sockaddr *address);

#endif
