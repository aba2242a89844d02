#include "transport/addresses.h"

#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "transport/shortage.h"
#include "util/clock.h"
#include "util/rng.h"
#include "util/units.h"

#define ENTRY_BYTES_MAX 65536
#define TEXT_BYTES 512
/* Away from the streams of users, arrivals, setup and teardown. */
#define OFFSET_STREAM (UINT64_MAX - 7)

struct address_host {
    struct addresses *of;
    struct address_host *next;
    char *name, *port;
    bool given; /* by "resolve", or localhost: never looked up */
    bool first; /* everyone takes the first */
    struct ipaddr *items;
    size_t count;
    uint64_t generation;
    int64_t good_until_ns;
    struct address_lookup *lookup; /* NULL: none in progress */
    struct address_wait waiting;   /* a ring's head */
};

/* Shared by the loop's thread and the one that looks up; who is last frees it. */
struct address_lookup {
    pthread_mutex_t lock;
    struct addresses *of; /* NULL: nobody wants it any more */
    struct address_lookup *next;
    struct address_host *host; /* for the loop's thread only */
    struct sources sources;    /* a view of the transport's, copied: it may be gone before */
    char *name;
    bool first, done;
    int code, reason; /* of getaddrinfo(3), and errno */
    enum transport_limit limit;
    struct ipaddr *items;
    size_t count;
};

/* ---- rings of those who wait ---- */

static void ring_init(struct address_wait *head) {
    head->before = head->after = head;
}

static void ring_add(struct address_wait *head, struct address_wait *w) {
    w->before = head->before;
    w->after = head;
    head->before->after = w;
    head->before = w;
}

bool addresses_waits(const struct address_wait *w) {
    return w->after != NULL;
}

void addresses_forget(struct address_wait *w) {
    if (w->after == NULL)
        return;
    w->before->after = w->after;
    w->after->before = w->before;
    w->before = w->after = NULL;
}

/* ---- lists of addresses ---- */

static int compare(const void *a, const void *b) {
    const struct ipaddr *x = a, *y = b;
    return x->family != y->family ? x->family - y->family
                                  : memcmp(x->bytes, y->bytes, sizeof x->bytes);
}

