/*
 * addresses: chooses the address of a host for a user's next connection.
 *
 * Each host is looked up once for all users of a transport. The system's resolver runs in its own
 * thread, so the loop never blocks; everyone who needs the host meanwhile waits for the same
 * result. The result is valid for the time to live in the options. Each user starts with a
 * different address of the host (see addresses_entry()). If that one cannot be reached, libcurl
 * tries the addresses after it, with IPv4 and IPv6 side by side (RFC 8305). Never looked up are
 * hosts of "resolve", addresses, and "localhost" (RFC 6761 6.3).
 *
 * Addresses that no source can reach, or that this machine has no route to, are left out if others
 * remain.
 *
 * If the name server does not answer, the thread runs until the resolver's own timeout. That may be
 * after the transport has been freed; the thread then cleans up after itself.
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

#define ADDRESSES_TRIED 16 /* addresses tried of one host, for one connection */

struct address_host;
struct address_lookup;
struct address_wait;

struct addresses {
    const struct transport_options *options;
    struct sources sources;
    struct address_host *hosts;
    struct address_lookup *lookups; /* in progress */
    uint64_t offset;                /* rotation of user 0's address, from the run's seed */
    uv_async_t found;
    bool ready;
    bool refused; /* this machine could not start a look-up */
    void (*closed)(void *context);
    void *context;
};

/* Why there is no address. */
struct address_failure {
    enum outcome outcome;
    enum transport_limit limit;
    const char *text;
};

/* `failure` NULL: call addresses_ask() again; the addresses are now known. */
typedef void address_found_fn(struct address_wait *w, const struct address_failure *failure);

/* One waiter for a host; embedded in a session, zero-initialised. */
struct address_wait {
    struct address_wait *before, *after; /* NULL: not waiting */
    struct address_host *host;
    address_found_fn *found;
    int64_t since_ns;
};

int addresses_init(struct addresses *a, uv_loop_t *loop, const struct transport_options *options,
                   struct err *e);
/* Nobody may be waiting. `closed` is called from the loop, or at once after a failed
 * addresses_init(). */
void addresses_close(struct addresses *a, void (*closed)(void *context), void *context);

/* *out becomes the host that a URL's connection goes to, valid until addresses_close(). NULL:
 * libcurl needs no address list for it. `name` is in libcurl's form: any case, IPv6 in brackets. */
int addresses_host(struct addresses *a, const char *name, const char *port,
                   struct address_host **out, struct err *e);

/* Returns true if the host's addresses are known and not too old. Otherwise the result comes
 * later, through `found`. */
bool addresses_ask(struct address_host *h, struct address_wait *w, address_found_fn *found);
bool addresses_waits(const struct address_wait *w);
void addresses_forget(struct address_wait *w); /* stops waiting; no-op if not waiting */

/* True if a new connection would need a look-up first. */
bool addresses_old(const struct address_host *h);

/* Increases with each new list of the host's addresses. Never 0 once there is a list. */
uint64_t addresses_generation(const struct address_host *h);

/* Returns a list for CURLOPT_RESOLVE: this host's entry, and with `all` also the entries of
 * "resolve". Returns NULL if memory runs out. */
struct curl_slist *addresses_list(const struct addresses *a, const struct address_host *h,
                                  uint32_t user, bool all);

/* CURLOPT_RESOLVE does not support zones. This restores the zone that the host's list has for a
 * link-local address. `h` may be NULL. */
void addresses_zone(const struct address_host *h, struct sockaddr *address);

/* Writes "the name example.org was not resolved within 1s". */
void addresses_late(const struct address_host *h, int64_t limit_ns, char *text, size_t size);

#endif
