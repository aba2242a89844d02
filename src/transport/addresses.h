/*
 * addresses: which address of a host a user's next connection goes to.
 *
 * A host is looked up once for all users of a transport, by the system's resolver in a thread of
 * its own, so that the loop never waits: who needs it meanwhile waits for the same answer. The
 * answer holds for the options' time to live. Each user begins with another address of it (see
 * addresses_entry()), and libcurl tries the others after it where that one cannot be reached, IPv4
 * and IPv6 side by side (RFC 8305). Hosts of "resolve" are never looked up, nor are addresses, nor
 * "localhost" (RFC 6761 6.3).
 *
 * Addresses that no source can reach, or for which this machine has no way, are left out where
 * others are left.
 *
 * A host that the name server does not answer for keeps its thread until the resolver's own
 * timeout, which may be after the transport is gone; the thread then cleans up after itself.
 *
 * Ownership: embedded in a transport; options are borrowed. Thread: the loop's.
 */
#ifndef TRANSPORT_ADDRESSES_H
#define TRANSPORT_ADDRESSES_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "transport/source.h"
#include "transport/transport.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/ipaddr.h"

#define ADDRESSES_TRIED 16 /* of one host, for one connection */

struct address_host;
struct address_lookup;
struct address_wait;

struct addresses {
    const struct transport_options *options;
    struct sources sources;
    struct address_host *hosts;
    struct address_lookup *lookups; /* in progress */
    uint64_t offset;                /* of user 0's address, by the run's seed */
    uv_async_t found;
    bool ready;
    bool refused; /* this machine could not begin a look-up */
    void (*closed)(void *context);
    void *context;
};

/* Why there is no address. */
struct address_failure {
    enum outcome outcome;
    enum transport_limit limit;
    const char *text;
};

/* `failure` NULL: ask again, and the addresses are there. */
typedef void address_found_fn(struct address_wait *w, const struct address_failure *failure);

/* Who waits for a host; embedded in a session, all zero at first. */
struct address_wait {
    struct address_wait *before, *after; /* NULL: waits for nothing */
    struct address_host *host;
    address_found_fn *found;
    int64_t since_ns;
};

int addresses_init(struct addresses *a, uv_loop_t *loop, const struct transport_options *options,
                   struct err *e);
/* Nobody may wait. `closed` is called from the loop, or at once after a failed addresses_init(). */
void addresses_close(struct addresses *a, void (*closed)(void *context), void *context);

/* *out becomes the host that a URL's connection goes to, lent until addresses_close(); NULL:
 * libcurl needs nothing for it. The name is in libcurl's form: lower case or not, IPv6 in
 * brackets. */
int addresses_host(struct addresses *a, const char *name, const char *port,
                   struct address_host **out, struct err *e);

/* True where its addresses are known and not too old; else the answer comes by w->found, later. */
bool addresses_ask(struct address_host *h, struct address_wait *w, address_found_fn *found);
bool addresses_waits(const struct address_wait *w);
void addresses_forget(struct address_wait *w); /* waits no more, if it did */

/* Whether a new connection would have to ask. */
bool addresses_old(const struct address_host *h);

/* Grows with each list of a host's addresses; never 0 where there is one. */
uint64_t addresses_generation(const struct address_host *h);

/* A list for CURLOPT_RESOLVE: this host's entry, and with `all` those of "resolve" too. NULL: no
 * memory. */
struct curl_slist *addresses_list(const struct addresses *a, const struct address_host *h,
                                  uint32_t user, bool all);

/* CURLOPT_RESOLVE knows no zones: gives a link-local address back the one that its host has it
 * with; h may be NULL. */
void addresses_zone(const struct address_host *h, struct sockaddr *address);

/* "the name example.org was not resolved within 1s". */
void addresses_late(const struct address_host *h, int64_t limit_ns, char *text, size_t size);

#endif