static bool usable(const struct ipaddr *a, const struct sources *sources) {
    struct sockaddr_storage name;
    if (!source_allows(sources, a->family))
        return false;
    socklen_t size = ipaddr_socket(a, 9, &name);
    int fd = socket(a->family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    /* A datagram socket that is connected sends nothing: it only finds its way. */
    bool found = fd < 0 ? errno != EAFNOSUPPORT : connect(fd, (struct sockaddr *)&name, size) == 0;
    if (fd >= 0)
        close(fd);
    return found;
}

/* Leaves out what cannot be reached anyway, unless nothing would be left. */
static size_t keep_usable(struct ipaddr *items, size_t count, const struct sources *sources) {
    size_t kept = 0;
    for (size_t i = 0; i < count; i++)
        if (usable(&items[i], sources)) {
            struct ipaddr a = items[kept];
            items[kept++] = items[i];
            items[i] = a;
        }
    return kept > 0 ? kept : count;
}

/* ---- the thread that looks up ---- */

static void lookup_free(struct address_lookup *l) {
    pthread_mutex_destroy(&l->lock);
    source_done(&l->sources);
    free(l->items);
    free(l->name);
    free(l);
}

static void take_found(struct address_lookup *l, const struct addrinfo *list) {
    size_t n = 0;
    for (const struct addrinfo *x = list; x != NULL; x = x->ai_next)
        n++;
    l->items = calloc(n + 1, sizeof *l->items);
    for (const struct addrinfo *x = list; l->items != NULL && x != NULL; x = x->ai_next)
        l->count += ipaddr_of_socket(x->ai_addr, &l->items[l->count]);
    l->count = l->items == NULL ? 0 : keep_usable(l->items, l->count, &l->sources);
    /* A name server may turn them around each time: a user keeps its address all the same. */
    if (!l->first && l->count > 1)
        qsort(l->items, l->count, sizeof *l->items, compare);
}

static void *look_up(void *argument) {
    struct address_lookup *l = argument;
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *list = NULL;
    errno = 0;
    l->code = getaddrinfo(l->name, NULL, &hints, &list);
    l->reason = errno;
    /* The resolver does not say that it could open neither its files nor a socket. */
    if (l->code != 0)
        l->limit = shortage_probe();
    else
        take_found(l, list);
    if (list != NULL)
        freeaddrinfo(list);
    pthread_mutex_lock(&l->lock);
    bool wanted = l->of != NULL;
    l->done = true;
    if (wanted)
        uv_async_send(&l->of->found);
    pthread_mutex_unlock(&l->lock);
    if (!wanted)
        lookup_free(l);
    return NULL;
}

static int copy_sources(struct sources *to, const struct sources *from) {
    size_t n = from->count4 + from->count6;
    *to = *from;
    to->items = calloc(n + 1, sizeof *to->items);
    if (to->items != NULL && n > 0)
        memcpy(to->items, from->items, n * sizeof *to->items);
    return to->items == NULL ? -1 : 0;
}

/* NULL: this machine has no memory or no thread for it. */
static struct address_lookup *begin_lookup(struct address_host *h) {
    struct address_lookup *l = calloc(1, sizeof *l);
    pthread_attr_t attributes;
    pthread_t thread;
    if (l == NULL)
        return NULL;
    pthread_mutex_init(&l->lock, NULL);
    l->of = h->of;
    l->host = h;
    l->first = h->of->options->dns_first;
    l->name = strdup(h->name);
    if (l->name == NULL || copy_sources(&l->sources, &h->of->sources) != 0) {
        lookup_free(l);
        return NULL;
    }
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    int code = pthread_create(&thread, &attributes, look_up, l);
    pthread_attr_destroy(&attributes);
    if (code != 0) {
        lookup_free(l);
        return NULL;
    }
    l->next = h->of->lookups;
    h->of->lookups = l;
    return l;
}

/* ---- answers ---- */

static void describe(const struct address_lookup *l, struct address_failure *f, char *text) {
    const struct address_host *h = l->host;
    f->outcome = OUTCOME_DNS_ERROR;
    f->limit = l->limit;
    f->text = text;
    if (l->limit != TRANSPORT_LIMIT_NONE) {
        f->outcome = OUTCOME_CONNECT_ERROR;
        shortage_text(l->limit, l->limit == TRANSPORT_LIMIT_FILES ? EMFILE : ENFILE, text,
                      TEXT_BYTES);
    } else if (l->code == EAI_MEMORY || l->code == 0) {
        f->outcome = OUTCOME_CONNECT_ERROR;
        f->limit = TRANSPORT_LIMIT_MEMORY;
        shortage_text(f->limit, ENOMEM, text, TEXT_BYTES);
    } else if (l->code == EAI_NONAME || l->code == EAI_NODATA)
        snprintf(text, TEXT_BYTES, "Could not resolve host: %.200s", h->name);
    else
        snprintf(text, TEXT_BYTES, "Could not resolve host: %.200s (%s)", h->name,
                 gai_strerror(l->code));
}

/* Those who waited, and nobody who begins to wait meanwhile. */
static void tell(struct address_host *h, const struct address_failure *failure) {
    struct address_wait ring;
    if (h->waiting.after == &h->waiting)
        return;
    ring = h->waiting;
    ring.before->after = ring.after->before = &ring;
    ring_init(&h->waiting);
    while (ring.after != &ring) {
        struct address_wait *w = ring.after;
        addresses_forget(w);
        w->found(w, failure);
    }
}

static void take_answer(struct address_lookup *l) {
    struct address_host *h = l->host;
    struct address_failure failure;
    char text[TEXT_BYTES];
    bool good = l->code == 0 && l->count > 0;
    h->lookup = NULL;
    if (good) {
        bool same =
            h->count == l->count && memcmp(h->items, l->items, l->count * sizeof *l->items) == 0;
        free(h->items);
        h->items = l->items;
        h->count = l->count;
        h->generation += !same;
        h->good_until_ns = clock_mono_ns() + h->of->options->dns_ttl_ns;
        l->items = NULL;
    } else
        describe(l, &failure, text);
    lookup_free(l);
    tell(h, good ? NULL : &failure);
}

/* Those whose look-up could not begin. */
static void tell_refused(struct addresses *a) {
    struct address_failure f = {.outcome = OUTCOME_CONNECT_ERROR, .limit = TRANSPORT_LIMIT_MEMORY};
    char text[TEXT_BYTES];
    shortage_text(f.limit, ENOMEM, text, sizeof text);
    f.text = text;
    for (struct address_host *h = a->hosts; h != NULL; h = h->next)
        if (h->lookup == NULL)
            tell(h, &f);
}

static void on_found(uv_async_t *async) {
    struct addresses *a = async->data;
    struct address_lookup **at = &a->lookups, *done = NULL, *next;
    while (*at != NULL) {
        struct address_lookup *l = *at;
        pthread_mutex_lock(&l->lock);
        bool over = l->done;
        pthread_mutex_unlock(&l->lock);
        if (over) {
            *at = l->next;
            l->next = done;
            done = l;
        } else
            at = &l->next;
    }
    for (; done != NULL; done = next) {
        next = done->next;
        take_answer(done);
    }
    if (a->refused) {
        a->refused = false;
        tell_refused(a);
    }
}

bool addresses_old(const struct address_host *h) {
    return !h->given && (h->count == 0 || clock_mono_ns() >= h->good_until_ns);
}

bool addresses_ask(struct address_host *h, struct address_wait *w, address_found_fn *found) {
    if (!addresses_old(h))
        return true;
    w->host = h;
    w->found = found;
    w->since_ns = clock_mono_ns();
    ring_add(&h->waiting, w);
    if (h->lookup == NULL && (h->lookup = begin_lookup(h)) == NULL) {
        h->of->refused = true;
        uv_async_send(&h->of->found);
    }
    return false;
}

uint64_t addresses_generation(const struct address_host *h) {
    return h->generation;
}

/* ---- for libcurl ---- */

/* "host:port:address,[address]" for CURLOPT_RESOLVE: of n addresses user u begins with u/s + offset
 * mod n, where there are s sources (so that two users with one source do not share one address). */
static void addresses_entry(const struct addresses *a, const struct address_host *h, uint32_t user,
                            struct buf *out) {
    size_t sources = a->options->source_count > 0 ? a->options->source_count : 1;
    size_t from = h->first || h->count == 0 ? 0 : (user / sources + a->offset) % h->count;
    buf_printf(out, "%s:%s:", h->name, h->port);
    for (size_t i = 0; i < h->count && i < ADDRESSES_TRIED; i++) {
        struct ipaddr at = h->items[(from + i) % h->count];
        char text[IPADDR_TEXT_BYTES];
        at.scope = 0;
        ipaddr_text(&at, text);
        buf_printf(out, at.family == AF_INET6 ? "%s[%s]" : "%s%s", i > 0 ? "," : "", text);
    }
}

static bool append(struct curl_slist **list, const struct addresses *a,
                   const struct address_host *h, uint32_t user) {
    struct buf entry;
    buf_init(&entry, ENTRY_BYTES_MAX);
    addresses_entry(a, h, user, &entry);
    struct curl_slist *longer = buf_ok(&entry) ? curl_slist_append(*list, buf_text(&entry)) : NULL;
    buf_done(&entry);
    if (longer != NULL)
        *list = longer;
    return longer != NULL;
}

struct curl_slist *addresses_list(const struct addresses *a, const struct address_host *h,
                                  uint32_t user, bool all) {
    struct curl_slist *list = NULL;
    bool good = h == NULL || append(&list, a, h, user);
    for (const struct address_host *x = a->hosts; all && good && x != NULL; x = x->next)
        if (x != h && x->given)
            good = append(&list, a, x, user);
    if (good)
        return list;
    curl_slist_free_all(list);
    return NULL;
}

void addresses_zone(const struct address_host *h, struct sockaddr *address) {
    struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)(void *)address;
    if (h == NULL || address->sa_family != AF_INET6 || in6->sin6_scope_id != 0)
        return;
    for (size_t i = 0; i < h->count; i++)
        if (h->items[i].scope != 0 && memcmp(h->items[i].bytes, &in6->sin6_addr, 16) == 0)
            in6->sin6_scope_id = h->items[i].scope;
}

void addresses_late(const struct address_host *h, int64_t limit_ns, char *text, size_t size) {
    char span[UNITS_BYTES];
    units_duration_text(limit_ns, span);
    snprintf(text, size, "the name %.200s was not resolved within %s", h->name, span);
}

/* ---- hosts ---- */

static struct address_host *host_new(struct addresses *a, const char *name, size_t name_bytes,
                                     const char *port, size_t port_bytes) {
    struct address_host *h = calloc(1, sizeof *h);
    if (h == NULL)
        return NULL;
    *h = (struct address_host){.of = a,
                               .next = a->hosts,
                               .name = strndup(name, name_bytes),
                               .port = strndup(port, port_bytes),
                               .first = a->options->dns_first};
    ring_init(&h->waiting);
    a->hosts = h; /* freed with them, also where it is not whole */
    return h->name != NULL && h->port != NULL ? h : NULL;
}

static bool add_address(struct address_host *h, const char *text, size_t n) {
    struct ipaddr *more = realloc(h->items, (h->count + 1) * sizeof *more);
    if (more == NULL)
        return false;
    h->items = more;
    if (ipaddr_parse(text, n, &h->items[h->count], NULL) != 0)
        return false;
    h->count++;
    h->given = true;
    h->generation = 1;
    return true;
}

/* "host:port:address,address", which the loader has checked. */
static int add_given(struct addresses *a, const char *entry, struct err *e) {
    const char *port = strchr(entry, ':'), *list = port == NULL ? NULL : strchr(port + 1, ':');
    struct address_host *h = list == NULL ? NULL
                                          : host_new(a, entry, (size_t)(port - entry), port + 1,
                                                     (size_t)(list - port) - 1);
    for (const char *p = list; h != NULL && p != NULL && *p != '\0';) {
        size_t n = strcspn(++p, ",");
        if (!add_address(h, p, n))
            h = NULL;
        p += n;
    }
    if (h == NULL)
        return err_set(e, "http.resolve: \"%s\" cannot be used", entry);
    h->count = keep_usable(h->items, h->count, &a->sources);
    return 0;
}

static const struct address_host *find(const struct addresses *a, const char *name,
                                       const char *port) {
    const struct address_host *h = a->hosts;
    while (h != NULL && !(strcasecmp(h->name, name) == 0 && strcmp(h->port, port) == 0))
        h = h->next;
    return h;
}

static bool is_localhost(const char *name) {
    size_t n = strlen(name);
    return strcasecmp(name, "localhost") == 0 ||
           (n > 10 && strcasecmp(name + n - 10, ".localhost") == 0);
}

int addresses_host(struct addresses *a, const char *name, const char *port,
                   struct address_host **out, struct err *e) {
    const struct address_host *known = find(a, name, port), *any = find(a, "*", port);
    struct address_host *h = (struct address_host *)(uintptr_t)known;
    *out = NULL;
    if (a->options->unix_socket != NULL)
        return 0;
    if (known == NULL) {
        if (any == NULL && ipaddr_is(name, strlen(name)))
            return 0;
        h = host_new(a, name, strlen(name), port, strlen(port));
        bool good = h != NULL;
        for (size_t i = 0; good && any != NULL && i < any->count; i++) {
            char text[IPADDR_TEXT_BYTES];
            ipaddr_text(&any->items[i], text);
            good = add_address(h, text, strlen(text));
        }
        if (good && any == NULL && is_localhost(name)) {
            good = add_address(h, "::1", 3) && add_address(h, "127.0.0.1", 9);
            h->count = good ? keep_usable(h->items, h->count, &a->sources) : 0;
            h->first = true;
        }
        if (!good)
            return err_set(e, "not enough memory for the host %s", name);
    }
    *out = h;
    return 0;
}

/* ---- beginning and end ---- */

int addresses_init(struct addresses *a, uv_loop_t *loop, const struct transport_options *options,
                   struct err *e) {
    struct rng rng;
    *a = (struct addresses){.options = options};
    rng_seed(&rng, options->seed, OFFSET_STREAM);
    a->offset = rng_next(&rng) >> 32;
    if (source_init(&a->sources, options->source, options->source_count, e) != 0)
        return -1;
    for (size_t i = 0; i < options->resolve_count; i++)
        if (add_given(a, options->resolve[i], e) != 0)
            return -1;
    if (uv_async_init(loop, &a->found, on_found) != 0)
        return err_set(e, "cannot create an event loop");
    a->found.data = a;
    a->ready = true;
    return 0;
}

static void free_hosts(struct addresses *a) {
    while (a->hosts != NULL) {
        struct address_host *h = a->hosts;
        a->hosts = h->next;
        free(h->items);
        free(h->name);
        free(h->port);
        free(h);
    }
    source_done(&a->sources);
}

static void on_closed(uv_handle_t *async) {
    struct addresses *a = async->data;
    a->closed(a->context);
}

void addresses_close(struct addresses *a, void (*closed)(void *context), void *context) {
    while (a->lookups != NULL) {
        struct address_lookup *l = a->lookups;
        a->lookups = l->next;
        pthread_mutex_lock(&l->lock);
        bool over = l->done;
        l->of = NULL;
        pthread_mutex_unlock(&l->lock);
        if (over)
            lookup_free(l);
    }
    free_hosts(a);
    a->closed = closed;
    a->context = context;
    if (a->ready)
        uv_close((uv_handle_t *)&a->found, on_closed);
    else if (closed != NULL)
        closed(context);
}
